//! The written shape of each kind of finding.

#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::pki::at;
use notafter::chain::{DateField, DateQuirk, LateFailure, RevocationReason};
use notafter::report::{
    AnchorFault, AuthorityKeyIdentifierFault, Code, DnsNameFault, Finding, FindingKind,
    NameConstraintsFault, PolicyConstraintsFault, Profile, RevocationListFault, SerialNumberFault,
    SubjectKeyIdentifierFault, UndeterminedReason, UntrustedReason,
};
use serde_json::{Value, json};

/// One of each kind, with the keys that it is written with beside its code.
fn kinds() -> Vec<(FindingKind, Value)> {
    use FindingKind as Kind;
    let (text, instant) = ("x".to_owned(), at("2026-12-01T00:00:00Z"));
    let when = "2026-12-01T00:00:00Z";
    let list = || vec!["x".to_owned()];
    // They are made by surveys alone.
    let disagreement =
        |fields: Value| (serde_json::from_value::<Kind>(fields.clone()).unwrap(), fields);
    let seen = json!([{
        "sha256": "x", "status": "warn", "until": when,
        "views": [
            { "address": "192.0.2.1:443", "key_type": "rsa", "server_name": "example.com" },
            { "transport": "quic" },
        ],
    }]);
    // As are these by comparing chains, and by the document around a certificate.
    let side = json!({ "sha256": "x", "issuer": "x", "not_before": when, "not_after": when });
    let replacement =
        |code: &str| disagreement(json!({ "code": code, "expected": side, "served": side }));
    let document =
        |code: &str| disagreement(json!({ "code": code, "valid_until": when, "seconds_left": 1 }));
    vec![
        disagreement(json!({
            "code": "address-unreachable", "address": "192.0.2.1:443", "phase": "x", "error": "x",
        })),
        disagreement(json!({ "code": "addresses-disagree", "seen": seen.clone() })),
        (Kind::AnchorDatesUnknown { anchor: text.clone() }, json!({ "anchor": "x" })),
        (
            Kind::AnchorExpired { anchor: text.clone(), not_after: instant },
            json!({ "anchor": "x", "not_after": when }),
        ),
        (
            Kind::AnchorExpiresSoon {
                anchor: text.clone(),
                not_after: instant,
                seconds_left: 1,
                threshold_seconds: 2,
            },
            json!({ "anchor": "x", "not_after": when, "seconds_left": 1, "threshold_seconds": 2 }),
        ),
        (Kind::AnchorIncluded, json!({})),
        (
            Kind::AnchorNonconforming {
                anchor: text.clone(),
                fault: AnchorFault::UnknownCriticalExtension { oid: "1.2.3".to_owned() },
            },
            json!({ "anchor": "x", "fault": "unknown-critical-extension", "oid": "1.2.3" }),
        ),
        (
            Kind::AnchorNotYetValid { anchor: text.clone(), not_before: instant },
            json!({ "anchor": "x", "not_before": when }),
        ),
        (Kind::AnyExtendedKeyUsage, json!({})),
        (
            Kind::AuthorityKeyIdentifier {
                fault: AuthorityKeyIdentifierFault::KeyIdentifierMissing,
            },
            json!({ "fault": "key-identifier-missing" }),
        ),
        (Kind::CaAsEndEntity, json!({})),
        (Kind::ClientAuthMissing { purposes: list() }, json!({ "purposes": ["x"] })),
        (Kind::ClientCertificateRejected { answer: text.clone() }, json!({ "answer": "x" })),
        (Kind::ClientCertificateRequired, json!({})),
        (Kind::CommonNameNotListed { common_names: list() }, json!({ "common_names": ["x"] })),
        (Kind::CommonNameOnly { common_names: list() }, json!({ "common_names": ["x"] })),
        (Kind::CriticalExtendedKeyUsage, json!({})),
        (Kind::CriticalKeyIdentifier { authority: true }, json!({ "authority": true })),
        (
            Kind::DateEncoding {
                field: DateField::NotAfter,
                quirk: DateQuirk::GeneralizedTimeBefore2050,
                encoded: text.clone(),
            },
            json!({ "field": "not-after", "quirk": "generalized-time-before-2050", "encoded": "x" }),
        ),
        disagreement(json!({ "code": "default-certificate-differs", "seen": seen.clone() })),
        replacement("different-issuer"),
        replacement("different-key"),
        (
            Kind::DnsNameSyntax { fault: DnsNameFault::Underscore, names: list() },
            json!({ "fault": "underscore", "names": ["x"] }),
        ),
        (Kind::DocumentCached { seconds: 1 }, json!({ "seconds": 1 })),
        document("document-expired"),
        document("document-expires-soon"),
        (Kind::Duplicate { of: 1 }, json!({ "of": 1 })),
        (
            Kind::Expired { not_after: instant, seconds_ago: i64::MAX },
            json!({ "not_after": when, "seconds_ago": i64::MAX }),
        ),
        (
            Kind::ExpiredButUnneeded { not_after: instant, seconds_ago: 1 },
            json!({ "not_after": when, "seconds_ago": 1 }),
        ),
        (
            Kind::ExpiresSoon { not_after: instant, seconds_left: 0, threshold_seconds: 1 },
            json!({ "not_after": when, "seconds_left": 0, "threshold_seconds": 1 }),
        ),
        (Kind::ExtendedKeyUsageMissing, json!({})),
        (
            Kind::FailsInStore { store: text.clone(), until: Some(instant) },
            json!({ "store": "x", "until": when }),
        ),
        (Kind::GapAhead { from: instant, to: instant }, json!({ "from": when, "to": when })),
        (
            Kind::HandshakeFailedAfterChain { failure: LateFailure::ByUs(text.clone()) },
            json!({ "failure": { "local": "x" } }),
        ),
        (
            Kind::HorizonUndetermined { reason: UndeterminedReason::Budget },
            json!({ "reason": "budget" }),
        ),
        (
            Kind::IssuerMissing { issuer: text.clone(), ca_issuers: list() },
            json!({ "issuer": "x", "ca_issuers": ["x"] }),
        ),
        (Kind::KeyCertSignMissing, json!({})),
        (Kind::KeyCertSignWithoutCa, json!({})),
        disagreement(json!({ "code": "key-types-disagree", "seen": seen, "names": ["x"] })),
        (Kind::KeyMismatch { key: text.clone() }, json!({ "key": "x" })),
        (
            Kind::LegacyProtocol { protocol: text.clone(), cipher_suite: text.clone() },
            json!({ "protocol": "x", "cipher_suite": "x" }),
        ),
        (Kind::MalformedCertificate { reason: text.clone() }, json!({ "reason": "x" })),
        (
            Kind::NameConstraints { fault: NameConstraintsFault::LeadingPeriod },
            json!({ "fault": "leading-period" }),
        ),
        (
            Kind::NameMismatch { reference: "example.com".parse().unwrap(), presented: list() },
            json!({ "reference": "example.com", "presented": ["x"] }),
        ),
        (
            Kind::NeededByOldClients {
                profile: Profile::AsSent,
                until: instant,
                anchor: Some(text.clone()),
            },
            json!({ "profile": "as-sent", "until": when, "anchor": "x" }),
        ),
        (Kind::NoWellDefinedExpiry, json!({})),
        (Kind::NotACa, json!({})),
        replacement("not-deployed"),
        (
            Kind::NotYetValid { not_before: instant, seconds_until: 1 },
            json!({ "not_before": when, "seconds_until": 1 }),
        ),
        (Kind::OutOfOrder { certifies: 2 }, json!({ "certifies": 2 })),
        (
            Kind::PathEndsBeforeEndEntity {
                until: instant,
                end_entity_not_after: instant,
                anchor: None,
            },
            json!({ "until": when, "end_entity_not_after": when }),
        ),
        (
            Kind::PathLengthExceeded { path_length: 0, below: 1 },
            json!({ "path_length": 0, "below": 1 }),
        ),
        (Kind::PathTooLong { limit: 0, depth: 1 }, json!({ "limit": 0, "depth": 1 })),
        (
            Kind::PolicyConstraints { fault: PolicyConstraintsFault::NotCritical },
            json!({ "fault": "not-critical" }),
        ),
        (Kind::PossessionFailed { detail: text.clone() }, json!({ "detail": "x" })),
        (Kind::PossessionUnproven { detail: text.clone() }, json!({ "detail": "x" })),
        (
            Kind::PublicSuffixWildcard { name: text.clone(), private: true },
            json!({ "name": "x", "private": true }),
        ),
        (
            Kind::RevocationListUnusable {
                issuer: text.clone(),
                fault: RevocationListFault::CriticalExtension { oid: text.clone() },
            },
            json!({ "issuer": "x", "fault": "critical-extension", "oid": "x" }),
        ),
        (
            Kind::Revoked { revoked_at: instant, reason: Some(RevocationReason::KeyCompromise) },
            json!({ "revoked_at": when, "reason": "key-compromise" }),
        ),
        (Kind::SelfSigned, json!({})),
        (Kind::SerialNumber { fault: SerialNumberFault::TooLong }, json!({ "fault": "too-long" })),
        (Kind::ServerAuthMissing { purposes: list() }, json!({ "purposes": ["x"] })),
        replacement("served-newer"),
        (Kind::SubjectAltNameCriticality { critical: false }, json!({ "critical": false })),
        (
            Kind::SubjectKeyIdentifier { fault: SubjectKeyIdentifierFault::Missing },
            json!({ "fault": "missing" }),
        ),
        disagreement(json!({ "code": "superseded", "not_after": when, "until": when })),
        (
            Kind::TrustUndetermined { reason: UndeterminedReason::NoCryptoProvider },
            json!({ "reason": "no-crypto-provider" }),
        ),
        (
            Kind::UnreadableExtension { oid: "1.2.3".to_owned(), reason: text.clone() },
            json!({ "oid": "1.2.3", "reason": "x" }),
        ),
        (Kind::Unrelated, json!({})),
        (
            Kind::UntrustedPath { reason: UntrustedReason::UnknownIssuer },
            json!({ "reason": "unknown-issuer" }),
        ),
        (
            Kind::ValidityInverted { not_before: instant, not_after: instant },
            json!({ "not_before": when, "not_after": when }),
        ),
        (
            Kind::ValidityTooLong { lifetime_seconds: 1, limit_days: 47 },
            json!({ "lifetime_seconds": 1, "limit_days": 47 }),
        ),
        (Kind::WeakKey { key: "RSA 1024".to_owned() }, json!({ "key": "RSA 1024" })),
        (Kind::WeakSignature { algorithm: text }, json!({ "algorithm": "x" })),
    ]
}

