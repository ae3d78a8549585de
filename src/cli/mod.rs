//! The commands. Results go to stdout, all else to stderr.

mod collect;
mod config;
mod count;
mod db;
mod demo;
mod discovery;
mod docs;
mod doctor;
mod earnings;
mod export;
mod import;
mod ingest;
mod nodes;
mod page;
mod read;
mod settings;
mod signals;
mod sources;
mod status;
pub mod tui;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::problem::{Problem, Problems};
use crate::domain::setting::Fault;
use crate::report::time;
use crate::store;
use crate::support::clock;
use crate::support::foreign::is_hidden;

/// Watches Storj storage nodes
#[derive(Parser)]
#[command(version, about)]
struct Args {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    screen: tui::Opening,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What every command understands.
#[derive(clap::Args, Clone, Default)]
pub struct Global {
    /// Folder of everything the program keeps [default: the platform's place]
    #[arg(long, global = true, env = "STORJ_MONITOR_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The only configuration file that is read [default: the platform's place, if it is there]
    #[arg(long, global = true, env = "STORJ_MONITOR_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer as it would have been at this time
    #[arg(long, global = true, env = "STORJ_MONITOR_NOW", value_name = "TIME")]
    at: Option<String>,
    /// A node beside the configuration's: NAME=SOURCE[,api=URL][,data=DIR][,metrics=URL][,health=URL][,tags=A+B].
    /// A name alone: only this node is looked at. Repeatable
    #[arg(id = "nodes", long = "node", global = true, value_name = "NODE")]
    node: Vec<String>,
}

impl Global {
    fn data_dir(&self) -> Result<PathBuf, Failure> {
        crate::config::data_dir(self.data_dir.clone())
            .ok_or_else(|| Failure::Usage("there is no home folder to keep data in; name one with --data-dir".into()))
    }

    /// Nodes that are named whole, beside the configuration's.
    fn whole_nodes(&self) -> impl Iterator<Item = &String> {
        self.node.iter().filter(|node| node.contains('='))
    }

    /// The one node to be looked at alone.
    fn only_node(&self) -> Result<Option<String>, Failure> {
        let mut names = self.node.iter().filter(|node| !node.contains('='));
        let first = names.next();
        match names.next() {
            Some(second) => Err(Failure::Usage(format!(
                "--node {second}: one node is looked at alone, or all; give one name"
            ))),
            None => Ok(first.cloned()),
        }
    }

    /// The time of the answer: `--at`, else now. Milliseconds since the epoch.
    fn now_ms(&self) -> Result<i64, Failure> {
        let now = clock::now_ms();
        match &self.at {
            Some(at) => time::parse(at, now).map_err(Failure::Usage),
            None => Ok(now),
        }
    }
}

#[derive(Subcommand)]
enum Command {
    /// See it at work on two recorded nodes; no node needed, nothing is kept
    Demo(demo::Args),
    /// Count the transfers in node logs: plain, .gz, .zst, or `-` for standard input
    Count {
        /// The logs; `-` is standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Read a node's past logs into the database; each line counts once, however often it is read
    Ingest(ingest::Args),
    /// Take over what another monitor kept
    #[command(subcommand)]
    Import(import::Command),
    /// Follow nodes' logs until SIGTERM or SIGINT; says `ready` when it follows
    Collect(collect::Args),
    /// Make, check or show the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Which nodes there are, and whether each can be watched
    #[command(subcommand)]
    Nodes(nodes::Command),
    /// What was found, what is wrong, what to do
    Doctor(doctor::Args),
    /// Look after the database
    #[command(subcommand)]
    Db(db::Command),
    /// How every node is, on one screen
    Status(status::Args),
    /// Print one picture of a pane, then end
    Show(tui::picture::Args),
    /// Where each node's lines come from, how far they were read, what is missing
    Sources(sources::Args),
    /// What a month earns, is kept back and paid, as a table
    Earnings(earnings::Args),
    /// Write a table of the database; amounts are millionths of a dollar, whatever currency people read
    Export(export::Args),
    /// Write completions for a shell: put them where it looks for them
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual page
    Man,
}

/// Why a command did not do all it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{unread} of {asked} logs, APIs and databases were not {what} whole; mend them, or leave them out")]
    Partly {
        what: &'static str,
        unread: usize,
        asked: usize,
    },
    #[error(
        "{lines} lines were left out: they are not known, but lie within times counted before \
         (perhaps the same log in another form); run again with --overlap count, or --overlap skip"
    )]
    Overlap { lines: u64 },
    #[error("no log could be read; give the path of a node's log, or - for standard input")]
    NoLog,
    #[error("no log and no database could be read, and no API answered; see the lines above, or ask `doctor`")]
    Nothing,
    #[error("the certificates of the system cannot be used: {why}")]
    Tls { why: String },
    #[error("what was read last could not be kept; it is read again at the next start")]
    NotKept,
    #[error(
        "{wrong} things are wrong; move the file away and ingest the logs again, or keep it and lose what is named"
    )]
    Unsound { wrong: usize },
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Config(#[from] Problems),
    #[error("{}: this file is there already; --force replaces it, --print only shows what would be written", .0.display())]
    Exists(PathBuf),
    #[error("nothing was changed")]
    Faults(Vec<Fault>),
    #[error("the file is written, but the running collector does not go by it yet: {why}")]
    NotTaken { why: String },
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("cannot write the answer: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    fn code(&self) -> ExitCode {
        match self {
            Self::Partly { .. } | Self::Overlap { .. } | Self::NotTaken { .. } => ExitCode::from(3),
            Self::Usage(_) | Self::Config(_) | Self::Faults(_) => ExitCode::from(2),
            // Whoever reads has seen enough, as in `storj-monitor count LOG | head -1`.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::NoLog
            | Self::Nothing
            | Self::Tls { .. }
            | Self::NotKept
            | Self::Unsound { .. }
            | Self::Exists(_)
            | Self::Store(_)
            | Self::File { .. }
            | Self::Output(_) => ExitCode::from(1),
        }
    }
}

