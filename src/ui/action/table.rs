//! The rows of the table of actions.

use super::super::pane::Pane;
use super::{Action, Place, Spec};

const fn spec(
    action: Action,
    id: &'static str,
    title: &'static str,
    help: &'static str,
    keys: &'static [&'static str],
) -> Spec {
    Spec {
        action,
        id,
        title,
        help,
        keys,
        place: Place::Everywhere,
    }
}

const fn on(panes: &'static [Pane], spec: Spec) -> Spec {
    Spec {
        place: Place::On(panes),
        ..spec
    }
}

const fn show(
    pane: Pane,
    id: &'static str,
    title: &'static str,
    help: &'static str,
    keys: &'static [&'static str],
) -> Spec {
    spec(Action::Show(pane), id, title, help, keys)
}

use Action as A;

/// All of them, the most useful first: so they stand in the footer.
pub const ACTIONS: &[Spec] = &[
    spec(A::Enter, "enter", "open", "Open what is under the cursor", &["enter"]),
    spec(
        A::Back,
        "back",
        "back",
        "Close what is open, or one level out",
        &["esc", "backspace"],
    ),
    spec(
        A::Collect,
        "collect-here",
        "collect here",
        "Start a collector in this program: there is none any more",
        &["C"],
    ),
    spec(A::Filter, "filter", "filter", "Show only rows that hold a text", &["/"]),
    on(
        &[Pane::Log],
        spec(
            A::ErrorBefore,
            "error-before",
            "error before",
            "To the error before this line; further back it is looked for in the files",
            &["n"],
        ),
    ),
    on(
        &[Pane::Log],
        spec(A::Fold, "fold", "fold", "Lines of routine in a row become one", &["z"]),
    ),
    on(
        &[Pane::Log],
        spec(
            A::FilterBy,
            "filter-by",
            "filter by",
            "Show only lines of a level, logger, action, satellite, piece, or that fit an expression",
            &["F"],
        ),
    ),
    on(
        &[Pane::Log],
        spec(
            A::Warnings,
            "warnings",
            "warnings",
            "Only warnings and errors, or all from INFO on",
            &["w"],
        ),
    ),
    on(
        &[Pane::Log],
        spec(
            A::JumpTo,
            "go-to-time",
            "time",
            "Go to a moment: 21:30, 2026-11-20 03:10, 2h ago",
            &["@"],
        ),
    ),
    on(
        &[Pane::Log],
        spec(A::Raw, "raw", "raw", "The line as it stands in the file", &["r"]),
    ),
    on(
        &[Pane::Log],
        spec(
            A::HideKind,
            "hide-kind",
            "hide kind",
            "Leave out lines with this message",
            &["x"],
        ),
    ),
    on(
        &[Pane::Log],
        spec(
            A::UnhideKinds,
            "unhide-kinds",
            "show hidden",
            "Show the lines again that were left out",
            &["X"],
        ),
    ),
    on(
        &[Pane::Log],
        spec(
            A::OnePiece,
            "one-piece",
            "this piece",
            "Only lines of the piece under the cursor, or of all",
            &["p"],
        ),
    ),
    on(
        &[Pane::Log],
        spec(
            A::ErrorAfter,
            "error-after",
            "error after",
            "To the error after this line",
            &["N"],
        ),
    ),
    on(
        &[Pane::Log],
        spec(
            A::Unknown,
            "unknown",
            "unknown",
            "Records that are not understood, by shape",
            &["U"],
        ),
    ),
    spec(A::Sort, "sort", "sort", "Sort by the next column", &["s"]),
    on(
        &[
            Pane::Overview,
            Pane::Traffic,
            Pane::Reputation,
            Pane::Storage,
            Pane::Latency,
            Pane::Financials,
            Pane::Maintenance,
        ],
        spec(A::Metric, "metric", "metric", "Another measure in the chart", &["m"]),
    ),
    on(
        &[Pane::Storage],
        spec(
            A::Disks,
            "disks",
            "disks",
            "The disks of this host: how busy they are, how fast they answer; again for nodes",
            &["w"],
        ),
    ),
    on(
        &[Pane::Financials],
        spec(
            A::ByWhom,
            "by-whom",
            "by node",
            "The month by satellite, or by node",
            &["v"],
        ),
    ),
    on(
        &[Pane::Storage],
        spec(
            A::BySatellite,
            "by-satellite",
            "by satellite",
            "All nodes together by satellite, or the satellites of one node",
            &["v"],
        ),
    ),
    on(
        &[Pane::Financials],
        spec(
            A::Yields,
            "yields",
            "yield, costs",
            "What a TB brings, what a node costs, what is kept back",
            &["$"],
        ),
    ),
    on(
        &[Pane::Storage],
        spec(
            A::WhatIf,
            "what-if",
            "what if",
            "When it would be full if trash left, more were allocated, or it grew at another pace; again to leave",
            &["W"],
        ),
    ),
    on(
        &[Pane::Traffic],
        spec(
            A::Direction,
            "direction",
            "direction",
            "Uploads or downloads first",
            &["d"],
        ),
    ),
    on(
        &[Pane::Traffic, Pane::Latency],
        spec(
            A::SizeView,
            "size-view",
            "sizes",
            "Another view of sizes; where there are some, of satellites and ends",
            &["v"],
        ),
    ),
    on(
        &[Pane::Traffic, Pane::Latency, Pane::Maintenance],
        spec(
            A::Enlarge,
            "enlarge",
            "enlarge",
            "All the room for the table with the keys, or no more",
            &["z"],
        ),
    ),
    on(
        &[Pane::Traffic],
        spec(A::GoErrors, "go-errors", "errors", "To the errors", &["E"]),
    ),
    on(
        &[Pane::Traffic],
        spec(A::GoNodes, "go-nodes", "by node", "To the table by node", &["n"]),
    ),
    on(
        &[Pane::Traffic],
        spec(
            A::GoPeers,
            "go-peers",
            "peers",
            "To the peers: by subnet, then by country with a map",
            &["p"],
        ),
    ),
    on(
        &[Pane::Traffic],
        spec(A::GoPieces, "go-pieces", "hot pieces", "To the hot pieces", &["H"]),
    ),
    on(
        &[Pane::Traffic],
        spec(
            A::Average,
            "average",
            "mean",
            "The chart shows the sum of all nodes, or the mean of one",
            &["a"],
        ),
    ),
    on(
        &[Pane::Latency],
        spec(
            A::WhichAction,
            "which-action",
            "action",
            "Compare nodes by another action: uploads, downloads, repairs, audits",
            &["a"],
        ),
    ),
    on(
        &[Pane::Latency],
        spec(
            A::WhichQuality,
            "which-quality",
            "quality",
            "Durations of one quality only: exact, ±10 ms, ±1 s, or the best there is",
            &["Q"],
        ),
    ),
    on(
        &[Pane::Latency],
        spec(
            A::HeatStrip,
            "heat-strip",
            "heat",
            "Hours of the day as a strip of their own, or no more",
            &["H"],
        ),
    ),
    on(
        &[Pane::Maintenance],
        spec(
            A::LogThere,
            "log-there",
            "log there",
            "The log of the node at the moment the run began",
            &["L"],
        ),
    ),
    on(
        &[Pane::Maintenance],
        spec(
            A::Kind,
            "kind",
            "kind",
            "Only runs of the next kind of work, or of all",
            &["K"],
        ),
    ),
    spec(
        A::Range,
        "range",
        "range",
        "How much time charts show; of money a year or all",
        &["t"],
    ),
    spec(
        A::Explain,
        "explain",
        "explain",
        "What a figure is, where it comes from, what to do",
        &["i"],
    ),
    on(
        &[Pane::Financials],
        spec(
            A::Costs,
            "costs",
            "edit costs",
            "What a node costs, the currency and its rate: changed here, kept in the configuration file",
            &["E"],
        ),
    ),
    spec(
        A::Freeze,
        "freeze",
        "freeze",
        "Hold the picture; collecting goes on",
        &["space", "f"],
    ),
    spec(
        A::Palette,
        "palette",
        "commands",
        "Find any command by a few of its letters",
        &[":", "ctrl-p"],
    ),
    spec(A::Help, "help", "help", "All keys that work now", &["?", "f1"]),
    spec(
        A::Quit,
        "quit",
        "quit",
        "Leave; a collector of its own keeps what it read",
        &["q", "ctrl-c"],
    ),
    spec(
        A::Export,
        "export",
        "export",
        "Write a table, the chart or the picture to a file",
        &["e"],
    ),
    spec(
        A::CopyTable,
        "copy-table",
        "copy table",
        "Copy the table as Markdown, names and addresses masked",
        &["Y"],
    ),
    spec(
        A::CopyRow,
        "copy-row",
        "copy row",
        "Copy the row under the cursor",
        &["y"],
    ),
    spec(
        A::Columns,
        "columns",
        "columns",
        "Choose the columns of the table",
        &["c"],
    ),
    spec(
        A::Details,
        "details",
        "details",
        "All columns of the row, those too that have no room",
        &["D"],
    ),
    spec(A::Reverse, "reverse", "reverse", "Sort the other way round", &["S"]),
    spec(
        A::PickNode,
        "pick-node",
        "node",
        "Look at one node alone, or at all",
        &["o"],
    ),
    spec(A::NextNode, "next-node", "next node", "The next node", &[">"]),
    spec(
        A::PreviousNode,
        "previous-node",
        "node before",
        "The node before",
        &["<"],
    ),
    spec(
        A::PickSatellite,
        "pick-satellite",
        "satellite",
        "Look at one satellite alone, or at all",
        &["O"],
    ),
    spec(
        A::Left,
        "left",
        "earlier",
        "Choose a moment: the cursor of the chart to the left",
        &["left", "h"],
    ),
    spec(
        A::Right,
        "right",
        "later",
        "The cursor of the chart to the right",
        &["right", "l"],
    ),
    spec(
        A::Earlier,
        "back-in-time",
        "back in time",
        "A quarter of the range back in time; of money a month",
        &["["],
    ),
    spec(
        A::Later,
        "forward-in-time",
        "forward",
        "A quarter of the range forward in time; of money a month",
        &["]"],
    ),
    spec(A::ZoomIn, "zoom-in", "zoom in", "A shorter range", &["+", "="]),
    spec(A::ZoomOut, "zoom-out", "zoom out", "A longer range", &["-"]),
    spec(
        A::NextMark,
        "next-mark",
        "next event",
        "The cursor to the next event",
        &["."],
    ),
    spec(
        A::PreviousMark,
        "previous-mark",
        "event before",
        "The cursor to the event before",
        &[","],
    ),
    spec(
        A::LogScale,
        "log-scale",
        "log scale",
        "The chart's values on a logarithmic scale",
        &["~"],
    ),
    spec(
        A::NextBlock,
        "next-block",
        "next block",
        "Keys go to the next table",
        &["tab"],
    ),
    spec(
        A::PreviousBlock,
        "previous-block",
        "block before",
        "Keys go to the table before",
        &["shift-tab"],
    ),
    spec(A::Up, "up", "up", "One row up", &["up", "k"]),
    spec(A::Down, "down", "down", "One row down", &["down", "j"]),
    spec(A::PageUp, "page-up", "page up", "One page up", &["pageup", "ctrl-u"]),
    spec(
        A::PageDown,
        "page-down",
        "page down",
        "One page down",
        &["pagedown", "ctrl-d"],
    ),
    spec(A::Home, "home", "first", "First row", &["home", "g"]),
    spec(
        A::End,
        "end",
        "last",
        "Back to the present; then the last row",
        &["end", "G"],
    ),
    spec(A::Theme, "theme", "theme", "Choose how it looks", &["T"]),
    spec(
        A::Mouse,
        "mouse",
        "mouse",
        "Leave the mouse to the terminal, for selecting text",
        &["M"],
    ),
    spec(
        A::Messages,
        "messages",
        "messages",
        "What was said at the bottom of the screen",
        &["!"],
    ),
    spec(A::Save, "save", "save", "Keep what was changed in a form", &["ctrl-s"]),
    spec(
        A::Reload,
        "reload",
        "reload",
        "Take up the configuration as it is now",
        &["ctrl-r"],
    ),
    spec(A::Repaint, "repaint", "repaint", "Draw everything anew", &["ctrl-l"]),
    spec(
        A::Suspend,
        "suspend",
        "suspend",
        "Stop for a while; `fg` goes on",
        &["ctrl-z"],
    ),
    show(
        Pane::Overview,
        "pane-overview",
        "Overview",
        "Is all well? Every node on one screen",
        &["1"],
    ),
    show(
        Pane::Traffic,
        "pane-traffic",
        "Traffic",
        "What comes in and goes out, how it ends, and why",
        &["2"],
    ),
    show(
        Pane::Reputation,
        "pane-reputation",
        "Reputation",
        "How far each satellite is from giving a node up, and what led there",
        &["3"],
    ),
    show(
        Pane::Storage,
        "pane-storage",
        "Storage",
        "Where the bytes are, what of them is paid, and when it is full",
        &["4"],
    ),
    show(
        Pane::Latency,
        "pane-latency",
        "Latency",
        "How long transfers take, where time is lost, and which races it costs",
        &["5"],
    ),
    show(
        Pane::Financials,
        "pane-financials",
        "Financials",
        "What is earned, kept back and paid, by whom, and what the month will bring",
        &["6"],
    ),
    show(
        Pane::Maintenance,
        "pane-maintenance",
        "Maintenance",
        "What the disk is busy with, and what ran when",
        &["8"],
    ),
    show(Pane::Log, "pane-log", "Log", "What the nodes say, line by line", &["0"]),
];
