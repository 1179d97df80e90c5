//! One certificate as owned facts (RFC 5280 section 4.1).

use time::OffsetDateTime;

use super::date::{self, DateField, DateProblem};
use super::der::{self, INTEGER, Reader, SEQUENCE, Tlv};
use super::extensions::{
    BasicConstraints, EXTENSIONS, ExtendedKeyUsage, Extensions, KeyUsage, UnreadableExtension,
};
use super::{
    AltName, DistinguishedName, MalformedCertificate, Marks, PublicKey, SignatureAlgorithm,
};

/// The facts of one certificate: what it says, with no judgement and no clock.
///
/// An extension that is absent reads as `None` or empty; one that can't be read does too, and is
/// listed in [`unreadable_extensions`](Self::unreadable_extensions).
///
/// RFC 5280 section 4.
#[derive(Clone, Debug)]
pub struct Certificate {
    version: u8,
    serial_number: Box<[u8]>,
    signature_algorithm: SignatureAlgorithm,
    issuer: DistinguishedName,
    subject: DistinguishedName,
    validity: Validity,
    date_problems: Vec<DateProblem>,
    public_key: PublicKey,
    extensions: Extensions,
}

impl Certificate {
    /// Reads one certificate in DER.
    ///
    /// # Errors
    ///
    /// Bytes that are no DER, that end early or go on behind the certificate; a field that is not
    /// of its type; a date that names no instant (month 13, 29 February 2027).
    pub fn from_der(der: &[u8]) -> Result<Self, MalformedCertificate> {
        let frame = Frame::read(der)?;
        let mut date_problems = Vec::new();
        let mut date = |field, tlv| read_date(field, tlv, &mut date_problems);
        let validity = Validity {
            not_before: date(DateField::NotBefore, frame.not_before)?,
            not_after: date(DateField::NotAfter, frame.not_after)?,
        };
        Ok(Self {
            version: frame.version,
            serial_number: frame.serial_number.into(),
            signature_algorithm: SignatureAlgorithm::read(frame.signature_algorithm)
                .map_err(MalformedCertificate::der("signatureAlgorithm"))?,
            issuer: DistinguishedName::new(frame.issuer.raw),
            subject: DistinguishedName::new(frame.subject.raw),
            validity,
            date_problems,
            public_key: PublicKey::read(frame.public_key_info)?,
            extensions: frame
                .extensions
                .map_or_else(|| Ok(Extensions::default()), Extensions::read)?,
        })
    }

    /// The version, 1 to 3.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// The serial number's octets, big-endian, as encoded (a leading zero octet is kept).
    #[must_use]
    pub const fn serial_number(&self) -> &[u8] {
        &self.serial_number
    }

    /// The algorithm with which the issuer signed.
    #[must_use]
    pub const fn signature_algorithm(&self) -> &SignatureAlgorithm {
        &self.signature_algorithm
    }

    /// Who signed it.
    #[must_use]
    pub const fn issuer(&self) -> &DistinguishedName {
        &self.issuer
    }

    /// Whose key it certifies. A server's identity stands in
    /// [`subject_alt_names`](Self::subject_alt_names), not here (RFC 9525).
    #[must_use]
    pub const fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// The validity period, in UTC.
    #[must_use]
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// What is odd about the encoding of the two dates.
    #[must_use]
    pub fn date_problems(&self) -> &[DateProblem] {
        &self.date_problems
    }

    /// The public key that it certifies.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The subject alternative names one by one, or `None` where the extension is absent.
    #[must_use]
    pub fn subject_alt_names(&self) -> Option<&[AltName]> {
        self.extensions.subject_alt_names.as_deref()
    }

