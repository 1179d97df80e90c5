//! What a chain means at an instant: findings, from facts, a policy and trust anchors.
//!
//! Pure: no socket, no clock. Each check is one rule; they run over every certificate, whatever
//! the others found, so that an expired chain is also told to be misnamed.

mod anchors;
mod baseline;
mod dates;
mod fields;
mod findings;
mod handshake;
mod horizon;
mod identity;
mod links;
#[cfg(feature = "native-roots")]
mod native;
mod policy;
mod readable;
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

use crate::chain::{Certificate, ChainError, Entry, PresentedChain};
use crate::report::{Report, ReportedCertificate, Role};
use crate::target::Subject;

use self::findings::Findings;
use self::horizon::Outlook;
use self::links::Links;
use self::search::Search;
use self::signatures::Signatures;
use self::trust::Verdict;

pub use anchors::{AnchorError, AnchorProblem, TrustAnchors};
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
    anchors: TrustAnchors,
    policy: Arc<Policy>,
    extra: Arc<[Entry]>,
    signatures: Signatures,
}

impl Inspector {
    /// Trusts Mozilla's anchors, and judges by the default [`Policy`].
    #[must_use]
    pub fn new() -> Self {
        Self {
            anchors: TrustAnchors::mozilla(),
            policy: Arc::default(),
            extra: Arc::default(),
            signatures: Signatures::compiled_in(),
        }
    }

    /// Trusts these anchors instead.
    #[must_use]
    pub fn with_anchors(mut self, anchors: TrustAnchors) -> Self {
        self.anchors = anchors;
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
        let view = View::new(chain, &self.extra);
        let links = Links::new(&view);
        let above = links.issuers_above();
        let search = Search {
            view: &view,
            anchors: &self.anchors,
            above: above.as_ref(),
            signatures: &self.signatures,
            purpose: subject.purpose(),
        };
        let paths = search.paths(at);
        let verdict = Verdict::new(&view, &self.anchors, &paths, at);
        let outlook = Outlook::new(&view, &links, &self.anchors, &paths, at);
        let needed = needed(&verdict, &links, view.all.len());

        let mut findings = Findings::new(&self.policy, &view, &needed);
        readable::check(&mut findings, &verdict);
        dates::check(&mut findings, &verdict, &outlook.horizon, at);
        identity::check(&mut findings, subject);
        #[cfg(feature = "psl")]
        suffix::check(&mut findings, subject);
        links::check(&mut findings, &links, &self.anchors, &verdict);
        trust::check(&mut findings, &verdict, subject);
        horizon::check(&mut findings, &outlook, at);
        usage::check(&mut findings, &links, subject, &verdict);
        strength::check(&mut findings);
        fields::check(&mut findings);
        baseline::check(&mut findings, &self.anchors, &verdict);
        root::check(&mut findings, &self.anchors, &verdict, subject.purpose());
        handshake::check(&mut findings, chain.peer());

        Report {
            target: subject.label().into(),
            checked_at: at,
            peer: chain.peer().cloned(),
            chain: reported(&view, 0..view.presented),
            extra: reported(
                &view,
                (view.presented..view.all.len()).filter(|position| paths.involve(*position)),
            ),
            findings: findings.sorted(),
            trust: verdict.trust,
            horizon: outlook.horizon,
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
fn whole_seconds(at: OffsetDateTime) -> OffsetDateTime {
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
