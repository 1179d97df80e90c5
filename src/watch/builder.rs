//! How a watch is to work.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::Notify;

use super::board::{Board, Rules};
use super::driver::{self, End};
use super::look::{Eyes, Item, Look};
use super::{Damping, Source, Watch};
#[cfg(feature = "fetch")]
use crate::target::Target;

/// A [`Watch`] to be.
#[must_use = "nothing is watched before `start`"]
pub struct WatchBuilder {
    eyes: Arc<dyn Look>,
    items: Vec<Item>,
    every: Duration,
    max_age: Option<Duration>,
    concurrency: usize,
    patience: Duration,
    damping: Damping,
    remind_every: Option<Duration>,
    event_capacity: usize,
    now: super::Now,
    dice: fastrand::Rng,
}

impl WatchBuilder {
    pub(super) fn new(eyes: Eyes) -> Self {
        Self::with_eyes(Arc::new(eyes))
    }

    pub(super) fn with_eyes(eyes: Arc<dyn Look>) -> Self {
        Self {
            eyes,
            items: Vec::new(),
            every: Duration::from_secs(3600),
            max_age: None,
            concurrency: 32,
            patience: Duration::from_secs(60),
            damping: Damping::new(),
            remind_every: None,
            event_capacity: 1024,
            now: Arc::new(crate::clock::now),
            dice: fastrand::Rng::new(),
        }
    }

    /// Watches a target. One that is there already counts once.
    #[cfg(feature = "fetch")]
    pub fn target(mut self, target: Target) -> Self {
        self.items.push(Item::Target(target));
        self
    }

    /// Watches targets.
    #[cfg(feature = "fetch")]
    pub fn targets(mut self, targets: impl IntoIterator<Item = Target>) -> Self {
        self.items.extend(targets.into_iter().map(Item::Target));
        self
    }

    /// Watches a source of certificates. Of several with one label the first counts.
    pub fn source(mut self, source: Source) -> Self {
        self.items.push(Item::Source(source));
        self
    }

    /// Sets how often each target is looked at; once an hour otherwise, once a second at the most, and
    /// once a year at the least.
    ///
    /// A tenth more or less, so that looks spread; closer together as the horizon nears, and after it;
    /// after a failed look about ten seconds later, then after twice as long, and so on.
    pub const fn every(mut self, interval: Duration) -> Self {
        self.every = interval;
        self
    }

    /// Sets how old facts may be before a target counts as unknown; three times
    /// [`every`](Self::every) and the time that a look may take otherwise. It is no less than passes
    /// from one look to the next, or everything would be unknown in between.
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Sets how many looks there are at a time; 32 otherwise, at least 1.
    pub const fn concurrency(mut self, looks: usize) -> Self {
        self.concurrency = looks;
        self
    }

    /// Sets how long one look may take, whatever a function of yours awaits; a minute otherwise. One
    /// that blocks can't be interrupted. A target's own [`Timeouts`](crate::fetch::Timeouts) end it earlier.
    pub const fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// Sets when a change is told to subscribers.
    pub const fn damping(mut self, damping: Damping) -> Self {
        self.damping = damping;
        self
    }

    /// Tells subscribers again and again what is not pass: with the first look after each such time.
    /// Never otherwise.
    pub const fn remind_every(mut self, interval: Duration) -> Self {
        self.remind_every = Some(interval);
        self
    }

    /// Sets how many events wait for a subscriber that does not read; 1024 otherwise, from 1 to a
    /// million. Room for them is made at the start, for a power of two.
    pub const fn event_capacity(mut self, events: usize) -> Self {
        self.event_capacity = events;
        self
    }

    /// Sets the clock by which is judged: in tests, or to see what it will say then. The system's
    /// otherwise.
    ///
    /// When to look, and how old facts are, is told by a clock that nobody sets.
    pub fn clock(mut self, now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        self.now = Arc::new(now);
        self
    }

    #[cfg(test)]
    #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
    pub(super) fn dice(mut self, seed: u64) -> Self {
        self.dice = fastrand::Rng::with_seed(seed);
        self
    }

    /// Starts to watch: all targets are looked at as soon as there is room.
    ///
    /// # Panics
    ///
    /// Where it is not called on a tokio runtime, with its time driver enabled, as
    /// [`tokio::spawn`] does.
    #[must_use = "a watch that is dropped ends"]
    pub fn start(self) -> Watch {
        // Instants have no room for more than some centuries.
        let every = self.every.clamp(Duration::from_secs(1), A_YEAR);
        let patience = self.patience.min(A_YEAR);
        let max_age = self.max_age.unwrap_or_else(|| every * 3 + patience);
        let max_age = max_age.max(every.mul_f64(1.1) + patience);
        let rules = Rules {
            now: self.now,
            every,
            max_age,
            concurrency: self.concurrency.max(1),
            damping: self.damping,
            remind_every: self.remind_every,
            event_capacity: self.event_capacity.clamp(1, MOST_EVENTS),
            dice: self.dice,
        };
        let board = Arc::new(Board::new(rules, self.items));
        let stop = Arc::new(Notify::new());
        let end = End(Arc::clone(&board));
        let run = driver::run(Arc::clone(&board), self.eyes, patience, Arc::clone(&stop), end);
        Watch::new(board, stop, tokio::spawn(run))
    }
}

/// Room for all of them is made at once.
const MOST_EVENTS: usize = 1 << 20;
const A_YEAR: Duration = Duration::from_secs(365 * 86_400);

impl std::fmt::Debug for WatchBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WatchBuilder")
            .field("items", &self.items.len())
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}
