//! The cases of C2SP/x509-limbo, judged.
//!
//! What a validator has to accept or refuse is not what a report has to say: limbo asks for one
//! verdict, and here most deviations are told as findings of lesser severity. So nothing is
//! asserted of a single case but that it is judged; the number of verdicts that agree is held
//! against a lower bound, so that it can only grow.
//!
//! Verdict: a path is trusted at the case's instant, and no finding is a failure. With
//! `cargo test --test limbo -- --nocapture` the cases that deviate are listed.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::time::{Duration, Instant};

use common::corpora::corpus;
use common::pki::at;
use notafter::Inspector;
use notafter::chain::PresentedChain;
use notafter::inspect::TrustAnchors;
use notafter::report::{Severity, Trust};
use notafter::target::{Purpose, Subject};
use serde_json::Value;

/// Cases without an instant are valid from 1970 to 2969.
const NOW: &str = "2026-06-15T12:00:00Z";

/// rustls-webpki 0.103.17 alone agrees on 141 of the 208, by a runner that also reads CRLs. Here the
/// revoked certificate is not seen, as no CRL is read yet; the expired root and the three weak keys
/// of end-entity certificates are: 141 - 1 + 4.
const AGREED: usize = 144;

fn texts(case: &Value, key: &str) -> String {
    let list = case[key].as_array().unwrap();
    list.iter().map(|text| text.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

fn subject(case: &Value) -> Subject {
    let kind = case["expected_peer_name"]["kind"].as_str();
    let name = case["expected_peer_name"]["value"].as_str();
    match (case["validation_kind"].as_str(), kind, name) {
        (Some("CLIENT"), ..) => Subject::new("limbo", Purpose::Client),
        (_, Some("DNS" | "IP"), Some(name)) => {
            // A name that is none can't be asked for.
            Subject::server("limbo", name.parse())
        }
        _ => Subject::new("limbo", Purpose::Server),
    }
}

/// `SUCCESS` or `FAILURE`, and what is told.
fn verdict(case: &Value) -> (&'static str, String) {
    let Ok(anchors) = TrustAnchors::from_pem(texts(case, "trusted_certs")) else {
        return ("FAILURE", "no anchor".to_owned());
    };
    let leaf = case["peer_certificate"].as_str().unwrap();
    let sent = format!("{leaf}\n{}", texts(case, "untrusted_intermediates"));
    let chain = PresentedChain::from_pem(sent).unwrap();
    let instant = at(case["validation_time"].as_str().unwrap_or(NOW));
    let report = Inspector::new().with_anchors(anchors).inspect(&chain, &subject(case), instant);
    let fails = report.findings().iter().any(|finding| finding.severity() == Severity::Failure);
    let trusted = matches!(report.trust(), Trust::Trusted(_));
    (if trusted && !fails { "SUCCESS" } else { "FAILURE" }, common::judge::told(&report).join(", "))
}

#[test]
fn every_case_is_judged_and_most_verdicts_agree() {
    let Some(folder) = corpus("limbo") else {
        return;
    };
    let limbo = std::fs::read(folder.join("limbo.json")).unwrap();
    let limbo: Value = serde_json::from_slice(&limbo).unwrap();
    let cases = limbo["testcases"].as_array().unwrap();
    assert_eq!(cases.len(), 208);

    let mut agreed = 0;
    let mut slowest = (Duration::ZERO, "");
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let started = Instant::now();
        let (verdict, told) = verdict(case);
        slowest = slowest.max((started.elapsed(), id));
        let expected = case["expected_result"].as_str().unwrap();
        if verdict == expected {
            agreed += 1;
        } else {
            println!("{expected} expected of {id}: {told}");
        }
    }
    println!("{agreed} of {} verdicts agree; the slowest took {slowest:?}", cases.len());
    assert!(agreed >= AGREED, "{agreed} verdicts agree, and {AGREED} did before");
    // Nothing but a search without end takes as long, on any machine.
    assert!(slowest.0 < Duration::from_secs(60), "{slowest:?}");
}
