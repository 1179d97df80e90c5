//! The frame of a PKCS#12 file (RFC 7292 section 4), in DER or BER: what is encrypted, what is not.

use std::borrow::Cow;

use crate::chain::der::{DerError, INTEGER, OCTET_STRING, OID, SEQUENCE, SET, context};
use crate::chain::key::dotted;

use crate::source::ber::{Reader, Tlv};

/// Why a part can't be read: text for people.
pub(super) type Reason = String;

/// The file: its contents, and what proves a password right.
pub(super) struct Pfx<'a> {
    /// The AuthenticatedSafe as it was authenticated.
    pub(super) safe: Cow<'a, [u8]>,
    pub(super) mac: Option<Mac>,
}

/// A MacData.
pub(super) struct Mac {
    /// The object identifier of the hash function.
    pub(super) algorithm: Vec<u8>,
    pub(super) digest: Vec<u8>,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u64,
}

/// A member of the AuthenticatedSafe.
pub(super) enum Content<'a> {
    /// SafeContents as they are.
    Plain(Cow<'a, [u8]>),
    Encrypted(Encrypted<'a>),
}

/// What was encrypted, and how.
pub(super) struct Encrypted<'a> {
    /// The AlgorithmIdentifier, as it came.
    pub(super) algorithm: &'a [u8],
    pub(super) octets: Cow<'a, [u8]>,
}

/// A SafeBag.
pub(super) struct Bag<'a> {
    pub(super) value: Value<'a>,
    pub(super) attributes: Attributes,
}

/// What a bag holds.
pub(super) enum Value<'a> {
    Certificate(Cow<'a, [u8]>),
    /// PKCS#8.
    Key(&'a [u8]),
    EncryptedKey(Encrypted<'a>),
    RevocationList,
    Other,
}

/// What tells bags apart, and together (RFC 7292 section 4.2).
#[derive(Default)]
pub(super) struct Attributes {
    pub(super) friendly_name: Option<String>,
    pub(super) local_key_id: Option<Vec<u8>>,
    /// Whether Java trusts the certificate.
    pub(super) is_trusted: bool,
}

impl<'a> Pfx<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Reason> {
        let outer = Reader::new(bytes).expect(SEQUENCE).map_err(within("the PFX"))?;
        let mut fields = outer.inside();
        let version = fields.expect(INTEGER).map_err(within("the version"))?;
        if version.value != [3] {
            return Err("it is of another version than 3".to_owned());
        }
        let (kind, content) =
            fields.expect(SEQUENCE).and_then(content_info).map_err(within("the authSafe"))?;
        if kind != DATA {
            // Signed by a key of the sender's, instead of authenticated by a password.
            return Err(format!("the authSafe is of the type {}", dotted(kind)));
        }
        let safe = octet_string(content).map_err(within("the authSafe"))?;
        let mac = fields.optional(SEQUENCE).map_err(within("the macData"))?;
        let mac = mac.map(Mac::read).transpose().map_err(within("the macData"))?;
        Ok(Self { safe, mac })
    }

    /// The members of the AuthenticatedSafe; the last may be why there are no more.
    pub(super) fn contents(&self) -> impl Iterator<Item = Result<Content<'_>, Reason>> {
        elements(&self.safe).map(|info| {
            let (kind, content) = info.and_then(content_info).map_err(within("a content"))?;
            match kind {
                DATA => octet_string(content).map(Content::Plain).map_err(within("a content")),
                ENCRYPTED_DATA => encrypted_data(content)
                    .map(Content::Encrypted)
                    .map_err(within("an encrypted content")),
                // Such as one that is encrypted for somebody's public key.
                other => Err(format!("a content is of the type {}", dotted(other))),
            }
        })
    }
}

impl Mac {
    fn read(mac: Tlv<'_>) -> Result<Self, DerError> {
        let mut fields = mac.inside();
        let mut digest_info = fields.expect(SEQUENCE)?.inside();
        let algorithm = digest_info.expect(SEQUENCE)?.inside().expect(OID)?.value.to_vec();
        let digest = octets(digest_info.next()?)?.into_owned();
        let salt = octets(fields.next()?)?.into_owned();
        let iterations = fields.optional(INTEGER)?.map_or(1, |count| number(count.value));
        Ok(Self { algorithm, digest, salt, iterations })
    }
}

/// The bags of SafeContents; the last may be why there are no more.
pub(super) fn bags(contents: &[u8]) -> impl Iterator<Item = Result<Bag<'_>, Reason>> {
    elements(contents).map(|bag| bag.and_then(bag_of).map_err(within("a bag")))
}

/// Whether these are SafeContents, or begin as some.
pub(super) fn are_bags(contents: &[u8]) -> bool {
    bags(contents).next().is_none_or(|first| first.is_ok())
}

