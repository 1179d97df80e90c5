//! What is watched, what is known of it, and when it is looked at next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
#[cfg(feature = "fetch")]
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::look::{Item, Judge};
use super::roster::{Roster, Slot, When};
use super::schedule::Pace;
use super::{Damping, Event, Now};
use crate::report::{Report, Status};
use crate::snapshot::{Failure, Known, Moment, Record, Snapshot, State};
#[cfg(feature = "fetch")]
use crate::target::Target;

/// What the handle and the task share. Readers take `latest` and wait for nobody; all else is behind
/// a lock that is held for no longer than it takes to note something down.
pub(super) struct Board {
    latest: ArcSwap<State>,
    inner: Mutex<Inner>,
    /// Something was added or removed, or is to be looked at sooner.
    pub(super) wake: Notify,
    /// Told whenever readers get something new.
    published: watch::Sender<()>,
    began: Instant,
    pub(super) now: Now,
    max_age: Duration,
    concurrency: usize,
    damping: Damping,
    remind_every: Option<Duration>,
    pace: Pace,
}

type Queue = BinaryHeap<Reverse<(When, u64)>>;

struct Inner {
    roster: Roster,
    /// When each is due; entries of those that were removed or are due at another time are passed over.
    queue: Queue,
    in_flight: usize,
    dice: fastrand::Rng,
    /// What changed, to be told once readers have it.
    untold: Vec<Event>,
    /// None once the watch has ended, so that subscribers learn of it.
    events: Option<broadcast::Sender<Event>>,
}

/// A look to start.
pub(super) struct Due {
    pub(super) id: u64,
    pub(super) item: Item,
    /// Judges what was seen last.
    pub(super) judge: Option<Judge>,
}

/// What came of a look.
pub(super) struct Done {
    pub(super) id: u64,
    pub(super) moment: Moment,
    pub(super) took: Duration,
    pub(super) outcome: Result<Seen, Unseen>,
}

pub(super) struct Seen {
    pub(super) reports: Vec<Report>,
    pub(super) problems: Vec<Failure>,
    pub(super) judge: Judge,
}

/// Nothing was seen; what was seen last is judged anew.
pub(super) struct Unseen {
    pub(super) failure: Failure,
    /// `None` where nobody came to judge.
    pub(super) again: Option<Vec<Report>>,
}

/// How a board is to work.
pub(super) struct Rules {
    pub(super) now: Now,
    pub(super) every: Duration,
    pub(super) max_age: Duration,
    pub(super) concurrency: usize,
    pub(super) damping: Damping,
    pub(super) remind_every: Option<Duration>,
    pub(super) event_capacity: usize,
    pub(super) dice: fastrand::Rng,
}

impl Board {
    pub(super) fn new(rules: Rules, items: Vec<Item>) -> Self {
        let mut roster = Roster::default();
        let board = Self {
            latest: ArcSwap::from_pointee(roster.state(rules.max_age)()),
            inner: Mutex::new(Inner {
                roster,
                queue: BinaryHeap::new(),
                in_flight: 0,
                dice: rules.dice,
                untold: Vec::new(),
                events: Some(broadcast::Sender::new(rules.event_capacity)),
            }),
            wake: Notify::new(),
            published: watch::Sender::new(()),
            began: Instant::now(),
            now: rules.now,
            max_age: rules.max_age,
            concurrency: rules.concurrency,
            damping: rules.damping,
            remind_every: rules.remind_every,
            pace: Pace { every: rules.every },
        };
        board.change(|inner| {
            for item in items {
                inner.add(item, board.began);
            }
        });
        board.publish();
        board
    }

