//! What the keys of a chain may be used for.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::judge::{chain, only, told, trusting};
use common::pki::{Draft, Issued, at};
use notafter::report::{Code, FindingKind, Report};
use notafter::target::{Purpose, Subject};
use rcgen::ExtendedKeyUsagePurpose::{Any, ClientAuth, CodeSigning, EmailProtection, ServerAuth};
use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose};

const NOW: &str = "2026-06-15T12:00:00Z";

struct Case<'a> {
    leaf: &'a [ExtendedKeyUsagePurpose],
    intermediate: &'a [ExtendedKeyUsagePurpose],
    as_server: &'a [&'a str],
    as_client: &'a [&'a str],
}

/// RFC 5280 section 4.2.1.12; no purposes at all is no restriction, but Apple's platforms want
/// serverAuth by its name.
const CASES: &[Case<'_>] = &[
    Case {
        leaf: &[],
        intermediate: &[],
        as_server: &["warning extended-key-usage-missing 0"],
        as_client: &[],
    },
    Case {
        leaf: &[ServerAuth],
        intermediate: &[],
        as_server: &[],
        as_client: &["failure client-auth-missing 0"],
    },
    Case {
        leaf: &[ClientAuth],
        intermediate: &[],
        as_server: &["failure server-auth-missing 0"],
        as_client: &[],
    },
    Case { leaf: &[ServerAuth, ClientAuth], intermediate: &[], as_server: &[], as_client: &[] },
    // Browsers want the purpose by its name (Baseline Requirements, section 7.1.2.7.10).
    Case {
        leaf: &[Any],
        intermediate: &[],
        as_server: &["failure server-auth-missing 0"],
        as_client: &["failure client-auth-missing 0"],
    },
    Case {
        leaf: &[ServerAuth],
        intermediate: &[Any],
        as_server: &[],
        as_client: &["failure client-auth-missing 0"],
    },
    Case {
        leaf: &[ClientAuth],
        intermediate: &[Any],
        as_server: &["failure server-auth-missing 0"],
        as_client: &[],
    },
    // It says nothing that serverAuth does not, and public CAs may not list it.
    Case {
        leaf: &[ServerAuth, ClientAuth, Any],
        intermediate: &[],
        as_server: &["note any-extended-key-usage 0"],
        as_client: &[],
    },
    Case {
        leaf: &[ServerAuth, ClientAuth],
        intermediate: &[ServerAuth],
        as_server: &[],
        as_client: &["failure client-auth-missing 1"],
    },
    Case {
        leaf: &[CodeSigning],
        intermediate: &[EmailProtection],
        as_server: &["failure server-auth-missing 0", "failure server-auth-missing 1"],
        as_client: &["failure client-auth-missing 0", "failure client-auth-missing 1"],
    },
];

fn judged(root: &Issued, intermediate: &Issued, leaf: &Issued, purpose: Purpose) -> Report {
    let sent = chain(&[&leaf.der, &intermediate.der]);
    trusting(&[root]).inspect(&sent, &Subject::new("test", purpose), at(NOW))
}

#[test]
fn every_certificate_of_the_path_has_to_allow_the_purpose() {
    let root = Draft::root("Root").issue();
    for case in CASES {
        let intermediate = root
            .ca("Intermediate")
            .with(|params| params.extended_key_usages = case.intermediate.to_vec())
            .issue();
        let leaf = intermediate
            .leaf("example.com")
            .with(|params| params.extended_key_usages = case.leaf.to_vec())
            .issue();
        for (purpose, expected) in [
            (Purpose::Server, case.as_server),
            (Purpose::Client, case.as_client),
            (Purpose::Signing, &[]),
        ] {
            let report = judged(&root, &intermediate, &leaf, purpose);
            assert_eq!(
                told(&report),
                expected,
                "{purpose} {:?} {:?}",
                case.leaf,
                case.intermediate
            );
            // The purpose is told by itself, and the path is told by itself.
            assert!(report.trust().path().is_some());
        }
    }
}

#[test]
fn what_a_certificate_is_for_instead_is_told() {
    let root = Draft::root("Root").issue();
    let intermediate = root.ca("Intermediate").issue();
    let other = ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 5, 5, 7, 3, 17]);
    let leaf = intermediate
        .leaf("example.com")
        .with(|params| params.extended_key_usages = vec![ClientAuth, other])
        .issue();
    let report = judged(&root, &intermediate, &leaf, Purpose::Server);
    let finding = only(&report, Code::ServerAuthMissing);
    assert_eq!(
        *finding.kind(),
        FindingKind::ServerAuthMissing {
            purposes: vec!["clientAuth".to_owned(), "1.3.6.1.5.5.7.3.17".to_owned()],
        }
    );
    assert_eq!(
        finding.message(),
        "the end-entity certificate (CN=example.com) is not for TLS servers, only for clientAuth, \
         1.3.6.1.5.5.7.3.17",
    );
}

/// RFC 5280 section 4.2.1.3: without a key usage everything is allowed; webpki 0.103 does not look.
#[test]
fn an_issuer_whose_key_usage_is_not_for_certificates_is_told() {
    let root = Draft::root("Root").issue();
    let cases: [(Vec<KeyUsagePurpose>, &[&str]); 4] = [
        (vec![], &[]),
        (vec![KeyUsagePurpose::KeyCertSign], &[]),
        (vec![KeyUsagePurpose::CrlSign], &["failure key-cert-sign-missing 1"]),
        (vec![KeyUsagePurpose::DigitalSignature], &["failure key-cert-sign-missing 1"]),
    ];
    for (usages, expected) in cases {
        let intermediate =
            root.ca("Intermediate").with(|params| params.key_usages = usages.clone()).issue();
        let leaf = intermediate.leaf("example.com").issue();
        let report = judged(&root, &intermediate, &leaf, Purpose::Server);
        assert_eq!(told(&report), expected, "{usages:?}");
    }
}

/// What no path needs can't spoil one.
#[test]
fn the_usage_of_a_certificate_that_no_path_needs_is_not_held_against_it() {
    let root = Draft::root("Root").issue();
    let intermediate = root.ca("Intermediate").issue();
    let limited = root
        .ca("Intermediate")
        .with(|params| {
            params.key_usages = vec![KeyUsagePurpose::CrlSign];
            params.extended_key_usages = vec![EmailProtection];
        })
        .valid("2025-01-01T00:00:00Z", "2030-01-01T00:00:00Z")
        .issue_for(intermediate.key.clone());
    let leaf = intermediate.leaf("example.com").issue();
    let sent = chain(&[&leaf.der, &limited.der, &intermediate.der]);
    let subject = Subject::new("test", Purpose::Server);
    let report = trusting(&[&root]).inspect(&sent, &subject, at(NOW));
    assert_eq!(report.trust().path().unwrap().path, [0, 2]);
    assert_eq!(told(&report), common::judge::NOTHING);
}
