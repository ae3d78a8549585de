//! A node that writes and rotates its log, and a running collector.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::{run, stdout};

/// A small deterministic generator: the test is the same every time but for the clock.
pub struct Dice(u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// A node that writes numbered uploads, and whoever rotates its log.
pub struct Node {
    pub dir: PathBuf,
    pub file: File,
    pub written: u64,
    pub bytes: u64,
    pub dice: Dice,
    pub rotations: u64,
}

impl Node {
    pub fn new(dir: &Path, seed: u64) -> Self {
        let file = append(&dir.join("node.log"));
        Self {
            dir: dir.to_owned(),
            file,
            written: 0,
            bytes: 0,
            dice: Dice(seed),
            rotations: 0,
        }
    }

    pub fn log(&self) -> PathBuf {
        self.dir.join("node.log")
    }

    pub fn write(&mut self, lines: u64) {
        let mut text = String::new();
        for _ in 0..lines {
            self.written += 1;
            let size = 1 + self.written % 2_000_000;
            self.bytes += size;
            let stamp = now();
            text += &format!(
                "{stamp}\tINFO\tpiecestore\tuploaded\t{{\"process\": \"storagenode\", \"piece_id\": \"{}\", \"satellite_id\": \"12EayRS2V1kEsWESU9QMRseFhdxYxKicsiFmxrsLZHeLUtdps3S\", \"action\": \"PUT\", \"remote_address\": \"10.1.2.3:{}\", \"size\": {size}}}\n",
                piece(self.written),
                1000 + self.written % 60000
            );
        }
        // In parts that are no lines, as a pipe would bring them.
        let cut = self.dice.roll(text.len() as u64 + 1) as usize;
        self.file.write_all(&text.as_bytes()[..cut]).unwrap();
        if self.dice.roll(4) == 0 {
            std::thread::sleep(Duration::from_millis(3));
        }
        self.file.write_all(&text.as_bytes()[cut..]).unwrap();
    }

    /// `.1` becomes `.2`, `.2.gz` becomes `.3.gz`, …: nothing is thrown away.
    pub fn cascade(&mut self) {
        for n in (1..=self.rotations).rev() {
            for ending in ["", ".gz"] {
                let from = self.dir.join(format!("node.log.{n}{ending}"));
                if from.exists() {
                    std::fs::rename(&from, self.dir.join(format!("node.log.{}{ending}", n + 1))).unwrap();
                }
            }
        }
        self.rotations += 1;
    }

    pub fn rotate(&mut self) {
        self.cascade();
        let (log, rotated) = (self.log(), self.dir.join("node.log.1"));
        match self.dice.roll(4) {
            0 => {
                // The node goes on in the renamed file for a while.
                std::fs::rename(&log, &rotated).unwrap();
                let more = self.dice.roll(300);
                self.write(more);
                self.file = append(&log);
            }
            1 => {
                std::fs::copy(&log, &rotated).unwrap();
                self.file.set_len(0).unwrap();
            }
            2 => {
                std::fs::copy(&log, &rotated).unwrap();
                self.file.set_len(0).unwrap();
                gzip(&rotated);
            }
            _ => {
                std::fs::rename(&log, &rotated).unwrap();
                self.file = append(&log);
                gzip(&rotated);
            }
        }
        // And packed later, what was left plain.
        let older = self.dir.join("node.log.2");
        if older.exists() && self.dice.roll(2) == 0 {
            gzip(&older);
        }
    }

    pub fn check(&self, data: &Path) {
        let traffic = stdout(data, &["export", "traffic", "--by", "action,outcome"]);
        let row = traffic.lines().nth(1).unwrap_or_default();
        assert_eq!(row, format!("PUT,success,{},{}", self.written, self.bytes), "{traffic}");
        let transfers = stdout(data, &["export", "transfers", "--columns", "piece_id"]);
        let mut pieces: Vec<&str> = transfers.lines().skip(1).collect();
        pieces.sort_unstable();
        pieces.dedup();
        assert_eq!(pieces.len() as u64, self.written, "transfers are distinct");
        let kinds = stdout(data, &["export", "kinds", "--columns", "message,count"]);
        assert_eq!(kinds, format!("message,count\nuploaded,{}\n", self.written));
    }
}

pub fn append(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).unwrap()
}

pub fn now() -> String {
    let second = jiff::Timestamp::now().as_second();
    jiff::Timestamp::from_second(second).unwrap().to_string()
}

/// A piece id that holds a number.
pub fn piece(n: u64) -> String {
    let mut id = [7; 32];
    id[..8].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    id[8..16].copy_from_slice(&n.to_be_bytes());
    storj_monitor::domain::piece::id_text(&id)
}

/// As gzip does it: the packed file is there before the plain one goes, and keeps its time.
pub fn gzip(path: &Path) {
    assert!(Command::new("gzip").arg("-f").arg(path).status().unwrap().success());
}

pub fn spec(log: &Path) -> String {
    format!("n={}", log.display())
}

/// A running collector; what it says arrives on a channel.
pub struct Running {
    pub child: Child,
    pub said: Receiver<String>,
}

impl Running {
    pub fn start(data: &Path, log: &Path) -> Self {
        Self::with(data, &["collect", "--node", &spec(log)])
    }

    pub fn with(data: &Path, args: &[&str]) -> Self {
        Self::of(super::program(data).args(args))
    }

    pub fn of(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let (sender, said) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child, said }
    }

    /// Waits until it says something that contains `text`.
    pub fn wait_for(&self, text: &str) -> String {
        let end = Instant::now() + Duration::from_secs(60);
        let mut all = Vec::new();
        while let Ok(line) = self.said.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if line.contains(text) {
                return line;
            }
            all.push(line);
        }
        panic!("it never said `{text}`, but {all:?}");
    }

    pub fn kill(self) {
        drop(self);
    }

    pub fn stop(mut self) {
        let begun = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until the database says what it should.
pub fn eventually(data: &Path, wanted: u64) {
    let end = Instant::now() + Duration::from_secs(20);
    let mut found = String::new();
    while Instant::now() < end {
        let output = run(data, &["export", "traffic", "--by", "action", "--columns", "count"]);
        found = String::from_utf8(output.stdout).unwrap();
        if found == format!("count\n{wanted}\n") {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("wanted {wanted}, found {found}");
}
