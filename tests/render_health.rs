//! `application/health+json`, and which HTTP status goes with it.

#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::judge::{chain, trusting};
use common::nasty::NASTY;
use common::pki::{Pki, at};
use notafter::Status;
use notafter::render::health::{CONTENT_TYPE, Details, http_status, json};
use notafter::report::Report;
use notafter::snapshot::Snapshot;
use notafter::target::Subject;
use rcgen::DnType;
use serde_json::{Value, json as expected};

const NOW: &str = "2026-06-01T00:00:00Z";

/// What is told of a server's chain whose own certificate ends then.
fn report(pki: &Pki, label: &str, end: &str) -> Report {
    let leaf = pki.leaf("example.com").valid("2026-01-01T00:00:00Z", end).issue();
    let subject = Subject::server(label, ["example.com".parse().unwrap()]);
    trusting(&[&pki.root]).inspect(&chain(&pki.chain(&leaf)), &subject, at(NOW))
}

fn read(snapshot: &Snapshot, details: Details) -> Value {
    let text = json(snapshot, details);
    assert!(!text.contains('\n'), "{text}");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn strangers_read_the_status_and_nothing_else() {
    let pki = Pki::new();
    let of = |end| Snapshot::of([report(&pki, "https://internal.example:443", end)]);
    let cases = [
        ("2026-12-31T23:59:59Z", r#"{"status":"pass"}"#),
        ("2026-06-02T00:00:00Z", r#"{"status":"warn"}"#),
        ("2026-05-31T23:59:59Z", r#"{"status":"fail"}"#),
    ];
    for (end, answer) in cases {
        assert_eq!(json(&of(end), Details::Hidden), answer);
        assert_eq!(json(&of(end), Details::default()), answer);
    }
    assert_eq!(json(&Snapshot::of([]), Details::Hidden), r#"{"status":"unknown"}"#);
}

#[test]
fn those_who_may_know_read_all_of_it() {
    let pki = Pki::new();
    let snapshot = Snapshot::of([
        report(&pki, "https://fine.example:443", "2026-12-31T23:59:59Z"),
        report(&pki, "tls://[2001:db8::1]:8443", "2026-05-31T23:59:59Z"),
    ]);
    let message = "the end-entity certificate (CN=example.com) expired 1 second ago, on \
                   2026-05-31 23:59:59 UTC";
    let answer = expected!({
        "status": "fail",
        "output": format!("1 of 2 targets fails: tls://[2001:db8::1]:8443: {message}"),
        "checks": { "certificates": [
            {
                "componentId": "https://fine.example:443",
                "componentType": "component",
                "status": "pass",
                "time": NOW,
                "observedValue": 18_489_599,
                "observedUnit": "s",
                "horizon": "2026-12-31T23:59:59Z",
            },
            {
                "componentId": "tls://[2001:db8::1]:8443",
                "componentType": "component",
                "status": "fail",
                "time": NOW,
                "observedValue": -1,
                "observedUnit": "s",
                "output": message,
                "horizon": "2026-05-31T23:59:59Z",
                "findings": [{
                    "code": "expired",
                    "severity": "failure",
                    "message": message,
                    "remedy": "renew it, install it, and reload the service",
                }],
            },
        ] },
    });
    assert_eq!(read(&snapshot, Details::Shown), answer);
}

#[test]
fn a_snapshot_of_nothing_is_unknown_and_has_no_certificates() {
    let answer = expected!({
        "status": "unknown",
        "output": "nothing is watched",
        "checks": { "certificates": [] },
    });
    assert_eq!(read(&Snapshot::of([]), Details::Shown), answer);
}

#[test]
fn names_of_any_kind_are_read_back_as_they_are() {
    let pki = Pki::new();
    let reports = NASTY.map(|name| {
        let change = |params: &mut rcgen::CertificateParams| {
            params.distinguished_name.push(DnType::CommonName, name);
        };
        let leaf = pki.leaf("example.com").valid("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
        let leaf = leaf.with(change).issue();
        let subject = Subject::server(name, ["example.com".parse().unwrap()]);
        trusting(&[&pki.root]).inspect(&chain(&pki.chain(&leaf)), &subject, at(NOW))
    });
    let messages: Vec<String> =
        reports.iter().map(|report| report.worst().unwrap().message()).collect();
    let answer = read(&Snapshot::of(reports), Details::Shown);
    let certificates = answer["checks"]["certificates"].as_array().unwrap();
    assert_eq!(certificates.len(), NASTY.len());
    for ((certificate, name), message) in certificates.iter().zip(NASTY).zip(&messages) {
        assert_eq!(certificate["componentId"], name);
        assert_eq!(certificate["output"], *message);
    }
    let keys: Vec<_> = answer["checks"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["certificates"], "no colon, whatever the labels");
}

#[test]
fn an_unknown_is_what_the_caller_makes_of_it() {
    let of = |unknown| {
        [Status::Pass, Status::Warn, Status::Fail, Status::Unknown]
            .map(|status| http_status(status, unknown))
    };
    assert_eq!(of(503), [200, 200, 503, 503]);
    assert_eq!(of(200), [200, 200, 503, 200]);
    assert_eq!(CONTENT_TYPE, "application/health+json");
}
