//! The real program in a pseudo-terminal: it starts, obeys keys, follows the size, and gives the terminal back on
//! every way out.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const PATIENCE: Duration = Duration::from_secs(20);

struct Terminal {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<vt100::Parser>>,
    raw: Arc<Mutex<Vec<u8>>>,
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

impl Terminal {
    fn start(data: &std::path::Path, args: &[&str], env: &[(&str, &str)]) -> Self {
        Self::run(env!("CARGO_BIN_EXE_storj-monitor"), data, args, env)
    }

    fn run(program: &str, data: &std::path::Path, args: &[&str], env: &[(&str, &str)]) -> Self {
        let pair = native_pty_system().openpty(size(24, 80)).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("STORJ_MONITOR_")) {
            command.env_remove(name);
        }
        let settings = [
            ("HOME", data.to_str().unwrap()),
            ("TERM", "xterm-256color"),
            ("LC_ALL", "C.UTF-8"),
        ];
        settings
            .iter()
            .chain(env)
            .for_each(|(name, value)| command.env(name, value));
        command.env("STORJ_MONITOR_DATA_DIR", data);
        command.env("STORJ_MONITOR_ROOT", data.join("no host"));
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(
            24.try_into().unwrap(),
            80.try_into().unwrap(),
            0,
        )));
        let raw: Arc<Mutex<Vec<u8>>> = Arc::default();
        let (shown, bytes) = (Arc::clone(&screen), Arc::clone(&raw));
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(got @ 1..) = reader.read(&mut buffer) {
                shown.lock().unwrap().process(&buffer[..got]);
                bytes.lock().unwrap().extend_from_slice(&buffer[..got]);
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Self {
            master: pair.master,
            writer,
            child,
            screen,
            raw,
        }
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    fn wait(&self, what: &str, fits: impl Fn(&str) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !fits(&self.text()) {
            assert!(Instant::now() < end, "{what}: {}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.process_id().unwrap().to_string();
        assert!(
            std::process::Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    fn resize(&self, rows: u16, cols: u16) {
        self.screen
            .lock()
            .unwrap()
            .screen_mut()
            .set_size(rows.try_into().unwrap(), cols.try_into().unwrap());
        self.master.resize(size(rows, cols)).unwrap();
    }

    /// Waits for the end: how it went, and that the terminal is as it was.
    fn ends(&mut self) -> u32 {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                std::thread::sleep(Duration::from_millis(100));
                assert!(self.is_given_back(), "{:?}", self.text());
                return status.exit_code();
            }
            assert!(Instant::now() < end, "it does not end: {}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn is_given_back(&self) -> bool {
        let raw = self.raw.lock().unwrap();
        let text = String::from_utf8_lossy(&raw);
        let screen = self.screen.lock().unwrap();
        let screen = screen.screen();
        // What was switched on last is switched off.
        let off = |on: &str, off: &str| {
            text.rfind(on)
                .is_none_or(|at| text.rfind(off).is_some_and(|end| end > at))
        };
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && off("\x1b[?1000h", "\x1b[?1000l")
            && off("\x1b[?2026h", "\x1b[?2026l")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn demo(data: &std::path::Path) -> Terminal {
    let terminal = Terminal::start(data, &["demo"], &[]);
    terminal.wait("the demo", |text| {
        text.contains("NEEDS YOU") && text.contains("attic") && text.contains("live")
    });
    terminal
}

#[test]
fn keys_are_obeyed_and_quitting_leaves_the_terminal_as_it_was() {
    let data = tempfile::tempdir().unwrap();
    let mut terminal = demo(data.path());
    terminal.keys("j");
    terminal.keys("\r");
    terminal.wait("one node", |text| text.contains("SATELLITES") && text.contains("HOME"));
    terminal.keys("\x1b");
    terminal.wait("all nodes", |text| text.contains("NODES"));
    terminal.keys("?");
    terminal.wait("help", |text| text.contains("Keys of Overview"));
    terminal.keys("/shorter");
    terminal.wait("found", |text| {
        text.contains("A shorter range") && !text.contains("Hold the picture")
    });
    terminal.keys("\x1b");
    terminal.wait("no help", |text| !text.contains("Keys of Overview"));
    terminal.keys(" ");
    terminal.wait("frozen", |text| text.contains("frozen"));
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
}

/// What a terminal reports of a click, columns and rows from 0.
fn click(column: usize, row: usize) -> String {
    format!("\x1b[<0;{};{}M\x1b[<0;{};{}m", column + 1, row + 1, column + 1, row + 1)
}

#[test]
fn clicks_copies_and_titles_reach_the_terminal() {
    let data = tempfile::tempdir().unwrap();
    let mut terminal = demo(data.path());
    let raw = |terminal: &Terminal| String::from_utf8_lossy(&terminal.raw.lock().unwrap()).into_owned();
    terminal.wait("the worst", |text| text.contains("1 critical"));
    let title = "\x1b]0;!! 1 storj-monitor\x07";
    terminal.wait("the window is called after the worst", |_| {
        raw(&terminal).contains(title)
    });
    let home = |text: &str| {
        text.lines()
            .position(|line| line.contains("home") && line.contains("ok"))
    };
    terminal.wait("the other node", |text| home(text).is_some());
    let row = home(&terminal.text()).unwrap();
    terminal.keys(&click(6, row));
    terminal.wait("the row has the cursor", |text| {
        text.lines().nth(row).unwrap().starts_with('>')
    });
    terminal.keys("Y");
    terminal.wait("what was copied is said", |text| {
        text.contains("rows are in the clipboard")
    });
    assert!(raw(&terminal).contains("\x1b]52;c;"), "the clipboard was told");
    terminal.keys("M");
    terminal.wait("the mouse is given up", |text| {
        text.contains("the mouse is the terminal's")
    });
    assert!(raw(&terminal).contains("\x1b[?1000l"));
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn what_is_shown_is_written_to_a_file_that_is_not_replaced_unasked() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("out.csv");
    let mut terminal = demo(data.path());
    let begin = |terminal: &mut Terminal, name: &str| {
        terminal.keys("e");
        terminal.wait("what there is", |text| text.contains("table: nodes"));
        terminal.keys("\r");
        terminal.wait("where to", |text| text.contains("write to"));
        terminal.keys(&format!("\x15{name}"));
        terminal.wait("the name", |text| text.contains(name));
        terminal.keys("\r");
    };
    begin(&mut terminal, "~/out.csv");
    terminal.wait("written", |text| text.contains("wrote 2 rows to ~/out.csv"));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("node,state,") && text.lines().count() == 3, "{text}");

    std::fs::write(&file, "mine").unwrap();
    begin(&mut terminal, "~/out.csv");
    terminal.wait("asked", |text| text.contains("Enter again replaces it"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    terminal.keys("\r");
    terminal.wait("replaced", |text| !text.contains("write to"));
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("node,state,"));

    begin(&mut terminal, "~/none/out.csv");
    terminal.wait("no folder", |text| text.contains("there is no folder ~/none: make it"));
    terminal.keys("\x1b");
    terminal.wait("no line", |text| !text.contains("write to"));
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn a_session_is_found_again_and_flags_say_otherwise() {
    let data = tempfile::tempdir().unwrap();
    let log = data.path().join("node.log");
    std::fs::write(&log, "").unwrap();
    let config = data.path().join("config.toml");
    let text = format!(
        "[[node]]\nname = \"home\"\nlog = \"{}\"\n[keys]\nquit = \"g q\"\n",
        log.display()
    );
    std::fs::write(&config, text).unwrap();
    let state = data.path().join("state");
    let env = [("XDG_STATE_HOME", state.to_str().unwrap())];
    let start = |more: &[&str]| {
        let args = [&["--config", config.to_str().unwrap()], more].concat();
        let terminal = Terminal::start(data.path(), &args, &env);
        terminal.wait("it draws", |text| text.contains("home") || text.contains("UPLOADS"));
        terminal
    };
    let leave = |terminal: &mut Terminal| {
        terminal.keys("g");
        terminal.wait("the chord goes on", |text| text.contains("q quit"));
        terminal.keys("q");
        assert_eq!(terminal.ends(), 0);
    };
    let mut terminal = start(&[]);
    terminal.keys("2");
    terminal.wait("another pane", |text| text.contains("[2 Traf"));
    leave(&mut terminal);
    let mut terminal = start(&[]);
    terminal.wait("the same pane", |text| text.contains("[2 Traf"));
    leave(&mut terminal);
    let mut terminal = start(&["--pane", "overview", "--range", "7d", "--bare"]);
    terminal.wait("bare", |text| {
        text.contains("TRAFFIC, 7 d") && !text.contains("storj-monitor")
    });
    leave(&mut terminal);
    // It is in the folder that was given, and nothing is anywhere else.
    assert!(data.path().join("screen.json").exists() && !state.exists());
}

#[test]
fn a_storm_of_sizes_is_followed() {
    let data = tempfile::tempdir().unwrap();
    let mut terminal = demo(data.path());
    for (rows, cols) in [(1, 1), (12, 40), (50, 200), (3, 10), (200, 5), (40, 120), (24, 80)] {
        terminal.resize(rows, cols);
        std::thread::sleep(Duration::from_millis(30));
    }
    terminal.wait("the usual size", |text| {
        text.contains("NEEDS YOU") && text.contains("quit")
    });
    terminal.resize(12, 40);
    terminal.wait("a phone", |text| {
        text.lines().all(|line| line.chars().count() <= 40) && text.contains("attic")
    });
    terminal.keys("\x03");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn signals_end_it() {
    let data = tempfile::tempdir().unwrap();
    for signal in ["-TERM", "-INT", "-HUP"] {
        let mut terminal = demo(data.path());
        terminal.signal(signal);
        assert_eq!(terminal.ends(), 0, "{signal}");
    }
}

#[test]
fn ctrl_z_stops_it_and_fg_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::run(
        "bash",
        data.path(),
        &["--norc", "--noprofile", "-i"],
        &[("PS1", "shell> ")],
    );
    terminal.wait("a shell", |text| text.contains("shell>"));
    terminal.keys(&format!("{} demo\r", env!("CARGO_BIN_EXE_storj-monitor")));
    terminal.wait("the demo", |text| text.contains("NEEDS YOU") && text.contains("attic"));
    terminal.keys("\x1a");
    terminal.wait("the shell again", |text| {
        text.contains("Stopped") && !text.contains("NEEDS YOU")
    });
    // The shell's own line editor has its paste mode on again.
    assert!(!terminal.screen.lock().unwrap().screen().alternate_screen());
    terminal.keys("fg\r");
    terminal.wait("it goes on", |text| {
        text.contains("NEEDS YOU") && text.contains("attic")
    });
    terminal.keys("q");
    terminal.wait("the shell at last", |text| {
        !text.contains("NEEDS YOU") && text.trim_end().ends_with("shell>")
    });
    terminal.keys("exit\r");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn colours_are_left_out_when_nobody_wants_them() {
    let data = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(data.path(), &["demo"], &[("NO_COLOR", "1")]);
    terminal.wait("the demo", |text| text.contains("NEEDS YOU"));
    terminal.keys("q");
    terminal.ends();
    let raw = terminal.raw.lock().unwrap();
    let text = String::from_utf8_lossy(&raw);
    for colour in ["\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[38;"] {
        assert!(!text.contains(colour), "{colour:?}");
    }
}

#[test]
fn a_collector_that_is_gone_is_said_and_one_inside_takes_its_place() {
    let data = tempfile::tempdir().unwrap();
    let log = data.path().join("node.log");
    std::fs::write(&log, "").unwrap();
    let config = data.path().join("config.toml");
    std::fs::write(
        &config,
        format!("[[node]]\nname = \"home\"\nlog = \"{}\"\n", log.display()),
    )
    .unwrap();
    let config = config.to_str().unwrap();
    let mut collector = common::program(data.path())
        .args(["collect", "--config", config])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let socket = storj_monitor::api::socket::path(data.path());
    let end = Instant::now() + PATIENCE;
    while !socket.exists() {
        if Instant::now() >= end {
            collector.kill().unwrap();
            panic!("no {}", socket.display());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut terminal = Terminal::start(data.path(), &["--config", config], &[]);
    terminal.wait("the running one", |text| text.contains("attached"));
    collector.kill().unwrap();
    collector.wait().unwrap();
    terminal.wait("it is gone", |text| {
        text.contains("COLLECTOR GONE") && text.contains("C collect here")
    });
    terminal.keys("C");
    terminal.wait("one inside", |text| text.contains("inside") && text.contains("live"));
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
}

/// What a test of this file runs as a process of its own: the screen, with a part of the program that fails.
#[test]
#[ignore = "run by another test, in a pseudo-terminal"]
fn a_screen_of_which_a_part_fails() {
    use storj_monitor::api::link;
    use storj_monitor::cli::tui::{Again, Begin, show};
    use storj_monitor::ui::look::{Glyphs, Theme};
    use storj_monitor::ui::model::{Collector, Model};
    let Ok(part) = std::env::var("FAILING_PART") else {
        return;
    };
    let (link, port) = link::pair();
    let theme = Theme::new(Glyphs::UNICODE, true);
    let model = Model::new(theme, jiff::tz::TimeZone::UTC, Collector::Attached, 0);
    std::thread::Builder::new()
        .name(part.clone())
        .spawn(move || {
            // When the screen asks for the first time, it is there.
            let first = port.requests.recv();
            std::thread::sleep(Duration::from_millis(300));
            panic!("the {part} fails on purpose after {}", first.is_ok());
        })
        .unwrap();
    let again = Again {
        data_dir: std::env::temp_dir(),
        start: Box::new(|| None),
    };
    let shown = show(model, &Begin::Anew, link, again, &false.into());
    println!("ended: {}", shown.is_err());
}

#[test]
fn a_panic_in_another_thread_gives_the_terminal_back_and_ends_it() {
    let data = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    let args = ["--ignored", "--exact", "a_screen_of_which_a_part_fails", "--nocapture"];
    let mut terminal = Terminal::run(
        program.to_str().unwrap(),
        data.path(),
        &args,
        &[("FAILING_PART", "collector")],
    );
    terminal.wait("the reason", |text| text.contains("fails on purpose after true"));
    terminal.wait("the end", |text| text.contains("ended: true"));
    terminal.ends();
}

/// Owns a pseudo-terminal with the program in it, and dies without a word.
#[test]
#[ignore = "run by another test, as the one that is killed"]
fn an_owner_of_a_terminal() {
    let Some(data) = std::env::var_os("OWNED_DATA") else {
        return;
    };
    let script = format!("trap '' HUP; exec {} demo", env!("CARGO_BIN_EXE_storj-monitor"));
    let terminal = Terminal::run("sh", std::path::Path::new(&data), &["-c", &script], &[]);
    terminal.wait("the demo", |text| text.contains("NEEDS YOU"));
    println!("pid {}", terminal.child.process_id().unwrap());
    std::io::stdout().flush().unwrap();
    std::thread::sleep(PATIENCE);
}

#[test]
fn it_ends_when_the_terminal_is_gone_without_a_signal() {
    use std::io::BufRead;
    let data = tempfile::tempdir().unwrap();
    let mut owner = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "an_owner_of_a_terminal", "--nocapture"])
        .env("OWNED_DATA", data.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufReader::new(owner.stdout.take().unwrap()).lines();
    let pid = lines
        .map(Result::unwrap)
        .find_map(|line| line.strip_prefix("pid ").map(str::to_owned));
    owner.kill().unwrap();
    owner.wait().unwrap();
    let process = std::path::PathBuf::from("/proc").join(pid.unwrap());
    if !std::path::Path::new("/proc/self").exists() {
        return eprintln!("skipped: there is no /proc");
    }
    let end = Instant::now() + PATIENCE;
    // Nobody waits for an orphan here: what is left of it then is no process any more.
    let lives = || std::fs::read_to_string(process.join("stat")).is_ok_and(|stat| !stat.contains(") Z "));
    while lives() {
        assert!(Instant::now() < end, "it lives on without a terminal");
        std::thread::sleep(Duration::from_millis(50));
    }
}