#[test]
fn every_kind_is_written_under_its_code_and_read_back() {
    let kinds = kinds();
    let codes: Vec<Code> = kinds.iter().map(|(kind, _)| kind.code()).collect();
    assert_eq!(codes, Code::ALL, "one of each, in order");
    for (kind, mut expected) in kinds {
        expected["code"] = json!(kind.code().as_str());
        assert_eq!(serde_json::to_value(&kind).unwrap(), expected);
        let text = serde_json::to_string(&kind).unwrap();
        assert_eq!(serde_json::from_str::<FindingKind>(&text).unwrap(), kind);
    }
}

/// Whoever stored a finding may have changed it: no text of it is believed to be escaped.
#[test]
fn what_is_read_back_is_escaped_when_it_is_told() {
    const HOSTILE: &str = "a\u{1b}[31m\u{202e}\r\nb";
    for (kind, fields) in kinds() {
        let text = fields.to_string();
        let texts = ["\"x\"", "\"1.2.3\"", "\"RSA 1024\""];
        let hostile = json!(HOSTILE).to_string();
        let text = texts.iter().fold(text, |text, plain| text.replace(plain, &hostile));
        let mut value: Value = serde_json::from_str(&text).unwrap();
        value["code"] = json!(kind.code().as_str());
        value["severity"] = json!("warning");
        value["position"] = json!(1);
        value["subject"] = json!(HOSTILE);
        let finding: Finding = serde_json::from_value(value).unwrap();
        assert_eq!(finding.subject(), Some(HOSTILE));
        for told in [finding.to_string(), finding.message(), finding.remedy()] {
            let escapes = |char: char| char.is_control() || char == '\u{202e}';
            assert!(!told.contains(escapes), "{told:?}");
        }
    }
}

