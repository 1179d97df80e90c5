//! The public half of a private key, which is all that is ever kept of it.

use crate::chain::der::{
    self, BIT_STRING, DerError, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, Tlv, context,
};
use crate::chain::{key, pem};

/// Why the public key of a private key can't be told. It shows nothing of the key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It is encrypted.
    #[error("is encrypted")]
    Encrypted,
    /// No private key in a format that is known.
    #[error("is no private key in PKCS#8, PKCS#1 or SEC 1")]
    NoKey,
    /// The private half alone, and nothing here that computes the other: that takes the feature
    /// `aws-lc-rs` (P-256, P-384, P-521, secp256k1, Ed25519) or `ring` (Ed25519).
    #[error("holds no public key, and nothing is compiled in that computes it")]
    NoPublicKey,
    /// An algorithm whose keys are not known here.
    #[error("is for the algorithm {algorithm}, whose keys are not known here")]
    UnknownAlgorithm {
        /// Its object identifier.
        algorithm: String,
    },
}

/// The public key of a private key, as a SubjectPublicKeyInfo in DER.
///
/// Reads PKCS#8 (RFC 5958), PKCS#1 (RFC 8017) and SEC 1 (RFC 5915), in DER or as the first block
/// of a PEM text that holds a private key. What comes out is what a certificate for the key holds
/// as [`PublicKey::spki`](crate::chain::PublicKey::spki), byte for byte: see
/// [`Subject::with_public_key`](crate::target::Subject::with_public_key).
///
/// Nothing of the private half is kept.
///
/// # Errors
///
/// [`KeyError`] where the key is encrypted, is none, is one for an algorithm other than RSA,
/// ECDSA on a named curve, EdDSA and ML-DSA (RSA for PSS alone is another), or does not say its
/// public half while nothing here can compute it.
pub fn public_key_of(key: impl AsRef<[u8]>) -> Result<Vec<u8>, KeyError> {
    let key = key.as_ref();
    let blocks = pem::blocks(key, |label| label.ends_with(b"PRIVATE KEY")).wanted;
    let Some(block) = blocks.into_iter().next() else {
        return public_key_of_der(key);
    };
    let der = block.der.map_err(|_| KeyError::NoKey)?;
    public_key_of_block(block.label, block.encrypted, &der)
}

/// The public key of a PEM block with a private key.
pub(super) fn public_key_of_block(
    label: &[u8],
    encrypted: bool,
    der: &[u8],
) -> Result<Vec<u8>, KeyError> {
    match label {
        _ if encrypted => Err(KeyError::Encrypted),
        // OpenSSL's own form, which looks like PKCS#1 with fewer numbers.
        b"DSA PRIVATE KEY" => Err(unknown(key::DSA)),
        _ => public_key_of_der(der),
    }
}

/// The public key of a private key in DER, told by what follows the version.
pub(super) fn public_key_of_der(der: &[u8]) -> Result<Vec<u8>, KeyError> {
    let mut outer = Reader::new(der);
    let mut fields = Reader::new(outer.expect(SEQUENCE)?.value);
    outer.end()?;
    let first = fields.next()?;
    let second = fields.next()?;
    match (first.tag, second.tag) {
        (INTEGER, SEQUENCE) => pkcs8(second, fields),
        (INTEGER, INTEGER) => pkcs1(der),
        (INTEGER, OCTET_STRING) => sec1(der, None, None),
        // EncryptedPrivateKeyInfo (RFC 5958 section 3): an algorithm, and what it made.
        (SEQUENCE, OCTET_STRING) => Err(KeyError::Encrypted),
        _ => Err(KeyError::NoKey),
    }
}

/// OneAsymmetricKey (RFC 5958 section 2), from its privateKey on.
fn pkcs8(algorithm: Tlv<'_>, mut fields: Reader<'_>) -> Result<Vec<u8>, KeyError> {
    let mut algorithm = Reader::new(algorithm.value);
    let oid = algorithm.expect(OID)?;
    let private = fields.expect(OCTET_STRING)?.value;
    fields.optional(context(0))?;
    let public = fields.optional(PUBLIC_KEY)?.map(|public| public.value);
    match (oid.value, public) {
        (key::RSA, _) => pkcs1(private),
        (key::EC, public) => sec1(private, Some(algorithm.next()?), public),
        (
            key::ED25519 | key::ED448 | key::ML_DSA_44 | key::ML_DSA_65 | key::ML_DSA_87,
            Some(public),
        ) => Ok(public_key_info(&[oid.raw], public)),
        (key::ED25519, None) => {
            // CurvePrivateKey (RFC 8410 section 7).
            let seed = Reader::new(private).expect(OCTET_STRING)?.value;
            Ok(public_key_info(&[oid.raw], &whole_octets(&ed25519(seed)?)))
        }
        (key::ED448 | key::ML_DSA_44 | key::ML_DSA_65 | key::ML_DSA_87, None) => {
            Err(KeyError::NoPublicKey)
        }
        (other, _) => Err(unknown(other)),
    }
}

