//! Every view that clients can have of one target.

use std::cmp::Reverse;
use std::fmt;

use time::OffsetDateTime;

use super::compare::compare;
use crate::chain::PresentedChain;
use crate::escape::Escaped;
use crate::fetch::{FetchError, FetchErrorKind, Phase};
use crate::inspect::{self, Drift, Policy, whole_seconds};
use crate::report::{Finding, FindingKind, Report, Severity, Status};
use crate::target::{Target, Transport, View};

/// What to look at in a survey.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SurveyOptions {
    most_addresses: usize,
    without_server_name: bool,
    quic: bool,
}

impl SurveyOptions {
    /// At most 16 addresses, with the server name, over TCP.
    #[must_use]
    pub const fn new() -> Self {
        Self { most_addresses: 16, without_server_name: false, quic: false }
    }

    /// Sets how many addresses are looked at, at least 1. [`Survey::addresses_left_out`] tells how
    /// many were not.
    #[must_use]
    pub const fn most_addresses(mut self, addresses: usize) -> Self {
        self.most_addresses = if addresses == 0 { 1 } else { addresses };
        self
    }

    /// Looks without a server name too, at what a server shows to clients that send none.
    #[must_use]
    pub const fn without_server_name(mut self, look: bool) -> Self {
        self.without_server_name = look;
        self
    }

    /// Looks over QUIC too, at what an `https://` server shows to clients of HTTP/3. Needs the
    /// feature `quic`.
    ///
    /// Servers need not answer there, as clients fall back to TCP.
    #[must_use]
    pub const fn quic(mut self, look: bool) -> Self {
        self.quic = look;
        self
    }

    pub(super) const fn limit(&self) -> usize {
        self.most_addresses
    }

    pub(super) const fn looks_without_server_name(&self) -> bool {
        self.without_server_name
    }

    pub(super) const fn looks_over_quic(&self) -> bool {
        self.quic
    }
}

impl Default for SurveyOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// What clients see of one target: every address, every type of key.
///
/// One report for each distinct chain, and which views show it. The status is that of the worst,
/// and [`worst`](Self::worst) says which; a view that fails hides no other.
///
/// `Display` writes a few lines for people; with the feature `serde` it is written as JSON, where
/// `worst` is the place of the worst report, and each view has one of `report`, `not_served` and
/// `error`:
///
/// ```json
/// {
///   "target": "https://example.com:443",
///   "checked_at": "2026-11-22T15:00:00Z",
///   "status": "warn",
///   "worst": 0,
///   "views": [
///     { "address": "192.0.2.1:443", "key_type": "rsa", "server_name": "example.com", "report": 0 },
///     { "address": "192.0.2.1:443", "key_type": "ecdsa", "server_name": "example.com", "not_served": true },
///     { "address": "192.0.2.2:443", "key_type": "rsa", "server_name": "example.com",
///       "error": { "kind": "refused", "phase": "connect", "message": "…" } }
///   ],
///   "reports": [ { "target": "https://example.com:443", "status": "pass" } ],
///   "findings": [ { "code": "address-unreachable", "severity": "warning", "message": "…" } ]
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Survey {
    target: String,
    checked_at: OffsetDateTime,
    views: Vec<SurveyedView>,
    reports: Vec<Report>,
    findings: Vec<Finding>,
    addresses_left_out: usize,
}

impl Survey {
    pub(super) fn new(
        target: &Target,
        checked_at: OffsetDateTime,
        (views, reports): (Vec<SurveyedView>, Vec<Report>),
        addresses_left_out: usize,
        policy: &Policy,
    ) -> Self {
        let findings = compare(&views, &reports, policy);
        let (target, checked_at) = (target.to_string(), whole_seconds(checked_at));
        Self { target, checked_at, views, reports, findings, addresses_left_out }
    }

    /// The target, in the form in which it is written.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The instant at which all chains were judged.
    #[must_use]
    pub const fn checked_at(&self) -> OffsetDateTime {
        self.checked_at
    }

    /// Every view that was looked at: those with a server name first, by address, then by type of
    /// key.
    #[must_use]
    pub fn views(&self) -> &[SurveyedView] {
        &self.views
    }

    /// A report of each distinct chain, in the order of the views that first show it.
    ///
    /// The chain of a view without a server name that no other view shows is judged without asking
    /// for the target's names: it is meant for others.
    #[must_use]
    pub fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// What the views do not agree on, the most urgent first. What is wrong with each chain is told
    /// by its report.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many addresses there are beyond those that were looked at.
    #[must_use]
    pub const fn addresses_left_out(&self) -> usize {
        self.addresses_left_out
    }

    /// The views that show the chain of a report, by the report's place in the list.
    pub fn views_of(&self, report: usize) -> impl Iterator<Item = &View> {
        let shows = move |one: &&SurveyedView| matches!(one.outcome, Outcome::Chain(index) if index == report);
        self.views.iter().filter(shows).map(|one| &one.view)
    }

    /// Holds each distinct chain against what should be served, with the place of its report: one
    /// address that was not reloaded stands out from the others.
    ///
    /// A server may have a certificate for each type of key. Chains of another type than `expected`
    /// are held against it only where no view shows its own.
    #[must_use]
    pub fn compare(&self, expected: &PresentedChain) -> Vec<(usize, Drift)> {
        let kind = |chain: &PresentedChain| {
            chain.end_entity().certificate().ok().map(|facts| facts.public_key().kind().clone())
        };
        let served = self.reports.iter().enumerate();
        let mut served: Vec<(usize, PresentedChain)> =
            served.filter_map(|(index, report)| Some((index, report.presented_chain()?))).collect();
        let wanted = kind(expected);
        if served.iter().any(|(_, chain)| kind(chain) == wanted) {
            served.retain(|(_, chain)| kind(chain) == wanted);
        }
        let compare = |(index, chain)| (index, inspect::compare(expected, &chain));
        served.into_iter().map(compare).collect()
    }

