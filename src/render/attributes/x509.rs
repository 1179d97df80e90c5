//! The fields of a certificate in the Elastic Common Schema.

use super::Attributes;
use crate::chain::der::{BIT_STRING, INTEGER, Reader, SEQUENCE};
use crate::chain::{AltName, Certificate, DistinguishedName, KeyKind, PublicKey};
use crate::render::words;
use crate::report::Report;

/// The names of the fields, below what they are about.
pub(super) struct Names {
    pub(super) version_number: &'static str,
    pub(super) serial_number: &'static str,
    pub(super) signature_algorithm: &'static str,
    pub(super) not_before: &'static str,
    pub(super) not_after: &'static str,
    pub(super) public_key_algorithm: &'static str,
    pub(super) public_key_size: &'static str,
    pub(super) public_key_exponent: &'static str,
    pub(super) public_key_curve: &'static str,
    pub(super) alternative_names: &'static str,
    pub(super) issuer: NameNames,
    pub(super) subject: NameNames,
}

/// The names of the fields of a distinguished name, and of its parts by object identifier.
pub(super) struct NameNames {
    pub(super) distinguished_name: &'static str,
    pub(super) parts: [(&'static [u8], &'static str); 6],
}

macro_rules! names {
    ($prefix:literal) => {
        $crate::render::attributes::x509::Names {
            version_number: concat!($prefix, ".x509.version_number"),
            serial_number: concat!($prefix, ".x509.serial_number"),
            signature_algorithm: concat!($prefix, ".x509.signature_algorithm"),
            not_before: concat!($prefix, ".x509.not_before"),
            not_after: concat!($prefix, ".x509.not_after"),
            public_key_algorithm: concat!($prefix, ".x509.public_key_algorithm"),
            public_key_size: concat!($prefix, ".x509.public_key_size"),
            public_key_exponent: concat!($prefix, ".x509.public_key_exponent"),
            public_key_curve: concat!($prefix, ".x509.public_key_curve"),
            alternative_names: concat!($prefix, ".x509.alternative_names"),
            issuer: $crate::render::attributes::x509::names!($prefix, "issuer"),
            subject: $crate::render::attributes::x509::names!($prefix, "subject"),
        }
    };
    ($prefix:literal, $of:literal) => {
        $crate::render::attributes::x509::NameNames {
            distinguished_name: concat!($prefix, ".x509.", $of, ".distinguished_name"),
            parts: [
                (&[0x55, 0x04, 0x03], concat!($prefix, ".x509.", $of, ".common_name")),
                (&[0x55, 0x04, 0x06], concat!($prefix, ".x509.", $of, ".country")),
                (&[0x55, 0x04, 0x07], concat!($prefix, ".x509.", $of, ".locality")),
                (&[0x55, 0x04, 0x08], concat!($prefix, ".x509.", $of, ".state_or_province")),
                (&[0x55, 0x04, 0x0a], concat!($prefix, ".x509.", $of, ".organization")),
                (&[0x55, 0x04, 0x0b], concat!($prefix, ".x509.", $of, ".organizational_unit")),
            ],
        }
    };
}

pub(super) use names;

