//! What tables look like, for the tests: at several sizes, for plain terminals, with hostile texts.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::*;
use crate::ui::look::{Glyphs, Theme};

fn theme() -> Theme {
    Theme::new(Glyphs::UNICODE, true)
}

/// What is drawn, as lines without the spaces at their ends.
fn drawn(table: &Table, state: &TableState, width: u16, height: u16, theme: &Theme) -> Vec<String> {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    render(area, &mut buf, theme, table, state, true);
    lines(&buf)
}

fn lines(buf: &Buffer) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for y in buf.area.rows() {
        let mut line = String::new();
        let mut hidden = 0;
        for place in y.positions() {
            let symbol = buf[place].symbol();
            if hidden == 0 {
                line.push_str(symbol);
                hidden = measure::width(symbol).max(1);
            }
            hidden -= 1;
        }
        lines.push(line.trim_end().to_owned());
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn overview() -> (Table, TableState) {
    let table = sample::overview();
    let mut state = TableState::default();
    state.update(&table);
    (table, state)
}

/// The overview with the cursor on its first row, its lines but the three last rows.
fn begin(width: u16) -> Vec<String> {
    let (table, mut state) = overview();
    state.down();
    let mut lines = drawn(&table, &state, width, 20, &theme());
    lines.truncate(5);
    lines
}

#[test]
fn wide_screens() {
    assert_eq!(
        begin(120),
        [
            "   NODE   STATE              VERSION     AUDIT LEFT ONLINE IN MB/s OUT MB/s UP % DOWN % DISK            TB FULL IN $ MTD",
            ">▲ barn   audits failing     1.162.3    0.9881   29   99.8     1.9      3.4 97.1   99.2 81 %   6.48 / 8.00    61 d  7.12",
            " ! dock   us1 lost           1.162.3    1.0000   41   97.1     0.4      0.3 98.2   99.5 35 %   2.10 / 6.00   205 d  2.02",
            " ! cellar full in 6 d        1.155.9    0.9996   41   99.9     3.3      1.2 96.0   99.1 94 %   3.76 / 4.00     6 d  3.41",
            " ● attic  ok                 1.162.3    1.0000   41    100     2.1      3.8 98.4   99.6 91 %   8.21 / 9.00    34 d  9.84",
        ]
    );
    let end = "VERSION      AUDIT  LEFT  ONLINE  IN MB/s  OUT MB/s  UP %  DOWN %  DISK             TB  FULL IN  $ MTD";
    let widest = begin(200);
    assert!(widest[0].ends_with(end), "{}", widest[0]);
    assert!(widest.iter().all(|line| measure::width(line) == 200));
}

#[test]
fn the_usual_screen() {
    let (table, mut state) = overview();
    state.down();
    assert_eq!(
        drawn(&table, &state, 80, 20, &theme()),
        [
            "   NODE   STATE            AUDIT LEFT ONLINE  IN  OUT UP % DN % DISK  FULL $ MTD",
            ">▲ barn   audits failing  0.9881   29   99.8 1.9  3.4 97.1 99.2 81 %  61 d  7.12",
            " ! dock   us1 lost        1.0000   41   97.1 0.4  0.3 98.2 99.5 35 % 205 d  2.02",
            " ! cellar full in 6 d     0.9996   41   99.9 3.3  1.2 96.0 99.1 94 %   6 d  3.41",
            " ● attic  ok              1.0000   41    100 2.1  3.8 98.4 99.6 91 %  34 d  9.84",
            " ● eave   ok compacting   0.9999   41    100 0.0  5.1    – 99.7 99 %  full 14.30",
            " ○ forge  vetting 63/100  1.0000   41      ? 0.2  0.0 98.8 99.9 15 % 188 d  0.08",
            "   ────── ─────────────── ────── ──── ────── ─── ──── ──── ──── ──── ───── ─────",
            "   fleet  3 ok                     29        7.9 13.8 97.6 99.4 80 %       36.77",
        ]
    );
}

#[test]
fn narrow_screens() {
    assert_eq!(
        begin(60)[..2],
        [
            "   NODE   STATE          LEFT  IN  OUT UP % DISK  FULL $ MTD",
            ">▲ barn   audits failing   29 1.9  3.4 97.1 81 %  61 d  7.12",
        ]
    );
    assert_eq!(
        begin(40),
        [
            "   NODE   STATE        AUDIT LEFT ONLINE",
            "      IN  OUT UP % DN % DISK  FULL $ MTD",
            ">▲ barn   audits fai… 0.9881   29   99.8",
            "     1.9  3.4 97.1 99.2 81 %  61 d  7.12",
            " ! dock   us1 lost    1.0000   41   97.1",
        ]
    );
    assert_eq!(begin(20)[..2], ["   NODE STATE", ">▲ barn audits …"]);
}

#[test]
fn plain_terminals_and_what_is_not_seen() {
    let (table, mut state) = overview();
    state.sort_by(&table, "in");
    state.set_filter(&table, "!version:1.155");
    state.home();
    let mut new = sample::rows();
    new.push(Row::new("new", vec![Cell::text("new")]));
    let table = Table::new(sample::columns(), new).one_line();
    state.update(&table);
    assert_eq!(
        drawn(&table, &state, 46, 5, &Theme::new(Glyphs::ASCII, false)),
        [
            "   NODE   STATE      LEFT INv DISK  FULL $ MTD",
            ">* attic  ok           41 2.1 91 %  34 d  9.84",
            " ^ barn   audits fa~   29 1.9 81 %  61 d  7.12",
            " ! dock   us1 lost     41 0.4 35 % 205 d  2.02",
            " /!version:1.~ +1 new  1-3 of 5  5 of 7 match",
        ]
    );
}

#[test]
fn sorting_is_seen_in_the_heading() {
    let (table, mut state) = overview();
    state.sort_by(&table, "in");
    let heading = |state: &TableState, theme: &Theme| drawn(&table, state, 200, 20, theme).swap_remove(0);
    assert!(heading(&state, &theme()).contains("  IN▼MB/s  OUT MB/s"));
    assert!(heading(&state, &Theme::new(Glyphs::ASCII, true)).contains("  INvMB/s  OUT MB/s"));
    state.sort_by(&table, "node");
    assert!(heading(&state, &theme()).starts_with("   NODE▲  "));
}

#[test]
fn the_cursor_is_a_mark_and_a_colour_and_old_news_stays_old() {
    let rows = vec![Row::new("a", vec![Cell::text("a").tone(Tone::Stale)]).mark("!", Tone::Warn)];
    let table = Table::new(vec![Column::text("a", "A")], rows);
    let mut state = TableState::default();
    state.update(&table);
    state.down();
    let area = Rect::new(0, 0, 10, 2);
    for (focused, reversed) in [(true, true), (false, false)] {
        let mut buf = Buffer::empty(area);
        render(area, &mut buf, &theme(), &table, &state, focused);
        let cell = |x: u16| &buf[(x, 1)];
        let modifier = theme().style(Tone::Selected).add_modifier;
        assert_eq!(cell(0).symbol(), ">");
        assert!((0..10).all(|x| cell(x).modifier.contains(modifier) == reversed));
        assert_eq!(Some(cell(1).fg), theme().style(Tone::Warn).fg);
        assert!(cell(3).modifier.contains(theme().style(Tone::Stale).add_modifier));
    }
}

#[test]
fn scrolling_is_no_more_than_needed_and_clicks_find_their_row() {
    let names: Vec<String> = (0..240).map(|n| format!("n{n:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let table = sample::names(&names);
    let mut state = TableState::default();
    state.update(&table);
    let area = Rect::new(5, 3, 30, 12);
    let mut act = |act: &dyn Fn(&mut TableState, &HitMap)| {
        let mut buf = Buffer::empty(Rect::new(0, 0, 40, 20));
        let hits = render(area, &mut buf, &theme(), &table, &state, true);
        state.saw(&hits);
        act(&mut state, &hits);
        let hits = render(area, &mut buf, &theme(), &table, &state, true);
        (hits.offset, lines(&buf).pop().unwrap().trim().to_owned())
    };
    let step = |offset: usize, text: &str| (offset, text.to_owned());
    assert_eq!(act(&|_, _| {}), step(0, "1–10 of 240"));
    assert_eq!(act(&|state, _| state.end()), step(230, "231–240 of 240"));
    assert_eq!(act(&|state, _| (0..9).for_each(|_| state.up())).0, 230);
    assert_eq!(act(&|state, _| state.up()), step(229, "230–239 of 240"));
    assert_eq!(act(&|state, _| state.page_up()).0, 220);
    assert_eq!(act(&|state, _| state.scroll(-20)).0, 200);
    assert_eq!(act(&|state, hits| assert!(state.click(&table, hits, 12, 6))).0, 200);
    assert_eq!(act(&|state, _| assert_eq!(state.position(), Some(202))).0, 200);
    act(&|state, hits| {
        assert!(state.click(&table, hits, 8, 3));
        assert_eq!(state.sort(), Some(("node", Direction::Up)));
        assert!(!state.click(&table, hits, 4, 6) && !state.click(&table, hits, 12, 14));
    });
}

#[test]
fn sections_head_their_rows_also_when_scrolled() {
    let row = |(n, name): (usize, &'static str)| Row::new(name, vec![Cell::text(name)]).group((n / 3) as u16);
    let rows = ["c", "b", "a", "f", "e", "d"].into_iter().enumerate().map(row);
    let table = Table::new(vec![Column::text("n", "N")], rows.collect());
    let table = table.groups(vec!["FIRST".into(), "SECOND".into()]);
    let mut state = TableState::default();
    state.sort_by(&table, "n");
    let all = drawn(&table, &state, 20, 9, &theme()).join("|");
    assert_eq!(all, "   N▲| FIRST|   a|   b|   c| SECOND|   d|   e|   f");
    state.end();
    state.up();
    let part = drawn(&table, &state, 20, 6, &theme()).join("|");
    assert_eq!(part, "   N▲| SECOND|   d|>  e|   f|           4–6 of 6");
}

#[test]
fn tables_without_rows_say_why() {
    let table = sample::names(&[]).empty("no node yet: add one with a");
    let mut state = TableState::default();
    state.update(&table);
    assert_eq!(
        drawn(&table, &state, 40, 4, &theme())[1],
        " no node yet: add one with a"
    );
    let (table, mut state) = overview();
    state.set_filter(&table, "nothing");
    let lines = drawn(&table, &state, 80, 9, &theme());
    assert_eq!(lines[1], " no row holds nothing");
    assert!(lines[4].starts_with(" /nothing") && lines[4].ends_with("0 of 6 match"));
}

#[test]
fn wide_and_hostile_texts_break_nothing() {
    let names = [
        "倉庫の一番奥",
        "🦀🦀🦀🦀",
        "👩‍👩‍👧 node",
        "a\u{1b}[31m\nb",
        "\u{202e}evil",
        "e\u{301}\u{301}",
        "\u{301}",
        "",
    ];
    let rows = names.iter().enumerate().map(|(n, name)| {
        Row::new(
            *name,
            vec![
                Cell::text(*name),
                Cell::number("12345", n as f64),
                Cell::text("x".repeat(9000)),
            ],
        )
    });
    let columns = vec![
        Column::text("n", "NODE").bounds(2, 9),
        Column::number("c", "COUNT"),
        Column::text("t", "TEXT").priority(1),
    ];
    let table = Table::new(columns, rows.collect()).one_line();
    let mut state = TableState::default();
    state.update(&table);
    let lines = drawn(&table, &state, 30, 20, &theme());
    assert_eq!(
        lines[..3],
        ["   NODE       COUNT", "   倉庫の一…  12345", "   🦀🦀🦀🦀   12345"]
    );
    assert_eq!(
        lines[4..7],
        [
            "   a\u{fffd}[31m\u{fffd}b   12345",
            "   \u{fffd}evil      12345",
            "   e\u{301}\u{301}          12345"
        ]
    );
    for width in 0..30 {
        for line in drawn(&table, &state, width, 20, &theme()) {
            let cut = !line.contains("COUNT") && line.contains('1') && !line.contains("31m");
            assert!(!cut || line.contains("12345"), "half a number: {line}");
        }
    }
}

#[test]
fn no_size_panics() {
    let (table, mut state) = overview();
    let grouped = Table::new(sample::columns(), sample::rows()).groups(vec!["ALL".into()]);
    let bare = Table::new(vec![], vec![Row::new("r", vec![])]);
    state.set_filter(&table, "!x");
    state.end();
    for height in (0..12).chain([24, 80]) {
        for width in 0..=250 {
            let area = Rect::new(3, 2, width, height);
            // The second buffer is smaller than the area.
            for whole in [
                Rect::new(0, 0, width + 3, height + 2),
                Rect::new(0, 0, width / 2, height),
            ] {
                let mut buf = Buffer::empty(whole);
                for table in [&table, &grouped, &bare] {
                    let hits = render(area, &mut buf, &theme(), table, &state, true);
                    let rects = hits.rows.iter().map(|(rect, _)| *rect);
                    let rects = rects.chain(hits.headers.iter().map(|(rect, _)| *rect));
                    assert!(
                        rects.into_iter().all(|rect| whole.union(rect) == whole),
                        "{width}x{height}"
                    );
                }
            }
        }
    }
}
