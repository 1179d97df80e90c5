//! Trust anchors: whom to trust, and what is known of their own dates.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls_pki_types::{CertificateDer, Der, TrustAnchor};

use crate::chain::{Certificate, ChainError, DistinguishedName, Entry, PresentedChain};
use crate::report::AnchorFault;

use super::root;

/// A set of trust anchors, with a name: the keys in which every path has to end.
///
/// Cheap to clone: the anchors are shared.
#[derive(Clone)]
pub struct TrustAnchors {
    name: Arc<str>,
    store: Arc<Store>,
}

struct Store {
    anchors: Cow<'static, [TrustAnchor<'static>]>,
    certificates: Certificates,
    problems: Vec<AnchorProblem>,
    /// The indexes of the anchors in the order of their names, once somebody asks.
    by_name: OnceLock<Box<[usize]>>,
    /// What the anchors are called, once somebody asks; every report does.
    names: OnceLock<Box<[String]>>,
    /// What is wrong with the anchors, once somebody asks: it never changes, and every report does.
    faults: OnceLock<Box<[Vec<AnchorFault>]>>,
}

/// Where an anchor's own certificate is found: an anchor itself is a name and a key.
enum Certificates {
    Mozilla,
    /// In the order of the anchors.
    Given(Vec<Entry>),
}

impl TrustAnchors {
    /// The roots that Mozilla trusts for servers, compiled in (crate `webpki-roots`), with their
    /// dates (crate `webpki-root-certs`). They are called `mozilla`.
    ///
    /// What is compiled in ages: update this crate's dependencies, as roots come and go.
    #[must_use]
    pub fn mozilla() -> Self {
        static MOZILLA: OnceLock<TrustAnchors> = OnceLock::new();
        let store = || {
            let anchors = Cow::Borrowed(webpki_roots::TLS_SERVER_ROOTS);
            Self::new("mozilla", anchors, Certificates::Mozilla, Vec::new())
        };
        MOZILLA.get_or_init(store).clone()
    }

    /// Reads every certificate of a PEM text as a trust anchor. They are called `given`.
    ///
    /// One that can't be read doesn't lose the others: see [`problems`](Self::problems).
    ///
    /// # Errors
    ///
    /// [`AnchorError::Chain`] where the text holds no certificate, [`AnchorError::Unusable`] where
    /// none of them can be read.
    pub fn from_pem(text: impl AsRef<[u8]>) -> Result<Self, AnchorError> {
        Self::from_certificates(&PresentedChain::from_pem(text)?)
    }

    /// Reads certificates in DER as trust anchors. They are called `given`.
    ///
    /// # Errors
    ///
    /// As [`from_pem`](Self::from_pem).
    pub fn from_der<I>(certificates: I) -> Result<Self, AnchorError>
    where
        I: IntoIterator,
        I::Item: Into<Vec<u8>>,
    {
        Self::from_certificates(&PresentedChain::from_der(certificates)?)
    }

