//! Keys and signatures that clients no longer accept.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::anatomy::{Anatomy, BIT_STRING, OID, SEQUENCE, tlv};
use common::judge::{NOTHING, judge, only, told, trusting};
use common::pki::{Draft, Key, Pki};
use notafter::report::{Code, FindingKind, Status, UntrustedReason};

const NOW: &str = "2026-06-15T12:00:00Z";

const INTEGER: u8 = 0x02;
const NULL: &[u8] = &[5, 0];

/// A SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
fn spki(algorithm: &[&[u8]], key: &[u8]) -> Vec<u8> {
    let algorithm = tlv(SEQUENCE, &algorithm.concat());
    tlv(SEQUENCE, &[algorithm, tlv(BIT_STRING, &[&[0], key].concat())].concat())
}

/// A positive number of exactly that many bits.
fn number(bits: usize) -> Vec<u8> {
    let mut octets = vec![0xa5; bits.div_ceil(8)];
    octets[0] = 1 << ((bits - 1) % 8);
    let sign: &[u8] = if octets[0] & 0x80 == 0 { &[] } else { &[0] };
    tlv(INTEGER, &[sign, &octets].concat())
}

/// 1.2.840.113549.1.1.1 (RFC 3279 section 2.3.1).
fn rsa(bits: usize) -> Vec<u8> {
    let oid = tlv(OID, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
    let key = tlv(SEQUENCE, &[number(bits), number(17)].concat());
    spki(&[&oid, NULL], &key)
}

/// 1.2.840.10040.4.1 with p, q and g (RFC 3279 section 2.3.2).
fn dsa(bits: usize) -> Vec<u8> {
    let oid = tlv(OID, &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01]);
    let parameters = tlv(SEQUENCE, &[number(bits), number(256), number(bits - 1)].concat());
    spki(&[&oid, &parameters], &number(bits - 2))
}

/// 1.2.840.10045.2.1 with a named curve (RFC 5480 section 2.1).
fn ec(curve: &[u8], octets: usize) -> Vec<u8> {
    let oid = tlv(OID, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]);
    spki(&[&oid, &tlv(OID, curve)], &[&[4], &vec![7; 2 * octets][..]].concat())
}

const P192: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x01];
const P224: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x21];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const SECP256K1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x0a];
const SECP160R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x08];
const UNKNOWN_CURVE: &[u8] = &[0x2a, 0x03];

#[test]
fn a_key_below_the_limits_of_the_day_is_told_with_its_size() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let cases = [
        (rsa(512), Some("RSA 512")),
        (rsa(1024), Some("RSA 1024")),
        (rsa(2047), Some("RSA 2047")),
        (rsa(2048), None),
        (rsa(4096), None),
        (dsa(1024), Some("DSA 1024")),
        (dsa(3072), Some("DSA 3072")),
        (ec(P192, 24), Some("EC P-192")),
        (ec(P224, 28), None),
        (ec(P256, 32), None),
        (ec(SECP256K1, 32), None),
        (ec(SECP160R1, 20), Some("EC secp160r1")),
        // An RSA key without a modulus is no strong one.
        (
            spki(&[&tlv(OID, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01])], b""),
            Some("RSA"),
        ),
    ];
    for (key, weak) in cases {
        let leaf = Anatomy::of(&leaf.der).public_key(&key).signed_by(&pki.intermediate.key);
        let report = judge(&trusting(&[&pki.root]), &[&leaf, &pki.intermediate.der], NOW);
        let Some(shown) = weak else {
            assert_eq!(told(&report), NOTHING);
            continue;
        };
        assert_eq!(told(&report), ["failure weak-key 0"]);
        let kind = FindingKind::WeakKey { key: shown.to_owned() };
        assert_eq!(*only(&report, Code::WeakKey).kind(), kind);
        assert_eq!(report.status(), Status::Fail);
    }
}

/// Public CAs may not certify it (Baseline Requirements, section 6.1.5); it is not weak.
#[test]
fn an_rsa_key_whose_size_is_no_multiple_of_8_is_a_note() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    for (bits, expected) in
        [(2049, &["note weak-key 0"][..]), (2052, &["note weak-key 0"]), (2056, &[])]
    {
        let leaf = Anatomy::of(&leaf.der).public_key(&rsa(bits)).signed_by(&pki.intermediate.key);
        let report = judge(&trusting(&[&pki.root]), &[&leaf, &pki.intermediate.der], NOW);
        assert_eq!(told(&report), expected, "{bits}");
    }
}

/// A curve that nobody here knows may be a strong one: whoever uses it has to be told all the same.
#[test]
fn a_curve_of_unknown_strength_is_a_warning() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let key = ec(UNKNOWN_CURVE, 32);
    let leaf = Anatomy::of(&leaf.der).public_key(&key).signed_by(&pki.intermediate.key);
    let report = judge(&trusting(&[&pki.root]), &[&leaf, &pki.intermediate.der], NOW);
    assert_eq!(told(&report), ["warning weak-key 0"]);
    let kind = FindingKind::WeakKey { key: "EC 1.2.3".to_owned() };
    assert_eq!(*only(&report, Code::WeakKey).kind(), kind);
}

