//! The extensions that the checks look at, as owned facts.
//!
//! One extension that can't be read doesn't lose the others: it is listed with its reason.

use std::fmt;

use x509_parser::extensions as x509;
use x509_parser::prelude::{FromDer, GeneralName, X509Error};

use super::der::{self, BOOLEAN, DerError, OCTET_STRING, OID, Reader, SEQUENCE, Tlv};
use super::key::dotted;
use super::marks::{AuthorityKeyIdShape, Marks};
use super::{AltName, MalformedCertificate};

/// The basic constraints extension (RFC 5280 section 4.2.1.9).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct BasicConstraints {
    /// Whether the key may verify signatures on certificates.
    pub ca: bool,
    /// Whether the extension is marked critical.
    pub critical: bool,
    /// How many intermediates, self-issued ones aside, may stand below this one.
    pub path_length: Option<u32>,
}

/// The key usage extension (RFC 5280 section 4.2.1.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct KeyUsage {
    /// Signatures other than those on certificates and CRLs: what TLS 1.3 servers make.
    pub digital_signature: bool,
    /// Encryption of keys: what static RSA key exchange needs.
    pub key_encipherment: bool,
    /// Key agreement.
    pub key_agreement: bool,
    /// Signatures on certificates.
    pub key_cert_sign: bool,
    /// Signatures on certificate revocation lists.
    pub crl_sign: bool,
}

/// The extended key usage extension (RFC 5280 section 4.2.1.12).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExtendedKeyUsage(Vec<KeyPurpose>);

impl ExtendedKeyUsage {
    /// The purposes that the key may serve.
    #[must_use]
    pub fn purposes(&self) -> &[KeyPurpose] {
        &self.0
    }

    /// Whether the extension lists a purpose by name; `anyExtendedKeyUsage` is not taken for it.
    #[must_use]
    pub fn allows(&self, purpose: &KeyPurpose) -> bool {
        self.0.contains(purpose)
    }
}

/// A purpose that a key may serve (RFC 5280 section 4.2.1.12).
///
/// `Display` writes the RFC's name without `id-kp-`, or the object identifier.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum KeyPurpose {
    /// anyExtendedKeyUsage.
    Any,
    /// The client's side of TLS.
    ClientAuth,
    /// Signatures on code.
    CodeSigning,
    /// Protection of e-mail.
    EmailProtection,
    /// Signatures on OCSP responses.
    OcspSigning,
    /// Any other purpose, by its object identifier.
    Other(String),
    /// The server's side of TLS.
    ServerAuth,
    /// Signatures on time stamps.
    TimeStamping,
}

impl fmt::Display for KeyPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "anyExtendedKeyUsage",
            Self::ClientAuth => "clientAuth",
            Self::CodeSigning => "codeSigning",
            Self::EmailProtection => "emailProtection",
            Self::OcspSigning => "OCSPSigning",
            Self::Other(oid) => oid,
            Self::ServerAuth => "serverAuth",
            Self::TimeStamping => "timeStamping",
        })
    }
}

/// An extension that is there but could not be read.
///
/// Strict clients refuse the whole certificate for it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct UnreadableExtension {
    /// The extension's object identifier.
    pub oid: String,
    /// Whether it is marked critical.
    pub critical: bool,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Everything read from one certificate's extensions.
#[derive(Clone, Debug, Default)]
pub(super) struct Extensions {
    pub(super) subject_alt_names: Option<Vec<AltName>>,
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) extended_key_usage: Option<ExtendedKeyUsage>,
    pub(super) subject_key_id: Option<Box<[u8]>>,
    pub(super) authority_key_id: Option<Box<[u8]>>,
    pub(super) ca_issuers: Vec<String>,
    pub(super) ocsp_responders: Vec<String>,
    pub(super) crl_distribution_points: Vec<String>,
    pub(super) policies: Option<Box<[u8]>>,
    pub(super) name_constraints: Option<Box<[u8]>>,
    pub(super) marks: Marks,
    pub(super) unknown_critical: Vec<String>,
    pub(super) unreadable: Vec<UnreadableExtension>,
}