    /// The basic constraints.
    #[must_use]
    pub const fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.extensions.basic_constraints
    }

    /// Whether the basic constraints say that this is a CA certificate.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.basic_constraints().is_some_and(|constraints| constraints.ca)
    }

    /// The key usage.
    #[must_use]
    pub const fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage
    }

    /// The extended key usage.
    #[must_use]
    pub const fn extended_key_usage(&self) -> Option<&ExtendedKeyUsage> {
        self.extensions.extended_key_usage.as_ref()
    }

    /// The subject key identifier.
    #[must_use]
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.extensions.subject_key_id.as_deref()
    }

    /// The key identifier of the authority key identifier.
    #[must_use]
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.extensions.authority_key_id.as_deref()
    }

    /// Where the issuer's certificate can be got: the `caIssuers` addresses of the authority
    /// information access (RFC 5280 section 4.2.2.1). Raw text from the certificate.
    #[must_use]
    pub fn ca_issuers(&self) -> &[String] {
        &self.extensions.ca_issuers
    }

    /// The `ocsp` addresses of the authority information access. Raw text from the certificate.
    #[must_use]
    pub fn ocsp_responders(&self) -> &[String] {
        &self.extensions.ocsp_responders
    }

    /// The addresses of the CRL distribution points. Raw text from the certificate.
    #[must_use]
    pub fn crl_distribution_points(&self) -> &[String] {
        &self.extensions.crl_distribution_points
    }

    /// The content of the certificate policies extension, unread, in DER.
    #[must_use]
    pub fn policies(&self) -> Option<&[u8]> {
        self.extensions.policies.as_deref()
    }

    /// The content of the name constraints extension, unread, in DER.
    #[must_use]
    pub fn name_constraints(&self) -> Option<&[u8]> {
        self.extensions.name_constraints.as_deref()
    }

    /// How the extensions are marked and filled in.
    pub(crate) const fn marks(&self) -> &Marks {
        &self.extensions.marks
    }

    /// The object identifiers of critical extensions that are not understood: a client must refuse
    /// the certificate for one that it doesn't understand either (RFC 5280 section 4.2). Not more
    /// than the first 8 are listed.
    #[must_use]
    pub fn unknown_critical_extensions(&self) -> &[String] {
        &self.extensions.unknown_critical
    }

    /// The extensions that are there but could not be read; not more than the first 8 are listed.
    #[must_use]
    pub fn unreadable_extensions(&self) -> &[UnreadableExtension] {
        &self.extensions.unreadable
    }

    /// Whether subject and issuer are the same name (RFC 5280 section 3.2).
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether the names, and the key identifiers where both have one, say that `issuer` signed
    /// this certificate. No signature is checked.
    #[must_use]
    pub fn names_as_issuer(&self, issuer: &Self) -> bool {
        self.issuer == issuer.subject
            && match (self.authority_key_id(), issuer.subject_key_id()) {
                (Some(authority), Some(subject)) => authority == subject,
                _ => true,
            }
    }
}

/// A validity period: both instants are in UTC, and both still belong to it.
///
/// RFC 5280 section 4.1.2.5.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Validity {
    /// The first second of the period.
    pub not_before: OffsetDateTime,
    /// The last second of the period.
    pub not_after: OffsetDateTime,
}

impl Validity {
    /// Whether `at`, cut to whole seconds, lies in the period.
    #[must_use]
    pub fn contains(&self, at: OffsetDateTime) -> bool {
        let at = at.unix_timestamp();
        self.not_before.unix_timestamp() <= at && at <= self.not_after.unix_timestamp()
    }

    /// The length of the period with both ends in it: notAfter − notBefore + 1 s, as the CA/Browser
    /// Forum's Baseline Requirements count it (section 6.3.2). Not positive for an inverted period.
    #[must_use]
    pub fn lifetime(&self) -> time::Duration {
        // Both lie within the years 0000 to 9999, far from where this could overflow.
        self.not_after - self.not_before + time::Duration::SECOND
    }

    /// What lies in both periods: an inverted period where nothing does.
    pub(crate) fn intersection(self, other: Self) -> Self {
        Self {
            not_before: self.not_before.max(other.not_before),
            not_after: self.not_after.min(other.not_after),
        }
    }

    /// Whether there is no instant in it.
    pub(crate) fn is_inverted(self) -> bool {
        self.not_after < self.not_before
    }
}

/// The SubjectPublicKeyInfo of a certificate whose other fields may be unreadable.
#[cfg(feature = "fetch")]
pub(super) fn public_key_info(der: &[u8]) -> Result<Tlv<'_>, MalformedCertificate> {
    Frame::read(der).map(|frame| frame.public_key_info)
}

/// What an issuer signs, and how (RFC 5280 section 4.1.1).
pub(crate) struct Signed<'a> {
    /// The TBSCertificate in DER.
    pub(crate) message: &'a [u8],
    /// The content of the AlgorithmIdentifier.
    pub(crate) algorithm: &'a [u8],
    /// The signature's octets.
    pub(crate) signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Takes a certificate apart, whatever its fields hold.
    pub(crate) fn read(der: &'a [u8]) -> Option<Self> {
        let mut certificate = Reader::new(Reader::new(der).expect(SEQUENCE).ok()?.value);
        let message = certificate.expect(SEQUENCE).ok()?.raw;
        let algorithm = certificate.expect(SEQUENCE).ok()?.value;
        // The first octet of a BIT STRING counts its unused bits; a signature has none.
        let [0, signature @ ..] = certificate.expect(der::BIT_STRING).ok()?.value else {
            return None;
        };
        Some(Self { message, algorithm, signature })
    }
}

