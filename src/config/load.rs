//! File, environment and flags become one configuration, each value with its origin; called by the commands.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::cost::{self, Amount};
use super::file;
use super::node::{Field, Folders, LogSource, Node};
use super::problem::{Origin, Problem, Problems, closest};
use super::setting::{Given, SETTINGS, Settings};
use super::{ENV, address};
use crate::domain::setting::{self as told, Teller};

/// What a configuration is made of.
#[derive(Debug, Default, Clone)]
pub struct Inputs {
    /// The file that was named: it must be there, and nothing is discovered on the host.
    pub named: Option<PathBuf>,
    /// The file that is read when none was named; it may be absent.
    pub usual: Option<PathBuf>,
    /// The environment's variables; those of other programs are passed over.
    pub env: BTreeMap<String, OsString>,
    /// What `--node` said.
    pub nodes: Vec<String>,
    /// Settings that have a flag: name, flag, value.
    pub flags: Vec<(&'static str, &'static str, String)>,
    /// The folder `~` means.
    pub home: Option<PathBuf>,
    /// Says what is wrong with keys of the screen (actions and their keys): the place of the entry, what, what to do.
    /// Without it they are taken as they are.
    pub check_keys: Option<CheckKeys>,
}

/// See [`Inputs::check_keys`].
pub type CheckKeys = fn(&[(String, Vec<String>)]) -> Vec<(usize, String, String)>;

/// A value as it is shown; addresses have no password.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// `poll.every_s`, `node.home.api`.
    pub key: String,
    /// For people.
    pub text: String,
    /// For scripts.
    pub json: Json,
    /// Who said so.
    pub origin: Origin,
}

/// What the program goes by.
#[derive(Debug, Clone)]
pub struct Config {
    /// The settings.
    pub settings: Settings,
    /// The nodes, in the order they were first named.
    pub nodes: Vec<Node>,
    /// Those of which only is said what they cost, and that are no nodes: whoever looks for nodes finds out.
    pub unwatched: Vec<Node>,
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// Whether the file was named, so that nothing is to be discovered on the host.
    pub named: bool,
    /// What looks wrong, but stops nothing.
    pub warnings: Vec<Problem>,
    /// Every value there is.
    pub values: Vec<Shown>,
    /// Keys of the screen, as they stand in the file: whoever knows the actions has to check them.
    pub keys: Vec<Keys>,
}

/// Keys that an action of the screen is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The action's name.
    pub action: String,
    /// Its keys; none turn it off.
    pub keys: Vec<String>,
    /// Where that is said.
    pub origin: Origin,
}

/// A node on its way.
pub(super) struct Entry {
    pub(super) node: Node,
    pub(super) origin: Origin,
    /// Of what was said of it.
    pub(super) fields: Vec<(Field, Origin)>,
}

/// A configuration on its way.
pub(super) struct Draft {
    settings: Settings,
    origins: Vec<Origin>,
    nodes: Vec<Entry>,
    pub(super) keys: Vec<Keys>,
    pub(super) problems: Vec<Problem>,
}

impl Draft {
    pub(super) fn new() -> Self {
        Self {
            settings: Settings::default(),
            origins: vec![Origin::Default; SETTINGS.len()],
            nodes: Vec::new(),
            keys: Vec::new(),
            problems: Vec::new(),
        }
    }

