//! The public key of a JWK, as its certificate has to hold it.

use data_encoding::BASE64URL_NOPAD;

use super::{Members, text};
use crate::chain::{Entry, der};

/// The key as a SubjectPublicKeyInfo in DER; `None` for types that are not known here.
///
/// # Errors
///
/// The members that are missing or no base64url.
pub(super) fn of(key: &Members<'_>, first: &Entry) -> Result<Option<Vec<u8>>, &'static str> {
    let member = |name| text(key, name).and_then(|it| BASE64URL_NOPAD.decode(it.as_bytes()).ok());
    match text(key, "kty").as_deref() {
        Some("RSA") => {
            let (Some(n), Some(e)) = (member("n"), member("e")) else {
                return Err("n and e are no RSA key");
            };
            let key = der::encoded(der::SEQUENCE, &[integer(&n), integer(&e)].concat());
            Ok(Some(rsa(&key, first)))
        }
        Some("EC") => {
            let Some((curve, size)) = text(key, "crv").as_deref().and_then(curve) else {
                return Ok(None);
            };
            let coordinate = |name| member(name).and_then(|octets| padded(&octets, size));
            let (Some(x), Some(y)) = (coordinate("x"), coordinate("y")) else {
                return Err("x and y are no point of crv");
            };
            let algorithm = [der::encoded(der::OID, EC), der::encoded(der::OID, curve)].concat();
            // The uncompressed form (SEC 1 section 2.3.3).
            Ok(Some(spki(&algorithm, &[&[4], &*x, &*y].concat())))
        }
        Some("OKP") => {
            let Some(algorithm) = text(key, "crv").as_deref().and_then(octet_key_pair) else {
                return Ok(None);
            };
            let x = member("x").ok_or("x is no public key")?;
            Ok(Some(spki(&der::encoded(der::OID, algorithm), &x)))
        }
        _ => Ok(None),
    }
}

/// A JWK does not tell an RSA key from one that is for RSASSA-PSS alone, whose certificate names
/// another algorithm (RFC 4055 section 1.2): where the keys are the same, the certificate's counts.
fn rsa(key: &[u8], first: &Entry) -> Vec<u8> {
    let certified = first.certificate().ok().map(|certificate| certificate.public_key().spki());
    match certified {
        Some(certified) if certified.ends_with(&bits(key)) => certified.to_vec(),
        _ => spki(&[der::encoded(der::OID, RSA), der::encoded(NULL, &[])].concat(), key),
    }
}

fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let algorithm = der::encoded(der::SEQUENCE, algorithm);
    der::encoded(der::SEQUENCE, &[algorithm, bits(key)].concat())
}

fn bits(key: &[u8]) -> Vec<u8> {
    der::encoded(der::BIT_STRING, &[&[0], key].concat())
}

/// An unsigned number as an INTEGER, which is signed and has no leading zeros.
fn integer(octets: &[u8]) -> Vec<u8> {
    let start = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
    let octets = &octets[start..];
    match octets.first() {
        Some(0..=0x7f) => der::encoded(der::INTEGER, octets),
        _ => der::encoded(der::INTEGER, &[&[0], octets].concat()),
    }
}

/// A coordinate at its full length, which it has to have (RFC 7518 section 6.2.1.2): some write it
/// without its leading zeros.
fn padded(octets: &[u8], size: usize) -> Option<Vec<u8>> {
    let zeros = size.checked_sub(octets.len())?;
    Some([&vec![0; zeros], octets].concat())
}

/// The identifier of a curve and the octets of a coordinate (RFC 7518 section 6.2.1.1, RFC 8812).
fn curve(name: &str) -> Option<(&'static [u8], usize)> {
    Some(match name {
        "P-256" => (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], 32),
        "P-384" => (&[0x2b, 0x81, 0x04, 0x00, 0x22], 48),
        "P-521" => (&[0x2b, 0x81, 0x04, 0x00, 0x23], 66),
        "secp256k1" => (&[0x2b, 0x81, 0x04, 0x00, 0x0a], 32),
        _ => return None,
    })
}

/// The identifier of an algorithm (RFC 8037 section 2, RFC 8410 section 3).
fn octet_key_pair(name: &str) -> Option<&'static [u8]> {
    Some(match name {
        "X25519" => &[0x2b, 0x65, 0x6e],
        "X448" => &[0x2b, 0x65, 0x6f],
        "Ed25519" => &[0x2b, 0x65, 0x70],
        "Ed448" => &[0x2b, 0x65, 0x71],
        _ => return None,
    })
}

/// id-ecPublicKey, 1.2.840.10045.2.1 (RFC 5480 section 2.1.1).
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// rsaEncryption, 1.2.840.113549.1.1.1 (RFC 3279 section 2.3.1).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

const NULL: u8 = 5;
