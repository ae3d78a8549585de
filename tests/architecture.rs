//! The plan of the house: which room may know which, and how large things may grow.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

/// Rooms from the ground up, and what each may use beside itself.
const ROOMS: [(&str, &[&str]); 16] = [
    ("support", &[]),
    ("domain", &["support"]),
    ("log", &["support", "domain"]),
    ("analysis", &["support", "domain"]),
    ("engine", &["support", "domain", "log"]),
    ("api", &["support", "domain"]),
    ("config", &["support", "domain"]),
    ("source", &["support", "domain"]),
    ("node", &["support", "domain"]),
    ("store", &["support", "domain"]),
    ("report", &["support", "domain", "api"]),
    ("discover", &["support", "domain"]),
    ("demo", &["support", "domain"]),
    (
        "collector",
        &[
            "support", "domain", "log", "analysis", "engine", "api", "source", "node", "store", "report",
        ],
    ),
    ("ui", &["support", "domain", "api"]),
    (
        "cli",
        &[
            "support",
            "domain",
            "log",
            "engine",
            "api",
            "config",
            "source",
            "node",
            "store",
            "report",
            "discover",
            "demo",
            "collector",
            "ui",
        ],
    ),
];

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

/// Code without its unit tests and comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn rooms_use_only_the_rooms_they_may() {
    let mut seen = Vec::new();
    for path in sources(Path::new("src")) {
        let relative = path.strip_prefix("src").unwrap();
        let Some(room) = relative
            .components()
            .next()
            .filter(|_| relative.components().count() > 1)
        else {
            continue;
        };
        let room = room.as_os_str().to_str().unwrap().to_owned();
        let rule = ROOMS.iter().find(|(name, _)| *name == room);
        let (_, may) = rule.unwrap_or_else(|| panic!("{room} has no rule"));
        for (at, _) in code(&path).match_indices("crate::") {
            let rest = &code(&path)[at + 7..];
            let names: Vec<String> = if let Some(group) = rest.strip_prefix('{') {
                let group = group.split('}').next().unwrap();
                group
                    .split(',')
                    .map(|name| name.trim().split("::").next().unwrap().to_owned())
                    .collect()
            } else {
                vec![rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()]
            };
            for used in names {
                let allowed = used == room || may.contains(&used.as_str()) || !ROOMS.iter().any(|(r, _)| *r == used);
                assert!(allowed, "{} uses {used}", path.display());
            }
        }
        seen.push(room);
    }
    for (room, _) in ROOMS {
        assert!(seen.iter().any(|s| s == room), "{room} is empty");
    }
}

#[test]
fn files_say_what_they_are_and_stay_small() {
    for path in sources(Path::new("src")).into_iter().chain(sources(Path::new("tests"))) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("//!"),
            "{} opens with what lives there",
            path.display()
        );
        assert!(text.lines().count() <= 600, "{} is too long", path.display());
    }
}

/// Whether a line begins a function, whoever may see it.
fn is_function(line: &str) -> bool {
    let line = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(") ").map_or("", |(_, rest)| rest),
        Some(rest) => rest.trim_start(),
        None => line,
    };
    let words = ["const ", "async ", "unsafe "];
    let line = words
        .iter()
        .fold(line, |line, word| line.strip_prefix(word).unwrap_or(line));
    line.starts_with("fn ")
}

#[test]
fn functions_stay_small() {
    for path in sources(Path::new("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut begun: Option<(usize, usize, &str)> = None;
        for (n, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let word = line.trim_start();
            if begun.is_none() && is_function(word) {
                begun = Some((n, indent, word));
            }
            if let Some((start, depth, name)) = begun
                && indent == depth
                && (word.starts_with('}') || word.ends_with(';'))
            {
                assert!(n - start < 80, "{}: {name} has {} lines", path.display(), n - start + 1);
                begun = None;
            }
        }
    }
}

#[test]
fn the_top_level_is_the_plans() {
    let fixed = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "config",
        "tests",
        "assets",
        "CHANGELOG.md",
        "README.md",
    ];
    for entry in std::fs::read_dir(".").unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let may = fixed.contains(&name.as_str()) || name.starts_with('.') || name.starts_with("LICENSE-");
        assert!(may || name == "target", "{name} has no place here");
    }
}