/// The fields of a certificate, still encoded.
struct Frame<'a> {
    version: u8,
    serial_number: &'a [u8],
    signature_algorithm: Tlv<'a>,
    issuer: Tlv<'a>,
    not_before: Tlv<'a>,
    not_after: Tlv<'a>,
    subject: Tlv<'a>,
    public_key_info: Tlv<'a>,
    extensions: Option<&'a [u8]>,
}

impl<'a> Frame<'a> {
    fn read(der: &'a [u8]) -> Result<Self, MalformedCertificate> {
        let part = MalformedCertificate::der;
        let mut input = Reader::new(der);
        let certificate = input.expect(SEQUENCE).map_err(part("certificate"))?;
        input.end().map_err(part("certificate"))?;
        let mut certificate = Reader::new(certificate.value);
        let tbs = certificate.expect(SEQUENCE).map_err(part("tbsCertificate"))?;
        let signature_algorithm =
            certificate.expect(SEQUENCE).map_err(part("signatureAlgorithm"))?;
        certificate.expect(der::BIT_STRING).map_err(part("signatureValue"))?;
        certificate.end().map_err(part("signatureValue"))?;

        let mut tbs = Reader::new(tbs.value);
        let version = read_version(&mut tbs)?;
        let serial_number = tbs.expect(INTEGER).map_err(part("serialNumber"))?.value;
        tbs.expect(SEQUENCE).map_err(part("signature"))?;
        let issuer = tbs.expect(SEQUENCE).map_err(part("issuer"))?;
        let validity = tbs.expect(SEQUENCE).map_err(part("validity"))?;
        let subject = tbs.expect(SEQUENCE).map_err(part("subject"))?;
        let public_key_info = tbs.expect(SEQUENCE).map_err(part("subjectPublicKeyInfo"))?;
        for unique_id in [ISSUER_UNIQUE_ID, SUBJECT_UNIQUE_ID] {
            tbs.optional(unique_id).map_err(part("uniqueID"))?;
        }
        let extensions = tbs.optional(EXTENSIONS).map_err(part("extensions"))?;
        tbs.end().map_err(part("extensions"))?;

        let mut dates = Reader::new(validity.value);
        Ok(Self {
            version,
            serial_number,
            signature_algorithm,
            issuer,
            not_before: dates.next().map_err(part("notBefore"))?,
            not_after: dates.next().map_err(part("notAfter"))?,
            subject,
            public_key_info,
            extensions: extensions.map(|field| field.value),
        })
    }
}

fn read_version(tbs: &mut Reader<'_>) -> Result<u8, MalformedCertificate> {
    let part = MalformedCertificate::der("version");
    let Some(field) = tbs.optional(der::context(0)).map_err(&part)? else {
        return Ok(1);
    };
    match Reader::new(field.value).expect(INTEGER).map_err(&part)?.value {
        [encoded @ 0..=2] => Ok(encoded + 1),
        _ => Err(MalformedCertificate::new("version", "is none of 1, 2 and 3")),
    }
}

fn read_date(
    field: DateField,
    tlv: Tlv<'_>,
    problems: &mut Vec<DateProblem>,
) -> Result<OffsetDateTime, MalformedCertificate> {
    let read = date::read(tlv).map_err(|reason| {
        MalformedCertificate::new(field.as_str(), format!("{:?} {reason}", printable(tlv.value)))
    })?;
    if let Some(quirk) = read.quirk {
        problems.push(DateProblem { field, quirk, encoded: printable(tlv.value) });
    }
    Ok(read.instant)
}

/// A date's octets for people; the longest sensible encoding has 23 of them.
fn printable(octets: &[u8]) -> String {
    let octets = octets.iter().take(32);
    octets
        .map(|octet| if matches!(octet, 0x20..=0x7e) { char::from(*octet) } else { '?' })
        .collect()
}

const ISSUER_UNIQUE_ID: u8 = 0x81;
const SUBJECT_UNIQUE_ID: u8 = 0x82;
