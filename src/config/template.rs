//! The file that `config init` writes: every setting, explained and at its default.

use std::path::Path;

use super::node::{Field, LogSource, Node};
use super::setting::{SETTINGS, sections};

/// A commented configuration file. Each node comes with lines that say how it was found; with no
/// node there is an example. Settings are commented out, so that they follow the program's defaults.
pub fn template(nodes: &[(Node, Vec<String>)]) -> String {
    let mut text = String::from(
        "# Configuration of storj-monitor. `storj-monitor config check` says what is wrong with it,\n\
         # `storj-monitor config show` what holds and why: flags beat the environment, which beats this file.\n\
         # A line that begins with # is not read; a setting that is not set has the value shown.\n\
         # `storj-monitor config set KEY VALUE` changes one and leaves all else as it is.\n",
    );
    for section in sections() {
        text += &format!("\n[{section}]\n");
        for setting in SETTINGS.iter().filter(|setting| setting.section == section) {
            text += &format!("# {}.\n", setting.help);
            text += &format!("# It is {}. Environment: {}.\n", setting.wanted(), setting.env());
            text += &format!("#{} = {}\n", setting.key, setting.written(setting.default));
        }
    }
    text += "\n# Keys of the screen: the name of an action, and its keys; `storj-monitor config keys` lists all.\n\
             # Keys one after the other are a chord; an empty list turns an action off.\n\
             [keys]\n#sort = [\"s\", \"g s\"]\n";
    text += "\n# The nodes: one [[node]] each. Relative paths begin at this file's folder, ~/ at your home.\n";
    for field in Field::ALL {
        text += &format!("#   {:13} {}\n", field.key(), field.help());
    }
    text += "# A cost is in dollars; with its currency beside it, as \"0.32 €\", in that: money.currency and money.factor\n\
             # above have to say the same currency, and its rate.\n";
    if nodes.is_empty() {
        text += "\n#[[node]]\n";
        for field in Field::ALL {
            text += &format!("#{} = {}\n", field.key(), field.example());
        }
    }
    for (node, notes) in nodes {
        text.push('\n');
        notes.iter().for_each(|note| text += &comment(note));
        text += &table(node);
    }
    text
}

fn table(node: &Node) -> String {
    let mut text = String::from("[[node]]\n");
    text += &line(Field::Name, &quoted(&node.name));
    match &node.log {
        LogSource::File(file) => text += &path(Field::Log, file),
        LogSource::None => text += &line(Field::Log, &quoted("none")),
    }
    if let Some(api) = &node.api {
        text += &line(Field::Api, &quoted(api));
    }
    if let Some(data) = &node.data {
        text += &path(Field::Data, data);
    }
    if let Some(metrics) = &node.metrics {
        text += &line(Field::Metrics, &quoted(metrics));
    }
    if let Some(health) = &node.health {
        text += &line(Field::Health, &quoted(health));
    }
    if !node.tags.is_empty() {
        let tags: Vec<String> = node.tags.iter().map(|tag| quoted(tag)).collect();
        text += &line(Field::Tags, &format!("[{}]", tags.join(", ")));
    }
    for field in Field::ALL {
        if let Some(amount) = node.cost.of(field) {
            text += &line(field, &amount.written());
        }
    }
    text
}

fn line(field: Field, value: &str) -> String {
    format!("{} = {value}\n", field.key())
}

/// The file is UTF-8, so a path that is not cannot stand in it.
fn path(field: Field, path: &Path) -> String {
    match path.to_str() {
        Some(text) => line(field, &quoted(text)),
        None => comment(&format!("{}: {} is not UTF-8; use --node", field.key(), path.display())),
    }
}

/// A text that was found on the host never ends its comment.
fn comment(note: &str) -> String {
    let safe: String = note.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("# {}\n", safe.trim_end())
}

/// A basic string of TOML.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted += &format!("\\u{:04x}", u32::from(c)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load::{Config, Inputs, load};
    use crate::config::problem::Origin;
    use crate::config::setting::Settings;

    fn loaded(text: &str) -> Config {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        load(&Inputs {
            named: Some(path),
            ..Inputs::default()
        })
        .unwrap_or_else(|wrong| panic!("{wrong}\n{text}"))
    }

    #[test]
    fn what_it_shows_is_what_holds() {
        let text = template(&[]);
        let config = loaded(&text);
        assert!(config.nodes.is_empty() && config.values.iter().all(|value| value.origin == Origin::Default));
        let wanted = |line: &str| {
            line.replacen(
                '#',
                "",
                usize::from(!line.starts_with("# ") && !line.starts_with("#  ")),
            )
        };
        let set = loaded(&text.lines().map(|line| wanted(line) + "\n").collect::<String>());
        assert_eq!(set.settings, Settings::default());
        let given = set
            .values
            .iter()
            .filter(|value| value.origin != Origin::Default)
            .count();
        // The name is no value, the keys of an action are one.
        assert_eq!(given, SETTINGS.len() + Field::ALL.len());
    }

    #[test]
    fn nodes_are_read_again_whatever_they_are_called() {
        let mut node: Node = "a]#'=/var/\"q\"\\n\u{7f}\n,api=http://h:1,data=/mnt/x,metrics=h:2,health=h:3,tags=a+b"
            .parse()
            .unwrap();
        let bare: Node = "bare=none".parse().unwrap();
        let notes = vec!["found in\n[[node]]\r\n".to_owned(), "and there".to_owned()];
        let config = loaded(&template(&[(node.clone(), notes), (bare.clone(), Vec::new())]));
        assert_eq!(config.nodes, [node.clone(), bare]);
        node.tags.clear();
        assert_eq!(loaded(&template(&[(node.clone(), Vec::new())])).nodes, [node]);
    }
}
