//! What a report says to people, word for word.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::anatomy::{Anatomy, SEQUENCE, SUBJECT_ALT_NAME, tlv};
use common::judge::{chain, judge, only, server, trusting};
use common::pki::{Draft, Pki, at};
use notafter::chain::{LateFailure, Peer, Possession};
use notafter::report::{Code, Finding, FindingKind, Report};
use notafter::target::{Purpose, Subject};
use rcgen::{DnType, DnValue};

fn judged(instant: &str) -> Report {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    judge(&trusting(&[&pki.root]), &pki.chain(&leaf), instant)
}

#[test]
fn a_report_that_passes_says_until_when() {
    assert_eq!(
        judged("2026-06-15T12:00:00Z").to_string(),
        "PASS test: clients start failing on 2027-01-01 00:00:00 UTC, in 199 days 12 hours, because the server's own certificate ends
  trusted through CN=Test Root
  0 end-entity: CN=example.com, 2026-01-01 00:00:00 UTC to 2026-12-31 23:59:59 UTC, EC P-256
  1 intermediate: CN=Test Intermediate, 2025-01-01 00:00:00 UTC to 2035-01-01 00:00:00 UTC, EC P-256
  checked at 2026-06-15 12:00:00 UTC",
    );
}

#[test]
fn a_report_that_warns_says_what_to_do() {
    assert_eq!(
        judged("2026-12-15T00:00:00Z").to_string(),
        "WARN test: clients start failing on 2027-01-01 00:00:00 UTC, in 17 days, because the server's own certificate ends
  warning expires-soon: the end-entity certificate (CN=example.com) expires in 16 days 23 hours, on 2026-12-31 23:59:59 UTC
    -> renew it, install it, and reload the service
  trusted through CN=Test Root
  0 end-entity: CN=example.com, 2026-01-01 00:00:00 UTC to 2026-12-31 23:59:59 UTC, EC P-256
  1 intermediate: CN=Test Intermediate, 2025-01-01 00:00:00 UTC to 2035-01-01 00:00:00 UTC, EC P-256
  checked at 2026-12-15 00:00:00 UTC",
    );
}

#[test]
fn a_report_that_fails_says_everything_that_is_wrong() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let peer = Peer::new()
        .with_address("192.0.2.10:443".parse().unwrap())
        .with_protocol("TLSv1.2")
        .with_cipher_suite("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")
        .with_possession(Possession::Failed);
    let sent =
        chain(&[&leaf.der[..], b"junk", &pki.intermediate.der, &pki.root.der]).with_peer(peer);
    let subject = Subject::server("https://example.org:443", "example.org".parse());
    let report = trusting(&[&pki.root]).inspect(&sent, &subject, at("2027-01-01T00:00:00Z"));
    assert_eq!(
        report.to_string(),
        "FAIL https://example.org:443: clients have been failing since 2027-01-01 00:00:00 UTC, because the server's own certificate ended
  failure expired: the end-entity certificate (CN=example.com) expired 1 second ago, on 2026-12-31 23:59:59 UTC
    -> renew it, install it, and reload the service
  failure name-mismatch: the end-entity certificate (CN=example.com) does not name example.org, only DNS:example.com
    -> issue a certificate that lists the name as a subject alternative name, or install the one that does
  failure possession-failed: the server does not hold the private key of its certificate: the handshake signature does not verify
    -> install the private key that belongs to the certificate
  note malformed-certificate: certificate 1 can't be read: certificate: ends early
    -> replace it by a certificate in DER that follows RFC 5280
  note anchor-included: certificate 3 (CN=Test Root) is a trust anchor that clients have already
    -> leave the trust anchor out of the server's chain file
  trusted through CN=Test Root, but for its dates
  0 end-entity: CN=example.com, 2026-01-01 00:00:00 UTC to 2026-12-31 23:59:59 UTC, EC P-256
  1 intermediate: can't be read: certificate: ends early
  2 intermediate: CN=Test Intermediate, 2025-01-01 00:00:00 UTC to 2035-01-01 00:00:00 UTC, EC P-256
  3 root: CN=Test Root, 2020-01-01 00:00:00 UTC to 2040-01-01 00:00:00 UTC, EC P-256
  checked at 2027-01-01 00:00:00 UTC, answered by 192.0.2.10:443 with TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    );
}