#[test]
fn a_weak_key_of_an_intermediate_is_told_at_its_position() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let weak = Anatomy::of(&pki.intermediate.der).public_key(&rsa(1024)).signed_by(&pki.root.key);
    let report = judge(&trusting(&[&pki.root]), &[&leaf.der, &weak], NOW);
    // It didn't sign the leaf either.
    assert_eq!(told(&report), ["failure untrusted-path 0", "failure weak-key 1"]);

    // Where it is not needed, it does no harm.
    let report = judge(&trusting(&[&pki.root]), &[&leaf.der, &pki.intermediate.der, &weak], NOW);
    assert_eq!(told(&report), ["note weak-key 2"]);
}

/// An AlgorithmIdentifier.
fn algorithm(oid: &[u8], parameters: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[&tlv(OID, oid), parameters].concat())
}

const ECDSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];
const RSA_MD2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x02];
const RSA_MD5: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04];
const RSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05];
const RSA_SHA1_OIW: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1d];
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
const DSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x03];
const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const UNKNOWN: &[u8] = &[0x2a, 0x03];

#[test]
fn a_signature_on_a_broken_hash_is_told_with_its_algorithm() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    // RFC 4055 section 3.1: the hash is in [0], and SHA-1 where that is absent.
    let empty = tlv(SEQUENCE, &[]);
    let sha256 = algorithm(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01], NULL);
    let pss_sha256 = tlv(SEQUENCE, &tlv(0xa0, &sha256));
    let cases = [
        (algorithm(ECDSA_SHA1, &[]), Some("ecdsa-with-SHA1")),
        (algorithm(RSA_MD2, NULL), Some("md2WithRSAEncryption")),
        (algorithm(RSA_MD5, NULL), Some("md5WithRSAEncryption")),
        (algorithm(RSA_SHA1, NULL), Some("sha1WithRSAEncryption")),
        (algorithm(RSA_SHA1_OIW, NULL), Some("sha1WithRSAEncryption")),
        (algorithm(DSA_SHA1, &[]), Some("id-dsa-with-sha1")),
        (algorithm(RSA_PSS, &empty), Some("id-RSASSA-PSS")),
        (algorithm(RSA_PSS, &pss_sha256), None),
        (algorithm(RSA_SHA256, NULL), None),
        (algorithm(UNKNOWN, &[]), None),
    ];
    for (identifier, weak) in cases {
        let leaf = Anatomy::of(&leaf.der).algorithm(&identifier).signed_by(&pki.intermediate.key);
        let report = judge(&trusting(&[&pki.root]), &[&leaf, &pki.intermediate.der], NOW);
        // The key that signed is an elliptic one, so none of these verifies.
        assert_eq!(report.status(), Status::Fail);
        let Some(name) = weak else {
            assert_eq!(told(&report), ["failure untrusted-path 0"]);
            continue;
        };
        assert_eq!(told(&report), ["failure untrusted-path 0", "failure weak-signature 0"]);
        let kind = FindingKind::WeakSignature { algorithm: name.to_owned() };
        assert_eq!(*only(&report, Code::WeakSignature).kind(), kind);
    }
}

#[test]
fn no_provider_verifies_sha_1() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let old = Anatomy::of(&leaf.der)
        .algorithm(&algorithm(ECDSA_SHA1, &[]))
        .signed_by(&pki.intermediate.key);
    let report = judge(&trusting(&[&pki.root]), &[&old, &pki.intermediate.der], NOW);
    let reason = UntrustedReason::UnsupportedSignature;
    assert_eq!(*only(&report, Code::UntrustedPath).kind(), FindingKind::UntrustedPath { reason });
}

/// Nobody looks at the signature that a root makes on itself, and nobody needs an old cross-sign.
#[test]
fn a_signature_that_no_client_looks_at_is_not_held_against_the_chain() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let sha1 = |der: &[u8], key: &rcgen::KeyPair| {
        Anatomy::of(der).algorithm(&algorithm(ECDSA_SHA1, &[])).signed_by(key)
    };
    let old_root = sha1(&pki.root.der, &pki.root.key);
    let old_cross = {
        let elder = Draft::root("Elder").issue();
        let cross = elder.ca("Test Root").issue_for(pki.root.key.clone());
        sha1(&cross.der, &elder.key)
    };
    let judged = |third: &[u8]| {
        let sent = [&leaf.der, &pki.intermediate.der, third];
        told(&judge(&trusting(&[&pki.root]), &sent, NOW))
    };
    assert_eq!(judged(&old_root), ["note anchor-included 2"]);
    assert_eq!(judged(&old_cross), ["note weak-signature 2"]);

    // The anchor itself may be signed with anything.
    let anchors = notafter::inspect::TrustAnchors::from_der([old_root.to_vec()]).unwrap();
    let inspector = notafter::Inspector::new().with_anchors(anchors);
    assert_eq!(told(&judge(&inspector, &pki.chain(&leaf), NOW)), NOTHING);
}

/// check_ssl_cert looked for the hash in the key's algorithm, where there is none.
#[test]
fn the_hash_is_looked_for_in_the_signature_and_not_in_the_key() {
    let pki = Pki::new();
    for key in [Key::P256, Key::Rsa2048] {
        let leaf = pki.leaf("example.com").key(key).issue();
        let old = Anatomy::of(&leaf.der)
            .algorithm(&algorithm(ECDSA_SHA1, &[]))
            .signed_by(&pki.intermediate.key);
        for (der, weak) in [(&leaf.der, 0), (&old, 1)] {
            let report = judge(&trusting(&[&pki.root]), &[der, &pki.intermediate.der], NOW);
            assert_eq!(report.findings_with(Code::WeakSignature).count(), weak, "{key:?}");
        }
    }
}
