//! A recorded node's API on loopback: HTTP, GET only, one answer a connection. Started by the replay.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::recording::Recording;
use super::timeline::Timeline;

/// Connections at a time; more are closed at once.
const MOST_CONNECTIONS: usize = 16;
/// Longest request read, bytes.
const LONGEST_REQUEST: u64 = 8 * 1024;
/// How long a client may be silent, and an answer take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Serves until it is dropped.
pub struct Server {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What a connection needs.
struct Api {
    recording: Arc<Recording>,
    node: usize,
    timeline: Timeline,
}

impl Server {
    /// Serves a recorded node on a port the system chooses.
    pub fn start(recording: Arc<Recording>, node: usize, timeline: Timeline) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = stopping.clone();
        let api = Arc::new(Api {
            recording,
            node,
            timeline,
        });
        let thread = std::thread::Builder::new()
            .name("demo-api".to_owned())
            .spawn(move || accept(&listener, &api, &stop))?;
        Ok(Self {
            address,
            stopping,
            thread: Some(thread),
        })
    }

    /// Where it is: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        // Wakes the thread, which waits for a connection.
        let woken = TcpStream::connect_timeout(&self.address, PATIENCE).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, api: &Arc<Api>, stop: &AtomicBool) {
    let mut open: Vec<(Arc<TcpStream>, JoinHandle<()>)> = Vec::new();
    for stream in listener.incoming() {
        if stop.load(Ordering::Acquire) {
            break;
        }
        open.retain(|(_, thread)| !thread.is_finished());
        let Ok(stream) = stream.map(Arc::new) else {
            // Out of descriptors, most likely: not to be tried at full speed.
            std::thread::sleep(Duration::from_millis(50));
            continue;
        };
        if open.len() < MOST_CONNECTIONS {
            let (api, client) = (api.clone(), stream.clone());
            let thread = std::thread::Builder::new().spawn(move || {
                let _ = converse(&client, &api);
                // The list above holds the connection, too: without this the client waits for its end.
                let _ = client.shutdown(Shutdown::Both);
            });
            open.extend(thread.map(|thread| (stream, thread)));
        }
    }
    for (stream, thread) in open {
        let _ = stream.shutdown(Shutdown::Both);
        let _ = thread.join();
    }
}

fn converse(stream: &TcpStream, api: &Api) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut request = String::new();
    let mut reader = BufReader::new(stream.take(LONGEST_REQUEST));
    reader.read_line(&mut request)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let mut words = request.split_ascii_whitespace();
    match (words.next(), words.next()) {
        (Some("GET"), Some(path)) => answer(stream, api, path),
        _ => send(stream, 405, "text/plain", "only GET\n"),
    }
}

fn answer(stream: &TcpStream, api: &Api, path: &str) -> io::Result<()> {
    let now = api.timeline.now();
    let answers = &api.recording.nodes[api.node].answers;
    match answers.at(path, &api.timeline, now) {
        // The node did not answer then.
        Some(answer) if answer.status == 0 => Ok(()),
        Some(answer) => send(stream, answer.status, &answer.kind, &answer.text),
        // A node serves its dashboard's page for every path it does not know.
        None => send(stream, 200, "text/html; charset=utf-8", PAGE),
    }
}

const PAGE: &str = "<!DOCTYPE html><html><head><title>Storage node</title></head><body></body></html>\n";

fn send(mut stream: &TcpStream, status: u16, kind: &str, text: &str) -> io::Result<()> {
    let length = text.len();
    let head =
        format!("HTTP/1.1 {status} \r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(&[head.as_bytes(), text.as_bytes()].concat())
}
