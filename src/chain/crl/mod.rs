//! Certificate revocation lists, as facts: no clock, no trust, no signature checked.

mod entries;
mod error;
mod scope;

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;

use self::entries::Entries;
use self::error::{Malformed, field};
use self::scope::Scope;
use super::der::{self, BIT_STRING, GENERALIZED_TIME, INTEGER, Reader, SEQUENCE, Tlv, UTC_TIME};
use super::extensions::Extension;
use super::key::dotted;
use super::{Certificate, DistinguishedName, date, pem};

pub use entries::{Revocation, RevocationReason};
pub use error::RevocationListError;

/// A certificate revocation list that the caller holds: which certificates its issuer took back.
///
/// Give it to [`Inspector::with_revocation_lists`](crate::Inspector::with_revocation_lists), where
/// its signature is verified and its dates are judged; here it is only read.
///
/// ```
/// use notafter::Inspector;
/// use notafter::chain::{RevocationList, RevocationListError};
///
/// fn inspector(crls: &str) -> Result<Inspector, RevocationListError> {
///     Ok(Inspector::new().with_revocation_lists(RevocationList::from_pem(crls)?))
/// }
/// ```
///
/// Cheap to clone: the list is shared. It takes the room of its DER, and four octets for each
/// revoked certificate, by which a serial number is found without a walk through all of them.
///
/// RFC 5280 section 5.
#[derive(Clone)]
pub struct RevocationList(Arc<List>);

struct List {
    der: Box<[u8]>,
    issuer: DistinguishedName,
    this_update: OffsetDateTime,
    next_update: Option<OffsetDateTime>,
    entries: Entries,
    extensions: Extensions,
}

impl RevocationList {
    /// Reads one list in DER.
    ///
    /// # Errors
    ///
    /// [`RevocationListError::Malformed`] for bytes that are no DER, that end early or go on behind
    /// the list; for a field, an entry or an extension that is not of its type; for a date that
    /// names no instant; for a version that is neither 1 nor 2.
    pub fn from_der(der: impl Into<Vec<u8>>) -> Result<Self, RevocationListError> {
        Self::read(der.into()).map_err(|malformed| malformed.at(0))
    }

    /// Reads every `X509 CRL` block of a PEM text, in the order of the text. Blocks of other kinds
    /// are skipped unread.
    ///
    /// # Errors
    ///
    /// [`RevocationListError::NoList`] where the text holds no such block; as
    /// [`from_der`](Self::from_der) where one of them can't be read, for without it a revoked
    /// certificate would be taken for a good one.
    ///
    /// RFC 7468.
    pub fn from_pem(text: impl AsRef<[u8]>) -> Result<Vec<Self>, RevocationListError> {
        let pem::Blocks { wanted, skipped } =
            pem::blocks(text.as_ref(), |label| label == b"X509 CRL");
        if wanted.is_empty() {
            return Err(RevocationListError::NoList { skipped });
        }
        let lists = wanted.into_iter().enumerate().map(|(position, block)| {
            let line = block.line;
            let broken = |broken: pem::Broken| Malformed::from(broken.at(line));
            let read = block.der.map_err(broken).and_then(Self::read);
            read.map_err(|malformed| malformed.at(position))
        });
        lists.collect()
    }

    fn read(der: Vec<u8>) -> Result<Self, Malformed> {
        let frame = Frame::read(&der)?;
        let list = List {
            issuer: DistinguishedName::new(frame.issuer.raw),
            this_update: read_date("thisUpdate", frame.this_update)?,
            next_update: frame.next_update.map(|tlv| read_date("nextUpdate", tlv)).transpose()?,
            entries: Entries::read(frame.revoked, frame.version)?,
            extensions: frame
                .extensions
                .map_or_else(|| Ok(Extensions::default()), Extensions::read)?,
            der: der.into(),
        };
        Ok(Self(Arc::new(list)))
    }

    /// The list in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Who signed it.
    #[must_use]
    pub fn issuer(&self) -> &DistinguishedName {
        &self.0.issuer
    }