    pub(super) fn problem(&mut self, at: Origin, what: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::new(at, what, hint));
    }

    /// A currency without its rate: dollars would be shown as that.
    fn no_rate(&self) -> Option<Problem> {
        let origin = |key: &str| {
            let mut all = SETTINGS.iter().zip(&self.origins);
            all.find(|(setting, _)| setting.name() == key)
                .map_or(Origin::Default, |(_, origin)| origin.clone())
        };
        let currency = &self.settings.currency;
        let is_dollars = ["", "$", "USD"].contains(&currency.as_str());
        (!is_dollars && origin("money.factor") == Origin::Default).then(|| {
            let what = format!("money.currency is `{currency}` without money.factor: dollars are shown as {currency}");
            let hint = format!("say what a dollar is in {currency}, as money.factor = 0.92");
            Problem::new(origin("money.currency"), what, hint)
        })
    }

    /// Keeps a setting by its place in the table.
    pub(super) fn setting(&mut self, place: usize, given: Given<'_>, origin: Origin) {
        let Some((setting, known)) = SETTINGS.get(place).zip(self.origins.get_mut(place)) else {
            return;
        };
        match setting.put(&mut self.settings, given) {
            Ok(()) => *known = origin,
            Err(is) => {
                let what = format!("{} {is}", setting.name());
                self.problem(origin, what, format!("it must be {}", setting.wanted()));
            }
        }
    }

    /// Keeps a node; one of the same name from an earlier origin makes way.
    pub(super) fn node(&mut self, entry: Entry) {
        let kind = |origin: &Origin| std::mem::discriminant(origin);
        match self.nodes.iter_mut().find(|known| known.node.name == entry.node.name) {
            Some(known) if kind(&known.origin) == kind(&entry.origin) => {
                let first = match &known.origin {
                    Origin::File(_, Some(line)) => format!(" (first in line {line})"),
                    _ => String::new(),
                };
                let what = format!("the node `{}` is named twice{first}", entry.node.name);
                self.problem(entry.origin, what, "give each its own name");
            }
            Some(known) => {
                // Neither the environment nor a flag can say what a node costs.
                let cost = std::mem::take(&mut known.node.cost);
                let said = known.fields.iter().filter(|(field, _)| field.is_cost()).cloned();
                let said: Vec<_> = said.collect();
                *known = entry;
                known.node.cost = cost;
                known.fields.retain(|(field, _)| !field.is_cost());
                known.fields.extend(said);
            }
            None => self.nodes.push(entry),
        }
    }

    fn spec(&mut self, spec: &str, origin: &Origin, home: Option<&Path>) {
        let folders = Folders { base: None, home };
        let node = spec.parse::<Node>().and_then(|mut node| {
            Field::ALL
                .into_iter()
                .try_for_each(|field| node.settle(field, &folders))?;
            Ok(node)
        });
        match node {
            Ok(node) => {
                let fields = Field::ALL.map(|field| (field, origin.clone())).to_vec();
                let origin = origin.clone();
                self.node(Entry { node, origin, fields });
            }
            Err(what) => self.problem(origin.clone(), what, ""),
        }
    }

    /// Paths of the file begin at its folder, others where the program runs.
    fn settle(&mut self, inputs: &Inputs, file: Option<&Path>) {
        for (setting, origin) in SETTINGS.iter().zip(self.origins.clone()) {
            let base = matches!(origin, Origin::File(..)).then(|| file.and_then(Path::parent));
            let folders = Folders {
                base: base.flatten(),
                home: inputs.home.as_deref(),
            };
            if let Err(what) = setting.settle(&mut self.settings, &folders) {
                self.problem(origin, format!("{} {what}", setting.name()), "");
            }
        }
    }

    fn check_keys(&mut self, check: Option<CheckKeys>) {
        let keys: Vec<_> = self
            .keys
            .iter()
            .map(|keys| (keys.action.clone(), keys.keys.clone()))
            .collect();
        for (place, what, hint) in check.map_or(Vec::new(), |check| check(&keys)) {
            if let Some(origin) = self.keys.get(place).map(|keys| keys.origin.clone()) {
                self.problem(origin, what, hint);
            }
        }
    }

    fn env(&mut self, inputs: &Inputs) {
        let word = |draft: &mut Self, name: String| {
            let value = inputs.env.get(&name).filter(|value| !value.is_empty())?;
            match value.to_str() {
                Some(word) => Some((word.to_owned(), Origin::Env(name))),
                None => {
                    draft.problem(Origin::Env(name), "the value is not UTF-8", "");
                    None
                }
            }
        };
        for (place, setting) in SETTINGS.iter().enumerate() {
            if let Some((text, origin)) = word(self, setting.env()) {
                self.setting(place, Given::Word(&text), origin);
            }
        }
        if let Some((text, origin)) = word(self, format!("{ENV}NODES")) {
            let specs = text.split(['\n', ';']).map(str::trim).filter(|spec| !spec.is_empty());
            specs.for_each(|spec| self.spec(spec, &origin, inputs.home.as_deref()));
        }
    }

    fn flags(&mut self, inputs: &Inputs) {
        for (name, flag, text) in &inputs.flags {
            let place = SETTINGS.iter().position(|setting| setting.name() == *name);
            if let Some(place) = place {
                self.setting(place, Given::Word(text), Origin::Flag(flag));
            }
        }
        for spec in &inputs.nodes {
            self.spec(spec, &Origin::Flag("--node"), inputs.home.as_deref());
        }
    }
}

