//! What stands where: the answer first, then as many blocks as there is room for. A block that has the keys is
//! always there.

use ratatui::layout::Rect;

use super::block::Block;
use super::{Traffic, map, peers, picture};
use crate::api::snapshot::Geo;
use crate::ui::number;
use crate::ui::pane::Page;
use crate::ui::room::stack;
use crate::ui::table::HitMap;
use crate::ui::text;

/// From these widths on there is a chart, and two columns.
const CHART_FROM: u16 = 100;
const COLUMNS_FROM: u16 = 170;
/// Narrower than this is a phone.
const NARROW: u16 = 60;
/// A map needs so much room.
const MAP_HEIGHT: u16 = 12;
const MAP_WIDTH: u16 = 50;

/// Something in its place, from above.
enum Item {
    Sparks,
    Chart,
    Now,
    Note,
    /// Tables beside each other.
    Tables(Vec<Block>),
}

/// How many lines it needs, would like, and how much it matters: the least goes last.
struct Want {
    item: Item,
    least: u16,
    wish: u16,
    rank: u8,
}

impl Want {
    fn new(item: Item, least: u16, wish: u16, rank: u8) -> Self {
        Self {
            item,
            least: least.min(wish),
            wish,
            rank,
        }
    }
}

impl Traffic {
    pub(super) fn blocks(&self, page: &mut Page<'_>) {
        let area = page.area;
        let small = area.width < NARROW || area.height < 14;
        let most = match (small, area.height) {
            (true, _) => 2,
            (_, ..=24) => 3,
            (_, ..=40) => 4,
            _ => 6,
        };
        self.answer(page, most);
        let body = page.take(page.left());
        if self.enlarged || small {
            self.place(
                page,
                body,
                vec![Want::new(Item::Tables(vec![self.focus]), 1, body.height, 0)],
            );
        } else if area.width >= COLUMNS_FROM && body.height >= 30 {
            let left = Rect {
                width: body.width * 6 / 10,
                ..body
            };
            let right = Rect {
                x: left.right() + 1,
                width: body.width - left.width - 1,
                ..body
            };
            self.place(page, left, self.left_column(left));
            self.place(page, right, self.right_column(right));
        } else {
            self.place(page, body, self.one_column(body));
        }
        self.note_hidden(page);
    }

    /// Blocks that are not drawn have their turn in the order of the focus, too.
    fn note_hidden(&self, page: &mut Page<'_>) {
        let drawn: Vec<&str> = page.hits.tables.iter().map(|(name, _)| *name).collect();
        let sizes = [Block::Sizes, Block::FewSizes];
        let either = sizes.iter().any(|block| drawn.contains(&block.name()));
        let mut tables = Vec::new();
        for block in Block::ALL {
            let name = block.name();
            let found = page.hits.tables.iter().position(|(other, _)| *other == name);
            match found {
                Some(at) => tables.push(page.hits.tables.swap_remove(at)),
                None if block == Block::Examples || block == Block::FewSizes => {}
                None if block == Block::Sizes && either => {}
                None => tables.push((name, HitMap::default())),
            }
        }
        page.hits.tables = tables;
    }

    fn tables(&self, blocks: &[Block], rank: u8) -> Want {
        let lines = blocks.iter().map(|block| self.slot(*block).lines()).max().unwrap_or(0);
        Want::new(Item::Tables(blocks.to_vec()), lines.min(4), lines, rank)
    }

    fn all_of(&self, block: Block, rank: u8) -> Want {
        let lines = self.slot(block).lines();
        Want::new(Item::Tables(vec![block]), lines.min(8), lines, rank)
    }

    fn one_column(&self, body: Rect) -> Vec<Want> {
        let wide = body.width >= CHART_FROM;
        let mut wants = match wide && body.height >= 26 {
            true => vec![
                Want::new(Item::Chart, 6, (body.height / 3).clamp(6, 12), 3),
                Want::new(Item::Now, 1, 1, 4),
            ],
            false => vec![Want::new(Item::Sparks, 2, 2, 1)],
        };
        wants.push(self.all_of(Block::Actions, 1));
        if wide && self.has_audits() {
            wants.push(Want::new(Item::Note, 1, 1, 6));
        }
        let sizes = match body.height {
            40.. => Block::Sizes,
            _ => Block::FewSizes,
        };
        let shown = match self.focus {
            Block::Actions | Block::Satellites | Block::Errors => None,
            Block::Sizes | Block::FewSizes => None,
            Block::Pieces | Block::Peers if body.height >= 32 => None,
            other => Some(other),
        };
        if let Some(block) = shown {
            // It takes the place of all that stands below.
            wants.push(Want::new(Item::Tables(vec![block]), 4, body.height, 0));
            return wants;
        }
        wants.push(self.tables(&[Block::Satellites, sizes], 2));
        let errors = self.slot(Block::Errors).lines();
        wants.push(Want::new(Item::Tables(vec![Block::Errors]), errors.min(4), errors, 3));
        if body.height >= 28 {
            wants.push(self.tables(&[Block::Pieces, Block::Peers], 7));
        }
        wants
    }

    fn has_audits(&self) -> bool {
        let mut rows = self.slot(Block::Actions).table.rows().iter();
        rows.any(|row| row.key.as_str() == "GET_AUDIT")
    }