/// Adds the fields of the first certificate.
pub(super) fn add(attributes: &mut Attributes, names: &Names, report: &Report) {
    let Some(first) = report.chain().first() else { return };
    let Ok(facts) = first.summary() else { return };
    attributes.text(names.serial_number, Some(facts.serial_number));
    attributes.text(names.not_before, words::rfc3339(facts.not_before));
    attributes.text(names.not_after, words::rfc3339(facts.not_after));
    attributes.text(names.issuer.distinguished_name, Some(facts.issuer));
    attributes.text(names.subject.distinguished_name, Some(facts.subject));
    let algorithm = in_go(&facts.signature_algorithm).to_owned();
    attributes.text(names.signature_algorithm, Some(algorithm));
    let Some(Ok(certificate)) = first.entry().map(|entry| entry.certificate()) else {
        // Each stands behind the kind that it is of.
        let bare = |name: String| match name.split_once(':') {
            Some((_, name)) => name.to_owned(),
            None => name,
        };
        let alternative = facts.subject_alt_names.into_iter().map(bare).collect();
        attributes.list(names.alternative_names, alternative);
        return;
    };
    attributes.text(names.version_number, Some(certificate.version().to_string()));
    attributes.list(names.alternative_names, alternative(certificate));
    add_name(attributes, &names.issuer, certificate.issuer());
    add_name(attributes, &names.subject, certificate.subject());
    let key = certificate.public_key();
    let kind = match key.kind() {
        KeyKind::Ec => "ECDSA".to_owned(),
        kind => kind.to_string(),
    };
    attributes.text(names.public_key_algorithm, Some(kind));
    if key.bits() > 0 {
        attributes.number(names.public_key_size, key.bits());
    }
    if let Some(exponent) = exponent(key) {
        attributes.number(names.public_key_exponent, exponent);
    }
    attributes.text(names.public_key_curve, key.curve().map(str::to_owned));
}

fn add_name(attributes: &mut Attributes, names: &NameNames, name: &DistinguishedName) {
    for (oid, field) in names.parts {
        attributes.list(field, name.values(oid));
    }
}

/// The alternative names that have a text, as they are.
fn alternative(certificate: &Certificate) -> Vec<String> {
    let text = |name: &AltName| match name {
        AltName::Dns(name) | AltName::Email(name) | AltName::Uri(name) => Some(name.clone()),
        AltName::Ip(address) => Some(address.to_string()),
        AltName::DirectoryName(name) => Some(name.to_string()),
        AltName::Invalid { .. } | AltName::Other { .. } => None,
    };
    certificate.subject_alt_names().unwrap_or_default().iter().filter_map(text).collect()
}

/// The public exponent of an RSA key, where it is of any sensible length (RFC 8017 section A.1.1).
fn exponent(key: &PublicKey) -> Option<u64> {
    if !matches!(key.kind(), KeyKind::Rsa | KeyKind::RsaPss) {
        return None;
    }
    let mut info = Reader::new(Reader::new(key.spki()).expect(SEQUENCE).ok()?.value);
    info.expect(SEQUENCE).ok()?;
    let [0, key @ ..] = info.expect(BIT_STRING).ok()?.value else { return None };
    let mut numbers = Reader::new(Reader::new(key).expect(SEQUENCE).ok()?.value);
    numbers.expect(INTEGER).ok()?;
    let octets = numbers.expect(INTEGER).ok()?.value;
    let short = (1..=8).contains(&octets.len());
    short.then(|| octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
}

/// A signature algorithm under its name in Go, which the schema recommends.
fn in_go(name: &str) -> &str {
    let known = GO.iter().find(|(rfc, _)| *rfc == name);
    known.map_or(name, |(_, go)| go)
}

const GO: [(&str, &str); 13] = [
    ("id-Ed25519", "Ed25519"),
    ("id-dsa-with-sha1", "DSA-SHA1"),
    ("id-dsa-with-sha256", "DSA-SHA256"),
    ("md2WithRSAEncryption", "MD2-RSA"),
    ("md5WithRSAEncryption", "MD5-RSA"),
    ("sha1WithRSAEncryption", "SHA1-RSA"),
    ("sha256WithRSAEncryption", "SHA256-RSA"),
    ("sha384WithRSAEncryption", "SHA384-RSA"),
    ("sha512WithRSAEncryption", "SHA512-RSA"),
    ("ecdsa-with-SHA1", "ECDSA-SHA1"),
    ("ecdsa-with-SHA256", "ECDSA-SHA256"),
    ("ecdsa-with-SHA384", "ECDSA-SHA384"),
    ("ecdsa-with-SHA512", "ECDSA-SHA512"),
];
