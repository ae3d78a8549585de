//! Logs of uploads that take as long as is wanted; for tests of durations.

use std::fmt::Write;
use std::path::Path;

use super::run;

/// Times as docker stamps them: `ms` behind the second `at`.
pub fn stamp(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap();
    format!("{time:.9}")
}

/// Two satellites.
pub const PEERS: [&str; 2] = [
    "12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S",
    "1wFTAgs9DP5RSnCqKV1eLf6N9wtk4EAtmN5DpSxcs8EjT69tGE",
];

/// A log of transfers as docker hands it on, with stamps or without.
#[derive(Default)]
pub struct Made {
    /// Lines with when they were written (ms).
    pub text: Vec<(i64, String)>,
    /// The last piece.
    pub n: u64,
}

impl Made {
    pub fn new() -> Self {
        Self::default()
    }

    /// An upload that began at `begun` (ms) and took `ms`.
    pub fn upload(&mut self, begun: i64, ms: u64, (size, word): (u64, &str), satellite: usize) {
        const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        self.n += 1;
        let digit = |at: u32| char::from(DIGITS[(self.n >> (5 * at)) as usize % 32]);
        let piece: String = (0..10).map(digit).chain(std::iter::repeat_n('A', 42)).collect();
        let ids = format!(
            "\"piece_id\": \"{piece}\", \"satellite_id\": \"{}\", \"action\": \"PUT\"",
            PEERS[satellite]
        );
        self.line(
            begun,
            &format!("DEBUG\tpiecestore\tupload started\t{{{ids}, \"available_space\": 1}}"),
        );
        let end = begun + ms as i64;
        self.line(end, &format!("INFO\tpiecestore\t{word}\t{{{ids}, \"size\": {size}}}"));
    }

    pub fn line(&mut self, ms: i64, rest: &str) {
        let second = jiff::Timestamp::from_second(ms.div_euclid(1000)).unwrap();
        self.text.push((ms, format!("{second:.0}\t{rest}")));
    }

    pub fn keep(mut self, data: &Path, (node, stamped): (&str, bool)) {
        self.text.sort_by_key(|(ms, _)| *ms);
        let mut text = String::new();
        for (ms, line) in &self.text {
            match stamped {
                true => writeln!(text, "{} {line}", stamp(*ms)).unwrap(),
                false => writeln!(text, "{line}").unwrap(),
            }
        }
        let path = data.join(format!("{node}-{stamped}.log"));
        std::fs::write(&path, text).unwrap();
        let output = run(data, &["ingest", node, path.to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
