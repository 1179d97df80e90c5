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

/// One target or source, and what is to be done with it.
pub(super) struct Slot {
    pub(super) id: u64,
    pub(super) item: Item,
    pub(super) known: Arc<Known>,
    pub(super) told: Told,
    /// Judges what was seen last.
    pub(super) judge: Option<Judge>,
    pub(super) failures: u32,
    pub(super) due: Option<Instant>,
    pub(super) looking: Option<AbortHandle>,
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
            looking: None,
        });
        self.slots.last_mut()
    }

    /// Lets go of all others, and of the looks at them, and says how many they were.
    pub(super) fn keep_only(&mut self, keep: impl Fn(&Slot) -> bool) -> usize {
        let before = self.slots.len();
        self.slots.retain(|slot| {
            let stays = keep(slot);
            if let (false, Some(look)) = (stays, &slot.looking) {
                look.abort();
            }
            stays
        });
        let removed = before - self.slots.len();
        if removed > 0 {
            let places = self.slots.iter().enumerate();
            self.places = places.clone().map(|(place, slot)| (slot.id, place)).collect();
            self.labels =
                Arc::new(places.map(|(place, slot)| (slot.item.label(), place)).collect());
            self.members_changed = true;
        }
        removed
    }

    pub(super) fn labelled(&mut self, label: &str) -> Option<&mut Slot> {
        let place = *self.labels.get(label)?;
        self.slots.get_mut(place)
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
        let ends = self.known.reports().iter().filter_map(|report| report.horizon().until);
        let left = ends.map(|until| until.unix_timestamp() + 1 - moment.at.unix_timestamp());
        Prospect {
            // One that ended long ago must not hide another that ends soon.
            seconds_left: left.min_by_key(|left| left.unsigned_abs()),
            failures: self.failures,
            unsettled: self.told.is_unsettled(),
        }
    }
}
