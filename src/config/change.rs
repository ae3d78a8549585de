//! Changes of the configuration file from outside an editor: judged by the tables that read it, put into its text,
//! written whole or not at all. Called by `config set` and by the collector for viewers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use toml::de::{DeTable, DeValue};

use super::file;
use super::load::{self, CheckKeys};
use super::node::{Field, Node, shown_address};
use super::problem::{Problem, closest};
use super::setting::{Given, SETTINGS, Setting, Settings};
use super::splice::{self, Place};
use super::template::quoted;
use crate::domain::setting::{Change, Changed, Fault};
use crate::support::file::{Over, Readers, folder, target, write};

/// So often the text is changed anew when another program changes it meanwhile.
const TRIES: usize = 5;
/// Another of us that writes is done within this time.
const PATIENCE: Duration = Duration::from_secs(2);

/// What changes are judged by beside the tables.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ground<'a> {
    /// The folder `~` means.
    pub home: Option<&'a Path>,
    /// See [`load::Inputs::check_keys`].
    pub check_keys: Option<CheckKeys>,
    /// Nodes that are watched though the file does not name them: found on the host, or given by a flag.
    pub others: &'a [String],
}

/// The name of a setting or of a field of a node, taken apart.
enum Name<'a> {
    Setting(&'static Setting),
    Node(&'a str, Field),
}

/// Another text of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// It.
    pub text: String,
    /// What in it is another; empty: nothing.
    pub changed: Vec<Changed>,
}

/// Why nothing was changed.
#[derive(Debug)]
pub enum Trouble {
    /// All that is wrong with the changes or the file.
    Faults(Vec<Fault>),
    /// It could not be written.
    Io(std::io::Error),
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self::Faults(vec![whole(problem.to_string())])
    }
}

/// Changes the file. Nothing is written where nothing changes.
///
/// # Errors
/// All that is wrong: then the file is as it was.
pub fn save(path: &Path, changes: &[Change], ground: &Ground<'_>) -> Result<Vec<Changed>, Trouble> {
    save_with(path, changes, ground, &mut || ())
}

/// What would be changed in the file; nothing is written.
///
/// # Errors
/// All that is wrong.
pub fn judge_file(path: &Path, changes: &[Change], ground: &Ground<'_>) -> Result<Vec<Changed>, Trouble> {
    let text = file::text(path, false)?.unwrap_or_default();
    let edited = edit(&text, path, changes, ground).map_err(Trouble::Faults)?;
    Ok(edited.changed)
}

fn save_with(
    path: &Path,
    changes: &[Change],
    ground: &Ground<'_>,
    meanwhile: &mut dyn FnMut(),
) -> Result<Vec<Changed>, Trouble> {
    for _ in 0..TRIES {
        let before = file::bytes(path, false)?;
        let decoded = before.clone().map(|bytes| file::decoded(path, bytes));
        let (mark, text) = decoded.transpose()?.unwrap_or_default();
        let edited = edit(&text, path, changes, ground).map_err(Trouble::Faults)?;
        if edited.changed.is_empty() {
            return Ok(edited.changed);
        }
        meanwhile();
        // Its folder, not that of a link to it: others of us may come by another way.
        let target = target(path).unwrap_or_else(|_| path.to_owned());
        // Without a folder nobody could be kept from writing; what fails here fails below.
        let _ = std::fs::create_dir_all(folder(&target));
        let _alone = hold(folder(&target));
        if file::bytes(path, false)? != before {
            continue;
        }
        let over = if before.is_some() || path.symlink_metadata().is_ok() {
            Over::Itself
        } else {
            Over::Nothing
        };
        let new = format!("{mark}{}", edited.text);
        match write(path, new.as_bytes(), (over, Readers::Owner)) {
            // Another was the first to write it.
            Err(error) if over == Over::Nothing && error.kind() == std::io::ErrorKind::AlreadyExists => {}
            written => return written.map(|()| edited.changed).map_err(Trouble::Io),
        }
    }
    Err(Trouble::Io(std::io::Error::other(
        "another program changes it all the time; try again",
    )))
}

