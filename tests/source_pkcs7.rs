//! PKCS#7: certificates without keys, as CAs hand them out.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::anatomy::{OID, SEQUENCE, tlv};
use common::pki::{Pki, pem};
use notafter::source::{self, Arrangement, Format, Found, ReadOptions};
use notafter::target::Purpose;
use proptest::prelude::*;
use rcgen::{CertificateParams, KeyPair};

const INTEGER: u8 = 0x02;
const SET: u8 = 0x31;

#[test]
fn the_certificates_of_a_bundle_are_a_chain() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let certificates = [&*leaf.der, &*pki.intermediate.der, &*pki.root.der];
    for bundle in [definite(&certificates.concat()), indefinite(&certificates.concat())] {
        let found = source::read("chain.p7b", &bundle, &ReadOptions::new());
        assert_eq!(told(&found), [("chain.p7b".to_owned(), 3)]);
        assert_eq!(ders(&found), certificates);
        assert_eq!(found.chains[0].subject().purpose(), Purpose::Server);
        assert!(found.problems.is_empty() && found.skipped.is_empty(), "{found:?}");
    }
}

#[test]
fn authorities_alone_stand_for_themselves() {
    let pki = Pki::new();
    let bundle = definite(&[&*pki.root.der, &*pki.intermediate.der].concat());
    let found = source::read("cas.p7c", &bundle, &ReadOptions::new());
    let expected = [("cas.p7c, certificate 1".to_owned(), 1), ("cas.p7c, certificate 2".into(), 1)];
    assert_eq!(told(&found), expected);
    assert!(found.chains.iter().all(|chain| chain.subject().purpose() == Purpose::Ca));

    let options = ReadOptions::new().arrangement(Arrangement::OneChain);
    let found = source::read("cas.p7c", &bundle, &options);
    assert_eq!(told(&found), [("cas.p7c".to_owned(), 2)]);
}

#[test]
fn a_bundle_in_pem_is_read_beside_other_blocks() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let bundle = pem(&indefinite(&pki.intermediate.der)).replace("CERTIFICATE", "PKCS7");
    let text = leaf.pem() + &bundle;
    let found = source::read("both.pem", text.as_bytes(), &ReadOptions::new());
    assert_eq!(told(&found), [("both.pem".to_owned(), 2)]);
    assert_eq!(ders(&found), [&*leaf.der, &*pki.intermediate.der]);
}

#[test]
fn a_broken_certificate_takes_no_other_with_it() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let all = [&*leaf.der, &tlv(SEQUENCE, &[5, 0]), &*pki.intermediate.der].concat();
    let found = source::read("a.p7b", &definite(&all), &ReadOptions::new());
    assert_eq!(ders(&found), [&*leaf.der, &*pki.intermediate.der]);
    assert_eq!(
        problems(&found),
        ["a.p7b, certificate 2: is no certificate: tbsCertificate: \
          is not of the type that belongs there"],
    );
}

#[test]
fn where_the_certificates_end_early_those_before_stand() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let bundle = definite(&[&*leaf.der, &[0x30, 0x82, 0x10]].concat());
    let found = source::read("a.p7b", &bundle, &ReadOptions::new());
    assert_eq!(ders(&found), [&*leaf.der]);
    let header = bundle.windows(leaf.der.len()).position(|it| *it == *leaf.der).unwrap();
    let byte = header + leaf.der.len();
    assert_eq!(
        problems(&found),
        [format!("a.p7b, byte {byte}: can't be read as PKCS#7: ends early")]
    );
}

#[test]
fn other_kinds_of_certificates_and_lists_are_skipped() {
    let pki = Pki::new();
    let all = [&tlv(0xa2, &tlv(SEQUENCE, &[])), &*pki.root.der].concat();
    let lists = tlv(0xa1, &tlv(SEQUENCE, &[]));
    let found = source::read("a.p7b", &signed_data(&tlv(0xa0, &all), &lists), &ReadOptions::new());
    assert_eq!(ders(&found), [&*pki.root.der]);
    let skipped: Vec<_> = found.skipped.iter().map(|it| it.kind).collect();
    assert_eq!(skipped, [source::SkippedKind::RevocationList, source::SkippedKind::Other]);
    assert_eq!(problems(&found), [""; 0]);
}

#[test]
fn a_signature_without_certificates_is_told() {
    for nothing in [signed_data(&[], &[]), signed_data(&tlv(0xa0, &[]), &[])] {
        let found = source::read("sig.p7s", &nothing, &ReadOptions::new());
        assert_eq!(problems(&found), ["sig.p7s: holds no certificate"]);
    }
}

