//! The host that is looked at, and how its files are read: bounded, regular files only, never
//! written. Used by all of `discover`.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::docker::{Docker, DockerCommand};

/// Where to look.
pub struct Host {
    /// What stands for `/`: another folder makes a host of it.
    pub root: PathBuf,
    /// Who knows the containers.
    pub docker: Box<dyn Docker>,
}

impl Host {
    /// The host this runs on.
    pub fn here() -> Self {
        Self {
            root: PathBuf::from("/"),
            docker: Box::new(DockerCommand::default()),
        }
    }

    /// Where a path of the host is to be opened.
    pub(super) fn at(&self, path: &Path) -> PathBuf {
        if matches!(path.components().next(), Some(Component::Prefix(_))) {
            return path.to_owned();
        }
        let inner = path
            .components()
            .filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
        self.root.join(inner.collect::<PathBuf>())
    }

    /// The bytes of a regular file of at most `most` bytes.
    pub(super) fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let bytes = self.read_start(path, most + 1)?;
        if bytes.len() as u64 > most {
            return Err(io::Error::other(format!("it is larger than {most} bytes")));
        }
        Ok(bytes)
    }

    /// The first bytes of a regular file. A pipe or device is not opened: it might never answer.
    pub(super) fn read_start(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let path = self.at(path);
        if !fs::metadata(&path)?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The names in a folder, in order; none when it cannot be read.
    pub(super) fn names(&self, dir: &Path) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.at(dir)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort_unstable();
        names
    }

    /// What a link points at, as it is written there.
    pub(super) fn link(&self, path: &Path) -> io::Result<PathBuf> {
        fs::read_link(self.at(path))
    }

    /// Whether there is a regular file.
    pub(super) fn is_file(&self, path: &Path) -> bool {
        fs::metadata(self.at(path)).is_ok_and(|meta| meta.is_file())
    }

    /// One name for all names of a path, links followed; the path itself where that fails.
    pub(super) fn canonical(&self, path: &Path) -> PathBuf {
        let real = || -> io::Result<PathBuf> {
            let root = fs::canonicalize(&self.root)?;
            let real = fs::canonicalize(self.at(path))?;
            let inner = real.strip_prefix(&root).map_err(io::Error::other)?;
            Ok(Path::new("/").join(inner))
        };
        real().unwrap_or_else(|_| normal(path))
    }
}

/// A path without `.` and `..`, by its text alone.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            _ => normal.push(part),
        }
    }
    normal
}

/// An error as part of a sentence.
pub(super) fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it is not there".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
