//! Names that are suggested for nodes. Used by `discover`.

use std::collections::BTreeSet;
use std::path::Path;

use super::sighting::Group;

/// Longest name, in characters.
const LONGEST: usize = 64;

/// A name for a node: of its container, its unit or its folder.
pub(super) fn of(group: &Group) -> String {
    let container = group.docker().map(|docker| docker.name.clone());
    let unit = || group.first(|seen| Some(seen.unit.as_deref()?.trim_end_matches(".service").to_owned()));
    let folder = || folder(&group.config_dir()?);
    let name = container.or_else(unit).or_else(folder).unwrap_or_default();
    fitting(&name)
}

/// Names of folders that say nothing.
const EMPTY_NAMES: [&str; 6] = ["config", "conf", "data", "app", "storage", "node"];

/// The folder's name, or the next one above it that says something.
fn folder(dir: &Path) -> Option<String> {
    let names = dir.ancestors().filter_map(|dir| dir.file_name()?.to_str());
    names
        .filter(|name| !EMPTY_NAMES.contains(name))
        .map(str::to_owned)
        .next()
}

/// Other characters for those a node's name cannot have.
pub(super) fn fitting(name: &str) -> String {
    let fits = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '=' | ',' | '/' | '"');
    let name: String = name
        .chars()
        .take(LONGEST)
        .map(|c| if fits(c) { c } else { '-' })
        .collect();
    let name = name.trim_matches('-');
    if name.is_empty() {
        "node".to_owned()
    } else {
        name.to_owned()
    }
}

/// The name, with a number if another has it.
pub(super) fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let numbered = |number: usize| {
        let number = number.to_string();
        let kept: String = name.chars().take(LONGEST - number.len()).collect();
        kept + &number
    };
    let mut candidate = name.to_owned();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        candidate = numbered(number);
        number += 1;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::node::check_name;

    #[test]
    fn whatever_the_text_the_name_is_one() {
        let mut taken = BTreeSet::new();
        for text in [
            "",
            "a b",
            "/",
            "x=y,\"z\"",
            "\u{1b}[31m",
            &"long".repeat(40),
            "node",
            "node",
        ] {
            for _ in 0..12 {
                let name = unique(&fitting(text), &mut taken);
                check_name(&name).unwrap();
            }
        }
        assert_eq!(taken.len(), 8 * 12);
        assert!(taken.contains("a-b") && taken.contains("node2"));
        assert_eq!(folder(Path::new("/srv/alpha/config")).as_deref(), Some("alpha"));
        assert_eq!(folder(Path::new("/")), None);
    }
}
