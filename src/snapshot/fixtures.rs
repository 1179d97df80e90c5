//! Snapshots for the tests of what stands on them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::datetime;

use super::{Failure, Known, Moment, Record, Snapshot, State};
use crate::chain::PresentedChain;
use crate::inspect::{Inspector, TrustAnchors};
use crate::report::Report;
use crate::target::Subject;

/// What a look shows: reports, and what could not be read.
type Outcome = Result<(Vec<Report>, Vec<Failure>), Failure>;

/// A snapshot to be: of `AT`, of a watch that began an hour before.
pub(crate) struct Scene {
    known: Vec<Arc<Known>>,
    max_age: Option<Duration>,
}

impl Scene {
    pub(crate) const fn new() -> Self {
        Self { known: Vec::new(), max_age: None }
    }

    pub(crate) const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Adds what nobody has looked at yet.
    pub(crate) fn unseen(mut self, label: &str) -> Self {
        self.known.push(Arc::new(Known::unseen(label.into())));
        self
    }

    /// Adds what was seen a number of seconds ago, by a look that took 250 ms.
    pub(crate) fn seen(self, label: &str, reports: Vec<Report>, seconds_ago: u64) -> Self {
        self.looked(label, &[(seconds_ago, Ok((reports, Vec::new())))])
    }

    /// Adds what was seen a minute ago, and a look at the instant of the snapshot that failed.
    pub(crate) fn failing(self, label: &str, reports: Vec<Report>, failure: Failure) -> Self {
        let first = (60, Ok((reports, Vec::new())));
        self.looked(label, &[first, (0, Err(failure))])
    }

    /// Adds what came of looks, each a number of seconds before the snapshot.
    pub(crate) fn looked(mut self, label: &str, looks: &[(u64, Outcome)]) -> Self {
        let mut known = Known::unseen(label.into());
        for (seconds_ago, outcome) in looks {
            let ago = Duration::from_secs(*seconds_ago);
            let moment = Moment { at: AT - ago, elapsed: HOUR - ago };
            let took = Duration::from_millis(250);
            let record = Record { moment, took, outcome: outcome.clone() };
            known = known.after(record, <[Report]>::to_vec);
        }
        self.known.push(Arc::new(known));
        self
    }

    pub(crate) fn taken(self) -> Snapshot {
        let labels =
            self.known.iter().enumerate().map(|(place, known)| (known.label().into(), place));
        let index: HashMap<Arc<str>, usize> = labels.collect();
        Snapshot::new(AT, HOUR, Arc::new(State::of(&self.known, Arc::new(index), self.max_age)))
    }
}

/// Why a look failed at `AT`: the connection was refused.
pub(crate) fn refused() -> Failure {
    Failure {
        at: AT,
        kind: "refused",
        phase: Some("connect"),
        message: "connect failed for https://down.example:443 at 192.0.2.1:443: the connection was refused".into(),
        cause: Some("Connection refused (os error 111)".into()),
    }
}

/// A report of example.com, whose certificate is good from 2030-01-01 to 2030-03-31 23:59:59, under
/// an intermediate of a root that is trusted.
pub(crate) fn report(label: &str, at: OffsetDateTime) -> Report {
    let chain = PresentedChain::from_pem(CHAIN).unwrap();
    let inspector = Inspector::new().with_anchors(TrustAnchors::from_pem(ROOT).unwrap());
    let subject = Subject::server(label, ["example.com".parse().unwrap()]);
    inspector.inspect(&chain, &subject, at)
}

/// The instant of the snapshots: example.com passes.
pub(crate) const AT: OffsetDateTime = datetime!(2030-02-01 0:00 UTC);
/// An instant at which example.com warns.
pub(crate) const SOON: OffsetDateTime = datetime!(2030-03-30 0:00 UTC);
/// An instant at which example.com fails.
pub(crate) const ENDED: OffsetDateTime = datetime!(2030-04-01 0:00 UTC);

const HOUR: Duration = Duration::from_secs(3600);
const CHAIN: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/chain.pem"));
const ROOT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/root.pem"));

#[test]
fn the_scenes_are_as_their_words_say() {
    use crate::report::Status;

    let statuses = [AT, SOON, ENDED].map(|at| report("example.com", at).status());
    assert_eq!(statuses, [Status::Pass, Status::Warn, Status::Fail]);
    let snapshot = Scene::new()
        .seen("old", vec![report("old", AT)], 120)
        .failing("down", vec![report("down", AT)], refused())
        .unseen("new")
        .max_age(Duration::from_secs(60))
        .taken();
    let of = |label| snapshot.get(label).unwrap();
    assert_eq!(of("old").status(), Status::Unknown);
    assert!(of("old").is_too_old() && !of("old").is_stale());
    assert_eq!(of("down").status(), Status::Pass);
    assert!(of("down").is_stale() && !of("down").is_too_old());
    assert_eq!((of("down").looks(), of("down").failed_looks()), (2, 1));
    assert_eq!(of("new").status(), Status::Unknown);
    assert_eq!(snapshot.status(), Status::Unknown);
}
