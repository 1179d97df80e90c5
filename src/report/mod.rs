//! What it means: findings, trust and status of one chain at one instant.
//!
//! A [`Report`] holds facts and [`Finding`]s; its [`Status`] is derived from them and never stored
//! beside them. With the feature `serde` it is written in a stable shape, and read back equal.

mod anchor;
#[cfg(feature = "testing")]
mod assert;
mod at_rest;
mod certificate;
mod code;
mod disagreement;
mod display;
mod fault;
mod finding;
mod horizon;
mod kind;
mod outlook;
mod remedy;
mod revocation;
#[cfg(feature = "serde")]
mod serial;
mod span;
mod store;
mod trust;
mod wording;

use std::sync::Arc;

use time::OffsetDateTime;

use crate::chain::{Entry, Peer, PresentedChain};
use crate::target::Purpose;

pub use anchor::AnchorFault;
pub use at_rest::{DocumentEnd, Replaced, Replacement, Succession};
pub use certificate::{ReportedCertificate, Role};
pub use code::{Code, UnknownCode};
pub use disagreement::{Disagreement, Seen, UnreachableAddress};
pub(crate) use display::TrustLine;
pub use fault::{
    AuthorityKeyIdentifierFault, DnsNameFault, NameConstraintsFault, PolicyConstraintsFault,
    SerialNumberFault, SubjectKeyIdentifierFault,
};
pub(crate) use finding::sort;
pub use finding::{Finding, Severity};
pub use horizon::{AnchorHorizon, Gap, Horizon, Limit, Profile};
pub use kind::FindingKind;
pub use revocation::RevocationListFault;
pub(crate) use span::{Instant, Span};
pub use store::StoreVerdict;
pub use trust::{Trust, TrustedPath, UndeterminedReason, UntrustedReason};

/// What was seen of one chain, judged at one instant.
///
/// It comes from [`Inspector::inspect`](crate::inspect::Inspector::inspect). `Display` writes a few
/// lines for people, the most urgent first.
///
/// ```
/// use notafter::report::{FindingKind, Report, Status};
///
/// fn page_someone(report: &Report) -> bool {
///     report.status() >= Status::Fail
///         || report.findings().iter().any(|finding| {
///             matches!(finding.kind(), FindingKind::ExpiresSoon { seconds_left, .. } if *seconds_left < 86_400)
///         })
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub(crate) target: Arc<str>,
    pub(crate) purpose: Purpose,
    pub(crate) checked_at: OffsetDateTime,
    pub(crate) peer: Option<Peer>,
    pub(crate) chain: Vec<ReportedCertificate>,
    pub(crate) extra: Vec<ReportedCertificate>,
    /// Never empty: the first store is the one that the findings are about.
    pub(crate) stores: Vec<StoreVerdict>,
    /// Sorted: the most urgent first, then by position.
    pub(crate) findings: Vec<Finding>,
    /// Of the client certificate that was there to be shown.
    pub(crate) client: Option<Box<Self>>,
}

impl Report {
    /// What was looked at: a target, or where a chain at rest was found.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// What the chain was judged to be good for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The instant at which the chain was judged.
    #[must_use]
    pub const fn checked_at(&self) -> OffsetDateTime {
        self.checked_at
    }

    /// Who presented the chain, where it came from a handshake.
    #[must_use]
    pub const fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    /// The certificates that were presented, in wire order.
    #[must_use]
    pub fn chain(&self) -> &[ReportedCertificate] {
        &self.chain
    }

    /// The same as the chain that was judged, to [compare](crate::inspect::compare) with another;
    /// `None` where the report was read back from a written one, which holds no certificates.
    #[must_use]
    pub fn presented_chain(&self) -> Option<PresentedChain> {
        let entries: Option<Vec<Entry>> =
            self.chain.iter().map(|certificate| certificate.entry().cloned()).collect();
        let chain = PresentedChain::from_entries(entries?.into_iter()).ok()?;
        Some(match &self.peer {
            Some(peer) => chain.with_peer(peer.clone()),
            None => chain,
        })
    }

    /// The caller's own intermediates that the path needed; their positions follow on the chain's.
    #[must_use]
    pub fn extra_certificates(&self) -> &[ReportedCertificate] {
        &self.extra
    }

