//! Public keys and signature algorithms: what kind, how strong.

use std::borrow::Cow;
use std::fmt;

use x509_parser::asn1_rs::Oid;

use super::MalformedCertificate;
use super::der::{self, BIT_STRING, INTEGER, OID, Reader, SEQUENCE, Tlv};

/// A certificate's public key: its kind, its size and, for elliptic curves, its curve.
///
/// `Display` writes `RSA 2048`, `EC P-256`, `Ed25519`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublicKey {
    kind: KeyKind,
    bits: u32,
    curve: Option<Cow<'static, str>>,
    spki: Box<[u8]>,
}

impl PublicKey {
    pub(super) fn read(spki: Tlv<'_>) -> Result<Self, MalformedCertificate> {
        let RawPublicKey { spki, kind, bits, curve } =
            RawPublicKey::read(spki).map_err(MalformedCertificate::der("subjectPublicKeyInfo"))?;
        Ok(Self { kind, bits, curve, spki: spki.into() })
    }

    /// The kind of key.
    #[must_use]
    pub const fn kind(&self) -> &KeyKind {
        &self.kind
    }

    /// The size in bits: of the modulus (RSA, DSA) or of the curve's field; 0 where unknown.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        self.bits
    }

    /// The curve's usual name (`P-256`, `secp256k1`), its object identifier where it has none
    /// that we know, or `explicit` where it is spelled out in parameters (RFC 5480 forbids that).
    #[must_use]
    pub fn curve(&self) -> Option<&str> {
        self.curve.as_deref()
    }

    /// The whole SubjectPublicKeyInfo in DER.
    #[must_use]
    pub const fn spki(&self) -> &[u8] {
        &self.spki
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.kind, &self.curve) {
            (kind @ (KeyKind::Rsa | KeyKind::RsaPss | KeyKind::Dsa), _) if self.bits > 0 => {
                write!(f, "{kind} {}", self.bits)
            }
            (kind, Some(curve)) => write!(f, "{kind} {curve}"),
            (kind, None) => write!(f, "{kind}"),
        }
    }
}

/// The kind of a public key, by the algorithm identifier of its SubjectPublicKeyInfo.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum KeyKind {
    /// DSA (RFC 3279).
    Dsa,
    /// An elliptic curve (RFC 5480).
    Ec,
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// Ed448 (RFC 8410).
    Ed448,
    /// ML-DSA-44, ML-DSA-65 or ML-DSA-87 (RFC 9881), by its name.
    MlDsa(&'static str),
    /// Any other algorithm, by its object identifier.
    Other(String),
    /// RSA (RFC 3279).
    Rsa,
    /// RSA for PSS signatures only (RFC 4055).
    RsaPss,
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dsa => "DSA",
            Self::Ec => "EC",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
            Self::MlDsa(name) => name,
            Self::Other(oid) => oid,
            Self::Rsa => "RSA",
            Self::RsaPss => "RSA-PSS",
        })
    }
}

/// The algorithm with which an issuer signed a certificate.
///
/// `Display` writes the algorithm's name in its RFC, such as `ecdsa-with-SHA256` or
/// `sha256WithRSAEncryption`, or its object identifier where we know no name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignatureAlgorithm {
    name: Cow<'static, str>,
    hash: SignatureHash,
}

impl SignatureAlgorithm {
    pub(super) fn read(identifier: Tlv<'_>) -> Result<Self, der::DerError> {
        let mut fields = Reader::new(identifier.value);
        let oid = fields.expect(OID)?.value;
        if oid == RSASSA_PSS {
            let hash = pss_hash(fields).unwrap_or(SignatureHash::Unknown);
            return Ok(Self { name: "id-RSASSA-PSS".into(), hash });
        }
        let known = SIGNATURES.iter().find(|(known, ..)| *known == oid);
        Ok(known.map_or_else(
            || Self { name: dotted(oid).into(), hash: SignatureHash::Unknown },
            |(_, name, hash)| Self { name: (*name).into(), hash: *hash },
        ))
    }

    /// The algorithm's name in its RFC, or its object identifier.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hash function that the signature stands on.
    #[must_use]
    pub const fn hash(&self) -> SignatureHash {
        self.hash
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The hash function of a signature algorithm.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum SignatureHash {
    /// Part of the algorithm, as in Ed25519 and ML-DSA.
    Intrinsic,
    /// MD2: broken.
    Md2,
    /// MD5: broken.
    Md5,
    /// SHA-1: broken (RFC 9155).
    Sha1,
    /// SHA-224, SHA-256, SHA-384, SHA-512, or a SHA-3 function.
    Sha2OrBetter,
    /// Not known to us.
    Unknown,
}

/// A certificate's public key where the rest of the certificate need not be readable.
#[derive(Debug)]
pub(crate) struct RawPublicKey<'a> {
    /// The SubjectPublicKeyInfo in DER.
    pub(crate) spki: &'a [u8],
    pub(crate) kind: KeyKind,
    pub(crate) bits: u32,
    curve: Option<Cow<'static, str>>,
}

/// Finds the public key of a certificate of any version.
#[cfg(feature = "fetch")]
pub(crate) fn raw_public_key(der: &[u8]) -> Option<RawPublicKey<'_>> {
    RawPublicKey::read(super::certificate::public_key_info(der).ok()?).ok()
}

