//! Certificates made on the spot, with fixed dates.
//!
//! ```ignore
//! let pki = Pki::new();
//! let leaf = pki.leaf("example.com").valid("2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z").issue();
//! let chain = pki.chain(&leaf); // the leaf and its intermediate, as a server sends them
//! ```

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A root and an intermediate, P-256 keys, and as many leaves as are asked for.
pub(crate) struct Pki {
    pub(crate) root: Issued,
    pub(crate) intermediate: Issued,
}

impl Pki {
    /// The root is valid from 2020 to 2040, the intermediate from 2025 to 2035.
    pub(crate) fn new() -> Self {
        let root = Draft::root("Test Root").issue();
        let intermediate = root.ca("Test Intermediate").issue();
        Self { root, intermediate }
    }

    /// An end-entity certificate under the intermediate.
    pub(crate) fn leaf(&self, name: &str) -> Draft<'_> {
        self.intermediate.leaf(name)
    }

    /// What a server sends: the leaf, then the intermediate.
    pub(crate) fn chain(&self, leaf: &Issued) -> Vec<CertificateDer<'static>> {
        vec![leaf.der.clone(), self.intermediate.der.clone()]
    }
}

/// A certificate to be.
pub(crate) struct Draft<'a> {
    params: CertificateParams,
    key: Key,
    issuer: Option<&'a Issued>,
}

impl Draft<'static> {
    /// A self-signed CA certificate, valid from 2020 to 2040.
    pub(crate) fn root(name: &str) -> Self {
        Self::new(ca_params(name), None).valid("2020-01-01T00:00:00Z", "2040-01-01T00:00:00Z")
    }

    /// A self-signed end-entity certificate, valid during 2026.
    pub(crate) fn self_signed(name: &str) -> Self {
        Self::new(leaf_params(name), None).valid("2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z")
    }
}

impl<'a> Draft<'a> {
    fn new(params: CertificateParams, issuer: Option<&'a Issued>) -> Self {
        Self { params, key: Key::P256, issuer }
    }

    /// Sets the validity period, both ends inclusive, in RFC 3339: any, be it expired or inverted.
    pub(crate) fn valid(mut self, not_before: &str, not_after: &str) -> Self {
        self.params.not_before = at(not_before);
        self.params.not_after = at(not_after);
        self
    }

    /// Sets the kind of key.
    pub(crate) fn key(mut self, key: Key) -> Self {
        self.key = key;
        self
    }

    /// Sets the subject alternative names: DNS names and IP addresses.
    pub(crate) fn names(mut self, names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        self.params.subject_alt_names = CertificateParams::new(names).unwrap().subject_alt_names;
        self
    }

    /// Changes whatever else there is to change.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut CertificateParams)) -> Self {
        change(&mut self.params);
        self
    }

    /// Makes the key, and the certificate for it.
    pub(crate) fn issue(self) -> Issued {
        let key = Arc::new(self.key.generate());
        self.issue_for(key)
    }

    /// Makes the certificate for a key that exists: a renewal, or a cross-sign.
    pub(crate) fn issue_for(self, key: Arc<KeyPair>) -> Issued {
        let Self { params, issuer, .. } = self;
        let certificate = match issuer {
            Some(issuer) => params.signed_by(&*key, &issuer.issuer()),
            None => params.self_signed(&*key),
        };
        Issued { der: certificate.unwrap().der().clone(), params, key }
    }
}

/// A certificate and its key.
pub(crate) struct Issued {
    pub(crate) der: CertificateDer<'static>,
    pub(crate) key: Arc<KeyPair>,
    params: CertificateParams,
}

impl Issued {
    /// A CA certificate under this one, valid from 2025 to 2035.
    pub(crate) fn ca(&self, name: &str) -> Draft<'_> {
        Draft::new(ca_params(name), Some(self))
            .valid("2025-01-01T00:00:00Z", "2035-01-01T00:00:00Z")
    }

    /// An end-entity certificate under this one, valid during 2026.
    pub(crate) fn leaf(&self, name: &str) -> Draft<'_> {
        Draft::new(leaf_params(name), Some(self))
            .valid("2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z")
    }

    /// The private key in PKCS#8.
    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }

    pub(crate) fn pem(&self) -> String {
        pem(&self.der)
    }

    pub(crate) fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    pub(crate) fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }
}

/// A kind of key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Key {
    P256,
    P384,
    P521,
    Ed25519,
    Rsa2048,
}

impl Key {
    pub(crate) fn generate(self) -> KeyPair {
        let algorithm = match self {
            Self::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Self::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Self::P521 => &rcgen::PKCS_ECDSA_P521_SHA512,
            Self::Ed25519 => &rcgen::PKCS_ED25519,
            Self::Rsa2048 => &rcgen::PKCS_RSA_SHA256,
        };
        KeyPair::generate_for(algorithm).unwrap()
    }
}

/// An instant in RFC 3339.
#[track_caller]
pub(crate) fn at(text: &str) -> OffsetDateTime {
    OffsetDateTime::parse(text, &Rfc3339).unwrap()
}

/// A certificate as a `CERTIFICATE` block (RFC 7468).
pub(crate) fn pem(der: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut base64 = Vec::new();
    for group in der.chunks(3) {
        let bits = group.iter().fold(0, |bits, octet| bits << 8 | u32::from(*octet))
            << (8 * (3 - group.len()));
        for place in 0..4 {
            let index = usize::try_from(bits >> (18 - 6 * place) & 0x3f).unwrap();
            base64.push(if place <= group.len() { ALPHABET[index] } else { b'=' });
        }
    }
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in base64.chunks(64) {
        text.push_str(std::str::from_utf8(line).unwrap());
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params
}

fn leaf_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.distinguished_name = common_name(name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params
}

fn common_name(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject
}
