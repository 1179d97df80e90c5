//! The field names of OpenTelemetry and of the Elastic Common Schema.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::judge::{chain, trusting};
use common::nasty::NASTY;
use common::pki::{Key, Pki, at};
use notafter::chain::{LateFailure, Peer};
use notafter::render::attributes::{AttributeValue, Attributes, ecs, ecs_file, opentelemetry};
use notafter::report::Report;
use notafter::target::{Purpose, Subject};
use rcgen::{DistinguishedName, DnType, SerialNumber};

fn report(pki: &Pki, purpose: Purpose, peer: Option<Peer>) -> Report {
    let leaf = pki.leaf("example.com").names(&["example.com", "*.example.com", "192.0.2.1"]);
    let leaf = leaf.with(|params| {
        params.serial_number = Some(SerialNumber::from(vec![0x0a, 0xbc, 0x01]));
        let name = &mut params.distinguished_name;
        name.push(DnType::CountryName, "DE");
        name.push(DnType::StateOrProvinceName, "Bavaria");
        name.push(DnType::LocalityName, "Munich");
        name.push(DnType::OrganizationName, "Example, Inc.");
        name.push(DnType::OrganizationalUnitName, "Web");
    });
    let mut chain = chain(&pki.chain(&leaf.issue()));
    if let Some(peer) = peer {
        chain = chain.with_peer(peer);
    }
    let subject = Subject::new("t", purpose);
    trusting(&[&pki.root]).inspect(&chain, &subject, at("2026-06-01T00:00:00Z"))
}

/// Each attribute as `name value`; a hash is another each time.
fn shown(attributes: &Attributes) -> Vec<String> {
    let line = |(name, value): (&str, &AttributeValue)| match value {
        AttributeValue::Text(text) if name.ends_with("sha256") => {
            let upper = |octet: u8| matches!(octet, b'0'..=b'9' | b'A'..=b'F');
            assert!(text.len() == 64 && text.bytes().all(upper), "{text}");
            format!("{name} HASH")
        }
        AttributeValue::Text(text) => format!("{name} {text}"),
        AttributeValue::Number(number) => format!("{name} {number}"),
        AttributeValue::Flag(flag) => format!("{name} {flag}"),
        AttributeValue::List(list) => format!("{name} {list:?}"),
        value => panic!("{value:?}"),
    };
    attributes.iter().map(line).collect()
}

const SUBJECT: &str = "OU=Web,O=Example\\, Inc.,L=Munich,ST=Bavaria,C=DE,CN=example.com";

#[test]
fn opentelemetry_has_the_certificate_and_the_handshake() {
    let peer = Peer::new().with_protocol("TLSv1.3").with_cipher_suite("TLS13_AES_256_GCM_SHA384");
    let report = report(&Pki::new(), Purpose::Server, Some(peer));
    assert_eq!(
        shown(&opentelemetry(&report)),
        [
            "tls.cipher TLS_AES_256_GCM_SHA384",
            "tls.established true",
            "tls.protocol.name tls",
            "tls.protocol.version 1.3",
            "tls.server.hash.sha256 HASH",
            "tls.server.issuer CN=Test Intermediate",
            "tls.server.not_after 2026-12-31T23:59:59.000Z",
            "tls.server.not_before 2026-01-01T00:00:00.000Z",
            &format!("tls.server.subject {SUBJECT}"),
        ]
    );
}

