//! A clock that the test moves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::{Duration, OffsetDateTime};

/// A clock that stands still until the test moves it.
///
/// Clones show the same time, on whichever thread. [`now`](Self::now) is the instant to hand to what
/// takes one, such as [`Chain::inspect`](super::Chain::inspect) and
/// [`Checker::check_at`](crate::Checker::check_at); [`reader`](Self::reader) goes to what asks again
/// and again.
///
/// ```
/// use notafter::testing::Clock;
/// use time::{Duration, macros::datetime};
///
/// let clock = Clock::at(datetime!(2030-01-01 0:00 UTC));
/// let read = clock.reader();
/// clock.advance(Duration::days(2));
/// assert_eq!(read(), datetime!(2030-01-03 0:00 UTC));
/// ```
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<OffsetDateTime>>);

impl Clock {
    /// A clock that shows this instant.
    #[must_use]
    pub fn at(instant: OffsetDateTime) -> Self {
        Self(Arc::new(Mutex::new(instant)))
    }

    /// The instant that it shows.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        *self.lock()
    }

    /// Moves it on, or back where the duration is negative; as far as instants go.
    pub fn advance(&self, duration: Duration) {
        let mut now = self.lock();
        *now = now.saturating_add(duration);
    }

    /// Sets it.
    pub fn set(&self, instant: OffsetDateTime) {
        *self.lock() = instant;
    }

    /// A function that tells what the clock shows when it is called, for what wants a clock.
    pub fn reader(&self) -> impl Fn() -> OffsetDateTime + Clone + Send + Sync + 'static {
        let clock = self.clone();
        move || clock.now()
    }

    fn lock(&self) -> MutexGuard<'_, OffsetDateTime> {
        // An instant is never half set.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn clones_and_readers_show_the_same_time() {
        let clock = Clock::at(datetime!(2030-01-01 0:00 UTC));
        let (clone, read) = (clock.clone(), clock.reader());
        clone.advance(Duration::days(1));
        assert_eq!(clock.now(), datetime!(2030-01-02 0:00 UTC));
        clock.advance(-Duration::hours(1));
        assert_eq!(read(), datetime!(2030-01-01 23:00 UTC));
        std::thread::spawn(move || clone.set(datetime!(1999-12-31 0:00 UTC))).join().unwrap();
        assert_eq!(read(), datetime!(1999-12-31 0:00 UTC));
    }

    #[test]
    fn it_stops_where_instants_end() {
        let clock = Clock::at(datetime!(9999-12-31 0:00 UTC));
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), datetime!(9999-12-31 23:59:59.999_999_999 UTC));
    }
}
