//! Where a node's log goes, and whether it can be read there. Used by `discover`.

use std::fs::File;
use std::path::Path;

use super::LogFound;
use super::case::Case;
use super::docker::Container;
use super::host::{Host, why};
use super::settings::LOG_OUTPUT;
use super::sighting::{Sighting, Stream};

impl Case<'_> {
    /// Its log, by its settings, then by where its output is seen to go.
    pub(super) fn log(&mut self) -> Option<LogFound> {
        match self.setting(LOG_OUTPUT).map(str::to_owned).as_deref() {
            None | Some("stderr") => self.output(|seen| &seen.stderr),
            Some("stdout") => self.output(|seen| &seen.stdout),
            Some(path) => self.set_file(path),
        }
    }

    fn set_file(&mut self, text: &str) -> Option<LogFound> {
        if let Some(path) = self.path(text) {
            return Some(self.file(&path));
        }
        self.notes.push(format!(
            "log.output {text} lies in no folder of this host that is known; set it to a file in a mounted folder, as /app/config/node.log"
        ));
        None
    }

    /// The log of a node that writes to an output.
    fn output(&mut self, which: impl Fn(&Sighting) -> &Stream) -> Option<LogFound> {
        let group = self.group;
        let stream = group.first(|seen| Some(which(seen)).filter(|stream| **stream != Stream::Unknown));
        if let Some(Stream::File(path)) = stream {
            let outside = group.outside(path);
            return outside.map(|path| self.file(&path));
        }
        if let Some(docker) = group.docker() {
            return self.container_log(docker);
        }
        let unit = group.first(|seen| seen.unit.as_deref());
        match (stream, unit) {
            (Some(Stream::Nowhere), _) => {
                self.notes.push(format!("its log goes to /dev/null; {SET_OUTPUT}"));
                None
            }
            (None | Some(Stream::Journal), Some(unit)) => Some(self.journal(unit)),
            _ => {
                self.unseen_log(stream);
                None
            }
        }
    }

    /// Why its log is not known, and what to do.
    fn unseen_log(&mut self, stream: Option<&Stream>) {
        let contained = self.group.contained();
        let note = match (&self.around.docker, stream) {
            (Some(docker), _) if contained => {
                format!(
                    "its log goes to its container and docker does not tell where ({docker}); run as root or as a user of docker, or {SET_OUTPUT}"
                )
            }
            (None, _) if contained => {
                format!("its log goes to its container, which docker does not know; {SET_OUTPUT}")
            }
            (_, None) => {
                format!("where its log goes cannot be told; run as root or as the node's user, or {SET_OUTPUT}")
            }
            _ => format!("its log goes to a terminal or another program; {SET_OUTPUT}"),
        };
        self.notes.push(note);
    }

    fn container_log(&mut self, docker: &Container) -> Option<LogFound> {
        if docker.driver == "none" {
            self.notes.push(format!(
                "docker keeps no log of container {} (log driver none); {SET_OUTPUT}",
                docker.name
            ));
            return None;
        }
        if let Some(path) = docker.log_path.as_deref() {
            match readable(self.around.host, path) {
                Ok(()) => return Some(self.file(path)),
                Err(error) => self.notes.push(format!(
                    "its log is docker's file {} and cannot be read ({error}); run as root, or {SET_OUTPUT}",
                    path.display()
                )),
            }
        }
        // Docker told of the container, so it tells its log too.
        Some(LogFound {
            spec: format!("docker:{}", docker.name),
            readable: Ok(()),
            followable: false,
        })
    }

    fn file(&mut self, path: &Path) -> LogFound {
        let readable = readable(self.around.host, path);
        if let Err(error) = &readable {
            self.notes
                .push(format!("its log {} cannot be read: {error}", path.display()));
        }
        LogFound {
            spec: path.display().to_string(),
            readable,
            followable: true,
        }
    }

    fn journal(&mut self, unit: &str) -> LogFound {
        let host = self.around.host;
        let folders = ["/var/log/journal", "/run/log/journal"].map(Path::new);
        let machines = folders
            .iter()
            .flat_map(|dir| host.names(dir).into_iter().map(|name| dir.join(name)));
        let open = machines
            .into_iter()
            .any(|dir| readable(host, &dir.join("system.journal")).is_ok());
        if !open {
            self.notes.push(format!("its log goes to the journal; {CLOSED}"));
        }
        LogFound {
            spec: format!("journald:{unit}"),
            readable: if open { Ok(()) } else { Err(CLOSED.to_owned()) },
            followable: false,
        }
    }
}

const SET_OUTPUT: &str = "set log.output in config.yaml to a file";
const CLOSED: &str = "the journal cannot be read; run as root or as a member of group systemd-journal";

fn readable(host: &Host, path: &Path) -> Result<(), String> {
    // Looked at before it is opened: a pipe might never answer.
    let whole = host.at(path);
    let meta = std::fs::metadata(&whole).map_err(|error| why(&error))?;
    if !meta.is_file() {
        return Err("it is no file".to_owned());
    }
    File::open(whole).map(drop).map_err(|error| why(&error))
}
