//! The one guard of the terminal: takes it, draws into it, gives it back on every way out.

use std::io::{self, Stdout, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::{Frame, Terminal};

/// Whether the terminal is ours: giving it back twice would disturb whoever has it then.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether some thread of the process failed: what it did is not done any more.
static PANICKED: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// A signal to the process stops it within this time, also on a busy machine.
#[cfg(unix)]
const STOPS_WITHIN: std::time::Duration = std::time::Duration::from_millis(250);

/// Clicks and the wheel, without reports of every motion.
struct Mouse(bool);

impl Command for Mouse {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str(if self.0 {
            "\x1b[?1000h\x1b[?1006h"
        } else {
            "\x1b[?1006l\x1b[?1000l"
        })
    }

    #[cfg(windows)]
    fn execute_winapi(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The terminal, while it is ours.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    mouse: bool,
    title: String,
}

/// Keeps the window's title for later, or brings it back. Terminals that cannot pass it over.
struct KeepTitle(bool);

impl Command for KeepTitle {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str(if self.0 { "\x1b[22;2t" } else { "\x1b[23;2t" })
    }

    #[cfg(windows)]
    fn execute_winapi(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When there is none.
    pub fn take(mouse: bool) -> io::Result<Self> {
        // NO_COLOR is a matter of our themes; left to the library it would wipe bold and reverse, too.
        crossterm::style::force_color_output(true);
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                PANICKED.store(true, Ordering::SeqCst);
                give_back();
                before(panic);
            }));
        });
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        let mut screen = Self {
            terminal,
            mouse,
            title: String::new(),
        };
        screen.enter()?;
        Ok(screen)
    }

    fn enter(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        execute!(
            io::stdout(),
            EnterAlternateScreen,
            KeepTitle(true),
            EnableBracketedPaste,
            Mouse(self.mouse)
        )?;
        self.title.clear();
        self.repaint()
    }

    /// Draws a frame; the terminal shows it whole or not at all.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if !TAKEN.load(Ordering::SeqCst) {
            // It was given back behind our back: another thread failed.
            return Err(io::Error::other("another part of the program failed"));
        }
        queue!(io::stdout(), BeginSynchronizedUpdate)?;
        self.terminal.draw(view)?;
        execute!(io::stdout(), EndSynchronizedUpdate)
    }

    /// Columns of the terminal.
    pub fn width(&self) -> u16 {
        self.terminal.size().map_or(80, |size| size.width)
    }

    /// The title of the terminal's window: harmless text only.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn title(&mut self, title: String) -> io::Result<()> {
        if self.title != title {
            execute!(io::stdout(), SetTitle(&title))?;
            self.title = title;
        }
        Ok(())
    }

    /// Everything is drawn anew with the next frame.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn repaint(&mut self) -> io::Result<()> {
        execute!(io::stdout(), Clear(ClearType::All))?;
        // The library's own way asks the terminal where its cursor is, and waits for an answer that the
        // thread of the keys takes away.
        self.terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        Ok(())
    }

    /// Reports of the mouse, or none, so that the terminal's own selection works.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        execute!(io::stdout(), Mouse(on))
    }

    /// Puts a text into the clipboard of the person's own terminal (OSC 52), also over SSH.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))
    }

    /// Gives the terminal back, stops the process as ctrl-z does, and takes it again when it goes on.
    ///
    /// # Errors
    /// When the terminal is gone then.
    #[cfg(unix)]
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?;
        // Another thread may be the one that takes the signal: this one must not go on before the stop.
        std::thread::sleep(STOPS_WITHIN);
        self.enter()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Whether some thread of the process failed.
pub fn panicked() -> bool {
    PANICKED.load(Ordering::SeqCst)
}

/// Gives the terminal back as it was; does nothing when it is not ours.
pub fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    // What fails here has nobody to be told to.
    let _ = execute!(
        out,
        EndSynchronizedUpdate,
        Mouse(false),
        DisableBracketedPaste,
        KeepTitle(false),
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
    let _ = out.flush();
}