    /// The latest of what is known. Takes no lock.
    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot::new((self.now)(), self.began.elapsed(), self.latest.load_full())
    }

    pub(super) fn subscribe(&self) -> Option<broadcast::Receiver<Event>> {
        self.lock().events.as_ref().map(broadcast::Sender::subscribe)
    }

    /// Told whenever there is something new to read.
    pub(super) fn news(&self) -> watch::Receiver<()> {
        self.published.subscribe()
    }

    pub(super) fn add(&self, item: Item) -> bool {
        self.change(|inner| inner.add(item, Instant::now()))
    }

    pub(super) fn remove(&self, label: &str) -> bool {
        let removed = self.change(|inner| match inner.roster.labelled(label).map(|slot| slot.id) {
            Some(id) => inner.roster.keep_only(|slot| slot.id != id),
            None => Vec::new(),
        });
        !removed.is_empty()
    }

    /// Makes these the only targets; sources stay.
    #[cfg(feature = "fetch")]
    pub(super) fn reconcile(&self, targets: &[Target]) -> (usize, usize) {
        let (added, removed) = self.change(|inner| {
            let wanted: HashSet<&Target> = targets.iter().collect();
            let removed = inner.roster.keep_only(|slot| match &slot.item {
                Item::Target(target) => wanted.contains(target),
                Item::Source(_) => true,
            });
            let at = Instant::now();
            let added =
                targets.iter().filter(|target| inner.add(Item::Target((*target).clone()), at));
            (added.count(), removed)
        });
        (added, removed.len())
    }

    /// Has it looked at before all others, and says which it is and how many looks there will have
    /// been then: one that is under way began too early to count.
    pub(super) fn look_now(&self, label: &str) -> Option<(u64, u64)> {
        self.change(|inner| {
            inner.events.as_ref()?;
            let slot = inner.roster.labelled(label)?;
            let (id, looks) = (slot.id, slot.known.looks() + 1 + u64::from(slot.is_looking));
            // Nothing was due earlier; and asked for again, it keeps its place.
            let first = (self.began, false);
            if slot.due != Some(first) {
                schedule(slot, &mut inner.queue, first);
            }
            Some((id, looks))
        })
    }

    pub(super) fn label_of(&self, id: u64) -> Option<Arc<str>> {
        self.lock().roster.numbered(id).map(|slot| slot.known.shared_label())
    }

    /// Whether it is still the same that is watched.
    pub(super) fn is_there(&self, id: u64) -> bool {
        self.lock().roster.numbered(id).is_some()
    }

    /// What is due by now and has room, and when the next is due.
    pub(super) fn due(&self) -> (Vec<Due>, Option<Instant>) {
        let now = Instant::now();
        let mut inner = self.lock();
        let inner = &mut *inner;
        let mut due = Vec::new();
        while inner.in_flight < self.concurrency {
            let Some(&Reverse((at, id))) = inner.queue.peek() else { return (due, None) };
            if at.0 > now {
                return (due, Some(at.0));
            }
            inner.queue.pop();
            let Some(slot) = inner.roster.numbered(id) else { continue };
            // At most one look at a time; what is asked for meanwhile is scheduled when it is done.
            if slot.due != Some(at) || slot.is_looking {
                continue;
            }
            slot.due = None;
            slot.is_looking = true;
            due.push(Due { id, item: slot.item.clone(), judge: slot.judge.clone() });
            inner.in_flight += 1;
        }
        // There is room again when a look is done.
        (due, None)
    }

    /// Notes that a look was started, so that it ends with its target.
    pub(super) fn started(&self, id: u64, look: AbortHandle) {
        match self.lock().roster.numbered(id) {
            Some(slot) => slot.abort = Some(look),
            None => look.abort(),
        }
    }

    /// Takes what came of a look, and notes what changed.
    pub(super) fn done(&self, done: Done) {
        let Done { id, moment, took, outcome } = done;
        let mut inner = self.lock();
        let inner = &mut *inner;
        inner.in_flight = inner.in_flight.saturating_sub(1);
        // It may have been removed in the meantime.
        let Some(slot) = inner.roster.learn(id) else { return };
        slot.is_looking = false;
        slot.abort = None;
        let is_first = slot.known.looks() == 0;
        slot.known = Arc::new(match outcome {
            Ok(Seen { reports, problems, judge }) => {
                slot.judge = Some(judge);
                slot.failures = 0;
                let outcome = Ok((reports, problems));
                slot.known.after(Record { moment, took, outcome }, <[Report]>::to_vec)
            }
            Err(Unseen { failure, again }) => {
                slot.failures = slot.failures.saturating_add(1);
                let outcome = Err(failure);
                let again = |last: &[Report]| again.unwrap_or_else(|| last.to_vec());
                slot.known.after(Record { moment, took, outcome }, again)
            }
        });
        let status = self.status_of(&slot.known, moment);
        let changes = slot.told.take(&slot.known, status, moment, self.damping, self.remind_every);
        slot.hurried = if slot.told.is_unsettled() { slot.hurried.saturating_add(1) } else { 0 };
        let (at, target) = (moment.at, slot.known.shared_label());
        let events = changes.into_iter().map(|(chain, kind)| Event {
            at,
            target: Arc::clone(&target),
            chain,
            kind,
        });
        inner.untold.extend(events);
        // Somebody may have asked for another look meanwhile.
        let at = slot.due.unwrap_or_else(|| {
            let wait = self.pace.wait(&slot.prospect(moment));
            (Instant::now() + self.pace.roll(wait, is_first, &mut inner.dice), true)
        });
        schedule(slot, &mut inner.queue, at);
        inner.tidy();
    }

    /// Takes that a look was cut off, as its target was removed.
    pub(super) fn cut_off(&self) {
        let mut inner = self.lock();
        inner.in_flight = inner.in_flight.saturating_sub(1);
    }

    /// Hands readers what is new, where anything is, and then tells subscribers: whoever is told and
    /// reads finds it.
    pub(super) fn publish(&self) {
        let mut inner = self.lock();
        if !inner.roster.is_ahead() {
            return;
        }
        let state = inner.roster.state(self.max_age);
        let (untold, events) = (std::mem::take(&mut inner.untold), inner.events.clone());
        // Under the lock, so that whoever finds nothing unpublished finds all of it here.
        self.latest.store(Arc::new(state()));
        drop(inner);
        self.published.send_replace(());
        if let Some(events) = events {
            for event in untold {
                // Nobody may have subscribed.
                let _ = events.send(event);
            }
        }
    }

    /// Tells subscribers that there is no more to come.
    pub(super) fn end(&self) {
        self.lock().events = None;
        self.published.send_replace(());
    }

    /// Whether readers have all that there is.
    pub(super) fn is_published(&self) -> bool {
        !self.lock().roster.is_ahead()
    }

    pub(super) fn has_ended(&self) -> bool {
        self.lock().events.is_none()
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// What it comes to by its age: after failed looks the facts get old.
    fn status_of(&self, known: &Known, moment: Moment) -> Status {
        let age = known.success().map(|seen| moment.elapsed.saturating_sub(seen.elapsed));
        if age.is_some_and(|age| age > self.max_age) { Status::Unknown } else { known.status() }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let done = change(&mut self.lock());
        self.wake.notify_one();
        done
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing under the lock panics: no function of the caller's is called there.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Adds it, unless it is there.
    fn add(&mut self, item: Item, at: Instant) -> bool {
        // Nothing is watched any more once it has ended.
        if self.events.is_none() {
            return false;
        }
        let Some(slot) = self.roster.add(item) else { return false };
        schedule(slot, &mut self.queue, (at, true));
        true
    }

    /// Forgets what is not due any more, where that has become much.
    fn tidy(&mut self) {
        if self.queue.len() > 2 * self.roster.len() + 64 {
            let roster = &self.roster;
            self.queue.retain(|Reverse((at, id))| roster.is_due(*id, *at));
        }
    }
}

fn schedule(slot: &mut Slot, queue: &mut Queue, at: When) {
    slot.due = Some(at);
    queue.push(Reverse((at, slot.id)));
}
