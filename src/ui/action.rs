//! The one table of actions: keys, footer, help, palette, configuration and the reference in the README are made
//! from it.

mod make;
mod table;

pub use table::ACTIONS;

use super::pane::Pane;

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the table below says what each does")]
pub enum Action {
    Enter,
    Back,
    Filter,
    Sort,
    Reverse,
    Columns,
    Details,
    Metric,
    Disks,
    WhatIf,
    BySatellite,
    Direction,
    Average,
    SizeView,
    Enlarge,
    GoNodes,
    GoPeers,
    GoPieces,
    GoErrors,
    Range,
    ZoomIn,
    ZoomOut,
    LogScale,
    Left,
    Right,
    Earlier,
    Later,
    NextMark,
    PreviousMark,
    NextNode,
    PreviousNode,
    PickNode,
    PickSatellite,
    NextBlock,
    PreviousBlock,
    Explain,
    CopyRow,
    CopyTable,
    Export,
    Freeze,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Theme,
    Mouse,
    Messages,
    Reload,
    Collect,
    Repaint,
    Suspend,
    Palette,
    Help,
    Quit,
    FilterBy,
    ErrorBefore,
    ErrorAfter,
    JumpTo,
    Warnings,
    Fold,
    HideKind,
    UnhideKinds,
    OnePiece,
    Raw,
    Unknown,
    Kind,
    LogThere,
    WhichAction,
    WhichQuality,
    HeatStrip,
    ByWhom,
    Yields,
    Costs,
    Save,
    Show(Pane),
}

/// Where an action's keys mean it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On every pane.
    Everywhere,
    /// On these only: elsewhere the keys may mean something else.
    On(&'static [Pane]),
}

impl Place {
    /// Whether it is this pane.
    pub fn has(self, pane: Pane) -> bool {
        match self {
            Self::Everywhere => true,
            Self::On(panes) => panes.contains(&pane),
        }
    }

    /// Whether there is a pane that is both.
    pub fn meets(self, other: Self) -> bool {
        Pane::ALL.into_iter().any(|pane| self.has(pane) && other.has(pane))
    }
}

/// What is known of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// The action.
    pub action: Action,
    /// Its name in a configuration.
    pub id: &'static str,
    /// In the footer.
    pub title: &'static str,
    /// In the help.
    pub help: &'static str,
    /// Its keys unless the configuration says otherwise, the first is shown. Several in a row are a chord.
    pub keys: &'static [&'static str],
    /// Where the keys mean it.
    pub place: Place,
}

impl Action {
    /// What is known of it.
    pub fn spec(self) -> &'static Spec {
        let found = ACTIONS.iter().find(|spec| spec.action == self);
        // A test holds that every action is in the table.
        found.unwrap_or(&ACTIONS[0])
    }

    /// The action of a name.
    pub fn of(id: &str) -> Option<Self> {
        ACTIONS.iter().find(|spec| spec.id == id).map(|spec| spec.action)
    }
}
