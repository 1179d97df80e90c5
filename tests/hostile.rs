//! Certificates that are built to cost much: what is told of them stays small.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::anatomy::Anatomy;
use common::judge::{chain, judge, only, told, trusting};
use common::pki::{Pki, at};
use notafter::report::{Code, FindingKind, Report, Status};

const NOW: &str = "2026-06-15T12:00:00Z";

/// A certificate of a subject of 30,000 characters, with the same empty extension `count` times.
fn swollen(count: usize) -> (Pki, Vec<u8>) {
    let pki = Pki::new();
    let long = "\u{1}".repeat(30_000);
    let leaf = pki
        .leaf("example.com")
        .with(|params| params.distinguished_name.push(rcgen::DnType::OrganizationName, long))
        .issue();
    let empty = |anatomy: Anatomy, _| anatomy.extension(&[0x2a], false, &[]);
    let der = (0..count).fold(Anatomy::of(&leaf.der), empty).signed_by(&pki.intermediate.key);
    (pki, der.to_vec())
}

fn look(pki: &Pki, der: &[u8]) -> Report {
    judge(&trusting(&[&pki.root]), &[der, &pki.intermediate.der], NOW)
}

#[test]
fn of_many_unreadable_extensions_the_first_few_are_told_and_a_long_subject_is_cut() {
    let (pki, der) = swollen(100);
    let report = look(&pki, &der);
    assert_eq!(told(&report), ["warning unreadable-extension 0"; 8]);
    for finding in report.findings() {
        let subject = finding.subject().unwrap();
        assert!(subject.starts_with("O=\\01\\01"), "{subject}");
        assert!(subject.ends_with('\u{2026}'), "{subject}");
        assert_eq!(subject.chars().count(), 256);
        // One text, shared by all that is told of the certificate.
        assert_eq!(subject.as_ptr(), report.findings()[0].subject().unwrap().as_ptr());
    }
}

#[test]
fn a_subject_of_256_characters_is_told_whole() {
    let pki = Pki::new();
    for (length, last) in [(254, 'x'), (255, '\u{2026}')] {
        let name = |params: &mut rcgen::CertificateParams| {
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(rcgen::DnType::OrganizationName, "x".repeat(length));
        };
        let leaf = pki.leaf("example.org").with(name).issue();
        let report = look(&pki, &leaf.der);
        let subject = report.findings()[0].subject().unwrap();
        assert_eq!((subject.chars().count(), subject.chars().last()), (256, Some(last)));
    }
}

/// The whole subject is written once, with the certificate; a control character takes four there.
#[cfg(feature = "serde")]
#[test]
fn a_swollen_certificate_makes_no_swollen_report() {
    let (pki, der) = swollen(100);
    let written = serde_json::to_string(&look(&pki, &der)).unwrap();
    assert!(written.len() < 200_000, "{}", written.len());
}

#[test]
fn a_certificate_of_more_than_128_extensions_is_malformed() {
    let (pki, der) = swollen(3_000);
    let report = look(&pki, &der);
    assert_eq!(
        *only(&report, Code::MalformedCertificate).kind(),
        FindingKind::MalformedCertificate {
            reason: "certificate: has more than 128 extensions".to_owned()
        }
    );
    assert_eq!(report.status(), Status::Fail);
    assert!(report.findings().len() < 10, "{:?}", told(&report));
}

#[test]
fn a_certificate_of_128_extensions_is_read() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let with = |count: u8| {
        let add = |anatomy: Anatomy, number| anatomy.extension(&[0x2a, number], true, &[]);
        (0..count).fold(bare(&leaf.der), add).put_together()
    };
    let whole = chain(&[with(127)]);
    let certificate = whole.end_entity().certificate().unwrap();
    assert_eq!(certificate.validity().not_after, at("2026-12-31T23:59:59Z"));
    assert_eq!(
        certificate.unknown_critical_extensions(),
        ["1.2.0", "1.2.1", "1.2.2", "1.2.3", "1.2.4", "1.2.5", "1.2.6", "1.2.7"]
    );
    assert!(certificate.unreadable_extensions().is_empty());
    assert!(chain(&[with(128)]).end_entity().certificate().is_err());
}

/// With the subject alternative name alone.
fn bare(der: &[u8]) -> Anatomy {
    // basicConstraints, keyUsage, extendedKeyUsage, both key identifiers.
    [0x13, 0x0f, 0x25, 0x0e, 0x23]
        .iter()
        .fold(Anatomy::of(der), |anatomy, id| anatomy.without_extension(&[0x55, 0x1d, *id]))
}
