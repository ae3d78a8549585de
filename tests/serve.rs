//! Viewers: the same contract over a channel and over the socket of a running collector.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::node::{Node, Running};
use common::{json, run, stdout};
use storj_monitor::api::line::{Filter, LogLine};
use storj_monitor::api::link::{self, Link};
use storj_monitor::api::message::{Answer, Command, Message, Query, Request, VERSION, Watch};
use storj_monitor::api::snapshot::{Geo, Snapshot, Topic};
use storj_monitor::api::socket;
use storj_monitor::api::table::{Question, Value, What};
use storj_monitor::collector::collect::Log;
use storj_monitor::collector::service::{Plan, Service, Why};
use storj_monitor::domain::chart::{Ask, Chart, MarkKind};
use storj_monitor::node::client::Client;
use storj_monitor::source::follow::Start;
use storj_monitor::store::upkeep::Retention;

const PATIENCE: Duration = Duration::from_secs(20);

/// All that a viewer was told.
#[derive(Default)]
struct Seen {
    snapshot: Snapshot,
    lines: Vec<LogLine>,
    dropped: u64,
    hello: Option<u32>,
    answers: Vec<Result<Answer, String>>,
}

impl Seen {
    fn take(&mut self, message: Message) {
        match message {
            Message::Hello { version, .. } => self.hello = Some(version),
            Message::Snapshot(newer) => self.snapshot.merge(newer),
            Message::Lines { lines, dropped, .. } => {
                self.lines.extend(lines);
                self.dropped += dropped;
            }
            Message::Answer { answer, .. } => self.answers.push(answer),
        }
    }

    /// Listens until it is as wanted.
    fn until(&mut self, link: &Link, what: &str, wanted: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !wanted(self) {
            let message = link.receive(Some(end)).unwrap();
            self.take(message.unwrap_or_else(|| panic!("{what}: {:?}", self.snapshot)));
        }
    }

    fn uploads(&self) -> u64 {
        let window = self.snapshot.nodes.get("n").and_then(|node| node.seconds.as_ref());
        let flows = window.map(|window| window.value.flows.clone()).unwrap_or_default();
        flows.iter().flat_map(|flow| &flow.buckets).map(|cell| cell.count).sum()
    }
}

fn watch(topics: &[Topic]) -> Request {
    Request::Watch(Watch {
        topics: topics.to_vec(),
        nodes: Vec::new(),
    })
}

