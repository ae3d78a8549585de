//! What is mounted where: the text of `/proc/self/mountinfo`, and which disk is behind a mount.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::domain::host::Mounted;

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Device numbers, `8:17`; `0:…` where the file system is on no block device of its own.
    pub numbers: (u32, u32),
    /// Where it is mounted.
    pub point: PathBuf,
    /// Its type.
    pub fs: String,
    /// What is mounted: a device, a pool, a share.
    pub source: String,
    /// Whether nothing can be written.
    pub read_only: bool,
}

/// All mounts, in the order they were made.
pub fn parse(text: &[u8]) -> Vec<Mount> {
    text.split(|byte| *byte == b'\n').filter_map(mount).collect()
}

/// `36 35 98:0 /root /mnt rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ').filter(|field| !field.is_empty());
    let numbers = std::str::from_utf8(fields.nth(2)?).ok()?;
    let (major, minor) = numbers.split_once(':')?;
    let (point, options) = (fields.nth(1)?, fields.next()?);
    let mut fields = fields.skip_while(|field| *field != b"-").skip(1);
    let (fs, source) = (fields.next()?, fields.next()?);
    // A file system that had errors is read-only as a whole, whatever the mount says.
    let of_all = fields.next().unwrap_or_default();
    let read_only = |options: &[u8]| options.split(|byte| *byte == b',').any(|option| option == b"ro");
    Some(Mount {
        numbers: (major.parse().ok()?, minor.parse().ok()?),
        point: PathBuf::from(OsString::from_vec(unescape(point))),
        fs: String::from_utf8_lossy(fs).into_owned(),
        source: String::from_utf8_lossy(&unescape(source)).into_owned(),
        read_only: read_only(options) || read_only(of_all),
    })
}

/// Blanks, tabs, line ends and backslashes are written as `\040`.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        let octal = behind.get(..3).filter(|_| *first == b'\\');
        let octal = octal.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        match octal {
            Some(byte) => {
                plain.push(byte);
                rest = behind.get(3..).unwrap_or_default();
            }
            None => {
                plain.push(*first);
                rest = behind;
            }
        }
    }
    plain
}

/// The mount a path lies on: the deepest above it, and of those at one place the last.
pub fn of<'a>(mounts: &'a [Mount], path: &Path) -> Option<&'a Mount> {
    let above = mounts.iter().filter(|mount| path.starts_with(&mount.point));
    above.max_by_key(|mount| mount.point.as_os_str().as_bytes().len())
}

