//! A whole host, made of files, and a real mount: disks are found and judged as they are, and nothing is written there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{json, program, stdout};
use serde_json::{Value, json};
use storj_monitor::api::message::{Answer, Query};
use storj_monitor::collector::hub::Hub;

fn status(data: &Path) -> Value {
    json(data, &["status", "--json"])["nodes"][0].clone()
}

fn rules(node: &Value) -> Vec<&str> {
    let reasons = node["reasons"].as_array().unwrap().iter();
    reasons.map(|reason| reason["rule"].as_str().unwrap()).collect()
}

/// A host with one disk, written down.
fn host(dir: &Path, ticks: u64) {
    let proc = dir.join("proc");
    std::fs::create_dir_all(proc.join("self")).unwrap();
    std::fs::write(
        proc.join("self/mountinfo"),
        "20 1 8:17 / / rw,noatime shared:1 - xfs /dev/sdb1 rw\n",
    )
    .unwrap();
    let stats = format!(
        " 8 16 sdb {ticks} 0 {} {ticks} {ticks} 0 800 {ticks} 0 {ticks} {ticks}\n 8 17 sdb1 1 0 8 1 1 0 8 1 0 2 2\n",
        ticks * 8
    );
    let new = proc.join("new");
    std::fs::write(&new, stats).unwrap();
    std::fs::rename(new, proc.join("diskstats")).unwrap();
}

#[test]
fn a_whole_host_is_looked_at_and_smartctl_only_when_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let (bin, root, pieces) = (
        dir.path().join("bin"),
        dir.path().join("host"),
        dir.path().join("pieces"),
    );
    [&bin, &pieces]
        .iter()
        .for_each(|dir| std::fs::create_dir_all(dir).unwrap());
    host(&root, 1000);
    let smartctl = bin.join("smartctl");
    let script = format!(
        "#!/bin/sh\necho \"$@\" >> {}\necho '{{\"model_name\":\"ST12\",\"smart_status\":{{\"passed\":false}},\"temperature\":{{\"current\":44}}}}'\nexit 8\n",
        dir.path().join("asked").display()
    );
    std::fs::write(&smartctl, script).unwrap();
    std::fs::set_permissions(&smartctl, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut ticks = 1000;
    for smart in ["false", "true"] {
        let data = tempfile::tempdir().unwrap();
        let config = data.path().join("config.toml");
        std::fs::write(&config, format!("[host]\nsmart = {smart}\n")).unwrap();
        let mut child = program(data.path())
            .args(["collect", "--config", config.to_str().unwrap()])
            .args(["--node", &format!("n=none,data={}", pieces.display())])
            .env("STORJ_MONITOR_ROOT", &root)
            .env("PATH", &path)
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_secs(25);
        let disk = loop {
            std::thread::sleep(Duration::from_millis(300));
            ticks += 100;
            host(&root, ticks);
            let now_ms = jiff::Timestamp::now().as_millisecond();
            let found = Hub::alone(data.path()).answer(&Query::Disks {
                nodes: Vec::new(),
                at_ms: Some(now_ms),
            });
            if let Ok(Answer::Disks(found)) = found
                && let Some(disk) = found.into_iter().next()
                && disk.busy.now.is_some()
            {
                break disk;
            }
            assert!(Instant::now() < end, "no disk was seen");
        };
        let node = status(data.path());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(
            (disk.name.as_deref(), disk.device.as_deref()),
            (Some("/dev/sdb1"), Some("sdb"))
        );
        assert!(
            disk.await_ms.now == Some(1.0) && disk.size.unwrap() > disk.free.unwrap(),
            "{disk:?}"
        );
        let asked = std::fs::read_to_string(dir.path().join("asked")).unwrap_or_default();
        match smart {
            "true" => {
                assert_eq!(asked, "-j -a /dev/sdb\n");
                assert_eq!(disk.smart.unwrap().temperature, Some(44));
                assert!(rules(&node).contains(&"disk_fails"), "{node}");
            }
            _ => assert_eq!((asked.as_str(), disk.smart), ("", None)),
        }
    }
}

/// Unmounts at the end.
struct Mount(std::path::PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).status();
    }
}

fn mount(args: &[&str]) -> bool {
    let status = std::process::Command::new("mount")
        .args(args)
        .stderr(std::process::Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

#[test]
fn a_real_mount_is_found_and_nothing_is_written_there() {
    let dir = tempfile::tempdir().unwrap();
    let point = dir.path().join("a disk");
    std::fs::create_dir(&point).unwrap();
    if !mount(&["-t", "tmpfs", "-o", "size=64m", "tmpfs", point.to_str().unwrap()]) {
        eprintln!("skipped: nothing can be mounted here");
        return;
    }
    let _mount = Mount(point.clone());
    let folder = point.join("node");
    std::fs::create_dir_all(folder.join("storage/blobs")).unwrap();
    let remounted = mount(&["-o", "remount,ro", point.to_str().unwrap()]);
    let data = tempfile::tempdir().unwrap();
    let spec = format!("n=none,data={}", folder.display());
    let output = program(data.path())
        .args(["collect", "--once", "--node", &spec])
        .env("STORJ_MONITOR_ROOT", "/")
        .output()
        .unwrap();
    let node = status(data.path());
    let disk = &node["around"]["disk"];
    let found = (disk["fs"].as_str(), disk["mount"].as_str(), disk["size"].as_u64());
    assert_eq!(found, (Some("tmpfs"), point.to_str(), Some(64 << 20)), "{output:?}");
    assert_eq!(disk["read_only"], json!(remounted));
    assert_eq!(rules(&node).contains(&"disk_read_only"), remounted);
    let told = stdout(data.path(), &["status"]);
    assert!(!remounted || told.contains("read-only"), "{told}");
    let left: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert_eq!(left, ["storage"]);
}
