//! What a collector makes of a changed configuration: of nodes that were found on the host, and of what fails.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::node::{Node, Running, eventually};
use common::{program, run};
use storj_monitor::api::message::{Answer, Command, Query};
use storj_monitor::collector::service::{Plan, Service, Why};
use storj_monitor::node::client::Client;
use storj_monitor::source::follow::Start;
use storj_monitor::store::upkeep::Retention;

/// A host with one node in a container, `attic`, of which docker alone tells.
struct Host {
    dir: tempfile::TempDir,
}

impl Host {
    fn new() -> (Self, Node) {
        let dir = tempfile::tempdir().unwrap();
        let own = std::fs::canonicalize(dir.path()).unwrap();
        let folder = own.join("node");
        std::fs::create_dir(&folder).unwrap();
        let text = "log.output: /app/config/node.log\nlog.level: info\n";
        std::fs::write(folder.join("config.yaml"), text).unwrap();
        // Nothing else of this host is seen.
        let there = own.join("host").join(folder.strip_prefix("/").unwrap());
        std::fs::create_dir_all(there.parent().unwrap()).unwrap();
        symlink(&folder, &there).unwrap();
        let container = format!(
            "[{{\"Id\": \"abc\", \"Name\": \"/attic\", \"State\": {{\"Running\": true}}, \
             \"Config\": {{\"Image\": \"storjlabs/storagenode:latest\"}}, \
             \"Mounts\": [{{\"Source\": \"{}\", \"Destination\": \"/app/config\"}}]}}]",
            folder.display()
        );
        std::fs::write(own.join("containers"), container).unwrap();
        let script = format!(
            "#!/bin/sh\ncd {}\necho $1 >> asked\n[ -e away ] && exit 1\n[ $1 = ps ] && echo abc && exit\ncat containers\n",
            own.display()
        );
        std::fs::create_dir(own.join("bin")).unwrap();
        let docker = own.join("bin/docker");
        std::fs::write(&docker, script).unwrap();
        std::fs::set_permissions(&docker, std::fs::Permissions::from_mode(0o755)).unwrap();
        (Self { dir }, Node::new(&folder, 71))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    fn program(&self) -> Process {
        let mut program = program(&self.data());
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        let root = std::fs::canonicalize(self.dir.path()).unwrap().join("host");
        program.env("PATH", path).env("STORJ_MONITOR_ROOT", root);
        program
    }

    /// What it prints, and what it says beside.
    fn run(&self, args: &[&str]) -> (String, String) {
        let output: Output = self.program().args(args).output().unwrap();
        // There is no data folder to be read whole.
        assert!(output.status.success() || args[0] == "collect", "{output:?}");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr))
    }

    fn config(&self, text: &str) {
        let folder = self.data().join("config/storj-monitor");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.toml"), text).unwrap();
    }

    /// So often docker was asked.
    fn asked(&self) -> usize {
        std::fs::read_to_string(self.path("asked")).unwrap().lines().count()
    }
}

fn order(data: &Path, command: Command) -> Result<Answer, String> {
    let mut link = storj_monitor::api::socket::connect(data).unwrap();
    link.order(command, Duration::from_secs(20))
}