    /// When it was issued, in UTC.
    #[must_use]
    pub fn this_update(&self) -> OffsetDateTime {
        self.0.this_update
    }

    /// By when the next one is due, in UTC; `None` where it does not say.
    #[must_use]
    pub fn next_update(&self) -> Option<OffsetDateTime> {
        self.0.next_update
    }

    /// The CRL number's octets, big-endian; `None` where the extension is absent.
    #[must_use]
    pub fn number(&self) -> Option<&[u8]> {
        self.0.extensions.number.as_deref()
    }

    /// Whether the CRL number is marked critical, which RFC 5280 section 5.2.3 forbids.
    #[must_use]
    pub fn number_is_critical(&self) -> bool {
        self.0.extensions.number_is_critical
    }

    /// The key identifier of the authority key identifier.
    #[must_use]
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.0.extensions.authority_key_id.as_deref()
    }

    /// The object identifier of a critical extension that is not understood, of the list or of any
    /// of its entries; the first where there are more. That a list is a delta CRL is said by one,
    /// that its entries are of several issuers by another.
    #[must_use]
    pub fn unknown_critical_extension(&self) -> Option<&str> {
        self.0.extensions.unknown_critical.as_deref().or(self.0.entries.unknown_critical.as_deref())
    }

    /// Whether a certificate of the issuer would be listed here if it were revoked: whether it is
    /// of the kind, and of the distribution point, that the list says to be for.
    ///
    /// A list for some reasons only, or of several issuers, is taken to be for none.
    ///
    /// RFC 5280 section 5.2.5.
    #[must_use]
    pub fn covers(&self, certificate: &Certificate) -> bool {
        self.0.extensions.scope.as_ref().is_none_or(|scope| scope.covers(certificate))
    }

    /// How many certificates it lists.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty list is as good as any")]
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// What the list says of a serial number, as [`Certificate::serial_number`] has it; `None`
    /// where it isn't listed. Where it is listed twice, the first counts.
    #[must_use]
    pub fn revocation(&self, serial_number: &[u8]) -> Option<Revocation> {
        // `Frame::read` took these bytes before: walking them again is cheaper than keeping where
        // each field is.
        self.0.entries.find(Frame::read(&self.0.der).ok()?.revoked, serial_number)
    }
}

/// Not the entries: there may be hundreds of thousands.
impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationList")
            .field("issuer", &self.issuer().to_string())
            .field("this_update", &self.this_update())
            .field("next_update", &self.next_update())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl PartialEq for RevocationList {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.der == other.0.der
    }
}

impl Eq for RevocationList {}

/// The fields of a list, still encoded.
struct Frame<'a> {
    version: u8,
    issuer: Tlv<'a>,
    this_update: Tlv<'a>,
    next_update: Option<Tlv<'a>>,
    /// The content of revokedCertificates; empty where nothing is revoked.
    revoked: &'a [u8],
    extensions: Option<&'a [u8]>,
}

impl<'a> Frame<'a> {
    fn read(der: &'a [u8]) -> Result<Self, Malformed> {
        let mut input = Reader::new(der);
        let list = input.expect(SEQUENCE).map_err(field("certificateList"))?;
        input.end().map_err(field("certificateList"))?;
        let mut list = Reader::new(list.value);
        let tbs = list.expect(SEQUENCE).map_err(field("tbsCertList"))?;
        let algorithm = list.expect(SEQUENCE).map_err(field("signatureAlgorithm"))?;
        list.expect(BIT_STRING).map_err(field("signatureValue"))?;
        list.end().map_err(field("signatureValue"))?;

        let mut tbs = Reader::new(tbs.value);
        let version = read_version(&mut tbs)?;
        let signature = tbs.expect(SEQUENCE).map_err(field("signature"))?;
        if signature.raw != algorithm.raw {
            // RFC 5280 section 5.1.1.2: what is signed names the algorithm too.
            return Err(Malformed::new("signature", "is not the signatureAlgorithm"));
        }
        let issuer = tbs.expect(SEQUENCE).map_err(field("issuer"))?;
        let this_update = tbs.next().map_err(field("thisUpdate"))?;
        let mut next_update = tbs.optional(UTC_TIME).map_err(field("nextUpdate"))?;
        if next_update.is_none() {
            next_update = tbs.optional(GENERALIZED_TIME).map_err(field("nextUpdate"))?;
        }
        // An empty SEQUENCE, which RFC 5280 section 5.1.2.6 forbids, is met in practice.
        let revoked = tbs.optional(SEQUENCE).map_err(field("revokedCertificates"))?;
        let extensions = tbs.optional(der::context(0)).map_err(field("crlExtensions"))?;
        tbs.end().map_err(field("tbsCertList"))?;
        if version == 1 && extensions.is_some() {
            return Err(Malformed::new("crlExtensions", "stand in a list of version 1"));
        }
        Ok(Self {
            version,
            issuer,
            this_update,
            next_update,
            revoked: revoked.map_or(&[], |field| field.value),
            extensions: extensions.map(|field| field.value),
        })
    }
}

