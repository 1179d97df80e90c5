//! The written shape of a report: its keys, its formats, and that it is read back equal.

#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fmt::Write as _;

use common::anatomy::{Anatomy, utc_time};
use common::judge::{chain, server, trusting};
use common::pki::{Draft, Pki, at, pem};
use notafter::chain::{ClientCertificate, LateFailure, Peer, Possession, PresentedChain};
use notafter::report::{Report, Status, Trust};
use notafter::target::{Purpose, Subject};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn sha256(der: &[u8]) -> String {
    Sha256::digest(der).iter().fold(String::new(), |mut hex, octet| {
        write!(hex, "{octet:02x}").unwrap();
        hex
    })
}

fn written(report: &Report) -> Value {
    serde_json::to_value(report).unwrap()
}

#[track_caller]
fn read_back(report: &Report) -> Report {
    let text = serde_json::to_string(report).unwrap();
    let read: Report = serde_json::from_str(&text).unwrap();
    assert_eq!(read, *report);
    assert_eq!(read.status(), report.status());
    assert_eq!(read.to_string(), report.to_string());
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    read
}

/// A warning, with all that a fetch knows of the peer.
fn warned() -> (Pki, Vec<u8>, Report) {
    let pki = Pki::new();
    let leaf = pki
        .leaf("example.com")
        .names(&["example.com", "192.0.2.1"])
        .valid("2026-09-02T00:00:00Z", "2026-12-01T00:00:00Z")
        .with(|params| params.serial_number = Some(vec![0x0a, 0x1b, 0xff].into()))
        .issue();
    let peer = Peer::new()
        .with_address("192.0.2.10:443".parse().unwrap())
        .with_protocol("TLSv1.3")
        .with_cipher_suite("TLS13_AES_256_GCM_SHA384")
        .with_possession(Possession::Proven);
    let sent = chain(&pki.chain(&leaf)).with_peer(peer);
    let target: notafter::Target = "example.com".parse().unwrap();
    let subject = Subject::from(&target);
    // Two hours east of Greenwich; 15 days and 9 hours are left.
    let report = trusting(&[&pki.root]).inspect(&sent, &subject, at("2026-11-15T17:00:00.5+02:00"));
    (pki, leaf.der.to_vec(), report)
}

#[test]
fn the_shape_of_a_report_is_as_documented() {
    let (pki, leaf, report) = warned();
    let written = written(&report);
    let serial_number = written["chain"][1]["serial_number"].as_str().unwrap();
    assert!(serial_number.len().is_multiple_of(2));
    assert!(serial_number.chars().all(|c| matches!(c, '0'..='9' | 'A'..='F')));

    let limit = json!({ "position": 0, "sha256": sha256(&leaf), "subject": "CN=example.com" });
    assert_eq!(
        written,
        json!({
            "target": "https://example.com:443",
            "checked_at": "2026-11-15T15:00:00Z",
            "status": "warn",
            "peer": {
                "address": "192.0.2.10:443",
                "protocol": "TLSv1.3",
                "cipher_suite": "TLS13_AES_256_GCM_SHA384",
                "handshake": "proven",
            },
            "chain": [
                {
                    "position": 0,
                    "role": "end-entity",
                    "subject": "CN=example.com",
                    "issuer": "CN=Test Intermediate",
                    "serial_number": "0A1BFF",
                    "not_before": "2026-09-02T00:00:00Z",
                    "not_after": "2026-12-01T00:00:00Z",
                    "subject_alt_names": ["DNS:example.com", "IP:192.0.2.1"],
                    "public_key": "EC P-256",
                    "signature_algorithm": "ecdsa-with-SHA256",
                    "sha256": sha256(&leaf),
                },
                {
                    "position": 1,
                    "role": "intermediate",
                    "subject": "CN=Test Intermediate",
                    "issuer": "CN=Test Root",
                    "serial_number": serial_number,
                    "not_before": "2025-01-01T00:00:00Z",
                    "not_after": "2035-01-01T00:00:00Z",
                    "public_key": "EC P-256",
                    "signature_algorithm": "ecdsa-with-SHA256",
                    "sha256": sha256(&pki.intermediate.der),
                },
            ],
            "store": "given",
            "trust": { "status": "trusted", "anchor": "CN=Test Root", "path": [0, 1] },
            "horizon": {
                "until": "2026-12-01T00:00:00Z",
                "limited_by": limit,
                "anchors_ignored": "2026-12-01T00:00:00Z",
                "as_sent": "2026-12-01T00:00:00Z",
                "strict": "2026-12-01T00:00:00Z",
                "anchors": [{
                    "anchor": "CN=Test Root",
                    "until": "2026-12-01T00:00:00Z",
                    "limited_by": limit,
                }],
                "end_entity": "2026-12-01T00:00:00Z",
                "earliest_presented": "2026-12-01T00:00:00Z",
            },
            "findings": [{
                "code": "expires-soon",
                "severity": "warning",
                "position": 0,
                "subject": "CN=example.com",
                "not_after": "2026-12-01T00:00:00Z",
                "seconds_left": 1_328_400,
                "threshold_seconds": 1_944_000,
                "message": "the end-entity certificate (CN=example.com) expires in 15 days 9 hours, \
                            on 2026-12-01 00:00:00 UTC",
                "remedy": "renew it, install it, and reload the service",
            }],
        }),
    );
}

