//! What was settled: paystubs against what was sent, codes and receipts in words, months that lack a paystub.

use std::collections::BTreeMap;

use super::DAY_MS;
use crate::domain::earned::{NextPayout, Stub};
use crate::domain::money::{Micro, Month, Payment, Paystub};

/// A paystub comes within so long after its month.
const DUE_MS: i64 = 21 * DAY_MS;
/// Money comes within so long after its month, or it was for another one.
const LATEST_MS: i64 = 60 * DAY_MS;
/// What is less than a cent is rounding: it waits for nothing.
pub const CENT: Micro = Micro(10_000);
/// A month without a paystub is a gap where the next one comes within so many months.
pub const GAP: i32 = 3;
/// Nobody asks for paystubs older than so many months.
pub const LOOKED_BACK: i32 = 13;

/// A paystub in the form sums are made of.
pub fn stub(paystub: &Paystub) -> Stub {
    let late = late(paystub);
    Stub {
        gross: paystub.gross(),
        held: paystub.held,
        disposed: paystub.disposed,
        owed: paystub.owed,
        paid: paystub.paid,
        distributed: paystub.distributed,
        postponed: late.max(Micro(0)),
        earlier: (-late).max(Micro(0)),
    }
}

fn late(stub: &Paystub) -> Micro {
    stub.paid - stub.distributed
}

/// When a month's paystub should be there at last, ms since the epoch.
pub fn due_ms(month: Month) -> i64 {
    month.end_ms() + DUE_MS
}

/// Whether a month's paystub should be there.
pub fn is_due(month: Month, now_ms: i64) -> bool {
    now_ms >= due_ms(month)
}

/// What a letter of a paystub means.
pub fn code(letter: &str) -> &'static str {
    match letter {
        "D" => "disqualified: nothing is paid",
        "S" => "sanctioned country: nothing is paid",
        "T" => "the tax form 1099 is missing",
        "E" => "in withholding: part of it is kept back",
        "X" => "graceful exit: what was kept back is returned",
        "I" => "graceful exit under way",
        "O" => "offline for the whole month: nothing is paid",
        "B" => "a bonus is in it",
        _ => "not known here",
    }
}

/// The letters of a paystub, and what each means.
pub fn codes(text: &str) -> Vec<(String, String)> {
    let letters = text.split(':').map(str::trim).filter(|letter| !letter.is_empty());
    letters
        .map(|letter| (letter.to_owned(), code(letter).to_owned()))
        .collect()
}

/// A receipt's chain as people call it, its hash, and where to look it up.
pub fn receipt(text: &str) -> (String, String, Option<String>) {
    let (chain, hash) = text.split_once(':').unwrap_or(("", text));
    let (name, page) = match chain {
        "eth" => ("Ethereum", Some("https://etherscan.io/tx/")),
        "zksync" => ("zkSync Lite", Some("https://zkscan.io/explorer/transactions/")),
        "zkwithdraw" => (
            "zkSync Lite withdrawal",
            Some("https://zkscan.io/explorer/transactions/"),
        ),
        "zksync-era" => ("zkSync Era", Some("https://explorer.zksync.io/tx/")),
        "polygon" => ("Polygon", Some("https://polygonscan.com/tx/")),
        other => (other, None),
    };
    // A link is followed: only what is a hash goes into it.
    let is_hash = hash.len() > 2 && hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let link = page.filter(|_| is_hash).map(|page| format!("{page}{hash}"));
    (name.to_owned(), hash.to_owned(), link)
}

/// When money comes next, by the days it came; `None`: it never did. `months`: those with a paystub that something was
/// sent of.
pub fn next_payout(payments: &[&Payment], paystubs: &[&Paystub], now_ms: i64) -> Option<NextPayout> {
    let mut days: BTreeMap<Month, i64> = BTreeMap::new();
    let sent = paystubs.iter().filter(|stub| stub.distributed > Micro(0));
    let dated = sent.map(|stub| (stub.period, stub.created_ms));
    for (month, ms) in dated.chain(payments.iter().map(|payment| (payment.period, payment.created_ms))) {
        let after = ms.map(|ms| ms - month.end_ms());
        if let Some(after) = after.filter(|after| (0..LATEST_MS).contains(after)) {
            // A payment's own day is better than that of its paystub, and comes later.
            days.insert(month, after);
        }
    }
    let mut after: Vec<i64> = days.values().copied().collect();
    after.sort_unstable();
    let middle = *after.get(after.len() / 2)?;
    let running = Month::of_ms(now_ms);
    let last = running.plus(-1);
    let came = payments.iter().any(|payment| payment.period == last) || days.contains_key(&last);
    let month = if came { running } else { last };
    let at = |after: i64| month.end_ms() + after;
    Some(NextPayout {
        month,
        about_ms: at(middle),
        between_ms: (at(*after.first()?), at(*after.last()?)),
        known: after.len() as u32,
    })
}

/// A paystub of nothing.
#[cfg(test)]
pub(super) fn empty(period: Month) -> Paystub {
    Paystub {
        satellite_id: "A".to_owned(),
        period,
        created_ms: None,
        codes: String::new(),
        byte_hours: 0.0,
        get: 0,
        put: 0,
        get_repair: 0,
        put_repair: 0,
        get_audit: 0,
        for_storage: Micro(0),
        for_get: Micro(0),
        for_put: Micro(0),
        for_get_repair: Micro(0),
        for_put_repair: Micro(0),
        for_get_audit: Micro(0),
        surge_percent: 0,
        held: Micro(0),
        owed: Micro(0),
        disposed: Micro(0),
        paid: Micro(0),
        distributed: Micro(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_link_only_to_hashes() {
        let (chain, hash, link) = receipt("zksync-era:0xabc1");
        assert_eq!((chain.as_str(), hash.as_str()), ("zkSync Era", "0xabc1"));
        assert_eq!(link.as_deref(), Some("https://explorer.zksync.io/tx/0xabc1"));
        assert_eq!(receipt("eth:0x1/../x").2, None);
        assert_eq!(receipt("moon:0x1"), ("moon".into(), "0x1".into(), None));
        assert_eq!(receipt(""), (String::new(), String::new(), None));
    }

    #[test]
    fn every_code_is_explained() {
        let of = |text: &str| codes(text).into_iter().map(|(letter, _)| letter).collect::<Vec<_>>();
        assert_eq!(of("X:S"), ["X", "S"]);
        assert!(of("").is_empty());
        for letter in ["D", "S", "T", "E", "X", "I", "O", "B"] {
            assert_ne!(code(letter), code("?"), "{letter}");
        }
    }
}
