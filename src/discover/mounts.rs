//! Paths of a container as paths of the host. Used by `discover`.

use std::path::{Path, PathBuf};

use super::host::normal;

/// How the paths of a process or container lie on the host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Space {
    /// They are the host's.
    #[default]
    Same,
    /// Each mount point inside, and what is mounted there; `None` when the host does not see it.
    Mounts(Vec<(PathBuf, Option<PathBuf>)>),
    /// They are other paths, and nobody tells which.
    Unknown,
}

impl Space {
    /// The path on the host.
    pub fn outside(&self, path: &Path) -> Option<PathBuf> {
        let path = normal(path);
        let mounts = match self {
            Self::Same => return Some(path),
            Self::Unknown => return None,
            Self::Mounts(mounts) => mounts,
        };
        let holds = mounts.iter().filter(|(inside, _)| path.starts_with(inside));
        let (inside, outside) = holds.max_by_key(|(inside, _)| inside.components().count())?;
        let rest = path.strip_prefix(inside).ok()?;
        // Joining nothing adds a slash, which `normal` takes away again.
        Some(normal(&outside.as_ref()?.join(rest)))
    }

    /// From the `mountinfo` of a process and that of the host.
    pub fn of(theirs: &str, ours: &str) -> Self {
        if theirs == ours {
            return Self::Same;
        }
        let ours: Vec<Mount> = ours.lines().filter_map(Mount::parse).collect();
        let theirs = theirs.lines().filter_map(Mount::parse);
        Self::Mounts(
            theirs
                .map(|mount| (mount.point.clone(), mount.on_host(&ours)))
                .collect(),
        )
    }
}

struct Mount {
    device: String,
    root: PathBuf,
    point: PathBuf,
}

impl Mount {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split(' ').skip(2);
        Some(Self {
            device: fields.next()?.to_owned(),
            root: unescaped(fields.next()?),
            point: unescaped(fields.next()?),
        })
    }

    /// Where the host mounts what is mounted here: at the same place if it does so there too.
    fn on_host(&self, ours: &[Self]) -> Option<PathBuf> {
        let holds = |mount: &&Self| mount.device == self.device && self.root.starts_with(&mount.root);
        let mount = ours
            .iter()
            .filter(holds)
            .max_by_key(|mount| (mount.point == self.point, mount.root.components().count()))?;
        Some(mount.point.join(self.root.strip_prefix(&mount.root).ok()?))
    }
}

/// A path with its spaces, tabs, newlines and backslashes: the kernel writes them as octals.
fn unescaped(text: &str) -> PathBuf {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    let plain = |text: String, (from, to): (&str, &str)| text.replace(from, to);
    escapes.into_iter().fold(text.to_owned(), plain).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_containers_paths_are_found_on_the_host() {
        let ours = "22 1 8:2 / / rw - ext4 /dev/sda2 rw\n23 22 8:17 / /mnt/big\\040disk rw - ext4 /dev/sdb1 rw\n\
                    24 22 0:50 / /var/lib/docker/overlay2/ab/merged rw - overlay overlay rw\n";
        let theirs = "90 1 0:50 / / rw - overlay overlay rw\n91 90 8:17 /storj /app/config rw - ext4 /dev/sdb1 rw\n\
                      92 90 8:2 /root/id /app/identity rw - ext4 /dev/sda2 rw\n93 90 0:77 / /tmp rw - tmpfs tmpfs rw\n";
        let space = Space::of(theirs, ours);
        let cases = [
            ("/app/config", Some("/mnt/big disk/storj")),
            ("/app/config/../config/node.log", Some("/mnt/big disk/storj/node.log")),
            ("/app/identity/x", Some("/root/id/x")),
            ("/app/x", Some("/var/lib/docker/overlay2/ab/merged/app/x")),
            ("/tmp/x", None),
        ];
        for (inside, outside) in cases {
            assert_eq!(space.outside(Path::new(inside)), outside.map(PathBuf::from), "{inside}");
        }
        assert_eq!(Space::of(ours, ours), Space::Same);
    }
}