    /// Calls the store so, for reports to tell it from others.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into().into();
        self
    }

    fn from_certificates(given: &PresentedChain) -> Result<Self, AnchorError> {
        Self::read("given", given.entries(), Vec::new())
    }

    /// Takes certificates as trust anchors, beside those that could not even be had.
    pub(super) fn read(
        name: &str,
        given: &[Entry],
        mut problems: Vec<AnchorProblem>,
    ) -> Result<Self, AnchorError> {
        let (mut anchors, mut certificates) = (Vec::new(), Vec::new());
        for (position, entry) in given.iter().enumerate() {
            match anchor(entry) {
                Ok(anchor) => {
                    anchors.push(anchor);
                    certificates.push(entry.clone());
                }
                Err(reason) => problems.push(AnchorProblem { position: Some(position), reason }),
            }
        }
        match problems.first() {
            Some(first) if anchors.is_empty() => Err(AnchorError::Unusable(first.clone())),
            _ => Ok(Self::new(name, anchors.into(), Certificates::Given(certificates), problems)),
        }
    }

    fn new(
        name: &str,
        anchors: Cow<'static, [TrustAnchor<'static>]>,
        certificates: Certificates,
        problems: Vec<AnchorProblem>,
    ) -> Self {
        let (by_name, names, faults) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        let store = Store { anchors, certificates, problems, by_name, names, faults };
        Self { name: name.into(), store: Arc::new(store) }
    }

    /// What the store is called: `mozilla`, `system` or `given`, if not [`named`](Self::named).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many anchors there are; at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a set of anchors is never empty")]
    pub fn len(&self) -> usize {
        self.store.anchors.len()
    }

    /// What could not be taken as an anchor.
    #[must_use]
    pub fn problems(&self) -> &[AnchorProblem] {
        &self.store.problems
    }

    /// The anchor at `index` as webpki takes it.
    pub(super) fn anchor(&self, index: usize) -> Option<TrustAnchor<'_>> {
        self.store.anchors.get(index).map(borrowed)
    }

    /// Whether these are the roots of public CAs, whom the Baseline Requirements bind.
    pub(super) fn is_public(&self) -> bool {
        matches!(self.store.certificates, Certificates::Mozilla)
    }

    /// The certificate of the anchor at `index`; `None` where only its name and key are known.
    pub(super) fn certificate(&self, index: usize) -> Option<&Certificate> {
        self.entry(index)?.certificate().ok()
    }

    /// The same, with its bytes.
    pub(super) fn entry(&self, index: usize) -> Option<&Entry> {
        match &self.store.certificates {
            Certificates::Given(certificates) => certificates.get(index),
            Certificates::Mozilla => mozilla_certificates().get(index)?.as_ref(),
        }
    }

    /// The name of the anchor at `index`, for people.
    pub(super) fn anchor_name(&self, index: usize) -> String {
        let names = || self.store.anchors.iter().map(|anchor| name(anchor).to_string()).collect();
        self.store.names.get_or_init(names).get(index).cloned().unwrap_or_default()
    }

    /// What is wrong with the anchor at `index`; nothing, where only its name and key are known.
    pub(super) fn faults(&self, index: usize) -> &[AnchorFault] {
        let faults = |index| self.certificate(index).map(root::faults).unwrap_or_default();
        let all = || (0..self.len()).map(faults).collect();
        self.store.faults.get_or_init(all).get(index).map_or(&[], Vec::as_slice)
    }

    /// Whether a certificate has the name and the key of an anchor.
    pub(super) fn contains(&self, certificate: &Certificate) -> bool {
        self.named_as(certificate.subject()).any(|index| self.is(index, certificate))
    }

    /// Whether a certificate has the name and the key of the anchor at `index`.
    pub(super) fn is(&self, index: usize, certificate: &Certificate) -> bool {
        self.store.anchors.get(index).is_some_and(|anchor| {
            content(certificate.subject().as_der()) == Some(&*anchor.subject)
                && content(certificate.public_key().spki())
                    == Some(&*anchor.subject_public_key_info)
        })
    }

    /// Whether a certificate names an anchor as its issuer.
    pub(super) fn names_issuer_of(&self, certificate: &Certificate) -> bool {
        self.named_as(certificate.issuer()).next().is_some()
    }

    /// The indexes of the anchors of a name, found by binary search: every inspection asks for
    /// several, and a store has hundreds.
    pub(super) fn named_as(&self, name: &DistinguishedName) -> impl Iterator<Item = usize> + '_ {
        let anchors = &self.store.anchors;
        let by_name = self.store.by_name.get_or_init(|| {
            let mut indexes: Box<[usize]> = (0..anchors.len()).collect();
            indexes.sort_by_key(|index| &*anchors[*index].subject);
            indexes
        });
        let subject = content(name.as_der()).unwrap_or_default();
        let below = by_name.partition_point(|index| &*anchors[*index].subject < subject);
        let named = by_name[below..].partition_point(|index| &*anchors[*index].subject == subject);
        by_name[below..below + named].iter().copied()
    }
}

/// Not the anchors themselves: Mozilla's fill pages of a log.
impl fmt::Debug for TrustAnchors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustAnchors")
            .field("name", &self.name)
            .field("len", &self.len())
            .field("public", &self.is_public())
            .finish_non_exhaustive()
    }
}

impl Default for TrustAnchors {
    fn default() -> Self {
        Self::mozilla()
    }
}

