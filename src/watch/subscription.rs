//! Where changes are read.

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::Event;

/// The changes that looks show, from when it was made on.
///
/// Events that are not read wait, up to
/// [`event_capacity`](super::WatchBuilder::event_capacity); beyond it the oldest are given up, and
/// [`next`](Self::next) tells how many. The watch waits for no reader.
#[derive(Debug)]
#[must_use = "events are told to those who read them"]
pub struct Subscription {
    events: Option<broadcast::Receiver<Event>>,
}

impl Subscription {
    pub(super) const fn new(events: Option<broadcast::Receiver<Event>>) -> Self {
        Self { events }
    }

    /// The next change; `None` when the watch has ended.
    ///
    /// Cancel-safe: a future that is dropped takes no event with it.
    ///
    /// # Errors
    ///
    /// [`Missed`] where events were given up that nobody read in time. The next call goes on with the
    /// oldest that is left; a [`Snapshot`](crate::snapshot::Snapshot) has what it has all come to.
    pub async fn next(&mut self) -> Option<Result<Event, Missed>> {
        match self.events.as_mut()?.recv().await {
            Ok(event) => Some(Ok(event)),
            Err(RecvError::Lagged(events)) => Some(Err(Missed { events })),
            Err(RecvError::Closed) => None,
        }
    }
}

/// Events were given up, as they were not read in time.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{events} events were missed")]
#[non_exhaustive]
pub struct Missed {
    /// How many.
    pub events: u64,
}