/// A machine without IPv6 reaches none of its addresses, whatever the server is like.
#[test]
fn an_address_without_a_route_is_not_blamed_on_the_server_alone() {
    let remedy = |error: &str| {
        let value = json!({
            "code": "address-unreachable", "severity": "warning",
            "address": "[2001:db8::1]:443", "phase": "connect", "error": error,
        });
        serde_json::from_value::<Finding>(value).unwrap().remedy()
    };
    let of_the_server = "bring the server back, or take its address out of the DNS";
    assert_eq!(remedy("refused"), of_the_server);
    assert_eq!(
        remedy("unreachable"),
        format!("see whether this machine has a route there; if so, {of_the_server}")
    );
}

/// What a profile forbids is said of the certificate that the finding is about.
#[test]
fn a_fault_is_said_in_the_words_of_its_field() {
    let who = "certificate 1 (CN=CA)";
    let cases = [
        (
            FindingKind::AnyExtendedKeyUsage,
            format!("{who} lists anyExtendedKeyUsage beside serverAuth"),
        ),
        (
            FindingKind::AuthorityKeyIdentifier { fault: AuthorityKeyIdentifierFault::Missing },
            format!("the authority key identifier of {who} is missing"),
        ),
        (
            FindingKind::CommonNameNotListed { common_names: vec!["a.example".to_owned()] },
            format!(
                "{who} has the common name a.example, which its subject alternative names do not \
                 list as it is written"
            ),
        ),
        (
            FindingKind::CriticalExtendedKeyUsage,
            format!("the extended key usage of {who} is marked critical"),
        ),
        (
            FindingKind::CriticalKeyIdentifier { authority: false },
            format!(
                "the subject key identifier of {who} is marked critical: OpenSSL, Go and rustls \
                 refuse it"
            ),
        ),
        (
            FindingKind::DnsNameSyntax {
                fault: DnsNameFault::Malformed,
                names: vec!["a..b".to_owned()],
            },
            format!("{who} lists as a DNS name what is no DNS name: a..b"),
        ),
        (
            FindingKind::ExtendedKeyUsageMissing,
            format!(
                "{who} has no extended key usage: Apple's platforms refuse one issued since July 2019"
            ),
        ),
        (
            FindingKind::NameConstraints { fault: NameConstraintsFault::Empty },
            format!("the name constraints of {who} neither permit nor exclude anything"),
        ),
        (
            FindingKind::PathTooLong { limit: 1, depth: 2 },
            "the path has 2 intermediates, and the policy allows 1".to_owned(),
        ),
        (
            FindingKind::PolicyConstraints { fault: PolicyConstraintsFault::NotCritical },
            format!("the policy constraints of {who} are not marked critical"),
        ),
        (
            FindingKind::PublicSuffixWildcard { name: "*.co.uk".to_owned(), private: false },
            format!("{who} names *.co.uk, a wildcard right below a public suffix of a registry"),
        ),
        (
            FindingKind::SerialNumber { fault: SerialNumberFault::Zero },
            format!("the serial number of {who} is zero"),
        ),
        (
            FindingKind::SubjectAltNameCriticality { critical: true },
            format!(
                "the subject alternative names of {who} are marked critical, though it has a \
                 subject"
            ),
        ),
        (
            FindingKind::SubjectKeyIdentifier { fault: SubjectKeyIdentifierFault::Missing },
            format!("the subject key identifier of {who} is missing"),
        ),
        (
            FindingKind::WeakKey { key: "RSA 2052".to_owned() },
            format!("the key of {who} is too weak, or of an odd size: RSA 2052"),
        ),
    ];
    for (kind, expected) in cases {
        let mut value = serde_json::to_value(&kind).unwrap();
        value["severity"] = json!("note");
        value["position"] = json!(1);
        value["subject"] = json!("CN=CA");
        let finding: Finding = serde_json::from_value(value).unwrap();
        assert_eq!(finding.message(), expected);
    }
}

