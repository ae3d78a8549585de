//! Maintenance, still empty.

use super::action::Action;
use super::ask::Wants;
use super::pane::{Effect, Page, View};
use super::shared::Shared;
use crate::api::snapshot::Topic;

/// The pane.
#[derive(Default)]
pub struct Maintenance {}

impl View for Maintenance {
    fn wants(&self, _shared: &Shared) -> Wants {
        Wants {
            topics: vec![Topic::Status],
            ..Wants::default()
        }
    }

    fn refresh(&mut self, _shared: &Shared) {}

    fn draw(&self, page: &mut Page<'_>) {
        page.rule("NOT BUILT YET", "");
    }

    fn can(&self, _action: Action, _shared: &Shared) -> bool {
        false
    }

    fn act(&mut self, _action: Action, _shared: &mut Shared) -> Vec<Effect> {
        Vec::new()
    }
}
