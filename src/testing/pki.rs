//! Roots, cross-signs and intermediates.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

use super::Chain;
use super::issued::{Issued, pem};
use super::keys::Key;
use crate::inspect::TrustAnchors;

/// Makes certificates, with dates around an instant.
///
/// Each has a validity period that suits most tests, and can be given any other; see
/// [`Authority::valid`] and [`Chain::ending_at`].
///
/// | | from | until |
/// |---|---|---|
/// | a root | 10 years before | 10 years after |
/// | an intermediate | 5 years before | 5 years after |
/// | an end-entity certificate | 30 days before | 60 days after |
///
/// The keys are P-256, a few in number, and go round in the order in which certificates are made: two
/// roots with the same name, each the first of its `Pki`, are the same to clients. Call one otherwise
/// where a test wants a stranger.
///
/// ```
/// use notafter::Status;
/// use notafter::testing::Pki;
/// use time::{Duration, macros::datetime};
///
/// let at = datetime!(2030-01-01 0:00 UTC);
/// let root = Pki::at(at).root("Test Root");
/// let dying = root.intermediate("Dying CA").ending_at(at + Duration::days(20));
/// let report = dying.server("app.example").inspect(at);
/// report.assert_status(Status::Warn);
/// assert_eq!(report.horizon().until, Some(datetime!(2030-01-21 0:00 UTC)));
/// ```
#[derive(Clone, Debug)]
pub struct Pki {
    at: OffsetDateTime,
    made: Arc<Made>,
}

/// How many there are already.
#[derive(Debug, Default)]
struct Made {
    keys: AtomicUsize,
    certificates: AtomicUsize,
}

impl Pki {
    /// Dates are around this instant: a fixed one, or what a [`Clock`](super::Clock) shows.
    #[must_use]
    pub fn at(instant: OffsetDateTime) -> Self {
        Self { at: instant, made: Arc::default() }
    }

    /// Makes a root, with this common name.
    ///
    /// # Panics
    ///
    /// Where the years around the instant are not between 0 and 9999.
    #[must_use]
    #[track_caller]
    pub fn root(&self, name: &str) -> Authority {
        Authority::new(self, name, None)
    }

    /// A key, and the period that reaches so many days around the instant.
    pub(super) fn params(&self, name: &str, days: RangeInclusive<i64>) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = self.at.saturating_add(Duration::days(*days.start()));
        params.not_after = self.at.saturating_add(Duration::days(*days.end()));
        params
    }

    pub(super) fn next_key(&self) -> Key {
        Key::of(self.made.keys.fetch_add(1, Ordering::Relaxed))
    }

    /// From 1 on.
    pub(super) fn next_serial_number(&self) -> u64 {
        let made = self.made.certificates.fetch_add(1, Ordering::Relaxed);
        u64::try_from(made).unwrap_or(u64::MAX - 1) + 1
    }
}

/// A certificate that signs others, and its key: a root, an intermediate, or a cross-sign.
///
/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Authority(Arc<Issued>);

impl Authority {
    #[track_caller]
    fn new(pki: &Pki, name: &str, issuer: Option<&Self>) -> Self {
        let years = if issuer.is_some() { 5 } else { 10 };
        let mut params = pki.params(name, -365 * years..=365 * years);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issued = Issued::new(pki.clone(), params, pki.next_key(), issuer.cloned());
        Self(Arc::new(issued))
    }

    /// Makes an intermediate under this one, with this common name.
    ///
    /// # Panics
    ///
    /// Where the years around the instant of the [`Pki`] are not between 0 and 9999.
    #[must_use]
    #[track_caller]
    pub fn intermediate(&self, name: &str) -> Self {
        Self::new(&self.0.pki, name, Some(self))
    }

    /// Makes a server's certificate under this one: the chain of it and of what leads to the root,
    /// as a server sends it. A DNS name, also one that begins with `*.`, or an IP address.
    ///
    /// # Panics
    ///
    /// Where it is neither, or the years around the instant of the [`Pki`] are not between 0 and
    /// 9999.
    #[must_use]
    #[track_caller]
    pub fn server(&self, name: &str) -> Chain {
        Chain::new(&self.0.pki, name, self)
    }

    /// Certifies another authority too: the same subject, key and dates, under this issuer.
    ///
    /// Add it to a chain ([`Chain::with`]) for clients that know this one and not the other; what is
    /// issued by the cross-sign itself sends it anyway.
    ///
    /// ```
    /// use notafter::testing::Pki;
    /// use time::macros::datetime;
    ///
    /// let pki = Pki::at(datetime!(2030-01-01 0:00 UTC));
    /// let (old, new) = (pki.root("Old Root"), pki.root("New Root"));
    /// let chain = new.intermediate("CA").server("app.example").with(&old.cross_sign(&new));
    /// assert_eq!(chain.presented().entries().len(), 3);
    /// ```
    #[must_use]
    pub fn cross_sign(&self, other: &Self) -> Self {
        let Issued { params, key, .. } = &*other.0;
        let issued = Issued::new(self.0.pki.clone(), params.clone(), *key, Some(self.clone()));
        Self(Arc::new(issued))
    }

    /// The same with other dates, both ends inclusive, in whole seconds: any, be they expired or
    /// the wrong way round. What this one has issued stays as it is.
    ///
    /// # Panics
    ///
    /// Where the years are not between 0 and 9999.
    #[must_use]
    #[track_caller]
    pub fn valid(self, period: RangeInclusive<OffsetDateTime>) -> Self {
        Self(Arc::new(self.0.valid(period)))
    }

    /// The same, as long, but ending at this instant, which is the last good second.
    ///
    /// # Panics
    ///
    /// As [`valid`](Self::valid).
    #[must_use]
    #[track_caller]
    pub fn ending_at(self, instant: OffsetDateTime) -> Self {
        Self(Arc::new(self.0.ending_at(instant)))
    }

    /// The certificate in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The certificate in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", self.der())
    }

    /// Trusts this certificate, and nothing else.
    #[must_use]
    pub fn anchors(&self) -> TrustAnchors {
        TrustAnchors::from_der([self.der()])
            .unwrap_or_else(|error| panic!("a certificate of ours is no trust anchor: {error}"))
    }

    pub(super) fn issued(&self) -> &Issued {
        &self.0
    }
}
