//! The entries of a revocation list: read once, then found by their serial numbers.

use time::OffsetDateTime;

use super::error::{Malformed, field};
use super::read_date;
use crate::chain::der::{INTEGER, Reader, SEQUENCE};
use crate::chain::extensions::Extension;
use crate::chain::key::dotted;

/// What a revocation list says of one certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Revocation {
    /// When the issuer took the certificate back, in UTC.
    pub revoked_at: OffsetDateTime,
    /// Why, where the list says it.
    pub reason: Option<RevocationReason>,
}

/// Why a certificate was revoked (RFC 5280 section 5.3.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum RevocationReason {
    /// No reason in particular.
    Unspecified,
    /// The private key is known or suspected to be in other hands.
    KeyCompromise,
    /// The private key of a CA is.
    CaCompromise,
    /// The subject's name or affiliation changed.
    AffiliationChanged,
    /// Another certificate takes its place.
    Superseded,
    /// It is no longer needed.
    CessationOfOperation,
    /// It is on hold, and may come to be good again.
    CertificateHold,
    /// It is good again.
    RemoveFromCrl,
    /// A privilege that it stood for was withdrawn.
    PrivilegeWithdrawn,
    /// The private key of an attribute authority is known or suspected to be in other hands.
    AaCompromise,
}

impl RevocationReason {
    /// The reason in a few words, such as `key compromise`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "key compromise",
            Self::CaCompromise => "CA compromise",
            Self::AffiliationChanged => "affiliation changed",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessation of operation",
            Self::CertificateHold => "certificate hold",
            Self::RemoveFromCrl => "remove from CRL",
            Self::PrivilegeWithdrawn => "privilege withdrawn",
            Self::AaCompromise => "AA compromise",
        }
    }

    /// By the number of the ENUMERATED; 7 is not used.
    fn numbered(octets: &[u8]) -> Option<Self> {
        Some(match octets {
            [0] => Self::Unspecified,
            [1] => Self::KeyCompromise,
            [2] => Self::CaCompromise,
            [3] => Self::AffiliationChanged,
            [4] => Self::Superseded,
            [5] => Self::CessationOfOperation,
            [6] => Self::CertificateHold,
            [8] => Self::RemoveFromCrl,
            [9] => Self::PrivilegeWithdrawn,
            [10] => Self::AaCompromise,
            _ => return None,
        })
    }
}

/// Where the entries begin in the content of revokedCertificates, by serial number.
pub(super) struct Entries {
    sorted: Box<[u32]>,
    /// The first critical extension of any entry that is not understood.
    pub(super) unknown_critical: Option<String>,
}

impl Entries {
    /// Reads the content of revokedCertificates in a list of a version.
    pub(super) fn read(content: &[u8], version: u8) -> Result<Self, Malformed> {
        let mut unknown_critical = None;
        let mut sorted = Vec::new();
        let mut list = Reader::new(content);
        while !list.is_empty() {
            let start = u32::try_from(content.len() - list.len())
                .map_err(|_| Malformed::new("revokedCertificates", "take more than 4 GiB"))?;
            let entry = Entry::read(&mut list)?;
            if entry.has_extensions && version == 1 {
                let reason = "stand in a list of version 1";
                return Err(Malformed::new("crlEntryExtensions", reason));
            }
            if let Some(oid) = entry.unknown_critical {
                unknown_critical.get_or_insert_with(|| dotted(oid));
            }
            sorted.push((entry.serial_number, start));
        }
        // Of several entries of one serial number the first comes first.
        sorted.sort_unstable();
        let sorted = sorted.into_iter().map(|(_, start)| start).collect();
        Ok(Self { sorted, unknown_critical })
    }

    pub(super) fn len(&self) -> usize {
        self.sorted.len()
    }

    /// The first entry of a serial number in the same content.
    pub(super) fn find(&self, content: &[u8], wanted: &[u8]) -> Option<Revocation> {
        let first =
            self.sorted.partition_point(|start| serial_number(content, *start) < Some(wanted));
        let mut list = at(content, *self.sorted.get(first)?)?;
        let entry = Entry::read(&mut list).ok()?;
        (entry.serial_number == wanted).then_some(entry.revocation)
    }
}

struct Entry<'a> {
    serial_number: &'a [u8],
    revocation: Revocation,
    has_extensions: bool,
    unknown_critical: Option<&'a [u8]>,
}

impl<'a> Entry<'a> {
    fn read(list: &mut Reader<'a>) -> Result<Self, Malformed> {
        let malformed = field("revokedCertificates");
        let mut fields = Reader::new(list.expect(SEQUENCE).map_err(&malformed)?.value);
        let serial_number = fields.expect(INTEGER).map_err(field("userCertificate"))?.value;
        let revoked_at = fields.next().map_err(field("revocationDate"))?;
        let revoked_at = read_date("revocationDate", revoked_at)?;
        let extensions = fields.optional(SEQUENCE).map_err(field("crlEntryExtensions"))?;
        fields.end().map_err(&malformed)?;
        let mut entry = Self {
            serial_number,
            revocation: Revocation { revoked_at, reason: None },
            has_extensions: extensions.is_some(),
            unknown_critical: None,
        };
        let mut extensions = Reader::new(extensions.map_or(&[], |field| field.value));
        while !extensions.is_empty() {
            let extension =
                Extension::read(&mut extensions).map_err(field("crlEntryExtensions"))?;
            if extension.oid == REASON_CODE {
                let mut value = Reader::new(extension.value);
                let code = value.expect(ENUMERATED).map_err(field("reasonCode"))?.value;
                value.end().map_err(field("reasonCode"))?;
                let reason = RevocationReason::numbered(code)
                    .ok_or_else(|| Malformed::new("reasonCode", "is no reason"))?;
                entry.revocation.reason = Some(reason);
            } else if extension.critical {
                entry.unknown_critical = entry.unknown_critical.or(Some(extension.oid));
            }
        }
        Ok(entry)
    }
}

fn at(content: &[u8], start: u32) -> Option<Reader<'_>> {
    content.get(usize::try_from(start).ok()?..).map(Reader::new)
}

fn serial_number(content: &[u8], start: u32) -> Option<&[u8]> {
    let entry = at(content, start)?.expect(SEQUENCE).ok()?;
    Some(Reader::new(entry.value).expect(INTEGER).ok()?.value)
}

const ENUMERATED: u8 = 0x0a;

/// 2.5.29.21.
const REASON_CODE: &[u8] = &[0x55, 0x1d, 0x15];
