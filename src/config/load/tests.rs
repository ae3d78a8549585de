//! Tests of what holds when file, environment and flags say things.

use super::*;

fn inputs(env: &[(&str, &str)]) -> Inputs {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), value.into()));
    Inputs {
        env: env.collect(),
        home: Some("/home/me".into()),
        ..Inputs::default()
    }
}

fn file(dir: &Path, text: &str) -> PathBuf {
    let path = dir.join("config.toml");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn flags_beat_the_environment_which_beats_the_file_which_beats_the_default() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(
        dir.path(),
        "[poll]\nevery_s = 30\ntimeout_s = 5\n[collect]\nstart = \"end\"\n[storage]\nbudget = 60000000\n[geoip]\nfile = \"geo.mmdb\"\n",
    );
    let config = load(&Inputs {
        usual: Some(path.clone()),
        flags: vec![("collect.start", "--start", "7d".to_owned())],
        ..inputs(&[
            ("STORJ_MONITOR_POLL_TIMEOUT_S", "20"),
            ("STORJ_MONITOR_POLL_EVERY_S", ""),
            ("STORJ_MONITOR_COLLECT_START", "all"),
        ])
    })
    .unwrap();
    let got: Vec<_> = config
        .values
        .iter()
        .map(|v| (v.text.as_str(), v.origin.to_string()))
        .collect();
    let shown = path.display();
    assert_eq!(
        got[..7],
        [
            ("30", format!("{shown}:2")),
            ("20", "env STORJ_MONITOR_POLL_TIMEOUT_S".to_owned()),
            ("7d", "flag".to_owned()),
            ("60 MB", format!("{shown}:7")),
            ("14", "default".to_owned()),
            ("730", "default".to_owned()),
            // It lies beside the file that names it.
            (dir.path().join("geo.mmdb").to_str().unwrap(), format!("{shown}:9")),
        ]
    );
    assert!(got[7..].iter().all(|(_, origin)| origin == "default"));
    assert_eq!(config.settings.budget_bytes, 60_000_000);
    assert_eq!((config.named, config.file), (false, Some(path)));
}

#[test]
fn a_currency_without_its_rate_is_odd() {
    let dir = tempfile::tempdir().unwrap();
    for (text, odd) in [
        ("currency = \"€\"", true),
        ("currency = \"€\"\nfactor = 1", false),
        ("currency = \"$\"", false),
        ("", false),
    ] {
        let path = file(dir.path(), &format!("[money]\n{text}\n"));
        let named = Some(path);
        let config = load(&Inputs { named, ..inputs(&[]) }).unwrap();
        assert_eq!(config.warnings.len(), usize::from(odd), "{text}");
    }
}

#[test]
fn a_later_node_replaces_the_earlier_one_of_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(
        dir.path(),
        "[[node]]\nname = \"a\"\nlog = \"a.log\"\napi = \"u:sesame@h:1\"\n[[node]]\nname = \"b\"\n",
    );
    let config = load(&Inputs {
        named: Some(path.clone()),
        nodes: vec!["c=/flag.log".to_owned()],
        ..inputs(&[("STORJ_MONITOR_NODES", "b=/env.log,tags=x; c=/env.log\nd=~/d.log\n")])
    })
    .unwrap();
    let logs: Vec<_> = config
        .nodes
        .iter()
        .map(|node| (node.name.as_str(), node.log.clone()))
        .collect();
    let log = |path: &str| LogSource::File(path.into());
    assert_eq!(
        logs,
        [
            ("a", LogSource::File(dir.path().join("a.log"))),
            ("b", log("/env.log")),
            ("c", log("/flag.log")),
            ("d", log("/home/me/d.log")),
        ]
    );
    assert_eq!(config.origin("node.a.api"), Origin::File(path, Some(4)));
    assert_eq!(config.origin("node.a.data"), Origin::Default);
    assert_eq!(config.origin("node.c.log"), Origin::Flag("--node"));
    // The file could say no tags of it that would hold, but what it costs.
    assert_eq!(config.origin("node.c.tags"), Origin::Flag("--node"));
    assert_eq!(config.origin("node.c.watts"), Origin::Default);
    let shown = format!("{:?}", config.values);
    assert!(shown.contains("***@h:1") && !shown.contains("sesame"), "{shown}");
}

#[test]
fn every_layer_tells_what_is_wrong_with_it() {
    let wrong = load(&Inputs {
        named: Some("/nowhere/config.toml".into()),
        nodes: vec!["x=/a".to_owned(), "x=/b".to_owned()],
        flags: vec![("collect.start", "--start", "soon".to_owned())],
        ..inputs(&[("STORJ_MONITOR_POLL_EVERY_S", "1"), ("STORJ_MONITOR_NODES", "y")])
    });
    let text = wrong.unwrap_err().to_string();
    let begins: Vec<_> = text.lines().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(
        begins,
        [
            "/nowhere/config.toml",
            "STORJ_MONITOR_POLL_EVERY_S",
            "STORJ_MONITOR_NODES",
            "--start",
            "--node"
        ]
    );
    let absent = Inputs {
        usual: Some("/nowhere/config.toml".into()),
        ..inputs(&[])
    };
    assert!(load(&absent).unwrap().file.is_none(), "the usual file may be absent");
}

#[test]
fn variables_that_only_look_like_ours_are_named() {
    let config = load(&inputs(&[
        ("STORJ_MONITOR_POLL_EVERY", "5"),
        ("STORJ_MONITOR_COLOUR", "5"),
        ("STORJ_MONITOR_CORPUS", "/x"),
        ("STORJ_MONITOR_TEST_ROUNDS", "3"),
        ("STORJ_MONITOR_NOW", "2026-01-01"),
        ("PATH", "/bin"),
    ]))
    .unwrap();
    let text: Vec<String> = config.warnings.iter().map(Problem::to_string).collect();
    assert_eq!(text.len(), 2, "{text:?}");
    assert!(
        text[0].starts_with("STORJ_MONITOR_COLOUR: ") && text[0].contains("POLL_TIMEOUT_S"),
        "{text:?}"
    );
    assert!(
        text[1].ends_with("did you mean `STORJ_MONITOR_POLL_EVERY_S`?"),
        "{text:?}"
    );
}
