//! Until when clients go on: what all the paths come to, for each kind of client.

use std::cmp::Reverse;

use time::{Duration, OffsetDateTime};

use crate::chain::Validity;
use crate::report::{AnchorHorizon, Code, FindingKind, Gap, Horizon, Limit, Profile, Severity};

use super::dates;
use super::findings::Findings;
use super::links::Links;
use super::policy::Kept;
use super::search::{Path, Paths};
use super::{TrustAnchors, View};

/// What the paths come to, beside what is reported.
pub(super) struct Outlook {
    pub(super) horizon: Horizon,
    /// The certificate whose end is the end for clients that follow the chain as sent.
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
        let followed: Vec<&Path> =
            paths.list.iter().filter(|path| path.usable || !usable).collect();
        let client = Client { view, anchors, at };

        let all = client.stretches(&followed);
        horizon.until = all.until(at);
        horizon.limited_by = horizon.until.and_then(|until| client.limit(&followed, until));
        horizon.gaps = all.gaps(at);
        horizon.anchors_ignored = Stretches::new(followed.iter().map(|path| path.period)).until(at);
        let as_sent = client.as_sent(&followed, links);
        horizon.as_sent = client.stretches(&as_sent).until(at);
        horizon.strict =
            [horizon.until, horizon.anchors_ignored, horizon.as_sent].into_iter().flatten().min();
        horizon.anchors = client.anchors(&followed);
        let as_sent = horizon.as_sent.and_then(|until| client.limit(&as_sent, until));
        Self { horizon, as_sent }
    }
}

/// Clients that look at a chain.
struct Client<'a> {
    view: &'a View<'a>,
    anchors: &'a TrustAnchors,
    at: OffsetDateTime,
}

impl Client<'_> {
    /// When any of the paths holds, the anchors' own dates enforced.
    fn stretches(&self, paths: &[&Path]) -> Stretches {
        Stretches::new(paths.iter().filter_map(|path| path.enforced(self.anchors)))
    }

    /// The certificate whose end ends a path at that instant: of several the nearest to the
    /// end-entity certificate, the anchor's own last.
    fn limit(&self, paths: &[&Path], until: OffsetDateTime) -> Option<Limit> {
        let ends = |period: Validity| period.not_after == until;
        let ending = || paths.iter().filter(|path| path.enforced(self.anchors).is_some_and(ends));
        let positions = ending().flat_map(|path| path.positions.iter().copied());
        let position = positions
            .filter(|position| {
                self.view.certificate(*position).is_some_and(|facts| ends(facts.validity()))
            })
            .min();
        if let Some(position) = position {
            return Some(Limit::new(Some(position), self.view.all.get(position).copied()?.clone()));
        }
        ending().find_map(|path| Some(Limit::new(None, self.anchors.entry(path.anchor)?.clone())))
    }

    /// What is left for a client that takes each certificate's issuer from what was sent, as long as
    /// there is one, and only then asks its trust store: the longest such way that the store knows
    /// an issuer for.
    fn as_sent<'p>(&self, paths: &[&'p Path], links: &Links<'_>) -> Vec<&'p Path> {
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
            let along = paths.iter().copied().filter(|path| path.positions == way);
            let along: Vec<&Path> = along.collect();
            // Where its certificates are never all valid, it is no path; the client follows it all
            // the same, and fails.
            let taken = |facts| self.anchors.names_issuer_of(facts) && self.is_inverted(&way);
            if !along.is_empty() || self.view.certificate(*top).is_some_and(taken) {
                return along;
            }
            way.pop();
        }
        Vec::new()
    }

    fn is_inverted(&self, way: &[usize]) -> bool {
        let periods = way.iter().filter_map(|position| self.view.certificate(*position));
        let period = periods.map(|facts| facts.validity()).reduce(Validity::intersection);
        period.is_some_and(Validity::is_inverted)
    }

    /// The same for each anchor by itself, the longest lasting first.
    fn anchors(&self, paths: &[&Path]) -> Vec<AnchorHorizon> {
        let mut indexes: Vec<usize> = paths.iter().map(|path| path.anchor).collect();
        indexes.sort_unstable();
        indexes.dedup();
        let mut anchors: Vec<AnchorHorizon> = indexes
            .into_iter()
            .map(|index| {
                let to: Vec<&Path> =
                    paths.iter().copied().filter(|path| path.anchor == index).collect();
                let until = self.stretches(&to).until(self.at);
                AnchorHorizon {
                    anchor: self.anchors.name(index),
                    until,
                    limited_by: until.and_then(|until| self.limit(&to, until)),
                }
            })
            .collect();
        anchors.sort_by_key(|anchor| Reverse(anchor.until));
        anchors
    }
}

/// A union of periods: they are in order, and between any two is an instant in neither.
struct Stretches(Vec<Validity>);

impl Stretches {
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
        // Where trust is undetermined too, that says it all.
        if !findings.has(Code::TrustUndetermined) {
            let kind = FindingKind::HorizonUndetermined { reason };
            findings.add(None, kind, Severity::Warning);
        }
        return;
    }
    check_end(findings, horizon, at);
    for gap in horizon.gaps.iter().filter(|gap| gap.from.is_some_and(|from| at < from)) {
        let Gap { from: Some(from), to } = *gap else { continue };
        findings.add(None, FindingKind::GapAhead { from, to }, Severity::Warning);
    }
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
    let thresholds = findings.policy.thresholds(Kept::of(position));
    let soon = limit.validity().and_then(|period| dates::soon(thresholds, period, at));
    let severity = match soon {
        _ if at > until => Severity::Failure,
        Some((severity, _)) => severity,
        None => Severity::Note,
    };
    let anchor = position.is_none().then(|| limit.subject());
    let kind =
        FindingKind::PathEndsBeforeEndEntity { until, end_entity_not_after: end_entity, anchor };
    findings.add(position, kind, severity);
}

/// Old clients are few, and fail for good: worth knowing, and nothing that ends the service.
fn check_as_sent(
    findings: &mut Findings<'_>,
    horizon: &Horizon,
    limit: Option<&Limit>,
    at: OffsetDateTime,
) {
    let (Some(until), Some(old)) = (horizon.until.filter(|until| at <= *until), horizon.as_sent)
    else {
        return;
    };
    if old < until {
        let position = limit.and_then(Limit::position);
        let anchor = limit.filter(|_| position.is_none()).map(Limit::subject);
        let kind = FindingKind::NeededByOldClients { profile: Profile::AsSent, until: old, anchor };
        findings.add(position, kind, Severity::Note);
    }
}
