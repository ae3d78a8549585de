//! The settings of a node that matter here, from its flags and its environment. Used by all of
//! `discover`.

use std::collections::BTreeMap;

/// The only settings that are ever kept: wallet, e-mail and secrets are none of them.
const KEYS: [&str; 13] = [
    CONFIG_DIR,
    CONSOLE,
    DEBUG,
    LOG_CUSTOM_LEVEL,
    LOG_ENCODING,
    LOG_LEVEL,
    LOG_OUTPUT,
    SERVER,
    SERVER_PRIVATE,
    ALLOCATED,
    STORAGE,
    DATABASES,
    DEDICATED,
];

pub(super) const CONFIG_DIR: &str = "config-dir";
pub(super) const CONSOLE: &str = "console.address";
pub(super) const DEBUG: &str = "debug.addr";
pub(super) const LOG_CUSTOM_LEVEL: &str = "log.custom-level";
pub(super) const LOG_ENCODING: &str = "log.encoding";
pub(super) const LOG_LEVEL: &str = "log.level";
pub(super) const LOG_OUTPUT: &str = "log.output";
pub(super) const SERVER: &str = "server.address";
pub(super) const SERVER_PRIVATE: &str = "server.private-address";
pub(super) const ALLOCATED: &str = "storage.allocated-disk-space";
pub(super) const STORAGE: &str = "storage.path";
pub(super) const DATABASES: &str = "storage2.database-dir";
pub(super) const DEDICATED: &str = "storage2.monitor.dedicated-disk";

/// Longest value that is kept.
const LONGEST: usize = 4096;

/// Settings by their key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<&'static str, String>);

impl Settings {
    /// The value of a key, if it is set.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Keeps a value if its key is one of ours. Control characters belong into none of them.
    pub(super) fn keep(&mut self, key: &str, value: &str) {
        let Some(key) = KEYS.iter().find(|known| key.eq_ignore_ascii_case(known)) else {
            return;
        };
        if value.len() <= LONGEST && !value.chars().any(char::is_control) {
            self.0.insert(*key, value.to_owned());
        }
    }

    /// Keeps a value where there is none yet.
    pub(super) fn keep_default(&mut self, key: &str, value: &str) {
        if self.value(key).is_none() {
            self.keep(key, value);
        }
    }

    /// From the variables `STORJ_…`; all others are passed over.
    pub(super) fn from_env<'a>(variables: impl Iterator<Item = &'a str>) -> Self {
        let mut settings = Self::default();
        for (name, value) in variables.filter_map(|variable| variable.split_once('=')) {
            let Some(name) = name.strip_prefix("STORJ_") else {
                continue;
            };
            if let Some(key) = KEYS.iter().find(|key| name == variable_of(key)) {
                settings.keep(key, value);
            }
        }
        settings
    }

    /// From flags: `--key value` and `--key=value`; the last one counts.
    pub(super) fn from_flags(words: &[String]) -> Self {
        let mut settings = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let Some(flag) = word.strip_prefix("--") else {
                continue;
            };
            match flag.split_once('=') {
                Some((key, value)) => settings.keep(key, value),
                None if flag == DEDICATED => settings.keep(flag, "true"),
                None if KEYS.contains(&flag) => settings.keep(flag, words.next().map_or("", String::as_str)),
                None => {}
            }
        }
        settings
    }
}

fn variable_of(key: &str) -> String {
    key.to_ascii_uppercase().replace(['.', '-'], "_")
}

/// The flags of `storagenode run`; `None` for any other command.
pub(super) fn node_flags(words: &[String]) -> Option<Settings> {
    let (program, rest) = words.split_first()?;
    if !is_node_program(program) || !rest.iter().any(|word| word == "run") {
        return None;
    }
    Some(Settings::from_flags(rest))
}

/// Whether the file name of a program is the node's.
pub(super) fn is_node_program(program: &str) -> bool {
    let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
    name == "storagenode" || name == "storagenode.exe"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn only_a_running_node_counts_and_the_last_flag_wins() {
        let line = "/usr/bin/storagenode run --config-dir /srv/node --console.address=:14003 \
                    --operator.wallet=0x00 --storage2.monitor.dedicated-disk --log.level info --log.level=debug";
        let flags = node_flags(&words(line)).unwrap();
        assert_eq!(flags.value(CONFIG_DIR), Some("/srv/node"));
        assert_eq!(flags.value(CONSOLE), Some(":14003"));
        assert_eq!(flags.value(LOG_LEVEL), Some("debug"));
        assert_eq!(flags.value(DEDICATED), Some("true"));
        assert!(!format!("{flags:?}").contains("0x00"));
        for other in [
            "storagenode-updater run",
            "storagenode dashboard",
            "storagenode used-space-filewalker --storage /srv",
            "vi storagenode run",
        ] {
            assert!(node_flags(&words(other)).is_none(), "{other}");
        }
    }

    #[test]
    fn of_the_environment_only_known_keys_are_kept() {
        let all = [
            "STORJ_LOG_CUSTOM_LEVEL=piecestore=FATAL",
            "STORJ_OPERATOR_EMAIL=me@example.com",
            "STORJ_DEBUG_ADDR=127.0.0.1:5998",
            "STORAGE=2TB",
            "STORJ_LOG_LEVEL=in\x1bfo",
        ];
        let env = Settings::from_env(all.into_iter());
        assert_eq!(env.value(LOG_CUSTOM_LEVEL), Some("piecestore=FATAL"));
        assert_eq!(env.value(DEBUG), Some("127.0.0.1:5998"));
        assert_eq!(env.0.len(), 2);
    }
}
