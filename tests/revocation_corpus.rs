//! The revocation lists of BoringSSL's tests, each judged with the certificate that it is about.
//!
//! A file is named by its outcome: `good` and `revoked`; with `bad` and `invalid` nothing is to be
//! told by the list. Here as there: `good` means that nothing is told of a certificate against
//! which the list is held, and `unknown` that the list can't be read, or can't clear it, or is not
//! held against it. The instant is BoringSSL's, 2017-03-09 00:00:00 UTC.
//!
//! The keys there are RSA 1024, with which nobody here verifies. So certificates and lists get keys
//! of 2048 bits, and their signatures anew; what is signed stays the same.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::path::Path;

use common::anatomy::{BIT_STRING, SEQUENCE, children, tlv};
use common::corpora::corpus;
use common::judge::chain;
use common::lists::with_fields;
use common::pki::{Key, at};
use data_encoding::BASE64;
use notafter::Inspector;
use notafter::chain::RevocationList;
use notafter::inspect::TrustAnchors;
use notafter::report::{FindingKind, Report, RevocationListFault as Fault};
use notafter::target::{Purpose, Subject};
use rcgen::{KeyPair, PublicKeyData as _, SigningKey as _};

const NOW: &str = "2017-03-09T00:00:00Z";

/// Before any of the lists was issued: of one that is held against the certificate, that is told.
const BEFORE: &str = "2017-03-01T00:00:00Z";

/// Where we differ, and why.
const EXCEPTIONS: [(&str, &str, &str); 5] = [
    (
        "bad_crldp_has_crlissuer",
        "good",
        "the certificate names another signer of lists: but a list that its own issuer signs covers \
         it all the same (RFC 5280 section 6.3.3, the last paragraph)",
    ),
    (
        "bad_thisupdate_too_old",
        "good",
        "8 days old, and BoringSSL's caller says 7: a list is good until its own nextUpdate",
    ),
    (
        "good_issuer_name_normalization",
        "unknown",
        "the list's issuer differs in case: names are compared as bytes, as in paths",
    ),
    (
        "invalid_idp_onlycontainsusercerts_v1_leaf",
        "good",
        "a certificate of version 1 does not say that it is a CA's (RFC 5280 section 6.3.3 (b) (2) \
         (ii) asks for no more)",
    ),
    (
        "invalid_revoked_empty_sequence",
        "good",
        "an empty sequence of entries is met in practice, and there is one way only to read it",
    ),
];

struct Keys {
    issuer: KeyPair,
    /// That the issuer had before, where a file has two certificates of it.
    old: KeyPair,
    other: KeyPair,
}

#[test]
fn every_list_has_the_outcome_that_its_name_says() {
    let Some(folder) = corpus("crl") else {
        return;
    };
    let [issuer, old, other] = [(); 3].map(|()| Key::Rsa2048.generate());
    let keys = Keys { issuer, old, other };
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pem"))
        .collect();
    files.sort();
    assert_eq!(files.len(), 66);
    let mut deviations = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let expected = match name.split('_').next().unwrap() {
            outcome @ ("good" | "revoked") => outcome,
            _ => "unknown",
        };
        let outcome = outcome(name, &file, &keys);
        if outcome != expected {
            deviations.push((name.to_owned(), outcome));
        }
    }
    // One that comes to agree fails too.
    let exceptions = EXCEPTIONS.map(|(name, outcome, _)| (name.to_owned(), outcome));
    assert_eq!(deviations, exceptions);
}

fn outcome(name: &str, file: &Path, keys: &Keys) -> &'static str {
    let text = std::fs::read_to_string(file).unwrap();
    let list = block(&text, "CRL").unwrap();
    if RevocationList::from_der(list.clone()).is_err() {
        return "unknown";
    }
    let issuer = block(&text, "CA CERTIFICATE").unwrap();
    let old = block(&text, "CA CERTIFICATE 2");
    let signer = match (&old, name.ends_with("_signature")) {
        (_, true) => &keys.other,
        (Some(_), _) => &keys.old,
        (None, _) => &keys.issuer,
    };
    let list = RevocationList::from_der(with_fields(&list, signer, |_| {})).unwrap();
    let leaf = signed(&block(&text, "CERTIFICATE").unwrap(), None, &keys.issuer);
    let issuer = signed(&issuer, Some(&keys.issuer), &keys.old);
    let old = old.map(|old| signed(&old, Some(&keys.old), &keys.other));

    // An issuer of two keys doesn't say that it is a CA. So there is no path then, and its
    // certificates are taken as their names lead up.
    let sent: Vec<Vec<u8>> = [leaf, issuer].into_iter().chain(old).collect();
    let inspector = Inspector::new()
        .with_anchors(TrustAnchors::from_der(sent.last().cloned()).unwrap())
        .with_revocation_lists([list]);
    let subject = Subject::new(name, Purpose::Server);
    let judged = |instant| inspector.inspect(&chain(&sent), &subject, at(instant));
    let report = judged(NOW);
    if tells(&report, |kind| matches!(kind, FindingKind::Revoked { .. })) {
        "revoked"
    } else if tells(&report, is_unusable) || !tells(&judged(BEFORE), is_unusable) {
        "unknown"
    } else {
        "good"
    }
}

fn tells(report: &Report, what: fn(&FindingKind) -> bool) -> bool {
    report.findings().iter().any(|finding| finding.position() == Some(0) && what(finding.kind()))
}

/// The lists that are good there have no numbers, and some no end: clients take them.
fn is_unusable(kind: &FindingKind) -> bool {
    matches!(
        kind,
        FindingKind::RevocationListUnusable { fault, .. }
            if !matches!(fault, Fault::NoNumber | Fault::NoNextUpdate)
    )
}

/// A block of the file, which has comments between the blocks.
fn block(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, text) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (base64, _) = text.split_once(&format!("-----END {label}-----"))?;
    let base64: String = base64.split_whitespace().collect();
    Some(BASE64.decode(base64.as_bytes()).unwrap())
}

/// The certificate, perhaps for another key, signed with another.
fn signed(der: &[u8], key: Option<&KeyPair>, signer: &KeyPair) -> Vec<u8> {
    let [tbs, algorithm, _] = children(der).try_into().unwrap();
    let mut fields = children(&tbs);
    if let Some(key) = key {
        // Version 3 is said first.
        fields[6] = key.subject_public_key_info();
    }
    let tbs = tlv(SEQUENCE, &fields.concat());
    let signature = tlv(BIT_STRING, &[&[0], &signer.sign(&tbs).unwrap()[..]].concat());
    tlv(SEQUENCE, &[tbs, algorithm, signature].concat())
}
