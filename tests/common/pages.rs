//! Snapshots of many targets in every state, to be shown.

use notafter::report::Report;
use notafter::snapshot::Snapshot;
use notafter::target::Subject;
use rcgen::DnType;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::judge::{chain, trusting};
use super::nasty::NASTY;
use super::pki::{Issued, Pki, at};

pub(crate) const NOW: &str = "2026-06-01T08:30:00Z";

/// A snapshot of so many targets: of any thirty, some in each state, and all hostile names among them.
pub(crate) fn snapshot(count: usize) -> Snapshot {
    let pki = Pki::new();
    let dying = pki
        .root
        .ca("Example Issuing CA 7")
        .valid("2021-06-12T00:00:00Z", "2026-06-11T23:59:59Z")
        .issue();
    Snapshot::of((0..count).map(|index| report(&pki, &dying, index)))
}

/// What a target is called.
pub(crate) fn label(index: usize) -> String {
    match index % 30 {
        slot @ 6..30 => format!(
            "{}{}",
            NASTY[slot - 6],
            if index < 30 { String::new() } else { format!(" {index}") }
        ),
        slot => format!("https://service-{slot}-{index}.eu-central.example.com:443"),
    }
}

fn report(pki: &Pki, dying: &Issued, index: usize) -> Report {
    let name = label(index);
    let (ends_in, issuer) = match index % 30 {
        0 => (Duration::days(-3), &pki.intermediate),
        1 => (Duration::days(58), dying),
        2 => (Duration::hours(30), &pki.intermediate),
        3 => (Duration::days(61), &pki.intermediate),
        slot => {
            (Duration::days(40 + i64::try_from(slot * 7 + index / 30).unwrap()), &pki.intermediate)
        }
    };
    let end = at(NOW) + ends_in;
    let text = |instant: OffsetDateTime| instant.format(&Rfc3339).unwrap();
    let leaf = issuer
        .leaf("example.com")
        .valid(&text((end - Duration::days(90)).min(at(NOW) - Duration::days(1))), &text(end))
        .with(|params| params.distinguished_name.push(DnType::CommonName, name.as_str()))
        .issue();
    let asked = if index % 30 == 3 { "other.example" } else { "example.com" };
    let subject = Subject::server(name, [asked.parse().unwrap()]);
    let mut sent = vec![leaf.der.clone(), issuer.der.clone()];
    if index % 30 == 5 {
        sent.push(pki.root.der.clone());
    }
    let report = trusting(&[&pki.root]).inspect(&chain(&sent), &subject, at(NOW));
    if index % 30 == 4 { undetermined(&report) } else { report }
}

/// The same where the search for a path ran out of its budget: only a crafted chain does that.
fn undetermined(report: &Report) -> Report {
    let mut written = serde_json::to_value(report).unwrap();
    written["trust"] = serde_json::json!({ "status": "undetermined", "reason": "budget" });
    written["horizon"] = serde_json::json!({ "undetermined": "budget" });
    serde_json::from_value(written).unwrap()
}
