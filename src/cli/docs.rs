//! `completions` and `man`: made from the same table of commands that is obeyed.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_mangen::Man;

use super::{Args, Failure};
use crate::config::ENV;
use crate::config::setting::SETTINGS;

/// Writes completions for a shell.
pub fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    // The generator writes to a buffer: a closed pipe is no panic.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "storj-monitor", &mut text);
    Ok(io::stdout().lock().write_all(&text)?)
}

/// One page with every command behind the other.
pub fn man() -> Result<(), Failure> {
    let mut command = Args::command();
    command.build();
    let page = Man::new(command.clone());
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    writeln!(text, ".SH COMMANDS\nWithout one: status.")?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        write_command(&mut text, sub, sub.get_name())?;
    }
    text.extend_from_slice(rest().as_bytes());
    Ok(io::stdout().lock().write_all(&text)?)
}

/// A command's line, meaning and options; then those below it.
fn write_command(text: &mut Vec<u8>, command: &clap::Command, path: &str) -> io::Result<()> {
    writeln!(text, ".SS \"{}\"", escaped(path))?;
    if let Some(about) = command.get_about() {
        writeln!(text, "{}.", escaped(&about.to_string()))?;
    }
    let mut options = Vec::new();
    // Those of all commands were described once.
    let own = command.clone().mut_args(|arg| {
        let is_common = arg.is_global_set() || arg.get_id() == "help";
        arg.hide(is_common)
    });
    if own.get_arguments().any(|arg| !arg.is_hide_set()) {
        Man::new(own).render_options_section(&mut options)?;
    }
    // Without the heading: they belong to the command above.
    let options = String::from_utf8_lossy(&options).replace(".SH OPTIONS\n", "");
    text.extend_from_slice(options.as_bytes());
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        write_command(text, sub, &format!("{path} {}", sub.get_name()))?;
    }
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

/// What belongs to all commands.
fn rest() -> String {
    let mut text = String::from(".SH ENVIRONMENT\n");
    let mut entry = |name: String, meaning: &str| {
        text += &format!(".TP\n\\fB{}\\fR\n{}.\n", escaped(&name), escaped(meaning));
    };
    let others = [
        ("DATA_DIR", "As --data-dir"),
        ("CONFIG", "As --config"),
        ("NOW", "As --at"),
        ("NODES", "Nodes as --node takes them, one a line or separated by ;"),
        (
            "ROOT",
            "Where the host's files are, for a container that has them mounted",
        ),
    ];
    for (name, meaning) in others {
        entry(format!("{ENV}{name}"), meaning);
    }
    for setting in &SETTINGS {
        entry(setting.env(), setting.help);
    }
    text += ".SH FILES\nThe data directory holds the database, a lock, the socket of a running collector. \
             The configuration is config.toml in the platform's place.\n";
    text += ".SH EXIT STATUS\n0 done; 1 failed; 2 wrong usage or configuration; 3 partly done. \
             With \\-\\-check 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.\n";
    text += ".SH SIGNALS\nSIGTERM and SIGINT end a collector after what was read is kept; SIGHUP makes one \
             without a terminal look at its configuration.\n";
    text
}