#[test]
fn a_report_of_what_is_not_trusted_says_why() {
    let leaf = Draft::self_signed("example.com").issue();
    let pki = Pki::new();
    assert_eq!(
        judge(&trusting(&[&pki.root]), &[&leaf.der], "2026-06-15T12:00:00Z").to_string(),
        "FAIL test: no path leads to a trust anchor, as the certificate is signed by its own key; the certificate itself lasts until 2026-12-31 23:59:59 UTC
  failure untrusted-path: no path leads to a trust anchor: the certificate is signed by its own key
    -> send the whole chain of a CA that clients trust, or name its root as a trust anchor
  note self-signed: the end-entity certificate (CN=example.com) is signed by its own key
    -> give clients the certificate as a trust anchor, or have a CA issue one
  not trusted: the certificate is signed by its own key
  0 end-entity: CN=example.com, 2026-01-01 00:00:00 UTC to 2026-12-31 23:59:59 UTC, EC P-256
  checked at 2026-06-15 12:00:00 UTC",
    );
}

/// Rounding up is how a certificate counts as valid for a day after its end.
#[test]
fn the_time_that_is_left_is_never_rounded_up() {
    let cases = [
        ("2026-12-24T00:00:00Z", "expires in 7 days 23 hours"),
        ("2026-12-24T23:59:59Z", "expires in 7 days"),
        ("2026-12-25T00:00:00Z", "expires in 6 days 23 hours"),
        ("2026-12-30T23:59:59Z", "expires in 1 day"),
        ("2026-12-31T00:00:00Z", "expires in 23 hours 59 minutes"),
        ("2026-12-31T22:59:59Z", "expires in 1 hour"),
        ("2026-12-31T23:00:00Z", "expires in 59 minutes 59 seconds"),
        ("2026-12-31T23:59:58.999Z", "expires in 1 second"),
        ("2026-12-31T23:59:59Z", "expires in 0 seconds"),
        ("2026-12-31T23:59:59.999Z", "expires in 0 seconds"),
    ];
    for (instant, left) in cases {
        let message = only(&judged(instant), Code::ExpiresSoon).message();
        let expected = format!(
            "the end-entity certificate (CN=example.com) {left}, on 2026-12-31 23:59:59 UTC"
        );
        assert_eq!(message, expected, "{instant}");
    }
    let expired = |instant| only(&judged(instant), Code::Expired).message();
    assert!(expired("2027-01-01T23:59:58Z").contains("expired 23 hours 59 minutes ago"));
    assert!(expired("2027-01-01T23:59:59Z").contains("expired 1 day ago"));
}

#[test]
fn a_certificate_without_a_subject_is_shown_as_such() {
    let pki = Pki::new();
    let leaf = pki
        .leaf("example.com")
        .with(|params| params.distinguished_name = rcgen::DistinguishedName::new())
        .issue();
    let report = judge(&trusting(&[&pki.root]), &pki.chain(&leaf), "2027-01-01T00:00:00Z");
    assert_eq!(
        only(&report, Code::Expired).message(),
        "the end-entity certificate expired 1 second ago, on 2026-12-31 23:59:59 UTC",
    );
    assert!(report.to_string().contains("\n  0 end-entity: (no subject), 2026-01-01"));
}