/// Runs the command of the process's arguments.
pub fn run() -> ExitCode {
    let args = arguments();
    let failure = match command(&args.global, &args.screen, args.command) {
        Ok(code) => return code,
        Err(failure) => failure,
    };
    let code = failure.code();
    if code != ExitCode::SUCCESS {
        let lines = match &failure {
            Failure::Config(Problems(problems)) => problems.iter().map(Problem::to_string).collect(),
            Failure::Faults(faults) => faults.iter().map(settings::line).collect(),
            one => vec![one.to_string()],
        };
        lines
            .iter()
            .for_each(|line| eprintln!("storj-monitor: {}", visible(line)));
    }
    code
}

/// Without a command: the screen; without a terminal, how every node is.
fn command(global: &Global, screen: &tui::Opening, command: Option<Command>) -> Result<ExitCode, Failure> {
    let done = |()| ExitCode::SUCCESS;
    match command {
        None if io::IsTerminal::is_terminal(&io::stdout()) && io::IsTerminal::is_terminal(&io::stdin()) => {
            tui::run(global, screen).map(done)
        }
        None => status::run(global, &status::Args::default()),
        Some(Command::Show(show)) => tui::picture::run(global, &show).map(done),
        Some(Command::Demo(demo)) => demo::run(global, &demo).map(done),
        Some(Command::Count { files, json }) => count::run(&files, json).map(done),
        Some(Command::Ingest(ingest)) => ingest::run(global, &ingest).map(done),
        Some(Command::Import(command)) => import::run(global, &command).map(done),
        Some(Command::Collect(collect)) => collect::run(global, &collect).map(done),
        Some(Command::Config(command)) => config::run(global, command).map(done),
        Some(Command::Nodes(command)) => nodes::run(global, command),
        Some(Command::Doctor(doctor)) => doctor::run(global, &doctor),
        Some(Command::Db(command)) => db::run(global, command).map(done),
        Some(Command::Earnings(earnings)) => earnings::run(global, &earnings).map(done),
        Some(Command::Export(export)) => export::run(global, &export).map(done),
        Some(Command::Sources(sources)) => sources::run(global, &sources).map(done),
        Some(Command::Status(status)) => status::run(global, &status),
        Some(Command::Completions { shell }) => docs::completions(shell).map(done),
        Some(Command::Man) => docs::man().map(done),
    }
}

/// The process's arguments. An environment variable that is empty counts as not set.
fn arguments() -> Args {
    let command = Args::command().mut_args(|arg| {
        let value = arg.get_env().and_then(std::env::var_os);
        if value.is_some_and(|value| value.is_empty()) {
            arg.env(clap::builder::Resettable::Reset)
        } else {
            arg
        }
    });
    let parsed = command
        .try_get_matches()
        .and_then(|matches| Args::from_arg_matches(&matches));
    parsed.unwrap_or_else(|error| {
        // To who checks, 2 would mean that a node is in danger.
        if error.use_stderr() && std::env::args_os().any(|arg| arg == "--check") {
            println!("STORJ UNKNOWN - wrong usage; see storj-monitor status --help");
            std::process::exit(3);
        }
        error.exit()
    })
}

/// Foreign text as a terminal may see it: what steers it or hides is made visible.
fn visible(text: &str) -> String {
    text.chars()
        .map(|c| if is_hidden(c) { '\u{fffd}' } else { c })
        .collect()
}
