//! What a disk says of its own health, by `smartctl -j -a`: asked only when the configuration wants it.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::domain::host::Smart;

/// A disk that sleeps or is broken may take long.
const PATIENCE: Duration = Duration::from_secs(20);
/// It never answers near so much.
const LARGEST: u64 = 4 << 20;
const LOOK: Duration = Duration::from_millis(50);

/// Asks about a disk by its name, `sdb`.
///
/// # Errors
/// One line: why it says nothing.
pub fn ask(disk: &str) -> Result<Smart, String> {
    let started = Command::new("smartctl")
        .args(["-j", "-a", &format!("/dev/{disk}")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = started.map_err(|error| format!("smartctl cannot be started: {error}"))?;
    let Some(mut out) = child.stdout.take() else {
        return Err("smartctl has no output".to_owned());
    };
    let reads = std::thread::Builder::new().name("smartctl".to_owned()).spawn(move || {
        let mut text = Vec::new();
        // What was read is looked at in any case.
        let _ = out.by_ref().take(LARGEST).read_to_end(&mut text);
        text
    });
    let reads = reads.map_err(|error| error.to_string())?;
    let end = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if Instant::now() < end => std::thread::sleep(LOOK),
            Ok(None) => {
                // Gone already is as good.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("smartctl did not end within {} s", PATIENCE.as_secs()));
            }
            Err(error) => return Err(format!("smartctl: {error}")),
        }
    }
    // Its exit code only repeats what stands in the text.
    let text = reads.join().map_err(|_| "smartctl was not read".to_owned())?;
    parse(&text)
}

/// Reads its answer, of ATA and NVMe disks.
///
/// # Errors
/// When it holds nothing of a disk's health: its own words, if it has any.
pub fn parse(text: &[u8]) -> Result<Smart, String> {
    let told: Value = serde_json::from_slice(text).map_err(|_| "smartctl answered no JSON".to_owned())?;
    let at = |path: &str| told.pointer(path);
    let whole = |path: &str| at(path).and_then(Value::as_u64);
    let ata = |id: u64| {
        let table = at("/ata_smart_attributes/table")?.as_array()?;
        let row = table.iter().find(|row| row["id"].as_u64() == Some(id))?;
        // Some makers put more into the upper half of the number.
        row.pointer("/raw/value")?.as_u64().map(|raw| raw & 0xffff_ffff)
    };
    let smart = Smart {
        model: at("/model_name").and_then(Value::as_str).map(str::to_owned),
        passed: at("/smart_status/passed").and_then(Value::as_bool),
        temperature: at("/temperature/current").and_then(Value::as_i64),
        reallocated: ata(5),
        pending: ata(197),
        uncorrectable: ata(198).or_else(|| whole("/nvme_smart_health_information_log/media_errors")),
        used_percent: whole("/nvme_smart_health_information_log/percentage_used"),
        hours: whole("/power_on_time/hours"),
    };
    let unnamed = Smart {
        model: None,
        ..smart.clone()
    };
    if unnamed == Smart::default() {
        let words = at("/smartctl/messages/0/string").and_then(Value::as_str);
        return Err(words.map_or_else(
            || "smartctl tells nothing of this disk's health".to_owned(),
            |words| format!("smartctl: {}", words.chars().take(200).collect::<String>()),
        ));
    }
    Ok(smart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_disks_are_read() {
        let ata = br#"{"json_format_version":[1,0],"smartctl":{"version":[7,3],"exit_status":0},
            "device":{"name":"/dev/sdb","type":"sat","protocol":"ATA"},"model_name":"ST12000NM0127",
            "smart_status":{"passed":true},"power_on_time":{"hours":30211},"temperature":{"current":38},
            "ata_smart_attributes":{"revision":10,"table":[
              {"id":5,"name":"Reallocated_Sector_Ct","value":100,"raw":{"value":8,"string":"8"}},
              {"id":197,"name":"Current_Pending_Sector","raw":{"value":2,"string":"2"}},
              {"id":198,"name":"Offline_Uncorrectable","raw":{"value":4294967297,"string":"1 (1 0)"}}]}}"#;
        let smart = parse(ata).unwrap();
        assert_eq!(
            (smart.passed, smart.temperature, smart.hours),
            (Some(true), Some(38), Some(30_211))
        );
        assert_eq!(
            (smart.reallocated, smart.pending, smart.uncorrectable),
            (Some(8), Some(2), Some(1))
        );
        assert_eq!(smart.used_percent, None);
        let nvme = br#"{"smartctl":{"exit_status":8},"device":{"protocol":"NVMe"},"model_name":"WD_BLACK SN850X",
            "smart_status":{"passed":false,"nvme":{"value":4}},"temperature":{"current":51},"power_on_time":{"hours":900},
            "nvme_smart_health_information_log":{"critical_warning":4,"percentage_used":104,"media_errors":3}}"#;
        let smart = parse(nvme).unwrap();
        assert_eq!((smart.passed, smart.used_percent), (Some(false), Some(104)));
        assert_eq!((smart.uncorrectable, smart.reallocated), (Some(3), None));
    }

    #[test]
    fn no_answer_is_a_word_and_no_health() {
        let refused = br#"{"smartctl":{"messages":[{"string":"Smartctl open device: /dev/sdb failed: Permission denied","severity":"error"}],"exit_status":2}}"#;
        for (text, why) in [
            (&refused[..], "Permission denied"),
            (b"", "no JSON"),
            (b"{}", "nothing of this disk"),
            (b"[1]", "nothing of this disk"),
            (br#"{"model_name":"QEMU HARDDISK"}"#, "nothing of this disk"),
        ] {
            assert!(parse(text).unwrap_err().contains(why), "{why}");
        }
    }
}
