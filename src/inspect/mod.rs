//! What a chain means at an instant: findings, from facts, a policy and trust anchors.
//!
//! Pure: no socket, no clock. Each check is one rule; they run over every certificate, whatever
//! the others found, so that an expired chain is also told to be misnamed.

mod alone;
mod anchors;
mod baseline;
mod dates;
mod document;
mod drift;
mod fields;
mod findings;
mod handshake;
mod horizon;
mod identity;
mod links;
#[cfg(feature = "native-roots")]
mod native;
mod policy;
mod private_key;
mod readable;
mod revocation;
mod rollover;
mod root;
mod search;
mod signatures;
mod store;
mod strength;
#[cfg(feature = "psl")]
mod suffix;
mod trust;
mod usage;

use std::sync::Arc;

#[cfg(feature = "fetch")]
use rustls_pki_types::SignatureVerificationAlgorithm;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

use crate::chain::{Certificate, ChainError, Entry, PresentedChain, RevocationList};
use crate::report::{Report, ReportedCertificate, Role, StoreVerdict, Trust};
use crate::target::{Purpose, Subject};

use self::findings::Findings;
use self::horizon::Outlook;
use self::links::Links;
use self::search::Search;
use self::signatures::Signatures;
use self::trust::Verdict;

pub use anchors::{AnchorError, AnchorProblem, TrustAnchors};
pub use drift::{Drift, compare};
pub use policy::{Policy, Thresholds};

/// Judges chains: what to trust, and what counts as a finding.
///
/// Cheap to clone; clones share the memory of signatures that were verified, so that the
/// intermediates that sign everything are verified once.
///
/// ```
/// use notafter::chain::PresentedChain;
/// use notafter::inspect::Inspector;
/// use notafter::target::{Purpose, Subject};
/// # fn run(pem: &str, at: time::OffsetDateTime) -> Result<(), notafter::chain::ChainError> {
/// let inspector = Inspector::new();
/// let chain = PresentedChain::from_pem(pem)?;
/// let report = inspector.inspect(&chain, &Subject::new("chain.pem", Purpose::Server), at);
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Inspector {
    /// Never empty.
    stores: Vec<TrustAnchors>,
    policy: Arc<Policy>,
    extra: Arc<[Entry]>,
    revocation_lists: revocation::Lists,
    signatures: Signatures,
}

impl Inspector {
    /// Trusts Mozilla's anchors, and judges by the default [`Policy`].
    #[must_use]
    pub fn new() -> Self {
        Self {
            stores: vec![TrustAnchors::mozilla()],
            policy: Arc::default(),
            extra: Arc::default(),
            revocation_lists: revocation::Lists::default(),
            signatures: Signatures::compiled_in(),
        }
    }

    /// Trusts these anchors instead.
    #[must_use]
    pub fn with_anchors(mut self, anchors: TrustAnchors) -> Self {
        self.stores = vec![anchors];
        self
    }

