//! The chain as sent: which certificate names which as its issuer, and in what order they stand.

use crate::chain::Certificate;
use crate::escape::Escaped;
use crate::report::{FindingKind, Severity};

use super::findings::Findings;
use super::trust::Verdict;
use super::{TrustAnchors, View};

/// How the certificates are linked by name; no signature is checked here.
pub(super) struct Links {
    /// The position of the first copy, for one that was sent before.
    copy_of: Vec<Option<usize>>,
    /// Whether it leads up from the end-entity certificate.
    leads_up: Vec<bool>,
    /// One way up from the end-entity certificate, the nearest issuer at each step.
    way_up: Vec<usize>,
    /// The positions of which a certificate is the issuer.
    certifies: Vec<Vec<usize>>,
}

impl Links {
    pub(super) fn new(view: &View<'_>) -> Self {
        let count = view.all.len();
        let copy_of: Vec<Option<usize>> = (0..count)
            .map(|position| (0..position).find(|first| view.all[*first] == view.all[position]))
            .collect();
        let distinct: Vec<(usize, &Certificate)> =
            view.certificates().filter(|(position, _)| copy_of[*position].is_none()).collect();

        let mut certifies = vec![Vec::new(); count];
        for (issuer, certificate) in &distinct {
            certifies[*issuer] = distinct
                .iter()
                .filter(|(below, subject)| below != issuer && subject.names_as_issuer(certificate))
                .map(|(below, _)| *below)
                .collect();
        }

        let mut links = Self { copy_of, leads_up: vec![false; count], way_up: vec![0], certifies };
        links.leads_up[0] = true;
        // A way of n steps is found in n rounds at most.
        for _ in 0..count {
            for (position, _) in &distinct {
                let below = &links.certifies[*position];
                links.leads_up[*position] |= below.iter().any(|below| links.leads_up[*below]);
            }
        }
        links.walk_up(count);
        links
    }

    fn walk_up(&mut self, count: usize) {
        while let Some(last) = self.way_up.last().copied() {
            let issues = |position: &usize| {
                self.certifies[*position].contains(&last) && !self.way_up.contains(position)
            };
            let Some(next) = (last + 1..count).chain(0..last).find(issues) else {
                break;
            };
            self.way_up.push(next);
        }
    }

    pub(super) fn leads_up(&self, position: usize) -> bool {
        self.leads_up.get(position).copied().unwrap_or(false)
    }

    /// One way up from the end-entity certificate, by name.
    pub(super) fn way_up(&self) -> &[usize] {
        &self.way_up
    }

    fn issuers(&self, of: usize) -> impl Iterator<Item = usize> + '_ {
        let certifies = self.certifies.iter().enumerate();
        certifies.filter(move |(_, below)| below.contains(&of)).map(|(issuer, _)| issuer)
    }
}

pub(super) fn check(
    findings: &mut Findings<'_>,
    links: &Links,
    anchors: &TrustAnchors,
    verdict: &Verdict,
) {
    for (position, certificate) in findings.view.presented() {
        if let Some(of) = links.copy_of[position] {
            findings.note(position, FindingKind::Duplicate { of });
            continue;
        }
        check_order(findings, links, position);
        check_anchor(findings, anchors, position, certificate);
        check_related(findings, links, position);
    }
    check_self_signed(findings, verdict);
    check_complete(findings, links, anchors, verdict);
}

/// <https://www.rfc-editor.org/rfc/rfc5246#section-7.4.2>; RFC 8446 section 4.4.2 asks servers for
/// the same order and clients not to rely on it.
fn check_order(findings: &mut Findings<'_>, links: &Links, position: usize) {
    let presented = findings.view.presented;
    let below = || links.certifies[position].iter().copied().filter(|below| *below < presented);
    if below().any(|below| below < position) {
        return;
    }
    if let Some(certifies) = below().min() {
        findings.add(Some(position), FindingKind::OutOfOrder { certifies }, Severity::Warning);
    }
}

/// RFC 8446 section 4.4.2: the anchor may be left out, for clients have it already.
fn check_anchor(
    findings: &mut Findings<'_>,
    anchors: &TrustAnchors,
    position: usize,
    certificate: &Certificate,
) {
    if position > 0 && certificate.is_self_issued() && anchors.contains(certificate) {
        findings.note(position, FindingKind::AnchorIncluded);
    }
}

fn check_related(findings: &mut Findings<'_>, links: &Links, position: usize) {
    // One that the first certificate certifies is in the wrong place, which is said there.
    let below_the_first = links.certifies[0].contains(&position);
    if !links.leads_up(position) && !below_the_first {
        findings.note(position, FindingKind::Unrelated);
    }
}

fn check_self_signed(findings: &mut Findings<'_>, verdict: &Verdict) {
    if verdict.self_signed {
        findings.note(0, FindingKind::SelfSigned);
    }
}

/// Whether the chain as sent reaches a trust anchor.
fn check_complete(
    findings: &mut Findings<'_>,
    links: &Links,
    anchors: &TrustAnchors,
    verdict: &Verdict,
) {
    let view = findings.view;
    let sent = |position: &usize| *position < view.presented;
    // A path through certificates that were sent is complete, whatever else was sent.
    if verdict.trust.path().is_some_and(|path| path.path.iter().all(sent)) {
        return;
    }
    let top = |position: &usize| {
        let reaches = view.certificate(*position).is_none_or(|certificate| {
            certificate.is_self_issued() || anchors.names_issuer_of(certificate)
        });
        !reaches && !links.issuers(*position).any(|issuer| sent(&issuer))
    };
    let Some(top) = (0..view.presented).filter(|position| links.leads_up(*position)).find(top)
    else {
        return;
    };
    if let Some(certificate) = view.certificate(top) {
        let kind = FindingKind::IssuerMissing {
            issuer: certificate.issuer().to_string(),
            ca_issuers: certificate
                .ca_issuers()
                .iter()
                .map(|uri| Escaped(uri).to_string())
                .collect(),
        };
        findings.add(Some(top), kind, Severity::Failure);
    }
}
