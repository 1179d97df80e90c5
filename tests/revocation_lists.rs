//! Revocation lists as facts: what is read, and what is refused.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::anatomy::{BIT_STRING, INTEGER, OID, SEQUENCE, generalized_time, tlv, utc_time};
use common::lists::{distribution_point, extension, number, with_fields};
use common::pki::{Draft, Issued, at};
use common::printed;
use data_encoding::BASE64;
use notafter::chain::{Certificate, RevocationList, RevocationListError, RevocationReason};
use rcgen::SerialNumber;

const REVOKED_AT: &str = "2026-06-02T03:04:05Z";

fn ca() -> Issued {
    Draft::root("Test Root").issue()
}

/// A list with one entry, whose fields are changed.
fn changed(change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Result<RevocationList, RevocationListError> {
    let ca = ca();
    let der = ca.list().revoke_serial(&[5], REVOKED_AT, None).der();
    RevocationList::from_der(with_fields(&der, &ca.key, change))
}

#[track_caller]
fn refused(change: impl FnOnce(&mut Vec<Vec<u8>>)) -> String {
    printed(&changed(change).unwrap_err())
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64.encode(der))
}

// The places of the fields.
const VERSION: usize = 0;
const ALGORITHM: usize = 1;
const ISSUER: usize = 2;
const THIS_UPDATE: usize = 3;
const NEXT_UPDATE: usize = 4;
const REVOKED: usize = 5;
const EXTENSIONS: usize = 6;

#[test]
fn the_fields_are_read() {
    let ca = ca();
    let reason = Some(rcgen::RevocationReason::CertificateHold);
    let draft = ca
        .list()
        .revoke_serial(&[0x01, 0x02], REVOKED_AT, reason)
        .revoke_serial(&[0x80], "2050-01-01T00:00:00Z", None)
        .dated("2026-06-01T00:00:00Z", "2051-01-01T00:00:00Z");
    let der = draft.der();
    let list = RevocationList::from_der(der.clone()).unwrap();
    assert_eq!(list.der(), der);
    assert_eq!(list.issuer().to_string(), "CN=Test Root");
    assert_eq!(list.this_update(), at("2026-06-01T00:00:00Z"));
    assert_eq!(list.next_update(), Some(at("2051-01-01T00:00:00Z")));
    assert_eq!(list.number(), Some(&[1][..]));
    assert!(!list.number_is_critical());
    let root = Certificate::from_der(&ca.der).unwrap();
    assert_eq!(list.authority_key_id(), root.subject_key_id());
    assert!(list.authority_key_id().is_some());
    assert_eq!(list.unknown_critical_extension(), None);
    assert!(list.covers(&root));
    assert_eq!(list.len(), 2);

    let held = list.revocation(&[0x01, 0x02]).unwrap();
    assert_eq!(held.revoked_at, at(REVOKED_AT));
    assert_eq!(held.reason, Some(RevocationReason::CertificateHold));
    // Its first bit is set, so that it is encoded with a leading zero.
    let later = list.revocation(&[0x00, 0x80]).unwrap();
    assert_eq!((later.revoked_at, later.reason), (at("2050-01-01T00:00:00Z"), None));
    for absent in [&[][..], &[0x01], &[0x02], &[0x01, 0x02, 0x00], &[0x80]] {
        assert_eq!(list.revocation(absent), None, "{absent:?}");
    }
}

#[test]
fn each_of_many_entries_is_found_in_whatever_order_they_stand() {
    let ca = ca();
    // 7 and 4096 have no factor in common: every number once, in no order.
    let numbers = (0..4096_u64).map(|number| number * 7 % 4096 + 1);
    let draft = numbers.clone().fold(ca.list(), |list, number| {
        list.revoke_serial(SerialNumber::from(2 * number).as_ref(), REVOKED_AT, None)
    });
    let list = draft.issue();
    assert_eq!(list.len(), 4096);
    let listed = |number: u64| {
        let octets = number.to_be_bytes();
        // As DER has it: no leading zeros but one before a first bit that is set.
        let mut start = octets.iter().take_while(|octet| **octet == 0).count();
        start -= usize::from(octets[start] >= 0x80);
        list.revocation(&octets[start..]).is_some()
    };
    for number in numbers {
        assert!(listed(2 * number), "{number}");
        assert!(!listed(2 * number + 1), "{number}");
    }
}

#[test]
fn of_two_entries_of_one_serial_number_the_first_counts() {
    let ca = ca();
    let reason = Some(rcgen::RevocationReason::Superseded);
    let list = ca
        .list()
        .revoke_serial(&[5], REVOKED_AT, reason)
        .revoke_serial(&[5], "2026-01-01T00:00:00Z", None)
        .issue();
    let found = list.revocation(&[5]).unwrap();
    assert_eq!(
        (found.revoked_at, found.reason),
        (at(REVOKED_AT), Some(RevocationReason::Superseded))
    );
}

