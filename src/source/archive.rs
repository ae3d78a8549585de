//! Opens a log that is a file, a compressed file or standard input.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

const BLOCK: usize = 256 * 1024;

/// Opens `path` (`-` is standard input) for reading, inflating gzip and zstd by their magic bytes,
/// whatever the file is called.
pub fn open(path: &Path) -> io::Result<Box<dyn io::BufRead>> {
    let mut raw: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path)?)
    };
    let mut magic = Vec::with_capacity(4);
    raw.by_ref().take(4).read_to_end(&mut magic)?;
    let whole = io::Cursor::new(magic.clone()).chain(raw);
    Ok(match magic.as_slice() {
        [0x1f, 0x8b, ..] => Box::new(BufReader::with_capacity(
            BLOCK,
            flate2::read::MultiGzDecoder::new(whole),
        )),
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(BufReader::with_capacity(BLOCK, zstd::Decoder::new(whole)?)),
        _ => Box::new(BufReader::with_capacity(BLOCK, whole)),
    })
}
