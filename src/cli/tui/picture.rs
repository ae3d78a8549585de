//! `show`: one picture of a pane, for a page, a test, a screen reader.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::looks::{Looks, pane};
use super::{attached, svg};
use crate::api::link::Link;
use crate::api::message::Message;
use crate::cli::{Failure, Global, collect, read};
use crate::collector::hub::Hub;
use crate::support::clock::now_ms;
use crate::ui::frame;
use crate::ui::model::{Collector, Input, Model};
use crate::ui::pane::Pane;

/// Arguments of `show`.
#[derive(clap::Args)]
pub struct Args {
    /// The pane: overview, traffic, reputation, storage, latency, financials, maintenance or log
    #[arg(value_name = "PANE", value_parser = pane)]
    pane: Pane,
    /// Columns and rows
    #[arg(long, default_value = "80x24", value_name = "WxH", value_parser = size)]
    size: (u16, u16),
    /// With colours, or plain
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    looks: Looks,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Characters only
    Text,
    /// With colours, as escape sequences
    Ansi,
    /// With colours, as a drawing
    Svg,
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let parts = text
        .split_once('x')
        .and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    let fits = |(w, h): &(u16, u16)| (1..=1000).contains(w) && (1..=1000).contains(h);
    parts
        .filter(fits)
        .ok_or_else(|| format!("`{text}` is no size: give columns x rows, as 120x40"))
}

/// Prints one picture of a pane.
pub fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    let data_dir = global.data_dir()?;
    let mut looks = args.looks.clone();
    looks.node = global.only_node()?;
    if args.format == Format::Svg {
        looks.rich();
    }
    let mut model = looks.model(global, Collector::Attached);
    model.pane = args.pane;
    let past = global.at.is_some();
    match attached(&data_dir).filter(|_| !past) {
        Some(link) => look(link, &mut model)?,
        None => {
            drop(read::open(global, read::Once::IfNamed)?);
            kept(global, &data_dir, &mut model)?;
        }
    }
    looks.check(&model)?;
    let buffer = paint(&mut model, args.size);
    let text = match args.format {
        Format::Text => plain(&buffer),
        Format::Ansi => coloured(&buffer),
        Format::Svg => svg::picture(&buffer),
    };
    Ok(io::Write::write_all(&mut io::stdout().lock(), text.as_bytes())?)
}

/// Listens to a running collector until it has told everything once.
fn look(link: Link, model: &mut Model) -> Result<(), Failure> {
    const MOST: Duration = Duration::from_secs(3);
    let gone = |_| Failure::Output(io::Error::other("the collector is gone"));
    let (asker, listener) = link.split();
    let until = Instant::now() + MOST;
    let whole = |model: &Model| {
        let shown = model.shared.shown();
        let told = |name: &String| shown.nodes.get(name).is_some_and(|view| view.status.is_some());
        shown.names.as_ref().is_some_and(|names| names.iter().all(told)) && model.is_complete()
    };
    // A moment more for what is made slower than the rest.
    let mut last = None;
    loop {
        for request in model.requests() {
            asker.send(request).map_err(gone)?;
        }
        if whole(model) && last.is_none() {
            last = Some(Instant::now() + Duration::from_millis(300));
        }
        match listener.receive(Some(last.unwrap_or(until))).map_err(gone)? {
            Some(message) => {
                model.update(Input::Heard(message), now_ms());
            }
            None => return Ok(()),
        }
    }
}

/// Without a collector: what the database knows.
fn kept(global: &Global, data_dir: &Path, model: &mut Model) -> Result<(), Failure> {
    let now_ms = global.now_ms()?;
    let terms = collect::terms_now(global);
    let snapshot = crate::collector::publish::kept(data_dir, now_ms, &terms)?;
    model.shared.collector = match global.at {
        Some(_) => Collector::Past(now_ms),
        None => Collector::Lost(now_ms),
    };
    model.update(Input::Heard(Message::Snapshot(snapshot)), now_ms);
    let hub = match global.at {
        Some(_) => Hub::as_of(data_dir, now_ms),
        None => Hub::alone(data_dir),
    };
    // What it says of costs and currency; a picture of what was kept needs no more of it.
    hub.terms(terms);
    // An answer may lead to another question: which node is the worst, then all about it.
    for _ in 0..3 {
        model.answer_all(|query| hub.answer(query));
        if model.is_complete() {
            break;
        }
    }
    Ok(())
}

/// The picture.
fn paint(model: &mut Model, (width, height): (u16, u16)) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let hits = frame::paint(area, &mut buffer, model);
    // What works on a chart or a table is known when it was drawn once.
    model.saw(hits);
    buffer.reset();
    frame::paint(area, &mut buffer, model);
    buffer
}

fn rows(buffer: &Buffer) -> impl Iterator<Item = &[ratatui::buffer::Cell]> {
    buffer.content.chunks(usize::from(buffer.area.width).max(1))
}

fn plain(buffer: &Buffer) -> String {
    let row = |cells: &[ratatui::buffer::Cell]| {
        let text: String = cells.iter().map(ratatui::buffer::Cell::symbol).collect();
        format!("{}\n", text.trim_end())
    };
    rows(buffer).map(row).collect()
}

fn coloured(buffer: &Buffer) -> String {
    use ratatui::backend::{Backend, CrosstermBackend};
    let mut text = String::new();
    for cells in rows(buffer) {
        let mut out = Vec::new();
        let mut backend = CrosstermBackend::new(&mut out);
        crossterm::style::force_color_output(true);
        let placed = cells.iter().enumerate().map(|(x, cell)| (x as u16, 0, cell));
        // Into memory nothing fails.
        let _ = backend.draw(placed).and_then(|()| Backend::flush(&mut backend));
        let line = String::from_utf8_lossy(&out).into_owned();
        // Where the cursor goes does not belong into a file.
        text += line.strip_prefix("\x1b[1;1H").unwrap_or(&line);
        text.push('\n');
    }
    text
}
