//! The chains of a walk, each once: by the certificates, and by what their sources say of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::source::{FoundChain, Locator};
use crate::target::Subject;

/// Chains in the order in which they were found.
#[derive(Default)]
pub(super) struct Chains {
    found: Vec<FoundChain>,
    /// The indices of those, by the fingerprints of the certificates and all that their sources say.
    alike: HashMap<(Vec<[u8; 32]>, Subject), usize>,
    /// Their other places.
    places: HashSet<(usize, Locator)>,
    /// Those in files that somebody named: what they are is no guess.
    named: HashSet<usize>,
    /// Guesses, and what turned out to be known instead.
    outdone: BTreeMap<usize, usize>,
}

impl Chains {
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// Adds a chain, or the place of one that is there already; says which it is.
    pub(super) fn add(&mut self, chain: FoundChain, is_named: bool) -> usize {
        let fingerprints = chain.chain().entries().iter().map(|entry| entry.sha256()).collect();
        // What it is called says nothing.
        let alike = (fingerprints, chain.subject.clone().labelled(""));
        let next = self.found.len();
        let index = *self.alike.entry(alike).or_insert(next);
        if index == next {
            self.found.push(chain);
        } else {
            self.also_at(index, chain.locator);
        }
        if is_named {
            self.named.insert(index);
        }
        index
    }

    /// A chain that is there, as it stands in another place.
    pub(super) fn at(&self, index: usize, locator: Locator) -> FoundChain {
        self.found[index].moved_to(locator)
    }

    /// Says that a file told what a chain is that a walk had led to before.
    pub(super) fn outdo(&mut self, guess: usize, known: usize) {
        if guess != known {
            self.outdone.insert(guess, known);
        }
    }

    /// The chains, without the guesses that files knew better than.
    pub(super) fn finish(mut self) -> Vec<FoundChain> {
        let outdone = std::mem::take(&mut self.outdone);
        let outdone: BTreeMap<_, _> =
            outdone.into_iter().filter(|(guess, _)| !self.named.contains(guess)).collect();
        for (guess, known) in &outdone {
            let FoundChain { locator, also_at, .. } = self.found[*guess].clone();
            self.also_at(*known, locator);
            also_at.into_iter().for_each(|place| self.also_at(*known, place));
        }
        let found = self.found.into_iter().enumerate();
        found.filter(|(index, _)| !outdone.contains_key(index)).map(|(_, chain)| chain).collect()
    }

    fn also_at(&mut self, index: usize, place: Locator) {
        if self.found[index].locator != place && self.places.insert((index, place.clone())) {
            self.found[index].also_at.push(place);
        }
    }
}
