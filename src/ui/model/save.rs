//! Writing what is on the screen to a file: what it is asked for, where it goes, how it went. The picture is taken
//! when the key is pressed; what happens while a name is typed does not change it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::export::{self, About, Content, Form, NotSaved, Plot, Save, Sheet};
use super::super::frame;
use super::super::overlay::{Item, Overlay, Picker, Prompt};
use super::super::pane::{Effect, Pane};
use super::super::shared::Stretch;
use super::super::table::copy::Masks;
use super::super::table::{Table, TableState};
use super::act::masks;
use super::{Collector, Model};

/// The list and the line.
pub(super) const ID: &str = "export";
/// Keys of the list: all tables, the chart, the picture, whether names are masked. Tables are behind `table `.
const ALL: &str = "all";
const CHART: &str = "chart";
const PICTURE: &str = "picture";
const MASKED: &str = "masked";
const TABLE: &str = "table ";
/// Where nothing was drawn yet.
const USUAL: (u16, u16) = (80, 24);
/// Enough for all a pane has.
const ROOMY: (u16, u16) = (200, 80);

/// What is being written to a file.
#[derive(Default)]
pub(super) struct Export {
    taken: Option<Taken>,
    /// What of it was chosen.
    chosen: String,
    /// Names and addresses are masked: not in a person's own file, unless they mean to publish it.
    masked: bool,
    /// The name of a file that is there: once more the same, and it is replaced.
    warned: Option<String>,
    /// Numbers of files, and the one that is being written.
    last: u64,
    writing: Option<u64>,
}

/// The screen when the key was pressed.
struct Taken {
    pane: Pane,
    about: About,
    /// How the satellite that is looked at alone is called.
    satellite: Option<String>,
    /// Its tables, the one with the keys first; the node all rows of one are of.
    tables: Vec<(&'static str, Table, TableState, Option<String>)>,
    plot: Option<Plot>,
    /// The node all lines of the chart are of.
    plot_node: Option<String>,
    nodes: Vec<String>,
    picture: String,
}

impl Taken {
    fn masks(&self, masked: bool) -> Masks<'static> {
        match masked {
            true => masks().names(self.nodes.clone()),
            false => Masks::none(),
        }
    }

    fn sheets(&self, masked: bool) -> Vec<Sheet> {
        // One set of masks: a node has the same number in all tables.
        let mut masks = self.masks(masked);
        let tables = self.tables.iter();
        tables
            .map(|(name, table, state, node)| {
                export::table(self.pane, name, node.as_deref(), (table, state), &mut masks)
            })
            .collect()
    }

    /// What the file is of, as others may see it.
    fn about(&self, masked: bool) -> About {
        let mut masks = self.masks(masked);
        let node = self.about.node.as_ref();
        About {
            node: node.map(|node| masks.apply("node", node).into_owned()),
            ..self.about.clone()
        }
    }

    /// The same in a line, for a file that people read.
    fn heading(&self, name: &str, masked: bool) -> String {
        let about = self.about(masked);
        let time = |ms: i64| {
            let time = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
            time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
        };
        let node = about.node.map_or("all nodes".to_owned(), |node| format!("node {node}"));
        let satellite = match (&self.satellite, about.satellite_id) {
            (Some(name), Some(id)) if *name != id => format!("satellite {name} ({id})"),
            (_, Some(id)) => format!("satellite {id}"),
            _ => "all satellites".to_owned(),
        };
        let end = match about.as_of_ms {
            Some(ms) => format!("as of {}", time(ms)),
            None => format!("until {}", time(about.to_ms)),
        };
        let line = format!("{} {name}: {node}, {satellite}, {} {end}", about.pane, about.range);
        let safe = line.replace('\\', "\\\\").replace('<', "&lt;").replace('`', "\\`");
        format!("{}\n\n", safe.replace(char::is_control, " "))
    }

    /// A table for a file, with that line before its words for people.
    fn headed(&self, sheet: Sheet, masked: bool) -> Content {
        Content::Table(Sheet {
            markdown: self.heading(&sheet.name, masked) + &sheet.markdown,
            ..sheet
        })
    }

