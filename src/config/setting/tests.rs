//! Which values fit.

use super::*;

#[test]
fn every_default_fits_and_names_are_unique() {
    let mut names = std::collections::BTreeSet::new();
    for setting in &SETTINGS {
        let mut settings = Settings::default();
        assert_eq!(setting.put(&mut settings, Given::Word(setting.default)), Ok(()));
        assert_eq!(settings, Settings::default());
        assert_eq!(setting.shown(&settings).0, setting.default, "{}", setting.name());
        assert!(names.insert(setting.env()), "{}", setting.env());
    }
    assert!(names.contains("STORJ_MONITOR_POLL_EVERY_S"));
    let unique: std::collections::BTreeSet<_> = sections().into_iter().collect();
    assert_eq!(unique.len(), sections().len(), "a section's settings stand together");
}

/// Name, what is taken, what is refused.
type Case<'a> = (&'a str, &'a [Given<'a>], &'a [Given<'a>]);

fn all_hold(cases: &[Case<'_>]) {
    for (key, right, wrong) in cases {
        let setting = SETTINGS.iter().find(|setting| setting.key == *key).unwrap();
        for given in *right {
            assert_eq!(setting.put(&mut Settings::default(), *given), Ok(()), "{key} {given:?}");
        }
        for given in *wrong {
            let mut settings = Settings::default();
            assert!(setting.put(&mut settings, *given).is_err(), "{key} {given:?}");
            assert_eq!(settings, Settings::default(), "a wrong value changes nothing");
        }
    }
}

#[test]
fn money_of_no_world_is_refused() {
    use Given::{Decimal, Whole, Word};
    all_hold(&[
        (
            "factor",
            &[Whole(1), Word("0.92"), Decimal("0.92"), Word("1e6"), Word("10000000")],
            &[
                Whole(0),
                Whole(-1),
                Word("0"),
                Word("NaN"),
                Word("inf"),
                Word("1e8"),
                Word("1e-7"),
                Word("0,92"),
                Decimal("nan"),
            ],
        ),
        (
            "fallback_disk_cents",
            &[Whole(0), Word("149"), Whole(100_000)],
            &[Whole(-1), Word("1.49"), Whole(100_001), Decimal("nan")],
        ),
    ]);
}

#[test]
fn what_does_not_fit_is_refused() {
    use Given::{Other, Text, Whole, Word};
    let cases: [Case; 4] = [
        (
            "every_s",
            &[Whole(5), Whole(3600), Word(" 60 ")],
            &[
                Whole(4),
                Whole(3601),
                Whole(-60),
                Text("60"),
                Word("60s"),
                Word("6e1"),
                Other("a list"),
            ],
        ),
        ("hours_days", &[Whole(36500)], &[Whole(0), Word("99999999999999999999")]),
        (
            "budget",
            &[Whole(50_000_000), Text("50 MB"), Word("50000000")],
            &[
                Whole(49_999_999),
                Whole(-1),
                Text("1 MB"),
                Text("101 TB"),
                Whole(i64::MAX),
                Text("lots"),
                Other("a decimal number"),
            ],
        ),
        (
            "start",
            &[
                Text("all"),
                Text("end"),
                Word("7d"),
                Text("2026-08-20"),
                Text("2026-08-20T06:00:33Z"),
            ],
            &[
                Text("soon"),
                Text(""),
                Text("-7d"),
                Text("4000000000w"),
                Text("99999999999999999999d"),
                Text("d"),
                Whole(7),
                Text("2026-13-01"),
            ],
        ),
    ];
    all_hold(&cases);
}

#[test]
fn a_file_lies_where_it_is_named() {
    let file = SETTINGS.iter().find(|setting| setting.key == "file").unwrap();
    let mut settings = Settings::default();
    assert_eq!(file.put(&mut settings, Given::Text("geo.mmdb")), Ok(()));
    let folders = Folders {
        base: Some(std::path::Path::new("/etc")),
        home: None,
    };
    assert_eq!(file.settle(&mut settings, &folders), Ok(()));
    assert_eq!(file.shown(&settings).0, "/etc/geo.mmdb");
    assert!(file.put(&mut settings, Given::Whole(7)).is_err());
}
