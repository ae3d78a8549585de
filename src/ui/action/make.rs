//! How a row of the table of actions is written; used by `table`.

use super::super::pane::Pane;
use super::{Action, Place, Spec};

pub(super) const fn spec(
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

pub(super) const fn on(panes: &'static [Pane], spec: Spec) -> Spec {
    Spec {
        place: Place::On(panes),
        ..spec
    }
}

pub(super) const fn show(
    pane: Pane,
    id: &'static str,
    title: &'static str,
    help: &'static str,
    keys: &'static [&'static str],
) -> Spec {
    spec(Action::Show(pane), id, title, help, keys)
}
