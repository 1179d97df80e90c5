//! A trust store looked at by itself: its certificates as chains of one.

use time::OffsetDateTime;

use crate::report::{
    FindingKind, Instants, Report, ReportedCertificate, Role, Severity, Trust, TrustedPath,
};

use super::findings::Findings;
use super::{Policy, TrustAnchors, View, dates, profile, readable, strength, whole_seconds};

impl TrustAnchors {
    /// Judges the anchors themselves at an instant, which is cut to whole seconds: which have
    /// expired, which end soon, which some clients refuse.
    ///
    /// Ask it of a store that you ship, or that your clients have: a root that ends takes every
    /// chain under it along, however fresh the certificates below are. There is one report for each
    /// anchor, in the order of the store; its target is the store's name and the anchor's. The
    /// chain is the anchor's certificate, or empty where only the name and the key are known. When
    /// the end is soon says [`Policy::anchor`].
    ///
    /// What could not be read stands in [`problems`](Self::problems).
    ///
    /// ```
    /// use notafter::inspect::{Policy, TrustAnchors};
    /// use notafter::report::Status;
    /// use time::macros::datetime;
    ///
    /// let reports = TrustAnchors::mozilla().inspect(&Policy::new(), datetime!(2050-01-01 0:00 UTC));
    /// assert!(reports.iter().any(|report| report.status() == Status::Fail));
    /// ```
    #[must_use]
    pub fn inspect(&self, policy: &Policy, at: OffsetDateTime) -> Vec<Report> {
        let at = whole_seconds(at);
        (0..self.len()).map(|index| self.report(index, policy, at)).collect()
    }

    fn report(&self, index: usize, policy: &Policy, at: OffsetDateTime) -> Report {
        let entry = self.entry(index);
        let view = View { all: entry.into_iter().collect(), presented: entry.iter().count() };
        let mut findings = Findings::of_root(policy, &view);
        readable::check_extensions(&mut findings);
        dates::check_root(&mut findings, at);
        strength::check_root(&mut findings);
        profile::check_root(&mut findings, self, index);
        let anchor = self.anchor_name(index);
        if entry.is_none() {
            let kind = FindingKind::AnchorDatesUnknown { anchor: anchor.clone() };
            findings.add(None, kind, Severity::Warning);
        }

        let reported = |entry| ReportedCertificate::presented(0, Role::Root, Clone::clone(entry));
        let shown = if anchor.is_empty() { "(no subject)" } else { &anchor };
        Report {
            target: format!("{}: {shown}", self.name()).into(),
            checked_at: at,
            peer: None,
            chain: entry.map(reported).into_iter().collect(),
            extra: Vec::new(),
            instants: Instants {
                earliest_presented: self.certificate(index).map(|root| root.validity().not_after),
                ..Instants::default()
            },
            findings: findings.sorted(),
            // An anchor is where paths end: its own has no step.
            trust: Trust::Trusted(TrustedPath { anchor, path: Vec::new() }),
        }
    }
}
