//! What is served, held against what should be.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::sync::Arc;

use common::judge::chain;
use common::pki::{Issued, Key, Pki};
use notafter::inspect::{Drift, compare};
use notafter::report::{Code, FindingKind, Status};

fn codes(drift: &Drift) -> Vec<String> {
    let line =
        |finding: &notafter::report::Finding| format!("{} {}", finding.severity(), finding.code());
    drift.findings().iter().map(line).collect()
}

fn drift(expected: &Issued, served: &Issued) -> Drift {
    compare(&chain(&[&expected.der]), &chain(&[&served.der]))
}

struct Renewal {
    old: Issued,
    new: Issued,
}

/// A certificate and its renewal, with the same key or another.
fn renewal(same_key: bool) -> Renewal {
    let pki = Pki::new();
    let key = Arc::new(Key::P256.generate());
    let draft = |from, to| pki.leaf("www.test").valid(from, to);
    let old = draft("2026-01-01T00:00:00Z", "2026-03-31T23:59:59Z").issue_for(Arc::clone(&key));
    let new = draft("2026-03-01T00:00:00Z", "2026-05-31T23:59:59Z");
    let new = if same_key { new.issue_for(key) } else { new.issue() };
    Renewal { old, new }
}

#[test]
fn what_is_the_same_has_no_findings_whatever_follows_it() {
    let pki = Pki::new();
    let leaf = pki.leaf("www.test").issue();
    let drift = compare(&chain(&[&leaf.der]), &chain(&pki.chain(&leaf)));
    assert!(drift.is_same());
    assert_eq!(drift.findings(), []);
    assert_eq!(drift.status(), Status::Pass);
    assert_eq!(drift.to_string(), "what is served is what should be");
}

#[test]
fn a_renewal_that_is_not_served_is_not_deployed() {
    let Renewal { old, new } = renewal(true);
    let drift = drift(&new, &old);
    assert!(!drift.is_same());
    assert_eq!(codes(&drift), ["warning not-deployed"]);
    assert_eq!(drift.status(), Status::Warn);
    let FindingKind::NotDeployed(both) = drift.findings()[0].kind() else {
        panic!("{drift:?}");
    };
    assert_eq!(both.expected.not_after, common::pki::at("2026-05-31T23:59:59Z"));
    assert_eq!(both.served.not_after, common::pki::at("2026-03-31T23:59:59Z"));
    assert_eq!(
        drift.to_string(),
        "warning not-deployed: what should be served (2026-03-01 00:00:00 UTC to 2026-05-31 23:59:59 UTC) \
         is newer than what is (2026-01-01 00:00:00 UTC to 2026-03-31 23:59:59 UTC)",
    );
}

#[test]
fn a_file_that_is_older_than_what_is_served_is_told_the_other_way_round() {
    let Renewal { old, new } = renewal(true);
    assert_eq!(codes(&drift(&old, &new)), ["warning served-newer"]);
}

#[test]
fn a_new_key_in_a_renewal_is_a_note_and_in_a_twin_a_warning() {
    let Renewal { old, new } = renewal(false);
    assert_eq!(codes(&drift(&new, &old)), ["warning not-deployed", "note different-key"]);
    let pki = Pki::new();
    let (one, two) = (pki.leaf("www.test").issue(), pki.leaf("www.test").issue());
    let twins = drift(&one, &two);
    assert_eq!(codes(&twins), ["warning different-key"]);
    assert_eq!(twins.status(), Status::Warn);
}

#[test]
fn another_issuer_is_a_note() {
    let pki = Pki::new();
    let other = pki.root.ca("Other Intermediate").issue();
    let key = Arc::new(Key::P256.generate());
    let one = pki.leaf("www.test").issue_for(Arc::clone(&key));
    let two = other.leaf("www.test").issue_for(key);
    let drift = drift(&one, &two);
    assert_eq!(codes(&drift), ["note different-issuer"]);
    assert_eq!(drift.status(), Status::Pass);
}

#[test]
fn what_differs_in_nothing_that_counts_passes() {
    let pki = Pki::new();
    let key = Arc::new(Key::P256.generate());
    let one = pki.leaf("www.test").issue_for(Arc::clone(&key));
    let two = pki.leaf("www.test").issue_for(key);
    let drift = drift(&one, &two);
    assert!(!drift.is_same(), "their serial numbers differ");
    assert_eq!(drift.findings(), []);
    assert_eq!(drift.to_string(), "what is served is not what should be, and as good");
}

#[test]
fn what_cannot_be_read_is_unknown() {
    let leaf = Pki::new().leaf("www.test").issue();
    let broken = chain(&[b"no certificate"]);
    let drift = compare(&broken, &chain(&[&leaf.der]));
    assert_eq!(drift.status(), Status::Unknown);
    assert_eq!(drift.findings()[0].code(), Code::MalformedCertificate);
}

#[cfg(feature = "fetch")]
#[test]
fn what_rustls_has_loaded_is_compared_and_judged_without_io() {
    use notafter::Inspector;
    use notafter::fetch::in_memory;
    use notafter::report::Report;
    use notafter::target::Purpose;
    use rustls::crypto::aws_lc_rs::sign::any_supported_type;
    use rustls::sign::CertifiedKey;

    let Renewal { old, new } = renewal(false);
    let loaded = |certificate: &Issued, key: &Issued| {
        let key = any_supported_type(&key.private_key()).unwrap();
        let loaded = CertifiedKey::new(vec![certificate.der.clone()], key);
        in_memory("serving", &loaded, Purpose::Server).unwrap()
    };
    let serving = loaded(&old, &old);
    assert_eq!(serving.locator().to_string(), "serving");
    let drift = compare(&chain(&[&new.der]), serving.chain());
    assert_eq!(codes(&drift), ["warning not-deployed", "note different-key"]);

    let judge = |found: &notafter::source::FoundChain| -> Report {
        let at = common::pki::at("2026-02-01T00:00:00Z");
        Inspector::new().inspect(found.chain(), found.subject(), at)
    };
    let mismatches = |found| judge(found).findings_with(Code::KeyMismatch).count();
    assert_eq!(mismatches(&serving), 0);
    assert_eq!(mismatches(&loaded(&old, &new)), 1);

    let report = judge(&serving);
    assert_eq!(report.target(), "serving");
    assert!(compare(&report.presented_chain().unwrap(), serving.chain()).is_same());
}

#[cfg(feature = "serde")]
#[test]
fn drift_is_written_as_json() {
    let Renewal { old, new } = renewal(true);
    let written = serde_json::to_value(drift(&new, &old)).unwrap();
    assert_eq!(written["same"], serde_json::json!(false));
    assert_eq!(written["status"], serde_json::json!("warn"));
    let finding = &written["findings"][0];
    assert_eq!(finding["code"], serde_json::json!("not-deployed"));
    assert_eq!(finding["expected"]["not_after"], serde_json::json!("2026-05-31T23:59:59Z"));
    assert_eq!(finding["served"]["not_after"], serde_json::json!("2026-03-31T23:59:59Z"));
}
