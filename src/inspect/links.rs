//! The chain as sent: which certificate names which as its issuer, and in what order they stand.

use std::borrow::Cow;

use crate::chain::Certificate;
use crate::escape::Escaped;
use crate::report::{FindingKind, Severity};
use crate::target::Subject;

use super::findings::Findings;
use super::trust::Verdict;
use super::{TrustAnchors, View};

/// How the certificates are linked by name; no signature is checked here.
///
/// Certificates are found by binary search, so that a bundle of thousands is no trouble; of those
/// that share a name, the first few are looked at.
pub(super) struct Links<'a> {
    view: &'a View<'a>,
    /// The position of the first copy, for one that was sent before.
    copy_of: Vec<Option<usize>>,
    /// The first copies by subject, and by issuer.
    by_subject: Vec<(&'a [u8], usize)>,
    by_issuer: Vec<(&'a [u8], usize)>,
    /// Whether it leads up from the end-entity certificate.
    leads_up: Vec<bool>,
}

impl<'a> Links<'a> {
    pub(super) fn new(view: &'a View<'a>) -> Self {
        let copy_of = copies(view);
        let index = |name: fn(&Certificate) -> &[u8]| {
            let distinct = view.certificates().filter(|(position, _)| copy_of[*position].is_none());
            let mut index: Vec<_> =
                distinct.map(|(position, certificate)| (name(certificate), position)).collect();
            index.sort_unstable();
            index
        };
        let by_subject = index(|certificate| certificate.subject().as_der());
        let by_issuer = index(|certificate| certificate.issuer().as_der());
        let leads_up = vec![false; view.all.len()];
        let mut links = Self { view, copy_of, by_subject, by_issuer, leads_up };
        links.mark_way_up();
        links
    }

    fn mark_way_up(&mut self) {
        self.leads_up[0] = true;
        let mut reached = vec![0];
        while let Some(position) = reached.pop() {
            let issuers: Vec<usize> =
                self.issuers_of(position).filter(|issuer| !self.leads_up[*issuer]).collect();
            for issuer in issuers {
                self.leads_up[issuer] = true;
                reached.push(issuer);
            }
        }
    }

    /// The positions of all that may lead up from the end-entity certificate, by name alone, as
    /// webpki looks for them; `None` where there are so many ways that a search would be long.
    pub(super) fn issuers_above(&self) -> Option<Above> {
        let mut climb = Climb { path: vec![0], reached: Vec::new(), steps: 0, forks: false };
        self.climb(&mut climb)?;
        climb.reached.sort_unstable();
        Some(Above { positions: climb.reached, forks: climb.forks })
    }

    fn climb(&self, climb: &mut Climb) -> Option<()> {
        let certificate = climb.path.last().and_then(|position| self.view.certificate(*position));
        let name = certificate.map_or(&[][..], |certificate| certificate.issuer().as_der());
        let mut issuers = 0;
        for issuer in named(&self.by_subject, name) {
            // RFC 4158 section 5.2, as webpki follows it: no name and key twice on a path.
            if climb.path.iter().any(|below| self.are_one(*below, issuer)) {
                continue;
            }
            issuers += 1;
            climb.forks |= issuers > 1;
            climb.steps += 1;
            if climb.steps > MOST_STEPS {
                return None;
            }
            if !climb.reached.contains(&issuer) {
                climb.reached.push(issuer);
            }
            if climb.path.len() < LONGEST_PATH {
                climb.path.push(issuer);
                self.climb(climb)?;
                climb.path.pop();
            }
        }
        Some(())
    }

    /// Whether two certificates are of the same name and key.
    fn are_one(&self, a: usize, b: usize) -> bool {
        let both = self.view.certificate(a).zip(self.view.certificate(b));
        both.is_some_and(|(a, b)| {
            a.subject() == b.subject() && a.public_key().spki() == b.public_key().spki()
        })
    }

    /// Whether the same was sent before.
    pub(super) fn is_copy(&self, position: usize) -> bool {
        self.copy_of.get(position).is_some_and(Option::is_some)
    }

    pub(super) fn leads_up(&self, position: usize) -> bool {
        self.leads_up.get(position).copied().unwrap_or(false)
    }

    /// The path that the verdict speaks of, or, where there is none, one way up by name.
    pub(super) fn path<'v>(&self, verdict: &'v Verdict) -> Cow<'v, [usize]> {
        match verdict.trust.path() {
            Some(path) => path.path.as_slice().into(),
            None => self.way_up(self.view.all.len()).into(),
        }
    }

    /// One way up from the end-entity certificate by name, the nearest issuer at each step, among
    /// the first `known` certificates.
    pub(super) fn way_up(&self, known: usize) -> Vec<usize> {
        let mut way = vec![0];
        while let Some(last) = way.last().copied().filter(|_| way.len() < LONGEST_WAY) {
            // The nearest behind it, as RFC 8446 asks for; else the first before it.
            let new = self.issuers_of(last).filter(|new| *new < known && !way.contains(new));
            let Some(nearest) = new.min_by_key(|issuer| (*issuer < last, *issuer)) else {
                break;
            };
            way.push(nearest);
        }
        way
    }

    fn issuers_of(&self, position: usize) -> impl Iterator<Item = usize> + '_ {
        let certificate = self.view.certificate(position);
        let name = certificate.map_or(&[][..], |certificate| certificate.issuer().as_der());
        named(&self.by_subject, name).take(MOST_NAMESAKES).filter(move |issuer| {
            *issuer != position && Self::names(certificate, self.view.certificate(*issuer))
        })
    }

    fn certified_by(&self, position: usize) -> impl Iterator<Item = usize> + '_ {
        let certificate = self.view.certificate(position);
        let name = certificate.map_or(&[][..], |certificate| certificate.subject().as_der());
        named(&self.by_issuer, name).take(MOST_NAMESAKES).filter(move |below| {
            *below != position && Self::names(self.view.certificate(*below), certificate)
        })
    }

    fn names(below: Option<&Certificate>, issuer: Option<&Certificate>) -> bool {
        below.zip(issuer).is_some_and(|(below, issuer)| below.names_as_issuer(issuer))
    }
}

