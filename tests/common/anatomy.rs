//! Certificates taken apart, changed, and put together again: what no generator will make.
//!
//! ```ignore
//! let odd = Anatomy::of(&leaf.der).not_after(&utc_time("2701011230Z")).signed_by(&issuer.key);
//! ```

use rcgen::{KeyPair, SigningKey as _};
use rustls::pki_types::CertificateDer;

/// The fields of a version 3 certificate, each with its tag and length.
#[derive(Clone)]
pub(crate) struct Anatomy {
    fields: Vec<Vec<u8>>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
}

impl Anatomy {
    pub(crate) fn of(der: &[u8]) -> Self {
        let [tbs, algorithm, signature] = children(der).try_into().unwrap();
        let fields = children(&tbs);
        assert_eq!(fields.len(), EXTENSIONS + 1, "a version 3 certificate with extensions");
        Self { fields, algorithm, signature }
    }

    /// Puts another TLV in the place of the notBefore.
    pub(crate) fn not_before(self, time: &[u8]) -> Self {
        let [_, not_after] = children(&self.fields[VALIDITY]).try_into().unwrap();
        self.validity(time, &not_after)
    }

    /// Puts another TLV in the place of the notAfter.
    pub(crate) fn not_after(self, time: &[u8]) -> Self {
        let [not_before, _] = children(&self.fields[VALIDITY]).try_into().unwrap();
        self.validity(&not_before, time)
    }

    pub(crate) fn validity(mut self, not_before: &[u8], not_after: &[u8]) -> Self {
        self.fields[VALIDITY] = tlv(SEQUENCE, &[not_before, not_after].concat());
        self
    }

    /// Puts another TLV in the place of the serial number.
    pub(crate) fn serial_number(mut self, number: &[u8]) -> Self {
        self.fields[SERIAL_NUMBER] = number.to_vec();
        self
    }

    /// Puts another SubjectPublicKeyInfo in the place of the public key.
    pub(crate) fn public_key(mut self, spki: &[u8]) -> Self {
        self.fields[PUBLIC_KEY] = spki.to_vec();
        self
    }

    /// Names another AlgorithmIdentifier in both places that name the issuer's.
    pub(crate) fn algorithm(mut self, identifier: &[u8]) -> Self {
        self.fields[SIGNATURE] = identifier.to_vec();
        self.algorithm = identifier.to_vec();
        self
    }

    /// Makes it a certificate of version 1, which has no extensions.
    pub(crate) fn version_1(mut self) -> Self {
        self.fields.remove(EXTENSIONS);
        self.fields.remove(VERSION);
        self
    }

    /// Adds an extension behind those that are there.
    pub(crate) fn extension(mut self, oid: &[u8], critical: bool, value: &[u8]) -> Self {
        let flag = if critical { tlv(BOOLEAN, &[0xff]) } else { Vec::new() };
        let extension = tlv(SEQUENCE, &[tlv(OID, oid), flag, tlv(OCTET_STRING, value)].concat());
        let mut all = self.extensions();
        all.push(extension);
        self.fields[EXTENSIONS] = tlv(0xa3, &tlv(SEQUENCE, &all.concat()));
        self
    }

    /// Takes every extension with the object identifier out.
    pub(crate) fn without_extension(mut self, oid: &[u8]) -> Self {
        let mut all = self.extensions();
        all.retain(|extension| children(extension)[0] != tlv(OID, oid));
        self.fields[EXTENSIONS] = tlv(0xa3, &tlv(SEQUENCE, &all.concat()));
        self
    }

    fn extensions(&self) -> Vec<Vec<u8>> {
        children(&children(&self.fields[EXTENSIONS])[0])
    }

    /// Put together, with the signature that it had: it no longer verifies if a field changed.
    pub(crate) fn put_together(self) -> CertificateDer<'static> {
        let tbs = tlv(SEQUENCE, &self.fields.concat());
        tlv(SEQUENCE, &[tbs, self.algorithm, self.signature].concat()).into()
    }

    /// Put together, and signed anew; the algorithm is the one that it names.
    pub(crate) fn signed_by(mut self, key: &KeyPair) -> CertificateDer<'static> {
        let signature = key.sign(&tlv(SEQUENCE, &self.fields.concat())).unwrap();
        self.signature = tlv(BIT_STRING, &[&[0], &signature[..]].concat());
        self.put_together()
    }
}

/// One bit of the signature is the other way round: the certificate reads as before, and does not
/// verify.
pub(crate) fn with_a_bad_signature(der: &[u8]) -> CertificateDer<'static> {
    let mut der = der.to_vec();
    *der.last_mut().unwrap() ^= 1;
    der.into()
}

/// A UTCTime of that text.
pub(crate) fn utc_time(text: &str) -> Vec<u8> {
    tlv(0x17, text.as_bytes())
}

/// A GeneralizedTime of that text.
pub(crate) fn generalized_time(text: &str) -> Vec<u8> {
    tlv(0x18, text.as_bytes())
}

/// Tag, length, value.
pub(crate) fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let octets = value.len().to_be_bytes();
    let octets = &octets[octets.iter().take_while(|octet| **octet == 0).count()..];
    let length = match value.len() {
        short @ 0..=0x7f => vec![u8::try_from(short).unwrap()],
        _ => [&[0x80 | u8::try_from(octets.len()).unwrap()], octets].concat(),
    };
    [&[tag], &length[..], value].concat()
}

/// The TLVs inside a constructed TLV.
pub(crate) fn children(der: &[u8]) -> Vec<Vec<u8>> {
    let (_, mut rest) = split(der);
    let mut children = Vec::new();
    while !rest.is_empty() {
        let (header, value) = split(rest);
        let length = header + value.len();
        children.push(rest[..length].to_vec());
        rest = &rest[length..];
    }
    children
}

/// The length of the header, and the value.
fn split(der: &[u8]) -> (usize, &[u8]) {
    let (header, length) = match der[1] {
        short @ 0..=0x7f => (2, usize::from(short)),
        long => {
            let header = 2 + usize::from(long & 0x7f);
            (
                header,
                der[2..header].iter().fold(0, |length, octet| length << 8 | usize::from(*octet)),
            )
        }
    };
    (header, &der[header..header + length])
}

// The places of the fields in a version 3 certificate (RFC 5280 section 4.1).
const VERSION: usize = 0;
const SERIAL_NUMBER: usize = 1;
const SIGNATURE: usize = 2;
const VALIDITY: usize = 4;
const PUBLIC_KEY: usize = 6;
const EXTENSIONS: usize = 7;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

/// The extension subjectAltName, 2.5.29.17.
pub(crate) const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