impl<'a> RawPublicKey<'a> {
    fn read(spki: Tlv<'a>) -> Result<Self, der::DerError> {
        let mut fields = Reader::new(spki.value);
        let mut algorithm = Reader::new(fields.expect(SEQUENCE)?.value);
        let key = fields.expect(BIT_STRING)?.value;
        fields.end()?;
        let oid = algorithm.expect(OID)?.value;
        let mut curve = None;
        let (kind, bits) = match oid {
            RSA => (KeyKind::Rsa, modulus_bits(key)),
            RSASSA_PSS => (KeyKind::RsaPss, modulus_bits(key)),
            EC => {
                let (name, bits) = named_curve(algorithm);
                curve = Some(name);
                (KeyKind::Ec, bits)
            }
            DSA => (KeyKind::Dsa, dsa_bits(algorithm)),
            ED25519 => (KeyKind::Ed25519, 256),
            ED448 => (KeyKind::Ed448, 456),
            ML_DSA_44 => (KeyKind::MlDsa("ML-DSA-44"), 0),
            ML_DSA_65 => (KeyKind::MlDsa("ML-DSA-65"), 0),
            ML_DSA_87 => (KeyKind::MlDsa("ML-DSA-87"), 0),
            other => (KeyKind::Other(dotted(other)), 0),
        };
        Ok(Self { spki: spki.raw, kind, bits, curve })
    }
}

/// The dotted form of an encoded object identifier.
pub(crate) fn dotted(oid: &[u8]) -> String {
    Oid::new(oid.into()).to_id_string()
}

/// An unreadable key has size 0: whoever judges it must not take it for a strong one.
fn modulus_bits(key: &[u8]) -> u32 {
    let modulus = || {
        // The first octet of a BIT STRING counts its unused bits.
        let key = Reader::new(key.get(1..)?).expect(SEQUENCE).ok()?;
        Some(Reader::new(key.value).expect(INTEGER).ok()?.value)
    };
    modulus().map_or(0, integer_bits)
}

fn dsa_bits(mut algorithm: Reader<'_>) -> u32 {
    let mut prime = || {
        let parameters = algorithm.expect(SEQUENCE).ok()?;
        Some(Reader::new(parameters.value).expect(INTEGER).ok()?.value)
    };
    prime().map_or(0, integer_bits)
}

fn integer_bits(octets: &[u8]) -> u32 {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let Some(first) = octets.get(zeros) else {
        return 0;
    };
    u32::try_from(octets.len() - zeros)
        .ok()
        .and_then(|octets| octets.checked_mul(8))
        .map_or(0, |bits| bits - first.leading_zeros())
}

fn named_curve(mut algorithm: Reader<'_>) -> (Cow<'static, str>, u32) {
    match algorithm.next() {
        Ok(Tlv { tag: OID, value, .. }) => {
            match CURVES.iter().find(|(known, ..)| *known == value) {
                Some((_, name, bits)) => ((*name).into(), *bits),
                None => (dotted(value).into(), 0),
            }
        }
        _ => ("explicit".into(), 0),
    }
}

/// RFC 4055 section 3.1: `[0]` holds the hash function, SHA-1 where it is absent.
fn pss_hash(mut fields: Reader<'_>) -> Option<SignatureHash> {
    let parameters = fields.expect(SEQUENCE).ok()?;
    let Some(hash) = Reader::new(parameters.value).optional(der::context(0)).ok()? else {
        return Some(SignatureHash::Sha1);
    };
    let algorithm = Reader::new(hash.value).expect(SEQUENCE).ok()?;
    match Reader::new(algorithm.value).expect(OID).ok()?.value {
        // id-sha1 and id-md5; SHA-2 and SHA-3 share the arc 2.16.840.1.101.3.4.2.
        [0x2b, 0x0e, 0x03, 0x02, 0x1a] => Some(SignatureHash::Sha1),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05] => Some(SignatureHash::Md5),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, _] => Some(SignatureHash::Sha2OrBetter),
        _ => None,
    }
}

