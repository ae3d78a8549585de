//! `config` and what `collect` makes of it: the real program, a file, the environment, flags.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::process::Output;

use common::node::{Node, Running, spec};
use common::{exported, json, program, run, stdout};

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Exit code and what was said on both streams.
fn with(data: &Path, env: &[(&str, &str)], args: &[&str]) -> (i32, String, String) {
    let output = program(data).envs(env.iter().copied()).args(args).output().unwrap();
    let out = String::from_utf8(output.stdout.clone()).unwrap();
    (output.status.code().unwrap(), out, err(&output))
}

fn written(dir: &Path, text: &str) -> String {
    let path = dir.join("config.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_init_writes_passes_check_and_is_never_overwritten_by_chance() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new/folder/config.toml");
    let file = path.to_str().unwrap();
    let out = stdout(dir.path(), &["config", "init", "--config", file]);
    assert!(out.contains(file), "{out}");
    let template = std::fs::read_to_string(&path).unwrap();
    assert_eq!(template, stdout(dir.path(), &["config", "init", "--print"]));
    assert!(
        template.contains("\n[poll]\n") && template.contains("\n#every_s = 60\n"),
        "{template}"
    );
    assert!(stdout(dir.path(), &["config", "check", "--config", file]).starts_with("ok: no node, "));
    std::fs::write(&path, "[poll]\nevery_s = 7\n").unwrap();
    let refused = run(dir.path(), &["config", "init", "--config", file]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(err(&refused).contains("--force"), "{}", err(&refused));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "[poll]\nevery_s = 7\n");
    stdout(dir.path(), &["config", "init", "--force", "--config", file]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), template);
    let left = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(left, 1, "nothing else is left behind");
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_and_a_link_stays_one() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = tempfile::tempdir().unwrap();
    let (real, link) = (dir.path().join("real.toml"), dir.path().join("link.toml"));
    std::fs::write(&real, "").unwrap();
    symlink(&real, &link).unwrap();
    let link_text = link.to_str().unwrap();
    assert_eq!(
        run(dir.path(), &["config", "init", "--config", link_text])
            .status
            .code(),
        Some(1)
    );
    stdout(dir.path(), &["config", "init", "--force", "--config", link_text]);
    assert!(link.symlink_metadata().unwrap().is_symlink());
    let meta = real.metadata().unwrap();
    assert!(meta.len() > 0);
    assert_eq!(meta.permissions().mode() & 0o777, 0o600);
}

#[test]
fn check_tells_every_mistake_and_no_password() {
    let dir = tempfile::tempdir().unwrap();
    let file = written(
        dir.path(),
        "\u{feff}[poll]\r\npol = 1\r\nevery = 30\r\nevery_s = 4000\r\n[[node]]\r\nname = \"n\"\r\n\
         api = \"ftp://me:secret@nas\"\r\nlog = \"journald:storagenode\"\r\n[nodes]\r\n\"\\u001b[2J\" = 1\r\n",
    );
    let env = [("STORJ_MONITOR_STORAGE_BUDGET", "1 MB")];
    let (code, out, said) = with(
        dir.path(),
        &env,
        &["config", "check", "--config", &file, "--node", "home"],
    );
    assert_eq!((code, out.as_str()), (2, ""));
    let lines: Vec<_> = said.lines().collect();
    let begins = [2, 3, 4, 7, 8, 9].map(|line| format!("storj-monitor: {file}:{line}: "));
    let others = ["STORJ_MONITOR_STORAGE_BUDGET: ", "--node: "].map(|name| format!("storj-monitor: {name}"));
    assert_eq!(lines.len(), 8, "{said}");
    for (line, begin) in lines.iter().zip(begins.iter().chain(&others)) {
        assert!(line.starts_with(begin), "{line}\n{begin}");
    }
    assert!(
        lines[0].contains("unknown key `pol` in [poll]; there are: every_s, timeout_s"),
        "{said}"
    );
    assert!(lines[1].contains("did you mean `every_s`?"), "{said}");
    assert!(lines[5].contains("did you mean [[node]]?"), "{said}");
    assert!(!said.contains("secret") && !said.contains('\u{1b}'), "{said}");
    // Nothing runs on a configuration that is wrong.
    let (code, _, said) = with(
        dir.path(),
        &[],
        &["collect", "--once", "--config", &file, "--node", "x=none"],
    );
    assert!(code == 2 && said.contains(":2: "), "{said}");
}

