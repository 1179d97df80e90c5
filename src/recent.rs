//! A bounded memory that keeps what is asked for again and again.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Remembers values up to a total weight in bytes; shared by its clones.
///
/// Two generations: what is found in the older one moves to the younger; when the younger is full
/// the older is forgotten whole. So a scan of a million hosts pushes out the certificates that it
/// sees once, and keeps those that it sees at every other host. Values are found by a keyed hash
/// and compared by the caller, so a collision costs a miss and never gives a wrong answer.
#[derive(Debug)]
pub(crate) struct Recent<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    hasher: RandomState,
    generation_weight: usize,
    generations: Mutex<Generations<T>>,
}

#[derive(Debug)]
struct Generations<T> {
    young: HashMap<u64, (T, usize)>,
    old: HashMap<u64, (T, usize)>,
    young_weight: usize,
}

impl<T: Clone> Recent<T> {
    /// Holds values of up to `weight` bytes in all.
    pub(crate) fn new(weight: usize) -> Self {
        let generations =
            Generations { young: HashMap::new(), old: HashMap::new(), young_weight: 0 };
        Self(Arc::new(Shared {
            hasher: RandomState::new(),
            generation_weight: weight / 2,
            generations: Mutex::new(generations),
        }))
    }

    /// The value remembered under `key` that `is` the one meant.
    pub(crate) fn find(&self, key: impl Hash, is: impl Fn(&T) -> bool) -> Option<T> {
        let hash = self.0.hasher.hash_one(key);
        let mut generations = self.lock();
        if let Some((value, _)) = generations.young.get(&hash) {
            return is(value).then(|| value.clone());
        }
        let (value, weight) = generations.old.remove(&hash)?;
        let found = is(&value).then(|| value.clone());
        generations.add(hash, value, weight, self.0.generation_weight);
        found
    }

    /// Remembers a value that weighs `weight` bytes; one heavier than a generation is not kept.
    pub(crate) fn remember(&self, key: impl Hash, value: T, weight: usize) {
        let hash = self.0.hasher.hash_one(key);
        self.lock().add(hash, value, weight, self.0.generation_weight);
    }

    fn lock(&self) -> MutexGuard<'_, Generations<T>> {
        // No code of a caller runs while a value is moved, so a poisoned memory is still whole.
        self.0.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Generations<T> {
    fn add(&mut self, hash: u64, value: T, weight: usize, limit: usize) {
        let weight = weight.saturating_add(OVERHEAD);
        if weight > limit {
            return;
        }
        if self.young_weight + weight > limit {
            self.old = std::mem::take(&mut self.young);
            self.young_weight = 0;
        }
        self.young_weight += weight;
        if let Some((_, replaced)) = self.young.insert(hash, (value, weight - OVERHEAD)) {
            self.young_weight -= replaced + OVERHEAD;
        }
    }
}

impl<T> Clone for Recent<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// About what a value costs beside itself: its slot, its allocation.
const OVERHEAD: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_again_outlives_what_is_seen_once() {
        let recent = Recent::new(100 * OVERHEAD);
        recent.remember("needed", 0, 0);
        for once in 1..10_000 {
            recent.remember(once, once, 0);
            assert_eq!(recent.find("needed", |value| *value == 0), Some(0));
        }
        assert_eq!(recent.find(1, |value| *value == 1), None);
        assert_eq!(recent.find(9_999, |value| *value == 9_999), Some(9_999));
    }

    #[test]
    fn it_never_holds_more_than_its_weight() {
        let recent = Recent::new(100 * OVERHEAD);
        for once in 0..10_000 {
            recent.remember(once, once, 0);
            let generations = recent.lock();
            assert!(generations.young.len() + generations.old.len() <= 100);
            assert_eq!(generations.young_weight, generations.young.len() * OVERHEAD);
        }
        recent.remember("heavy", -1, 51 * OVERHEAD);
        assert_eq!(recent.find("heavy", |_| true), None);
    }

    #[test]
    fn another_value_under_the_same_key_is_not_taken_for_the_one_meant() {
        let recent = Recent::new(100 * OVERHEAD);
        recent.remember("key", 1, 0);
        assert_eq!(recent.find("key", |value| *value == 2), None);
        recent.remember("key", 2, 0);
        assert_eq!(recent.find("key", |value| *value == 2), Some(2));
        assert_eq!(recent.lock().young_weight, OVERHEAD);
    }
}
