//! When to look again: pure, but for the dice.

use std::time::Duration;

/// How often to look, and how close the looks may come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) every: Duration,
}

/// What the last looks say about when the next is due.
#[derive(Clone, Debug, Default)]
pub(super) struct Prospect {
    /// Seconds until clients start failing, for each chain of which that is known; since they do,
    /// below 0.
    pub(super) seconds_left: Vec<i64>,
    /// How many looks in a row saw nothing.
    pub(super) failures: u32,
    /// Whether something changed that is to be seen once more before it is told.
    pub(super) unsettled: bool,
}

impl Pace {
    /// How long to wait after a look, before the dice.
    ///
    /// A tenth of the time to the horizon on either side of it, so that neither the end nor the
    /// renewal after it is learnt late, and at that second itself; after a failure ten seconds, twice
    /// as long after each further one. Never longer than `every`.
    pub(super) fn wait(self, prospect: &Prospect) -> Duration {
        let closest = CLOSEST.min(self.every);
        let mut wait = self.every;
        for &left in &prospect.seconds_left {
            let tenth = Duration::from_secs(left.unsigned_abs() / 10);
            wait = wait.min(tenth.max(closest));
            if let Ok(left) = u64::try_from(left) {
                wait = wait.min(Duration::from_secs(left));
            }
        }
        // Where nothing is seen, nothing is seen again.
        if prospect.unsettled && prospect.failures == 0 {
            wait = wait.min(closest);
        }
        if let Some(doublings) = prospect.failures.checked_sub(1) {
            let factor = 2_u32.saturating_pow(doublings);
            wait = wait.min(RETRY.saturating_mul(factor));
        }
        // A look that ends in the very second is followed by another, not by many.
        wait.max(SHORTEST.min(self.every))
    }

    /// The same with dice: up to a tenth more or less. After the first look it is any part of it, so
    /// that targets that were added together are not looked at together for ever.
    pub(super) fn roll(self, wait: Duration, is_first: bool, dice: &mut fastrand::Rng) -> Duration {
        let share = if is_first { dice.f64() } else { 0.9 + dice.f64() / 5.0 };
        wait.mul_f64(share).max(SHORTEST.min(wait))
    }
}

/// The closest that looks come as the horizon nears.
const CLOSEST: Duration = Duration::from_secs(60);
/// The wait after the first failure.
const RETRY: Duration = Duration::from_secs(10);
const SHORTEST: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;
    const DAILY: Pace = Pace { every: Duration::from_secs(24 * HOUR) };

    fn seconds(prospect: &Prospect) -> u64 {
        DAILY.wait(prospect).as_secs()
    }

    #[test]
    fn looks_come_closer_as_the_horizon_nears_and_go_apart_after_it() {
        let left = |left| seconds(&Prospect { seconds_left: vec![left], ..Prospect::default() });
        assert_eq!(seconds(&Prospect::default()), 86_400);
        assert_eq!(left(90 * 86_400), 86_400);
        assert_eq!(left(5 * 86_400), 43_200);
        assert_eq!(left(36_000), 3600);
        assert_eq!(left(300), 60);
        assert_eq!(left(30), 30);
        assert_eq!(left(0), 1);
        assert_eq!(left(-1), 60);
        assert_eq!(left(-36_000), 3600);
        assert_eq!(left(-400 * 86_400), 86_400);
        assert_eq!(left(i64::MIN), 86_400);
        let both = Prospect { seconds_left: vec![-10, 20, 86_400], ..Prospect::default() };
        assert_eq!(seconds(&both), 20);
    }

    #[test]
    fn failures_back_off_up_to_the_usual_pace() {
        let after = |failures| seconds(&Prospect { failures, ..Prospect::default() });
        assert_eq!([1, 2, 3, 4].map(after), [10, 20, 40, 80]);
        assert_eq!(after(14), 81_920);
        assert_eq!(after(15), 86_400);
        assert_eq!(after(u32::MAX), 86_400);
    }

    #[test]
    fn what_is_unsettled_is_looked_at_again_within_a_minute() {
        let unsettled = Prospect { unsettled: true, ..Prospect::default() };
        assert_eq!(seconds(&unsettled), 60);
        assert_eq!(seconds(&Prospect { failures: 5, ..unsettled.clone() }), 160);
        let hasty = Pace { every: Duration::from_secs(5) };
        assert_eq!(hasty.wait(&unsettled), Duration::from_secs(5));
    }

    #[test]
    fn the_dice_stay_within_a_tenth_and_the_first_spreads_over_all() {
        let mut dice = fastrand::Rng::with_seed(7);
        let wait = Duration::from_secs(1000);
        let mut first = Vec::new();
        for _ in 0..1000 {
            let later = DAILY.roll(wait, false, &mut dice).as_secs_f64();
            assert!((900.0..=1100.0).contains(&later), "{later}");
            first.push(DAILY.roll(wait, true, &mut dice).as_secs());
        }
        first.sort_unstable();
        assert!(first[0] < 20 && first[999] > 980);
        assert!((450..550).contains(&first[500]), "{}", first[500]);
    }
}