#[test]
fn every_fault_of_an_anchor_is_written_beside_its_name() {
    let faults = [
        (AnchorFault::BasicConstraintsMissing, json!({ "fault": "basic-constraints-missing" })),
        (
            AnchorFault::BasicConstraintsNotCritical,
            json!({ "fault": "basic-constraints-not-critical" }),
        ),
        (AnchorFault::CriticalKeyIdentifier, json!({ "fault": "critical-key-identifier" })),
        (AnchorFault::EmptySubject, json!({ "fault": "empty-subject" })),
        (
            AnchorFault::ExtendedKeyUsage { purposes: vec!["serverAuth".to_owned()] },
            json!({ "fault": "extended-key-usage", "purposes": ["serverAuth"] }),
        ),
        (AnchorFault::KeyCertSignMissing, json!({ "fault": "key-cert-sign-missing" })),
        (AnchorFault::NotACa, json!({ "fault": "not-a-ca" })),
        (AnchorFault::RsaKeySize { bits: 2052 }, json!({ "fault": "rsa-key-size", "bits": 2052 })),
        (
            AnchorFault::UnknownCriticalExtension { oid: "1.2.3".to_owned() },
            json!({ "fault": "unknown-critical-extension", "oid": "1.2.3" }),
        ),
    ];
    for (fault, mut expected) in faults {
        let kind = FindingKind::AnchorNonconforming { anchor: "CN=Root".to_owned(), fault };
        expected["code"] = json!("anchor-nonconforming");
        expected["anchor"] = json!("CN=Root");
        let written = serde_json::to_value(&kind).unwrap();
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_value::<FindingKind>(written).unwrap(), kind);
    }
}