impl Extensions {
    /// Reads the content of the `extensions` field.
    pub(super) fn read(field: &[u8]) -> Result<Self, MalformedCertificate> {
        let malformed = MalformedCertificate::der("extensions");
        let mut outer = Reader::new(field);
        let mut list = Reader::new(outer.expect(SEQUENCE).map_err(&malformed)?.value);
        outer.end().map_err(&malformed)?;
        let mut extensions = Self::default();
        let mut seen: Vec<&[u8]> = Vec::with_capacity(12);
        while !list.is_empty() {
            if seen.len() == MOST_EXTENSIONS {
                let reason = format!("has more than {MOST_EXTENSIONS} extensions");
                return Err(MalformedCertificate::new("certificate", reason));
            }
            let extension = Extension::read(&mut list).map_err(&malformed)?;
            let read = if seen.contains(&extension.oid) {
                // RFC 5280 section 4.2: not more than one instance of an extension.
                Err("stands there twice")
            } else {
                extensions.add(&extension).map_err(|Unreadable| "does not decode")
            };
            seen.push(extension.oid);
            if let Err(reason) = read
                && extensions.unreadable.len() < MOST_UNREADABLE
            {
                extensions.unreadable.push(UnreadableExtension {
                    oid: dotted(extension.oid),
                    critical: extension.critical,
                    reason,
                });
            }
        }
        Ok(extensions)
    }

