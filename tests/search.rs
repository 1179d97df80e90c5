//! The search for a path: which of several is taken, what hides one, and where it ends.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fmt::Write as _;

use common::judge::{NOTHING, chain, judge, path, reason, server, told, trusting};
use common::pki::{Draft, Pki, at};
use notafter::chain::{LateFailure, Peer, Possession};
use notafter::inspect::Policy;
use notafter::report::{Code, Severity, Status, Trust, UndeterminedReason, UntrustedReason};
use rcgen::{BasicConstraints, DistinguishedName, DnType, IsCa};

const NOW: &str = "2026-06-15T12:00:00Z";

/// A root that was renewed under the same key: the one whose dates hold is found in any order.
#[test]
fn an_anchor_that_is_not_yet_valid_does_not_hide_one_that_is() {
    let old = Draft::root("R").valid("2020-01-01T00:00:00Z", "2036-01-01T00:00:00Z").issue();
    let new = Draft::root("R")
        .valid("2026-08-01T00:00:00Z", "2046-01-01T00:00:00Z")
        .issue_for(old.key.clone());
    let intermediate = old.ca("I").valid("2025-01-01T00:00:00Z", "2033-01-01T00:00:00Z").issue();
    let leaf = intermediate.leaf("example.com").issue();
    for roots in [[&old, &new], [&new, &old]] {
        let report = judge(&trusting(&roots), &[&leaf.der, &intermediate.der], NOW);
        assert_eq!(told(&report), NOTHING);
    }
}

/// A root that was renewed under the same key: the one that lasts longer limits the path.
#[test]
fn of_two_anchors_with_the_same_key_the_longer_lived_is_taken() {
    let early = Draft::root("R").valid("2000-01-01T00:00:00Z", "2026-07-01T00:00:00Z").issue();
    let late = Draft::root("R")
        .valid("2000-01-01T00:00:00Z", "2046-01-01T00:00:00Z")
        .issue_for(early.key.clone());
    let intermediate = early.ca("I").valid("2025-01-01T00:00:00Z", "2033-01-01T00:00:00Z").issue();
    let leaf = intermediate.leaf("example.com").issue();
    for roots in [[&early, &late], [&late, &early]] {
        let report = judge(&trusting(&roots), &[&leaf.der, &intermediate.der], NOW);
        assert_eq!(told(&report), NOTHING);
    }
}

#[test]
fn intermediates_that_begin_later_do_not_hide_the_path_of_an_expired_chain() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let mut known = String::new();
    for day in 1..=9 {
        let other = pki.root.ca(&format!("Other {day}"));
        let begin = format!("2027-01-0{day}T00:00:00Z");
        write!(known, "{}", other.valid(&begin, "2035-01-01T00:00:00Z").issue().pem()).unwrap();
    }
    let inspector = trusting(&[&pki.root]).with_intermediates(known).unwrap();
    let report = judge(&inspector, &pki.chain(&leaf), "2027-06-01T00:00:00Z");
    assert_eq!(told(&report), ["failure expired 0"]);
    assert!(matches!(report.trust(), Trust::TrustedIfTimeIgnored { .. }), "{:?}", report.trust());
}

/// Ten CAs of one name that sign each other: a search would take seconds, and there is no end to
/// how long a peer can make it.
#[test]
fn a_chain_that_is_hard_to_search_is_not_searched() {
    let root = Draft::root("Root").issue();
    let mut sent = Vec::new();
    for _ in 0..10 {
        let twin = Draft::root("Twin").issue();
        sent.push(twin.ca("Twin").issue());
    }
    let leaf = sent[0].leaf("example.com").issue();
    let sent: Vec<_> = std::iter::once(&leaf).chain(&sent).map(|issued| &issued.der).collect();
    let report = judge(&trusting(&[&root]), &sent, NOW);
    assert_eq!(*report.trust(), Trust::Undetermined { reason: UndeterminedReason::Budget },);
    assert!(report.status() >= Status::Fail);
}

