//! What could not be read, where, and why.

use std::fmt;

use super::{Format, Locator};
use crate::chain::MalformedCertificate;
use crate::escape::Escaped;

/// Something that could not be read, or that contradicts itself; the rest of the source stands.
///
/// `Display` writes where and why: `jwks.json, kid "a", certificate 2: is no certificate:
/// certificate: ends early`. With the feature `serde` it is written as JSON.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    locator: Locator,
    kind: ProblemKind,
}

impl Problem {
    pub(crate) const fn new(locator: Locator, kind: ProblemKind) -> Self {
        Self { locator, kind }
    }

    /// Where it is.
    #[must_use]
    pub const fn locator(&self) -> &Locator {
        &self.locator
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> &ProblemKind {
        &self.kind
    }
}

/// Its keys are `locator`, `kind` and `message`, all of them text.
#[cfg(feature = "serde")]
impl serde::Serialize for Problem {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;

        let mut problem = serializer.serialize_struct("Problem", 3)?;
        problem.serialize_field("locator", &self.locator.to_string())?;
        problem.serialize_field("kind", self.kind.as_str())?;
        problem.serialize_field("message", &self.kind.to_string())?;
        problem.end()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.locator, self.kind)
    }
}

/// Why something could not be read. `reason`s are texts for people, whose wording may change; text
/// from the source is escaped in them.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Base64 that is none.
    Base64,
    /// Bytes where a certificate should stand.
    Certificate(MalformedCertificate),
    /// The content is not what its format asks for.
    Content {
        /// What it was read as.
        format: Format,
        /// What is wrong.
        reason: String,
    },
    /// A document type declaration in XML, which may declare entities and name files: it is never
    /// looked into, and nothing is read from there on.
    DocumentType,
    /// An encrypted private key beside a certificate: whether they belong together can't be told.
    EncryptedKey,
    /// The file system refused: permission denied, gone while it was walked.
    Io {
        /// The kind of refusal.
        kind: std::io::ErrorKind,
        /// The system's words.
        reason: String,
    },
    /// A private key that belongs to none of the certificates that it stands with.
    KeyOfNone,
    /// A private key whose public key can't be told.
    Key {
        /// What is wrong.
        reason: String,
    },
    /// Nothing in it is a certificate.
    NoCertificate,
    /// Files that name each other, or links that lead back.
    Loop,
    /// The password is missing or wrong.
    Password {
        /// Whether one was given.
        given: bool,
    },
    /// `x5t` or `x5t#S256` is not the fingerprint of the first certificate.
    Thumbprint {
        /// The member's name.
        member: &'static str,
    },
    /// Larger, deeper or more numerous than the limits allow.
    TooLarge {
        /// What there is: bytes, files, levels.
        what: &'static str,
        /// How much of it, where that is known.
        size: Option<u64>,
        /// How much is allowed.
        limit: u64,
    },
    /// The content is in no format that is known.
    UnknownFormat,
    /// The format is known, and the feature that reads it is off.
    Unsupported {
        /// The format.
        format: Format,
    },
}

impl ProblemKind {
    /// The kind's stable name, in kebab case: what to match on across versions, and to count by.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Certificate(_) => "malformed-certificate",
            Self::Content { .. } => "malformed-content",
            Self::DocumentType => "document-type",
            Self::EncryptedKey => "encrypted-key",
            Self::Io { .. } => "unreadable-file",
            Self::Key { .. } => "unreadable-key",
            Self::KeyOfNone => "key-of-none",
            Self::Loop => "loop",
            Self::NoCertificate => "no-certificate",
            Self::Password { .. } => "password",
            Self::Thumbprint { .. } => "thumbprint-mismatch",
            Self::TooLarge { .. } => "too-large",
            Self::UnknownFormat => "unknown-format",
            Self::Unsupported { .. } => "unsupported-format",
        }
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 => f.write_str("is not valid base64"),
            Self::Certificate(malformed) => write!(f, "is no certificate: {malformed}"),
            Self::Content { format, reason } => write!(f, "can't be read as {format}: {reason}"),
            Self::DocumentType => f.write_str("has a document type declaration, which is refused"),
            Self::EncryptedKey => f.write_str(
                "the private key is encrypted, so it can't be held against the certificates",
            ),
            Self::Io { reason, .. } => write!(f, "can't be read: {}", Escaped(reason)),
            Self::KeyOfNone => f.write_str("the private key belongs to none of the certificates"),
            Self::Key { reason } => write!(f, "the private key can't be read: {reason}"),
            Self::NoCertificate => f.write_str("holds no certificate"),
            Self::Loop => f.write_str("leads back to where it came from"),
            Self::Password { given: true } => f.write_str("the password is wrong"),
            Self::Password { given: false } => f.write_str("needs a password, and none was given"),
            Self::Thumbprint { member } => {
                write!(f, "{member} is not the fingerprint of the first certificate")
            }
            Self::TooLarge { what, size: Some(size), limit } => {
                write!(f, "has {size} {what}; the limit is {limit}")
            }
            Self::TooLarge { what, size: None, limit } => {
                write!(f, "has more than {limit} {what}, which is the limit")
            }
            Self::UnknownFormat => f.write_str("is in no format that is known here"),
            Self::Unsupported { format } => {
                write!(
                    f,
                    "is {format}, which takes the feature {:?}",
                    format.feature().unwrap_or_default()
                )
            }
        }
    }
}