fn whole(text: String) -> Fault {
    let key = String::new();
    Fault { key, text }
}

/// Keeps others of us from writing there; without it two at once are not told apart.
fn hold(folder: &Path) -> Option<std::fs::File> {
    let held = std::fs::File::open(folder).ok()?;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        match held.try_lock() {
            Ok(()) => return Some(held),
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            Err(std::fs::TryLockError::Error(_)) => return None,
        }
    }
    None
}

/// A text of the file with changes.
///
/// # Errors
/// All that is wrong with them, and with the text.
pub fn edit(text: &str, path: &Path, changes: &[Change], ground: &Ground<'_>) -> Result<Edited, Vec<Fault>> {
    let mut faults = Vec::new();
    let (root, broken) = DeTable::parse_recoverable(text);
    let before = flat(root.get_ref());
    let mut wanted = before.clone();
    let mut edits = Vec::new();
    for (n, change) in changes.iter().enumerate() {
        let twice = changes[..n].iter().any(|other| other.key == change.key);
        let judged = match twice {
            true => Err("it is changed twice at once; say it once".to_owned()),
            false => judge(change, root.get_ref(), ground),
        };
        match judged {
            Ok(edit) => edits.push((edit, change)),
            Err(text) => faults.push(Fault {
                key: change.key.clone(),
                text,
            }),
        }
    }
    if !broken.is_empty() {
        let problems = load::problems(text, path, ground.home, ground.check_keys);
        faults.extend(problems.iter().map(|problem| whole(problem.to_string())));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut new = text.to_owned();
    for (edit, change) in &edits {
        edit.note(&mut wanted);
        let put = splice::put(&new, &edit.place, edit.value.as_deref());
        match put.filter(|new| says(new, &wanted)) {
            Some(put) => new = put,
            None => {
                let text = format!("{} writes it in a way of its own; change it there", path.display());
                let key = change.key.clone();
                return Err(vec![Fault { key, text }]);
            }
        }
    }
    let problems = load::problems(&new, path, ground.home, ground.check_keys);
    if !problems.is_empty() {
        return Err(problems.iter().map(|problem| whole(problem.to_string())).collect());
    }
    let changed = edits
        .iter()
        .filter_map(|(edit, change)| edit.changed(change, &before, &wanted));
    let changed = changed.collect();
    Ok(Edited { text: new, changed })
}

/// A change that can be.
struct Edit {
    place: Place,
    /// As TOML writes it.
    value: Option<String>,
    default: String,
}

impl Edit {
    /// Its place among the values of a file.
    fn path(&self) -> Vec<String> {
        match &self.place {
            Place::Setting(section, key) => vec![(*section).to_owned(), (*key).to_owned()],
            Place::Node(name, key) => vec!["node".to_owned(), name.clone(), (*key).to_owned()],
        }
    }

    /// What shall stand there.
    fn note(&self, values: &mut Values) {
        let Some(value) = &self.value else {
            values.remove(&self.path());
            return;
        };
        if let Place::Node(name, _) = &self.place {
            let own = vec!["node".to_owned(), name.clone(), "name".to_owned()];
            values.insert(own, format!("a text {name}"));
        }
        let line = format!("x = {value}");
        let read = DeTable::parse(&line).ok().and_then(|root| {
            let (_, value) = root.get_ref().iter().next()?;
            Some(scalar(value.get_ref()))
        });
        values.insert(self.path(), read.unwrap_or_default());
    }

    fn changed(&self, change: &Change, before: &Values, after: &Values) -> Option<Changed> {
        let said = |values: &Values| {
            let value = values.get(&self.path())?;
            let value = KINDS.iter().find_map(|kind| value.strip_prefix(kind)).unwrap_or(value);
            // An address may hold a password.
            let is_address = matches!(&self.place, Place::Node(_, "api" | "metrics" | "health"));
            Some(if is_address {
                shown_address(value)
            } else {
                value.to_owned()
            })
        };
        let (before, after) = (said(before), said(after));
        (before != after).then(|| Changed {
            key: change.key.clone(),
            before,
            after,
            default: self.default.clone(),
        })
    }
}

/// All that a text says, by path; nodes by their names.
type Values = BTreeMap<Vec<String>, String>;

const KINDS: [&str; 5] = ["a text ", "a number ", "a decimal number ", "true or false ", "a list "];

fn scalar(value: &DeValue<'_>) -> String {
    let kind = file::what(value);
    match value {
        DeValue::String(text) => format!("{kind} {text}"),
        DeValue::Integer(number) => format!("{kind} {}", number.as_str()),
        DeValue::Float(number) => format!("{kind} {}", number.as_str()),
        DeValue::Boolean(flag) => format!("{kind} {flag}"),
        DeValue::Array(parts) => {
            let parts = parts.iter().map(|part| match part.get_ref() {
                DeValue::String(text) => text.to_string(),
                other => scalar(other),
            });
            format!("{kind} {}", parts.collect::<Vec<_>>().join("+"))
        }
        other => format!("{kind} {other:?}"),
    }
}

fn flat(root: &DeTable<'_>) -> Values {
    fn gather(table: &DeTable<'_>, path: &[String], values: &mut Values) {
        for (key, value) in table {
            let mut path = path.to_vec();
            path.push(key.get_ref().to_string());
            match value.get_ref() {
                DeValue::Table(inner) => gather(inner, &path, values),
                DeValue::Array(parts) if parts.iter().any(|part| matches!(part.get_ref(), DeValue::Table(_))) => {
                    for (n, part) in parts.iter().enumerate() {
                        let DeValue::Table(inner) = part.get_ref() else {
                            continue;
                        };
                        let name = inner.iter().find(|(key, _)| key.get_ref() == "name");
                        let name = name.and_then(|(_, name)| match name.get_ref() {
                            DeValue::String(name) => Some(name.to_string()),
                            _ => None,
                        });
                        let own = name.unwrap_or_else(|| format!("\n{n}"));
                        gather(inner, &[path.as_slice(), &[own]].concat(), values);
                    }
                }
                value => {
                    values.insert(path, scalar(value));
                }
            }
        }
    }
    let mut values = Values::new();
    gather(root, &[], &mut values);
    values
}

/// Whether a text says this and nothing else.
fn says(text: &str, wanted: &Values) -> bool {
    DeTable::parse(text).is_ok_and(|root| flat(root.get_ref()) == *wanted)
}

/// Looks whether a change can be. The error says what is wrong with it.
fn judge(change: &Change, root: &DeTable<'_>, ground: &Ground<'_>) -> Result<Edit, String> {
    let named = names(root);
    match name(&change.key, &named, ground)? {
        Name::Setting(setting) => {
            let value = change.value.as_deref().map(|value| of_setting(setting, value));
            Ok(Edit {
                place: Place::Setting(setting.section, setting.key),
                value: value.transpose()?,
                default: setting.default.to_owned(),
            })
        }
        Name::Node(node, field) => {
            let is_place = field != Field::Tags && !field.is_cost();
            if is_place && !is_read(root, node) && change.value.is_some() {
                return Err(format!(
                    "the file does not say where `{node}` is read from: that is said all at once, in the file; \
                     `storj-monitor config init --print` shows how"
                ));
            }
            let value = change.value.as_deref().map(|value| of_node(field, value));
            Ok(Edit {
                place: Place::Node(node.to_owned(), field.key()),
                value: value.transpose()?,
                default: String::new(),
            })
        }
    }
}

/// Whether the file says where a node is read from. One of which it does not is looked for on the host, and would be
/// no more if a part of that were said.
fn is_read(root: &DeTable<'_>, node: &str) -> bool {
    let values = flat(root);
    let of_node = |path: &&Vec<String>| path.len() == 3 && path[0] == "node" && path[1] == node;
    let mut fields = values.keys().filter(of_node).filter_map(|path| Field::of(&path[2]));
    fields.any(|field| !matches!(field, Field::Name | Field::Tags) && !field.is_cost())
}

/// Nodes the file names.
fn names(root: &DeTable<'_>) -> Vec<String> {
    let values = flat(root);
    let paths = values
        .keys()
        .filter(|path| path.len() == 3 && path[0] == "node" && path[2] == "name");
    paths.map(|path| path[1].clone()).collect()
}

fn name<'a>(key: &'a str, named: &[String], ground: &Ground<'_>) -> Result<Name<'a>, String> {
    if let Some(setting) = SETTINGS.iter().find(|setting| setting.name() == key) {
        return Ok(Name::Setting(setting));
    }
    if let Some((node, field)) = key.strip_prefix("node.").and_then(|rest| rest.rsplit_once('.')) {
        return of_a_node(node, field, named, ground);
    }
    if key == "keys" || key.starts_with("keys.") {
        return Err(
            "keys of the screen are changed in the file, below [keys]; `config keys` lists the actions".to_owned(),
        );
    }
    let own = SETTINGS.iter().map(Setting::name).collect::<Vec<_>>();
    let short = SETTINGS.iter().find(|setting| setting.key == key).map(Setting::name);
    let meant = short.or_else(|| closest(key, own.iter().map(String::as_str)).map(str::to_owned));
    let meant = meant.or_else(|| {
        let section = key.split_once('.').map_or(key, |(section, _)| section);
        let of = |own: &&String| own.split_once('.').is_some_and(|(known, _)| known == section);
        let keys: Vec<_> = own.iter().filter(of).cloned().collect();
        (!keys.is_empty()).then(|| keys.join("`, `"))
    });
    Err(match meant {
        Some(meant) => format!("there is no such setting; did you mean `{meant}`?"),
        None => "there is no such setting; `storj-monitor config show` lists all".to_owned(),
    })
}

fn of_a_node<'a>(node: &'a str, key: &str, named: &[String], ground: &Ground<'_>) -> Result<Name<'a>, String> {
    let known: BTreeSet<&str> = named.iter().chain(ground.others).map(String::as_str).collect();
    if !known.contains(&node) {
        return Err(match closest(node, known.iter().copied()) {
            Some(meant) => format!("there is no node `{node}`; did you mean `{meant}`?"),
            None if known.is_empty() => "there is no node; name it as a [[node]] of the file".to_owned(),
            None => format!(
                "there is no node `{node}`; there are: {}",
                Vec::from_iter(known).join(", ")
            ),
        });
    }
    match Field::of(key) {
        Some(Field::Name) => Err(
            "what was kept of a node is found by its name: `storj-monitor nodes rename` gives it another".to_owned(),
        ),
        Some(field) => Ok(Name::Node(node, field)),
        None => {
            let fields = Field::ALL.map(Field::key);
            Err(match closest(key, fields) {
                Some(meant) => format!("a node has no `{key}`; did you mean `{meant}`?"),
                None => format!("a node has no `{key}`; there are: {}", fields[1..].join(", ")),
            })
        }
    }
}

/// A value as the file writes it.
fn of_setting(setting: &Setting, value: &str) -> Result<String, String> {
    let mut settings = Settings::default();
    let fits = setting.put(&mut settings, Given::Word(value));
    fits.map_err(|is| format!("{is}; it must be {}", setting.wanted()))?;
    Ok(match setting.written("").starts_with('"') {
        true => quoted(value.trim()),
        false => number(&setting.shown(&settings).0),
    })
}

fn of_node(field: Field, value: &str) -> Result<String, String> {
    let value = value.trim();
    let mut node = Node::named("");
    node.put(field, value)?;
    Ok(match field {
        _ if field.is_cost() => match node.cost.of(field).filter(|amount| amount.is_own()) {
            Some(amount) => amount.written(),
            None => number(value),
        },
        Field::Tags => {
            let tags: Vec<String> = node.tags.iter().map(|tag| quoted(tag)).collect();
            format!("[{}]", tags.join(", "))
        }
        _ => quoted(value),
    })
}

/// A number that TOML reads: it wants digits on both sides of the point, and no zeros in front.
fn number(text: &str) -> String {
    if DeTable::parse(&format!("x = {text}")).is_ok() {
        return text.to_owned();
    }
    text.parse::<f64>()
        .map_or_else(|_| text.to_owned(), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(key: &str, value: &str) -> Change {
        Change {
            key: key.to_owned(),
            value: Some(value.to_owned()),
        }
    }

    #[test]
    fn what_another_program_writes_meanwhile_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, "[money]\nfactor = 1\n").unwrap();
        let mut times = 0;
        let changes = [change("money.factor", "0.5")];
        let changed = save_with(&path, &changes, &Ground::default(), &mut || {
            times += 1;
            if times == 1 {
                std::fs::write(&path, "# mine\n[money]\nfactor = 0.75 # rate\n").unwrap();
            }
        });
        assert_eq!(changed.unwrap()[0].before.as_deref(), Some("0.75"));
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!((times, text.as_str()), (2, "# mine\n[money]\nfactor = 0.5 # rate\n"));
        let changes = [change("money.factor", "0.25")];
        let faults = save_with(&path, &changes, &Ground::default(), &mut || {
            times += 1;
            std::fs::write(&path, format!("# {times}\n")).unwrap();
        });
        assert!(matches!(faults, Err(Trouble::Io(error)) if error.to_string().contains("another program")));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "# 7\n");
    }

    #[test]
    fn costs_stay_in_the_currency_they_were_typed_in() {
        let path = Path::new("/etc/config.toml");
        let ground = Ground::default();
        let text = "[money]\ncurrency = \"€\"\nfactor = 0.92\n[[node]]\nname = \"n\"\nkwh_price = 0.3\n";
        let edited = edit(text, path, &[change("node.n.kwh_price", "0.32 €")], &ground).unwrap();
        assert_eq!(edited.text, text.replace("0.3\n", "\"0.32 €\"\n"));
        assert_eq!(edited.changed[0].words(), "0.3 → 0.32 €");
        // Whose currency is taken away it is told of, unless it is changed along.
        let pounds = change("money.currency", "£");
        let faults = edit(&edited.text, path, std::slice::from_ref(&pounds), &ground).unwrap_err();
        assert!(faults[0].text.contains(":6: kwh_price: `0.32 €` is in €"), "{faults:?}");
        let along = [pounds, change("node.n.kwh_price", "£0.28")];
        let edited = edit(&edited.text, path, &along, &ground).unwrap();
        assert!(edited.text.ends_with("kwh_price = \"£0.28\"\n"), "{}", edited.text);
        // What is no amount of dollars is told, though the number may be one of pounds.
        let faults = edit(&edited.text, path, &[change("node.n.kwh_price", "£5000")], &ground).unwrap_err();
        assert!(
            faults[0].text.contains("5435 dollars at money.factor 0.92"),
            "{faults:?}"
        );
    }

    #[test]
    fn numbers_are_written_as_toml_reads_them() {
        for (typed, written) in [
            ("0.92", "0.92"),
            (".5", "0.5"),
            ("7.", "7"),
            ("007", "7"),
            ("1e3", "1e3"),
        ] {
            assert_eq!(of_node(Field::Watts, typed).as_deref(), Ok(written), "{typed}");
        }
        for wrong in ["", "x", "-1", "1e10", "NaN", "inf", "1 # x", "1\n[x]"] {
            assert!(of_node(Field::Watts, wrong).is_err(), "{wrong}");
            assert!(of_node(Field::KwhPrice, wrong).is_err(), "{wrong}");
        }
        assert_eq!(of_node(Field::KwhPrice, " 0.32 € ").as_deref(), Ok("\"0.32 €\""));
    }
}