/// What every viewer can do, whatever lies between.
fn look_on(link: &mut Link, node: &mut Node) {
    let mut seen = Seen::default();
    seen.until(link, "hello", |seen| seen.hello == Some(VERSION));
    node.write(100);
    link.send(watch(&[Topic::Status, Topic::Seconds, Topic::Open])).unwrap();
    seen.until(link, "100 uploads", |seen| seen.uploads() == 100);
    seen.until(link, "status", |seen| {
        let status = seen.snapshot.nodes.get("n").and_then(|node| node.status.as_ref());
        status.is_some_and(|status| {
            status
                .value
                .traffic
                .by_action
                .get("PUT")
                .is_some_and(|put| put.success == 100)
        })
    });
    assert_eq!(seen.snapshot.names.as_deref(), Some(&["n".to_owned()][..]));
    assert!(seen.snapshot.nodes["n"].minutes.is_none(), "nobody asked for minutes");
    // Lines: only those that fit, only new ones.
    let filter = Filter {
        level: Some("WARN".to_owned()),
        ..Filter::default()
    };
    link.send(Request::Subscribe { id: 1, filter }).unwrap();
    let everything = Filter::default();
    link.send(Request::Subscribe {
        id: 2,
        filter: everything,
    })
    .unwrap();
    link.send(Request::Unsubscribe { id: 2 }).unwrap();
    // An answer proves that what was said before it was heard.
    let query = Query::Status {
        nodes: Vec::new(),
        at_ms: None,
    };
    let Ok(Answer::Status(status)) = link.ask(query, PATIENCE) else {
        panic!("no status");
    };
    assert_eq!((status.nodes.len(), status.collector.running), (1, true));
    let mut question = Question::all(What::Traffic);
    question.by = vec!["action".to_owned(), "outcome".to_owned()];
    let ask = |question: &Question, limit| Query::Rows {
        question: question.clone(),
        limit,
    };
    let Ok(Answer::Rows { columns, rows, more }) = link.ask(ask(&question, 10), PATIENCE) else {
        panic!("no rows");
    };
    assert_eq!(
        (columns.join(","), rows.len(), more),
        ("action,outcome,count,bytes".to_owned(), 1, false)
    );
    assert_eq!(rows[0][2], Value::Count(100));
    let transfers = link.ask(ask(&Question::all(What::Transfers), 7), PATIENCE);
    assert!(matches!(transfers, Ok(Answer::Rows { rows, more: true, .. }) if rows.len() == 7));
    question.by = vec!["moon".to_owned()];
    assert!(
        link.ask(ask(&question, 1), PATIENCE)
            .is_err_and(|error| error.contains("satellite_id"))
    );
    node.write(50);
    let warning = format!("{}\tWARN\tpieces\tdisk is slow\t{{\"a\": 1}}\n", common::node::now());
    std::io::Write::write_all(&mut node.file, warning.as_bytes()).unwrap();
    seen.until(link, "a line", |seen| !seen.lines.is_empty());
    let line = &seen.lines[0];
    assert_eq!(
        (seen.lines.len(), line.node.as_str(), line.level.as_str()),
        (1, "n", "WARN")
    );
    assert_eq!(
        (line.message.as_str(), line.rest.as_str(), line.understood),
        ("disk is slow", "{\"a\": 1}", false)
    );
    seen.until(link, "150 uploads", |seen| seen.uploads() == 150);
    // Nothing more is told than what is drawn.
    link.send(watch(&[Topic::Minutes])).unwrap();
    seen.until(link, "minutes", |seen| seen.snapshot.nodes["n"].minutes.is_some());
    let minutes = seen.snapshot.nodes["n"].minutes.clone().unwrap();
    let count: u64 = minutes
        .value
        .flows
        .iter()
        .flat_map(|flow| &flow.buckets)
        .map(|cell| cell.count)
        .sum();
    assert_eq!((minutes.value.width, count), (60, 150));
    over_time(link);
    link.send(watch(&[Topic::Hot, Topic::Flight])).unwrap();
    seen.until(link, "peers", |seen| {
        let view = &seen.snapshot.nodes["n"];
        view.hot
            .as_ref()
            .is_some_and(|hot| hot.value.uploads.total.count == 150)
            && view.flight.is_some()
    });
    let view = &seen.snapshot.nodes["n"];
    let (hot, flight) = (view.hot.clone().unwrap().value, view.flight.clone().unwrap().value);
    assert_eq!(
        (hot.uploads.subnets[0].name.as_str(), hot.uploads.subnets[0].won),
        ("10.1.2.0/24", 150)
    );
    assert!(hot.geo == Geo::Off && hot.downloads.subnets.is_empty());
    // Nobody logs starts here: that is not known, and no zero.
    assert!(
        flight
            .levels
            .iter()
            .all(|levels| levels.seconds.iter().all(Option::is_none))
    );
    link.send(Request::Do {
        id: 9,
        command: Command::Reload,
    })
    .unwrap();
    seen.until(link, "reload", |seen| !seen.answers.is_empty());
}

/// Charts and marks of the last hour, when 150 uploads were kept.
fn over_time(link: &mut Link) {
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let ask = Ask {
        from_ms: now_ms - 3_600_000,
        to_ms: now_ms,
        buckets: 30,
        ..Ask::default()
    };
    let end = Instant::now() + PATIENCE;
    let count = |chart: &Chart| -> u64 {
        let cells = chart.lines.iter().flat_map(|line| &line.buckets);
        cells.map(|cell| cell.count).sum()
    };
    loop {
        let Ok(Answer::Chart(chart)) = link.ask(Query::Chart(ask.clone()), PATIENCE) else {
            panic!("no chart");
        };
        assert_eq!((chart.width, chart.gaps.len()), (180, 1), "{chart:?}");
        if count(&chart) == 150 {
            assert!(
                chart.gaps[0].to > now_ms / 1000 - 600,
                "before the log began nothing is known"
            );
            break;
        }
        assert!(Instant::now() < end, "{chart:?}");
    }
    let marks = Query::Marks {
        nodes: vec!["n".to_owned()],
        from_ms: ask.from_ms,
        to_ms: ask.to_ms,
    };
    let Ok(Answer::Marks(marks)) = link.ask(marks, PATIENCE) else {
        panic!("no marks");
    };
    assert_eq!(marks.iter().map(|mark| mark.kind).collect::<Vec<_>>(), [MarkKind::Gap]);
}

