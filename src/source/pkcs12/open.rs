//! The one door to the crate that decrypts. It takes whole files, and refuses them whole: so each
//! encrypted part is put into a file of its own.
//!
//! It knows neither PBKDF2 with HMAC-SHA-1 nor the password that is no text at all; of an encrypted
//! content it gives all certificates or none; and what is encrypted once more inside of that is
//! opened there, past our [budget](super::budget).

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;

use super::frame::{
    Attributes, DATA, ENCRYPTED_DATA, Encrypted, Mac, Pfx, Reason, SHROUDED_KEY_BAG, friendly_name,
};
use crate::chain::der::{INTEGER, OCTET_STRING, OID, context, encoded, sequence};
use crate::escape::Escaped;
use crate::source::KeyError;
use crate::source::key::public_key_of_der;

/// What was in a bag that could be opened.
pub(super) enum Opened {
    Certificate {
        der: Vec<u8>,
        attributes: Attributes,
    },
    /// The public half of a key.
    Key {
        spki: Result<Vec<u8>, KeyError>,
        attributes: Attributes,
    },
}

/// Whether the password is the one that the file was authenticated with; `None` where that can't be
/// told.
pub(super) fn is_authentic(pfx: &Pfx<'_>, mac: &Mac, password: &str) -> Option<bool> {
    // The MAC is looked at first, then the content's type. One that can't be opened spares the
    // decryption of all of it.
    let content = content_info(ENCRYPTED_DATA, &encoded(OCTET_STRING, &pfx.safe));
    match Pkcs12Archive::from_pkcs12(&file(&content, &mac.raw), password) {
        Err(Error::MacError(_)) => Some(false),
        Err(Error::UnsupportedContentType) => Some(true),
        _ => None,
    }
}

/// The bags of an encrypted content.
pub(super) fn contents(encrypted: &Encrypted<'_>, password: &str) -> Result<Vec<Opened>, Reason> {
    let info = sequence(
        &[&encoded(OID, DATA), encrypted.algorithm, &encoded(0x80, &encrypted.octets)].concat(),
    );
    let data = sequence(&[encoded(INTEGER, &[0]), info].concat());
    open(&content_info(ENCRYPTED_DATA, &data), password)
}

/// The public half of an encrypted private key.
pub(super) fn key(
    encrypted: &Encrypted<'_>,
    password: &str,
) -> Result<Result<Vec<u8>, KeyError>, Reason> {
    let key = sequence(&[encrypted.algorithm, &encoded(OCTET_STRING, &encrypted.octets)].concat());
    let bag = sequence(&[encoded(OID, SHROUDED_KEY_BAG), encoded(context(0), &key)].concat());
    let opened = open(&content_info(DATA, &encoded(OCTET_STRING, &sequence(&bag))), password)?;
    match opened.into_iter().next() {
        Some(Opened::Key { spki, .. }) => Ok(spki),
        _ => Ok(Err(KeyError::NoKey)),
    }
}

/// What is in the file that has this content alone.
fn open(content: &[u8], password: &str) -> Result<Vec<Opened>, Reason> {
    let safe = content_info(DATA, &encoded(OCTET_STRING, &sequence(content)));
    let archive = Pkcs12Archive::from_pkcs12(&file(&safe, &[]), password)
        .map_err(|error| format!("a part can't be opened: {}", Escaped(&error.to_string())))?;
    let certificates = archive.certs.into_iter().map(|bag| Opened::Certificate {
        der: bag.cert.as_der().to_vec(),
        attributes: Attributes {
            friendly_name: bag.friendly_name.as_deref().and_then(friendly_name),
            local_key_id: bag.local_key_id,
            is_trusted: bag.trusted,
        },
    });
    let keys = archive.keys.into_iter().map(|bag| Opened::Key {
        spki: public_key_of_der(bag.key.as_der()),
        attributes: Attributes {
            friendly_name: bag.friendly_name.as_deref().and_then(friendly_name),
            local_key_id: bag.local_key_id.map(|id| id.0),
            is_trusted: false,
        },
    });
    Ok(certificates.chain(keys).collect())
}

/// A PFX in DER.
fn file(content: &[u8], mac: &[u8]) -> Vec<u8> {
    sequence(&[&encoded(INTEGER, &[3]), content, mac].concat())
}

fn content_info(kind: &[u8], content: &[u8]) -> Vec<u8> {
    sequence(&[encoded(OID, kind), encoded(context(0), content)].concat())
}
