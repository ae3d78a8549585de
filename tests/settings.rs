//! Settings changed from outside an editor: the text of the file, `config set`, a collector that runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::time::Duration;

use common::node::{Node, Running, eventually};
use common::{program, run, stdout};
use storj_monitor::api::message::{Answer, Command, Query};
use storj_monitor::api::money::NodeMoney;
use storj_monitor::config::change::{Ground, Trouble, edit, save};
use storj_monitor::config::template::template;
use storj_monitor::domain::setting::{Change, Fault, Teller};

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
api = \"h:1\"\r\n\
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
        (
            "money.factor",
            Some("0"),
            "is `0`; it must be a number, 0.000001 to 10000000",
        ),
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
        (
            "node.home.watts",
            Some("-1"),
            "`-1` is out of range; write a number of watts, 0 to 100000",
        ),
        ("node.home.kwh_price", Some("0,32"), "a point is wanted"),
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
    let wrong = save(&real, &half, &Ground::default());
    assert!(matches!(wrong, Err(Trouble::Faults(faults)) if faults[0].text.contains("not UTF-8")));
}

#[cfg(unix)]
#[test]
fn every_name_of_a_file_has_the_new_text_and_one_that_is_mounted_is_told_of() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempfile::tempdir().unwrap();
    let (file, other) = (dir.path().join("c.toml"), dir.path().join("other.toml"));
    std::fs::write(&file, "# a long comment that goes\n[money]\nfactor = 0.123456\n").unwrap();
    std::fs::hard_link(&file, &other).unwrap();
    let half = changes(&[("money.factor", Some("0.5"))]);
    save(&file, &half, &Ground::default()).unwrap();
    let text = std::fs::read_to_string(&other).unwrap();
    assert_eq!(text, "# a long comment that goes\n[money]\nfactor = 0.5\n");
    assert_eq!(file.metadata().unwrap().nlink(), 2);
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        2,
        "nothing else is left"
    );
    std::fs::remove_file(&other).unwrap();
    let mount = |args: &[&str]| {
        let mut mount = std::process::Command::new(args[0]);
        let status = mount.args(&args[1..]).stderr(std::process::Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let point = dir.path().join("mounted.toml");
    std::fs::write(&point, "").unwrap();
    if !mount(&["mount", "--bind", file.to_str().unwrap(), point.to_str().unwrap()]) {
        return eprintln!("skipped: nothing can be mounted here");
    }
    let failed = save(&point, &changes(&[("money.factor", Some("0.25"))]), &Ground::default());
    assert!(mount(&["umount", point.to_str().unwrap()]));
    let Err(Trouble::Io(error)) = failed else {
        panic!("{failed:?}")
    };
    assert!(error.to_string().contains("mount the folder"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn whoever_comes_second_to_a_file_that_was_not_there_changes_it_too() {
    for round in 0..40 {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("not/there/c.toml");
        let keys = ["money.factor", "poll.every_s", "poll.timeout_s", "storage.hours_days"];
        let begin = std::sync::Barrier::new(keys.len());
        std::thread::scope(|scope| {
            for key in keys {
                let (path, begin) = (&path, &begin);
                scope.spawn(move || {
                    begin.wait();
                    let saved = save(path, &changes(&[(key, Some("30"))]), &Ground::default());
                    assert_eq!(saved.expect("it is tried again").len(), 1, "round {round}");
                });
            }
        });
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches("= 30").count(), keys.len(), "round {round}: {text}");
    }
}

/// What a running collector answers.
#[cfg(unix)]
fn ask(data: &Path, query: Query) -> Answer {
    let mut link = storj_monitor::api::socket::connect(data).unwrap();
    link.ask(query, Duration::from_secs(20)).unwrap()
}

#[cfg(unix)]
fn money(data: &Path) -> NodeMoney {
    let query = Query::Money {
        nodes: Vec::new(),
        at_ms: None,
        month: None,
        months: 1,
    };
    match ask(data, query) {
        Answer::Money(nodes) => nodes[0].clone(),
        other => panic!("{other:?}"),
    }
}

#[cfg(unix)]
#[test]
fn a_running_collector_goes_by_what_is_set() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 61);
    node.write(50);
    let args = [
        "config",
        "set",
        "node.n.monthly_cost",
        "3.50",
        "money.currency",
        "€",
        "money.factor",
        "0.5",
    ];
    let refused = run(&data, &args);
    assert_eq!(refused.status.code(), Some(2), "nobody knows the node yet: {refused:?}");
    let collector = Running::start(&data, &node.log());
    collector.wait_for("ready");
    let out = stdout(&data, &args);
    let file = data.join("config/storj-monitor/config.toml");
    let wanted = [
        format!(
            "node.n.monthly_cost: not set → 3.50 (in {}); the running collector goes by it",
            file.display()
        ),
        format!(
            "money.currency: $ (default) → € (in {}); the running collector goes by it",
            file.display()
        ),
        format!(
            "money.factor: 1 (default) → 0.5 (in {}); the running collector goes by it",
            file.display()
        ),
    ];
    assert_eq!(out.lines().collect::<Vec<_>>(), wanted);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let told = money(&data);
    assert_eq!((told.currency.symbol.as_str(), told.currency.factor), ("€", 0.5));
    assert_eq!(told.costs.unwrap().total.unwrap().0, 3_500_000);
    // What it collects is what it collected: nothing was begun anew for money's sake.
    node.write(50);
    eventually(
        &data,
        common::recount(&std::fs::read_to_string(node.log()).unwrap())
            .values()
            .map(|(count, _)| count)
            .sum(),
    );
    let out = stdout(&data, &["config", "set", "money.factor", "0.5"]);
    assert_eq!(
        out,
        format!("money.factor: it is 0.5 already (in {})\n", file.display())
    );
    let out = stdout(&data, &["config", "unset", "node.n.monthly_cost", "money.factor"]);
    assert!(out.contains("money.factor: 0.5 → 1 (default) (in "), "{out}");
    let told = money(&data);
    assert!(told.costs.is_none() && told.currency.factor == 1.0);
    let out = stdout(&data, &["config", "set", "ui.theme", "light", "collect.start", "7d"]);
    assert!(
        out.contains("when it is opened the next time") && out.contains("for logs it follows from now on"),
        "{out}"
    );
    // Who was started with `--node` was told all of it there.
    let set = run(&data, &["config", "set", "node.n.tags", "attic"]);
    let (out, notes) = (
        String::from_utf8(set.stdout).unwrap(),
        String::from_utf8(set.stderr).unwrap(),
    );
    assert!(out.contains("was told otherwise when it was started"), "{out}");
    assert!(
        notes.contains("node.n.tags: the flag --node names the whole node"),
        "{notes}"
    );
    let other = dir.path().join("other.toml");
    let out = stdout(
        &data,
        &[
            "config",
            "set",
            "poll.every_s",
            "30",
            "--config",
            other.to_str().unwrap(),
        ],
    );
    assert!(out.contains("does not read this file"), "{out}");
    collector.stop();
    let out = stdout(&data, &["config", "set", "poll.every_s", "30"]);
    assert!(
        out.contains("60 (default) → 30") && out.contains("no collector runs here"),
        "{out}"
    );
}

#[cfg(unix)]
#[test]
fn viewers_change_the_collectors_own_file_all_or_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let file = dir.path().join("c.toml");
    let node = Node::new(dir.path(), 62);
    let text = format!(
        "# ours\n[[node]]\nname = \"n\"\nlog = \"{}\" # here\n",
        node.log().display()
    );
    std::fs::write(&file, &text).unwrap();
    let collector = Running::with(&data, &["collect", "--config", file.to_str().unwrap()]);
    collector.wait_for("ready");
    let mut link = storj_monitor::api::socket::connect(&data).unwrap();
    let mut change = |all: &[(&str, Option<&str>)]| {
        link.order(Command::Change(changes(all)), Duration::from_secs(20))
            .unwrap()
    };
    let wrong = change(&[("money.factor", Some("0.5")), ("node.n.watts", Some("lots"))]);
    assert!(matches!(wrong, Answer::Faults(faults) if faults.len() == 1 && faults[0].key == "node.n.watts"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "all or nothing");
    let saved = change(&[("node.n.watts", Some("8")), ("node.n.kwh_price", Some("0.25"))]);
    assert!(matches!(saved, Answer::Saved(saved) if saved.changed.len() == 2 && saved.notes.is_empty()));
    let text = format!("{text}watts = 8\nkwh_price = 0.25\n");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    assert!(money(&data).costs.unwrap().total.unwrap().0 > 1_000_000);
    let keys = vec![
        "node.n.watts".to_owned(),
        "node.n.monthly_cost".to_owned(),
        "money.factor".to_owned(),
    ];
    let Answer::Settings(settings) = ask(&data, Query::Settings { keys }) else {
        panic!("settings")
    };
    let told: Vec<_> = settings
        .all
        .iter()
        .map(|one| (one.value.as_str(), one.teller.clone()))
        .collect();
    assert_eq!(
        told,
        [
            ("8", Teller::File(Some(5))),
            ("", Teller::Default),
            ("1", Teller::Default)
        ]
    );
    let judged = ask(&data, Query::Judge(changes(&[("money.factor", Some("0"))])));
    assert!(matches!(judged, Answer::Faults(faults) if faults[0].text.contains("0.000001 to")));
    let Answer::Settings(all) = ask(&data, Query::Settings { keys: Vec::new() }) else {
        panic!("settings")
    };
    assert!(
        all.all.len() > 20 && all.all.iter().any(|one| one.key == "node.n.log"),
        "{all:?}"
    );
    let unknown = link.ask(
        Query::Settings {
            keys: vec!["money.x".to_owned()],
        },
        Duration::from_secs(20),
    );
    assert!(unknown.unwrap_err().contains("money.x"));
    collector.stop();
}

#[test]
fn wrong_words_are_all_told_and_what_beats_the_file_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path();
    let refused = run(
        data,
        &[
            "config",
            "set",
            "money.facto",
            "1",
            "poll.every_s",
            "2",
            "node.x.watts",
            "-1",
        ],
    );
    let said = String::from_utf8(refused.stderr).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert_eq!(
        lines[0],
        "storj-monitor: money.facto: there is no such setting; did you mean `money.factor`?"
    );
    assert_eq!(
        lines[1],
        "storj-monitor: poll.every_s is 2; it must be a whole number of seconds, 5 to 3600"
    );
    assert!(
        lines[2].starts_with("storj-monitor: node.x.watts: there is no node"),
        "{said}"
    );
    assert_eq!(run(data, &["config", "set", "money.factor"]).status.code(), Some(2));
    assert!(!data.join("config").exists(), "nothing is written");
    let output = program(data)
        .env("STORJ_MONITOR_MONEY_FACTOR", "0.25")
        .args(["config", "set", "money.factor", "0.5"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert_eq!(
        said,
        "note: money.factor: the environment's STORJ_MONITOR_MONEY_FACTOR says 0.25, which beats the file\n"
    );
    // A relative path begins where the person is.
    let out = stdout(data, &["config", "set", "geoip.file", "tests/geo/country.mmdb"]);
    let here = std::env::current_dir().unwrap();
    assert!(
        out.contains(&format!("→ {}", here.join("tests/geo/country.mmdb").display())),
        "{out}"
    );
}
