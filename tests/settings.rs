//! Settings changed from outside an editor: the text of the file, `config set`, a collector that runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use storj_monitor::config::change::{Ground, Trouble, edit, save};
use storj_monitor::config::template::template;
use storj_monitor::domain::setting::{Change, Fault};

fn changes(all: &[(&str, Option<&str>)]) -> Vec<Change> {
    let change = |(key, value): &(&str, Option<&str>)| Change {
        key: (*key).to_owned(),
        value: value.map(str::to_owned),
    };
    all.iter().map(change).collect()
}

fn edited(text: &str, all: &[(&str, Option<&str>)]) -> Result<String, Vec<Fault>> {
    let others = ["found".to_owned()];
    let ground = Ground {
        others: &others,
        ..Ground::default()
    };
    edit(text, Path::new("/etc/c.toml"), &changes(all), &ground).map(|edited| edited.text)
}

/// Lines that are only in one of two texts: `-` of the first, `+` of the second.
fn differing(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.split('\n').collect(), after.split('\n').collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(rest)
        .take_while(|(a, b)| a == b)
        .count();
    let gone = old[same..old.len() - tail].iter().map(|line| format!("-{line}"));
    gone.chain(new[same..new.len() - tail].iter().map(|line| format!("+{line}")))
        .collect()
}

const FULL: &str = "\
# our nodes\r\n\
storage.budget = \"2 GB\" # large\r\n\
\r\n\
[poll] # often\r\n\
\x20 every_s = 30 # half a minute\r\n\
#timeout_s = 10\r\n\
# end of poll\r\n\
\r\n\
[[node]] # the first\r\n\
name = 'home'\r\n\
tags = [ \"a\",\r\n  \"b\" ] # two\r\n\
#[[node]]\r\n\
#monthly_cost = 3\r\n\
[[node]]\r\n\
watts = 8\r\n\
name = \"attic\"\r\n\
\r\n\
[ui]\r\n\
theme = \"light\"\r\n";

#[test]
fn only_the_changed_line_differs() {
    let cases: [(&str, Option<&str>, &[&str]); 13] = [
        (
            "poll.every_s",
            Some("45"),
            &["-  every_s = 30 # half a minute\r", "+  every_s = 45 # half a minute\r"],
        ),
        ("poll.timeout_s", Some("20"), &["+  timeout_s = 20\r"]),
        ("poll.every_s", None, &["-  every_s = 30 # half a minute\r"]),
        ("poll.timeout_s", None, &[]),
        (
            "storage.budget",
            Some("3GB"),
            &[
                "-storage.budget = \"2 GB\" # large\r",
                "+storage.budget = \"3GB\" # large\r",
            ],
        ),
        ("storage.minutes_days", Some("7"), &["+storage.minutes_days = 7\r"]),
        ("storage.budget", None, &["-storage.budget = \"2 GB\" # large\r"]),
        ("node.attic.watts", Some("9.5"), &["-watts = 8\r", "+watts = 9.5\r"]),
        ("node.attic.kwh_price", Some(".3"), &["+kwh_price = 0.3\r"]),
        ("node.home.monthly_cost", Some("3.50"), &["+monthly_cost = 3.50\r"]),
        ("node.home.tags", None, &["-tags = [ \"a\",\r", "-  \"b\" ] # two\r"]),
        (
            "ui.theme",
            Some("mono"),
            &["-theme = \"light\"\r", "+theme = \"mono\"\r"],
        ),
        (
            "money.currency",
            Some("a\"\\€"),
            &["+\r", "+[money]\r", "+currency = \"a\\\"\\\\€\"\r"],
        ),
    ];
    for (key, value, lines) in cases {
        let text = edited(FULL, &[(key, value)]).unwrap();
        assert_eq!(differing(FULL, &text), lines, "{key} {value:?}");
        let back = edited(&text, &[(key, value)]).unwrap();
        assert_eq!(back, text, "said twice changes nothing");
    }
    let home = edited(FULL, &[("node.home.monthly_cost", Some("3.50"))]).unwrap();
    assert!(
        home.contains("\"b\" ] # two\r\nmonthly_cost = 3.50\r\n#[[node]]"),
        "below its own keys: {home}"
    );
}

#[test]
fn every_way_to_write_a_table_is_kept() {
    for (text, key, value, after) in [
        (
            "money = { factor = 1 } # x\n",
            "money.factor",
            Some("2"),
            "money = { factor = 2 } # x\n",
        ),
        (
            "money = { factor = 1 } # x\n",
            "money.currency",
            Some("€"),
            "money = { factor = 1, currency = \"€\" } # x\n",
        ),
        ("money = {}\n", "money.factor", Some("2"), "money = { factor = 2 }\n"),
        (
            "money = { factor = 1, currency = \"x\" }\n",
            "money.factor",
            None,
            "money = { currency = \"x\" }\n",
        ),
        (
            "money = { factor = 1, currency = \"x\" }\n",
            "money.currency",
            None,
            "money = { factor = 1 }\n",
        ),
        ("money = { factor = 1 }", "money.factor", None, "money = { }"),
        (
            "node = [{ name = \"a\" }, { name = \"b\", watts = 3 }]\n",
            "node.b.watts",
            Some("4"),
            "node = [{ name = \"a\" }, { name = \"b\", watts = 4 }]\n",
        ),
        ("[money]", "money.factor", Some("2"), "[money]\nfactor = 2\n"),
        ("", "money.factor", Some("2"), "[money]\nfactor = 2\n"),
        (
            "[money]\n\n[poll]\n",
            "money.factor",
            Some("2"),
            "[money]\nfactor = 2\n\n[poll]\n",
        ),
        (
            "[poll]\n",
            "node.found.watts",
            Some("7"),
            "[poll]\n\n[[node]]\nname = \"found\"\nwatts = 7\n",
        ),
        (
            "[poll]\nevery_s = 2\n",
            "poll.every_s",
            Some("7"),
            "[poll]\nevery_s = 7\n",
        ),
    ] {
        assert_eq!(edited(text, &[(key, value)]).as_deref(), Ok(after), "{text}");
    }
    // Nothing is written that would say something else.
    let text = "[money.factor]\nx = 1\n";
    assert!(edited(text, &[("money.factor", Some("2"))]).is_err());
    let text = "[ui]\ntheme = '''dark'''\n[money]\n";
    assert_eq!(edited(text, &[("ui.theme", None)]).as_deref(), Ok("[ui]\n[money]\n"));
}

