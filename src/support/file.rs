//! Files written whole or not at all: the configuration, what the screen remembers, what it is asked to write.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What may be there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Nothing: what is there stays, and the error says so.
    Nothing,
    /// A file that makes way.
    Anything,
    /// The file this is another text of: who may read it stays.
    Itself,
}

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner only.
    Owner,
    /// Whoever may read what this user writes.
    Usual,
}

/// Writes a file, in a folder that is made where it is not there. A link to a file stays a link.
///
/// # Errors
/// As the system tells it; `AlreadyExists` when nothing was to be there.
pub fn write(path: &Path, bytes: &[u8], (over, readers): (Over, Readers)) -> io::Result<()> {
    if over == Over::Nothing && path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let target = target(path)?;
    if over == Over::Itself && is_shared(&target) {
        return in_place(&target, bytes);
    }
    let folder = folder(&target);
    std::fs::create_dir_all(folder)?;
    let mut file = spare(folder, readers)?;
    file.write_all(bytes)?;
    if over == Over::Itself {
        keep_rights(&target, file.as_file())?;
    }
    file.as_file().sync_all()?;
    let kept = match over {
        Over::Nothing => file.persist_noclobber(&target),
        Over::Anything | Over::Itself => file.persist(&target),
    };
    kept.map_err(|error| match error.error.kind() {
        io::ErrorKind::ResourceBusy => io::Error::new(io::ErrorKind::ResourceBusy, MOUNTED),
        _ => error.error,
    })?;
    // A power cut now may bring the old text back, no more.
    let _ = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// A new file in a folder, that is gone again unless it is kept.
fn spare(folder: &Path, readers: Readers) -> io::Result<tempfile::NamedTempFile> {
    let mut new = tempfile::Builder::new();
    new.prefix(".storj-monitor-");
    #[cfg(unix)]
    let usual: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    if readers == Readers::Usual {
        new.permissions(usual);
    }
    #[cfg(not(unix))]
    let _ = readers;
    new.tempfile_in(folder)
}

/// What is to be done where the system says `busy`: another file cannot take the place of a mount.
const MOUNTED: &str = "it is mounted by itself, so that no other file can take its place; mount the folder it is in \
                       (-v FOLDER:FOLDER), or change it where it comes from, and start the container anew";

/// Whether the file has other names, which would keep the old text.
fn is_shared(target: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        target.metadata().is_ok_and(|meta| meta.is_file() && meta.nlink() > 1)
    }
    #[cfg(not(unix))]
    {
        let _ = target;
        false
    }
}

/// Writes a file under all of its names. What cannot be written whole is in another file then, which the error names.
fn in_place(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).open(target)?;
    let mut spare = spare(folder(target), Readers::Owner)?;
    spare.write_all(bytes)?;
    spare.as_file().sync_all()?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.set_len(bytes.len() as u64))
        .and_then(|()| file.sync_all());
    written.map_err(|error| match spare.keep() {
        Ok((_, path)) => io::Error::new(
            error.kind(),
            format!(
                "{error}; a part of it may be written, all of it is in {}",
                path.display()
            ),
        ),
        Err(_) => error,
    })
}

/// The file a path leads to.
///
/// # Errors
/// It is a link that leads nowhere.
pub fn target(path: &Path) -> io::Result<PathBuf> {
    let is_link = path.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
    match std::fs::canonicalize(path) {
        Ok(target) => Ok(target),
        Err(error) if is_link => Err(io::Error::new(
            error.kind(),
            format!("this link leads nowhere: {error}"),
        )),
        Err(_) => Ok(path.to_owned()),
    }
}

/// The folder a file is in.
pub fn folder(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

fn keep_rights(target: &Path, file: &std::fs::File) -> io::Result<()> {
    let Ok(meta) = target.metadata() else { return Ok(()) };
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let ours = file.metadata()?;
        if ours.uid() != meta.uid() {
            let other = |error: io::Error| io::Error::new(error.kind(), format!("it belongs to another user: {error}"));
            fchown(file, Some(meta.uid()), Some(meta.gid())).map_err(other)?;
        } else if ours.gid() != meta.gid() {
            // Its owner reads it anyhow.
            let _ = fchown(file, None, Some(meta.gid()));
        }
    }
    file.set_permissions(meta.permissions())
}