    fn left_column(&self, body: Rect) -> Vec<Want> {
        let pair = match self.focus {
            Block::Countries => Block::Countries,
            _ => Block::Peers,
        };
        let peers = self.slot(pair).lines().max(6);
        vec![
            Want::new(Item::Chart, 8, (body.height / 3).clamp(8, 16), 1),
            Want::new(Item::Now, 1, 1, 2),
            self.all_of(Block::Actions, 0),
            Want::new(Item::Note, 1, 1, 4),
            self.all_of(Block::Errors, 3),
            Want::new(
                Item::Tables(vec![pair]),
                5,
                if pair == Block::Countries { body.height } else { peers },
                5,
            ),
        ]
    }

    fn right_column(&self, body: Rect) -> Vec<Want> {
        vec![
            self.all_of(Block::Hours, 0),
            self.all_of(Block::Satellites, 1),
            Want::new(
                Item::Tables(vec![Block::Nodes]),
                4,
                self.slot(Block::Nodes).lines().min(body.height / 3),
                3,
            ),
            self.all_of(Block::Sizes, 2),
            self.tables(&[Block::Pieces], 4),
        ]
    }

    fn place(&self, page: &mut Page<'_>, area: Rect, wants: Vec<Want>) {
        let need = |want: &Want| ([want.least, want.wish], want.rank);
        stack(page, area, &wants, need, |part, want| match &want.item {
            Item::Sparks => self.sparks(part),
            Item::Chart => self.chart(part),
            Item::Now => self.now(part),
            Item::Note => picture::note(part),
            Item::Tables(blocks) => self.side_by_side(part, blocks),
        });
    }

    fn side_by_side(&self, page: &mut Page<'_>, blocks: &[Block]) {
        let area = page.area;
        let count = blocks.len() as u16;
        let gap = if count > 1 { 1 } else { 0 };
        let width = (area.width + gap) / count.max(1);
        for (n, block) in (0..count).zip(blocks) {
            let x = area.x + n * width;
            let place = Rect {
                x,
                width: if n + 1 == count { area.right() - x } else { width - gap },
                ..area
            };
            page.within(place, |part| self.block(part, *block));
        }
    }

    fn block(&self, page: &mut Page<'_>, block: Block) {
        let slot = self.slot(block);
        let title = match block {
            Block::Sizes | Block::FewSizes => format!("{}: {}", block.title(), self.size_view.name()),
            _ => block.title().to_owned(),
        };
        let words = self.block_words(page, block);
        let room = usize::from(page.area.width).saturating_sub(text::width(&title) + 8);
        let fits = text::width(&words) <= room;
        page.rule(&title, if fits { &words } else { "" });
        let mut area = page.take(page.left());
        if block == Block::Countries && area.height >= MAP_HEIGHT && area.width >= MAP_WIDTH {
            area = self.world(page, area);
        }
        page.table(block.name(), area, &slot.table, &slot.state, self.focus_now() == block);
    }

    /// The map above the table; gives what is left for the table.
    fn world(&self, page: &mut Page<'_>, area: Rect) -> Rect {
        let told = peers::Told::of(page.shared);
        if told.geo() != Geo::On {
            return area;
        }
        // A degree is as wide as it is high where a character is twice as high as wide.
        let whole = area.width * 2 / 10;
        let height = whole.min(area.height.saturating_sub(6).max(area.height / 2));
        let width = (height * 5).min(area.width);
        let world = Rect {
            x: area.x + (area.width - width) / 2,
            width,
            height,
            ..area
        };
        let theme = page.shared.theme.clone();
        map::draw(world, page.buffer, &peers::by_country(&told), &theme);
        Rect {
            y: area.y + height,
            height: area.height - height,
            ..area
        }
    }

    fn block_words(&self, page: &Page<'_>, block: Block) -> String {
        let shared = page.shared;
        let since = || {
            let since = peers::Told::of(shared).since();
            // The lists are live: back in time they are of the present all the same.
            let until = if shared.moment().is_some() { " until now" } else { "" };
            since.map_or_else(String::new, |second| {
                format!("since {}{until}, about", number::minute(second * 1000, &shared.zone))
            })
        };
        match block {
            _ if !self.told => String::new(),
            Block::Actions if page.area.width < CHART_FROM && self.has_audits() => {
                format!("{} a canceled audit has passed", super::tables::footnote(shared))
            }
            Block::Actions => format!("{} · % of all, each action for itself", shared.time.range.name()),
            Block::Satellites | Block::Nodes => {
                let slot = self.slot(block);
                let column = slot.table.column("in").and_then(|at| slot.table.columns().get(at));
                let unit = column.map_or("", |column| &*column.unit);
                match page.area.width {
                    ..50 => unit.to_owned(),
                    _ => format!("{unit} of customers · Enter: it alone"),
                }
            }
            Block::Sizes | Block::FewSizes if page.area.width < 50 => "v: other".to_owned(),
            Block::Sizes | Block::FewSizes => "v: another view · without audits".to_owned(),
            Block::Hours => "audits: passed".to_owned(),
            Block::Errors => {
                let all = self.errors.len();
                let of = if shared.satellite.is_some() {
                    ", of all satellites"
                } else {
                    ""
                };
                format!("{all} kinds, danger first{of} · Enter: examples")
            }
            Block::Pieces => {
                let table = &self.slot(block).table;
                let column = table.column("bytes").and_then(|at| table.columns().get(at));
                format!("{} · OUT in {}", since(), column.map_or("", |column| &*column.unit))
            }
            Block::Peers => match peers::Told::of(shared).geo() {
                Geo::Off => since(),
                _ => format!("{} · p: by country", since()),
            },
            Block::Countries => since(),
            Block::Examples => "Enter: the log at that moment".to_owned(),
        }
    }
}