fn bag_of(bag: Tlv<'_>) -> Result<Bag<'_>, DerError> {
    let mut fields = bag.inside();
    let kind = fields.expect(OID)?.value;
    let mut value = fields.expect(context(0))?.inside();
    let value = match kind {
        KEY_BAG => Value::Key(value.expect(SEQUENCE)?.raw),
        SHROUDED_KEY_BAG => {
            let mut fields = value.expect(SEQUENCE)?.inside();
            let algorithm = fields.expect(SEQUENCE)?.raw;
            Value::EncryptedKey(Encrypted { algorithm, octets: octets(fields.next()?)? })
        }
        CERT_BAG => {
            let mut fields = value.expect(SEQUENCE)?.inside();
            match fields.expect(OID)?.value {
                X509_CERTIFICATE => Value::Certificate(octet_string(fields.expect(context(0))?)?),
                _ => Value::Other,
            }
        }
        CRL_BAG => Value::RevocationList,
        _ => Value::Other,
    };
    let attributes = match fields.optional(SET)? {
        Some(set) => attributes(set)?,
        None => Attributes::default(),
    };
    Ok(Bag { value, attributes })
}

fn attributes(set: Tlv<'_>) -> Result<Attributes, DerError> {
    let mut attributes = Attributes::default();
    let mut set = set.inside();
    while !set.is_empty() {
        let mut attribute = set.expect(SEQUENCE)?.inside();
        let kind = attribute.expect(OID)?.value;
        let mut values = attribute.expect(SET)?.inside();
        match kind {
            FRIENDLY_NAME => attributes.friendly_name = values.next().ok().and_then(bmp_string),
            LOCAL_KEY_ID => attributes.local_key_id = Some(octets(values.next()?)?.into_owned()),
            TRUSTED_KEY_USAGE => attributes.is_trusted = true,
            _ => {}
        }
    }
    Ok(attributes)
}

fn bmp_string(string: Tlv<'_>) -> Option<String> {
    if string.tag != BMP_STRING {
        return None;
    }
    let (units, _) = string.value.as_chunks::<2>();
    let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
    let chars = char::decode_utf16(units);
    let text: String = chars.map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    // Windows ends it with U+0000.
    let text = text.trim_end_matches('\0');
    (!text.is_empty()).then(|| text.to_owned())
}

/// An EncryptedData (RFC 5652 section 8).
fn encrypted_data(content: Tlv<'_>) -> Result<Encrypted<'_>, DerError> {
    let mut fields = content.inside().expect(SEQUENCE)?.inside();
    fields.expect(INTEGER)?;
    let mut info = fields.expect(SEQUENCE)?.inside();
    info.expect(OID)?;
    let algorithm = info.expect(SEQUENCE)?.raw;
    // `[0] IMPLICIT OCTET STRING`, in pieces or not.
    let octets = match info.next()? {
        octets @ Tlv { tag: 0x80 | 0xa0, .. } => octets.octets()?,
        _ => return Err(DerError::Unexpected),
    };
    Ok(Encrypted { algorithm, octets })
}

/// The type of a ContentInfo, and its content (RFC 5652 section 3).
fn content_info(info: Tlv<'_>) -> Result<(&[u8], Tlv<'_>), DerError> {
    let mut fields = info.inside();
    Ok((fields.expect(OID)?.value, fields.expect(context(0))?))
}

/// The OCTET STRING inside.
fn octet_string(outer: Tlv<'_>) -> Result<Cow<'_, [u8]>, DerError> {
    octets(outer.inside().next()?)
}

fn octets(string: Tlv<'_>) -> Result<Cow<'_, [u8]>, DerError> {
    match string.tag {
        OCTET_STRING | CONSTRUCTED_OCTET_STRING => string.octets(),
        _ => Err(DerError::Unexpected),
    }
}

/// The elements of a SEQUENCE OF; the last may be why there are no more.
fn elements(bytes: &[u8]) -> impl Iterator<Item = Result<Tlv<'_>, DerError>> {
    let outer = Reader::new(bytes).expect(SEQUENCE);
    let mut rest = outer.map(|outer| outer.inside());
    std::iter::from_fn(move || match rest {
        Ok(ref elements) if elements.is_empty() => None,
        Ok(ref mut elements) => {
            let element = elements.expect(SEQUENCE);
            if element.is_err() {
                rest = Ok(Reader::new(&[]));
            }
            Some(element)
        }
        Err(error) => {
            rest = Ok(Reader::new(&[]));
            Some(Err(error))
        }
    })
}

/// The value of an INTEGER; the largest for one that is larger, or below 0.
pub(super) fn number(octets: &[u8]) -> u64 {
    let octets = match octets {
        [0x80..=0xff, ..] => return u64::MAX,
        [0, octets @ ..] | octets => octets,
    };
    if octets.len() > 8 {
        return u64::MAX;
    }
    octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet))
}

fn within(name: &'static str) -> impl Fn(DerError) -> Reason {
    move |error| format!("{name} {}", error.reason())
}

const BMP_STRING: u8 = 0x1e;
const CONSTRUCTED_OCTET_STRING: u8 = 0x24;

// 1.2.840.113549.1.7.1 and .6
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06];
// 1.2.840.113549.1.12.10.1.1 to .4
const KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x01];
const SHROUDED_KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02];
const CERT_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x03];
const CRL_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x04];
// 1.2.840.113549.1.9.20, .21 and .22.1
const FRIENDLY_NAME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x14];
const LOCAL_KEY_ID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x15];
const X509_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01];
/// 2.16.840.1.113894.746875.1.1, of Oracle: the usages that a certificate is trusted for.
const TRUSTED_KEY_USAGE: &[u8] =
    &[0x60, 0x86, 0x48, 0x01, 0x86, 0xf9, 0x66, 0xad, 0xca, 0x7b, 0x01, 0x01];