#[test]
fn of_many_names_the_first_few_are_shown() {
    let pki = Pki::new();
    let names: Vec<String> = (0..1_000).map(|number| format!("{number}.example")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let leaf = pki.leaf("example.com").names(&names).issue();
    let report = judge(&trusting(&[&pki.root]), &pki.chain(&leaf), "2026-06-15T12:00:00Z");
    assert_eq!(
        only(&report, Code::NameMismatch).message(),
        "the end-entity certificate (CN=example.com) does not name example.com, only \
         DNS:0.example, DNS:1.example, DNS:2.example, DNS:3.example, DNS:4.example and 995 more",
    );
}

#[test]
fn what_keeps_a_list_from_clearing_is_said_in_words() {
    use notafter::report::RevocationListFault as Fault;
    let instant = at("2026-12-01T00:00:00Z");
    let cases = [
        (Fault::BadSignature, "its signature does not verify with the issuer's key"),
        (
            Fault::CriticalExtension { oid: "1.2.3\n".to_owned() },
            r"its critical extension 1.2.3\u{a} is not understood",
        ),
        (Fault::CriticalNumber, "its CRL number is marked critical"),
        (Fault::CrlSignMissing, "the issuer's key usage does not allow it to sign lists"),
        (Fault::NoNextUpdate, "it does not say when the next one is due"),
        (Fault::NoNumber, "it has no CRL number"),
        (
            Fault::NotYetValid { this_update: instant },
            "it is issued later, on 2026-12-01 00:00:00 UTC",
        ),
        (Fault::OutOfScope, "it is for other certificates of the issuer"),
        (
            Fault::Outdated { next_update: instant },
            "the next one was due on 2026-12-01 00:00:00 UTC",
        ),
        (Fault::UnsupportedSignature, "its signature is of a kind that is not accepted"),
    ];
    for (fault, expected) in cases {
        let kind = FindingKind::RevocationListUnusable { issuer: "CN=x".to_owned(), fault };
        let mut value = serde_json::to_value(kind).unwrap();
        value["severity"] = "warning".into();
        value["position"] = 1.into();
        let finding: Finding = serde_json::from_value(value).unwrap();
        let message = format!("the revocation list of CN=x can't clear certificate 1: {expected}");
        assert_eq!(finding.message(), message);
    }
}

/// What must never reach a terminal, a log line or a page as it is.
const HOSTILE: [char; 10] = [
    '\n', '\r', '\0', '\u{1b}', '\u{7f}', '\u{85}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}',
];

#[track_caller]
fn assert_harmless(text: &str) {
    for line in text.lines() {
        assert!(!line.contains(|c: char| HOSTILE.contains(&c) || c.is_control()), "{line:?}");
    }
}

#[test]
fn hostile_text_is_escaped_wherever_it_is_shown() {
    let evil: String = ["example.com\n", "  trusted through CN=Good", "\r\u{1b}[31m"]
        .into_iter()
        .chain(["\0\u{7f}\u{85}\u{202e}\u{2066}\u{200b}\u{feff}"])
        .collect();
    let pki = Pki::new();
    let leaf = pki
        .leaf("example.com")
        .valid("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
        .with(|params| {
            let value = DnValue::Utf8String(evil.clone());
            params.distinguished_name.push(DnType::CommonName, value.clone());
            params.distinguished_name.push(DnType::OrganizationName, value);
        })
        .issue();
    // A dNSName is an IA5String, which does not keep anyone from sending other octets.
    let names =
        [tlv(0x82, evil.as_bytes()), tlv(0x86, evil.as_bytes()), tlv(0x81, evil.as_bytes())];
    let leaf = Anatomy::of(&leaf.der)
        .without_extension(SUBJECT_ALT_NAME)
        .extension(SUBJECT_ALT_NAME, false, &tlv(SEQUENCE, &names.concat()))
        .signed_by(&pki.intermediate.key);
    let peer = Peer::new()
        .with_possession(Possession::Failed)
        .with_possession_detail(evil.clone())
        .with_late_failure(LateFailure::ByPeer(evil.clone()));
    let sent = chain(&[leaf, pki.intermediate.der.clone()]).with_peer(peer);
    let subject = Subject::server(evil.clone(), "example.org".parse());
    let report = trusting(&[&pki.root]).inspect(&sent, &subject, at("2026-06-15T12:00:00Z"));

    assert!(report.findings().len() >= 4, "{report}");
    let text = report.to_string();
    assert_harmless(&text);
    // No line is the certificate's own.
    assert_eq!(text.matches("\n  trusted through").count(), 1, "{text}");
    assert_eq!(text.lines().count(), 1 + 2 * report.findings().len() + 1 + 2 + 1);
    for finding in report.findings() {
        for text in [finding.message(), finding.remedy(), finding.to_string()] {
            assert_harmless(&text);
            assert_eq!(text.lines().count(), 1);
        }
        assert_harmless(finding.subject().unwrap_or_default());
    }
    let failed = only(&report, Code::HandshakeFailedAfterChain);
    assert!(matches!(
        failed.kind(),
        FindingKind::HandshakeFailedAfterChain { failure: LateFailure::ByPeer(what) }
            if what.starts_with(r"example.com\u{a}  trusted"),
    ));
    for certificate in report.chain() {
        let summary = certificate.summary().unwrap();
        assert_harmless(&summary.subject);
        assert_harmless(&summary.issuer);
        summary.subject_alt_names.iter().for_each(|name| assert_harmless(name));
    }
    // Facts are kept as they are.
    let facts = report.chain()[0].entry().unwrap().certificate().unwrap();
    assert_eq!(facts.subject().common_names(), [evil]);
}

#[test]
fn hostile_common_names_and_purposes_are_escaped_in_the_evidence() {
    let pki = Pki::new();
    let leaf = pki
        .leaf("example.com")
        .names(&[])
        .with(|params| params.distinguished_name.push(DnType::CommonName, "a\u{202e}b\n"))
        .issue();
    let sent = chain(&[&leaf.der, &pki.intermediate.der]);
    let subject = Subject::new("test", Purpose::Server);
    let report = trusting(&[&pki.root]).inspect(&sent, &subject, at("2026-06-15T12:00:00Z"));
    assert_eq!(
        only(&report, Code::CommonNameOnly).message(),
        r"the end-entity certificate (CN=a\E2\80\AEb\0A) names a\u{202e}b\u{a} in its subject only",
    );
    let report = trusting(&[&pki.root]).inspect(&sent, &server(&["b"]), at("2026-06-15T12:00:00Z"));
    assert_harmless(&report.to_string());
}
