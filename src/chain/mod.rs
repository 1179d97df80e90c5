//! What was presented: certificates in wire order, unverified, as facts.
//!
//! This stage knows no clock, no trust and no I/O. [`PresentedChain`] holds one [`Entry`] for each
//! certificate as it was sent, whether it could be read or not; [`Certificate`] holds the facts of
//! one that could. What the facts *mean* at an instant is said by [`crate::inspect`].

mod alt_name;
mod certificate;
mod crl;
mod date;
pub(crate) mod der;
mod error;
mod extensions;
pub(crate) mod key;
mod marks;
#[cfg(feature = "fetch")]
mod memo;
mod name;
mod peer;
pub(crate) mod pem;
mod summary;

use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

pub use alt_name::AltName;
pub(crate) use certificate::Signed;
pub use certificate::{Certificate, Validity};
pub use crl::{Revocation, RevocationList, RevocationListError, RevocationReason};
pub use date::{DateField, DateProblem, DateQuirk};
pub(crate) use der::sequence;
pub use error::{ChainError, MalformedCertificate};
pub use extensions::{
    BasicConstraints, ExtendedKeyUsage, KeyPurpose, KeyUsage, UnreadableExtension,
};
#[cfg(feature = "fetch")]
pub(crate) use key::raw_public_key;
pub use key::{KeyKind, PublicKey, SignatureAlgorithm, SignatureHash};
pub(crate) use marks::{Marks, Subtree};
#[cfg(feature = "fetch")]
pub(crate) use memo::CertificateMemo;
pub use name::DistinguishedName;
pub use peer::{ClientCertificate, LateFailure, Peer, Possession};
pub use summary::CertificateSummary;

/// The certificates that were presented, in wire order, unverified; never empty.
///
/// The first entry is taken as the end-entity certificate (RFC 8446 section 4.4.2), the others as
/// what the sender thinks leads from it to a trust anchor. Build one [`from_der`](Self::from_der)
/// or [`from_pem`](Self::from_pem); a fetch builds it with the [`Peer`] that sent it.
///
/// Cheap to clone: the certificates are shared.
#[derive(Clone, Debug)]
pub struct PresentedChain {
    entries: Arc<[Entry]>,
    ocsp_staple: Option<Arc<[u8]>>,
    peer: Option<Peer>,
    skipped_blocks: usize,
}

impl PresentedChain {
    /// Takes DER certificates in the order in which they were presented.
    ///
    /// A certificate that can't be read is kept as an [`Entry`] that says why.
    ///
    /// # Errors
    ///
    /// [`ChainError::Empty`] where `certificates` yields nothing.
    pub fn from_der<I>(certificates: I) -> Result<Self, ChainError>
    where
        I: IntoIterator,
        I::Item: Into<Vec<u8>>,
    {
        Self::from_entries(certificates.into_iter().map(|der| Entry::read(&der.into())))
    }

    /// Reads every `CERTIFICATE` block of a PEM text, in the order of the text.
    ///
    /// Text between the blocks is passed over. Blocks of other kinds (keys, parameters, CRLs) are
    /// skipped unread and counted in [`skipped_blocks`](Self::skipped_blocks). A certificate block
    /// whose base64 is broken, or that has no end line, becomes an entry that names its line.
    ///
    /// # Errors
    ///
    /// [`ChainError::NoCertificate`] where the text holds no `CERTIFICATE` block; it says how many
    /// blocks of other kinds there were.
    ///
    /// RFC 7468.
    pub fn from_pem(text: impl AsRef<[u8]>) -> Result<Self, ChainError> {
        let pem::Blocks { wanted: certificates, skipped } =
            pem::blocks(text.as_ref(), is_certificate);
        if certificates.is_empty() {
            return Err(ChainError::NoCertificate { skipped });
        }
        let mut chain =
            Self::from_entries(certificates.into_iter().map(|block| match block.der {
                Ok(der) => Entry::read(&der),
                Err(broken) => {
                    let reason = broken.at(block.line);
                    Entry::unreadable(broken.text, reason)
                }
            }))?;
        chain.skipped_blocks = skipped;
        Ok(chain)
    }

