//! What is known of many targets at one time, and how old it is.
//!
//! A [`Snapshot`] comes from a `Watch` (feature `watch`), which keeps it fresh, or from reports
//! of your own ([`Snapshot::of`]). The functions in [`render`](crate::render) write it down.

mod failure;
// What stands on trust needs cryptography to judge it.
#[cfg(test)]
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
pub(crate) mod fixtures;
mod record;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use crate::report::{Report, Status};

pub use failure::Failure;
pub(crate) use record::Known;
#[cfg(any(feature = "watch", test))]
pub(crate) use record::{Moment, Record, comes_to};

/// What is known of many targets at one time: the reports of the last looks, how old they are, and
/// what could not be looked at.
///
/// It never changes, and is cheap to clone. What it says of age, and so of [`Status::Unknown`], holds
/// for the instant at which it was taken: take a new one for each request that is to be answered.
///
/// ```
/// use notafter::snapshot::Snapshot;
/// # use notafter::{Inspector, chain::PresentedChain, inspect::TrustAnchors, target::Subject};
/// # use time::macros::datetime;
/// # const CHAIN: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/chain.pem"));
/// # const ROOT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/root.pem"));
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let chain = PresentedChain::from_pem(CHAIN)?;
/// # let inspector = Inspector::new().with_anchors(TrustAnchors::from_pem(ROOT)?);
/// # let subject = Subject::server("chain.pem", ["example.com".parse()?]);
/// # let report = inspector.inspect(&chain, &subject, datetime!(2030-02-01 0:00 UTC));
/// let snapshot = Snapshot::of([report]);
/// assert_eq!(snapshot.status(), notafter::Status::Pass);
/// for target in snapshot.iter() {
///     println!("{}: {}", target.label(), target.status());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Snapshot {
    at: OffsetDateTime,
    /// On a clock that nobody sets: since the watch began.
    elapsed: Duration,
    state: Arc<State>,
}

/// What snapshots share until the next look is done.
#[derive(Debug)]
pub(crate) struct State {
    /// Each full but the last: after a look only one of them is another.
    chunks: Vec<Arc<Chunk>>,
    /// Where each label stands.
    index: Arc<HashMap<Arc<str>, usize>>,
    max_age: Option<Duration>,
    sum: Sum,
}

/// Some of what is known, and what it comes to.
#[derive(Debug)]
pub(crate) struct Chunk {
    known: Box<[Arc<Known>]>,
    sum: Sum,
}

/// What a number of targets come to.
#[derive(Clone, Copy, Debug)]
struct Sum {
    /// While nothing is too old.
    fresh: Status,
    /// When the oldest of all facts were seen.
    oldest: Option<Duration>,
}

impl Snapshot {
    /// What a number of reports say, of however many looks: those about one target stand together.
    ///
    /// It is of the instant of the latest report, and nothing in it gets too old.
    #[must_use]
    pub fn of(reports: impl IntoIterator<Item = Report>) -> Self {
        let mut known: Vec<(Arc<str>, Vec<Report>)> = Vec::new();
        let mut index: HashMap<Arc<str>, usize> = HashMap::new();
        for report in reports {
            let label: Arc<str> = report.target().into();
            let place = *index.entry(Arc::clone(&label)).or_insert(known.len());
            match known.get_mut(place) {
                Some((_, reports)) => reports.push(report),
                None => known.push((label, vec![report])),
            }
        }
        let instants = known.iter().flat_map(|(_, reports)| reports).map(Report::checked_at);
        let at = instants.max().unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let known = known.into_iter().map(|(label, reports)| Arc::new(Known::of(label, reports)));
        let state = State::of(&known.collect::<Vec<_>>(), Arc::new(index), None);
        Self::new(at, Duration::ZERO, Arc::new(state))
    }

    pub(crate) const fn new(at: OffsetDateTime, elapsed: Duration, state: Arc<State>) -> Self {
        Self { at, elapsed, state }
    }

    /// The instant at which it was taken.
    #[must_use]
    pub const fn taken_at(&self) -> OffsetDateTime {
        self.at
    }

    /// How old facts may be before they count as unknown; `None` where they never do.
    #[must_use]
    pub fn max_age(&self) -> Option<Duration> {
        self.state.max_age
    }

    /// What all of it comes to: [`Status::Fail`] where clients of any target fail, else
    /// [`Status::Unknown`] where of any target nothing is known, or nothing recent, else the worse of
    /// warn and pass. Unknown where nothing is watched.
    ///
    /// Not the plain maximum: a target that can't be reached must not hide one that fails.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.is_empty() {
            return Status::Unknown;
        }
        let Sum { fresh, oldest } = self.state.sum;
        // What was never seen is unknown at any age.
        if self.max_age().zip(oldest).is_none_or(|(max, oldest)| self.age_of(oldest) <= max) {
            return fresh;
        }
        self.iter().map(|target| target.status()).fold(Status::Pass, Status::or_worse)
    }

    /// How many targets there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state.chunks.iter().map(|chunk| chunk.known.len()).sum()
    }

    /// Whether nothing is watched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state.chunks.is_empty()
    }

    /// How many targets have a status.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.iter().filter(|target| target.status() == status).count()
    }

    /// All targets, in the order in which they were added.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Watched<'_>> {
        (0..self.len()).map(|place| self.at(place))
    }

    /// The target with a [label](Watched::label).
    #[must_use]
    pub fn get(&self, label: &str) -> Option<Watched<'_>> {
        Some(self.at(*self.state.index.get(label)?))
    }

    /// All reports, in the order of the targets.
    pub fn reports(&self) -> impl Iterator<Item = &Report> {
        let known = self.state.chunks.iter().flat_map(|chunk| chunk.known.iter());
        known.flat_map(|known| known.reports())
    }

    fn at(&self, place: usize) -> Watched<'_> {
        // Places are counted through chunks that are full, all but the last.
        let known = &self.state.chunks[place / Chunk::SIZE].known[place % Chunk::SIZE];
        Watched { known, snapshot: self }
    }

    fn age_of(&self, moment: Duration) -> Duration {
        self.elapsed.saturating_sub(moment)
    }
}

