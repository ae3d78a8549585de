//! Tests of where the viewer is in a table.

use super::super::{Cell, sample};
use super::*;

/// The keys shown, the one under the cursor in brackets.
fn seen(state: &TableState) -> String {
    let keys = state.keys.iter().map(|key| {
        if state.selected() == Some(key) {
            format!("[{}]", key.as_str())
        } else {
            key.as_str().to_owned()
        }
    });
    keys.collect::<Vec<_>>().join(" ")
}

fn on(names: &[&str]) -> (Table, TableState) {
    let table = sample::names(names);
    let mut state = TableState::default();
    state.update(&table);
    (table, state)
}

#[test]
fn moving() {
    let (_, mut state) = on(&["a", "b", "c", "d", "e"]);
    state.page = 3;
    type Act = fn(&mut TableState);
    let script: [(Act, &str); 12] = [
        (TableState::up, "a b c d [e]"),
        (TableState::down, "a b c d [e]"),
        (TableState::page_up, "a b [c] d e"),
        (TableState::home, "[a] b c d e"),
        (TableState::up, "[a] b c d e"),
        (TableState::down, "a [b] c d e"),
        (TableState::page_down, "a b c [d] e"),
        (TableState::page_down, "a b c d [e]"),
        (|state| state.scroll(-9), "a b [c] d e"),
        (|state| state.scroll(1), "a b [c] d e"),
        (|state| state.scroll(99), "a b [c] d e"),
        (TableState::end, "a b c d [e]"),
    ];
    for (step, (act, expected)) in script.into_iter().enumerate() {
        act(&mut state);
        assert_eq!(seen(&state), expected, "step {step}");
    }
    state.deselect();
    state.down();
    assert_eq!(seen(&state), "[a] b c d e");
}

#[test]
fn moving_in_nothing_is_nothing() {
    let (table, mut state) = on(&[]);
    state.up();
    state.end();
    state.page_down();
    state.scroll(3);
    state.sort_by(&table, "node");
    state.settle(&table);
    assert_eq!((seen(&state), state.resting()), (String::new(), false));
}

#[test]
fn the_cursor_stays_on_its_row_or_goes_to_the_neighbour() {
    let (_, mut state) = on(&["a", "b", "c", "d"]);
    state.select(&"c".into());
    for (names, expected) in [
        (&["d", "c", "b", "a"][..], "a b [c] d"),
        (&["d", "b", "a"], "a b [d]"),
        (&["b", "a"], "a [b]"),
        (&["a", "x"], "[a]"),
        (&["y", "x"], ""),
        (&["y", "x"], "y x"),
    ] {
        state.update(&sample::names(names));
        assert_eq!(seen(&state), expected, "{names:?}");
    }
}