#[test]
fn every_fault_of_a_revocation_list_is_written_beside_its_issuer() {
    use RevocationListFault as Fault;
    let when = "2026-12-01T00:00:00Z";
    let instant = at(when);
    let faults = [
        (Fault::BadSignature, json!({ "fault": "bad-signature" })),
        (
            Fault::CriticalExtension { oid: "1.2.3".to_owned() },
            json!({ "fault": "critical-extension", "oid": "1.2.3" }),
        ),
        (Fault::CriticalNumber, json!({ "fault": "critical-number" })),
        (Fault::CrlSignMissing, json!({ "fault": "crl-sign-missing" })),
        (Fault::NoNextUpdate, json!({ "fault": "no-next-update" })),
        (Fault::NoNumber, json!({ "fault": "no-number" })),
        (
            Fault::NotYetValid { this_update: instant },
            json!({ "fault": "not-yet-valid", "this_update": when }),
        ),
        (Fault::OutOfScope, json!({ "fault": "out-of-scope" })),
        (
            Fault::Outdated { next_update: instant },
            json!({ "fault": "outdated", "next_update": when }),
        ),
        (Fault::UnsupportedSignature, json!({ "fault": "unsupported-signature" })),
    ];
    for (fault, mut expected) in faults {
        let kind = FindingKind::RevocationListUnusable { issuer: "CN=CA".to_owned(), fault };
        expected["code"] = json!("revocation-list-unusable");
        expected["issuer"] = json!("CN=CA");
        let written = serde_json::to_value(&kind).unwrap();
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_value::<FindingKind>(written).unwrap(), kind);
    }
}

#[test]
fn an_address_that_was_asked_for_is_written_plainly() {
    let reference = "2001:DB8::1".parse().unwrap();
    let kind = FindingKind::NameMismatch { reference, presented: vec![] };
    assert_eq!(
        serde_json::to_string(&kind).unwrap(),
        r#"{"code":"name-mismatch","reference":"2001:db8::1","presented":[]}"#,
    );
}