fn read_version(tbs: &mut Reader<'_>) -> Result<u8, Malformed> {
    match tbs.optional(INTEGER).map_err(field("version"))? {
        None => Ok(1),
        Some(Tlv { value: [1], .. }) => Ok(2),
        // Version 1 is said by saying nothing.
        Some(_) => Err(Malformed::new("version", "is neither 1 nor 2")),
    }
}

fn read_date(part: &'static str, tlv: Tlv<'_>) -> Result<OffsetDateTime, Malformed> {
    let read = date::read(tlv).map_err(|reason| Malformed::new(part, reason))?;
    Ok(read.instant)
}

/// What is read from a list's extensions.
#[derive(Default)]
struct Extensions {
    authority_key_id: Option<Box<[u8]>>,
    number: Option<Box<[u8]>>,
    number_is_critical: bool,
    scope: Option<Scope>,
    unknown_critical: Option<String>,
}

impl Extensions {
    /// Reads the content of the `crlExtensions` field.
    fn read(content: &[u8]) -> Result<Self, Malformed> {
        let malformed = field("crlExtensions");
        let mut outer = Reader::new(content);
        let mut list = Reader::new(outer.expect(SEQUENCE).map_err(&malformed)?.value);
        outer.end().map_err(&malformed)?;
        let mut extensions = Self::default();
        while !list.is_empty() {
            extensions.add(&Extension::read(&mut list).map_err(&malformed)?)?;
        }
        Ok(extensions)
    }

    fn add(&mut self, extension: &Extension<'_>) -> Result<(), Malformed> {
        let mut value = Reader::new(extension.value);
        let (part, seen) = match extension.oid {
            AUTHORITY_KEY_ID => {
                let part = "authorityKeyIdentifier";
                let id = value.expect(SEQUENCE).map_err(field(part))?;
                let id = Reader::new(id.value).optional(KEY_IDENTIFIER).map_err(field(part))?;
                // One without a key identifier names no key.
                let id = id.map(|id| id.value.into());
                (part, id.is_some() && std::mem::replace(&mut self.authority_key_id, id).is_some())
            }
            CRL_NUMBER => {
                let part = "cRLNumber";
                let number = value.expect(INTEGER).map_err(field(part))?.value;
                self.number_is_critical = extension.critical;
                (part, self.number.replace(number.into()).is_some())
            }
            ISSUING_DISTRIBUTION_POINT => {
                let part = "issuingDistributionPoint";
                let scope = value.expect(SEQUENCE).map_err(field(part))?;
                (part, self.scope.replace(Scope::read(scope.value)?).is_some())
            }
            unknown => {
                if extension.critical {
                    self.unknown_critical.get_or_insert_with(|| dotted(unknown));
                }
                return Ok(());
            }
        };
        value.end().map_err(field(part))?;
        // RFC 5280 section 4.2: not more than one instance of an extension.
        if seen { Err(Malformed::new(part, "stands there twice")) } else { Ok(()) }
    }
}

const KEY_IDENTIFIER: u8 = 0x80;

// 2.5.29.x
const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 0x14];
const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 0x1c];
const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 0x23];
