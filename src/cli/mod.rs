//! The commands. Results go to stdout, all else to stderr.

mod count;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Watches Storj storage nodes.
#[derive(Parser)]
#[command(version, about)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Count the transfers in node logs: plain, .gz, .zst, or `-` for standard input
    Count {
        /// The logs; `-` is standard input
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
}

/// Why a command did not do all it was asked.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{unread} of {asked} logs were not {what} whole; mend them, or leave them out")]
    Partly {
        what: &'static str,
        unread: usize,
        asked: usize,
    },
    #[error("no log could be read; give the path of a node's log, or - for standard input")]
    NoLog,
    #[error("cannot write the answer: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    fn code(&self) -> ExitCode {
        match self {
            Self::Partly { .. } => ExitCode::from(3),
            Self::NoLog => ExitCode::from(1),
            // Whoever reads has seen enough, as in `storj-monitor count LOG | head -1`.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::Output(_) => ExitCode::from(1),
        }
    }
}

/// Runs the command of the process's arguments.
pub fn run() -> ExitCode {
    let Command::Count { files, json } = Args::parse().command;
    let Err(failure) = count::run(&files, json) else {
        return ExitCode::SUCCESS;
    };
    let code = failure.code();
    if code != ExitCode::SUCCESS {
        eprintln!("storj-monitor: {failure}");
    }
    code
}

/// Foreign text as a terminal may see it: control and direction characters made visible.
fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect()
}
