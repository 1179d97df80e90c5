//! When a change is worth telling.

/// In how many looks in a row a change has to be seen before it is told.
///
/// Bad news is told at once by default; good news, and another certificate, once it has been seen
/// twice. So a target with one good and one bad server behind it, that answer in turns, is told to fail
/// once, and not to recover and fail again with each look; where they answer at random, ask for more
/// looks. What waits to be seen again is looked at after about a minute, at the most ten times.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Damping {
    worse: u32,
    better: u32,
}

impl Damping {
    /// 1 look for what gets worse, 2 for all else.
    #[must_use]
    pub const fn new() -> Self {
        Self { worse: 1, better: 2 }
    }

    /// Every change is told with the first look that shows it.
    #[must_use]
    pub const fn none() -> Self {
        Self { worse: 1, better: 1 }
    }

    /// Sets in how many looks in a row it has to be seen that something is worse, or that a look
    /// fails; 0 counts as 1.
    #[must_use]
    pub const fn worse_after(mut self, looks: u32) -> Self {
        self.worse = looks;
        self
    }

    /// Sets in how many looks in a row it has to be seen that something is better, or another
    /// certificate; 0 counts as 1.
    #[must_use]
    pub const fn better_after(mut self, looks: u32) -> Self {
        self.better = looks;
        self
    }

    pub(super) const fn worse(self) -> u32 {
        self.worse
    }

    pub(super) const fn better(self) -> u32 {
        self.better
    }
}

impl Default for Damping {
    fn default() -> Self {
        Self::new()
    }
}

/// Something that was told, and what it may become.
#[derive(Clone, Debug)]
pub(super) struct Damped<T> {
    told: T,
    candidate: Option<(T, u32)>,
}

impl<T: PartialEq> Damped<T> {
    pub(super) const fn new(told: T) -> Self {
        Self { told, candidate: None }
    }

    pub(super) const fn told(&self) -> &T {
        &self.told
    }

    /// Whether something was seen that was not told yet.
    pub(super) const fn is_unsettled(&self) -> bool {
        self.candidate.is_some()
    }

    /// Takes what a look shows, and gives back what was told before where it is to be told now.
    pub(super) fn observe(&mut self, seen: T, looks: u32) -> Option<T> {
        if seen == self.told {
            self.candidate = None;
            return None;
        }
        let times = match self.candidate.take() {
            Some((candidate, times)) if candidate == seen => times.saturating_add(1),
            _ => 1,
        };
        if times >= looks {
            return Some(std::mem::replace(&mut self.told, seen));
        }
        self.candidate = Some((seen, times));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once_it_was_seen_often_enough_in_a_row() {
        let mut damped = Damped::new('a');
        let seen: Vec<Option<char>> =
            "abababbbac".chars().map(|seen| damped.observe(seen, 2)).collect();
        // Told with the second b in a row; one a or c is not enough.
        assert_eq!(seen, [None, None, None, None, None, None, Some('a'), None, None, None],);
        assert_eq!(*damped.told(), 'b');
        assert!(damped.is_unsettled());
        assert_eq!(damped.observe('b', 2), None);
        assert!(!damped.is_unsettled());
    }

    #[test]
    fn no_looks_count_as_one() {
        assert_eq!(Damped::new(1).observe(2, 0), Some(1));
    }
}