/// What leads up from the end-entity certificate.
pub(super) struct Above {
    pub(super) positions: Vec<usize>,
    /// Whether there is more than one way.
    pub(super) forks: bool,
}

/// A walk through all ways up.
struct Climb {
    path: Vec<usize>,
    reached: Vec<usize>,
    steps: usize,
    forks: bool,
}

fn named<'i>(index: &'i [(&[u8], usize)], name: &'i [u8]) -> impl Iterator<Item = usize> + use<'i> {
    let first = index.partition_point(|(known, _)| *known < name);
    index[first..].iter().take_while(move |(known, _)| *known == name).map(|(_, at)| *at)
}

fn copies(view: &View<'_>) -> Vec<Option<usize>> {
    let mut sorted: Vec<usize> = (0..view.all.len()).collect();
    // Stable, so of several copies the first comes first.
    sorted.sort_by_key(|position| view.all[*position].der());
    let mut copy_of = vec![None; view.all.len()];
    for pair in sorted.windows(2) {
        if view.all[pair[0]] == view.all[pair[1]] {
            copy_of[pair[1]] = copy_of[pair[0]].or(Some(pair[0]));
        }
    }
    copy_of
}

pub(super) fn check(
    findings: &mut Findings<'_>,
    links: &Links<'_>,
    anchors: &TrustAnchors,
    verdict: &Verdict,
    subject: &Subject,
) {
    for (position, certificate) in findings.view.presented() {
        if let Some(of) = links.copy_of[position] {
            findings.add(Some(position), FindingKind::Duplicate { of }, Severity::Note);
            continue;
        }
        check_order(findings, links, position);
        check_anchor(findings, anchors, position, certificate);
        check_related(findings, links, position);
    }
    check_self_signed(findings, verdict);
    check_complete(findings, links, anchors, verdict, subject);
}

/// <https://www.rfc-editor.org/rfc/rfc5246#section-7.4.2>; RFC 8446 section 4.4.2 asks servers for
/// the same order and clients not to rely on it.
fn check_order(findings: &mut Findings<'_>, links: &Links<'_>, position: usize) {
    let presented = findings.view.presented;
    let below = || links.certified_by(position).filter(|below| *below < presented);
    if below().any(|below| below < position) {
        return;
    }
    if let Some(certifies) = below().min() {
        let kind = FindingKind::OutOfOrder { certifies };
        if findings.needs(position) || findings.needs(certifies) {
            findings.add(Some(position), kind, Severity::Warning);
        } else {
            findings.note(position, kind);
        }
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
        findings.add(Some(position), FindingKind::AnchorIncluded, Severity::Note);
    }
}

fn check_related(findings: &mut Findings<'_>, links: &Links<'_>, position: usize) {
    // Nothing is known of where a certificate leads up from that can't be read.
    if findings.view.certificate(0).is_none() {
        return;
    }
    // One that the first certificate certifies is in the wrong place, which is said there.
    let below_the_first = || links.issuers_of(position).any(|issuer| issuer == 0);
    if !links.leads_up(position) && !below_the_first() {
        findings.add(Some(position), FindingKind::Unrelated, Severity::Note);
    }
}

fn check_self_signed(findings: &mut Findings<'_>, verdict: &Verdict) {
    if verdict.self_signed {
        findings.add(Some(0), FindingKind::SelfSigned, Severity::Note);
    }
}

/// Whether the chain as sent reaches a trust anchor.
fn check_complete(
    findings: &mut Findings<'_>,
    links: &Links<'_>,
    anchors: &TrustAnchors,
    verdict: &Verdict,
    subject: &Subject,
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
        !reaches && !links.issuers_of(*position).any(|issuer| sent(&issuer))
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
        // Above an intermediate it may be the root that is missing, which no server has to send:
        // `untrusted-path` says how bad that is. With a path at hand it is an intermediate.
        let root = top > 0 && verdict.trust.path().is_none();
        let severity = match root {
            // Nobody looks for it.
            _ if subject.is_known_by_itself() && verdict.trust.path().is_none() => Severity::Note,
            true => Severity::Warning,
            false => Severity::Failure,
        };
        findings.add(Some(top), kind, severity);
    }
}

/// Longer than any path that clients follow; a way by name need not be one.
const LONGEST_WAY: usize = 16;

/// webpki follows six intermediates; one step more shows that there are more.
const LONGEST_PATH: usize = 8;

/// A chain in use takes a handful of steps; this many take webpki some milliseconds.
const MOST_STEPS: usize = 500;

/// A cross-signed CA has two or three certificates of its name.
const MOST_NAMESAKES: usize = 64;
