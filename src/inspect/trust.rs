//! Whether a path leads to a trust anchor: which of all the paths is the one to speak of.

use std::cmp::Reverse;

use time::OffsetDateTime;

use crate::chain::Validity;
use crate::report::{Code, FindingKind, Severity, Trust, TrustedPath, UntrustedReason};
use crate::target::Subject;

use super::findings::Findings;
use super::search::{Path, Paths};
use super::{TrustAnchors, View};

/// What the paths come to at an instant.
pub(super) struct Verdict {
    pub(super) trust: Trust,
    /// The index of the path's anchor.
    pub(super) anchor: Option<usize>,
    /// The validity period of the path's anchor, where it is known.
    pub(super) anchor_validity: Option<Validity>,
    /// Whether the end-entity certificate is signed by its own key.
    pub(super) self_signed: bool,
    /// Whether the end-entity certificate is a trust anchor itself.
    pub(super) pinned: bool,
    /// Whether the issuers of the path, where there is one, may be used for it.
    pub(super) usable: bool,
    public: bool,
}

impl Verdict {
    pub(super) fn new(
        view: &View<'_>,
        anchors: &TrustAnchors,
        paths: &Paths,
        at: OffsetDateTime,
    ) -> Self {
        let pinned = view.certificate(0).is_some_and(|certificate| anchors.contains(certificate));
        let trusted = |path: &Path| TrustedPath {
            anchor: anchors.anchor_name(path.anchor),
            path: path.positions.clone(),
        };
        let best = best(&paths.list, anchors, at);
        let trust = match (best, paths.cut_short) {
            (Some(path), _) if path.period.contains(at) => Trust::Trusted(trusted(path)),
            (_, Some(reason)) => Trust::Undetermined { reason },
            (Some(path), None) => {
                Trust::TrustedIfTimeIgnored { path: trusted(path), at: path.period.not_before }
            }
            (None, None) => Trust::Untrusted { reason: reason(paths, pinned) },
        };
        let anchor = best.filter(|_| trust.path().is_some()).map(|path| path.anchor);
        Self {
            trust,
            anchor,
            anchor_validity: anchor.and_then(|index| Some(anchors.certificate(index)?.validity())),
            self_signed: paths.self_signed,
            pinned,
            usable: best.is_none_or(|path| path.usable),
            public: anchors.is_public(),
        }
    }

    /// Whether the path leads to the root of a public CA.
    pub(super) const fn is_public(&self) -> bool {
        self.public && self.trust.path().is_some()
    }
}

/// The path that lasts longest of those that hold at the instant. One whose issuers may not be used
/// for it, or whose anchor is out of its own dates, comes after all others, as clients go on
/// looking. Where none holds, the last that did; where none did yet, the first that will.
fn best<'p>(paths: &'p [Path], anchors: &TrustAnchors, at: OffsetDateTime) -> Option<&'p Path> {
    let rank = |path: &Path| {
        let period = path.period;
        let until = path.enforced(anchors);
        let anchored = until.is_some_and(|period| period.contains(at));
        let until = until.unwrap_or(period).not_after;
        let begun = period.not_before <= at;
        let begin = if begun { None } else { Some(Reverse(period.not_before)) };
        (period.contains(at), path.usable, begun, anchored, begin, until)
    };
    // Of equals the first, which is the one that webpki would take.
    paths.iter().reduce(|best, path| if rank(path) > rank(best) { path } else { best })
}

/// Why there is no path, as far as one reason can say it.
const fn reason(paths: &Paths, pinned: bool) -> UntrustedReason {
    match paths.reason {
        reason @ (UntrustedReason::NoCommonValidity | UntrustedReason::UnsupportedVersion) => {
            reason
        }
        _ if paths.self_signed && !pinned => UntrustedReason::SelfSigned,
        reason => reason,
    }
}

pub(super) fn check(findings: &mut Findings<'_>, verdict: &Verdict, subject: &Subject) {
    match &verdict.trust {
        Trust::Undetermined { reason } => {
            let kind = FindingKind::TrustUndetermined { reason: *reason };
            findings.add(None, kind, Severity::Warning);
        }
        Trust::Untrusted { reason: UntrustedReason::CaAsEndEntity }
            if verdict.pinned || is_failure(findings, Code::CaAsEndEntity) => {}
        // That it is its own issuer's is told already, and is usual.
        Trust::Untrusted { reason: UntrustedReason::SelfSigned }
            if subject.is_known_by_itself() => {}
        Trust::Untrusted { reason } => {
            let kind = FindingKind::UntrustedPath { reason: *reason };
            let usual =
                if subject.is_known_by_itself() { Severity::Note } else { Severity::Failure };
            findings.add(Some(0), kind, usual);
        }
        _ => {}
    }
}

/// Whether a policy leaves a code its severity: then the finding says all that there is to say, and
/// a second one would only blur it.
fn is_failure(findings: &Findings<'_>, code: Code) -> bool {
    findings.policy.judge(code, Severity::Failure) == Some(Severity::Failure)
}