#[test]
fn a_viewer_in_the_process_and_one_at_the_socket_see_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 51);
    let collector = Running::start(&data, &node.log());
    collector.wait_for("ready");
    let path = data.join("socket");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    look_on(&mut socket::connect(&data).unwrap(), &mut node);
    // The commands answer the same beside it and without it.
    let live = json(&data, &["status", "--json"]);
    assert_eq!(live["collector"]["running"], true);
    collector.stop();
    assert!(!path.exists(), "a collector that ends takes its socket away");
    let still = json(&data, &["status", "--json", "--at", live["time"].as_str().unwrap()]);
    assert_eq!(still["nodes"], live["nodes"]);

    let inside = dir.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    let mut node = Node::new(&inside, 52);
    let (service, stop, _) = service(&dir.path().join("data2"), &node, None);
    let (mut link, port) = link::pair();
    service.hub().attach(port).unwrap();
    let flag = Arc::clone(&stop);
    let running = std::thread::spawn(move || service.run(&flag, || ()));
    look_on(&mut link, &mut node);
    stop.store(true, Ordering::Relaxed);
    assert!(running.join().unwrap());
}

/// A collector within this process, and what it says.
fn service(data: &Path, node: &Node, geoip: Option<&str>) -> (Service, Arc<AtomicBool>, Arc<Mutex<Vec<String>>>) {
    let plan = Plan {
        places: Vec::new(),
        host: Default::default(),
        names: vec!["n".to_owned()],
        logs: vec![Log {
            node: "n".to_owned(),
            path: node.log(),
        }],
        targets: Vec::new(),
        databases: Vec::new(),
        start: Start::All,
        retention: Retention::default(),
        every: Duration::from_secs(60),
        geoip: geoip.map(Into::into),
        terms: Default::default(),
        doubts: Vec::new(),
        anew: false,
        client: Client::new(Duration::from_secs(1)).unwrap(),
    };
    let again = plan.clone();
    let plans = Box::new(move |why: Why| (why != Why::Usual).then(|| Ok(again.clone())));
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&said);
    let say = Box::new(move |text: &str| heard.lock().unwrap().push(text.to_owned()));
    let service = Service::start(data, plan, plans, say).unwrap();
    (service, Arc::default(), said)
}

#[test]
fn peers_have_countries_when_a_file_tells_and_a_broken_one_stops_nothing() {
    for (file, works) in [("tests/geo/country.mmdb", true), ("tests/geo/missing.mmdb", false)] {
        let dir = tempfile::tempdir().unwrap();
        let mut node = Node::new(dir.path(), 54);
        let (service, stop, said) = service(&dir.path().join("data"), &node, Some(file));
        let told = said.lock().unwrap().join("\n");
        assert_eq!(told.contains("missing.mmdb"), !works, "{told}");
        let (link, port) = link::pair();
        service.hub().attach(port).unwrap();
        let flag = Arc::clone(&stop);
        let running = std::thread::spawn(move || service.run(&flag, || ()));
        let piece = common::node::piece(7);
        let line = format!(
            "{}\tINFO\tpiecestore\tdownloaded\t{{\"piece_id\": \"{piece}\", \"satellite_id\": \"s\", \"action\": \"GET\", \"offset\": 0, \"size\": 9, \"remote_address\": \"192.0.2.7:9\"}}\n",
            common::node::now()
        );
        std::io::Write::write_all(&mut node.file, line.as_bytes()).unwrap();
        link.send(watch(&[Topic::Hot])).unwrap();
        let mut seen = Seen::default();
        let hot = |seen: &Seen| Some(seen.snapshot.nodes.get("n")?.hot.as_ref()?.value.clone());
        seen.until(&link, "a peer", |seen| {
            hot(seen).is_some_and(|hot| hot.downloads.total.count == 1)
        });
        let hot = hot(&seen).unwrap();
        assert_eq!(hot.geo == Geo::On, works);
        let countries: Vec<&str> = hot.downloads.countries.iter().map(|peer| peer.name.as_str()).collect();
        assert_eq!(countries, if works { vec!["DE"] } else { vec![] });
        assert_eq!((hot.pieces[0].piece.as_str(), hot.pieces[0].size), (piece.as_str(), 9));
        stop.store(true, Ordering::Relaxed);
        assert!(running.join().unwrap());
    }
}

