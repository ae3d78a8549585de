//! The recorded nodes come to life: their logs grow in a folder, their API answers on loopback.
//! Started by `cli`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::feed::Feed;
use super::recording::Recording;
use super::server::Server;
use super::timeline::Timeline;

/// A node that is replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayNode {
    /// Its name.
    pub name: String,
    /// Its log, which grows; past some 16 MB it begins anew and the old one is `NAME.log.1`.
    pub log: PathBuf,
    /// Its API: `http://127.0.0.1:PORT`.
    pub api: String,
}

/// Recorded nodes, replayed until this is dropped. Dropping ends the threads and waits for them; the
/// folder stays.
pub struct Replay {
    nodes: Vec<ReplayNode>,
    feeds: Vec<(Sender<()>, JoinHandle<()>)>,
    _servers: Vec<Server>,
}

impl Replay {
    /// Replays the recording in the program.
    ///
    /// The moment `history` from its begin is `now_ms` (ms since the epoch): what was before is written
    /// into `folder` at once, what follows at `speed` times its pace; when it ends, it begins again from
    /// that moment. Fails if `history` is not inside of the recording, `speed` is no number above 0, or
    /// the folder or a port cannot be had.
    pub fn start(folder: &Path, now_ms: i64, history: Duration, speed: f64) -> io::Result<Self> {
        Self::of(Recording::embedded()?, folder, now_ms, history, speed)
    }

    /// The same with another recording.
    pub fn of(recording: Recording, folder: &Path, now_ms: i64, history: Duration, speed: f64) -> io::Result<Self> {
        let timeline = timeline(&recording, now_ms, history, speed)?;
        let recording = Arc::new(recording);
        let (mut nodes, mut feeds, mut servers) = (Vec::new(), Vec::new(), Vec::new());
        for (at, node) in recording.nodes.iter().enumerate() {
            let log = folder.join(format!("{}.log", node.name));
            let feed = Feed::begin(recording.clone(), at, timeline, &log)?;
            let server = Server::start(recording.clone(), at, timeline)?;
            nodes.push(ReplayNode {
                name: node.name.clone(),
                log,
                api: server.url(),
            });
            servers.push(server);
            let (stop, stopped) = channel();
            let thread = std::thread::Builder::new().name("demo-log".to_owned()).spawn(move || {
                let _ = feed.run(&stopped);
            })?;
            feeds.push((stop, thread));
        }
        Ok(Self {
            nodes,
            feeds,
            _servers: servers,
        })
    }

    /// The nodes, as the recording has them.
    pub fn nodes(&self) -> &[ReplayNode] {
        &self.nodes
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        for (stop, thread) in self.feeds.drain(..) {
            drop(stop);
            let _ = thread.join();
        }
    }
}

