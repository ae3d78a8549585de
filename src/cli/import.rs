//! `import`: what another monitor kept.

use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Failure, Global, visible};
use crate::collector::import::{self, Imported};
use crate::config::node::check_name;
use crate::store::old_monitor::{NOT_TAKEN, OldMonitor};
use crate::store::writer::Writer;

/// From which monitor.
#[derive(clap::Subcommand)]
pub enum Command {
    /// The Pro Monitor's database (storagenode_monitor.db): only read, each row taken once however often this runs
    ProMonitor(Args),
}

/// Arguments of `import pro-monitor`.
#[derive(clap::Args)]
pub struct Args {
    /// Its database
    #[arg(value_name = "FILE.db")]
    file: PathBuf,
    /// A node of it, under another name here; may be given again. Without it all nodes come under their own names
    #[arg(long = "as", value_name = "OLD=NEW", value_parser = renamed)]
    names: Vec<(String, String)>,
    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

fn renamed(text: &str) -> Result<(String, String), String> {
    let (old, new) = text
        .split_once('=')
        .ok_or_else(|| format!("{text:?}: write the old name, =, and the name here"))?;
    check_name(new)?;
    Ok((old.to_owned(), new.to_owned()))
}

/// What is said of what was taken, though it cannot be trusted in full.
const DISTRUSTED: [&str; 4] = [
    "uploads: it took lost races for successes, so those of its time look better than they were",
    "hours without transfers: their downloads and audits that were lost count as canceled, and up to 15 % of each hour \
     may be missing",
    "durations: it measured when its own queue got to a line; they are left out",
    "disks: what it called the whole was the node's `available`, read here as the node meant it",
];

/// Takes it over, and says what of it.
pub fn run(global: &Global, Command::ProMonitor(args): &Command) -> Result<(), Failure> {
    let old = OldMonitor::open(&args.file)?;
    let nodes = named(&old, args)?;
    let now_ms = global.now_ms()?;
    let mut writer = Writer::open(&global.data_dir()?)?;
    let mut done = Vec::new();
    for (from, to) in nodes {
        let imported = import::node(&mut writer, (&old, &args.file), (&from, &to), now_ms)?;
        done.push((from, to, imported));
    }
    let mut out = io::stdout().lock();
    match args.json {
        true => writeln!(out, "{}", answer(&old, &done))?,
        false => report(&mut out, &old, &done)?,
    }
    Ok(())
}

/// Which nodes come, under which names.
fn named(old: &OldMonitor, args: &Args) -> Result<Vec<(String, String)>, Failure> {
    let known = old.nodes()?;
    let list = known.iter().map(|name| visible(name)).collect::<Vec<_>>().join(", ");
    if known.is_empty() {
        return Err(Failure::Usage(format!("{}: no node is in it", args.file.display())));
    }
    if let Some((missing, _)) = args.names.iter().find(|(old, _)| !known.contains(old)) {
        let text = format!("there is no node `{}` in it; there are: {list}", visible(missing));
        return Err(Failure::Usage(text));
    }
    if !args.names.is_empty() {
        return Ok(args.names.clone());
    }
    for name in &known {
        check_name(name).map_err(|why| Failure::Usage(format!("{why}; give it another name with --as OLD=NEW")))?;
    }
    Ok(known.into_iter().map(|name| (name.clone(), name)).collect())
}

type Done = (String, String, Imported);

fn answer(old: &OldMonitor, done: &[Done]) -> Value {
    let nodes = done.iter().map(|(from, to, imported)| {
        json!({
            "from": from, "node": to, "transfers": imported.transfers, "compactions": imported.compactions,
            "new": imported.new, "before": imported.before, "known_better": imported.known_better, "unreadable": imported.unreadable,
            "hours": imported.hours, "disk_hours": imported.disks,
        })
    });
    let left = NOT_TAKEN.map(|(table, why)| json!({"table": table, "rows": old.rows(table), "why": why}));
    json!({"version": 1, "nodes": nodes.collect::<Vec<_>>(), "not_taken": left, "distrusted": DISTRUSTED})
}

fn report(out: &mut impl Write, old: &OldMonitor, done: &[Done]) -> io::Result<()> {
    for (from, to, imported) in done {
        let name = match from == to {
            true => visible(to),
            false => format!("{} as {}", visible(from), visible(to)),
        };
        writeln!(
            out,
            "{name}: {} transfers and {} compactions were kept; of traffic {} hours, of its disk {} hours are new",
            imported.transfers, imported.compactions, imported.hours, imported.disks
        )?;
        for (count, what) in [
            (imported.new, "lines of them are new"),
            (imported.before, "lines were taken before"),
            (
                imported.known_better,
                "lines are of times whose log was read, which knows better",
            ),
            (imported.unreadable, "rows have no time or status that can be read"),
        ] {
            if count > 0 {
                writeln!(out, "  {count} {what}")?;
            }
        }
    }
    writeln!(out, "Not to be trusted in full:")?;
    for text in DISTRUSTED {
        writeln!(out, "  {text}")?;
    }
    writeln!(out, "Not taken:")?;
    for (table, why) in NOT_TAKEN {
        let rows = old.rows(table);
        if rows > 0 {
            writeln!(out, "  {table} ({rows} rows): {why}")?;
        }
    }
    writeln!(
        out,
        "Reading the nodes' old logs with `ingest` is better still, where they are left."
    )
}