#[test]
fn dates_are_read_in_either_form() {
    let list = changed(|fields| {
        fields[THIS_UPDATE] = generalized_time("20260601000000Z");
        fields[NEXT_UPDATE] = generalized_time("20260701000000Z");
    });
    let list = list.unwrap();
    assert_eq!(list.this_update(), at("2026-06-01T00:00:00Z"));
    assert_eq!(list.next_update(), Some(at("2026-07-01T00:00:00Z")));
    let list = changed(|fields| _ = fields.remove(NEXT_UPDATE)).unwrap();
    assert_eq!(list.next_update(), None);
}

#[test]
fn an_empty_sequence_of_entries_is_no_entry() {
    let list = changed(|fields| fields[REVOKED] = tlv(SEQUENCE, &[])).unwrap();
    assert_eq!(list.len(), 0);
    let list = changed(|fields| _ = fields.remove(REVOKED)).unwrap();
    assert_eq!(list.len(), 0);
}

#[test]
fn bytes_that_are_no_list_are_refused() {
    let der = ca().list().der();
    let with_tail = [&der[..], b"\0"].concat();
    let cases: [(&[u8], &str); 6] = [
        (b"", "certificateList: ends early"),
        (b"\x30\x80\0\0", "certificateList: has a length that is not DER"),
        (b"\x30\0", "tbsCertList: ends early"),
        (&der[..der.len() - 1], "certificateList: ends early"),
        (&with_tail, "certificateList: is followed by bytes that do not belong there"),
        (&ca().der, "signature: is not of the type that belongs there"),
    ];
    for (der, expected) in cases {
        let error = RevocationList::from_der(der).unwrap_err();
        assert_eq!(printed(&error), format!("revocation list 0: {expected}"));
    }
}

#[test]
fn a_field_that_is_wrong_is_named() {
    let entry = |fields: &[Vec<u8>]| tlv(SEQUENCE, &tlv(SEQUENCE, &fields.concat()));
    let (serial, date) = (tlv(INTEGER, &[5]), utc_time("260602030405Z"));
    let reason = |value: &[u8]| tlv(SEQUENCE, &extension(&[0x55, 0x1d, 0x15], false, value));
    let list = |extensions: &[Vec<u8>]| tlv(0xa0, &tlv(SEQUENCE, &extensions.concat()));
    let idp = |content: &[u8]| list(&[distribution_point(content)]);
    let cases: [(usize, Vec<u8>, &str); 21] = [
        (VERSION, tlv(INTEGER, &[0]), "version: is neither 1 nor 2"),
        (VERSION, tlv(INTEGER, &[2]), "version: is neither 1 nor 2"),
        (ALGORITHM, tlv(SEQUENCE, &tlv(OID, &[0x2a])), "signature: is not the signatureAlgorithm"),
        (ISSUER, tlv(OID, &[]), "issuer: is not of the type that belongs there"),
        (THIS_UPDATE, utc_time("271301000000Z"), "thisUpdate: names a month that is none"),
        (NEXT_UPDATE, utc_time("junk"), "nextUpdate: has something other than digits"),
        (
            NEXT_UPDATE,
            tlv(BIT_STRING, &[0]),
            "tbsCertList: is followed by bytes that do not belong there",
        ),
        (
            REVOKED,
            tlv(SEQUENCE, &tlv(OID, &[])),
            "revokedCertificates: is not of the type that belongs there",
        ),
        (REVOKED, entry(&[]), "userCertificate: ends early"),
        (REVOKED, entry(std::slice::from_ref(&serial)), "revocationDate: ends early"),
        (
            REVOKED,
            entry(&[serial.clone(), utc_time("270229000000Z")]),
            "revocationDate: names a day that does not exist",
        ),
        (
            REVOKED,
            entry(&[serial.clone(), date.clone(), serial.clone()]),
            "revokedCertificates: is followed by bytes that do not belong there",
        ),
        (
            REVOKED,
            entry(&[serial.clone(), date.clone(), reason(&[0x0a, 1, 7])]),
            "reasonCode: is no reason",
        ),
        (
            REVOKED,
            entry(&[serial, date, reason(&[0x02, 1, 1])]),
            "reasonCode: is not of the type that belongs there",
        ),
        (EXTENSIONS, tlv(0xa0, &[]), "crlExtensions: ends early"),
        (EXTENSIONS, list(&[number(false), number(false)]), "cRLNumber: stands there twice"),
        (EXTENSIONS, idp(&[]), "issuingDistributionPoint: is empty"),
        (
            EXTENSIONS,
            idp(&[0x81, 1, 0xff, 0x82, 1, 0xff]),
            "issuingDistributionPoint: is for several kinds of certificates only",
        ),
        (
            EXTENSIONS,
            idp(&[0x86, 0]),
            "issuingDistributionPoint: is followed by bytes that do not belong there",
        ),
        (EXTENSIONS, idp(&[0xa0, 0]), "distributionPoint: ends early"),
        (
            EXTENSIONS,
            list(&[extension(&[0x55, 0x1d, 0x23], false, &[0x30, 0, 0])]),
            "authorityKeyIdentifier: is followed by bytes that do not belong there",
        ),
    ];
    for (place, field, expected) in cases {
        let printed = refused(|fields| fields[place] = field);
        assert_eq!(printed, format!("revocation list 0: {expected}"));
    }
    assert_eq!(
        refused(|fields| _ = fields.remove(VERSION)),
        "revocation list 0: crlExtensions: stand in a list of version 1",
    );
    assert_eq!(
        refused(|fields| {
            let entry = [tlv(INTEGER, &[5]), utc_time("260602030405Z"), tlv(SEQUENCE, &[])];
            fields[REVOKED] = tlv(SEQUENCE, &tlv(SEQUENCE, &entry.concat()));
            fields.remove(EXTENSIONS);
            fields.remove(VERSION);
        }),
        "revocation list 0: crlEntryExtensions: stand in a list of version 1",
    );
}