/// Makes the configuration. Reads the file, and nothing else of the host; the error is all that is wrong.
pub fn load(inputs: &Inputs) -> Result<Config, Problems> {
    let mut draft = Draft::new();
    let named = inputs.named.is_some();
    let path = inputs.named.as_ref().or(inputs.usual.as_ref());
    let mut read = None;
    if let Some(path) = path {
        match file::text(path, named) {
            Ok(Some(text)) => {
                file::apply(&text, path, inputs.home.as_deref(), &mut draft);
                read = Some(path.clone());
            }
            Ok(None) => {}
            Err(problem) => draft.problems.push(problem),
        }
    }
    draft.env(inputs);
    draft.flags(inputs);
    draft.settle(inputs, path.map(PathBuf::as_path));
    draft.check_keys(inputs.check_keys);
    let (wrong, mut warnings) = cost::judge(&draft.nodes, &draft.settings);
    draft.problems.extend(wrong);
    warnings.extend(draft.no_rate());
    warnings.extend(unknown_variables(&inputs.env));
    if !draft.problems.is_empty() {
        return Err(Problems(draft.problems));
    }
    Ok(Config {
        values: shown(&draft),
        keys: std::mem::take(&mut draft.keys),
        settings: draft.settings,
        nodes: draft.nodes.into_iter().map(|entry| entry.node).collect(),
        unwatched: Vec::new(),
        file: read,
        named,
        warnings,
    })
}

/// All that is wrong with the text of a file by itself.
pub(super) fn problems(text: &str, path: &Path, home: Option<&Path>, check: Option<CheckKeys>) -> Vec<Problem> {
    let mut draft = Draft::new();
    file::apply(text, path, home, &mut draft);
    let inputs = Inputs {
        home: home.map(Path::to_owned),
        ..Inputs::default()
    };
    draft.settle(&inputs, Some(path));
    draft.check_keys(check);
    draft.problems.extend(cost::judge(&draft.nodes, &draft.settings).0);
    draft.problems
}

impl Config {
    /// A setting as viewers see it; `None`: there is none of this name.
    pub fn setting(&self, key: &str) -> Option<told::Setting> {
        let shown = self.values.iter().find(|value| value.key == key);
        let mut told = match SETTINGS.iter().find(|setting| setting.name() == key) {
            Some(setting) => told::Setting {
                default: setting.default.to_owned(),
                wanted: setting.wanted(),
                help: setting.help.to_owned(),
                unit: setting.unit().to_owned(),
                taken: setting.taken(),
                ..told::Setting::default()
            },
            None => {
                let (_, field) = key.strip_prefix("node.")?.rsplit_once('.')?;
                let field = Field::of(field)?;
                told::Setting {
                    wanted: field.wanted(),
                    help: field.help().to_owned(),
                    unit: field.unit().to_owned(),
                    ..told::Setting::default()
                }
            }
        };
        key.clone_into(&mut told.key);
        if let Some(shown) = shown {
            told.value = match &shown.json {
                Json::Null => String::new(),
                // 8, not 8.0.
                Json::Number(number) if number.is_f64() => number.as_f64().unwrap_or_default().to_string(),
                Json::Array(all) => all.iter().map(words).collect::<Vec<_>>().join("+"),
                _ => shown.text.clone(),
            };
            told.teller = match &shown.origin {
                Origin::Default => Teller::Default,
                Origin::File(_, line) => Teller::File(*line),
                Origin::Env(name) => Teller::Env(name.clone()),
                Origin::Flag(name) => Teller::Flag((*name).to_owned()),
            };
        }
        Some(told)
    }

