//! The horizon of random small hierarchies, held against brute force: at every instant where a
//! validity period begins or ends, and a second beside it, all ways to an anchor are walked.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::judge::{chain, server};
use common::pki::{Draft, Issued, Key, at};
use notafter::Inspector;
use notafter::inspect::TrustAnchors;
use notafter::report::{Gap, Report};
use proptest::collection::vec;
use proptest::prelude::*;
use rcgen::KeyPair;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// A validity period in days from the first of the year 2026: where it begins, and how long it is.
type Days = (i64, i64);

/// Who signed whom, by the numbers of the CAs, and when that is valid.
#[derive(Clone, Debug)]
struct Graph {
    /// The end-entity certificate's issuer.
    leaf: (usize, Days),
    /// Issuer, subject.
    sent: Vec<(usize, usize, Days)>,
    anchors: Vec<(usize, Days)>,
}

const CAS: usize = 4;

fn graphs() -> impl Strategy<Value = Graph> {
    // Few days, so that ends and begins fall on the same ones.
    let days = || (0..16_i64, 1..12_i64);
    let leaf = (0..CAS, (0..6_i64, 10..24_i64));
    let sent = vec((0..CAS, 0..CAS, days()), 0..8);
    let anchors = vec((0..CAS, days()), 1..4);
    (leaf, sent, anchors).prop_map(|(leaf, sent, anchors)| Graph { leaf, sent, anchors })
}

fn begin((day, _): Days) -> OffsetDateTime {
    at("2026-01-01T00:00:00Z") + Duration::days(day)
}

/// The last second: the day after the last one begins in the next.
fn end((day, length): Days) -> OffsetDateTime {
    begin((day + length, 0)) - Duration::SECOND
}

fn holds(days: Days, at: OffsetDateTime) -> bool {
    begin(days) <= at && at <= end(days)
}

impl Graph {
    /// Whether some way leads to one of the anchors at an instant.
    fn is_valid(&self, anchors: &[(usize, Option<Days>)], at: OffsetDateTime) -> bool {
        let (issuer, days) = self.leaf;
        holds(days, at) && self.leads_up(issuer, &mut vec![], anchors, at)
    }

    fn leads_up(
        &self,
        ca: usize,
        passed: &mut Vec<usize>,
        anchors: &[(usize, Option<Days>)],
        at: OffsetDateTime,
    ) -> bool {
        if anchors.iter().any(|(of, days)| *of == ca && days.is_none_or(|days| holds(days, at))) {
            return true;
        }
        passed.push(ca);
        let above = self.sent.iter().any(|(issuer, subject, days)| {
            *subject == ca
                && holds(*days, at)
                && !passed.contains(issuer)
                && self.leads_up(*issuer, passed, anchors, at)
        });
        passed.pop();
        above
    }

    /// The instants from which on something is different.
    fn changes(&self) -> BTreeSet<OffsetDateTime> {
        let sent = self.sent.iter().map(|(_, _, days)| *days);
        let all = sent.chain(self.anchors.iter().map(|(_, days)| *days)).chain([self.leaf.1]);
        all.flat_map(|days| [begin(days), end(days) + Duration::SECOND]).collect()
    }

    /// The stretches in which some way leads to one of the anchors, by brute force.
    fn stretches(
        &self,
        anchors: &[(usize, Option<Days>)],
    ) -> Vec<(OffsetDateTime, OffsetDateTime)> {
        let mut stretches: Vec<(OffsetDateTime, OffsetDateTime)> = Vec::new();
        let changes: Vec<_> = self.changes().into_iter().collect();
        for between in changes.windows(2) {
            let (from, to) = (between[0], between[1] - Duration::SECOND);
            let valid = self.is_valid(anchors, from);
            assert_eq!(valid, self.is_valid(anchors, to));
            match stretches.last_mut() {
                _ if !valid => {}
                Some((_, last)) if *last + Duration::SECOND == from => *last = to,
                _ => stretches.push((from, to)),
            }
        }
        stretches
    }

    fn issue(&self, keys: &[Arc<KeyPair>]) -> (Vec<Issued>, Vec<Issued>) {
        let text = |instant: OffsetDateTime| instant.format(&Rfc3339).unwrap();
        let cas: Vec<Issued> = keys
            .iter()
            .enumerate()
            .map(|(ca, key)| Draft::root(&format!("CA {ca}")).issue_for(key.clone()))
            .collect();
        let valid = |draft: Draft<'_>, days, key: &Arc<KeyPair>| {
            draft.valid(&text(begin(days)), &text(end(days))).issue_for(key.clone())
        };
        let (issuer, days) = self.leaf;
        let leaf = cas[issuer].leaf("example.com");
        let mut sent = vec![leaf.valid(&text(begin(days)), &text(end(days))).issue()];
        for (issuer, subject, days) in &self.sent {
            let draft = cas[*issuer].ca(&format!("CA {subject}"));
            sent.push(valid(draft, *days, &keys[*subject]));
        }
        let anchors = self.anchors.iter();
        let anchors =
            anchors.map(|(ca, days)| valid(Draft::root(&format!("CA {ca}")), *days, &keys[*ca]));
        let anchors = anchors.collect();
        (sent, anchors)
    }
}

