//! The states of a pane: drawn at every size and in every look, and at sizes nobody would choose.

use storj_monitor::api::message::{Answer, Query};
use storj_monitor::ui::model::Model;
use storj_monitor::ui::overlay::Overlay;
use storj_monitor::ui::pane::Effect;

use super::fleet::{Look, SIZES, draw, lines, press};
use super::screen::assert_screen;

/// Columns and rows.
pub type Size = (u16, u16);
/// Its name, how it is made, the keys that lead to it.
pub type State = (&'static str, fn(Look) -> Model, &'static str);
/// What the collector would say.
pub type Answers = fn(&Query) -> Result<Answer, String>;

/// Colours and plain marks are told apart at this size only: sizes differ in what is shown, looks in how.
pub const USUAL: Size = (80, 24);

/// Keys, with every question they lead to answered.
pub fn go(model: &mut Model, keys: &str, size: Size, answers: Answers) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.split_whitespace() {
        effects.extend(press(model, key, size));
        model.answer_all(answers);
        draw(model, size);
    }
    effects
}

/// A state, reached by its keys.
pub fn reached((_, make, keys): &State, look: Look, size: Size, answers: Answers) -> Model {
    let mut model = make(look);
    draw(&mut model, size);
    go(&mut model, keys, size, answers);
    model
}

/// Opens the explanation of a figure, then those of all others on the screen, row by row, until `seen` has enough of
/// the picture with one of them.
pub fn each_figure(model: &mut Model, size: Size, mut seen: impl FnMut(&str) -> bool) {
    let at = |model: &Model| match &model.overlay {
        Some(Overlay::Explain(at, ..)) => *at,
        _ => usize::MAX,
    };
    let mut met = std::collections::BTreeSet::new();
    let mut step = |model: &mut Model, key: &str| {
        let before = at(model);
        press(model, key, size);
        let moved = at(model) != before;
        let new = met.insert(at(model));
        (moved, new && seen(&lines(&draw(model, size)).join("\n")))
    };
    let mut kinds = std::collections::BTreeSet::new();
    loop {
        let (mut key, mut found) = ("i", step(model, "i"));
        if !kinds.insert(at(model)) {
            return;
        }
        while found.0 || key == ">" {
            if found.1 {
                return;
            }
            // Down to the last row, then up to the first.
            key = match (key, found.0) {
                ("<", _) | (">", false) => "<",
                _ => ">",
            };
            found = step(model, key);
        }
    }
}

/// Every state as `tests/screens` has it.
pub fn drawn(states: &[State], reach: impl Fn(&State, Look, Size) -> Model) {
    for state in states {
        for look in Look::ALL {
            for size in SIZES {
                if !matches!(look, Look::Dark) && size != USUAL {
                    continue;
                }
                let mut model = reach(state, look, size);
                let buffer = draw(&mut model, size);
                let file = format!("{}-{}x{}-{}", state.0, size.0, size.1, look.name());
                assert_screen(&file, &buffer);
                let text = lines(&buffer).join("\n");
                assert!(!matches!(look, Look::Ascii) || text.is_ascii(), "{file}:\n{text}");
            }
        }
    }
}

/// No size is too much for a state, and no foreign text does harm. Around the widths and heights at which a pane
/// changes its form, named by it, too.
pub fn swept(states: &[State], (widths, heights): (&[u16], &[u16]), reach: impl Fn(&State, Look, Size) -> Model) {
    for state in states {
        let mut model = reach(state, Look::Dark, USUAL);
        for width in (0..46)
            .chain([59, 60, 80, 100, 120, 200, 250])
            .chain(widths.iter().copied())
        {
            for height in (0..16).chain([24, 40, 80]).chain(heights.iter().copied()) {
                let buffer = draw(&mut model, (width, height));
                let bad = |c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}' | '\u{9b}');
                let found = buffer.content.iter().any(|cell| cell.symbol().chars().any(bad));
                assert!(!found, "{} at {width}x{height}", state.0);
            }
        }
    }
}