    /// Whether it is not said where a node is read from, but perhaps what it costs: one of this name is looked for.
    pub fn is_looked_for(&self, node: &Node) -> bool {
        let silent = node.log == LogSource::None && self.origin(&format!("node.{}.log", node.name)) == Origin::Default;
        let addresses = [&node.api, &node.metrics, &node.health];
        silent && node.data.is_none() && addresses.iter().all(|address| address.is_none())
    }

    /// Where a value comes from.
    pub fn origin(&self, key: &str) -> Origin {
        let value = self.values.iter().find(|value| value.key == key);
        value.map_or(Origin::Default, |value| value.origin.clone())
    }
}

fn shown(draft: &Draft) -> Vec<Shown> {
    let settings = SETTINGS.iter().zip(&draft.origins).map(|(setting, origin)| {
        let (text, json) = setting.shown(&draft.settings);
        let (key, origin) = (setting.name(), origin.clone());
        Shown {
            key,
            text,
            json,
            origin,
        }
    });
    let fields = |entry: &Entry| {
        let one = |field: &Field| {
            let json = field_value(&entry.node, *field)?;
            let unsaid = json.is_null() || json == Json::Array(Vec::new());
            let said = entry.fields.iter().find(|(said, _)| said == field);
            let origin = said.filter(|_| !unsaid).map(|(_, origin)| origin.clone());
            // Who names a node beside the file says all of it but its cost, by silence too.
            let whole = matches!(entry.origin, Origin::Env(_) | Origin::Flag(_)) && !field.is_cost();
            let origin = origin.or_else(|| whole.then(|| entry.origin.clone()));
            Some(Shown {
                key: format!("node.{}.{}", entry.node.name, field.key()),
                text: words(&json),
                json,
                origin: origin.unwrap_or(Origin::Default),
            })
        };
        Field::ALL.iter().filter_map(one).collect::<Vec<_>>()
    };
    let keys = draft.keys.iter().map(|keys| Shown {
        key: format!("keys.{}", keys.action),
        text: keys.keys.join(", "),
        json: keys.keys.clone().into(),
        origin: keys.origin.clone(),
    });
    settings
        .chain(draft.nodes.iter().flat_map(fields))
        .chain(keys)
        .collect()
}

/// A field as it is shown, null when nothing was said; the name is in the key already.
fn field_value(node: &Node, field: Field) -> Option<Json> {
    let path = |path: &Path| path.display().to_string();
    let masked = |url: &Option<String>| url.as_deref().map(address::masked).into();
    Some(match field {
        Field::Name => return None,
        Field::Log => match &node.log {
            LogSource::File(file) => path(file).into(),
            LogSource::None => "none".into(),
        },
        Field::Api => masked(&node.api),
        Field::Data => node.data.as_deref().map(path).into(),
        Field::Metrics => masked(&node.metrics),
        Field::Health => masked(&node.health),
        Field::Tags => node.tags.clone().into(),
        cost => node.cost.of(cost).map_or(Json::Null, Amount::json),
    })
}

fn words(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Array(all) if !all.is_empty() => all.iter().map(words).collect::<Vec<_>>().join(", "),
        _ => "-".to_owned(),
    }
}

/// Variables that look like ours and are not.
fn unknown_variables(env: &BTreeMap<String, OsString>) -> Vec<Problem> {
    let settings = SETTINGS.iter().map(super::setting::Setting::env);
    let others = ["DATA_DIR", "CONFIG", "NOW", "NODES", "ROOT"].map(|name| format!("{ENV}{name}"));
    let known: Vec<String> = settings.chain(others).collect();
    let ours = |name: &&String| {
        let rest = name.strip_prefix(ENV);
        rest.is_some_and(|rest| rest != "CORPUS" && !rest.starts_with("TEST")) && !known.contains(name)
    };
    let warn = |name: &String| {
        let short = |name: &'_ str| name.get(ENV.len()..).unwrap_or_default().to_owned();
        let names: Vec<String> = known.iter().map(|name| short(name)).collect();
        let hint = match closest(&short(name), names.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{ENV}{meant}`?"),
            None => format!("there are {ENV} and: {}", names.join(", ")),
        };
        Problem::new(Origin::Env(name.clone()), "no such variable is known", hint)
    };
    env.keys().filter(ours).map(warn).collect()
}

#[cfg(test)]
mod tests;