fn timeline(recording: &Recording, now_ms: i64, history: Duration, speed: f64) -> io::Result<Timeline> {
    let length = recording.end_ms - recording.begin_ms;
    let history = i64::try_from(history.as_millis()).unwrap_or(i64::MAX);
    if history >= length {
        let message = format!(
            "a history of {} s is too long: the recording has {} s",
            history / 1000,
            length / 1000
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    if !(speed.is_finite() && speed > 0.0) {
        let message = format!("a speed of {speed} is none: use a number above 0");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    Ok(Timeline::new(
        recording.begin_ms + history,
        recording.end_ms,
        speed,
        now_ms,
    ))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::time::Instant;

    use super::*;
    use crate::demo::Recorded;

    /// Ten seconds of history, ten that go round.
    fn recording() -> Recording {
        let line = |second: u32| match second {
            12 => "2026-11-23T21:00:12Z\tERROR\ts12\n\tmain.go:1\n".to_owned(),
            s => format!("2026-11-23T21:00:{s:02}Z\tINFO\ts{s}\t{{\"piece_id\": \"AAAAB{s}\"}}\n"),
        };
        let answers = r#"{"t":"2026-11-23T21:00:00Z","path":"/api/sno/","status":200,"type":"application/json","body":{"at":"2026-11-23T21:00:09Z","used":1.5}}
{"t":"2026-11-23T21:00:01Z","path":"/off","status":0}
{"t":"2026-11-23T21:00:01Z","path":"/bad","status":500,"type":"application/json","body":{"error":"x"}}
"#;
        let node = Recorded::read("n", (0..20).map(line).collect(), answers).unwrap();
        Recording::of(vec![node]).unwrap()
    }

    fn now_ms() -> i64 {
        jiff::Timestamp::now().as_millisecond()
    }

    /// The whole answer to a request.
    fn ask(node: &ReplayNode, request: &str) -> String {
        let mut stream = TcpStream::connect(node.api.strip_prefix("http://").unwrap()).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn the_log_has_its_history_at_once_grows_by_whole_lines_and_goes_round() {
        let folder = tempfile::tempdir().unwrap();
        let now: jiff::Timestamp = "2027-03-05T10:00:00Z".parse().unwrap();
        let replay = Replay::of(
            recording(),
            folder.path(),
            now.as_millisecond(),
            Duration::from_secs(10),
            50.0,
        )
        .unwrap();
        let log = replay.nodes()[0].log.clone();
        let read = || std::fs::read_to_string(&log).unwrap();
        let history = read();
        assert!(
            history.starts_with("2027-03-05T09:59:50Z\tINFO\ts0\t{\"piece_id\": \"AAAAB0\"}\n"),
            "{history}"
        );
        assert!(history.contains("2027-03-05T10:00:00Z\tINFO\ts10"), "{history}");
        let begun = Instant::now();
        while read().matches("\ts19\t").count() < 3 {
            assert!(read().ends_with('\n'), "no part of a line");
            assert!(begun.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(replay);
        let text = read();
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(read(), text, "dropped, it is still");
        // In order, each round the same but for pieces and times; what is history comes once.
        let first: Vec<String> = (0..20).map(|s| format!("s{s}")).collect();
        assert!(text.matches("ERROR\ts12\n\tmain.go:1\n").count() >= 3);
        let told: Vec<&str> = text.lines().filter_map(|line| line.split('\t').nth(2)).collect();
        assert_eq!(told[..20], first);
        assert_eq!(told[20..29], first[11..]);
        assert_eq!(told[29..38], first[11..]);
        for piece in ["AAAAB19", "BAAAB19", "CAAAB19"] {
            assert_eq!(text.matches(piece).count(), 1, "{piece}");
        }
    }

    #[test]
    fn the_api_answers_as_a_node_does() {
        let folder = tempfile::tempdir().unwrap();
        let replay = Replay::of(recording(), folder.path(), now_ms(), Duration::from_secs(10), 1.0).unwrap();
        let node = &replay.nodes()[0];
        let good = ask(node, "GET /api/sno/");
        assert!(good.starts_with("HTTP/1.1 200 "), "{good}");
        let body: serde_json::Value = serde_json::from_str(good.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert_eq!(body["used"], 1.5);
        let at: jiff::Timestamp = body["at"].as_str().unwrap().parse().unwrap();
        assert!((now_ms() - at.as_millisecond() - 1000).abs() < 3000, "{at}");
        assert!(ask(node, "GET /bad").starts_with("HTTP/1.1 500 "));
        assert_eq!(ask(node, "GET /off"), "");
        assert!(ask(node, "GET /favicon.ico").contains("Content-Type: text/html"));
        assert!(ask(node, "POST /api/sno/").starts_with("HTTP/1.1 405 "));
        let (address, begun) = (node.api.clone(), Instant::now());
        let silent = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
        drop(replay);
        assert!(begun.elapsed() < Duration::from_secs(1), "a silent client holds it up");
        assert!(TcpStream::connect(address.strip_prefix("http://").unwrap()).is_err());
        drop(silent);
    }

    #[test]
    fn what_cannot_be_replayed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (history, speed, wanted) in [(20, 1.0, "too long"), (5, 0.0, "speed"), (5, f64::NAN, "speed")] {
            let replay = Replay::of(recording(), folder.path(), 0, Duration::from_secs(history), speed);
            let error = replay.err().unwrap().to_string();
            assert!(error.contains(wanted), "{error}");
        }
        assert!(Replay::of(recording(), &folder.path().join("none"), 0, Duration::from_secs(5), 1.0).is_err());
    }
}