    fn add(&mut self, extension: &Extension<'_>) -> Result<(), Unreadable> {
        let Extension { value, critical, .. } = *extension;
        match extension.oid {
            SUBJECT_ALT_NAME => {
                let names = decode::<x509::SubjectAlternativeName<'_>>(value)?.general_names;
                self.subject_alt_names = Some(names.iter().map(AltName::from).collect());
                self.marks.critical_subject_alt_names = critical;
            }
            BASIC_CONSTRAINTS => {
                let x509::BasicConstraints { ca, path_len_constraint: path_length } =
                    decode(value)?;
                self.basic_constraints = Some(BasicConstraints { ca, critical, path_length });
            }
            KEY_USAGE => {
                let usage = decode::<x509::KeyUsage>(value)?;
                self.key_usage = Some(KeyUsage {
                    digital_signature: usage.digital_signature(),
                    key_encipherment: usage.key_encipherment(),
                    key_agreement: usage.key_agreement(),
                    key_cert_sign: usage.key_cert_sign(),
                    crl_sign: usage.crl_sign(),
                });
            }
            EXTENDED_KEY_USAGE => {
                self.extended_key_usage =
                    Some(purposes(&decode::<x509::ExtendedKeyUsage<'_>>(value)?));
                self.marks.critical_extended_key_usage = critical;
            }
            SUBJECT_KEY_ID => {
                self.subject_key_id = Some(decode::<x509::KeyIdentifier<'_>>(value)?.0.into());
                self.marks.critical_subject_key_id = critical;
            }
            AUTHORITY_KEY_ID => {
                let id = decode::<x509::AuthorityKeyIdentifier<'_>>(value)?;
                self.marks.authority_key_id = Some(AuthorityKeyIdShape {
                    critical,
                    issuer: id.authority_cert_issuer.is_some(),
                    serial_number: id.authority_cert_serial.is_some(),
                });
                self.authority_key_id = id.key_identifier.map(|id| id.0.into());
            }
            AUTHORITY_INFO_ACCESS => {
                for access in &decode::<x509::AuthorityInfoAccess<'_>>(value)?.accessdescs {
                    let GeneralName::URI(uri) = &access.access_location else {
                        continue;
                    };
                    match access.access_method.as_bytes() {
                        CA_ISSUERS => self.ca_issuers.push((*uri).to_owned()),
                        OCSP => self.ocsp_responders.push((*uri).to_owned()),
                        _ => {}
                    }
                }
            }
            CRL_DISTRIBUTION_POINTS => {
                let points = decode::<x509::CRLDistributionPoints<'_>>(value)?.points;
                for point in &points {
                    let Some(x509::DistributionPointName::FullName(names)) =
                        &point.distribution_point
                    else {
                        continue;
                    };
                    self.crl_distribution_points.extend(names.iter().filter_map(|name| {
                        if let GeneralName::URI(uri) = name {
                            Some((*uri).to_owned())
                        } else {
                            None
                        }
                    }));
                }
            }
            POLICIES => self.policies = Some(value.into()),
            NAME_CONSTRAINTS => {
                self.name_constraints = Some(value.into());
                self.marks.critical_name_constraints = critical;
            }
            POLICY_CONSTRAINTS => self.marks.critical_policy_constraints = Some(critical),
            // Policies are not processed, so marking them critical asks for more than was done;
            // webpki, like browsers, accepts them.
            unknown
                if critical
                    && !POLICY_FIELDS.contains(&unknown)
                    && self.unknown_critical.len() < MOST_UNREADABLE =>
            {
                self.unknown_critical.push(dotted(unknown));
            }
            _ => {}
        }
        Ok(())
    }
}

pub(super) struct Extension<'a> {
    pub(super) oid: &'a [u8],
    pub(super) critical: bool,
    pub(super) value: &'a [u8],
}

impl<'a> Extension<'a> {
    pub(super) fn read(list: &mut Reader<'a>) -> Result<Self, DerError> {
        let mut fields = Reader::new(list.expect(SEQUENCE)?.value);
        let oid = fields.expect(OID)?.value;
        let critical = match fields.optional(BOOLEAN)? {
            None | Some(Tlv { value: [0], .. }) => false,
            Some(_) => true,
        };
        let value = fields.expect(OCTET_STRING)?.value;
        fields.end()?;
        Ok(Self { oid, critical, value })
    }
}

struct Unreadable;

fn decode<'a, T: FromDer<'a, X509Error>>(value: &'a [u8]) -> Result<T, Unreadable> {
    match T::from_der(value) {
        Ok(([], decoded)) => Ok(decoded),
        _ => Err(Unreadable),
    }
}

fn purposes(usage: &x509::ExtendedKeyUsage<'_>) -> ExtendedKeyUsage {
    let named = [
        (usage.any, KeyPurpose::Any),
        (usage.server_auth, KeyPurpose::ServerAuth),
        (usage.client_auth, KeyPurpose::ClientAuth),
        (usage.code_signing, KeyPurpose::CodeSigning),
        (usage.email_protection, KeyPurpose::EmailProtection),
        (usage.time_stamping, KeyPurpose::TimeStamping),
        (usage.ocsp_signing, KeyPurpose::OcspSigning),
    ];
    let named = named.into_iter().filter_map(|(listed, purpose)| listed.then_some(purpose));
    let others = usage.other.iter().map(|oid| KeyPurpose::Other(oid.to_id_string()));
    ExtendedKeyUsage(named.chain(others).collect())
}

/// No certificate in use has more than about 20, and each one is looked for among those before it:
/// without a bound, a peer's message could make that tens of thousands.
const MOST_EXTENSIONS: usize = 128;

/// How many extensions are listed that can't be read, or that are critical and not understood: each
/// costs the peer a few octets, and us a finding. The first already condemns the certificate.
const MOST_UNREADABLE: usize = 8;

/// The content of the `extensions` field begins with this tag.
pub(super) const EXTENSIONS: u8 = der::context(3);

// 2.5.29.x and 1.3.6.1.5.5.7.{1.1, 48.x}
const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];
const CRL_DISTRIBUTION_POINTS: &[u8] = &[0x55, 0x1d, 0x1f];
const POLICIES: &[u8] = &[0x55, 0x1d, 0x20];
const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 0x23];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const AUTHORITY_INFO_ACCESS: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01];
const OCSP: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01];
const CA_ISSUERS: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02];
const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x24];
/// policyMappings, inhibitAnyPolicy.
const POLICY_FIELDS: [&[u8]; 2] = [&[0x55, 0x1d, 0x21], &[0x55, 0x1d, 0x36]];
