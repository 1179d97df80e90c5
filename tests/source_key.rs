//! The public half of private keys, in each form in which they are kept.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::anatomy::{OID, SEQUENCE, children, tlv};
use common::pki::{Draft, Key, pem};
use notafter::chain::PresentedChain;
use notafter::source::{KeyError, public_key_of};
use proptest::prelude::*;
use rcgen::PublicKeyData as _;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;

#[test]
fn a_key_yields_what_its_certificate_holds() {
    for kind in [Key::Rsa2048, Key::P256, Key::P384, Key::P521, Key::Ed25519] {
        let issued = Draft::self_signed("example.com").key(kind).issue();
        let chain = PresentedChain::from_der([issued.der.to_vec()]).unwrap();
        let spki = chain.end_entity().certificate().unwrap().public_key().spki();
        let der = issued.key.serialize_der();
        assert_eq!(public_key_of(der).as_deref(), Ok(spki), "{kind:?} in DER");
        assert_eq!(public_key_of(issued.key_pem()).as_deref(), Ok(spki), "{kind:?} in PEM");
    }
}

#[test]
fn the_forms_before_pkcs8_are_read() {
    let rsa = Key::Rsa2048.generate();
    let spki = Ok(rsa.subject_public_key_info());
    let pkcs1 = inner(&rsa.serialize_der());
    assert_eq!(public_key_of(&pkcs1), spki);
    assert_eq!(public_key_of(labelled("RSA PRIVATE KEY", &pkcs1)), spki);

    let ec = Key::P256.generate();
    let spki = Ok(ec.subject_public_key_info());
    let sec1 = sec1(&number(&ec.serialize_der()), Some(P256), Some(ec.public_key_raw()));
    assert_eq!(public_key_of(&sec1), spki);
    let parameters = labelled("EC PARAMETERS", &tlv(OID, P256));
    assert_eq!(public_key_of(parameters + &labelled("EC PRIVATE KEY", &sec1)), spki);
}

#[cfg(feature = "aws-lc-rs")]
#[test]
fn a_public_key_that_is_left_out_is_computed() {
    for (kind, curve) in [(Key::P256, P256), (Key::P384, P384), (Key::P521, P521)] {
        let key = kind.generate();
        let bare = sec1(&number(&key.serialize_der()), Some(curve), None);
        assert_eq!(public_key_of(bare), Ok(key.subject_public_key_info()), "{kind:?}");
    }
}

/// RFC 8410 section 10: the same key as version 1, and the public key for it.
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#[test]
fn the_public_key_of_an_ed25519_seed_is_computed() {
    let key = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";
    let public = [
        0x19, 0xbf, 0x44, 0x09, 0x69, 0x84, 0xcd, 0xfe, 0x85, 0x41, 0xba, 0xc1, 0x67, 0xdc, 0x3b,
        0x96, 0xc8, 0x50, 0x86, 0xaa, 0x30, 0xb6, 0xb6, 0xcb, 0x0c, 0x5c, 0x38, 0xad, 0x70, 0x31,
        0x66, 0xe1,
    ];
    assert_eq!(public_key_of(key), Ok(spki(&tlv(OID, ED25519), &public)));
}

#[test]
fn a_curve_that_nothing_here_computes_on_is_told() {
    let bare = sec1(&[1; 32], Some(BRAINPOOL_P256), None);
    assert_eq!(public_key_of(bare), Err(KeyError::NoPublicKey));
    let told = sec1(&[1; 32], Some(BRAINPOOL_P256), Some(&[4, 7, 7]));
    let algorithm = [tlv(OID, EC), tlv(OID, BRAINPOOL_P256)].concat();
    assert_eq!(public_key_of(told), Ok(spki(&algorithm, &[4, 7, 7])));
}

#[test]
fn a_public_key_beside_the_private_one_is_taken() {
    // Version 2, with the attributes that OpenSSL leaves out and Microsoft writes.
    let fields = [
        tlv(INTEGER, &[1]),
        tlv(SEQUENCE, &tlv(OID, ED25519)),
        tlv(OCTET_STRING, &tlv(OCTET_STRING, &[1; 32])),
        tlv(0xa0, &[]),
        tlv(0x81, &[&[0][..], &[9; 32]].concat()),
    ];
    let key = tlv(SEQUENCE, &fields.concat());
    assert_eq!(public_key_of(key), Ok(spki(&tlv(OID, ED25519), &[9; 32])));

    let private = tlv(SEQUENCE, &[tlv(INTEGER, &[1]), tlv(OCTET_STRING, &[1; 32])].concat());
    let algorithm = [tlv(OID, EC), tlv(OID, P256)].concat();
    let fields = [
        tlv(INTEGER, &[1]),
        tlv(SEQUENCE, &algorithm),
        tlv(OCTET_STRING, &private),
        tlv(0x81, &[0, 4, 8, 8]),
    ];
    assert_eq!(public_key_of(tlv(SEQUENCE, &fields.concat())), Ok(spki(&algorithm, &[4, 8, 8])));
}

#[test]
fn encrypted_keys_are_told() {
    let encrypted = [tlv(SEQUENCE, &tlv(OID, PBES2)), tlv(OCTET_STRING, &[7; 48])].concat();
    let encrypted = tlv(SEQUENCE, &encrypted);
    assert_eq!(public_key_of(&encrypted), Err(KeyError::Encrypted));
    let text = labelled("ENCRYPTED PRIVATE KEY", &encrypted);
    assert_eq!(public_key_of(text), Err(KeyError::Encrypted));

    let text = "-----BEGIN RSA PRIVATE KEY-----\n\
        Proc-Type: 4,ENCRYPTED\n\
        DEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\
        \n\
        AAAA\n\
        -----END RSA PRIVATE KEY-----\n";
    assert_eq!(public_key_of(text), Err(KeyError::Encrypted));
    assert_eq!(KeyError::Encrypted.to_string(), "is encrypted");
}