#[test]
fn a_value_of_the_template_stands_below_what_explains_it() {
    let text = template(&[]);
    let set = edited(&text, &[("money.factor", Some("0.92")), ("ui.mouse", Some("off"))]).unwrap();
    assert!(set.contains("\n#factor = 1\nfactor = 0.92\n") && set.contains("\n#mouse = \"on\"\nmouse = \"off\"\n"));
    assert_eq!(
        edited(&set, &[("money.factor", None), ("ui.mouse", None)]).as_deref(),
        Ok(text.as_str())
    );
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_with_what_was_meant() {
    let all = [
        ("money.factor", Some("0"), "is `0`; it must be a number above 0"),
        (
            "poll.every_s",
            Some("2"),
            "is 2; it must be a whole number of seconds, 5 to 3600",
        ),
        ("ui.theme", Some("pink"), "one of dark"),
        ("money.currency", Some("\u{1b}[2J"), "1 to 8 characters"),
        ("money.facto", Some("1"), "did you mean `money.factor`?"),
        ("factor", Some("1"), "did you mean `money.factor`?"),
        ("money.rate", Some("1"), "`money.currency`"),
        ("nonsense", Some("1"), "config show"),
        ("keys.sort", Some("x"), "[keys]"),
        ("node.hom.watts", Some("1"), "did you mean `home`?"),
        ("node.home.wats", Some("1"), "did you mean `watts`?"),
        ("node.home.name", Some("x"), "nodes rename"),
        ("node.home.watts", Some("-1"), "no cost"),
        ("node.home.api", Some("ftp://me:secret@x"), "only http://"),
        ("node.found.api", Some("h:1"), "where `found` is read from"),
        ("ui.color", Some("auto"), ""),
    ];
    let given: Vec<_> = all.iter().map(|(key, value, _)| (*key, *value)).collect();
    let faults = edited(FULL, &given).unwrap_err();
    assert_eq!(faults.len(), all.len() - 1, "{faults:#?}");
    for (fault, (key, _, text)) in faults.iter().zip(&all) {
        assert!(fault.key == *key && fault.text.contains(text), "{fault:?}");
        assert!(!fault.text.contains("secret"), "{fault:?}");
    }
    let twice = edited("", &[("ui.color", Some("auto")), ("ui.color", Some("never"))]);
    assert!(twice.unwrap_err()[0].text.contains("twice"));
    // A file that is wrong elsewhere is not made another one.
    let faults = edited("[poll]\nevery_s = 2\n", &[("money.factor", Some("2"))]).unwrap_err();
    assert!(
        faults[0].key.is_empty() && faults[0].text.starts_with("/etc/c.toml:2: poll.every_s is 2"),
        "{faults:?}"
    );
    let faults = edited("[poll\n", &[("money.factor", Some("x"))]).unwrap_err();
    assert_eq!(faults.len(), 2, "the change and the file: {faults:?}");
}

#[cfg(unix)]
#[test]
fn the_file_is_written_whole_for_whom_it_was_and_a_link_stays_one() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = tempfile::tempdir().unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let (real, link, new) = (
        dir.path().join("real.toml"),
        dir.path().join("link.toml"),
        dir.path().join("sub/new.toml"),
    );
    std::fs::write(&real, "\u{feff}[money]\r\nfactor = 1\r\n").unwrap();
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&real, &link).unwrap();
    let half = changes(&[("money.factor", Some("0.5"))]);
    assert_eq!(save(&link, &half, &Ground::default()).unwrap()[0].words(), "1 → 0.5");
    assert_eq!(
        std::fs::read_to_string(&real).unwrap(),
        "\u{feff}[money]\r\nfactor = 0.5\r\n"
    );
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(mode(&real), 0o640);
    let when = real.metadata().unwrap().modified().unwrap();
    assert_eq!(save(&link, &half, &Ground::default()).unwrap(), []);
    assert_eq!(
        real.metadata().unwrap().modified().unwrap(),
        when,
        "nothing changes, nothing is written"
    );
    save(&new, &half, &Ground::default()).unwrap();
    assert_eq!(
        (mode(&new), std::fs::read_to_string(&new).unwrap().as_str()),
        (0o600, "[money]\nfactor = 0.5\n")
    );
    std::fs::remove_file(&real).unwrap();
    let failed = save(&link, &half, &Ground::default());
    assert!(matches!(failed, Err(Trouble::Io(error)) if error.to_string().contains("leads nowhere")));
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "nothing else is left behind");
    std::fs::write(&real, b"a = \"\xff\"\n").unwrap();
    assert!(
        save(&real, &half, &Ground::default()).unwrap_err()[0]
            .text
            .contains("not UTF-8")
    );
}
