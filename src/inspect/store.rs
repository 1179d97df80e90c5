//! A trust store looked at by itself: its certificates as chains of one.

use time::OffsetDateTime;

use crate::report::{
    FindingKind, Report, ReportedCertificate, Role, Severity, StoreVerdict, Trust, TrustedPath,
};
use crate::target::Purpose;

use super::findings::Findings;
use super::{Policy, TrustAnchors, View, alone, dates, readable, root, strength, whole_seconds};

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
        let view =
            View { all: entry.into_iter().collect(), presented: usize::from(entry.is_some()) };
        let mut findings = Findings::of_roots(policy, &view, &[true]);
        readable::check_extensions(&mut findings);
        dates::check_root(&mut findings, at);
        strength::check_root(&mut findings);
        root::check_root(&mut findings, self, index);
        let anchor = self.anchor_name(index);
        if entry.is_none() {
            let kind = FindingKind::AnchorDatesUnknown { anchor: anchor.clone() };
            findings.add(None, kind, Severity::Warning);
        }

        let reported = |entry| ReportedCertificate::presented(0, Role::Root, Clone::clone(entry));
        let shown = if anchor.is_empty() { "(no subject)" } else { &anchor };
        Report {
            target: format!("{}: {shown}", self.name()).into(),
            // What its paths are good for is not asked of an anchor.
            purpose: Purpose::Server,
            checked_at: at,
            peer: None,
            chain: entry.map(reported).into_iter().collect(),
            extra: Vec::new(),
            findings: findings.sorted(),
            client: None,
            // An anchor is where paths end: its own has no step.
            stores: vec![StoreVerdict::new(
                self.shared_name(),
                Trust::Trusted(TrustedPath { anchor, path: Vec::new() }),
                alone::horizon(&view.all, None, at),
            )],
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::report::{Code, Horizon};

    const ROOT: &str = include_str!("../../tests/data/root.pem");
    const AT: OffsetDateTime = datetime!(2030-02-01 0:00 UTC);
    const ASKED: Policy = Policy::new().severity(Code::AnchorDatesUnknown, Severity::Note);

    fn told(report: &Report) -> Vec<String> {
        report.findings().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_anchor_without_certificate_is_in_the_list_too() {
        let store = TrustAnchors::from_pem(ROOT).unwrap().without_certificates();
        for (policy, findings) in [
            (Policy::new(), vec![]),
            (
                ASKED,
                vec![
                    "note anchor-dates-unknown: only the name and the key of the trust anchor \
                     CN=Example Root are known, not its dates",
                ],
            ),
        ] {
            let reports = store.inspect(&policy, AT);
            assert_eq!(reports.len(), 1);
            assert_eq!(reports[0].target(), "given: CN=Example Root");
            assert_eq!(reports[0].chain(), []);
            assert_eq!(*reports[0].horizon(), Horizon::default());
            assert_eq!(reports[0].outlook(), "until when clients go on is not known");
            assert_eq!(told(&reports[0]), findings);
        }
    }

    #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
    #[test]
    fn a_path_to_an_anchor_without_dates_is_told_where_the_policy_asks() {
        use crate::chain::PresentedChain;
        use crate::inspect::Inspector;
        use crate::target::{Purpose, Subject};

        let chain = include_str!("../../tests/data/chain.pem");
        let chain = PresentedChain::from_pem(chain).unwrap();
        let subject = Subject::new("test", Purpose::Server);
        let dated = TrustAnchors::from_pem(ROOT).unwrap();
        let inspector = Inspector::new().with_anchors(dated.clone().without_certificates());
        assert_eq!(inspector.inspect(&chain, &subject, AT).findings(), []);
        let inspector = inspector.with_policy(ASKED);
        let report = inspector.inspect(&chain, &subject, AT);
        assert!(report.trust().path().is_some());
        let anchor = "CN=Example Root".to_owned();
        assert_eq!(*report.findings()[0].kind(), FindingKind::AnchorDatesUnknown { anchor });
        assert_eq!(report.findings().len(), 1);
        let inspector = inspector.with_anchors(dated);
        assert_eq!(inspector.inspect(&chain, &subject, AT).findings(), []);
    }
}