#[test]
fn an_absent_file_is_wrong_only_when_it_was_named() {
    let dir = tempfile::tempdir().unwrap();
    let (code, _, said) = with(
        dir.path(),
        &[("STORJ_MONITOR_CONFIG", "/nowhere.toml")],
        &["config", "show"],
    );
    assert!(
        code == 2 && said.contains("/nowhere.toml: there is no such file"),
        "{said}"
    );
    let empty = [
        ("STORJ_MONITOR_CONFIG", ""),
        ("STORJ_MONITOR_NOW", ""),
        ("STORJ_MONITOR_POLL_EVERY_S", ""),
    ];
    let (code, out, said) = with(dir.path(), &empty, &["config", "check"]);
    assert!(
        code == 0 && out.starts_with("ok: ") && said.contains("there is no node"),
        "{out}{said}"
    );
    assert_eq!(with(dir.path(), &[], &["config", "check", "--config", ""]).0, 2);
    let (code, _, said) = with(
        dir.path(),
        &[],
        &["config", "check", "--config", dir.path().to_str().unwrap()],
    );
    assert!(code == 2 && said.contains("folder"), "{said}");
}

#[test]
fn show_says_what_holds_and_who_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let file = written(
        dir.path(),
        "poll.every_s = 30\n[[node]]\nname = \"home\"\nlog = \"node.log\"\napi = \"me:secret@nas:14002\"\n",
    );
    let env = [
        ("STORJ_MONITOR_STORAGE_BUDGET", "2 GiB"),
        ("STORJ_MONITOR_NODES", "attic=none;cellar=none,tags=a+b"),
        ("STORJ_MONITOR_POL_EVERY_S", "1"),
    ];
    let args = [
        "config",
        "show",
        "--config",
        &file,
        "--start",
        "7d",
        "--node",
        "attic=/flag.log",
        "--json",
    ];
    let (code, out, said) = with(dir.path(), &env, &args);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("did you mean `STORJ_MONITOR_POLL_EVERY_S`?"), "{said}");
    let shown: serde_json::Value = serde_json::from_str(&out).unwrap();
    let log = dir.path().join("node.log");
    for (key, value, origin) in [
        (
            "data_dir",
            dir.path().to_str().unwrap().into(),
            "env STORJ_MONITOR_DATA_DIR",
        ),
        ("config", file.as_str().into(), "flag"),
        ("poll.every_s", 30.into(), &*format!("{file}:1")),
        ("poll.timeout_s", 10.into(), "default"),
        ("collect.start", "7d".into(), "flag"),
        (
            "storage.budget",
            2_147_483_648_u64.into(),
            "env STORJ_MONITOR_STORAGE_BUDGET",
        ),
        ("node.home.log", log.to_str().unwrap().into(), &*format!("{file}:4")),
        ("node.home.api", "http://***@nas:14002".into(), &*format!("{file}:5")),
        ("node.home.data", serde_json::Value::Null, "default"),
        ("node.attic.log", "/flag.log".into(), "flag"),
        (
            "node.cellar.tags",
            ["a", "b"].into_iter().collect(),
            "env STORJ_MONITOR_NODES",
        ),
    ] {
        assert_eq!(shown[key]["value"], value, "{key}");
        assert_eq!(shown[key]["origin"], origin, "{key}");
    }
    let text = with(dir.path(), &env, &args[..args.len() - 1]).1;
    assert!(
        text.starts_with("KEY") && text.contains("2 GiB") && !text.contains("secret"),
        "{text}"
    );
}

#[test]
fn collect_follows_the_nodes_of_file_environment_and_flags() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 31);
    node.write(50);
    let log = node.log();
    let name = log.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_owned();
    let file = written(dir.path(), &format!("[[node]]\nname = \"n\"\nlog = \"{name}\"\n"));
    stdout(&data, &["collect", "--once", "--config", &file]);
    let total = |data: &Path| exported(data).values().map(|(count, _)| count).sum::<u64>();
    assert_eq!(total(&data), 50);
    // The platform's place is read when no file is named; it is below the home.
    let second = dir.path().join("second");
    let usual = json(&second, &["config", "show", "--json"]);
    assert_eq!(usual["config"]["value"], serde_json::Value::Null);
    stdout(&second, &["config", "init"]);
    let usual = json(&second, &["config", "show", "--json"]);
    let usual = usual["config"]["value"].as_str().unwrap().to_owned();
    std::fs::write(
        &usual,
        format!(
            "[collect]\nstart = \"end\"\n[[node]]\nname = \"n\"\nlog = '{}'\n",
            log.display()
        ),
    )
    .unwrap();
    stdout(&second, &["collect", "--once"]);
    assert_eq!(total(&second), 0, "collect.start holds");
    let third = dir.path().join("third");
    let nodes = [
        ("STORJ_MONITOR_NODES", &*spec(&log)),
        ("STORJ_MONITOR_COLLECT_START", "end"),
    ];
    assert_eq!(with(&third, &nodes, &["collect", "--once", "--start", "all"]).0, 0);
    assert_eq!(total(&third), 50, "--start beats the environment");
    let (code, _, said) = with(&dir.path().join("fourth"), &[], &["collect", "--once"]);
    assert!(code == 2 && said.contains("--node"), "{said}");
    let paths = [("STORJ_MONITOR_NODES", "gone=/nowhere/x.log,data=/nowhere")];
    let (code, out, said) = with(&third, &paths, &["config", "check"]);
    assert!(code == 0 && out.starts_with("ok: 1 node (gone)"), "{out}");
    assert_eq!(
        said.lines().filter(|line| line.contains("/nowhere")).count(),
        2,
        "{said}"
    );
}