#[test]
fn rows_hold_still_under_the_cursor_until_it_is_settled() {
    let rows = |rates: &[(&'static str, f64)]| {
        let rows = rates.iter().map(|(name, rate)| {
            let rate = Cell::number(format!("{rate}"), *rate);
            Row::new(*name, vec![Cell::text(*name), rate])
        });
        Table::new(
            vec![Column::text("node", "NODE"), Column::number("in", "IN")],
            rows.collect(),
        )
    };
    let mut state = TableState::sorted_by("in", Direction::Down);
    state.update(&rows(&[("a", 1.0), ("b", 2.0)]));
    state.update(&rows(&[("a", 3.0), ("b", 2.0)]));
    assert_eq!(seen(&state), "a b");
    state.down();
    let new = rows(&[("n", 9.0), ("a", 1.0), ("b", 2.0), ("m", 5.0)]);
    state.update(&new);
    assert_eq!((seen(&state).as_str(), state.fresh()), ("[a] b", 2));
    state.down();
    assert_eq!((seen(&state).as_str(), state.fresh()), ("a [b]", 2));
    assert_eq!(
        state.rows(&new).map(|row| row.text_at(1)).collect::<Vec<_>>(),
        ["1", "2"]
    );
    state.settle(&new);
    assert_eq!((seen(&state).as_str(), state.fresh()), ("n m [b] a", 0));
}

#[test]
fn the_cursor_waits_on_the_first_row_until_something_is_known_of_it() {
    let (table, mut state) = on(&["a", "b", "c"]);
    state.rest_on_known(&table, |_| false);
    state.rest_on_a_row(&table);
    assert_eq!(seen(&state), "[a] b c");
    let later = sample::names(&["c", "a", "b"]);
    state.update(&later);
    state.rest_on_known(&later, |key| key.as_str() == "c");
    assert_eq!(seen(&state), "[c] a b");
    state.update(&table);
    state.rest_on_known(&table, |_| false);
    assert_eq!(seen(&state), "a b [c]", "something was known of it");
    let (table, mut state) = on(&["a", "b"]);
    state.rest_on_known(&table, |_| false);
    state.down();
    state.rest_on_known(&table, |_| false);
    assert_eq!(seen(&state), "a [b]", "a person moved it");
}

#[test]
fn other_rows_are_all_there_once_they_are_asked_for() {
    let (_, mut state) = on(&["a", "b", "c"]);
    state.select(&"b".into());
    state.loosen();
    state.update(&sample::names(&["b"]));
    state.rest_on_a_row(&sample::names(&["b"]));
    assert_eq!(seen(&state), "[b]");
    state.loosen();
    state.update(&sample::names(&["a", "b", "c"]));
    assert_eq!((seen(&state).as_str(), state.fresh()), ("a [b] c", 0));
}

#[test]
fn what_is_looked_at_keeps_its_place_on_the_screen() {
    let (table, mut state) = on(&["a", "b", "c", "d", "e", "f"]);
    (state.offset, state.page) = (2, 3);
    state.select(&"d".into());
    let longer = sample::names(&["x", "y", "a", "b", "c", "d", "e", "f"]);
    state.settle(&longer);
    assert_eq!((state.position(), state.offset), (Some(5), 4));
    state.deselect();
    state.update(&table);
    assert_eq!(state.offset, 2, "without a cursor the first row seen holds");
}

#[test]
fn sorting() {
    let table = sample::overview();
    let mut state = TableState::default();
    state.update(&table);
    state.select(&"eave".into());
    state.sort_by(&table, "money");
    assert_eq!(seen(&state), "[eave] attic barn cellar dock forge");
    state.sort_by(&table, "money");
    assert_eq!(seen(&state), "forge dock cellar barn attic [eave]");
    state.sort_by(&table, "money");
    assert_eq!(
        (state.sort(), seen(&state).as_str()),
        (None, "barn dock cellar attic [eave] forge")
    );
    state.sort_by(&table, "online");
    assert_eq!(seen(&state), "attic [eave] cellar barn dock forge", "unknown is last");
    state.reverse(&table);
    assert_eq!(seen(&state), "dock barn cellar attic [eave] forge");
    state.sort_by(&table, "tb");
    assert_eq!(state.sort(), Some(("online", Direction::Up)), "not to be sorted by");
}

#[test]
fn the_next_sorting_skips_hidden_columns_and_ends_without() {
    let table = sample::overview();
    let mut state = TableState::default();
    state.toggle_column(&table, "version");
    let mut seen = Vec::new();
    loop {
        state.sort_next(&table);
        match state.sort() {
            Some((id, _)) => seen.push(id.to_owned()),
            None => break,
        }
    }
    let expected = "node state audit left online in out up down disk full money";
    assert_eq!(seen.join(" "), expected);
}

#[test]
fn the_last_column_cannot_be_hidden() {
    let table = sample::overview();
    let mut state = TableState::default();
    table
        .columns
        .iter()
        .for_each(|column| state.toggle_column(&table, &column.id));
    let shown: Vec<&str> = table
        .columns
        .iter()
        .filter(|c| state.shows(c))
        .map(|c| &*c.id)
        .collect();
    assert_eq!(shown, ["money"]);
    state.toggle_column(&table, "node");
    assert!(state.shows(&table.columns[0]));
}

#[test]
fn a_filter_takes_the_cursor_to_the_neighbour() {
    let table = sample::overview();
    let mut state = TableState::default();
    state.update(&table);
    state.select(&"dock".into());
    state.set_filter(&table, "ok");
    assert_eq!(seen(&state), "[attic] eave");
    state.set_filter(&table, "");
    assert_eq!(seen(&state), "barn dock cellar [attic] eave forge");
}

#[test]
fn a_table_not_taken_up_shows_nothing_wrong() {
    let (_, mut state) = on(&["a", "b", "c"]);
    state.end();
    let other = sample::names(&["b", "a", "c"]);
    let rows: Vec<&str> = state.rows(&other).map(|row| row.key.as_str()).collect();
    assert_eq!(rows, ["c"]);
    assert_eq!(state.rows(&sample::names(&[])).count(), 0);
}
