//! The blocks of the pane: each a table with a name, a heading, and where the viewer is in it.

use super::super::table::{Table, TableState};

/// A block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    Actions,
    Satellites,
    Sizes,
    /// Sizes in four classes, where there is little room.
    FewSizes,
    Nodes,
    Hours,
    Errors,
    Pieces,
    Peers,
    Countries,
    /// Transfers behind an error or of a piece.
    Examples,
}

impl Block {
    /// All, in the order of the focus.
    pub(super) const ALL: [Self; 11] = [
        Self::Actions,
        Self::Satellites,
        Self::Sizes,
        Self::FewSizes,
        Self::Nodes,
        Self::Hours,
        Self::Errors,
        Self::Pieces,
        Self::Peers,
        Self::Countries,
        Self::Examples,
    ];

    /// Its name for the frame and in memory.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Actions => "actions",
            Self::Satellites => "satellites",
            Self::Sizes => "sizes",
            Self::FewSizes => "few-sizes",
            Self::Nodes => "nodes",
            Self::Hours => "hours",
            Self::Errors => "errors",
            Self::Pieces => "pieces",
            Self::Peers => "peers",
            Self::Countries => "countries",
            Self::Examples => "examples",
        }
    }

    /// The block of a name.
    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|block| block.name() == name)
    }

    /// Its heading.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Actions => "BY ACTION",
            Self::Satellites => "BY SATELLITE",
            Self::Sizes | Self::FewSizes => "BY SIZE",
            Self::Nodes => "BY NODE",
            Self::Hours => "BY HOUR",
            Self::Errors => "ERRORS",
            Self::Pieces => "HOT PIECES",
            Self::Peers => "PEERS",
            Self::Countries => "COUNTRIES",
            Self::Examples => "TRANSFERS",
        }
    }
}

/// A block's table, and where the viewer is in it.
pub(super) struct Slot {
    pub(super) block: Block,
    pub(super) table: Table,
    pub(super) state: TableState,
}

impl Slot {
    pub(super) fn new(block: Block) -> Self {
        Self {
            block,
            table: Table::new(Vec::new(), Vec::new()).empty("reading …"),
            state: TableState::default(),
        }
    }

    /// Lines it would take, heading and all; a rule and a line more where it has a sum.
    pub(super) fn lines(&self) -> u16 {
        let rows = self.state.len().max(1).min(usize::from(u16::MAX / 2)) as u16;
        let foot = if self.table.has_foot() { 2 } else { 0 };
        rows + foot + 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_places() {
        for (n, block) in Block::ALL.into_iter().enumerate() {
            assert_eq!((block as usize, Block::of(block.name())), (n, Some(block)));
        }
    }
}