    /// What was chosen, and the name and ending of its file.
    fn content(&self, chosen: &str, masked: bool) -> Option<(Content, String, &'static str)> {
        let table = chosen.strip_prefix(TABLE);
        let mut masks = self.masks(masked);
        Some(match (chosen, table) {
            (ALL, _) => {
                let content = Content::Tables {
                    about: self.about(masked),
                    tables: self.sheets(masked),
                };
                (content, "all".to_owned(), "json")
            }
            (CHART, _) => {
                let sheet = export::plot(
                    self.plot.as_ref()?,
                    (&self.nodes, self.plot_node.as_deref()),
                    &mut masks,
                );
                (self.headed(sheet, masked), "chart".to_owned(), "csv")
            }
            (PICTURE, _) => (Content::Text(self.picture.clone()), "screen".to_owned(), "txt"),
            (_, Some(name)) => {
                let at = self.tables.iter().position(|(other, ..)| *other == name)?;
                let sheet = self.sheets(masked).into_iter().nth(at)?;
                let name = sheet.name.clone();
                (self.headed(sheet, masked), name, "csv")
            }
            _ => return None,
        })
    }

    fn items(&self, masked: bool) -> Vec<Item> {
        let mut items = Vec::new();
        for ((name, ..), sheet) in self.tables.iter().zip(self.sheets(masked)) {
            let rows = export::amount(sheet.rows.len(), "row");
            let size = format!("{rows}, {}", export::amount(sheet.columns.len(), "column"));
            let words = name.replace(|c: char| !c.is_ascii_alphanumeric(), " ");
            items.push(Item::new(format!("{TABLE}{name}"), format!("table: {words}")).hint(size));
        }
        if let Some(plot) = &self.plot {
            items.push(Item::new(CHART, "chart").hint(export::amount(plot.lines(), "line")));
        }
        if self.tables.len() > 1 {
            let tables = export::amount(self.tables.len(), "table");
            items.push(Item::new(ALL, "all tables, as JSON").hint(tables));
        }
        items.push(Item::new(PICTURE, "the picture, as text").hint("never masked"));
        items.push(Item {
            on: Some(masked),
            ..Item::new(MASKED, "mask names and addresses, to publish it")
        });
        items
    }
}

impl Model {
    /// Asks what is to be written: the table with the keys first.
    pub(super) fn ask_what_to_write(&mut self) {
        let taken = self.taken();
        let items = taken.items(self.export.masked);
        self.export.taken = Some(taken);
        self.export.warned = None;
        self.overlay = Some(Overlay::Pick(Picker::new(ID, "Write to a file", items, false)));
    }