#[test]
fn ecs_has_the_parts_of_names_and_of_the_key_too() {
    let peer = Peer::new()
        .with_protocol("TLSv1.2")
        .with_cipher_suite("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
        .with_late_failure(LateFailure::ByPeer("alert".into()));
    let report = report(&Pki::new(), Purpose::Server, Some(peer));
    assert_eq!(
        shown(&ecs(&report)),
        [
            "tls.cipher TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "tls.established false",
            "tls.server.hash.sha256 HASH",
            "tls.server.issuer CN=Test Intermediate",
            "tls.server.not_after 2026-12-31T23:59:59Z",
            "tls.server.not_before 2026-01-01T00:00:00Z",
            &format!("tls.server.subject {SUBJECT}"),
            "tls.server.x509.alternative_names [\"example.com\", \"*.example.com\", \"192.0.2.1\"]",
            "tls.server.x509.issuer.common_name [\"Test Intermediate\"]",
            "tls.server.x509.issuer.distinguished_name CN=Test Intermediate",
            "tls.server.x509.not_after 2026-12-31T23:59:59Z",
            "tls.server.x509.not_before 2026-01-01T00:00:00Z",
            "tls.server.x509.public_key_algorithm ECDSA",
            "tls.server.x509.public_key_curve P-256",
            "tls.server.x509.public_key_size 256",
            "tls.server.x509.serial_number 0ABC01",
            "tls.server.x509.signature_algorithm ECDSA-SHA256",
            "tls.server.x509.subject.common_name [\"example.com\"]",
            "tls.server.x509.subject.country [\"DE\"]",
            &format!("tls.server.x509.subject.distinguished_name {SUBJECT}"),
            "tls.server.x509.subject.locality [\"Munich\"]",
            "tls.server.x509.subject.organization [\"Example, Inc.\"]",
            "tls.server.x509.subject.organizational_unit [\"Web\"]",
            "tls.server.x509.subject.state_or_province [\"Bavaria\"]",
            "tls.server.x509.version_number 3",
            "tls.version 1.2",
            "tls.version_protocol tls",
        ]
    );
}

#[test]
fn the_names_follow_the_purpose() {
    let pki = Pki::new();
    let prefixes = |attributes: &Attributes, prefix: &str| {
        !attributes.is_empty() && attributes.iter().all(|(name, _)| name.starts_with(prefix))
    };
    for (purpose, prefix) in [(Purpose::Server, "tls.server."), (Purpose::Client, "tls.client.")] {
        let report = report(&pki, purpose, None);
        assert!(prefixes(&opentelemetry(&report), prefix), "{purpose}");
        assert!(prefixes(&ecs(&report), prefix), "{purpose}");
        assert!(prefixes(&ecs_file(&report), "file.x509."), "{purpose}");
    }
    for purpose in [Purpose::Signing, Purpose::Ca] {
        let report = report(&pki, purpose, None);
        assert_eq!(opentelemetry(&report), Attributes::default(), "{purpose}");
        assert_eq!(ecs(&report), Attributes::default(), "{purpose}");
        assert!(prefixes(&ecs_file(&report), "file.x509."), "{purpose}");
    }
}

#[test]
fn an_rsa_key_has_a_size_and_an_exponent() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").key(Key::Rsa2048).issue();
    let subject = Subject::new("t", Purpose::Server);
    let report = trusting(&[&pki.root]).inspect(
        &chain(&pki.chain(&leaf)),
        &subject,
        at("2026-06-01T00:00:00Z"),
    );
    let attributes = ecs_file(&report);
    let get = |name: &str| attributes.get(&format!("file.x509.public_key_{name}")).cloned();
    assert_eq!(get("algorithm"), Some(AttributeValue::Text("RSA".into())));
    assert_eq!(get("size"), Some(AttributeValue::Number(2048)));
    assert_eq!(get("exponent"), Some(AttributeValue::Number(65_537)));
    assert_eq!(get("curve"), None);
}

#[test]
fn an_empty_subject_and_an_unreadable_certificate_have_no_fields() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").with(|params| {
        params.distinguished_name = DistinguishedName::new();
    });
    let inspector = trusting(&[&pki.root]);
    let subject = Subject::new("t", Purpose::Server);
    let look = |chain| inspector.inspect(&chain, &subject, at("2026-06-01T00:00:00Z"));
    let nameless = look(chain(&pki.chain(&leaf.issue())));
    assert_eq!(opentelemetry(&nameless).get("tls.server.subject"), None);
    assert_eq!(ecs(&nameless).get("tls.server.x509.subject.distinguished_name"), None);
    assert_eq!(ecs(&nameless).get("tls.server.x509.subject.common_name"), None);
    let garbage = look(chain(&[b"no certificate"]));
    assert_eq!(shown(&ecs(&garbage)), ["tls.server.hash.sha256 HASH"]);
    assert_eq!(ecs_file(&garbage), Attributes::default());
}

#[cfg(feature = "serde")]
#[test]
fn a_report_that_was_read_back_has_what_was_written() {
    let peer = Peer::new().with_protocol("TLSv1.3");
    let report = report(&Pki::new(), Purpose::Server, Some(peer));
    let text = serde_json::to_string(&report).unwrap();
    let again: Report = serde_json::from_str(&text).unwrap();
    assert_eq!(opentelemetry(&again), opentelemetry(&report));
    let (all, again) = (ecs(&report), ecs(&again));
    for (name, value) in again.iter() {
        assert_eq!(all.get(name), Some(value), "{name}");
    }
    assert!(again.get("tls.server.x509.alternative_names").is_some());
}

#[cfg(feature = "serde")]
#[test]
fn it_is_written_as_one_flat_map_with_names_as_they_are() {
    let pki = Pki::new();
    for name in NASTY {
        let leaf = pki.leaf("example.com").with(|params| {
            params.distinguished_name.push(DnType::OrganizationName, name);
        });
        let subject = Subject::new(name, Purpose::Server);
        let report = trusting(&[&pki.root]).inspect(
            &chain(&pki.chain(&leaf.issue())),
            &subject,
            at("2026-06-01T00:00:00Z"),
        );
        let written = serde_json::to_string(&ecs_file(&report)).unwrap();
        let read: serde_json::Value = serde_json::from_str(&written).unwrap();
        let fields = read.as_object().unwrap();
        assert_eq!(fields["file.x509.subject.organization"], serde_json::json!([name]));
        assert_eq!(fields["file.x509.public_key_size"], 256);
        assert!(fields.values().all(|value| !value.is_object()));
    }
}
