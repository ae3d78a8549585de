//! The disks of this host that nodes' data lie on: looked at by `around`'s thread. `/proc` answers at once; whatever
//! touches the disk itself is asked in threads of their own, for a broken disk answers never.

pub mod mounts;
pub mod smart;
pub mod stats;

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use super::around::Host;
use crate::domain::host::{DiskLook, Load, Room, Smart};

/// A disk that works says within this time how much is free.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a disk is asked about its health.
const SMART_EVERY: Duration = Duration::from_secs(1800);

/// Looks at the disks of folders, again and again.
pub struct Disks {
    proc: PathBuf,
    sys: PathBuf,
    dev: PathBuf,
    probes: Vec<Probe>,
    before: Option<(Instant, Vec<stats::Stat>)>,
    smart: Option<HashMap<String, Ask>>,
}

/// A folder and the thread that touches it.
struct Probe {
    folder: PathBuf,
    asks: SyncSender<()>,
    answers: Receiver<Touch>,
    /// Asked, and no answer so far.
    waits: bool,
    last: Option<Touch>,
}

/// What touching a folder gave: its real path and the room, or what is wrong.
type Touch = Result<(PathBuf, Room), String>;

/// A disk that is asked about its health.
struct Ask {
    asked: Instant,
    answer: Receiver<Result<Smart, String>>,
    /// No answer so far.
    waits: bool,
}

impl Disks {
    /// Looks at these folders on a host.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn new(folders: impl IntoIterator<Item = PathBuf>, host: &Host) -> std::io::Result<Self> {
        let mut probes = Vec::new();
        for folder in folders {
            probes.push(Probe::start(folder)?);
        }
        Ok(Self {
            proc: host.root.join("proc"),
            sys: host.root.join("sys"),
            dev: host.root.join("dev"),
            probes,
            before: None,
            smart: host.smart.then(HashMap::new),
        })
    }

    /// A look at each folder, in their order: its disk, or why that is not known.
    pub fn look(&mut self) -> Vec<Result<DiskLook, String>> {
        let mounts = std::fs::read(self.proc.join("self/mountinfo")).map(|text| mounts::parse(&text));
        let text = std::fs::read_to_string(self.proc.join("diskstats")).unwrap_or_default();
        let (now, stats) = (Instant::now(), stats::parse(&text));
        let end = now + PATIENCE;
        self.probes.iter_mut().for_each(Probe::ask);
        let mut looks = Vec::new();
        for at in 0..self.probes.len() {
            let look = match &mounts {
                Ok(mounts) => self.one(at, mounts, &stats, (now, end)),
                Err(error) => Err(format!("what is mounted cannot be read: {error}")),
            };
            looks.push(look);
        }
        self.before = Some((now, stats));
        looks
    }

    fn one(
        &mut self,
        at: usize,
        mounts: &[mounts::Mount],
        stats: &[stats::Stat],
        (now, end): (Instant, Instant),
    ) -> Result<DiskLook, String> {
        let Some(probe) = self.probes.get_mut(at) else {
            return Err("no such folder".to_owned());
        };
        let late = !probe.take(end);
        let (real, room) = match &probe.last {
            Some(Ok((real, room))) => (real.clone(), Some(*room).filter(|_| !late)),
            Some(Err(why)) => return Err(why.clone()),
            None => (probe.folder.clone(), None),
        };
        let folder = probe.folder.clone();
        let mount = mounts::of(mounts, &real).ok_or_else(|| "it is on no mount".to_owned())?;
        let mounted = mounts::mounted(mount, stats, |name| self.is_shared(name), |name| self.uuid(name));
        let load = mounted.disk.as_deref().and_then(|disk| self.load(disk, stats, now));
        let smart = mounted.disk.as_deref().and_then(|disk| self.ask_smart(disk));
        Ok(DiskLook {
            folder,
            mounted,
            room,
            load,
            smart,
        })
    }

    fn load(&self, disk: &str, stats: &[stats::Stat], now: Instant) -> Option<Load> {
        let (at, before) = self.before.as_ref()?;
        let of = |stats: &[stats::Stat]| stats.iter().find(|stat| stat.name == disk).cloned();
        stats::load(&of(before)?, &of(stats)?, now.duration_since(*at))
    }

    /// Each btrfs: its uuid, and the devices it lies on.
    fn btrfs(&self) -> impl Iterator<Item = (OsString, Vec<OsString>)> {
        names(&self.sys.join("fs/btrfs")).into_iter().map(|uuid| {
            let devices = names(&self.sys.join("fs/btrfs").join(&uuid).join("devices"));
            (uuid, devices)
        })
    }

    /// Whether a btrfs lies on this device and others.
    fn is_shared(&self, device: &str) -> bool {
        self.btrfs()
            .any(|(_, devices)| devices.len() > 1 && devices.iter().any(|name| name == device))
    }

    /// The uuid of the file system on a device. Of several devices of a btrfs only one is linked.
    fn uuid(&self, device: &str) -> Option<String> {
        let all = self.dev.join("disk/by-uuid");
        let is_it = |uuid: &OsString| {
            let target = std::fs::read_link(all.join(uuid)).unwrap_or_default();
            target.file_name().is_some_and(|name| name == device)
        };
        let of_btrfs = || {
            let mut all = self.btrfs();
            all.find(|(_, devices)| devices.iter().any(|name| name == device))
        };
        let found = names(&all).into_iter().find(is_it);
        let found = found.or_else(|| of_btrfs().map(|(uuid, _)| uuid));
        Some(found?.to_string_lossy().into_owned())
    }

    /// What the disk says of its health, once for each time it is asked.
    fn ask_smart(&mut self, disk: &str) -> Option<Result<Smart, String>> {
        let asked = self.smart.as_mut()?;
        let told = asked.get_mut(disk).and_then(Ask::take);
        if asked.get(disk).is_none_or(Ask::is_over) {
            asked.insert(disk.to_owned(), Ask::start(disk));
        }
        told
    }
}