    /// The worst report and its place in the list, where any view showed a chain: by status, then
    /// by the most urgent finding, then by which ends first. Views that showed none are told by their outcomes.
    #[must_use]
    pub fn worst(&self) -> Option<(usize, &Report)> {
        let mut worst: Option<(usize, &Report)> = None;
        for (index, report) in self.reports.iter().enumerate() {
            if worst.is_none_or(|(_, worst)| is_worse(report, worst)) {
                worst = Some((index, report));
            }
        }
        worst
    }

    /// The verdict: the worst of all reports and findings. Where a view could not be looked at for
    /// another reason than those that the findings tell, and none fails, it is not known.
    #[must_use]
    pub fn status(&self) -> Status {
        let reports = self.reports.iter().map(Report::status);
        let findings = self.findings.iter().map(|finding| match finding.severity() {
            Severity::Note => Status::Pass,
            Severity::Warning | Severity::Critical => Status::Warn,
            Severity::Failure => Status::Fail,
        });
        let views = self.views.iter().map(|one| match one.outcome {
            Outcome::Failed(_) if !self.tells_of(one) => Status::Unknown,
            _ => Status::Pass,
        });
        let nothing = if self.reports.is_empty() { Status::Unknown } else { Status::Pass };
        reports.chain(findings).chain(views).fold(nothing, Status::or_worse)
    }

    /// Whether a finding says that the view's address is out of reach.
    fn tells_of(&self, failed: &SurveyedView) -> bool {
        self.findings.iter().any(|finding| match finding.kind() {
            FindingKind::AddressUnreachable(unreachable) => {
                failed.view.address == Some(unreachable.address)
            }
            _ => false,
        })
    }
}

impl fmt::Display for Survey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status().as_str().to_uppercase();
        let (chains, views) = (self.reports.len(), self.views.len());
        let (chains, views) = (Count(chains, "chain"), Count(views, "view"));
        write!(f, "{status} {}: {chains} in {views}", Escaped(&self.target))?;
        if self.addresses_left_out > 0 {
            write!(f, ", {} of the addresses left out", self.addresses_left_out)?;
        }
        if let Some((index, worst)) = self.worst()
            && self.reports.len() > 1
            && worst.status() != Status::Pass
        {
            write!(f, ", the worst is chain {index}")?;
            if let Some(view) = self.views_of(index).next() {
                write!(f, " at {view}")?;
            }
        }
        for finding in &self.findings {
            write!(f, "\n  {finding}\n    -> {}", finding.remedy())?;
        }
        for one in &self.views {
            write!(f, "\n  {}: ", one.view)?;
            match &one.outcome {
                Outcome::Chain(index) => write!(f, "chain {index}")?,
                Outcome::NotServed => f.write_str("not served")?,
                Outcome::Failed(error) => error.fmt(f)?,
            }
        }
        for (index, report) in self.reports.iter().enumerate() {
            write!(f, "\n  chain {index}:")?;
            for line in report.to_string().lines() {
                write!(f, "\n    {line}")?;
            }
        }
        Ok(())
    }
}

/// By status, then by the most urgent finding, then by what ends first.
fn is_worse(one: &Report, other: &Report) -> bool {
    let urgency =
        |report: &Report| (report.worst().map(Finding::severity), Reverse(report.horizon().until));
    one.status().is_worse_than(other.status())
        || one.status() == other.status() && urgency(one) > urgency(other)
}

/// `1 chain`, `2 chains`.
struct Count(usize, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, noun) = self;
        write!(f, "{count} {noun}{}", if *count == 1 { "" } else { "s" })
    }
}

/// One view, looked at.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SurveyedView {
    /// The view.
    pub view: View,
    /// What came of it.
    pub outcome: Outcome,
}

impl SurveyedView {
    pub(super) const fn new(view: View, outcome: Outcome) -> Self {
        Self { view, outcome }
    }
}

/// What came of looking at one view.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The server showed a chain: the place of its report in [`Survey::reports`].
    Chain(usize),
    /// The server has no certificate for such a client, and serves others of the target at that
    /// address.
    NotServed,
    /// It could not be looked at.
    Failed(FetchError),
}

/// Whether a server that refuses one view at an address where it serves others merely has no
/// certificate for it.
///
/// A server without one says so by handshake_failure (RFC 8446 section 4.4.2.2) or whatever alert
/// its library has for it, and some reset the connection instead.
pub(super) fn is_not_served(view: &View, error: &FetchError) -> bool {
    let refused = matches!(
        error.kind(),
        FetchErrorKind::Alert(_)
            | FetchErrorKind::ClosedEarly
            | FetchErrorKind::NoCipherInCommon
            | FetchErrorKind::ProtocolVersion
    );
    match (view.transport, error.phase()) {
        // Nobody has to answer there.
        (Transport::Quic, Phase::Connect) => error.kind() != FetchErrorKind::Unsupported,
        (_, Phase::Handshake) if view.server_name.is_none() => {
            refused || error.kind() == FetchErrorKind::UnrecognisedName
        }
        (_, Phase::Handshake) => refused,
        _ => false,
    }
}