#[test]
fn keys_stand_in_the_order_in_which_they_are_documented() {
    let (_, _, report) = warned();
    let text = serde_json::to_string(&report).unwrap();
    let keys = ["target", "checked_at", "status", "peer", "chain", "trust", "horizon", "findings"];
    let places: Vec<usize> =
        keys.iter().map(|key| text.find(&format!("\"{key}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{text}");
    assert!(text.contains(r#""findings":[{"code":"expires-soon","#), "{text}");
}

#[test]
fn what_is_not_known_is_left_out() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let unreadable = Anatomy::of(&leaf.der).not_after(&utc_time("271301000000Z")).put_together();
    let report = trusting(&[&pki.root]).inspect(
        &chain(&[&unreadable]),
        &server(&[]),
        at("2026-06-15T12:00:00Z"),
    );
    let reason = r#"notAfter: "271301000000Z" names a month that is none"#;
    assert_eq!(
        written(&report),
        json!({
            "target": "test",
            "checked_at": "2026-06-15T12:00:00Z",
            "status": "fail",
            "chain": [{
                "position": 0,
                "role": "end-entity",
                "sha256": sha256(&unreadable),
                "malformed": reason,
            }],
            "store": "given",
            "trust": { "status": "untrusted", "reason": "malformed" },
            "horizon": {},
            "findings": [
                {
                    "code": "malformed-certificate",
                    "severity": "failure",
                    "position": 0,
                    "reason": reason,
                    "message": format!("the end-entity certificate can't be read: {reason}"),
                    "remedy": "replace it by a certificate in DER that follows RFC 5280",
                },
                {
                    "code": "untrusted-path",
                    "severity": "failure",
                    "position": 0,
                    "reason": "malformed",
                    "message": report.findings()[1].message(),
                    "remedy": report.findings()[1].remedy(),
                },
            ],
        }),
    );
    read_back(&report);
}

#[test]
fn a_written_report_is_read_back_equal() {
    let (_, _, report) = warned();
    let read = read_back(&report);
    assert_eq!(read.status(), Status::Warn);
    assert!(read.chain()[0].entry().is_none());
    assert_eq!(read.chain()[0].sha256(), report.chain()[0].sha256());
    assert_eq!(read.chain()[0].not_after(), Some(at("2026-12-01T00:00:00Z")));
}

/// Everything at once: extra certificates, an unreadable one, hostile names, a late failure.
#[test]
fn a_rich_report_is_read_back_equal() {
    let pki = Pki::new();
    let hostile = "a\u{202e}b\r\n\u{1b}[31m\"";
    let leaf = pki
        .leaf("example.com")
        .valid("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
        .with(|params| params.distinguished_name.push(rcgen::DnType::OrganizationName, hostile))
        .issue();
    let stranger = Draft::root("Stranger").issue();
    let peer = Peer::new()
        .with_address("[2001:db8::1]:8443".parse().unwrap())
        .with_possession(Possession::NotProvable)
        .with_possession_detail("RSA 1024")
        .with_client_certificate(ClientCertificate::Required)
        .with_late_failure(LateFailure::ByPeer("alert 40".to_owned()));
    let sent = chain(&[&leaf.der[..], b"junk", &stranger.der, &stranger.der]).with_peer(peer);
    let inspector = trusting(&[&pki.root]).with_intermediates(pem(&pki.intermediate.der)).unwrap();
    let report = inspector.inspect(
        &sent,
        &server(&["example.org", "192.0.2.1"]),
        at("2026-06-15T12:00:00Z"),
    );

    let codes: Vec<&str> = report.findings().iter().map(|one| one.code().as_str()).collect();
    assert_eq!(
        codes,
        [
            "expired",
            "name-mismatch",
            "name-mismatch",
            "issuer-missing",
            "handshake-failed-after-chain",
            "possession-unproven",
            "malformed-certificate",
            "unrelated",
            "duplicate",
            "client-certificate-required",
        ]
    );
    assert_eq!(report.extra_certificates().len(), 1);
    assert!(matches!(report.trust(), Trust::TrustedIfTimeIgnored { .. }));
    read_back(&report);

    let written = written(&report);
    assert_eq!(written["chain"][0]["subject"], r#"O=a\E2\80\AEb\0D\0A\1B[31m\",CN=example.com"#);
    assert_eq!(written["extra_certificates"][0]["position"], 4);
    assert_eq!(
        written["trust"],
        json!({
            "status": "trusted-if-time-ignored",
            "anchor": "CN=Test Root",
            "path": [0, 4],
            "at": "2025-01-01T00:00:00Z",
        })
    );
    assert_eq!(
        written["peer"],
        json!({
            "address": "[2001:db8::1]:8443",
            "handshake": "not-provable",
            "possession_detail": "RSA 1024",
            "client_certificate": "required",
            "late_failure": { "peer": "alert 40" },
        })
    );
}

/// The verdict follows from findings and trust: a text that claims another is not believed.
#[test]
fn a_status_that_is_written_is_not_believed() {
    let (_, _, report) = warned();
    let text = serde_json::to_string(&report).unwrap().replace(r#""warn""#, r#""pass""#);
    let read: Report = serde_json::from_str(&text).unwrap();
    assert_eq!(read.status(), Status::Warn);
}

#[test]
fn what_is_no_report_is_refused() {
    let (_, _, report) = warned();
    let whole = written(&report);
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut value = whole.clone();
        change(&mut value);
        serde_json::from_value::<Report>(value).unwrap_err().to_string()
    };
    assert_eq!(
        broken(&|report| report["chain"][0]["sha256"] = json!("AB")),
        "sha256 is not 64 lower-case hexadecimal digits",
    );
    assert_eq!(
        broken(&|report| report["chain"][0] = json!({
            "position": 0, "role": "end-entity", "sha256": "ab".repeat(32),
        })),
        "a certificate has neither facts nor `malformed`",
    );
    assert!(broken(&|report| report["findings"][0]["code"] = json!("no-such")).contains("no-such"));
    // A day before or behind all instants that can be written.
    for instant in ["9999-12-31T23:59:59-23:59", "2026-11-15", "now"] {
        assert!(!broken(&|report| report["checked_at"] = json!(instant)).is_empty(), "{instant}");
    }
}

/// Keys of later versions are passed over.
#[test]
fn a_key_that_is_not_known_is_passed_over() {
    let (_, _, report) = warned();
    let mut value = written(&report);
    value["horizon"]["new"] = json!(1);
    value["findings"][0]["new"] = json!(1);
    value["chain"][0]["new"] = json!(1);
    assert_eq!(serde_json::from_value::<Report>(value).unwrap(), report);
}

#[test]
fn a_block_that_is_no_certificate_has_a_fingerprint_and_a_reason_too() {
    let text = "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n";
    let sent = PresentedChain::from_pem(text).unwrap();
    let report =
        notafter::Inspector::new().inspect(&sent, &server(&[]), at("2026-06-15T12:00:00Z"));
    let written = written(&report);
    assert_eq!(
        written["chain"],
        json!([{
            "position": 0,
            "role": "end-entity",
            "sha256": sha256(b"%%%"),
            "malformed": "PEM block at line 1: is not valid base64",
        }]),
    );
}

/// Whoever can write a stored report can write anything into it.
#[test]
fn a_report_that_was_tampered_with_keeps_its_verdict_and_controls_no_terminal() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let sent = chain(&[&leaf.der, &pki.intermediate.der, &pki.root.der]);
    let report =
        trusting(&[&pki.root]).inspect(&sent, &server(&["a.test"]), at("2027-06-15T12:00:00Z"));
    let mut json = written(&report);

    json["findings"].as_array_mut().unwrap().reverse();
    let reversed: Report = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(reversed.status(), Status::Fail);
    assert_eq!(reversed.worst().unwrap().severity(), report.worst().unwrap().severity());

    fn taint(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(taint),
            Value::Object(fields) => {
                let free = ["anchor", "subject", "issuer", "presented", "public_key"];
                for (key, value) in fields {
                    match value {
                        Value::String(text) if free.contains(&key.as_str()) => {
                            text.push_str("\u{1b}[2J\u{202e}");
                        }
                        Value::Array(texts) if key == "presented" => {
                            texts.push("\u{1b}[2J".into());
                        }
                        other => taint(other),
                    }
                }
            }
            _ => {}
        }
    }
    taint(&mut json);
    let tainted: Report = serde_json::from_value(json).unwrap();
    assert!(tainted.findings().iter().any(|finding| finding.subject().unwrap().contains('\u{1b}')));
    let mut shown = tainted.to_string();
    for finding in tainted.findings() {
        shown += &finding.message();
        shown += &finding.remedy();
    }
    assert!(shown.contains("\\u{1b}[2J\\u{202e}"), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
}

/// What most reports are about goes without saying.
#[test]
fn the_purpose_is_written_where_it_is_not_a_server() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let sent = chain(&pki.chain(&leaf));
    for (purpose, expected) in [
        (Purpose::Server, None),
        (Purpose::Client, Some("client")),
        (Purpose::Signing, Some("signing")),
    ] {
        let subject = Subject::new("test", purpose);
        let report = trusting(&[&pki.root]).inspect(&sent, &subject, at("2026-06-15T12:00:00Z"));
        let written = written(&report);
        assert_eq!(written.get("purpose").and_then(Value::as_str), expected);
        let read = serde_json::from_value::<Report>(written).unwrap();
        assert_eq!((read.purpose(), &read), (purpose, &report));
    }
}