/// What is muted is the advice, not that nobody trusts the chain.
#[test]
fn an_untrusted_ca_certificate_never_passes_by_muting_what_it_is() {
    let stranger = Draft::root("Stranger").issue();
    let leaf = stranger
        .leaf("example.com")
        .with(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained))
        .issue();
    let known = Draft::root("Known").issue();
    for policy in [
        Policy::new().severity(Code::CaAsEndEntity, Severity::Note),
        Policy::new().off(Code::CaAsEndEntity),
    ] {
        let inspector = trusting(&[&known]).with_policy(policy);
        let report = judge(&inspector, &[&leaf.der], NOW);
        assert_eq!(report.status(), Status::Fail);
        assert_eq!(report.findings_with(Code::UntrustedPath).count(), 1);
    }
}

/// A name is no proof: the private CA and the server carry the same one.
#[test]
fn a_certificate_with_the_name_of_its_issuer_is_not_said_to_be_self_signed() {
    let ca = Draft::root("Acme").issue();
    let leaf = ca
        .leaf("example.com")
        .with(|params| {
            params.distinguished_name = DistinguishedName::new();
            params.distinguished_name.push(DnType::CommonName, "Acme");
            params.use_authority_key_identifier_extension = false;
        })
        .issue();
    let report = judge(&trusting(&[&ca]), &[&leaf.der], NOW);
    assert_eq!(told(&report), NOTHING);
    assert_eq!(path(&report), Some(&[0][..]));

    let other = Draft::root("Other").issue();
    let report = judge(&trusting(&[&other]), &[&leaf.der], NOW);
    assert_eq!(reason(&report), Some(UntrustedReason::UnknownIssuer));
    assert_eq!(report.findings_with(Code::SelfSigned).count(), 0);
}

#[test]
fn certificates_that_nobody_needs_are_notes_in_any_order() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let other_root = Draft::root("Other Root").issue();
    let other = other_root.ca("Other").issue();
    let sent = [&leaf.der, &pki.intermediate.der, &other_root.der, &other.der];
    let report = judge(&trusting(&[&pki.root]), &sent, NOW);
    assert_eq!(report.status(), Status::Pass);
    assert_eq!(told(&report), ["note out-of-order 2", "note unrelated 2", "note unrelated 3"]);
}

/// Nothing is known of where it would lead, so nothing is said to lead nowhere.
#[test]
fn what_follows_an_unreadable_certificate_is_not_said_to_be_unrelated() {
    let pki = Pki::new();
    let report = judge(&trusting(&[&pki.root]), &[&b"garbage"[..], &pki.intermediate.der], NOW);
    assert_eq!(report.findings_with(Code::Unrelated).count(), 0);
    assert_eq!(report.findings_with(Code::MalformedCertificate).count(), 1);
}

/// It is judged as the end-entity certificate that it is, and not by an anchor's thresholds too.
#[test]
fn a_pinned_certificate_is_judged_once() {
    let leaf = Draft::self_signed("example.com")
        .valid("2026-06-01T00:00:00Z", "2026-08-30T00:00:00Z")
        .issue();
    let report = judge(&trusting(&[&leaf]), &[&leaf.der], NOW);
    assert_eq!(told(&report), ["note self-signed 0"]);
    let report = judge(&trusting(&[&leaf]), &[&leaf.der], "2026-08-29T00:00:00Z");
    assert_eq!(told(&report), ["critical expires-soon 0", "note self-signed 0"]);
}

/// What another TLS library may well support is no failure yet.
#[test]
fn a_handshake_that_we_could_not_finish_is_a_warning() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let peer = Peer::new()
        .with_possession(Possession::Proven)
        .with_late_failure(LateFailure::ByUs("no such group".to_owned()));
    let sent = chain(&[&leaf.der, &pki.intermediate.der]).with_peer(peer);
    let report = trusting(&[&pki.root]).inspect(&sent, &server(&["example.com"]), at(NOW));
    assert_eq!(told(&report), ["warning handshake-failed-after-chain -"]);
}