impl State {
    pub(crate) fn new(
        chunks: Vec<Arc<Chunk>>,
        index: Arc<HashMap<Arc<str>, usize>>,
        max_age: Option<Duration>,
    ) -> Self {
        let sum = Sum::of(chunks.iter().map(|chunk| chunk.sum));
        Self { chunks, index, max_age, sum }
    }

    fn of(
        known: &[Arc<Known>],
        index: Arc<HashMap<Arc<str>, usize>>,
        max_age: Option<Duration>,
    ) -> Self {
        let chunks = known.chunks(Chunk::SIZE);
        let chunks = chunks.map(|chunk| Arc::new(Chunk::new(chunk.iter().map(Arc::clone))));
        Self::new(chunks.collect(), index, max_age)
    }
}

impl Chunk {
    /// About as many as there are chunks of 10,000 targets: so a look copies few of either.
    pub(crate) const SIZE: usize = 100;

    pub(crate) fn new(known: impl Iterator<Item = Arc<Known>>) -> Self {
        let known: Box<[Arc<Known>]> = known.collect();
        let sum = Sum::of(known.iter().map(|known| Sum {
            fresh: known.status(),
            oldest: known.success().map(|moment| moment.elapsed),
        }));
        Self { known, sum }
    }
}

impl Sum {
    fn of(parts: impl Iterator<Item = Self>) -> Self {
        parts.fold(Self { fresh: Status::Pass, oldest: None }, |sum, part| Self {
            fresh: sum.fresh.or_worse(part.fresh),
            oldest: match (sum.oldest, part.oldest) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
        })
    }
}

/// What is known of one target, or of one source of certificates, as of a [`Snapshot`].
#[derive(Clone, Copy, Debug)]
pub struct Watched<'a> {
    known: &'a Known,
    snapshot: &'a Snapshot,
}

impl<'a> Watched<'a> {
    /// What it is called: a target's canonical form, a source's label.
    #[must_use]
    pub fn label(&self) -> &'a str {
        self.known.label()
    }

    /// What it comes to: unknown where nothing was seen yet, where what was seen is older than
    /// [`Snapshot::max_age`], or where part of a source could not be read; else what the reports say,
    /// the worst of them.
    ///
    /// A look that failed changes nothing as long as the facts are fresh enough:
    /// [`failure`](Self::failure) tells of it.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.is_too_old() { Status::Unknown } else { self.known.status() }
    }

    /// What was seen last: of a target one report, of a source one for each chain; none before the
    /// first look. They stay when later looks fail.
    #[must_use]
    pub fn reports(&self) -> &'a [Report] {
        self.known.reports()
    }

    /// What of a source could not be read, while the rest could.
    #[must_use]
    pub fn problems(&self) -> &'a [Failure] {
        self.known.problems()
    }

    /// Why the last look saw nothing; `None` where it did.
    #[must_use]
    pub const fn failure(&self) -> Option<&'a Failure> {
        self.known.failure()
    }

    /// The instant at which the facts were seen: that of the last look that saw any. The reports may
    /// have been judged anew since ([`Report::checked_at`]).
    #[must_use]
    pub fn checked_at(&self) -> Option<OffsetDateTime> {
        self.known.success().map(|moment| moment.at)
    }

    /// How long ago the facts were seen, by a clock that nobody sets.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.known.success().map(|moment| self.snapshot.age_of(moment.elapsed))
    }

    /// Whether a later look failed: the facts are those of an earlier one.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.known.failure().is_some() && !self.reports().is_empty()
    }

    /// Whether the facts are older than they may be.
    #[must_use]
    pub fn is_too_old(&self) -> bool {
        self.age().zip(self.snapshot.max_age()).is_some_and(|(age, max)| age > max)
    }

    /// How long the last look took, where there was one.
    #[must_use]
    pub const fn took(&self) -> Option<Duration> {
        self.known.took()
    }

    /// How many looks there were.
    #[must_use]
    pub const fn looks(&self) -> u64 {
        self.known.looks()
    }

    /// How many looks saw nothing.
    #[must_use]
    pub const fn failed_looks(&self) -> u64 {
        self.known.failed_looks()
    }

    /// The instant at which this was taken: that of the snapshot.
    #[must_use]
    pub const fn taken_at(&self) -> OffsetDateTime {
        self.snapshot.at
    }

    /// Until when clients go on, by the first of the reports to end, that of our own client certificate
    /// among them; `None` where no report has a horizon.
    #[must_use]
    pub fn until(&self) -> Option<OffsetDateTime> {
        let reports = self.reports().iter();
        let reports = reports.flat_map(|report| [report].into_iter().chain(report.client_report()));
        reports.filter_map(|report| report.horizon().until).min()
    }
}
