//! The chart on paper: text of whole frames, and what must hold at every size and for any data.

use jiff::Timestamp;

use super::*;

/// 21 August 2026, 21:48:07 in Berlin.
const NOW: i64 = 1_787_341_687;

fn berlin() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

fn theme(unicode: bool) -> Theme {
    Theme::new(if unicode { Glyphs::UNICODE } else { Glyphs::ASCII }, true)
}

fn text(buf: &Buffer) -> String {
    let rows = (buf.area.top()..buf.area.bottom()).map(|y| {
        let row = (buf.area.left()..buf.area.right()).map(|x| buf.cell((x, y)).unwrap().symbol());
        row.collect::<String>().trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// Traffic of an hour by the minute, with three minutes nobody watched.
fn traffic() -> [Series; 2] {
    let begin = NOW - NOW % 60 - 70 * 60;
    let wave = |n: usize, height: f64, slow: f64| {
        let gone = (45..48).contains(&n);
        (!gone).then(|| height + (n as f64 / slow).sin() * height * 0.3)
    };
    let points = |height: f64, slow: f64| Points::Buckets {
        begin,
        width: 60,
        values: (0..71).map(|n| wave(n, height, slow)).collect(),
    };
    [
        Series::new("out", 1, points(13.8, 9.0)),
        Series::new("in", 0, points(7.9, 5.0)),
    ]
}

fn frame(width: u16, height: u16, unicode: bool, change: impl Fn(&mut ChartState)) -> (String, HitMap) {
    let (series, theme, zone) = (traffic(), theme(unicode), berlin());
    let gap = NOW - NOW % 60 - 25 * 60;
    let span = Span {
        begin: gap,
        end: gap + 180,
        text: "gap".to_owned(),
    };
    let mark = Mark {
        second: NOW - 600,
        glyph: if unicode { '◇' } else { 'C' },
        text: "compaction".to_owned(),
        tone: Tone::Accent,
    };
    let chart = Chart {
        series: &series,
        marks: &[mark],
        spans: &[span],
        levels: &[],
        unit: "MB/s",
        now: NOW,
        zone: &zone,
        theme: &theme,
        resolution: None,
    };
    let mut state = ChartState::default();
    change(&mut state);
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let hit = chart.draw(area, &mut buf, &state);
    (text(&buf), hit)
}

/// Rows of a frame as they are written below: each between bars, blanks at the end left out.
fn paper(expected: &str) -> String {
    let rows = expected.lines().filter_map(|line| line.trim_start().strip_prefix('|'));
    rows.collect::<Vec<_>>().join("\n")
}

/// Width, height, whether in Unicode, and the picture.
const FRAMES: [(u16, u16, bool, &str); 6] = [
    (
        40,
        8,
        true,
        r#"
    |       out  in
    |   20 ┤⠤⠤⠤⠤⠤⣀⣀            ╎╎      ┊ ⣀⡠⠤⠤
    |      ┤       ⠉⠑⠒⠤⣀o      ╎╎  ⢀⣀⠤⠔⠊⠉
    |   10 ┤i⠤⣀         ⣈⠵⠶⠒⠶⠦⠤⠄⠐⠒⠊⠁   ┊ ⣀⡠⠤⠔
    |      ┤   ⠉⠉⠒⠢⠤⠔⠒⠒⠉       ╎⠈⠉⠒⠢i⠤⠔⠒⠉
    |    0 ┤                   ╎╎      ┊
    | MB/s └──────┬───────┬────────┬───◇───┬─
    |           21:00   21:15  ╎╎       21:45
    "#,
    ),
    (
        40,
        8,
        false,
        r#"
    |       * out  + in
    |   20 |*****             :.:     :    **
    |      |    ********      :.:  ********
    |   10 |+++        ++++++++.****  : +++++
    |      |   ++++++++       :.++++++++
    |    0 |                  :.:     :
    | MB/s +------+-------+-------+---C---+--
    |           21:00   21:15 : :       21:45
    "#,
    ),
    (
        80,
        11,
        true,
        r#"
    |   20 ┤                                      ╎···╎            ┊
    |      ┤⠉⠉⠉⠉⠉⠉⠉⠉⠉⠑⠒⠢o⠤⣀                       ╎···╎            ┊⢀⣀⣀⠤o⠒⠒⠊⠉⠉⠉ out
    |   15 ┤               ⠉⠉⠑⠢⢄⣀⡀                ╎···╎        ⣀⡠⠤⠔⠊⠁
    |      ┤                     ⠈⠉⠒⠤⠤⣀⡀          ╎···╎  ⢀⡠⠤⠤⠒⠉    ┊
    |   10 ┤i⠤⠤⣀                      ⢀⡨⠭⠵⠒⠒⠶⠶⠶⠤o⢤⣤···⠒⠊⠉⠁         ┊     ⣀⣀⡠⠤⠔⠒ in
    |      ┤    ⠉⠒⠒⠤⢄⡀           ⣀⠤⠤i⠊⠁           ╎···⠤⣀⣀          ⢀⣀⣀⠤⠒⠉
    |    5 ┤         ⠈⠉⠑⠒⠒⠒⠒⠒⠒⠒⠉⠉                 ╎···╎  ⠉⠑⠒i⠒⠒⠒⠒⠒⠊⠁
    |      ┤                                      ╎···╎            ┊
    |    0 ┤                                      ╎···╎            ┊
    | MB/s └─┬───────────┬──────────┬──────────┬──────────┬────────◇─┬─────────
    |       20:50      21:00      21:10           ╎gap╎ 21:30      21:40
    "#,
    ),
    (
        80,
        11,
        false,
        r#"
    |   20 |                                      :...:            :
    |      |**************                        :...:            :   ******** * out
    |   15 |              *******                 :...:         *******
    |      |                     ******           :...:  *******   :
    |   10 |++++                      +++++++++++++...***          :     ++++++ + in
    |      |    +++++++         ++++++            :...+++         +++++++
    |    5 |           +++++++++                  :...:  +++++++++ :
    |      |                                      :...:            :
    |    0 |                                      :...:            :
    | MB/s +-+-----------+----------+----------+----------+--------C-+---------
    |       20:50      21:00      21:10           :gap: 21:30      21:40
    "#,
    ),
    (
        120,
        15,
        true,
        r#"
    |   20 ┤                                                              ╎····╎                    ┊
    |      ┤⡤⠤⠤⠤⠤⠒⠒⠒⠒⠒⠒⠒o⠤⠤⢄⣀⣀⣀                                           ╎····╎                    ┊         ⣀⣀⣀⡠⠤⠤⠤⠒⠒ out
    |      ┤                   ⠉⠉⠒⠢⠤⢄⣀                                    ╎····╎                    ┊ ⢀⣀⡠⠤⠔⠒⠉⠉
    |   15 ┤                          ⠉⠉⠒⠒⠤⢄⣀                             ╎····╎               ⢀o⡠⠤⠒⠒⠉⠁
    |      ┤                                 ⠉⠒⠤o⣀⡀                       ╎····╎          ⣀⣀⠤⠔⠊⠁    ┊
    |      ┤                                      ⠈⠉⠑⠒⠢⠤⣀⣀                ╎····╎   ⣀⣀⠤⠔⠒⠊⠉          ┊
    |   10 ┤i⠤⠤⣀⣀                                       ⢀⣀⠭⠵i⠒⠒⠶⠶⠶⠶⠶⠦⠤⠤⠤o⣤⡄····⠉⠉⠉⠉                 ┊          ⢀⣀⡠⠤⠤⠤⠒⠒ in
    |      ┤     ⠉⠑⠒⠢⠤⣀⣀                         ⢀⣀⠤⠤⠒⠊⠉⠁                 ╎····╎                    ┊     ⢀⡠i⠒⠉⠁
    |      ┤            ⠉⠒⠤⢄⣀⣀⣀             ⣀⡠⠤⠔⠊⠁                        ╎····⠉⠉⠒⠒⠤i⣀⡀            ⣀⣀⠤⠔⠒⠊⠉⠁
    |    5 ┤                   ⠉⠉⠒⠒⠒i⠒⠒⠒⠊⠉⠉⠉                              ╎····╎      ⠈⠉⠉⠉⠒⠒⠒⠒⠒⠊⠉⠉⠉ ┊
    |      ┤                                                              ╎····╎                    ┊
    |      ┤                                                              ╎····╎                    ┊
    |    0 ┤                                                              ╎····╎                    ┊
    | MB/s └───┬────────┬────────┬───────┬────────┬────────┬────────┬────────┬────────┬────────┬────◇───┬────────┬─────
    |        20:50    20:55    21:00   21:05    21:10    21:15    21:20   ╎gap ╎    21:30    21:35    21:40    21:45
    "#,
    ),
    (
        120,
        15,
        false,
        r#"
    |   20 |                                                              :....:                    :
    |      |***************                                               :....:                    :             ***** * out
    |      |*              *********                                      :....:                    :    *********
    |   15 |                        *******                               :....:                  *******
    |      |                               *******                        :....:          ********  :
    |      |                                      ********                :....:   *******          :
    |   10 |+++++                                        ++++++++++++++++++....****                 :           +++++++ + in
    |      |     +++++++                         ++++++++                 :....:                    :    +++++++
    |      |            +++++++++         +++++++                         :....+++++++++          +++++++
    |    5 |                     +++++++++                                :....:        ++++++++++  :
    |      |                                                              :....:                    :
    |      |                                                              :....:                    :
    |    0 |                                                              :....:                    :
    | MB/s +---+--------+--------+-------+--------+--------+--------+--------+--------+--------+----C---+--------+-----
    |        20:50    20:55    21:00   21:05    21:10    21:15    21:20   :gap :    21:30    21:35    21:40    21:45
    "#,
    ),
];

#[test]
fn a_chart_looks_like_this() {
    for (width, height, unicode, expected) in FRAMES {
        let (text, _) = frame(width, height, unicode, |_| {});
        assert_eq!(text, paper(expected), "\n{text}");
    }
}

#[test]
fn the_cursor_tells_values_marks_and_that_nothing_is_known() {
    let first = |cursor: i64, unicode: bool| {
        let (text, _) = frame(80, 12, unicode, |state| state.cursor = Some(cursor));
        text.lines().next().unwrap().trim().to_owned()
    };
    assert_eq!(first(NOW - 600, true), "21:38:07  out 15.3  in 6.6 MB/s  ◇ compaction");
    assert_eq!(first(NOW - 24 * 60, true), "21:24:07  out ?  in ? MB/s  gap");
    assert_eq!(
        first(NOW - 600, false),
        "21:38:07  * out 15.3  + in 6.6 MB/s  C compaction"
    );
    assert_eq!(first(NOW - 3 * 86_400, true), "", "outside of what is shown");
}

#[test]
fn of_a_wide_stretch_only_its_own_value_is_told() {
    // Two minutes on 60 columns: the line leads from 4 to 0 over values that were never measured.
    let points = Points::Buckets {
        begin: 0,
        width: 60,
        values: vec![Some(4.0), Some(0.0), None],
    };
    let window = Window {
        from: 0.0,
        span: 180.0,
        columns: 60,
    };
    let (columns, _) = data::columns(&points, &window);
    for (second, value) in [
        (0, Some(4.0)),
        (45, Some(4.0)),
        (59, Some(4.0)),
        (60, Some(0.0)),
        (119, Some(0.0)),
        (130, None),
    ] {
        let told = data::told(&points, &window, &columns, (second, second as usize / 3));
        assert_eq!(
            told.map(|column| (column.min, column.max)),
            value.map(|value| (value, value)),
            "{second}"
        );
    }
}

/// One line alone on a plot without axes.
fn bare(points: Points, range: Range, area: Rect, resolution: Resolution) -> String {
    let series = [Series::new("a", 0, points)];
    let (theme, zone) = (theme(true), berlin());
    let chart = Chart {
        series: &series,
        marks: &[],
        spans: &[],
        levels: &[],
        unit: "",
        now: 3600,
        zone: &zone,
        theme: &theme,
        resolution: Some(resolution),
    };
    let mut buf = Buffer::empty(area);
    let state = ChartState {
        range,
        ..ChartState::default()
    };
    chart.draw(area, &mut buf, &state);
    text(&buf)
}

#[test]
fn a_gap_is_empty_and_as_wide_as_it_was() {
    let minutes = |gone: std::ops::Range<usize>| Points::Buckets {
        begin: 3600 - 900,
        width: 60,
        values: (0..15).map(|n| (!gone.contains(&n)).then_some(4.0)).collect(),
    };
    let area = Rect::new(0, 0, 15, 1);
    let drawn = |points: Points| bare(points, Range::Minutes15, area, Resolution::Ascii);
    // The column of the running minute is at the right end, so the first minute has left.
    assert_eq!(drawn(minutes(5..8)), "****   *******");
    assert_eq!(drawn(minutes(2..13)), "*           **");
    let nan = |value: f64| Points::Buckets {
        begin: 3600 - 900,
        width: 60,
        values: (0..15).map(|n| Some(if n == 7 { value } else { 4.0 })).collect(),
    };
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(drawn(nan(value)), "****** *******");
    }
    let samples = Points::Samples(vec![
        (2760, Some(1.0)),
        (3000, None),
        (3480, Some(1.0)),
        (3590, Some(1.0)),
    ]);
    assert_eq!(drawn(samples), "*           **");
}

#[test]
fn a_spike_of_one_bucket_among_ten_thousand_stays() {
    for spike in [0, 1, 4_321, 9_998, 9_999] {
        let values = (0..10_000).map(|n| Some(if n == spike { 90.0 } else { 1.0 }));
        let points = Points::Buckets {
            begin: -80_000,
            width: 8,
            values: values.collect(),
        };
        let window = Window::aligned(3600 - 86_400, 3600, 40);
        let (columns, _) = data::columns(&points, &window);
        let high = columns.iter().flatten().filter(|column| column.max == 90.0).count();
        assert!((1..=2).contains(&high), "{spike}: {high}");
        let text = bare(points, Range::Day, Rect::new(0, 0, 19, 6), Resolution::Braille);
        let top = text.lines().next().unwrap();
        assert!(!top.trim().is_empty(), "{spike}:\n{text}");
    }
}

#[test]
fn time_ticks_are_round_in_order_and_never_touch() {
    let zone = berlin();
    // With both changes of the clocks of 2026 in view.
    for now in [NOW, 1_774_746_000, 1_792_890_000] {
        for range in Range::ALL {
            for columns in 10..250 {
                let found = ticks(now - range.seconds(), now, columns, &zone);
                assert!(columns < 30 || !found.is_empty(), "{range:?} {columns}");
                let apart = |a: &Tick, b: &Tick| (b.second - a.second) * i64::from(columns) / range.seconds();
                for pair in found.windows(2) {
                    let room = apart(&pair[0], &pair[1]) as usize;
                    assert!(room > pair[0].label.len(), "{range:?} {columns} {pair:?}");
                    assert!(pair[0].second < pair[1].second);
                }
                for tick in &found {
                    let local = Timestamp::from_second(tick.second).unwrap().to_zoned(zone.clone());
                    assert_eq!(local.second(), 0);
                    let midnight = local.hour() == 0 && local.minute() == 0;
                    assert_eq!(midnight, !tick.label.contains(':'), "{tick:?}");
                }
            }
        }
    }
    let labels = |range: Range, columns: u16| {
        let found = ticks(NOW - range.seconds(), NOW, columns, &zone);
        found.into_iter().map(|tick| tick.label).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(labels(Range::Minutes15, 30), "21:35 21:40 21:45");
    assert_eq!(labels(Range::Hour, 70), "20:50 21:00 21:10 21:20 21:30 21:40");
    assert_eq!(labels(Range::Hours6, 70), "16:00 17:00 18:00 19:00 20:00 21:00");
    assert_eq!(
        labels(Range::Day, 70),
        "21 Aug 03:00 06:00 09:00 12:00 15:00 18:00 21:00"
    );
    assert_eq!(labels(Range::Week, 30), "15 Aug 17 Aug 19 Aug 21 Aug");
    assert_eq!(labels(Range::Month, 30), "3 Aug 17 Aug");
    assert_eq!(labels(Range::Year, 70), "Sep Nov 2026 Mar May Jul");
    assert!(ticks(i64::MIN, i64::MAX, 80, &zone).is_empty());
}

const ENDS: [i64; 7] = [i64::MIN, i64::MIN + 1, -1, 0, NOW - 1, NOW, i64::MAX];

/// Series that no node would give.
fn odd_series() -> Vec<Series> {
    let odd = [
        None,
        Some(f64::NAN),
        Some(f64::MAX),
        Some(f64::MIN),
        Some(0.0),
        Some(5e-324),
        Some(-1.0),
    ];
    let samples =
        |times: &[i64]| Points::Samples(times.iter().zip(odd.iter().cycle()).map(|(t, v)| (*t, *v)).collect());
    let buckets = |begin: i64, width: i64, values: &[Option<f64>]| Points::Buckets {
        begin,
        width,
        values: values.to_vec(),
    };
    [
        samples(&[]),
        samples(&ENDS),
        samples(&[NOW]),
        buckets(i64::MAX, i64::MAX, &odd),
        buckets(i64::MIN, i64::MIN, &odd),
        buckets(NOW - 60, 0, &odd),
        buckets(NOW - 60, 20, &[Some(2.0); 3]),
    ]
    .into_iter()
    .map(|points| Series::new("a\u{1b}[31mn", 9, points))
    .collect()
}

#[test]
fn every_size_and_any_data_are_drawn() {
    let series = odd_series();
    let marks = ENDS.map(|second| Mark {
        second,
        glyph: '◇',
        text: String::new(),
        tone: Tone::Warn,
    });
    let spans = [(i64::MIN, i64::MAX), (NOW, NOW - 9), (NOW - 9, NOW)].map(|(begin, end)| Span {
        begin,
        end,
        text: "gap".to_owned(),
    });
    let levels = [f64::NAN, f64::MAX, 1.0].map(|value| Level {
        value,
        text: "limit".to_owned(),
        tone: Tone::Bad,
        fit: true,
    });
    let zone = berlin();
    let sizes = (0..=30)
        .flat_map(|w| (0..=14).map(move |h| (w, h)))
        .chain([(60, 5), (61, 80), (250, 3), (250, 80)]);
    for (n, (width, height)) in sizes.enumerate() {
        let theme = theme(n % 2 == 0);
        for (case, end) in [None, Some(i64::MIN), Some(i64::MAX), Some(0)].into_iter().enumerate() {
            let mut state = ChartState {
                range: Range::ALL[n % 7],
                end,
                cursor: end.map(|end| end.saturating_sub(n as i64)).filter(|_| n % 3 > 0),
                log: n % 2 == 1,
                ..ChartState::default()
            };
            let chart = Chart {
                series: if case == 0 { &series } else { &series[case..] },
                marks: &marks,
                spans: &spans,
                levels: &levels,
                unit: "MB/s",
                now: NOW,
                zone: &zone,
                theme: &theme,
                resolution: [None, Some(Resolution::HalfBlock)][n / 2 % 2],
            };
            // A frame on the edge of the buffer, and partly outside of it.
            let mut buf = Buffer::filled(Rect::new(3, 2, width, height + 1), ratatui::buffer::Cell::new("_"));
            let hit = chart.draw(Rect::new(3, 2, width + 2, height), &mut buf, &state);
            assert!(hit.plot().right() <= 3 + width && hit.plot().bottom() <= 2 + height);
            let below = (3..3 + width).all(|x| buf.cell((x, 2 + height)).unwrap().symbol() == "_");
            assert!(below, "{width}x{height} drew outside");
            for columns in [-1, 1, i32::MAX, i32::MIN] {
                state.step(&hit, columns, NOW);
                state.zoom_in(NOW);
                state.pan(columns, NOW);
                state.zoom_out(NOW);
                state.next_mark(&marks, columns < 0, NOW);
                state.settle(&series, &levels, NOW);
            }
        }
    }
}

#[test]
fn limits_and_forecasts_have_holes() {
    let line = |begin: i64, values: &[f64]| Points::Buckets {
        begin,
        width: 300,
        values: values.iter().map(|value| Some(*value)).collect(),
    };
    let mut forecast = Series::new("forecast", 1, line(NOW - 1800, &[5.0, 6.0, 7.0, 8.0, 9.0, 10.0]));
    forecast.dotted = true;
    let series = [
        Series::new("used", 0, line(NOW - 3600, &[1.0, 2.0, 2.5, 3.0, 4.0, 4.5])),
        forecast,
    ];
    let level = Level {
        value: 14.0,
        text: "limit".to_owned(),
        tone: Tone::Bad,
        fit: true,
    };
    let (theme, zone) = (theme(true), berlin());
    let drawn = |resolution: Resolution, expected: &str| {
        let chart = Chart {
            series: &series,
            marks: &[],
            spans: &[],
            levels: std::slice::from_ref(&level),
            unit: "TB",
            now: NOW,
            zone: &zone,
            theme: &theme,
            resolution: Some(resolution),
        };
        let mut buf = Buffer::empty(Rect::new(0, 0, 60, 6));
        chart.draw(buf.area, &mut buf, &ChartState::default());
        assert_eq!(text(&buf), paper(expected), "\n{}", text(&buf));
    };
    drawn(
        Resolution::HalfBlock,
        r#"
    | 15 ┤▀ ▀ ▀ ▀ ▀ ▀ ▀ ▀ ▀ ▀ ▀ ▀ ▀ ▀ ▀ ▀ ▀ ▀ ▀ ▀ ▀ ▀  limit
    | 10 ┤                                  ▄ ▄ ▄ ▀ ▀  forecast
    |  5 ┤              ▄▄▄▄▄▄▄▄▄ f ▀ ▀ ▀ ▀            used
    |  0 ┤▄▄▄▀▀▀▀▀▀▀▀▀u▀
    | TB └────────┬──────────┬──────────┬──────────┬──
    |           21:00      21:15      21:30      21:45
    "#,
    );
    drawn(
        Resolution::Ascii,
        r#"
    | 15 ┤- - - - - - - - - - - - - - - - - - - - - -  limit
    | 10 ┤                                  + + + + +  + forecast
    |  5 ┤           ***********+ + + + + +            * used
    |  0 ┤***********
    | TB └────────┬──────────┬──────────┬──────────┬──
    |           21:00      21:15      21:30      21:45
    "#,
    );
}

#[test]
fn a_limit_the_axis_does_not_reach_is_not_drawn_as_if_it_were_there() {
    let points = |value: f64| Points::Samples(vec![(NOW - 3000, Some(2.0)), (NOW - 60, Some(value))]);
    let series = [
        Series::new("used", 0, points(3.0)),
        Series::new("trash", 1, points(2.9)),
    ];
    let far = |value: f64, text: &str| Level {
        value,
        text: text.to_owned(),
        tone: Tone::Bad,
        fit: false,
    };
    let levels = [far(8.0, "allocated"), far(-1.0, "least")];
    let zone = berlin();
    for (unicode, width, expected) in [
        (true, 120, ["↑ allocated 8.00", " used", " trash", "↓ least −1.00"]),
        (false, 120, ["^ allocated 8.00", "* used", "+ trash", "v least -1.00"]),
        (true, 60, ["↑ allocated", " used", " trash", "↓ least"]),
    ] {
        let theme = theme(unicode);
        let chart = Chart {
            series: &series,
            marks: &[],
            spans: &[],
            levels: &levels,
            unit: "TB",
            now: NOW,
            zone: &zone,
            theme: &theme,
            resolution: None,
        };
        let mut buf = Buffer::empty(Rect::new(0, 0, width, 10));
        chart.draw(buf.area, &mut buf, &ChartState::default());
        let text = text(&buf);
        let rows: Vec<Option<usize>> = expected
            .iter()
            .map(|name| text.lines().position(|line| line.trim_end().ends_with(name)))
            .collect();
        assert!(rows.iter().all(Option::is_some) && rows.is_sorted(), "{rows:?}\n{text}");
        assert_eq!((rows[0], rows[3]), (Some(0), Some(7)), "{text}");
    }
}