    /// Takes DER certificates whose facts may be known already.
    #[cfg(feature = "fetch")]
    pub(crate) fn from_wire<'a>(
        certificates: impl IntoIterator<Item = &'a [u8]>,
        memo: &CertificateMemo,
    ) -> Result<Self, ChainError> {
        Self::from_entries(certificates.into_iter().map(|der| memo.entry(der)))
    }

    pub(crate) fn from_entries(entries: impl Iterator<Item = Entry>) -> Result<Self, ChainError> {
        let entries: Arc<[Entry]> = entries.collect();
        if entries.is_empty() {
            return Err(ChainError::Empty);
        }
        Ok(Self { entries, ocsp_staple: None, peer: None, skipped_blocks: 0 })
    }

    /// Says who presented the chain, and what the handshake showed.
    #[must_use]
    pub fn with_peer(mut self, peer: Peer) -> Self {
        self.peer = Some(peer);
        self
    }

    /// Adds the OCSP response that was stapled to the handshake, as its DER bytes.
    #[must_use]
    pub fn with_ocsp_staple(mut self, response: impl Into<Arc<[u8]>>) -> Self {
        self.ocsp_staple = Some(response.into());
        self
    }

    /// All certificates in wire order; there is at least one.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The first certificate, which is taken as the end-entity certificate.
    #[must_use]
    pub fn end_entity(&self) -> &Entry {
        // Every constructor goes through `from_entries`, which refuses an empty list.
        &self.entries[0]
    }

    /// Who presented the chain, where it came from a handshake.
    #[must_use]
    pub fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    /// The stapled OCSP response in DER, unverified and unread.
    #[must_use]
    pub fn ocsp_staple(&self) -> Option<&[u8]> {
        self.ocsp_staple.as_deref()
    }

    /// How many PEM blocks of other kinds stood beside the certificates.
    #[must_use]
    pub fn skipped_blocks(&self) -> usize {
        self.skipped_blocks
    }
}

/// One certificate as it was presented: its bytes, and its facts or the reason why there are none.
///
/// Its position is its index in [`PresentedChain::entries`]. Cheap to clone: the bytes and facts
/// are shared, also between chains that present the same certificate.
#[derive(Clone, Debug)]
pub struct Entry(Arc<Presented>);

#[derive(Debug)]
struct Presented {
    der: Box<[u8]>,
    sha256: OnceLock<[u8; 32]>,
    facts: Result<Certificate, MalformedCertificate>,
}

impl Entry {
    pub(crate) fn read(der: &[u8]) -> Self {
        Self::new(der.into(), Certificate::from_der(der))
    }

    fn unreadable(bytes: Vec<u8>, reason: MalformedCertificate) -> Self {
        Self::new(bytes.into(), Err(reason))
    }

    fn new(der: Box<[u8]>, facts: Result<Certificate, MalformedCertificate>) -> Self {
        Self(Arc::new(Presented { der, sha256: OnceLock::new(), facts }))
    }

    /// The bytes as presented: DER, or the text of a PEM block that could not be decoded.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The SHA-256 fingerprint of [`der`](Self::der).
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        // Computed when first asked for: an unchanged chain that is looked at again and again
        // doesn't pay for it.
        *self.0.sha256.get_or_init(|| Sha256::digest(&self.0.der).into())
    }

    /// The facts, or the reason why the bytes could not be read.
    ///
    /// # Errors
    ///
    /// [`MalformedCertificate`] where the bytes are no X.509 certificate.
    pub fn certificate(&self) -> Result<&Certificate, &MalformedCertificate> {
        self.0.facts.as_ref()
    }
}

/// Whether a PEM label is that of a certificate (RFC 7468 section 5.1).
pub(crate) fn is_certificate(label: &[u8]) -> bool {
    matches!(label, b"CERTIFICATE" | b"X509 CERTIFICATE")
}

/// The content of a SEQUENCE, without its tag and length.
pub(crate) fn sequence_content(der: &[u8]) -> Option<&[u8]> {
    der::Reader::new(der).expect(der::SEQUENCE).ok().map(|sequence| sequence.value)
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.der == other.0.der
    }
}

impl Eq for Entry {}