    fn taken(&self) -> Taken {
        let mut area = self.hits.screen;
        if area.is_empty() {
            area = Rect::new(0, 0, USUAL.0, USUAL.1);
        }
        let mut buffer = Buffer::empty(area);
        let hits = frame::painted(area, &mut buffer, self, true);
        // What has no room on this screen belongs to it all the same.
        let roomy = Rect::new(0, 0, ROOMY.0, ROOMY.1);
        let roomy = frame::painted(roomy, &mut Buffer::empty(roomy), self, true);
        let view = self.view();
        let mut tables: Vec<(&'static str, Table, TableState, Option<String>)> = Vec::new();
        let focused = view.focused();
        let names = hits.tables.iter().chain(&roomy.tables).map(|(name, _)| *name);
        let names = focused
            .into_iter()
            .filter(|name| hits.table(name).is_some())
            .chain(names);
        for name in names {
            if let Some((table, state)) = view.table(name)
                && !tables.iter().any(|(other, ..)| *other == name)
            {
                tables.push((name, table.clone(), state.clone(), view.node_of(name, &self.shared)));
            }
        }
        let rows = buffer.content.chunks(usize::from(area.width).max(1));
        let rows = rows.map(|cells| {
            let row: String = cells.iter().map(ratatui::buffer::Cell::symbol).collect();
            format!("{}\n", row.trim_end())
        });
        Taken {
            pane: self.pane,
            about: self.about_shown(),
            satellite: self.shared.satellite.as_ref().map(|id| self.shared.satellite_name(id)),
            tables,
            plot: hits.plot.or(roomy.plot).map(|plot| match view.currency() {
                Some(currency) => plot.dollars(currency),
                None => plot,
            }),
            plot_node: view.node_of(CHART, &self.shared),
            nodes: self.shared.nodes().iter().map(|node| node.name.clone()).collect(),
            picture: rows.collect(),
        }
    }

    fn about_shown(&self) -> About {
        let shared = &self.shared;
        let stretch = Stretch::of(shared);
        About {
            pane: self.pane.id(),
            time_ms: self.shown_ms(),
            node: shared.node.clone(),
            satellite_id: shared.satellite.clone(),
            range: shared.time.range.name(),
            from_ms: stretch.from_ms,
            to_ms: stretch.to_ms,
            as_of_ms: shared.moment().map(|second| second.saturating_mul(1000)),
        }
    }

    /// Of when the picture is, ms since the epoch.
    fn shown_ms(&self) -> i64 {
        let shared = &self.shared;
        let chosen = shared.moment().or(shared.time.end).map(|second| second * 1000);
        let now = match shared.collector {
            Collector::Past(at) => at,
            Collector::Lost(_) if shared.told_ms() > 0 => shared.told_ms(),
            _ => shared.now_ms,
        };
        let shown = chosen.or(shared.held_since()).unwrap_or(now);
        shown - shown.rem_euclid(1000)
    }

    /// Something of the list was chosen: asks for the file, with a good name in the line.
    pub(super) fn ask_where_to_write(&mut self, mut picker: Picker, chosen: &str) {
        let export = &mut self.export;
        let Some(taken) = &export.taken else { return };
        if chosen == MASKED {
            export.masked = !export.masked;
            picker.renew(taken.items(export.masked));
            self.overlay = Some(Overlay::Pick(picker));
            return;
        }
        let Some((_, what, ending)) = taken.content(chosen, export.masked) else {
            return;
        };
        chosen.clone_into(&mut export.chosen);
        let folder = self.shared.folder.trim_end_matches('/');
        let slash = if self.shared.folder.is_empty() { "" } else { "/" };
        let (pane, stamp) = (taken.pane.id(), stamp(taken.about.time_ms));
        let name = format!("{folder}{slash}storj-monitor-{pane}-{what}-{stamp}.{ending}");
        self.overlay = Some(Overlay::Type(Prompt::new(ID, "write to", name)));
    }

    /// The name is there: the file is to be written, or what is wrong with the name is said.
    pub(super) fn write(&mut self, mut prompt: Prompt) -> Vec<Effect> {
        let saved = self.save(&prompt.text);
        prompt.error = saved.as_ref().err().cloned();
        self.overlay = Some(Overlay::Type(prompt));
        saved
            .into_iter()
            .flatten()
            .map(|save| Effect::Save(Box::new(save)))
            .collect()
    }

    fn save(&mut self, path: &str) -> Result<Option<Save>, String> {
        let export = &mut self.export;
        if export.writing.is_some() {
            return Ok(None);
        }
        let path = path.trim();
        if path.is_empty() {
            return Err("give the file a name, or press Esc".to_owned());
        }
        let form = Form::of(path)?;
        let content = export
            .taken
            .as_ref()
            .and_then(|taken| taken.content(&export.chosen, export.masked));
        let (content, ..) = content.ok_or("there is nothing to write any more: press Esc")?;
        content.fits(form)?;
        export.last += 1;
        export.writing = Some(export.last);
        Ok(Some(Save {
            id: export.last,
            path: path.to_owned(),
            replace: export.warned.as_deref() == Some(path),
            form,
            content,
        }))
    }

    /// A file was written, or not: then its name can be typed again.
    pub(super) fn saved(&mut self, id: u64, how: Result<String, NotSaved>) {
        let export = &mut self.export;
        if export.writing != Some(id) {
            return;
        }
        export.writing = None;
        let content = export
            .taken
            .as_ref()
            .and_then(|taken| taken.content(&export.chosen, export.masked));
        let prompt = match &mut self.overlay {
            Some(Overlay::Type(prompt)) if prompt.id == ID => Some(prompt),
            _ => None,
        };
        match (how, prompt) {
            (Ok(path), prompt) => {
                let amount = content.map_or_else(String::new, |(content, ..)| format!(" {}", content.amount()));
                if prompt.is_some() {
                    self.overlay = None;
                }
                self.shared.say(format!("wrote{amount} to {path}"));
                (self.export.taken, self.export.warned) = (None, None);
            }
            (Err(NotSaved::Exists), Some(prompt)) => {
                prompt.error = Some("this file is there: Enter again replaces it".to_owned());
                export.warned = Some(prompt.text.trim().to_owned());
            }
            (Err(NotSaved::Failed(why)), Some(prompt)) => prompt.error = Some(why),
            (Err(NotSaved::Exists), None) => self.shared.say("not written: there is a file of that name"),
            (Err(NotSaved::Failed(why)), None) => self.shared.say(format!("not written: {why}")),
        }
    }
}

/// A moment as a part of a file's name: `2026-11-26T0412Z`.
fn stamp(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H%MZ").to_string()
}
