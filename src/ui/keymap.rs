//! Which key does what: the table of actions with what the configuration says otherwise. Called by the model, and
//! by whoever checks a configuration.

use super::action::{ACTIONS, Action, Place, Spec};
use super::key::Key;
use super::pane::Pane;

/// What a configuration says of one action: its name and its keys; none turn it off.
pub type Wish = (String, Vec<String>);

/// Keys and what they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    /// Chords in the order of the table.
    bindings: Vec<(Vec<Key>, Action)>,
}

/// What keys pressed so far mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// This action.
    Action(Action),
    /// A chord that is not complete.
    Begun,
    /// Nothing.
    Nothing,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::new(&[]).0
    }
}

impl Keymap {
    /// The table's keys with these wishes, and what cannot be granted: the number of the wish, what is wrong,
    /// what to do. What is wrong leaves the table's own keys.
    pub fn new(wishes: &[Wish]) -> (Self, Vec<(usize, String, String)>) {
        let mut problems = Vec::new();
        let mut own: Vec<(&Spec, Vec<Vec<Key>>)> = ACTIONS.iter().map(|spec| (spec, usual(spec))).collect();
        let mut granted: Vec<(Action, usize)> = Vec::new();
        for (n, (id, keys)) in wishes.iter().enumerate() {
            let Some(place) = own.iter().position(|(spec, _)| spec.id == id) else {
                let names = ACTIONS.iter().map(|spec| spec.id);
                let close = names.map(|name| (strsim::jaro_winkler(name, id), name));
                let hint = close.filter(|(near, _)| *near > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
                let hint = hint.map_or("`storj-monitor config keys` lists all".to_owned(), |(_, name)| {
                    format!("do you mean `{name}`?")
                });
                problems.push((n, format!("there is no action `{id}`"), hint));
                continue;
            };
            let parsed: Result<Vec<Vec<Key>>, &String> =
                keys.iter().map(|text| Key::parse_chord(text).ok_or(text)).collect();
            match parsed {
                Ok(chords) => {
                    own[place].1 = chords;
                    granted.push((own[place].0.action, n));
                }
                Err(text) => problems.push((
                    n,
                    format!("`{text}` is no key"),
                    "write q, G, ctrl-p, alt-x, f5, enter, or keys one after the other as \"g g\"".to_owned(),
                )),
            }
        }
        // Whoever gives a key to one action takes it from another that has it by the table.
        let taken: Vec<(Vec<Key>, Place, Action)> = own
            .iter()
            .filter(|(spec, _)| granted.iter().any(|(action, _)| *action == spec.action))
            .flat_map(|(spec, chords)| chords.iter().map(|chord| (chord.clone(), spec.place, spec.action)))
            .collect();
        for (spec, chords) in &mut own {
            if !granted.iter().any(|(action, _)| *action == spec.action) {
                chords.retain(|chord| {
                    !taken
                        .iter()
                        .any(|(other, place, _)| clash(chord, other) && place.meets(spec.place))
                });
            }
        }
        problems.extend(conflicts(&taken, &granted));
        problems.sort_by_key(|(n, ..)| *n);
        let bindings = own.into_iter();
        let bindings = bindings.flat_map(|(spec, chords)| chords.into_iter().map(|chord| (chord, spec.action)));
        let keymap = Self {
            bindings: bindings.collect(),
        };
        (keymap, problems)
    }

    /// Keys of the table that these wishes take from actions nobody spoke of: `j of down is sort now`.
    pub fn taken(wishes: &[Wish]) -> Vec<(usize, String)> {
        let mut taken = Vec::new();
        for (n, (id, keys)) in wishes.iter().enumerate() {
            let Some(wished) = ACTIONS.iter().find(|spec| spec.id == id) else {
                continue;
            };
            for chord in keys.iter().filter_map(|key| Key::parse_chord(key)) {
                let spoken = |spec: &Spec| wishes.iter().any(|(id, _)| spec.id == id);
                let losers = ACTIONS
                    .iter()
                    .filter(|spec| !spoken(spec) && spec.place.meets(wished.place));
                for loser in losers.filter(|spec| usual(spec).iter().any(|other| clash(&chord, other))) {
                    taken.push((n, format!("`{}` of {} is taken by {id}", written(&chord), loser.id)));
                }
            }
        }
        taken
    }

    /// What these keys mean on a pane, of the actions that can be done now.
    pub fn meaning(&self, pressed: &[Key], pane: Pane, can: impl Fn(Action) -> bool) -> Meaning {
        let here = |action: Action| action.spec().place.has(pane);
        let mut begun = false;
        for (chord, action) in &self.bindings {
            if !chord.starts_with(pressed) || !here(*action) {
                continue;
            }
            if chord.len() > pressed.len() {
                begun = true;
            } else if can(*action) {
                return Meaning::Action(*action);
            }
        }
        if begun { Meaning::Begun } else { Meaning::Nothing }
    }

    /// The keys of an action, the one to show first.
    pub fn keys(&self, action: Action) -> Vec<String> {
        let of = self.bindings.iter().filter(|(_, other)| *other == action);
        of.map(|(chord, _)| written(chord)).collect()
    }

    /// The key to show for an action; `None`: it has none.
    pub fn key(&self, action: Action) -> Option<String> {
        let found = self.bindings.iter().find(|(_, other)| *other == action);
        found.map(|(chord, _)| written(chord))
    }

    /// All keys as a table in Markdown: those of every pane, then those of single panes.
    pub fn reference(&self) -> String {
        let mut text = String::from("| Keys | Action | What it does |\n|---|---|---|\n");
        for spec in ACTIONS {
            let keys = self.keys(spec.action).into_iter();
            // A bar would end the cell.
            let keys: Vec<String> = keys.map(|key| format!("`{}`", key.replace('|', "\\|"))).collect();
            let place = match spec.place {
                Place::Everywhere => String::new(),
                Place::On(panes) => {
                    let names: Vec<&str> = panes.iter().map(|pane| pane.title()).collect();
                    format!(" ({})", names.join(", "))
                }
            };
            text += &format!("| {} | {} | {}{place} |\n", keys.join(" "), spec.id, spec.help);
        }
        text
    }

    /// Actions whose chords begin so, with what is left to press.
    pub fn following(&self, pressed: &[Key], pane: Pane) -> Vec<(String, Action)> {
        let longer = self.bindings.iter().filter(|(chord, action)| {
            chord.len() > pressed.len() && chord.starts_with(pressed) && action.spec().place.has(pane)
        });
        longer
            .map(|(chord, action)| (written(&chord[pressed.len()..]), *action))
            .collect()
    }
}

fn usual(spec: &Spec) -> Vec<Vec<Key>> {
    spec.keys.iter().filter_map(|text| Key::parse_chord(text)).collect()
}

fn written(chord: &[Key]) -> String {
    let keys: Vec<String> = chord.iter().map(Key::to_string).collect();
    keys.join(" ")
}

/// Whether two chords cannot both be there: one is how the other begins.
fn clash(a: &[Key], b: &[Key]) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

/// Keys that were given to two actions, told at the later wish.
fn conflicts(taken: &[(Vec<Key>, Place, Action)], granted: &[(Action, usize)]) -> Vec<(usize, String, String)> {
    let wish = |action: Action| {
        granted
            .iter()
            .find(|(other, _)| *other == action)
            .map_or(0, |(_, n)| *n)
    };
    let mut problems = Vec::new();
    for (at, (chord, place, action)) in taken.iter().enumerate() {
        for (other, elsewhere, with) in &taken[..at] {
            if with != action && clash(chord, other) && place.meets(*elsewhere) {
                let what = format!(
                    "`{}` of {} and `{}` of {} cannot both be there",
                    written(chord),
                    action.spec().id,
                    written(other),
                    with.spec().id
                );
                let hint = "give one of them another key".to_owned();
                problems.push((wish(*action).max(wish(*with)), what, hint));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(id: &str, keys: &[&str]) -> Wish {
        (id.to_owned(), keys.iter().map(|key| (*key).to_owned()).collect())
    }

    fn keys(text: &str) -> Vec<Key> {
        Key::parse_chord(text).unwrap()
    }

    #[test]
    fn every_key_of_the_table_is_one_and_means_one_thing_on_a_pane() {
        for (at, spec) in ACTIONS.iter().enumerate() {
            assert!(
                !spec.keys.is_empty() && !spec.help.is_empty() && !spec.title.is_empty(),
                "{}",
                spec.id
            );
            assert_eq!(Action::of(spec.id).map(|action| action.spec().id), Some(spec.id));
            assert_eq!(usual(spec).len(), spec.keys.len(), "{}: {:?}", spec.id, spec.keys);
            for other in &ACTIONS[..at] {
                assert!(
                    other.id != spec.id && other.action != spec.action,
                    "{} is there twice",
                    spec.id
                );
                for (a, b) in usual(spec)
                    .iter()
                    .flat_map(|a| usual(other).into_iter().map(move |b| (a.clone(), b)))
                {
                    let both = clash(&a, &b) && spec.place.meets(other.place);
                    assert!(!both, "{} is {} and {}", written(&a), spec.id, other.id);
                }
            }
        }
        for pane in Pane::ALL {
            assert_eq!(Action::Show(pane).spec().action, Action::Show(pane));
        }
    }

    #[test]
    fn wishes_are_granted_and_take_keys_from_others() {
        let (keymap, problems) = Keymap::new(&[wish("sort", &["x", "g s"]), wish("freeze", &[])]);
        assert_eq!(problems, []);
        let of = |text: &str| keymap.meaning(&keys(text), Pane::Overview, |_| true);
        assert_eq!(of("x"), Meaning::Action(Action::Sort));
        assert_eq!(
            (of("g"), of("g s"), of("g x")),
            (Meaning::Begun, Meaning::Action(Action::Sort), Meaning::Nothing)
        );
        assert_eq!((of("s"), of("space")), (Meaning::Nothing, Meaning::Nothing));
        // `g` was the first row's; its other key is left.
        assert_eq!(keymap.keys(Action::Home), ["home"]);
        assert_eq!(
            keymap.following(&keys("g"), Pane::Overview),
            [("s".to_owned(), Action::Sort)]
        );
        assert_eq!(keymap.meaning(&keys("x"), Pane::Overview, |_| false), Meaning::Nothing);
        let taken = Keymap::taken(&[wish("sort", &["j"]), wish("freeze", &["F9"])]);
        assert_eq!(taken, [(0, "`j` of down is taken by sort".to_owned())]);
    }

    #[test]
    fn what_cannot_be_granted_is_said_and_leaves_the_usual_keys() {
        let wishes = [
            wish("sortt", &["x"]),
            wish("sort", &["no key"]),
            wish("help", &["x"]),
            wish("quit", &["x y", "q"]),
        ];
        let (keymap, problems) = Keymap::new(&wishes);
        let told: Vec<String> = problems
            .iter()
            .map(|(n, what, hint)| format!("{n}: {what}; {hint}"))
            .collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(
            told[0].starts_with("0: there is no action `sortt`; do you mean `sort`?"),
            "{told:?}"
        );
        assert!(told[1].starts_with("1: `no key` is no key; write q"), "{told:?}");
        assert!(
            told[2].starts_with("3: `x y` of quit and `x` of help cannot both be there"),
            "{told:?}"
        );
        assert_eq!(keymap.keys(Action::Sort), ["s"]);
    }
}
