//! What is known of a node's disk: one place where unknown, full and never are told apart. Used by all blocks.

use crate::api::status::{FullIn, Node};
use crate::ui::chart::Segment;
use crate::ui::look::Tone;
use crate::ui::number;
use crate::ui::shared::Shared;

/// A disk that is full within so many days wants a look: as the rule for a node's state says.
pub(super) const SOON_DAYS: f64 = 7.0;

/// When a disk is full.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Full {
    /// In so many days.
    In(FullIn),
    /// Too little is known.
    Unknown,
    /// Not at this pace.
    Never,
    /// It is.
    Now,
}

/// A node's disk. Sizes are bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub(super) name: String,
    /// What is shown is older than it should be.
    pub(super) stale: bool,
    /// Foreign files count as used.
    pub(super) dedicated: bool,
    /// By its databases: blobs and their trash, and nothing of a hashstore.
    pub(super) blobs_only: bool,
    pub(super) used: Option<u64>,
    pub(super) allocated: Option<u64>,
    pub(super) free: Option<u64>,
    pub(super) overused: u64,
    pub(super) paid: Option<u64>,
    pub(super) trash: Option<u64>,
    pub(super) dead: Option<u64>,
    pub(super) unexplained: Option<u64>,
    pub(super) unpaid: Option<u64>,
    /// Bytes a day.
    pub(super) growth: Option<i64>,
    /// Bytes a day that come in and go out.
    pub(super) flows: Option<(u64, u64)>,
    /// Bytes a day that come in and do not make it grow.
    pub(super) freed: Option<u64>,
    pub(super) full: Full,
}

impl Place {
    pub(super) fn of(node: &Node, shared: &Shared) -> Self {
        let (disk, space) = (node.disk.as_ref(), node.space.as_ref());
        let size = |of: fn(&crate::api::status::Disk) -> Option<u64>| disk.and_then(of);
        let split = |of: fn(&crate::api::status::Space) -> Option<u64>| space.and_then(of);
        let dedicated = disk.is_some_and(|disk| disk.semantics == "dedicated");
        Self {
            name: node.name.clone(),
            stale: shared.is_stale(node),
            dedicated,
            blobs_only: disk.is_some_and(|disk| disk.source == "db"),
            used: size(|disk| disk.used),
            allocated: size(|disk| disk.allocated).filter(|all| *all > 0),
            free: size(|disk| disk.free),
            overused: size(|disk| disk.overused).unwrap_or(0),
            paid: split(|space| space.paid),
            trash: size(|disk| disk.trash),
            dead: size(|disk| disk.reclaimable),
            unexplained: split(|space| space.unexplained),
            unpaid: split(|space| space.unpaid),
            growth: space.and_then(|space| space.growth_per_day),
            flows: space.and_then(|space| space.in_per_day.zip(space.out_per_day)),
            freed: space.and_then(|space| space.freed_per_day),
            full: full(node),
        }
    }

    /// Used and paid, where both are known of the same files.
    pub(super) fn share(&self) -> Option<(u64, u64)> {
        let used = self
            .used
            .filter(|used| *used > 0 && !self.dedicated && !self.blobs_only)?;
        self.paid.filter(|paid| *paid <= used).map(|paid| (paid, used))
    }

    /// How much more is paid than the node says it has.
    pub(super) fn overpaid(&self) -> Option<u64> {
        let used = self.used.filter(|_| !self.dedicated && !self.blobs_only)?;
        self.paid?.checked_sub(used).filter(|more| *more > 0)
    }

    /// The parts of what is used, and the whole; `None`: too little is known for a bar.
    pub(super) fn parts(&self) -> Option<([Segment; 4], f64)> {
        let (used, allocated) = (self.used?, self.allocated?);
        let (trash, dead) = (self.trash.unwrap_or(0), self.dead.unwrap_or(0));
        let rest = used.saturating_sub(trash).saturating_sub(dead);
        let paid = self.paid.unwrap_or(0).min(rest);
        let part = |letter, bytes: u64, tone| Segment {
            letter,
            value: bytes as f64,
            tone,
        };
        let parts = [
            part(None, paid, Tone::Series(0)),
            part(Some('t'), trash, Tone::Series(1)),
            part(Some('d'), dead, Tone::Series(2)),
            part(Some('?'), rest - paid, Tone::Muted),
        ];
        Some((parts, allocated.max(used) as f64))
    }

    /// The most urgent first: what fills, what is unknown, what does not fill, what is full.
    pub(super) fn urgency(&self) -> (u8, f64) {
        match self.full {
            Full::In(full) => (0, full.likely),
            Full::Unknown => (1, 0.0),
            Full::Never => (2, 0.0),
            Full::Now => (3, 0.0),
        }
    }
}

fn full(node: &Node) -> Full {
    let free = node.disk.as_ref().and_then(|disk| disk.free);
    let space = node.space.as_ref();
    match space.and_then(|space| space.full_in_days) {
        _ if free == Some(0) => Full::Now,
        Some(full) => Full::In(full),
        None if free.is_some() && space.is_some_and(|space| space.growth_per_day.is_some()) => Full::Never,
        None => Full::Unknown,
    }
}

/// All nodes, or the one that is looked at alone; the most urgent first.
pub(super) fn places(shared: &Shared) -> Vec<Place> {
    let nodes = shared.nodes().iter();
    let wanted = nodes.filter(|node| shared.node.as_ref().is_none_or(|name| node.name == *name));
    let mut places: Vec<Place> = wanted.map(|node| Place::of(node, shared)).collect();
    places.sort_by(|a, b| {
        let (one, other) = (a.urgency(), b.urgency());
        let by_time = one.0.cmp(&other.0).then(one.1.total_cmp(&other.1));
        by_time.then_with(|| a.name.cmp(&b.name))
    });
    places
}

/// Days as a distance: hours below two days.
pub(super) fn days(days: f64) -> String {
    if days < 2.0 {
        return format!("{:.0} h", days * 24.0);
    }
    format!("{} d", number::count(days.round() as u64))
}

/// From the fastest to the slowest pace: `4–9 d`, `90 d or more`; `None`: not known.
pub(super) fn range(full: FullIn) -> Option<String> {
    match (full.low, full.high) {
        (Some(low), Some(high)) => {
            let (low, high) = (days(low), days(high));
            let unit = |text: &str| text.rsplit(' ').next().map(str::to_owned);
            let same = unit(&low) == unit(&high);
            let first = if same {
                low.split(' ').next().unwrap_or_default()
            } else {
                &low
            };
            Some(if low == high { low } else { number::range(first, &high) })
        }
        (Some(low), None) => Some(format!("{} or more", days(low))),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_written_with_its_range() {
        let text = |low, likely, high| range(FullIn { low, likely, high });
        assert_eq!(text(Some(4.2), 6.0, Some(9.0)).as_deref(), Some("4–9 d"));
        assert_eq!(text(Some(1.0), 2.0, Some(3.0)).as_deref(), Some("24 h–3 d"));
        assert_eq!(text(Some(6.1), 6.0, Some(5.9)).as_deref(), Some("6 d"));
        assert_eq!(text(Some(90.0), 188.0, None).as_deref(), Some("90 d or more"));
        assert_eq!(text(None, 188.0, None), None);
        assert_eq!((days(0.2), days(1000.0)), ("5 h".to_owned(), "1000 d".to_owned()));
    }
}