/// Why there are no trust anchors.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// There is no certificate.
    #[error("no trust anchor was given")]
    Chain(#[from] ChainError),
    /// The system has no trust anchors where they were looked for.
    #[error("no trust anchor was found in {looked_in}")]
    NoneFound {
        /// The places: what the environment variables name, or the system's own.
        looked_in: String,
        /// Why one of them could not be read, where that is why.
        #[source]
        problem: Option<AnchorProblem>,
    },
    /// None of the certificates can be a trust anchor; the first problem.
    #[error("no certificate can be taken as a trust anchor")]
    Unusable(#[source] AnchorProblem),
}

/// Something that can't be a trust anchor, or could not be read to find one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AnchorProblem {
    /// The certificate's place among those that were given or found, from 0; `None` where there is
    /// no certificate, as with a file that could not be read.
    pub position: Option<usize>,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for AnchorProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = self.position {
            write!(f, "certificate {position}: ")?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for AnchorProblem {}

/// Takes a certificate as a trust anchor, or says why it can be none.
fn anchor(entry: &Entry) -> Result<TrustAnchor<'static>, String> {
    entry.certificate().map_err(ToString::to_string)?;
    let der = CertificateDer::from(entry.der());
    let anchor = webpki::anchor_from_trusted_cert(&der);
    Ok(anchor.map_err(|error| format!("webpki refuses it: {error}"))?.to_owned())
}

/// The certificates of Mozilla's anchors, in the order of the anchors. The two crates are not
/// always of the same day, so an anchor may have none.
fn mozilla_certificates() -> &'static [Option<Entry>] {
    static CERTIFICATES: OnceLock<Vec<Option<Entry>>> = OnceLock::new();
    CERTIFICATES.get_or_init(|| {
        let ders = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
        let anchors = ders.iter().filter_map(|der| {
            let anchor = webpki::anchor_from_trusted_cert(der).ok()?;
            Some(((anchor.subject, anchor.subject_public_key_info), der))
        });
        let by_name_and_key: HashMap<_, _> = anchors.collect();
        let certificate = |anchor: &TrustAnchor<'static>| {
            let key = (anchor.subject.clone(), anchor.subject_public_key_info.clone());
            let entry = Entry::read(by_name_and_key.get(&key)?);
            entry.certificate().is_ok().then_some(entry)
        };
        webpki_roots::TLS_SERVER_ROOTS.iter().map(certificate).collect()
    })
}

fn borrowed<'a>(anchor: &'a TrustAnchor<'_>) -> TrustAnchor<'a> {
    TrustAnchor {
        subject: Der::from_slice(&anchor.subject),
        subject_public_key_info: Der::from_slice(&anchor.subject_public_key_info),
        name_constraints: anchor.name_constraints.as_deref().map(Der::from_slice),
    }
}

fn name(anchor: &TrustAnchor<'_>) -> DistinguishedName {
    DistinguishedName::from_content(&anchor.subject)
}

/// webpki holds a name and a key without tag and length.
fn content(der: &[u8]) -> Option<&[u8]> {
    crate::chain::sequence_content(der)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl TrustAnchors {
        /// The same anchors, of which only name and key are known.
        pub(in crate::inspect) fn without_certificates(self) -> Self {
            let anchors = self.store.anchors.clone();
            Self::new(&self.name, anchors, Certificates::Given(Vec::new()), Vec::new())
        }
    }

    #[test]
    fn nearly_all_of_mozillas_anchors_have_dates() {
        let anchors = TrustAnchors::mozilla();
        let dated = (0..anchors.len()).filter(|index| anchors.certificate(*index).is_some());
        // webpki-root-certs may have dropped a root that webpki-roots still has.
        assert!(dated.count() + 5 > anchors.len());
        assert!(anchors.len() > 100);
    }

    #[test]
    fn an_anchors_certificate_is_its_own() {
        let anchors = TrustAnchors::mozilla();
        for index in 0..anchors.len() {
            let Some(certificate) = anchors.certificate(index) else {
                continue;
            };
            assert_eq!(certificate.subject().to_string(), anchors.anchor_name(index));
            assert!(anchors.contains(certificate));
            assert!(anchors.names_issuer_of(certificate));
        }
    }
}
