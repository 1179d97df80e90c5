//! Trust anchors: whom to trust, and what is known of their own dates.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls_pki_types::{CertificateDer, Der, TrustAnchor};

use crate::chain::{Certificate, ChainError, DistinguishedName, Entry, PresentedChain};

/// A set of trust anchors: the keys in which every path has to end.
///
/// Cheap to clone: the anchors are shared.
#[derive(Clone)]
pub struct TrustAnchors(Arc<Store>);

struct Store {
    anchors: Cow<'static, [TrustAnchor<'static>]>,
    certificates: Certificates,
    problems: Vec<AnchorProblem>,
    /// What the anchors are called, once somebody asks; every report does.
    names: OnceLock<Box<[String]>>,
}

/// Where an anchor's own certificate is found, for its dates: an anchor itself is a name and a key.
enum Certificates {
    Mozilla,
    /// In the order of the anchors.
    Given(Vec<Entry>),
}

impl TrustAnchors {
    /// The roots that Mozilla trusts for servers, compiled in (crate `webpki-roots`), with their
    /// dates (crate `webpki-root-certs`).
    ///
    /// What is compiled in ages: update this crate's dependencies, as roots come and go.
    #[must_use]
    pub fn mozilla() -> Self {
        static MOZILLA: OnceLock<TrustAnchors> = OnceLock::new();
        let store = || Store {
            anchors: Cow::Borrowed(webpki_roots::TLS_SERVER_ROOTS),
            certificates: Certificates::Mozilla,
            problems: Vec::new(),
            names: OnceLock::new(),
        };
        MOZILLA.get_or_init(|| Self(Arc::new(store()))).clone()
    }

    /// Reads every certificate of a PEM text as a trust anchor.
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

    /// Reads certificates in DER as trust anchors.
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

    fn from_certificates(given: &PresentedChain) -> Result<Self, AnchorError> {
        let (mut anchors, mut certificates, mut problems) = (Vec::new(), Vec::new(), Vec::new());
        for (position, entry) in given.entries().iter().enumerate() {
            let read = entry.certificate().map_err(ToString::to_string).and_then(|_| {
                let der = CertificateDer::from(entry.der());
                let anchor = webpki::anchor_from_trusted_cert(&der)
                    .map_err(|error| format!("webpki refuses it: {error}"))?;
                Ok(anchor.to_owned())
            });
            match read {
                Ok(anchor) => {
                    anchors.push(anchor);
                    certificates.push(entry.clone());
                }
                Err(reason) => problems.push(AnchorProblem { position, reason }),
            }
        }
        match problems.first() {
            Some(first) if anchors.is_empty() => Err(AnchorError::Unusable(first.clone())),
            _ => Ok(Self(Arc::new(Store {
                anchors: anchors.into(),
                certificates: Certificates::Given(certificates),
                problems,
                names: OnceLock::new(),
            }))),
        }
    }

    /// How many anchors there are; at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a set of anchors is never empty")]
    pub fn len(&self) -> usize {
        self.0.anchors.len()
    }

    /// The certificates that could not be taken as anchors.
    #[must_use]
    pub fn problems(&self) -> &[AnchorProblem] {
        &self.0.problems
    }

    /// The anchors that may have issued one of these certificates, by their names, and their
    /// indexes.
    pub(super) fn issuers_of<'a>(
        &self,
        certificates: impl Iterator<Item = &'a Certificate>,
    ) -> (Vec<usize>, Vec<TrustAnchor<'_>>) {
        let issuers: Vec<&[u8]> =
            certificates.filter_map(|issued| content(issued.issuer().as_der())).collect();
        let anchors = self.0.anchors.iter().enumerate();
        anchors
            .filter(|(_, anchor)| issuers.contains(&&*anchor.subject))
            .map(|(index, anchor)| (index, borrowed(anchor)))
            .unzip()
    }

    /// How many of the anchors at `indexes` have the name.
    pub(super) fn count_named(&self, indexes: &[usize], name: &DistinguishedName) -> usize {
        let name = content(name.as_der());
        let anchors = indexes.iter().filter_map(|index| self.0.anchors.get(*index));
        anchors.filter(|anchor| name == Some(&*anchor.subject)).count()
    }

    /// Whether these are the roots of public CAs, whom the Baseline Requirements bind.
    pub(super) fn is_public(&self) -> bool {
        matches!(self.0.certificates, Certificates::Mozilla)
    }

    /// The certificate of the anchor at `index`; `None` where only its name and key are known.
    pub(super) fn entry(&self, index: usize) -> Option<&Entry> {
        match &self.0.certificates {
            Certificates::Given(certificates) => certificates.get(index),
            Certificates::Mozilla => mozilla_certificates().get(index)?.as_ref(),
        }
    }

    /// What that certificate says.
    pub(super) fn certificate(&self, index: usize) -> Option<&Certificate> {
        self.entry(index)?.certificate().ok()
    }

    /// The name of the anchor at `index`, for people.
    pub(super) fn name(&self, index: usize) -> String {
        let names = || self.0.anchors.iter().map(|anchor| name(anchor).to_string()).collect();
        self.0.names.get_or_init(names).get(index).cloned().unwrap_or_default()
    }

    /// Whether a certificate has the name and the key of an anchor.
    pub(super) fn contains(&self, certificate: &Certificate) -> bool {
        self.0.anchors.iter().any(|anchor| names(anchor, certificate))
    }

    /// Whether a certificate has the name and the key of the anchor at `index`.
    pub(super) fn is(&self, index: usize, certificate: &Certificate) -> bool {
        self.0.anchors.get(index).is_some_and(|anchor| names(anchor, certificate))
    }

    /// Whether a certificate names an anchor as its issuer.
    pub(super) fn names_issuer_of(&self, certificate: &Certificate) -> bool {
        let issuer = content(certificate.issuer().as_der());
        self.0.anchors.iter().any(|anchor| issuer == Some(&*anchor.subject))
    }
}

/// Not the anchors themselves: Mozilla's fill pages of a log.
impl fmt::Debug for TrustAnchors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustAnchors")
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
    /// None of the certificates can be a trust anchor; the first problem.
    #[error("no certificate can be taken as a trust anchor")]
    Unusable(#[source] AnchorProblem),
}

/// A certificate that can't be a trust anchor.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("certificate {position}: {reason}")]
#[non_exhaustive]
pub struct AnchorProblem {
    /// Its place among those that were given, from 0.
    pub position: usize,
    /// What is wrong with it.
    pub reason: String,
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
            Some(Entry::read(by_name_and_key.get(&key)?))
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

fn names(anchor: &TrustAnchor<'_>, certificate: &Certificate) -> bool {
    content(certificate.subject().as_der()) == Some(&*anchor.subject)
        && content(certificate.public_key().spki()) == Some(&*anchor.subject_public_key_info)
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
            assert_eq!(certificate.subject().to_string(), anchors.name(index));
            assert!(anchors.contains(certificate));
            assert!(anchors.names_issuer_of(certificate));
        }
    }
}
