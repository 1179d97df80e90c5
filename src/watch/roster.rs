//! Who is watched, and what readers get of it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::changes::Told;
use super::look::{Item, Judge};
use super::schedule::Prospect;
use crate::snapshot::{Chunk, Known, Moment, State};

/// All that is watched, in the order in which it was added.
#[derive(Default)]
pub(super) struct Roster {
    slots: Vec<Slot>,
    /// Where each stands, by its number and by its label.
    places: HashMap<u64, usize>,
    labels: Arc<HashMap<Arc<str>, usize>>,
    next_id: u64,
    /// What is known, as readers have it.
    chunks: Vec<Arc<Chunk>>,
    /// The chunks of which readers have older ones.
    outdated: BTreeSet<usize>,
    /// Whether something was added or removed that readers don't know of.
    members_changed: bool,
}

/// When a look is due, and whether nobody asked for it: what was asked for comes first.
pub(super) type When = (Instant, bool);

/// One target or source, and what is to be done with it.
pub(super) struct Slot {
    pub(super) id: u64,
    pub(super) item: Item,
    pub(super) known: Arc<Known>,
    pub(super) told: Told,
    /// Judges what was seen last.
    pub(super) judge: Option<Judge>,
    pub(super) failures: u32,
    pub(super) due: Option<When>,
    pub(super) is_looking: bool,
    /// Ends the look that is under way.
    pub(super) abort: Option<AbortHandle>,
    /// How many looks in a row came early to see a change again.
    pub(super) hurried: u32,
}

impl Roster {
    /// Adds it, unless it is there.
    pub(super) fn add(&mut self, item: Item) -> Option<&mut Slot> {
        let label = item.label();
        if self.labels.contains_key(&label) {
            return None;
        }
        let (id, place) = (self.next_id, self.slots.len());
        self.next_id += 1;
        // Readers share the map: the first of many additions copies it.
        Arc::make_mut(&mut self.labels).insert(Arc::clone(&label), place);
        self.places.insert(id, place);
        self.members_changed = true;
        self.slots.push(Slot {
            id,
            item,
            known: Arc::new(Known::unseen(label)),
            told: Told::new(),
            judge: None,
            failures: 0,
            due: None,
            is_looking: false,
            abort: None,
            hurried: 0,
        });
        self.slots.last_mut()
    }

    /// Lets go of all others, and of the looks at them. They are to be dropped outside of the lock:
    /// functions of the caller's go with them.
    #[must_use]
    pub(super) fn keep_only(&mut self, keep: impl Fn(&Slot) -> bool) -> Vec<Slot> {
        let removed: Vec<Slot> = self.slots.extract_if(.., |slot| !keep(slot)).collect();
        for look in removed.iter().filter_map(|slot| slot.abort.as_ref()) {
            look.abort();
        }
        if !removed.is_empty() {
            let places = self.slots.iter().enumerate();
            self.places = places.clone().map(|(place, slot)| (slot.id, place)).collect();
            self.labels =
                Arc::new(places.map(|(place, slot)| (slot.known.shared_label(), place)).collect());
            self.members_changed = true;
        }
        removed
    }

    pub(super) fn labelled(&mut self, label: &str) -> Option<&mut Slot> {
        let place = *self.labels.get(label)?;
        self.slots.get_mut(place)
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether it is due then, and not at another time, or gone.
    pub(super) fn is_due(&self, id: u64, at: When) -> bool {
        let slot = self.places.get(&id).and_then(|place| self.slots.get(*place));
        slot.is_some_and(|slot| slot.due == Some(at))
    }

    pub(super) fn numbered(&mut self, id: u64) -> Option<&mut Slot> {
        let place = *self.places.get(&id)?;
        self.slots.get_mut(place)
    }

    /// The same, of which something else is known from now on.
    pub(super) fn learn(&mut self, id: u64) -> Option<&mut Slot> {
        let place = *self.places.get(&id)?;
        self.outdated.insert(place / Chunk::SIZE);
        self.slots.get_mut(place)
    }

    /// Whether there is something that readers don't have.
    pub(super) fn is_ahead(&self) -> bool {
        self.members_changed || !self.outdated.is_empty()
    }

    /// What readers get: only the chunks are made anew of which something changed.
    pub(super) fn state(&mut self, max_age: Duration) -> impl FnOnce() -> State + use<> {
        let outdated = std::mem::take(&mut self.outdated);
        let chunk =
            |slots: &[Slot]| Arc::new(Chunk::new(slots.iter().map(|slot| Arc::clone(&slot.known))));
        let slots: Vec<&[Slot]> = self.slots.chunks(Chunk::SIZE).collect();
        if std::mem::take(&mut self.members_changed) {
            self.chunks = slots.into_iter().map(chunk).collect();
        } else {
            for number in outdated {
                // As long as nobody comes or goes, each has its place.
                if let (Some(slots), Some(place)) = (slots.get(number), self.chunks.get_mut(number))
                {
                    *place = chunk(slots);
                }
            }
        }
        let (chunks, labels) = (self.chunks.clone(), Arc::clone(&self.labels));
        move || State::new(chunks, labels, Some(max_age))
    }
}

impl Slot {
    /// What is known of when it is to be looked at again.
    pub(super) fn prospect(&self, moment: Moment) -> Prospect {
        let reports = self.known.reports().iter();
        // Our own client certificate fails us as well as the server's.
        let reports = reports.flat_map(|report| [report].into_iter().chain(report.client_report()));
        let ends = reports.filter_map(|report| report.horizon().until);
        Prospect {
            seconds_left: ends
                .map(|until| until.unix_timestamp() + 1 - moment.at.unix_timestamp())
                .collect(),
            failures: self.failures,
            unsettled: self.told.is_unsettled() && self.hurried <= MOST_HURRIED,
        }
    }
}

/// What is another each time that it is looked at is looked at no more often for ever.
const MOST_HURRIED: u32 = 10;
