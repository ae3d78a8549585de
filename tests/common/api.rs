//! A node's API on loopback: real HTTP, with every way a node or what stands between can fail.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How a server answers.
#[derive(Clone, Debug)]
pub enum Mood {
    /// As a node does.
    Good,
    /// Says nothing for so long.
    Slow(Duration),
    /// Status and body.
    Status(u16, String),
    /// Closes in the middle of the body.
    Truncated,
    /// A page, as a node answers for every path it does not know.
    Html,
    /// JSON that is none.
    Garbage,
    /// Accepts and closes.
    Closes,
    /// Never ends.
    Endless,
}

/// A served node. Ends with the test's process.
pub struct Api {
    pub url: String,
    bodies: Arc<Mutex<HashMap<String, String>>>,
    mood: Arc<Mutex<HashMap<String, Mood>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Api {
    pub fn start() -> Self {
        Self::on("127.0.0.1:0")
    }

    pub fn on(address: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let api = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            bodies: Arc::default(),
            mood: Arc::default(),
            asked: Arc::default(),
        };
        let (bodies, mood, asked) = (api.bodies.clone(), api.mood.clone(), api.asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (bodies, mood, asked) = (bodies.clone(), mood.clone(), asked.clone());
                std::thread::spawn(move || {
                    let _ = serve(stream, &bodies, &mood, &asked);
                });
            }
        });
        api
    }

    pub fn body(&self, path: &str, body: impl ToString) {
        self.bodies.lock().unwrap().insert(path.to_owned(), body.to_string());
    }

    /// For one path, or all (`""`).
    pub fn mood(&self, path: &str, mood: Mood) {
        self.mood.lock().unwrap().insert(path.to_owned(), mood);
    }

    /// Request lines and headers seen, lower case.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// The alarm: whoever asks a node may only ever read.
impl Drop for Api {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let asked = self.asked();
            let wrong = asked.iter().find(|head| !head.starts_with("get "));
            assert_eq!(wrong, None, "a node is only ever asked by GET");
        }
    }
}

fn serve(
    mut stream: TcpStream,
    bodies: &Mutex<HashMap<String, String>>,
    moods: &Mutex<HashMap<String, Mood>>,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut head = String::new();
        while reader.read_line(&mut head)? > 0 && !head.ends_with("\r\n\r\n") {}
        let Some(path) = head.split(' ').nth(1).map(str::to_owned) else {
            return Ok(());
        };
        asked.lock().unwrap().push(head.to_lowercase());
        let mood = {
            let moods = moods.lock().unwrap();
            moods.get(&path).or_else(|| moods.get("")).cloned()
        };
        let body = bodies.lock().unwrap().get(&path).cloned();
        let body_or_page = body.unwrap_or_default();
        let (status, kind, text) = match mood.unwrap_or(Mood::Good) {
            Mood::Good if body_or_page.is_empty() => (200, "text/html", "<!DOCTYPE html><html></html>".to_owned()),
            Mood::Good => (200, "application/json", body_or_page),
            Mood::Slow(time) => {
                std::thread::sleep(time);
                (200, "application/json", body_or_page)
            }
            Mood::Status(status, text) => (status, "application/json", text),
            Mood::Html => (
                200,
                "text/html; charset=utf-8",
                "<!DOCTYPE html><html></html>".to_owned(),
            ),
            Mood::Garbage => (200, "application/json", "{\"nodeID\": nul".to_owned()),
            Mood::Closes => return Ok(()),
            Mood::Truncated => {
                let half = &body_or_page[..body_or_page.len() / 2];
                let length = body_or_page.len();
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{half}"
                )?;
                return Ok(());
            }
            Mood::Endless => {
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")?;
                loop {
                    stream.write_all(&[b' '; 65_536])?;
                }
            }
        };
        let length = text.len();
        write!(
            stream,
            "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{text}"
        )?;
    }
}