#[test]
fn a_changed_file_is_taken_up_and_a_broken_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (mut a, mut b) = (node_in(dir.path(), "a"), node_in(dir.path(), "b"));
    a.write(100);
    b.write(10);
    let entry = |name: &str, node: &Node| format!("[[node]]\nname = \"{name}\"\nlog = \"{}\"\n", node.log().display());
    let file = written(dir.path(), &entry("a", &a));
    let collector = Running::with(&data, &["collect", "--config", &file]);
    collector.wait_for("ready");
    // A mistake: told, and the collector goes on as it was.
    written(dir.path(), "[[node]]\nnam = \"a\"\n");
    assert!(collector.wait_for("did you mean").contains(":2: "));
    a.write(50);
    written(dir.path(), &(entry("a", &a) + &entry("b", &b)));
    collector.wait_for("the nodes are now: a, b");
    b.write(5);
    let count = |name: &str| {
        json(&data, &["status", "--json", "--node", name])["nodes"][0]["traffic"]["by_action"]["PUT"]["success"]
            .as_u64()
    };
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while (count("a"), count("b")) != (Some(150), Some(15)) {
        assert!(std::time::Instant::now() < end, "{:?} {:?}", count("a"), count("b"));
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    // Away with one: nobody waits for its log any more. Back: what was written meanwhile counts once.
    written(dir.path(), &entry("b", &b));
    collector.wait_for("the nodes are now: b");
    a.write(7);
    let state = json(&data, &["sources", "--json", "--node", "a"])["sources"][0]["state"].clone();
    assert_eq!(state, "left");
    // It is no longer told of, unless it is named.
    let names = |status: serde_json::Value| -> Vec<String> {
        let nodes = status["nodes"].as_array().unwrap().clone();
        nodes
            .iter()
            .map(|node| node["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(json(&data, &["status", "--json"])), ["b"]);
    assert_eq!(names(json(&data, &["status", "--json", "--node", "a"])), ["a"]);
    // Without a terminal SIGHUP is a wish to look at the configuration.
    let pid = collector.child.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-HUP", &pid])
            .status()
            .unwrap()
            .success()
    );
    collector.wait_for("SIGHUP");
    collector.wait_for("the nodes are now: b");
    written(dir.path(), &(entry("b", &b) + &entry("a", &a)));
    collector.wait_for("the nodes are now: b, a");
    while count("a") != Some(157) {
        assert!(std::time::Instant::now() < end, "{:?}", count("a"));
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    collector.stop();
}

#[test]
fn a_renamed_node_keeps_its_history_and_a_typo_is_no_critical_node() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = node_in(dir.path(), "a");
    node.write(25);
    stdout(&data, &["collect", "--once", "--node", &spec(&node.log())]);
    assert_eq!(run(&data, &["nodes", "rename", "x", "y"]).status.code(), Some(2));
    assert_eq!(run(&data, &["nodes", "rename", "n", "a b"]).status.code(), Some(2));
    stdout(&data, &["nodes", "rename", "n", "home"]);
    let traffic = stdout(&data, &["export", "traffic", "--by", "node", "--columns", "node,count"]);
    assert_eq!(traffic, "node,count\nhome,25\n");
    for args in [
        &["status", "--check", "--bogus"][..],
        &["status", "--check", "--json"],
        &["status", "--check", "--node", "x"],
    ] {
        let output = run(&data, args);
        assert_eq!(output.status.code(), Some(3), "{args:?}");
        assert!(
            String::from_utf8(output.stdout)
                .unwrap()
                .starts_with("STORJ UNKNOWN - "),
            "{args:?}"
        );
    }
}

fn node_in(dir: &Path, name: &str) -> Node {
    let dir = dir.join(name);
    std::fs::create_dir(&dir).unwrap();
    Node::new(&dir, 31)
}

#[test]
fn keys_of_the_screen_are_checked_with_their_lines_and_listed() {
    let dir = tempfile::tempdir().unwrap();
    let wrong = "[ui]\ntheme = \"solar\"\n[keys]\nsort = 5\nquit = \"no key\"\n";
    let file = written(dir.path(), wrong);
    let (code, _, told) = with(dir.path(), &[], &["config", "check", "--config", &file]);
    assert_eq!(code, 2, "{told}");
    for part in [
        "config.toml:2: ui.theme is `solar`",
        "dark, light",
        "config.toml:4: a key of sort is a number",
        "config.toml:5: `no key` is no key",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let file = written(dir.path(), "[keys]\nsortt = \"x\"\nhelp = \"x y\"\nquit = \"x\"\n");
    let (code, _, told) = with(dir.path(), &[], &["config", "check", "--config", &file]);
    assert_eq!(code, 2, "{told}");
    for part in [
        "config.toml:2: there is no action `sortt`",
        "do you mean `sort`?",
        "config.toml:4: `x` of quit",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let file = written(
        dir.path(),
        "[ui]\ntheme = \"mono\"\n[keys]\nsort = [\"x\", \"g s\"]\nfreeze = []\n",
    );
    let listed = stdout(dir.path(), &["config", "keys", "--config", &file]);
    let line = |name: &str| listed.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(
        line("sort").contains("x  g s") && !line("freeze").contains("space"),
        "{listed}"
    );
    let shown = stdout(dir.path(), &["config", "show", "--config", &file]);
    assert!(
        shown.contains("keys.sort") && shown.contains("config.toml:4"),
        "{shown}"
    );
    assert!(stdout(dir.path(), &["config", "check", "--config", &file]).starts_with("ok: "));
}

#[test]
fn a_node_on_the_command_line_is_understood_before_and_behind_every_command() {
    let dir = tempfile::tempdir().unwrap();
    let (mut a, mut b) = (node_in(dir.path(), "a"), node_in(dir.path(), "b"));
    a.write(100);
    b.write(10);
    let a = format!("a={}", a.log().display());
    let b = format!("b={}", b.log().display());
    for (name, args) in [
        ("before", ["--node", &a, "--node", &b, "collect", "--once"]),
        ("behind", ["collect", "--once", "--node", &a, "--node", &b]),
    ] {
        let data = dir.path().join(name);
        stdout(&data, &args);
        let counts = stdout(&data, &["export", "traffic", "--by", "node", "--columns", "node,count"]);
        assert_eq!(counts, "node,count\na,100\nb,10\n");
        let one = stdout(&data, &["--node", "b", "export", "traffic", "--columns", "count"]);
        assert_eq!(one, "count\n10\n", "a name alone: only that node");
    }
    // What nobody collected yet, a command that is told of it reads itself: at first, and beside what there is.
    let data = dir.path().join("alone");
    for (node, command, wanted) in [
        (
            &a,
            &["export", "traffic", "--columns", "count"] as &[&str],
            "count\n100\n",
        ),
        (&b, &["sources"], "10 lines"),
    ] {
        let told = stdout(&data, &[&["--node", node] as &[&str], command].concat());
        assert!(told.contains(wanted), "{told}");
    }
    for command in [&["show", "overview"] as &[&str], &["status"], &["earnings"], &[]] {
        let data = dir.path().join(command.join(" "));
        let told = stdout(&data, &[&["--node", &a, "--node", &b] as &[&str], command].concat());
        assert!(
            told.contains(if command == ["earnings"] {
                "nothing is known"
            } else {
                " b "
            }),
            "{told}"
        );
    }
    // Not so for a check, that has no time, and for what was at another time.
    let data = dir.path().join("none");
    assert_eq!(run(&data, &["--node", &a, "status", "--check"]).status.code(), Some(3));
    assert_eq!(
        run(&data, &["--node", &a, "--at", "1h", "status"]).status.code(),
        Some(1)
    );
    assert!(!data.exists(), "nothing was read");
    for (args, said) in [
        (&["--node", &b, "status"] as &[&str], "does not watch `b`"),
        (&["--node", "a", "--node", "b", "show", "overview"], "one node"),
        (&["--node", &a, "demo", "--seconds", "1"], "leave `demo` out"),
    ] {
        let collector = Running::with(&data, &["collect", "--node", &a]);
        collector.wait_for("ready");
        let refused = run(&data, args);
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        assert!(err(&refused).contains(said), "{}", err(&refused));
        assert!(
            run(&data, &["--node", &a, "status"]).status.success(),
            "it watches that one"
        );
    }
}
