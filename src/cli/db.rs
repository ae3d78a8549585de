//! `db check`, `db vacuum`: looking after the database.

use super::{Failure, Global, visible};
use crate::store::writer::Writer;
use crate::store::{Reader, upkeep};

/// What to do.
#[derive(Clone, Copy, clap::Subcommand)]
pub enum Command {
    /// Read everything in it and say what is wrong
    Check,
    /// Give unused space back to the disk
    Vacuum,
}

/// Does it.
pub fn run(global: &Global, command: Command) -> Result<(), Failure> {
    let data_dir = global.data_dir()?;
    match command {
        Command::Check => {
            let found = upkeep::check(&data_dir)?;
            println!(
                "{} bytes, {} transfers, {} lines of the ledger: {}",
                found.bytes,
                found.transfers,
                found.lines,
                if found.wrong.is_empty() {
                    "all is well"
                } else {
                    "not all is well"
                }
            );
            found.wrong.iter().for_each(|wrong| println!("{}", visible(wrong)));
            match found.wrong.len() {
                0 => Ok(()),
                wrong => Err(Failure::Unsound { wrong }),
            }
        }
        Command::Vacuum => {
            // Only what is there: nothing is made.
            drop(Reader::open(&data_dir)?);
            let (before, after) = Writer::open(&data_dir)?.vacuum()?;
            println!("{before} bytes before, {after} after");
            Ok(())
        }
    }
}