// 1.2.840.113549.1.1.1 and .10, 1.2.840.10045.2.1, 1.2.840.10040.4.1, 1.3.101.112 and .113,
// 2.16.840.1.101.3.4.3.17 to .19
pub(crate) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
pub(crate) const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
pub(crate) const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];
pub(crate) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
pub(crate) const ED448: &[u8] = &[0x2b, 0x65, 0x71];
pub(crate) const ML_DSA_44: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11];
pub(crate) const ML_DSA_65: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12];
pub(crate) const ML_DSA_87: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13];

type Row = (&'static [u8], &'static str, SignatureHash);

// RFC 3279, 4055, 5758, 8410 and 9881.
const SIGNATURES: &[Row] = &[
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
        "ecdsa-with-SHA256",
        SignatureHash::Sha2OrBetter,
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03],
        "ecdsa-with-SHA384",
        SignatureHash::Sha2OrBetter,
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04],
        "ecdsa-with-SHA512",
        SignatureHash::Sha2OrBetter,
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x01],
        "ecdsa-with-SHA224",
        SignatureHash::Sha2OrBetter,
    ),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01], "ecdsa-with-SHA1", SignatureHash::Sha1),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
        "sha256WithRSAEncryption",
        SignatureHash::Sha2OrBetter,
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c],
        "sha384WithRSAEncryption",
        SignatureHash::Sha2OrBetter,
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d],
        "sha512WithRSAEncryption",
        SignatureHash::Sha2OrBetter,
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0e],
        "sha224WithRSAEncryption",
        SignatureHash::Sha2OrBetter,
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05],
        "sha1WithRSAEncryption",
        SignatureHash::Sha1,
    ),
    (&[0x2b, 0x0e, 0x03, 0x02, 0x1d], "sha1WithRSAEncryption", SignatureHash::Sha1),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04],
        "md5WithRSAEncryption",
        SignatureHash::Md5,
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x02],
        "md2WithRSAEncryption",
        SignatureHash::Md2,
    ),
    (&[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x03], "id-dsa-with-sha1", SignatureHash::Sha1),
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x01],
        "id-dsa-with-sha224",
        SignatureHash::Sha2OrBetter,
    ),
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x02],
        "id-dsa-with-sha256",
        SignatureHash::Sha2OrBetter,
    ),
    (ED25519, "id-Ed25519", SignatureHash::Intrinsic),
    (ED448, "id-Ed448", SignatureHash::Intrinsic),
    (ML_DSA_44, "id-ml-dsa-44", SignatureHash::Intrinsic),
    (ML_DSA_65, "id-ml-dsa-65", SignatureHash::Intrinsic),
    (ML_DSA_87, "id-ml-dsa-87", SignatureHash::Intrinsic),
];

// RFC 5480, RFC 5639, SEC 2.
const CURVES: &[(&[u8], &str, u32)] = &[
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], "P-256", 256),
    (&[0x2b, 0x81, 0x04, 0x00, 0x22], "P-384", 384),
    (&[0x2b, 0x81, 0x04, 0x00, 0x23], "P-521", 521),
    (&[0x2b, 0x81, 0x04, 0x00, 0x21], "P-224", 224),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x01], "P-192", 192),
    (&[0x2b, 0x81, 0x04, 0x00, 0x0a], "secp256k1", 256),
    (&[0x2b, 0x81, 0x04, 0x00, 0x06], "secp112r1", 112),
    (&[0x2b, 0x81, 0x04, 0x00, 0x07], "secp112r2", 112),
    (&[0x2b, 0x81, 0x04, 0x00, 0x1c], "secp128r1", 128),
    (&[0x2b, 0x81, 0x04, 0x00, 0x1d], "secp128r2", 128),
    (&[0x2b, 0x81, 0x04, 0x00, 0x09], "secp160k1", 160),
    (&[0x2b, 0x81, 0x04, 0x00, 0x08], "secp160r1", 160),
    (&[0x2b, 0x81, 0x04, 0x00, 0x1e], "secp160r2", 160),
    (&[0x2b, 0x81, 0x04, 0x00, 0x1f], "secp192k1", 192),
    (&[0x2b, 0x81, 0x04, 0x00, 0x20], "secp224k1", 224),
    (&[0x2b, 0x81, 0x04, 0x00, 0x01], "sect163k1", 163),
    (&[0x2b, 0x81, 0x04, 0x00, 0x0f], "sect163r2", 163),
    (&[0x2b, 0x81, 0x04, 0x00, 0x1a], "sect233k1", 233),
    (&[0x2b, 0x81, 0x04, 0x00, 0x1b], "sect233r1", 233),
    (&[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07], "brainpoolP256r1", 256),
    (&[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0b], "brainpoolP384r1", 384),
    (&[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0d], "brainpoolP512r1", 512),
];
