//! Bytes at rest become chains: what no handshake shows.
//!
//! Certificates in files, key stores, metadata documents and manifests take services down as those
//! in handshakes do. Each reader here is a function from bytes to [`Found`]: the chains that were
//! found and, side by side, what could not be read. [`read()`] tells the format by the content.
//!
//! Nothing is judged here: hand [`FoundChain::chain`] and [`FoundChain::subject`] to an
//! [`Inspector`](crate::Inspector).

mod ber;
mod bundle;
#[cfg(any(feature = "jwks", feature = "saml"))]
mod document;
#[cfg(feature = "files")]
mod files;
mod format;
#[cfg(feature = "jks")]
mod jks;
#[cfg(feature = "jwks")]
mod jwks;
mod key;
#[cfg(feature = "kubernetes")]
mod kubernetes;
mod locator;
mod options;
mod pem;
#[cfg(feature = "pkcs12")]
mod pkcs12;
mod pkcs7;
mod problem;
mod read;
#[cfg(feature = "saml")]
mod saml;

use crate::chain::{ChainError, PresentedChain};
use crate::target::{Purpose, Subject};

#[cfg(feature = "files")]
pub use files::{Files, Progress};
pub use format::Format;
pub use key::{KeyError, public_key_of};
pub use locator::{Locator, Place};
pub use options::{Arrangement, ReadOptions};
pub use problem::{Problem, ProblemKind};
pub use read::{read, read_as};

/// What was found in a source: what worked and what did not, side by side.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Found {
    /// The chains, in the order of the source.
    pub chains: Vec<FoundChain>,
    /// What could not be read, or contradicts itself.
    pub problems: Vec<Problem>,
    /// What the source only names: for the caller to fetch or to open.
    pub references: Vec<Reference>,
    /// What was recognised, and is none of our business: private keys, revocation lists.
    pub skipped: Vec<Skipped>,
}

impl Found {
    /// Adds what was found elsewhere.
    pub fn extend(&mut self, other: Self) {
        self.chains.extend(other.chains);
        self.problems.extend(other.problems);
        self.references.extend(other.references);
        self.skipped.extend(other.skipped);
    }

    /// Whether there is nothing to say of the source.
    fn is_empty(&self) -> bool {
        let Self { chains, problems, references, skipped } = self;
        chains.is_empty() && problems.is_empty() && references.is_empty() && skipped.is_empty()
    }

    pub(crate) fn problem(&mut self, locator: Locator, kind: ProblemKind) {
        self.problems.push(Problem::new(locator, kind));
    }

    pub(crate) fn pass_over(&mut self, locator: Locator, kind: SkippedKind) {
        self.skipped.push(Skipped { locator, kind });
    }
}

/// A chain that was found at rest, and what its source says about it.
#[derive(Clone, Debug)]
pub struct FoundChain {
    locator: Locator,
    chain: PresentedChain,
    subject: Subject,
    also_at: Vec<Locator>,
}

impl FoundChain {
    /// What `chain` is judged as is said by the source, or by the certificates themselves: see
    /// [`subject`](Self::subject).
    pub(crate) fn new(locator: Locator, chain: PresentedChain, purpose: Purpose) -> Self {
        let subject = Subject::new(locator.to_string(), purpose);
        Self { locator, chain, subject, also_at: Vec::new() }
    }

    /// A chain that this process has loaded, as certificates in DER, the end-entity certificate
    /// first: what it serves, or shows as a client, judged with no I/O.
    ///
    /// `fetch::in_memory` takes a rustls `CertifiedKey`.
    ///
    /// # Errors
    ///
    /// [`ChainError::Empty`] where `certificates` yields nothing.
    pub fn in_memory<I>(
        label: impl Into<String>,
        certificates: I,
        purpose: Purpose,
    ) -> Result<Self, ChainError>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let certificates = certificates.into_iter().map(|der| der.as_ref().to_vec());
        let chain = PresentedChain::from_der(certificates)?;
        Ok(Self::new(Locator::new(label.into()), chain, purpose))
    }

    pub(crate) fn with_subject(mut self, change: impl FnOnce(Subject) -> Subject) -> Self {
        self.subject = change(self.subject);
        self
    }

    /// Where it was found.
    #[must_use]
    pub const fn locator(&self) -> &Locator {
        &self.locator
    }

    /// Where else the same chain was found, to be judged as the same, in one walk through files: in
    /// other files, or by other names of the same, such as links (of those 64 at the most).
    #[must_use]
    pub fn also_at(&self) -> &[Locator] {
        &self.also_at
    }

    /// The same, found elsewhere.
    #[cfg(feature = "files")]
    fn moved_to(&self, locator: Locator) -> Self {
        let subject = self.subject.clone().labelled(locator.to_string());
        Self { locator, chain: self.chain.clone(), subject, also_at: Vec::new() }
    }

    /// The certificates, the end-entity certificate first.
    #[must_use]
    pub const fn chain(&self) -> &PresentedChain {
        &self.chain
    }

    /// What it is to be judged as: its label is the locator. The purpose is what the source says
    /// (a SAML signing key, a webhook's `caBundle`), else what the certificate says of itself; change
    /// it where you know better ([`Subject::with_purpose`]). A private key beside the certificate is
    /// there as the public key that it has to match, chains that take turns as a rollover group,
    /// and the document's own dates.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }
}

/// Something that a source names and does not hold.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Reference {
    /// Where it is named.
    pub locator: Locator,
    /// What is named: a file's path or a URL. Raw text from the source.
    pub target: ReferenceTarget,
    /// What certificates there are for, where the source says so.
    pub purpose: Option<Purpose>,
}

/// What a [`Reference`] names.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ReferenceTarget {
    /// A file, by a path that is relative to the folder of the source.
    File(String),
    /// A document to fetch, such as an OpenID provider's `jwks_uri`.
    Url(String),
}

/// Something that was recognised and passed over.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Skipped {
    /// Where it stands.
    pub locator: Locator,
    /// What it is.
    pub kind: SkippedKind,
}

/// What was recognised and passed over.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SkippedKind {
    /// A request for a certificate (RFC 2986).
    CertificateRequest,
    /// Anything else: parameters, a file that holds no certificates.
    Other,
    /// A private key. Of one beside certificates the public key is held against them.
    PrivateKey,
    /// A revocation list: [`RevocationList`](crate::chain::RevocationList) reads those.
    RevocationList,
}

/// A document with more of them is read no further: two bytes can be a problem, and a problem with
/// its place takes hundreds.
#[cfg(any(feature = "jwks", feature = "kubernetes", feature = "saml"))]
const MOST_PROBLEMS: usize = 10_000;