    /// Whether a path leads to a trust anchor, of the first trust store.
    #[must_use]
    pub fn trust(&self) -> &Trust {
        self.first().trust()
    }

    /// Until when clients go on, and because of which certificate they stop, by the first trust
    /// store.
    #[must_use]
    pub fn horizon(&self) -> &Horizon {
        self.first().horizon()
    }

    /// The verdict and the horizon of each trust store, in the order in which the inspector was
    /// given them; there is at least one. The findings are about the first, and say where clients
    /// of another fare worse (`fails-in-store`).
    #[must_use]
    pub fn stores(&self) -> &[StoreVerdict] {
        &self.stores
    }

    fn first(&self) -> &StoreVerdict {
        // An inspection looks at one store at least, and what is read has one.
        &self.stores[0]
    }

    /// The horizon in one sentence for people: `clients start failing on 2026-12-01 00:00:01 UTC,
    /// because intermediate "R3" ends; …`. Its wording may change.
    #[must_use]
    pub fn outlook(&self) -> String {
        outlook::Sentence(self).to_string()
    }

    /// What was seen, the most urgent first.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The most urgent finding, where there is one, be it about our own client certificate.
    #[must_use]
    pub fn worst(&self) -> Option<&Finding> {
        let own = self.client_report().and_then(Self::worst);
        match (self.findings.first(), own) {
            (Some(first), Some(own)) if own.severity() > first.severity() => Some(own),
            (first, own) => first.or(own),
        }
    }

    /// What was seen of the client certificate that is shown to servers that ask, where there is
    /// one: judged at the same instant, for the purpose [`Purpose::Client`].
    ///
    /// Its findings are not among this report's [`findings`](Self::findings), its status is part of
    /// this report's [`status`](Self::status).
    #[must_use]
    pub fn client_report(&self) -> Option<&Self> {
        self.client.as_deref()
    }

    /// The findings with a code.
    pub fn findings_with(&self, code: Code) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.code() == code)
    }

    /// The verdict, from the findings and the trust.
    ///
    /// A [`Severity::Failure`] makes it [`Status::Fail`], whatever else could not be told. Else it
    /// is [`Status::Unknown`] where trust or the horizon could not be judged, of any store,
    /// [`Status::Warn`] from [`Severity::Warning`] on, and [`Status::Pass`]. Where there is a report
    /// of a client certificate too, the worse of both counts, by the same order.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.client_report().map(Self::status) {
            Some(own) => own.or_worse(self.status_of_the_chain()),
            None => self.status_of_the_chain(),
        }
    }

    fn status_of_the_chain(&self) -> Status {
        let undetermined = matches!(self.trust(), Trust::Undetermined { .. })
            || self.stores.iter().any(|store| store.horizon().undetermined.is_some());
        match self.findings.iter().map(Finding::severity).max() {
            Some(Severity::Failure) => Status::Fail,
            _ if undetermined => Status::Unknown,
            Some(Severity::Warning | Severity::Critical) => Status::Warn,
            Some(Severity::Note) | None => Status::Pass,
        }
    }
}

/// The verdict of a look.
///
/// The order is that of the examples' exit codes, 0 to 3: the maximum of several is what they
/// come to together, and what could not be told is never hidden behind what could.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[expect(clippy::exhaustive_enums, reason = "a status added would be a status unhandled")]
pub enum Status {
    /// Nothing needs doing.
    Pass,
    /// It works, and will not for long, or not for everyone: act.
    Warn,
    /// Clients fail at this instant.
    Fail,
    /// It could not be told. Never to be shown as pass.
    Unknown,
}

impl Status {
    /// `pass`, `warn`, `fail` or `unknown`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }

    /// The worse of two, by what is to be done: a failure is worse than what is not known, which must
    /// not hide it.
    pub(crate) fn or_worse(self, other: Self) -> Self {
        if other.is_worse_than(self) { other } else { self }
    }

    pub(crate) fn is_worse_than(self, other: Self) -> bool {
        other != Self::Fail && (self == Self::Fail || self > other)
    }

    /// 0 to 3: the exit code of a program that reports it, as Nagios plugins have it.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Warn => 1,
            Self::Fail => 2,
            Self::Unknown => 3,
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
