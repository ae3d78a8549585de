//! A link over a Unix socket: one JSON text a line, both ways. Only the user who runs the collector may
//! connect.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use xxhash_rust::xxh3::xxh3_64;

use super::link::{Gone, Link, Mailbox, Port, port};
use super::message::{Message, Request};

const NAME: &str = "socket";
/// The system takes little more than this (bytes).
const LONGEST_PATH: usize = 100;
/// A request is small; what is longer (bytes) is none.
const LONGEST_REQUEST: u64 = 1 << 20;
/// Viewers at once.
const MOST_VIEWERS: usize = 64;

/// Where a data directory's socket is: in it, or where its path is too long, in the user's folder for
/// running things under a hash of it.
pub fn path(data_dir: &Path) -> PathBuf {
    let plain = data_dir.join(NAME);
    if plain.as_os_str().len() <= LONGEST_PATH {
        return plain;
    }
    let whole = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    let hash = xxh3_64(whole.as_os_str().as_encoded_bytes());
    let runtime = directories::BaseDirs::new().and_then(|dirs| dirs.runtime_dir().map(Path::to_owned));
    runtime
        .unwrap_or_else(std::env::temp_dir)
        .join(format!("storj-monitor-{hash:016x}.sock"))
}

/// Takes viewers as long as it lives; then the socket is gone, and so are they.
#[derive(Debug)]
pub struct Listener {
    path: PathBuf,
}

impl Listener {
    /// Listens at a data directory's socket and hands each viewer's port to `attach`. What a dead collector
    /// left there is replaced: the caller holds the data directory's lock.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn start(data_dir: &Path, attach: impl Fn(Port) + Send + 'static) -> io::Result<Self> {
        // Made where nobody else may look, so that there is no moment at which others could connect.
        let path = path(data_dir);
        let folder = path.parent().unwrap_or(Path::new("."));
        let private = tempfile::Builder::new().prefix(".s").rand_bytes(6).tempdir_in(folder)?;
        let made = private.path().join("s");
        let listener = UnixListener::bind(&made)?;
        std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&made, &path)?;
        let viewers = Arc::new(AtomicUsize::new(0));
        let accept = move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else {
                    // Out of descriptors: others have to close first.
                    thread::sleep(std::time::Duration::from_millis(200));
                    continue;
                };
                if viewers.load(Ordering::Relaxed) < MOST_VIEWERS
                    && let Ok(port) = serve(stream, Arc::clone(&viewers))
                {
                    attach(port);
                }
            }
        };
        thread::Builder::new().name("socket".to_owned()).spawn(accept)?;
        Ok(Self { path })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Nobody finds it any more; the thread ends with the process.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The port of a viewer behind a stream, with a thread for each direction.
fn serve(stream: UnixStream, viewers: Arc<AtomicUsize>) -> io::Result<Port> {
    let (sender, port) = port();
    let reader = stream.try_clone()?;
    let outbox = Arc::clone(&port.outbox);
    let write = move || {
        pump(&stream, &outbox);
        // The viewer's end: whoever reads from it ends, too.
        let _ = stream.shutdown(std::net::Shutdown::Both);
    };
    let outbox = Arc::clone(&port.outbox);
    let read = move || {
        viewers.fetch_add(1, Ordering::Relaxed);
        let mut reader = BufReader::new(reader);
        while let Some(request) = next::<Request>(&mut reader, LONGEST_REQUEST) {
            if sender.send(request).is_err() {
                break;
            }
        }
        outbox.close();
        viewers.fetch_sub(1, Ordering::Relaxed);
    };
    thread::Builder::new().name("viewer out".to_owned()).spawn(write)?;
    thread::Builder::new().name("viewer in".to_owned()).spawn(read)?;
    Ok(port)
}

/// Writes what waits, until one of the ends is gone.
fn pump(mut stream: &UnixStream, outbox: &Mailbox) {
    while let Ok(message) = outbox.take(None) {
        let Some(Ok(mut text)) = message.map(|message| serde_json::to_vec(&message)) else {
            continue;
        };
        text.push(b'\n');
        if stream.write_all(&text).is_err() {
            outbox.close();
            return;
        }
    }
}

/// The next text; `None`: the other end is gone, or says what we do not understand.
fn next<T: serde::de::DeserializeOwned>(reader: &mut impl BufRead, longest: u64) -> Option<T> {
    let mut line = Vec::new();
    reader.by_ref().take(longest).read_until(b'\n', &mut line).ok()?;
    if line.last() != Some(&b'\n') {
        return None;
    }
    serde_json::from_slice(&line).ok()
}

/// A viewer's end of the stream: the collector is to notice at once when it goes.
struct Outgoing(Mutex<UnixStream>);

impl Drop for Outgoing {
    fn drop(&mut self) {
        let stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = stream.shutdown(std::net::Shutdown::Both);
    }
}

/// Connects to the collector of a data directory.
///
/// # Errors
/// When none listens there, or somebody else's.
pub fn connect(data_dir: &Path) -> io::Result<Link> {
    let path = path(data_dir);
    // A socket outside of the data directory could be anybody's.
    if std::fs::metadata(&path)?.uid() != std::fs::metadata(data_dir)?.uid() {
        return Err(io::Error::other(format!("{} belongs to another user", path.display())));
    }
    let stream = UnixStream::connect(path)?;
    let reader = stream.try_clone()?;
    let inbox = Arc::new(Mailbox::default());
    let filled = Arc::clone(&inbox);
    let read = move || {
        let mut reader = BufReader::new(reader);
        while let Some(message) = next::<Message>(&mut reader, u64::MAX) {
            if !filled.put(message) {
                break;
            }
        }
        filled.close();
    };
    thread::Builder::new().name("link".to_owned()).spawn(read)?;
    let stream = Outgoing(Mutex::new(stream));
    let send = move |request: Request| {
        let mut text = serde_json::to_vec(&request).map_err(|_| Gone)?;
        text.push(b'\n');
        let mut stream = stream.0.lock().unwrap_or_else(PoisonError::into_inner);
        stream.write_all(&text).map_err(|_| Gone)
    };
    Ok(Link::new(Box::new(send), inbox))
}
