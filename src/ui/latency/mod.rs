//! Latency: how long transfers take, and where time is lost.

use super::action::Action;
use super::ask::Wants;
use super::pane::{Effect, Page, View};
use super::shared::Shared;

/// The pane.
#[derive(Default)]
pub struct Latency;

impl View for Latency {
    fn wants(&self, _shared: &Shared) -> Wants {
        Wants::default()
    }

    fn refresh(&mut self, _shared: &Shared) {}

    fn draw(&self, _page: &mut Page<'_>) {}

    fn can(&self, _action: Action, _shared: &Shared) -> bool {
        false
    }

    fn act(&mut self, _action: Action, _shared: &mut Shared) -> Vec<Effect> {
        Vec::new()
    }
}
