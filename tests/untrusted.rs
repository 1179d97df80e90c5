//! Why no path leads to a trust anchor.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::anatomy::{Anatomy, with_a_bad_signature};
use common::judge::{NOTHING, chain, judge, only, reason, server, told, trusting};
use common::pki::{Draft, Issued, Pki, at};
use notafter::report::{Code, FindingKind, Status, UntrustedReason};
use rcgen::{BasicConstraints, GeneralSubtree, IsCa, NameConstraints};

const NOW: &str = "2026-06-15T12:00:00Z";

/// The chain judged under the root, and what is told of it.
#[track_caller]
fn assert_untrusted<T: AsRef<[u8]>>(
    root: &Issued,
    sent: &[T],
    expected: UntrustedReason,
    findings: &[&str],
) {
    let report = judge(&trusting(&[root]), sent, NOW);
    assert_eq!(reason(&report), Some(expected));
    assert_eq!(told(&report), findings);
    assert_eq!(report.status(), Status::Fail);
    assert_eq!(report.horizon().until, None);
}

#[test]
fn it_is_because_the_root_is_not_known() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let sent = [&leaf.der, &pki.intermediate.der, &pki.root.der];
    let namesake = Draft::root("Test Root").issue();
    for root in [&Draft::root("Stranger").issue(), &namesake] {
        let expected = UntrustedReason::UnknownIssuer;
        // A namesake's key does not verify the signature.
        let expected =
            if root.der == namesake.der { UntrustedReason::BadSignature } else { expected };
        assert_untrusted(root, &sent, expected, &["failure untrusted-path 0"]);
    }
}

#[test]
fn it_is_because_a_signature_does_not_verify() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let (bad_leaf, bad_intermediate) =
        (with_a_bad_signature(&leaf.der), with_a_bad_signature(&pki.intermediate.der));
    for sent in [[&bad_leaf, &pki.intermediate.der], [&leaf.der, &bad_intermediate]] {
        let told = ["failure untrusted-path 0"];
        assert_untrusted(&pki.root, &sent, UntrustedReason::BadSignature, &told);
    }
}

#[test]
fn it_is_because_a_certificate_is_of_version_1() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let old_leaf = Anatomy::of(&leaf.der).version_1().signed_by(&pki.intermediate.key);
    // Without extensions it has neither a subject alternative name nor an extended key usage.
    let expected = [
        "failure common-name-only 0",
        "failure untrusted-path 0",
        "warning extended-key-usage-missing 0",
    ];
    let sent = [&old_leaf, &pki.intermediate.der];
    assert_untrusted(&pki.root, &sent, UntrustedReason::UnsupportedVersion, &expected);

    let old_intermediate = Anatomy::of(&pki.intermediate.der).version_1().signed_by(&pki.root.key);
    // Without extensions it is no CA.
    let expected = ["failure untrusted-path 0", "failure not-a-ca 1"];
    let sent = [&leaf.der, &old_intermediate];
    assert_untrusted(&pki.root, &sent, UntrustedReason::UnsupportedVersion, &expected);
}

#[test]
fn it_is_because_an_issuer_is_no_ca() {
    let pki = Pki::new();
    let issuer =
        pki.intermediate.leaf("example.org").with(|params| params.key_usages.clear()).issue();
    let leaf = issuer.leaf("example.com").issue();
    let sent = [&leaf.der, &issuer.der, &pki.intermediate.der];
    let expected = ["failure untrusted-path 0", "failure not-a-ca 1"];
    assert_untrusted(&pki.root, &sent, UntrustedReason::NotACa, &expected);
}

#[test]
fn it_is_because_there_are_more_intermediates_than_a_ca_allows() {
    let root = Draft::root("Root").issue();
    let upper = root
        .ca("Upper")
        .with(|params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)))
        .issue();
    let lower = upper.ca("Lower").issue();
    let leaf = lower.leaf("example.com").issue();
    let sent = [&leaf.der, &lower.der, &upper.der];
    let expected = ["failure untrusted-path 0", "failure path-length-exceeded 2"];
    assert_untrusted(&root, &sent, UntrustedReason::PathLength, &expected);
    let report = judge(&trusting(&[&root]), &sent, NOW);
    assert_eq!(
        *only(&report, Code::PathLengthExceeded).kind(),
        FindingKind::PathLengthExceeded { path_length: 0, below: 1 },
    );

    // What it does allow is fine.
    let leaf = upper.leaf("example.com").issue();
    assert_eq!(told(&judge(&trusting(&[&root]), &[&leaf.der, &upper.der], NOW)), NOTHING);
}

#[test]
fn it_is_because_a_name_constraint_forbids_the_name() {
    let root = Draft::root("Root").issue();
    let subtree = vec![GeneralSubtree::DnsName("example.org".to_owned())];
    let constraints = [(subtree.clone(), vec![], false), (vec![], subtree, true)];
    for (permitted_subtrees, excluded_subtrees, com_is_allowed) in constraints {
        let intermediate = root
            .ca("Constrained")
            .with(|params| {
                params.name_constraints =
                    Some(NameConstraints { permitted_subtrees, excluded_subtrees });
            })
            .issue();
        for (name, allowed) in
            [("example.com", com_is_allowed), ("www.example.org", !com_is_allowed)]
        {
            let leaf = intermediate.leaf(name).issue();
            let sent = chain(&[&leaf.der, &intermediate.der]);
            let report = trusting(&[&root]).inspect(&sent, &server(&[name]), at(NOW));
            let forbidden = (!allowed).then_some(UntrustedReason::NameConstraint);
            assert_eq!(reason(&report), forbidden, "{name}");
            let expected: &[&str] = if allowed { &[] } else { &["failure untrusted-path 0"] };
            assert_eq!(told(&report), expected, "{name}");
        }
    }
}

#[test]
fn it_is_because_a_critical_extension_is_not_understood() {
    // 2.5.29.99 and 1.2.3.4
    for oid in [&[0x55, 0x1d, 0x63][..], &[0x2a, 0x03, 0x04]] {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let add = |der: &[u8], critical, issuer: &Issued| {
            Anatomy::of(der).extension(oid, critical, &[5, 0]).signed_by(&issuer.key)
        };
        let intermediate = &pki.intermediate;
        let marked_leaf = add(&leaf.der, true, intermediate);
        let marked_intermediate = add(&intermediate.der, true, &pki.root);
        for sent in [[&marked_leaf, &intermediate.der], [&leaf.der, &marked_intermediate]] {
            let told = ["failure untrusted-path 0"];
            assert_untrusted(&pki.root, &sent, UntrustedReason::CriticalExtension, &told);
        }
        let harmless = add(&leaf.der, false, intermediate);
        let sent = [&harmless, &intermediate.der];
        assert_eq!(told(&judge(&trusting(&[&pki.root]), &sent, NOW)), NOTHING);
    }
}
