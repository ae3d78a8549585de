//! Opens a log that is a file, a compressed file or standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Whether a file that begins so is compressed.
pub fn is_compressed(head: &[u8]) -> bool {
    head.starts_with(GZIP) || head.starts_with(ZSTD)
}

/// Opens `path` (`-` is standard input) for reading, inflating gzip and zstd by their magic bytes,
/// whatever the file is called.
pub fn open(path: &Path) -> io::Result<impl Read + use<>> {
    inflate(raw(path)?)
}

/// Opens `path` (`-` is standard input) as it is.
pub fn raw(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok(Box::new(file))
}

/// Inflates what is compressed and hands on what is not.
pub fn inflate<'r>(mut raw: impl Read + Send + 'r) -> io::Result<Box<dyn Read + Send + 'r>> {
    let mut magic = Vec::with_capacity(4);
    raw.by_ref().take(4).read_to_end(&mut magic)?;
    let whole = io::Cursor::new(magic.clone()).chain(raw);
    Ok(if magic.starts_with(GZIP) {
        let buffered = io::BufReader::with_capacity(64 * 1024, whole);
        Box::new(flate2::bufread::MultiGzDecoder::new(buffered))
    } else if magic.starts_with(ZSTD) {
        Box::new(zstd::Decoder::new(whole)?)
    } else {
        Box::new(whole)
    })
}