/// Types whose counters cannot be told by one disk: of several disks, of none, or of another host.
fn is_without_disk(fs: &str) -> bool {
    let network = ["nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "ceph", "glusterfs"];
    let layered = ["zfs", "overlay", "tmpfs", "ramfs", "bcachefs", "mergerfs", "aufs"];
    network.contains(&fs) || layered.contains(&fs) || fs.starts_with("fuse")
}

/// A mount with the disk behind it. `stats`: names and numbers of all block devices. `shared`: whether a btrfs lies on
/// several devices, of which the mount names one. `uuid`: of the file system on a device.
pub fn mounted(
    mount: &Mount,
    stats: &[super::stats::Stat],
    shared: impl Fn(&str) -> bool,
    uuid: impl Fn(&str) -> Option<String>,
) -> Mounted {
    let names: Vec<&str> = stats.iter().map(|stat| stat.name.as_str()).collect();
    let by_numbers = stats.iter().find(|stat| stat.numbers == mount.numbers);
    let by_source = || {
        let name = mount.source.strip_prefix("/dev/")?;
        stats.iter().find(|stat| stat.name == name)
    };
    let device = match is_without_disk(&mount.fs) {
        true => None,
        false if mount.fs == "btrfs" => by_source().filter(|stat| !shared(&stat.name)),
        // `fuseblk` and its like have the number of no block device.
        false => by_numbers.or_else(|| by_source().filter(|_| mount.numbers.0 == 0)),
    };
    let of_uuid = by_numbers.or_else(by_source);
    Mounted {
        source: mount.source.clone(),
        uuid: of_uuid.and_then(|stat| uuid(&stat.name)),
        mount: mount.point.display().to_string(),
        fs: mount.fs.clone(),
        read_only: mount.read_only,
        disk: device.map(|stat| whole(&stat.name, &names).to_owned()),
    }
}

/// The disk a partition is of, if there is one of that name: `sdb1` → `sdb`, `nvme0n1p2` → `nvme0n1`.
fn whole<'a>(name: &'a str, all: &[&str]) -> &'a str {
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let before_p = bare
        .strip_suffix('p')
        .filter(|bare| bare.ends_with(|c: char| c.is_ascii_digit()));
    let candidates = [Some(bare), before_p];
    let found = candidates
        .into_iter()
        .flatten()
        .find(|bare| *bare != name && all.contains(bare));
    found.unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::disk::stats;

    const MOUNTS: &[u8] = b"\
22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro
23 22 0:21 / /proc rw,nosuid - proc proc rw
30 22 8:17 / /mnt/node\\040one rw,noatime shared:9 - xfs /dev/sdb1 rw,attr2
31 22 8:17 /sub /srv/bound rw,noatime shared:9 master:3 - xfs /dev/sdb1 rw,attr2
32 22 0:44 /@data /mnt/btr rw - btrfs /dev/sdc rw,subvol=/@data
33 22 0:45 / /mnt/tank rw - zfs tank/node rw,xattr
34 22 0:46 / /mnt/layers rw - overlay overlay rw,lowerdir=/a,upperdir=/b
35 22 0:47 / /mnt/nas rw - nfs4 nas:/export rw,vers=4.2
36 22 253:0 / /mnt/crypt rw - ext4 /dev/mapper/crypt ro,errors=remount-ro
37 22 9:0 / /mnt/raid ro - ext4 /dev/md0 rw
38 22 0:50 / /mnt/ntfs rw - fuseblk /dev/sdd1 rw
39 22 8:33 / /mnt/btr/inner rw - ext4 /dev/sdc1 rw
40 22 8:49 / /mnt/nas rw - ext4 /dev/sdd1 rw
garbage
41 22 bad / /x rw - ext4
";

    const STATS: &str = "
 259 0 nvme0n1 1 0 8 1 1 0 8 1 0 2 2
 259 2 nvme0n1p2 1 0 8 1 1 0 8 1 0 2 2
   8 16 sdb 1 0 8 1 1 0 8 1 0 2 2
   8 17 sdb1 1 0 8 1 1 0 8 1 0 2 2
   8 32 sdc 1 0 8 1 1 0 8 1 0 2 2
   8 33 sdc1 1 0 8 1 1 0 8 1 0 2 2
   8 48 sdd 1 0 8 1 1 0 8 1 0 2 2
   8 49 sdd1 1 0 8 1 1 0 8 1 0 2 2
 253 0 dm-0 1 0 8 1 1 0 8 1 0 2 2
   9 0 md0 1 0 8 1 1 0 8 1 0 2 2
";

    #[test]
    fn a_folder_is_found_on_its_disk_or_on_none() {
        let mounts = parse(MOUNTS);
        let stats = stats::parse(STATS);
        for (path, mount, disk, read_only) in [
            ("/var/lib/x", "/", Some("nvme0n1"), false),
            ("/mnt/node one/data", "/mnt/node one", Some("sdb"), false),
            ("/srv/bound", "/srv/bound", Some("sdb"), false),
            ("/mnt/btr/x", "/mnt/btr", Some("sdc"), false),
            ("/mnt/btr/inner/x", "/mnt/btr/inner", Some("sdc"), false),
            ("/mnt/tank", "/mnt/tank", None, false),
            ("/mnt/layers/x", "/mnt/layers", None, false),
            ("/mnt/crypt", "/mnt/crypt", Some("dm-0"), true),
            ("/mnt/raid", "/mnt/raid", Some("md0"), true),
            ("/mnt/ntfs", "/mnt/ntfs", None, false),
            // Something else was mounted over it.
            ("/mnt/nas", "/mnt/nas", Some("sdd"), false),
            // A name that only begins alike.
            ("/mnt/btrfs2", "/", Some("nvme0n1"), false),
        ] {
            let found = mounted(of(&mounts, Path::new(path)).unwrap(), &stats, |_| false, |_| None);
            let got = (found.mount.as_str(), found.disk.as_deref(), found.read_only);
            assert_eq!(got, (mount, disk, read_only), "{path}");
        }
        let btrfs = of(&mounts, Path::new("/mnt/btr")).unwrap();
        let many = mounted(btrfs, &stats, |name| name == "sdc", |name| Some(name.to_owned()));
        assert_eq!(many.disk, None, "of several disks none is the one");
        assert_eq!(many.uuid.as_deref(), Some("sdc"));
        assert_eq!(of(&mounts, Path::new("relative")), None);
    }
}