    /// Looks at these anchors beside: the report has a verdict and a horizon for each store, and
    /// tells where clients of this one fare worse than those of the first.
    ///
    /// For services whose clients differ: browsers with Mozilla's roots, appliances with the
    /// system's, partners with those of a private CA.
    ///
    /// ```
    /// use notafter::inspect::{Inspector, TrustAnchors};
    /// # fn run(appliances: &str) -> Result<(), notafter::inspect::AnchorError> {
    /// let inspector = Inspector::new()
    ///     .and_anchors(TrustAnchors::from_pem(appliances)?.named("appliances"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn and_anchors(mut self, anchors: TrustAnchors) -> Self {
        self.stores.push(anchors);
        self
    }

    /// Judges by this policy instead.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = Arc::new(policy);
        self
    }

    /// Knows these intermediates beside those that are presented, as a client does that fetches
    /// or remembers them. A chain that needs them is still told to be incomplete.
    ///
    /// # Errors
    ///
    /// [`ChainError::NoCertificate`] where the PEM text holds none.
    pub fn with_intermediates(mut self, pem: impl AsRef<[u8]>) -> Result<Self, ChainError> {
        self.extra = PresentedChain::from_pem(pem)?.entries().into();
        Ok(self)
    }

    /// Holds these revocation lists, in the place of those before, against the certificates of the
    /// path: the end-entity certificate and the intermediates. Nothing is fetched.
    ///
    /// A certificate that a list of its issuer names is `revoked`. Where lists of its issuer are
    /// given, and none of them can clear it, `revocation-list-unusable` says why: one whose next
    /// update is due at the instant asked about proves nothing. Of a certificate whose issuer has
    /// no list here nothing is told.
    ///
    /// Revoked is a certificate from the date in the list on, or from the list's own date on where
    /// that is earlier, as no client looks at the former. A list need not be in force for that.
    ///
    /// RFC 5280 section 6.3.
    #[must_use]
    pub fn with_revocation_lists(
        mut self,
        lists: impl IntoIterator<Item = RevocationList>,
    ) -> Self {
        self.revocation_lists = lists.into_iter().collect();
        self
    }

    /// What counts as a finding.
    #[cfg(feature = "fetch")]
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Verifies signatures with the algorithms of a provider.
    #[cfg(feature = "fetch")]
    pub(crate) fn with_algorithms(
        mut self,
        algorithms: &[&'static dyn SignatureVerificationAlgorithm],
    ) -> Self {
        self.signatures = Signatures::new(algorithms);
        self
    }

    /// Judges a chain at an instant, which is cut to whole seconds.
    ///
    /// The instant may lie anywhere: ask 'how will this look in 30 days?' by passing it.
    #[must_use]
    pub fn inspect(&self, chain: &PresentedChain, subject: &Subject, at: OffsetDateTime) -> Report {
        let at = whole_seconds(at);
        if subject.purpose() == Purpose::Ca {
            return alone::authorities(chain, subject, &self.policy, at);
        }
        let view = View::new(chain, &self.extra);
        let links = Links::new(&view);
        let above = links.issuers_above();
        let look = |anchors| {
            let (signatures, purpose) = (&self.signatures, subject.purpose());
            let search =
                Search { view: &view, anchors, above: above.as_ref(), signatures, purpose };
            let paths = search.paths(at);
            let verdict = Verdict::new(&view, anchors, &paths, at);
            let mut outlook = Outlook::new(&view, &links, anchors, &paths, at);
            // Who verifies what it signs knows the certificate by itself.
            let untrusted = matches!(verdict.trust, Trust::Untrusted { .. });
            if subject.is_known_by_itself() && untrusted {
                outlook.stands_alone(alone::horizon(&view.all[..1], Some(0), at));
            }
            (paths, verdict, outlook)
        };
        // There is a first: every constructor and setter leaves one.
        let anchors = &self.stores[0];
        let (mut paths, verdict, outlook) = look(anchors);
        let needed = needed(&verdict, &links, view.all.len());

        let mut findings = Findings::new(&self.policy, &view, &needed);
        readable::check(&mut findings, &verdict);
        dates::check(&mut findings, &links, &verdict, &outlook.horizon, at);
        identity::check(&mut findings, subject);
        #[cfg(feature = "psl")]
        suffix::check(&mut findings, subject);
        links::check(&mut findings, &links, anchors, &verdict, subject);
        trust::check(&mut findings, &verdict, subject);
        horizon::check(&mut findings, &outlook, at);
        usage::check(&mut findings, &links, subject, &verdict);
        strength::check(&mut findings);
        fields::check(&mut findings);
        baseline::check(&mut findings, anchors, &verdict);
        revocation::check(
            &mut findings,
            &self.revocation_lists,
            &links,
            anchors,
            &self.signatures,
            &verdict,
            at,
        );
        root::check(&mut findings, anchors, &verdict, subject.purpose());
        handshake::check(&mut findings, chain.peer());
        private_key::check(&mut findings, subject);
        document::check(&mut findings, subject, at);

        let told = |anchors: &TrustAnchors, verdict: Verdict, outlook: Outlook| {
            StoreVerdict::new(anchors.shared_name(), verdict.trust, outlook.horizon)
        };
        let mut stores = vec![told(anchors, verdict, outlook)];
        for anchors in &self.stores[1..] {
            let (others, verdict, outlook) = look(anchors);
            horizon::compare(&mut findings, stores[0].horizon(), (anchors, &verdict, &outlook), at);
            paths.list.extend(others.list);
            stores.push(told(anchors, verdict, outlook));
        }

        let behind = view.presented..view.all.len();
        Report {
            target: subject.label().into(),
            purpose: subject.purpose(),
            checked_at: at,
            peer: chain.peer().cloned(),
            chain: reported(&view, 0..view.presented),
            extra: reported(&view, behind.filter(|position| paths.involve(*position))),
            findings: findings.sorted(),
            client: None,
            stores,
        }
    }
}

impl Default for Inspector {
    fn default() -> Self {
        Self::new()
    }
}

/// What is looked at: the presented certificates, and behind them the caller's own.
pub(crate) struct View<'a> {
    pub(crate) all: Vec<&'a Entry>,
    /// How many of them were presented.
    pub(crate) presented: usize,
}

impl<'a> View<'a> {
    fn new(chain: &'a PresentedChain, extra: &'a [Entry]) -> Self {
        let presented = chain.entries();
        Self { all: presented.iter().chain(extra).collect(), presented: presented.len() }
    }

    fn certificate(&self, position: usize) -> Option<&'a Certificate> {
        self.all.get(position).and_then(|entry| entry.certificate().ok())
    }

    /// The certificates that could be read, with their positions.
    fn certificates(&self) -> impl Iterator<Item = (usize, &'a Certificate)> + '_ {
        let numbered = self.all.iter().enumerate();
        numbered.filter_map(|(position, entry)| Some((position, entry.certificate().ok()?)))
    }

    fn presented(&self) -> impl Iterator<Item = (usize, &'a Certificate)> + '_ {
        self.certificates().take_while(|(position, _)| *position < self.presented)
    }
}

/// X.509 dates have whole seconds, and both ends belong to the period: 23:59:59.9 still is
/// 23:59:59 (RFC 5280 section 4.1.2.5).
pub(crate) fn whole_seconds(at: OffsetDateTime) -> OffsetDateTime {
    let utc = at.checked_to_offset(UtcOffset::UTC).unwrap_or_else(|| {
        // Within a day of the first or the last instant that there is, an offset leads past it.
        let nearest = if at.year() < 0 { PrimitiveDateTime::MIN } else { PrimitiveDateTime::MAX };
        nearest.assume_utc()
    });
    utc.replace_nanosecond(0).unwrap_or(utc)
}

/// Which certificates a client needs: those on the path, or, where there is none, those that lead
/// up from the end-entity certificate by name.
fn needed(verdict: &Verdict, links: &Links, count: usize) -> Vec<bool> {
    (0..count)
        .map(|position| match verdict.trust.path() {
            Some(path) => path.path.contains(&position),
            None => links.leads_up(position),
        })
        .collect()
}

fn reported(view: &View<'_>, positions: impl Iterator<Item = usize>) -> Vec<ReportedCertificate> {
    positions
        .map(|position| {
            let role = match view.certificate(position) {
                _ if position == 0 => Role::EndEntity,
                Some(certificate) if certificate.is_self_issued() => Role::Root,
                _ => Role::Intermediate,
            };
            ReportedCertificate::presented(position, role, view.all[position].clone())
        })
        .collect()
}