/// What is in a folder; nothing of one that is not there.
fn names(folder: &Path) -> Vec<OsString> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).collect()
}

impl Ask {
    fn start(disk: &str) -> Self {
        let (sender, answer) = sync_channel(1);
        let name = disk.to_owned();
        let ask = move || {
            // Nobody may want it any more.
            let _ = sender.try_send(smart::ask(&name));
        };
        // Without a thread it is asked again in a while.
        let _ = std::thread::Builder::new().name("smart".to_owned()).spawn(ask);
        Self {
            asked: Instant::now(),
            answer,
            waits: true,
        }
    }

    fn take(&mut self) -> Option<Result<Smart, String>> {
        let told = self.answer.try_recv();
        self.waits &= matches!(told, Err(TryRecvError::Empty));
        told.ok()
    }

    /// Whether it is time to ask again. A disk that hangs keeps who asked it for ever: one is enough.
    fn is_over(&self) -> bool {
        !self.waits && self.asked.elapsed() >= SMART_EVERY
    }
}

impl Probe {
    fn start(folder: PathBuf) -> std::io::Result<Self> {
        let (asks, asked) = sync_channel::<()>(1);
        let (sender, answers) = sync_channel(1);
        let path = folder.clone();
        let run = move || {
            while asked.recv().is_ok() && sender.send(touch(&path)).is_ok() {}
        };
        // On a disk that hangs it stays behind: nothing can be done about it.
        std::thread::Builder::new().name("disk".to_owned()).spawn(run)?;
        Ok(Self {
            folder,
            asks,
            answers,
            waits: false,
            last: None,
        })
    }

    fn ask(&mut self) {
        self.waits = self.waits || self.asks.try_send(()).is_ok();
    }

    /// Takes the answer, when it comes in time.
    fn take(&mut self, end: Instant) -> bool {
        let left = end.saturating_duration_since(Instant::now());
        let answer = self.answers.recv_timeout(left);
        if let Ok(touch) = answer {
            (self.last, self.waits) = (Some(touch), false);
        }
        !self.waits
    }
}

fn touch(folder: &Path) -> Touch {
    // Where a container's whole folder is named, the pieces may lie on a disk of their own.
    let pieces = folder.join("storage");
    let folder = if pieces.is_dir() { &pieces } else { folder };
    let real = folder
        .canonicalize()
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let told = rustix::fs::statvfs(&real).map_err(|error| format!("{}: {error}", folder.display()))?;
    let room = Room {
        size: told.f_blocks.saturating_mul(told.f_frsize),
        free: told.f_bavail.saturating_mul(told.f_frsize),
    };
    Ok((real, room))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_hangs_is_asked_about_its_health_once() {
        let (sender, answer) = sync_channel(1);
        let mut ask = Ask {
            asked: Instant::now().checked_sub(SMART_EVERY).unwrap(),
            answer,
            waits: true,
        };
        assert_eq!((ask.take(), ask.is_over()), (None, false));
        sender.try_send(Ok(Smart::default())).unwrap();
        assert_eq!((ask.take(), ask.is_over()), (Some(Ok(Smart::default())), true));
        ask.asked = Instant::now();
        assert!(!ask.is_over());
    }

    #[test]
    fn a_file_system_is_known_by_its_uuid() {
        let root = tempfile::tempdir().unwrap();
        let by_uuid = root.path().join("dev/disk/by-uuid");
        std::fs::create_dir_all(&by_uuid).unwrap();
        std::os::unix::fs::symlink("../../sdb1", by_uuid.join("1234-ab")).unwrap();
        for device in ["sdc", "sdd"] {
            std::fs::create_dir_all(root.path().join("sys/fs/btrfs/77-b/devices").join(device)).unwrap();
        }
        let host = Host {
            root: root.path().to_owned(),
            smart: false,
        };
        let disks = Disks::new([], &host).unwrap();
        let found = ["sdb1", "sdb", "sdd", "sde"].map(|name| disks.uuid(name));
        assert_eq!(found, [Some("1234-ab".to_owned()), None, Some("77-b".to_owned()), None]);
        assert!(disks.is_shared("sdc") && !disks.is_shared("sdb1"));
    }
}