#[test]
fn what_is_no_signed_data_is_told() {
    let enveloped = [&SIGNED_DATA[..8], &[3]].concat();
    let enveloped = [tlv(OID, &enveloped), tlv(0xa0, &tlv(SEQUENCE, &[]))].concat();
    for (bytes, reason) in [
        (
            tlv(SEQUENCE, &enveloped),
            "it is of the type 1.2.840.113549.1.7.3, and holds no certificates",
        ),
        (tlv(SEQUENCE, &tlv(OID, SIGNED_DATA)), "the content ends early"),
        (vec![SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff, OID], "the ContentInfo ends early"),
        ([0x30, 0x80].repeat(100_000), "the ContentInfo ends early"),
    ] {
        let found = source::read_as(Format::Pkcs7, "a.p7b", &bytes, &ReadOptions::new());
        assert_eq!(problems(&found), [format!("a.p7b: can't be read as PKCS#7: {reason}")]);
    }
}

#[cfg(feature = "fetch")]
#[test]
#[ignore = "needs Debian's openssl"]
fn what_openssl_bundles_is_read() {
    use std::process::Command;

    use common::process::Scratch;

    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let files = Scratch::new();
    files.file("chain.pem", leaf.pem() + &pki.intermediate.pem());
    for form in ["DER", "PEM"] {
        let output = Command::new("openssl")
            .args(["crl2pkcs7", "-nocrl", "-outform", form, "-certfile"])
            .arg(files.path("chain.pem"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found = source::read("chain.p7b", &output.stdout, &ReadOptions::new());
        assert_eq!(ders(&found), [&*leaf.der, &*pki.intermediate.der], "{form}");
        assert_eq!(problems(&found), [""; 0]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_put_in_comes_out(names in prop::collection::vec("[a-z]{1,8}", 1..5), ber: bool) {
        let key = KeyPair::generate().unwrap();
        let certificates: Vec<_> = names
            .into_iter()
            .map(|name| CertificateParams::new([name]).unwrap().self_signed(&key).unwrap())
            .map(|certificate| certificate.der().to_vec())
            .collect();
        let all = certificates.concat();
        let bundle = if ber { indefinite(&all) } else { definite(&all) };
        let options = ReadOptions::new().arrangement(Arrangement::OneChain);
        let found = source::read("a.p7b", &bundle, &options);
        prop_assert_eq!(ders(&found), certificates);
    }

    #[test]
    fn a_damaged_bundle_panics_nowhere(position: prop::sample::Index, octet: u8, ber: bool) {
        let content = tlv(SEQUENCE, &[5, 0]).repeat(3);
        let mut bundle = if ber { indefinite(&content) } else { definite(&content) };
        let position = position.index(bundle.len());
        bundle[position] = octet;
        let found = source::read_as(Format::Pkcs7, "a.p7b", &bundle, &ReadOptions::new());
        prop_assert!(found.chains.is_empty());
        prop_assert!(!found.problems.is_empty());
    }
}

fn definite(certificates: &[u8]) -> Vec<u8> {
    signed_data(&tlv(0xa0, certificates), &[])
}

fn signed_data(certificates: &[u8], lists: &[u8]) -> Vec<u8> {
    let fields = [&*head(), certificates, lists, &tlv(SET, &[])].concat();
    let content = tlv(0xa0, &tlv(SEQUENCE, &fields));
    tlv(SEQUENCE, &[tlv(OID, SIGNED_DATA), content].concat())
}

/// As Java and Microsoft write it: no length is known ahead.
fn indefinite(certificates: &[u8]) -> Vec<u8> {
    let open = |tag: u8, content: Vec<u8>| [&[tag, 0x80], &*content, &[0, 0]].concat();
    let fields = [head(), open(0xa0, certificates.to_vec()), open(SET, Vec::new())].concat();
    open(SEQUENCE, [tlv(OID, SIGNED_DATA), open(0xa0, open(SEQUENCE, fields))].concat())
}

/// The version, no digest algorithms, and a content that is not there (RFC 5652 section 5.1).
fn head() -> Vec<u8> {
    let data = [&SIGNED_DATA[..8], &[1]].concat();
    [tlv(INTEGER, &[1]), tlv(SET, &[]), tlv(SEQUENCE, &tlv(OID, &data))].concat()
}

fn told(found: &Found) -> Vec<(String, usize)> {
    let chains = found.chains.iter();
    chains.map(|chain| (chain.locator().to_string(), chain.chain().entries().len())).collect()
}

fn ders(found: &Found) -> Vec<Vec<u8>> {
    let entries = found.chains.iter().flat_map(|chain| chain.chain().entries());
    entries.map(|entry| entry.der().to_vec()).collect()
}

fn problems(found: &Found) -> Vec<String> {
    found.problems.iter().map(ToString::to_string).collect()
}

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