#[test]
fn algorithms_that_are_not_known_are_named() {
    let named = |algorithm: &str| {
        Err::<Vec<u8>, _>(KeyError::UnknownAlgorithm { algorithm: algorithm.to_owned() })
    };
    let rsa = inner(&Key::Rsa2048.generate().serialize_der());
    assert_eq!(public_key_of(pkcs8(&tlv(OID, RSASSA_PSS), &rsa)), named("1.2.840.113549.1.1.10"));
    let x25519 = pkcs8(&tlv(OID, &[0x2b, 0x65, 0x6e]), &tlv(OCTET_STRING, &[1; 32]));
    assert_eq!(public_key_of(&x25519), named("1.3.101.110"));
    let numbers: Vec<_> = (0..6).flat_map(|_| tlv(INTEGER, &[1])).collect();
    let dsa = labelled("DSA PRIVATE KEY", &tlv(SEQUENCE, &numbers));
    assert_eq!(public_key_of(dsa), named("1.2.840.10040.4.1"));
    let explicit = [tlv(OID, EC), tlv(SEQUENCE, &[])].concat();
    let private = sec1(&[1; 32], None, Some(&[4, 7, 7]));
    assert_eq!(public_key_of(pkcs8(&explicit, &private)), named("1.2.840.10045.2.1"));
    assert_eq!(
        public_key_of(&x25519).unwrap_err().to_string(),
        "is for the algorithm 1.3.101.110, whose keys are not known here",
    );
}

#[test]
fn what_is_no_key_is_refused() {
    let issued = Draft::self_signed("example.com").issue();
    let der = issued.key.serialize_der();
    for garbage in [
        &b""[..],
        b"hello",
        b"-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n",
        b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
        &issued.der,
        issued.pem().as_bytes(),
        &der[..der.len() - 1],
        &[&der[..], &[0]].concat(),
        // On no curve; of too few numbers; a seed of too few octets.
        &sec1(&[1; 32], None, None),
        &tlv(SEQUENCE, &[tlv(INTEGER, &[0]), tlv(INTEGER, &[9])].concat()),
    ] {
        assert_eq!(public_key_of(garbage), Err(KeyError::NoKey), "{garbage:02x?}");
    }
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#[test]
fn numbers_that_are_no_private_key_are_refused() {
    let short = pkcs8(&tlv(OID, ED25519), &tlv(OCTET_STRING, &[1; 31]));
    assert_eq!(public_key_of(short), Err(KeyError::NoKey));
    // P-256 has no such number, nor one that is 0.
    #[cfg(feature = "aws-lc-rs")]
    for number in [[0xff; 32], [0; 32]] {
        let private = sec1(&number, Some(P256), None);
        assert_eq!(public_key_of(private), Err(KeyError::NoKey), "{number:?}");
    }
}

proptest! {
    #[test]
    fn a_damaged_key_panics_nowhere(position: prop::sample::Index, octet: u8) {
        const KEY: [u8; 48] = [
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22,
            0x04, 0x20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
            22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
        ];
        let mut key = KEY;
        key[position.index(KEY.len())] = octet;
        if let Ok(public) = public_key_of(key) {
            prop_assert_eq!(&public[..9], [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70]);
        }
    }
}

fn spki(algorithm: &[u8], public: &[u8]) -> Vec<u8> {
    let bits = [&[0], public].concat();
    tlv(SEQUENCE, &[tlv(SEQUENCE, algorithm), tlv(BIT_STRING, &bits)].concat())
}

fn pkcs8(algorithm: &[u8], private: &[u8]) -> Vec<u8> {
    let fields =
        [tlv(INTEGER, &[0]), tlv(SEQUENCE, algorithm), tlv(OCTET_STRING, private)].concat();
    tlv(SEQUENCE, &fields)
}

/// An ECPrivateKey (RFC 5915).
fn sec1(number: &[u8], curve: Option<&[u8]>, public: Option<&[u8]>) -> Vec<u8> {
    let mut fields = [tlv(INTEGER, &[1]), tlv(OCTET_STRING, number)].concat();
    fields.extend(curve.into_iter().flat_map(|curve| tlv(0xa0, &tlv(OID, curve))));
    fields.extend(public.into_iter().flat_map(|public| {
        let bits = [&[0], public].concat();
        tlv(0xa1, &tlv(BIT_STRING, &bits))
    }));
    tlv(SEQUENCE, &fields)
}

/// What PKCS#8 wraps.
fn inner(pkcs8: &[u8]) -> Vec<u8> {
    children(&children(pkcs8)[2]).remove(0)
}

/// The private number of a key on a curve.
fn number(pkcs8: &[u8]) -> Vec<u8> {
    children(&inner(pkcs8))[1][2..].to_vec()
}

fn labelled(label: &str, der: &[u8]) -> String {
    pem(der).replace("CERTIFICATE", label)
}

const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
#[cfg(feature = "aws-lc-rs")]
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
#[cfg(feature = "aws-lc-rs")]
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
const BRAINPOOL_P256: &[u8] = &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07];
