//! A certificate's facts as text and instants: what reports carry.

use std::fmt::Write as _;

use time::OffsetDateTime;

use super::{AltName, Certificate};

/// The facts of a certificate in the shape in which a report is written and read back.
///
/// Names are written by their `Display`, so hostile characters are escaped.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct CertificateSummary {
    /// The subject, as RFC 4514 writes it.
    pub subject: String,
    /// The issuer, as RFC 4514 writes it.
    pub issuer: String,
    /// The serial number in upper-case hexadecimal without separators.
    pub serial_number: String,
    /// The first second of the validity period.
    #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
    pub not_before: OffsetDateTime,
    /// The last second of the validity period.
    #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
    pub not_after: OffsetDateTime,
    /// The subject alternative names, each with its kind: `DNS:example.com`, `IP:192.0.2.1`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub subject_alt_names: Vec<String>,
    /// The public key's kind and size: `EC P-256`, `RSA 2048`.
    pub public_key: String,
    /// The algorithm of the signature: `ecdsa-with-SHA256`.
    pub signature_algorithm: String,
}

impl From<&Certificate> for CertificateSummary {
    fn from(certificate: &Certificate) -> Self {
        let names = certificate.subject_alt_names().unwrap_or_default();
        Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial_number: serial_number(certificate.serial_number()),
            not_before: certificate.validity().not_before,
            not_after: certificate.validity().not_after,
            subject_alt_names: names.iter().map(AltName::to_string).collect(),
            public_key: certificate.public_key().to_string(),
            signature_algorithm: certificate.signature_algorithm().to_string(),
        }
    }
}

/// The zero octet that DER puts before a high bit says nothing about the number.
fn serial_number(octets: &[u8]) -> String {
    let number = match octets {
        [0, number @ ..] if !number.is_empty() => number,
        number => number,
    };
    number.iter().fold(String::with_capacity(2 * number.len()), |mut hex, octet| {
        // Writing to a String can't fail.
        let _ = write!(hex, "{octet:02X}");
        hex
    })
}
