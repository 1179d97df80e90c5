//! Until when clients go on: what all the paths come to, for each kind of client.

use std::cmp::Reverse;

use time::{Duration, OffsetDateTime};

use crate::chain::{Certificate, Validity};
use crate::report::{
    AnchorHorizon, Code, FindingKind, Gap, Horizon, Limit, Profile, Severity, UndeterminedReason,
};

use super::dates;
use super::findings::Findings;
use super::links::Links;
use super::policy::Kept;
use super::search::{Path, Paths};
use super::trust::Verdict;
use super::{Policy, TrustAnchors, View};

/// What the paths come to, beside what is reported.
pub(super) struct Outlook {
    pub(super) horizon: Horizon,
    /// The certificate whose end is the end for clients that follow the chain as sent, or was
    /// before they could begin.
    as_sent: Option<Limit>,
}

impl Outlook {
    /// Not inlined, so that what it costs can be counted apart.
    #[inline(never)]
    pub(super) fn new(
        view: &View<'_>,
        links: &Links<'_>,
        anchors: &TrustAnchors,
        paths: &Paths,
        at: OffsetDateTime,
    ) -> Self {
        let not_after = |position| Some(view.certificate(position)?.validity().not_after);
        let mut horizon = Horizon {
            end_entity: not_after(0),
            earliest_presented: (0..view.presented).filter_map(not_after).min(),
            undetermined: paths.cut_short,
            ..Horizon::default()
        };
        if paths.list.is_empty() || paths.cut_short.is_some() {
            return Self { horizon, as_sent: None };
        }
        // Paths whose issuers may not be used so are followed by nobody; where there are no others,
        // a finding says that, and here they tell at least when their dates end.
        let usable = paths.list.iter().any(|path| path.usable);
        let followed = paths.list.iter().filter(|path| path.usable || !usable);
        let followed: Vec<Followed<'_>> =
            followed.map(|path| Followed { path, enforced: path.enforced(anchors) }).collect();
        let client = Client { view, anchors, at };

        let enforced = Stretches::enforced(&followed);
        let ignored = Stretches::new(followed.iter().map(|followed| followed.path.period));
        (horizon.until, horizon.limited_by) = client.end(&followed, &enforced);
        let was_sent = |position: &usize| *position < view.presented;
        let (as_sent, limit) = if paths.single && paths.list[0].positions.iter().all(was_sent) {
            (horizon.until, horizon.limited_by.clone())
        } else {
            let (way, along) = client.as_sent(&followed, links);
            let (until, limit) = client.until(&along);
            (until, limit.or_else(|| client.dead_end(&way, &along)))
        };
        horizon.anchors_ignored = ignored.until(at);
        horizon.as_sent = as_sent;
        horizon.strict =
            [horizon.until, horizon.anchors_ignored, as_sent].into_iter().flatten().min();
        horizon.gaps = enforced.gaps(at);
        horizon.anchors = client.anchors(&followed, &horizon);
        Self { horizon, as_sent: limit }
    }
}

impl Outlook {
    /// Takes the end of the certificate itself, where no path counts.
    pub(super) fn stands_alone(&mut self, alone: Horizon) {
        let Horizon { end_entity, earliest_presented, .. } = self.horizon;
        self.horizon = Horizon { end_entity, earliest_presented, ..alone };
    }
}

/// A path that clients follow.
#[derive(Clone, Copy)]
struct Followed<'p> {
    path: &'p Path,
    /// When it holds for those who hold its anchor to its dates.
    enforced: Option<Validity>,
}

impl Followed<'_> {
    fn ends(&self, until: OffsetDateTime) -> bool {
        self.enforced.is_some_and(|period| period.not_after == until)
    }
}

/// Clients that look at a chain.
struct Client<'a> {
    view: &'a View<'a>,
    anchors: &'a TrustAnchors,
    at: OffsetDateTime,
}