fn until(
    stretches: &[(OffsetDateTime, OffsetDateTime)],
    at: OffsetDateTime,
) -> Option<OffsetDateTime> {
    stretches.iter().filter(|(from, _)| *from <= at).map(|(_, to)| *to).next_back()
}

/// The gaps that are yet to end.
fn gaps(
    stretches: &[(OffsetDateTime, OffsetDateTime)],
    at: OffsetDateTime,
) -> Vec<(Option<OffsetDateTime>, OffsetDateTime)> {
    let before =
        std::iter::once(None).chain(stretches.iter().map(|(_, to)| Some(*to + Duration::SECOND)));
    let after = stretches.iter().map(|(from, _)| *from);
    let pairs = before.zip(after).filter(|(_, next)| *next > at);
    pairs.map(|(from, next)| (from, next - Duration::SECOND)).collect()
}

/// What ends at the horizon: the certificate at the position, or an anchor.
fn ends_there(graph: &Graph, report: &Report) -> bool {
    let horizon = report.horizon();
    let (Some(until), Some(limit)) = (horizon.until, &horizon.limited_by) else {
        return horizon.until.is_none() && horizon.limited_by.is_none();
    };
    match limit.position() {
        Some(0) => end(graph.leaf.1) == until,
        Some(position) => end(graph.sent[position - 1].2) == until,
        None => graph
            .anchors
            .iter()
            .any(|(ca, days)| end(*days) == until && limit.subject() == format!("CN=CA {ca}")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_horizon_is_what_brute_force_says(graph in graphs()) {
        let keys: Vec<Arc<KeyPair>> = (0..CAS).map(|_| Arc::new(Key::P256.generate())).collect();
        let (sent, anchors) = graph.issue(&keys);
        let ders: Vec<_> = sent.iter().map(|issued| &issued.der).collect();
        let (sent, subject) = (chain(&ders), server(&["example.com"]));
        let anchors = anchors.iter().map(|anchor| anchor.der.to_vec());
        let inspector = Inspector::new().with_anchors(TrustAnchors::from_der(anchors).unwrap());

        let dated: Vec<_> = graph.anchors.iter().map(|(ca, days)| (*ca, Some(*days))).collect();
        let undated: Vec<_> = graph.anchors.iter().map(|(ca, _)| (*ca, None)).collect();
        let enforced = graph.stretches(&dated);
        let ignored = graph.stretches(&undated);

        let mut seen_without_a_later_stretch = false;
        let beside = [-Duration::SECOND, Duration::ZERO, Duration::SECOND];
        for at in graph.changes().into_iter().flat_map(|change| beside.map(|by| change + by)) {
            let report = inspector.inspect(&sent, &subject, at);
            let horizon = report.horizon();
            prop_assert_eq!(horizon.undetermined, None);
            prop_assert_eq!(horizon.until, until(&enforced, at), "until, at {}", at);
            prop_assert_eq!(horizon.anchors_ignored, until(&ignored, at), "ignored, at {}", at);
            let told: Vec<_> =
                horizon.gaps.iter().map(|Gap { from, to, .. }| (*from, *to)).collect();
            prop_assert_eq!(told, gaps(&enforced, at), "gaps, at {}", at);
            prop_assert!(ends_there(&graph, &report), "{:?}, at {}", horizon, at);

            // Nothing outlives the end-entity certificate, and no client fails before `strict`.
            let all = [horizon.until, horizon.anchors_ignored, horizon.as_sent];
            for instant in all.into_iter().flatten() {
                prop_assert!(instant <= end(graph.leaf.1));
                prop_assert!(horizon.strict <= Some(instant));
            }
            prop_assert!(horizon.as_sent <= horizon.until || horizon.until.is_none());

            // By a single anchor, each of those that share a name apart.
            for ca in 0..CAS {
                let mut expected: Vec<_> = dated
                    .iter()
                    .filter(|(of, _)| *of == ca)
                    .map(|one| until(&graph.stretches(&[*one]), at))
                    .filter(Option::is_some)
                    .collect();
                expected.sort_unstable_by(|a, b| b.cmp(a));
                let name = format!("CN=CA {ca}");
                let anchors = horizon.anchors.iter().filter(|anchor| anchor.anchor == name);
                let found: Vec<_> =
                    anchors.map(|anchor| anchor.until).filter(Option::is_some).collect();
                prop_assert_eq!(found, expected, "{}, at {}", name, at);
            }

            // More time never makes valid again what ended without a stated gap.
            let valid = horizon.until.is_some_and(|until| at <= until);
            prop_assert_eq!(valid, graph.is_valid(&dated, at));
            prop_assert!(!(valid && seen_without_a_later_stretch), "valid again at {}", at);
            seen_without_a_later_stretch |= !valid && horizon.gaps.is_empty();
        }
    }
}