/// RSAPrivateKey (RFC 8017 appendix A.1.2).
fn pkcs1(der: &[u8]) -> Result<Vec<u8>, KeyError> {
    let mut fields = Reader::new(Reader::new(der).expect(SEQUENCE)?.value);
    fields.expect(INTEGER)?;
    let modulus = fields.expect(INTEGER)?;
    let exponent = fields.expect(INTEGER)?;
    // The private exponent, the primes, what is computed from them.
    for _ in 0..6 {
        fields.expect(INTEGER)?;
    }
    let public = der::sequence(&[modulus.raw, exponent.raw].concat());
    let algorithm = der::encoded(OID, key::RSA);
    // RFC 3279 section 2.3.1: the parameters are NULL.
    Ok(public_key_info(&[&algorithm, &[NULL, 0]], &whole_octets(&public)))
}

/// ECPrivateKey (RFC 5915). Around it may stand what it leaves out: the curve and the public key.
fn sec1(der: &[u8], curve: Option<Tlv<'_>>, public: Option<&[u8]>) -> Result<Vec<u8>, KeyError> {
    let mut fields = Reader::new(Reader::new(der).expect(SEQUENCE)?.value);
    fields.expect(INTEGER)?;
    let private = fields.expect(OCTET_STRING)?.value;
    let own_curve = match fields.optional(context(0))? {
        Some(parameters) => Some(Reader::new(parameters.value).next()?),
        None => None,
    };
    let own_public = match fields.optional(context(1))? {
        Some(public) => Some(Reader::new(public.value).expect(BIT_STRING)?.value),
        None => None,
    };
    let curve = curve.or(own_curve).ok_or(KeyError::NoKey)?;
    if curve.tag != OID {
        // A curve that is spelled out, which no certificate may have (RFC 5480 section 2.1.1).
        return Err(unknown(key::EC));
    }
    let algorithm = der::encoded(OID, key::EC);
    let algorithm = [&*algorithm, curve.raw];
    let Some(public) = own_public.or(public) else {
        let computed = elliptic(curve.value, private)?;
        return Ok(public_key_info(&algorithm, &whole_octets(&computed)));
    };
    Ok(public_key_info(&algorithm, public))
}

/// A SubjectPublicKeyInfo (RFC 5280 section 4.1) of an algorithm's fields and a BIT STRING's
/// content.
fn public_key_info(algorithm: &[&[u8]], public: &[u8]) -> Vec<u8> {
    let algorithm = der::sequence(&algorithm.concat());
    der::sequence(&[algorithm, der::encoded(BIT_STRING, public)].concat())
}

/// The content of a BIT STRING of whole octets: the first counts the bits that are unused.
fn whole_octets(octets: &[u8]) -> Vec<u8> {
    [&[0], octets].concat()
}

fn unknown(algorithm: &[u8]) -> KeyError {
    KeyError::UnknownAlgorithm { algorithm: key::dotted(algorithm) }
}

impl From<DerError> for KeyError {
    fn from(_: DerError) -> Self {
        Self::NoKey
    }
}

#[cfg(feature = "aws-lc-rs")]
fn ed25519(seed: &[u8]) -> Result<Vec<u8>, KeyError> {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

    let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::NoKey)?;
    Ok(pair.public_key().as_ref().to_vec())
}

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
fn ed25519(seed: &[u8]) -> Result<Vec<u8>, KeyError> {
    use ring::signature::{Ed25519KeyPair, KeyPair};

    let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::NoKey)?;
    Ok(pair.public_key().as_ref().to_vec())
}

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
fn ed25519(_: &[u8]) -> Result<Vec<u8>, KeyError> {
    Err(KeyError::NoPublicKey)
}

/// The point of a private number on a curve.
#[cfg(feature = "aws-lc-rs")]
fn elliptic(curve: &[u8], private: &[u8]) -> Result<Vec<u8>, KeyError> {
    use aws_lc_rs::signature::{self, EcdsaKeyPair, KeyPair};

    let algorithm = match curve {
        P256 => &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        P384 => &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        P521 => &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
        SECP256K1 => &signature::ECDSA_P256K1_SHA256_ASN1_SIGNING,
        _ => return Err(KeyError::NoPublicKey),
    };
    let fields = [&[INTEGER, 1, 1], &*der::encoded(OCTET_STRING, private)].concat();
    let pair = EcdsaKeyPair::from_private_key_der(algorithm, &der::sequence(&fields))
        .map_err(|_| KeyError::NoKey)?;
    Ok(pair.public_key().as_ref().to_vec())
}

/// `ring` reads a key on a curve only where the point stands beside it.
#[cfg(not(feature = "aws-lc-rs"))]
fn elliptic(_: &[u8], _: &[u8]) -> Result<Vec<u8>, KeyError> {
    Err(KeyError::NoPublicKey)
}

const NULL: u8 = 0x05;
/// `[1] IMPLICIT BIT STRING`.
const PUBLIC_KEY: u8 = 0x81;

// RFC 5480 section 2.1.1.1, SEC 2.
#[cfg(feature = "aws-lc-rs")]
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
#[cfg(feature = "aws-lc-rs")]
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
#[cfg(feature = "aws-lc-rs")]
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
#[cfg(feature = "aws-lc-rs")]
const SECP256K1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x0a];