#[test]
fn what_is_no_viewer_does_no_harm() {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 53);
    let collector = Running::start(&data, &node.log());
    collector.wait_for("ready");
    let socket = data.join("socket");
    for garbage in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"{}\n",
        b"\xff\xfe\n",
        b"{\"watch\":{\"topics\":[\"nonsense\"],\"nodes\":[]}}\n",
    ] {
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.write_all(garbage).unwrap();
        // It is told hello at most, and sent away.
        let mut said = String::new();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.read_to_string(&mut said).unwrap();
        assert!(said.lines().count() <= 1, "{said}");
    }
    // Some that never read, one that goes in the middle.
    let mut idle = Vec::new();
    for _ in 0..10 {
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream
            .write_all(b"{\"watch\":{\"topics\":[\"seconds\",\"minutes\",\"hot\"],\"nodes\":[]}}\n")
            .unwrap();
        stream
            .write_all(
                b"{\"subscribe\":{\"id\":1,\"filter\":{\"nodes\":[],\"level\":null,\"logger\":null,\"text\":null}}}\n",
            )
            .unwrap();
        idle.push(stream);
    }
    idle.truncate(9);
    for _ in 0..20 {
        node.write(1000);
        std::thread::sleep(Duration::from_millis(20));
    }
    common::node::eventually(&data, node.written);
    let mut link = socket::connect(&data).unwrap();
    let query = Query::Status {
        nodes: vec!["n".to_owned()],
        at_ms: None,
    };
    let answer = link.ask(query, PATIENCE);
    assert!(
        matches!(answer, Ok(Answer::Status(status)) if status.nodes[0].traffic.by_action["PUT"].success == node.written)
    );
    collector.stop();
}

#[test]
fn a_collector_that_was_killed_leaves_a_socket_that_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    // Long enough for the runtime folder, too.
    for data in [dir.path().join("data"), dir.path().join("d".repeat(110))] {
        let mut node = Node::new(dir.path(), 55);
        let before = node.log();
        let collector = Running::start(&data, &before);
        collector.wait_for("ready");
        let socket = socket::path(&data);
        collector.kill();
        assert!(socket.exists() && socket::connect(&data).is_err());
        node.write(3);
        let status = json(&data, &["status", "--json"]);
        assert_eq!(status["collector"]["running"], false);
        let collector = Running::start(&data, &before);
        collector.wait_for("ready");
        assert!(socket::connect(&data).is_ok());
        common::node::eventually(&data, 3);
        assert_eq!(run(&data, &["status", "--check"]).status.code(), Some(0));
        collector.stop();
        assert!(!socket.exists());
        std::fs::remove_file(before).unwrap();
    }
    assert!(stdout(dir.path(), &["man"]).len() > 1000);
}

#[test]
fn who_asks_is_told_of_lines_that_came_a_moment_ago() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut node = Node::new(dir.path(), 5);
    let collector = Running::start(&data, &node.log());
    collector.wait_for("ready");
    // Nobody looks: it keeps what it reads only now and then, and whoever asks makes it do so.
    for _ in 0..20 {
        node.write(3);
        node.check(&data);
    }
    collector.stop();
}

#[test]
fn who_looks_on_is_told_that_costs_and_currency_are_others() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let file = dir.path().join("c.toml");
    let node = Node::new(dir.path(), 3);
    let text = format!("[[node]]\nname = \"n\"\nlog = \"{}\"\n", node.log().display());
    std::fs::write(&file, text).unwrap();
    let collector = Running::with(&data, &["collect", "--config", file.to_str().unwrap()]);
    collector.wait_for("ready");
    let link = socket::connect(&data).unwrap();
    link.send(watch(&[Topic::Status])).unwrap();
    let mut seen = Seen::default();
    seen.until(&link, "the first", |seen| seen.snapshot.terms.is_some());
    let before = seen.snapshot.terms;
    let config = ["--config", file.to_str().unwrap()];
    let set = |words: &[&str]| stdout(&data, &[&["config", "set"], words, &config].concat());
    let out = set(&[
        "money.currency",
        "€",
        "money.factor",
        "0.5",
        "node.n.monthly_cost",
        "2 €",
    ]);
    assert!(out.contains("node.n.monthly_cost: not set → 2 € (in "), "{out}");
    seen.until(&link, "other terms", |seen| seen.snapshot.terms > before);
    let mut asking = socket::connect(&data).unwrap();
    let query = Query::Money {
        nodes: Vec::new(),
        at_ms: None,
        month: None,
        months: 1,
    };
    let Ok(Answer::Money(told)) = asking.ask(query, PATIENCE) else {
        panic!("no money");
    };
    let costs = told[0].costs.unwrap();
    assert_eq!(
        costs.total.map(|total| told[0].currency.text(total)),
        Some("€2.00".to_owned())
    );
}
