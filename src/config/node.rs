//! A node as it is named on the command line: `NAME=SOURCE[,api=URL][,data=DIR][,metrics=URL]`.

use std::path::PathBuf;

/// Where a node's log comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogSource {
    /// A file; its rotated predecessors are found.
    File(PathBuf),
    /// The node has no log here.
    None,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its log.
    pub log: LogSource,
    /// Base address of its API.
    pub api: Option<String>,
    /// Its data folder.
    pub data: Option<PathBuf>,
    /// Address of its debug endpoint.
    pub metrics: Option<String>,
}

/// Why a name cannot be a node's: 1 to 64 characters, none of space, control, `=`, `,`, `/`, `"`.
pub fn check_name(name: &str) -> Result<(), String> {
    let fits = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '=' | ',' | '/' | '"');
    if name.is_empty() || name.chars().count() > 64 || !name.chars().all(fits) {
        return Err(format!(
            "`{name}`: a node's name has 1 to 64 characters, no spaces and none of = , / \""
        ));
    }
    Ok(())
}

impl std::str::FromStr for Node {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, rest) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}`: a node is NAME=SOURCE, as home=/var/log/storagenode/node.log"))?;
        check_name(name)?;
        let mut parts = rest.split(',');
        let mut node = Self {
            name: name.to_owned(),
            log: log_source(parts.next().unwrap_or_default())?,
            api: None,
            data: None,
            metrics: None,
        };
        for part in parts {
            match part.split_once('=') {
                Some(("api", url)) => node.api = Some(url.to_owned()),
                Some(("data", dir)) => node.data = Some(dir.into()),
                Some(("metrics", url)) => node.metrics = Some(url.to_owned()),
                _ => {
                    return Err(format!(
                        "`{part}`: after the source come api=URL, data=DIR, metrics=URL"
                    ));
                }
            }
        }
        Ok(node)
    }
}

fn log_source(text: &str) -> Result<LogSource, String> {
    const LATER: [&str; 4] = ["ssh://", "tcp://", "docker:", "journald:"];
    match text {
        "none" => Ok(LogSource::None),
        "" => Err("the source is empty: give the path of the node's log, or none".to_owned()),
        "-" => Err("standard input cannot be followed; `ingest NAME -` reads it".to_owned()),
        _ => match LATER.iter().find(|scheme| text.starts_with(*scheme)) {
            Some(scheme) => Err(format!(
                "`{text}`: sources of kind {scheme} are not built yet; give a path, or pipe the log into `ingest NAME -`"
            )),
            None => Ok(LogSource::File(text.into())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_read_and_mistakes_are_named() {
        let node: Node = "home=/var/log/node.log,api=http://127.0.0.1:14002,data=/mnt/storagenode"
            .parse()
            .unwrap();
        assert_eq!(node.log, LogSource::File("/var/log/node.log".into()));
        assert_eq!(node.api.as_deref(), Some("http://127.0.0.1:14002"));
        assert_eq!("x=none".parse::<Node>().unwrap().log, LogSource::None);
        for wrong in ["home", "a b=/x", "=x", "x=", "x=-", "x=/log,port=3", "x=ssh://host/log"] {
            assert!(wrong.parse::<Node>().is_err(), "{wrong}");
        }
    }
}