impl Client<'_> {
    /// Until when any of the paths holds, the anchors' own dates enforced, and what ends then.
    fn until(&self, paths: &[Followed<'_>]) -> (Option<OffsetDateTime>, Option<Limit>) {
        self.end(paths, &Stretches::enforced(paths))
    }

    fn end(
        &self,
        paths: &[Followed<'_>],
        stretches: &Stretches,
    ) -> (Option<OffsetDateTime>, Option<Limit>) {
        let until = stretches.until(self.at);
        (until, until.and_then(|until| self.limit(paths, until)))
    }

    /// The certificate whose end ends a path at that instant: of several the nearest to the
    /// end-entity certificate, the anchor's own last.
    fn limit(&self, paths: &[Followed<'_>], until: OffsetDateTime) -> Option<Limit> {
        let ending = || paths.iter().filter(|followed| followed.ends(until));
        let ends_then = |position: &usize| {
            let certificate = self.view.certificate(*position);
            certificate.is_some_and(|facts| facts.validity().not_after == until)
        };
        let positions = ending().flat_map(|followed| followed.path.positions.iter().copied());
        if let Some(position) = positions.filter(ends_then).min() {
            return Some(Limit::new(Some(position), self.view.all[position].clone()));
        }
        let anchor = |followed: &Followed<'_>| self.anchors.entry(followed.path.anchor);
        Some(Limit::new(None, ending().find_map(anchor)?.clone()))
    }

    /// What is left for a client that takes each certificate's issuer from what was sent, as long as
    /// there is one, and only then asks its trust store: the longest such way that the store knows
    /// an issuer for. The way itself is empty where there is none.
    fn as_sent<'p>(
        &self,
        paths: &[Followed<'p>],
        links: &Links<'_>,
    ) -> (Vec<usize>, Vec<Followed<'p>>) {
        let mut way = links.way_up(self.view.presented);
        // Of the anchor itself clients have a copy of their own.
        let copy = |position: &usize| {
            self.view.certificate(*position).is_some_and(|certificate| {
                certificate.is_self_issued() && self.anchors.contains(certificate)
            })
        };
        while way.len() > 1 && way.last().is_some_and(copy) {
            way.pop();
        }
        while let Some(top) = way.last() {
            let along = paths.iter().copied().filter(|followed| followed.path.positions == way);
            let along: Vec<Followed<'p>> = along.collect();
            // Where its certificates are never all valid, it is no path; the client follows it all
            // the same, and fails.
            let taken = |facts| self.anchors.names_issuer_of(facts) && self.is_inverted(&way);
            if !along.is_empty() || self.view.certificate(*top).is_some_and(taken) {
                return (way, along);
            }
            way.pop();
        }
        (way, Vec::new())
    }

    /// What ended first on a way that such a client follows although it never held: a root, or a
    /// cross-sign, that was over before the end-entity certificate began.
    fn dead_end(&self, way: &[usize], along: &[Followed<'_>]) -> Option<Limit> {
        let top = self.view.certificate(*way.last()?)?;
        let anchors = match along.first() {
            Some(followed) => vec![followed.path.anchor],
            None => self.anchors.named_as(top.issuer()).collect(),
        };
        let anchors = anchors.into_iter().filter_map(|index| self.anchors.entry(index));
        let sent = way
            .iter()
            .map(|position| Limit::new(Some(*position), self.view.all[*position].clone()));
        let ends = sent.chain(anchors.map(|anchor| Limit::new(None, anchor.clone())));
        let ended = ends.filter_map(|limit| Some((limit.validity()?.not_after, limit)));
        let (end, limit) = ended.min_by_key(|(end, _)| *end)?;
        (end < self.at).then_some(limit)
    }

    fn is_inverted(&self, way: &[usize]) -> bool {
        let periods = way.iter().filter_map(|position| self.view.certificate(*position));
        let period = periods.map(Certificate::validity).reduce(Validity::intersection);
        period.is_some_and(Validity::is_inverted)
    }

    /// The same for each anchor by itself, the longest lasting first.
    fn anchors(&self, paths: &[Followed<'_>], horizon: &Horizon) -> Vec<AnchorHorizon> {
        let first = paths[0].path.anchor;
        if paths.iter().all(|followed| followed.path.anchor == first) {
            let (until, limited_by) = (horizon.until, horizon.limited_by.clone());
            return vec![AnchorHorizon {
                anchor: self.anchors.anchor_name(first),
                until,
                limited_by,
            }];
        }
        let mut paths = paths.to_vec();
        paths.sort_by_key(|followed| followed.path.anchor);
        let by_anchor = paths.chunk_by(|a, b| a.path.anchor == b.path.anchor);
        let mut anchors: Vec<AnchorHorizon> = by_anchor
            .map(|paths| {
                let (until, limited_by) = self.until(paths);
                let anchor = self.anchors.anchor_name(paths[0].path.anchor);
                AnchorHorizon { anchor, until, limited_by }
            })
            .collect();
        anchors.sort_by_key(|anchor| Reverse(anchor.until));
        anchors
    }
}

/// A union of periods: they are in order, and between any two is an instant in neither.
struct Stretches(Vec<Validity>);

impl Stretches {
    fn enforced(paths: &[Followed<'_>]) -> Self {
        Self::new(paths.iter().filter_map(|followed| followed.enforced))
    }

    fn new(periods: impl Iterator<Item = Validity>) -> Self {
        let mut periods: Vec<Validity> = periods.collect();
        periods.sort_unstable_by_key(|period| period.not_before);
        let mut stretches: Vec<Validity> = Vec::with_capacity(periods.len());
        for period in periods {
            match stretches.last_mut() {
                // Both ends belong to a period: one that begins in the next second goes on.
                Some(last) if period.not_before <= after(last.not_after) => {
                    last.not_after = last.not_after.max(period.not_after);
                }
                _ => stretches.push(period),
            }
        }
        Self(stretches)
    }

    /// The end of the stretch that contains the instant, or of the last one before it.
    fn until(&self, at: OffsetDateTime) -> Option<OffsetDateTime> {
        let begun = self.0.iter().take_while(|stretch| stretch.not_before <= at);
        begun.last().map(|stretch| stretch.not_after)
    }

    /// What lies before each stretch that is yet to come.
    fn gaps(&self, at: OffsetDateTime) -> Vec<Gap> {
        let mut from = None;
        let mut gaps = Vec::new();
        for stretch in &self.0 {
            if stretch.not_before > at {
                gaps.push(Gap { from, to: stretch.not_before.saturating_sub(Duration::SECOND) });
            }
            from = Some(after(stretch.not_after));
        }
        gaps
    }
}

/// The next second.
fn after(instant: OffsetDateTime) -> OffsetDateTime {
    // The last second that there is has none after it, and nothing comes then either.
    instant.saturating_add(Duration::SECOND)
}

pub(super) fn check(findings: &mut Findings<'_>, outlook: &Outlook, at: OffsetDateTime) {
    let Outlook { horizon, as_sent } = outlook;
    if let Some(reason) = horizon.undetermined {
        tell_undetermined(findings, reason);
        return;
    }
    check_end(findings, horizon, at);
    check_gaps(findings, horizon, at);
    check_as_sent(findings, horizon, as_sent.as_ref(), at);
}

/// Whoever renews the end-entity certificate by its own date comes too late. How soon it is, is
/// judged by what ends.
fn check_end(findings: &mut Findings<'_>, horizon: &Horizon, at: OffsetDateTime) {
    let (Some(until), Some(end_entity), Some(limit)) =
        (horizon.until, horizon.end_entity, &horizon.limited_by)
    else {
        return;
    };
    if until >= end_entity {
        return;
    }
    let position = limit.position();
    let severity = if at > until {
        Severity::Failure
    } else {
        soon(findings.policy, limit, at).unwrap_or(Severity::Note)
    };
    let anchor = position.is_none().then(|| limit.subject());
    let kind =
        FindingKind::PathEndsBeforeEndEntity { until, end_entity_not_after: end_entity, anchor };
    findings.add(position, kind, severity);
}

/// The first begins where what ends now does; by the time that the others are near, so do they.
fn check_gaps(findings: &mut Findings<'_>, horizon: &Horizon, at: OffsetDateTime) {
    let ends = horizon.limited_by.as_ref();
    let soon = ends.and_then(|limit| soon(findings.policy, limit, at)).unwrap_or(Severity::Note);
    let ahead =
        horizon.gaps.iter().filter_map(|gap| Some((gap.from.filter(|from| at < *from)?, gap.to)));
    for (index, (from, to)) in ahead.enumerate() {
        let severity = if index == 0 { soon } else { Severity::Note };
        findings.add(None, FindingKind::GapAhead { from, to }, severity);
    }
}

/// Old clients are few, and fail for good: worth knowing, and nothing that ends the service.
fn check_as_sent(
    findings: &mut Findings<'_>,
    horizon: &Horizon,
    limit: Option<&Limit>,
    at: OffsetDateTime,
) {
    let (Some(until), Some(limit)) = (horizon.until.filter(|until| at <= *until), limit) else {
        return;
    };
    let Some(old) = limit.validity().map(|period| period.not_after).filter(|old| *old < until)
    else {
        return;
    };
    let position = limit.position();
    let anchor = position.is_none().then(|| limit.subject());
    let kind = FindingKind::NeededByOldClients { profile: Profile::AsSent, until: old, anchor };
    findings.add(position, kind, Severity::Note);
}

/// Whether clients of another store fare worse than those of the first.
pub(super) fn compare(
    findings: &mut Findings<'_>,
    first: &Horizon,
    (anchors, verdict, outlook): (&TrustAnchors, &Verdict, &Outlook),
    at: OffsetDateTime,
) {
    let horizon = &outlook.horizon;
    if let Some(reason) = horizon.undetermined {
        tell_undetermined(findings, reason);
        return;
    }
    let Some(until) = first.until.filter(|until| at <= *until) else {
        return;
    };
    // A path that may not be used is none: the calendar of the first store has other findings
    // beside it, that of the others has not.
    let theirs = horizon.until.filter(|_| verdict.usable);
    let severity = match (theirs, &horizon.limited_by) {
        (Some(theirs), _) if theirs >= until => return,
        (Some(theirs), Some(limit)) if at <= theirs => {
            // The others go on: nothing that ends for some is as urgent as what ends for all.
            soon(findings.policy, limit, at).map_or(Severity::Note, |_| Severity::Warning)
        }
        _ => Severity::Warning,
    };
    let kind = FindingKind::FailsInStore { store: anchors.name().to_owned(), until: theirs };
    findings.add(None, kind, severity);
}

fn tell_undetermined(findings: &mut Findings<'_>, reason: UndeterminedReason) {
    // Where trust is undetermined too, that says it all.
    if !findings.has(Code::TrustUndetermined) && !findings.has(Code::HorizonUndetermined) {
        let kind = FindingKind::HorizonUndetermined { reason };
        findings.add(None, kind, Severity::Warning);
    }
}

/// How bad it is that a certificate ends soon, by where it stands.
fn soon(policy: &Policy, limit: &Limit, at: OffsetDateTime) -> Option<Severity> {
    let thresholds = policy.thresholds(Kept::of(limit.position()));
    Some(dates::soon(thresholds, limit.validity()?, at)?.0)
}