#[test]
fn every_list_of_a_pem_text_is_read() {
    let (one, other) = (ca().list().der(), Draft::root("Other Root").issue().list().der());
    let text = [pem("CERTIFICATE", b"junk"), pem("X509 CRL", &one), pem("X509 CRL", &other)];
    let lists = RevocationList::from_pem(text.concat()).unwrap();
    assert_eq!(lists.iter().map(RevocationList::der).collect::<Vec<_>>(), [&one, &other]);
    assert_eq!(lists[0], RevocationList::from_der(one).unwrap());
    assert_ne!(lists[0], lists[1]);
}

#[test]
fn a_pem_text_with_a_list_that_cannot_be_read_is_refused() {
    let good = pem("X509 CRL", &ca().list().der());
    let cases = [
        (String::new(), "the PEM text holds no X509 CRL block"),
        (
            pem("CERTIFICATE", b""),
            "the PEM text holds no X509 CRL block, only a block of another kind",
        ),
        (
            format!("{good}{}", pem("X509 CRL", b"")),
            "revocation list 1: certificateList: ends early",
        ),
        (
            format!("{good}-----BEGIN X509 CRL-----\n"),
            "revocation list 1: PEM block at line 4: has no END line",
        ),
        (
            "-----BEGIN X509 CRL-----\n???\n-----END X509 CRL-----".to_owned(),
            "revocation list 0: PEM block at line 1: is not valid base64",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(printed(&RevocationList::from_pem(text).unwrap_err()), expected);
    }
}

/// Whatever bytes there are, there is an answer.
#[test]
fn no_change_of_an_octet_is_too_much() {
    let ca = ca();
    let reason = Some(rcgen::RevocationReason::KeyCompromise);
    let scope = Some(rcgen::CrlScope::UserCertsOnly);
    let der = ca
        .list()
        .revoke_serial(&[5], REVOKED_AT, reason)
        .revoke_serial(&[6], REVOKED_AT, None)
        .only_for("http://crl.example/1.crl", scope)
        .der();
    let root = Certificate::from_der(&ca.der).unwrap();
    let mut read = 0;
    for place in 0..der.len() {
        for octet in [0x00, 0x01, 0x7f, 0x80, 0x84, 0xff, der[place] ^ 1, der[place] ^ 0x20] {
            let mut der = der.clone();
            der[place] = octet;
            if let Ok(list) = RevocationList::from_der(der) {
                // Neither is there an entry of no octets, nor does looking for it fail.
                let found = [5, 6].iter().filter(|octet| list.revocation(&[**octet]).is_some());
                assert!(found.count() <= list.len());
                assert!(!list.covers(&root) || list.issuer().to_string().len() < 100);
                read += 1;
            }
        }
    }
    // Octets of the signature, the numbers, and the names may be any.
    assert!(read > 500, "{read}");
}

#[test]
fn what_is_shown_for_debugging_is_no_list_of_entries() {
    let list = ca().list().revoke_serial(&[5], REVOKED_AT, None).issue();
    assert_eq!(
        format!("{list:?}"),
        "RevocationList { issuer: \"CN=Test Root\", this_update: 2026-06-01 0:00:00.0 +00:00:00, \
         next_update: Some(2026-07-01 0:00:00.0 +00:00:00), len: 1, .. }",
    );
}