fn settings(data: &Path, keys: &[&str]) -> Vec<String> {
    let mut link = storj_monitor::api::socket::connect(data).unwrap();
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    match link.ask(Query::Settings { keys }, Duration::from_secs(20)) {
        Ok(Answer::Settings(settings)) => settings.all.into_iter().map(|one| one.value).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_changed_setting_looks_over_no_host_and_a_silent_docker_takes_no_node_away() {
    let (host, mut node) = Host::new();
    let data = host.data();
    let mut child = host.program();
    let collector = Running::of(child.arg("collect"));
    collector.wait_for("ready");
    node.write(50);
    eventually(&data, 50);
    std::fs::write(host.path("away"), "").unwrap();
    let asked = host.asked();
    let (out, _) = host.run(&["config", "set", "node.attic.monthly_cost", "3", "money.currency", "€"]);
    assert_eq!(out.matches("the running collector goes by it").count(), 2, "{out}");
    host.run(&["config", "set", "poll.every_s", "30"]);
    assert_eq!(
        settings(&data, &["node.attic.monthly_cost", "poll.every_s"]),
        ["3", "30"]
    );
    assert_eq!(host.asked(), asked, "nothing of it is said by the host");
    node.write(50);
    eventually(&data, 100);
    assert_eq!(order(&data, Command::Reload), Ok(Answer::Done));
    assert!(host.asked() > asked, "now it is looked over");
    collector.wait_for("the nodes are now: attic");
    node.write(50);
    eventually(&data, 150);
    collector.stop();
}

#[test]
fn what_a_node_costs_makes_it_no_node() {
    let (host, node) = Host::new();
    host.config("[[node]]\nname = \"atic\"\nmonthly_cost = 3\n\n[[node]]\nname = \"attic\"\nmonthly_cost = 4\n");
    let (out, warnings) = host.run(&["config", "check"]);
    assert!(out.starts_with("ok: 1 node (attic)"), "{out}");
    let wanted = "config.toml:3: it is not said where the node `atic` is read from (log, api, data), and none of this \
                  name was found on this host; say that, or take it out, or name it as one of those that were: attic";
    assert!(warnings.contains(wanted), "{warnings}");
    assert_eq!(warnings.lines().count(), 1, "{warnings}");
    let (_, said) = host.run(&["collect", "--once"]);
    assert!(said.contains("the node `atic`"), "{said}");
    let (listed, _) = host.run(&["nodes", "list"]);
    assert_eq!(listed.lines().count(), 1, "{listed}");
    let output = host.program().arg("doctor").output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains("atic: sources") && told.contains("taken as it is"),
        "{told}"
    );
    // Who names one node names all that are watched.
    let spec = common::node::spec(&node.log());
    let (listed, _) = host.run(&["nodes", "list", "--node", &spec]);
    assert!(listed.starts_with("n ") && listed.lines().count() == 1, "{listed}");
    let (out, warnings) = host.run(&["config", "check", "--node", &spec]);
    assert!(out.starts_with("ok: 1 node (n)"), "{out}");
    assert_eq!(
        warnings.matches("other nodes are named: it is not watched").count(),
        2,
        "{warnings}"
    );
    let (_, said) = host.run(&["collect", "--once", "--node", &spec]);
    assert!(said.contains("`attic` is read from"), "{said}");
}

/// A collector within this process that is told the next plan by a test, and what it says.
struct Inside {
    data: tempfile::TempDir,
    next: Arc<Mutex<Option<Result<Plan, String>>>>,
    said: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<bool>>,
}

fn plan(names: &[&str]) -> Plan {
    Plan {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        logs: Vec::new(),
        targets: Vec::new(),
        databases: Vec::new(),
        places: Vec::new(),
        host: Default::default(),
        start: Start::All,
        retention: Retention::default(),
        every: Duration::from_secs(60),
        client: Client::new(Duration::from_secs(1)).unwrap(),
        geoip: None,
        terms: Default::default(),
        doubts: Vec::new(),
        anew: false,
    }
}

impl Inside {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let next: Arc<Mutex<Option<Result<Plan, String>>>> = Arc::default();
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let (told, heard) = (Arc::clone(&next), Arc::clone(&said));
        let plans = move |why: Why| told.lock().unwrap().clone().filter(|_| why != Why::Usual);
        let say = move |text: &str| heard.lock().unwrap().push(text.to_owned());
        let service = Service::start(data.path(), plan(&["n"]), Box::new(plans), Box::new(say)).unwrap();
        let stop: Arc<AtomicBool> = Arc::default();
        let flag = Arc::clone(&stop);
        let thread = Some(std::thread::spawn(move || service.run(&flag, || ())));
        Self {
            data,
            next,
            said,
            stop,
            thread,
        }
    }

    fn next(&self, plan: Result<Plan, String>) {
        *self.next.lock().unwrap() = Some(plan);
    }

    fn changed(&self) -> Result<Answer, String> {
        order(self.data.path(), Command::Change(Vec::new()))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

#[test]
fn what_could_not_be_taken_up_is_tried_again() {
    let inside = Inside::start();
    let database = std::fs::read_dir(inside.data.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "db"));
    let other = rusqlite::Connection::open(database.expect("a database")).unwrap();
    let trigger = "CREATE TRIGGER no_more BEFORE INSERT ON node BEGIN SELECT RAISE(ABORT, 'no room'); END";
    other.execute_batch(trigger).unwrap();
    inside.next(Ok(plan(&["n", "m"])));
    let refused = inside.changed().unwrap_err();
    assert!(refused.contains("no room"), "{refused}");
    other.execute_batch("DROP TRIGGER no_more").unwrap();
    let end = Instant::now() + Duration::from_secs(15);
    let taken = || inside.said.lock().unwrap().concat().contains("the nodes are now: n, m");
    while !taken() {
        assert!(Instant::now() < end, "{:?}", inside.said.lock().unwrap());
        std::thread::sleep(Duration::from_millis(50));
    }
    let names: i64 = other
        .query_row("SELECT count(*) FROM node", [], |row| row.get(0))
        .unwrap();
    assert_eq!(names, 2);
}

#[test]
fn what_the_collector_does_not_go_by_is_not_said_to_be_gone_by() {
    let inside = Inside::start();
    inside.next(Err("there is no room for it".to_owned()));
    let output = run(inside.data.path(), &["config", "set", "money.factor", "0.5"]);
    let (out, said) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert_eq!(output.status.code(), Some(3), "{out}{said}");
    assert!(
        out.ends_with("; the running collector does not go by it yet\n"),
        "{out}"
    );
    assert!(
        said.contains("the file is written, but") && said.contains("no room for it"),
        "{said}"
    );
    inside.next(Ok(plan(&["n"])));
    let output = run(inside.data.path(), &["config", "set", "money.factor", "0.25"]);
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && out.ends_with("; the running collector goes by it\n"),
        "{out}"
    );
}
