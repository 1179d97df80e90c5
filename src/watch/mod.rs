//! Keeping reports fresh in the background.
//!
//! A [`Watch`] looks at targets and sources again and again, and keeps what it saw. Whoever asks, a
//! health endpoint or a scrape, reads the latest [`Snapshot`] and waits for nobody; whoever wants to
//! know what changes [subscribes](Watch::subscribe).
//!
//! ```no_run
//! # #[cfg(feature = "fetch")]
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use notafter::Checker;
//! use notafter::watch::{Source, Watch};
//!
//! let watch = Watch::builder(Checker::new()?)
//!     .target("example.com".parse()?)
//!     .source(Source::file("/etc/tls/chain.pem"))
//!     .every(Duration::from_secs(3600))
//!     .start();
//!
//! let mut events = watch.subscribe();
//! while let Some(event) = events.next().await {
//!     println!("{}, all in all {}", event?, watch.snapshot().status());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Facts never vanish: a look that fails leaves those of the last one, judged anew, with the failure
//! beside them. (Where one file of many in a source can't be read, that is a
//! [problem](crate::snapshot::Watched::problems), and its own chains are missing until it can.) What was
//! seen too long ago reads unknown, never pass, so that a watch that hangs or died is not green. Age is
//! told by a clock that nobody sets: on Linux it stands still while the machine sleeps.

mod board;
mod builder;
mod changes;
mod damping;
mod driver;
mod event;
mod look;
mod roster;
mod schedule;
mod source;
mod subscription;
// What stands on trust needs cryptography to judge it.
#[cfg(test)]
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod tests;

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

#[cfg(feature = "fetch")]
use crate::checker::Checker;
use crate::inspect::Inspector;
use crate::snapshot::Snapshot;
#[cfg(feature = "fetch")]
use crate::target::Target;

use board::Board;
pub use builder::WatchBuilder;
pub use damping::Damping;
pub use event::{Event, EventKind};
use look::{Eyes, Item};
pub use source::Source;
pub use subscription::{Missed, Subscription};

/// The clock on the wall.
type Now = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// Keeps reports on targets and sources fresh, in the background.
///
/// Dropping it, or [`shutdown`](Self::shutdown), ends all its tasks; share it in an [`Arc`], of which a
/// [`Source`]'s function may hold no more than a `Weak`. What runs on a blocking thread of tokio's, a
/// file that is read or a name that the system resolves, ends on its own.
pub struct Watch {
    board: Arc<Board>,
    stop: Arc<Notify>,
    task: JoinHandle<()>,
}

#[expect(clippy::must_use_candidate, reason = "what these methods do is not what they return")]
impl Watch {
    /// A watch to be, that looks and judges as the checker does.
    #[cfg(feature = "fetch")]
    pub fn builder(checker: Checker) -> WatchBuilder {
        let inspector = checker.inspector().clone();
        WatchBuilder::new(Eyes { checker: Some(checker), inspector })
    }

    /// A watch to be, of sources alone: it opens no socket, and a target that is added all the same
    /// is told as a failure.
    pub fn of_sources(inspector: Inspector) -> WatchBuilder {
        WatchBuilder::new(Eyes {
            #[cfg(feature = "fetch")]
            checker: None,
            inspector,
        })
    }

    fn new(board: Arc<Board>, stop: Arc<Notify>, task: JoinHandle<()>) -> Self {
        Self { board, stop, task }
    }

    /// What is known by now. It takes no lock, waits for nothing, and costs less than a microsecond
    /// however many targets there are.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.board.snapshot()
    }

    /// The changes from here on.
    pub fn subscribe(&self) -> Subscription {
        Subscription::new(self.board.subscribe())
    }

    /// Watches another target, and says whether it was not there before. It is looked at as soon as
    /// there is room, and in snapshots from the next moment on.
    #[cfg(feature = "fetch")]
    pub fn add(&self, target: Target) -> bool {
        self.board.add(Item::Target(target))
    }

    /// Watches another source, and says whether there was none with its label before.
    pub fn add_source(&self, source: Source) -> bool {
        self.board.add(Item::Source(source))
    }

    /// Stops watching the target or source with a [label](crate::snapshot::Watched::label), and says
    /// whether it was there. A look at it that is under way is ended.
    pub fn remove(&self, label: &str) -> bool {
        self.board.remove(label)
    }

    /// Makes these the only targets: those that are missing are added, all others removed, and what is
    /// known of those that stay is kept. Sources stay. Gives the number of targets added, and removed.
    #[cfg(feature = "fetch")]
    pub fn reconcile(&self, targets: impl IntoIterator<Item = Target>) -> (usize, usize) {
        let targets: Vec<Target> = targets.into_iter().collect();
        self.board.reconcile(&targets)
    }

    /// Has the target or source with a label looked at as soon as there is room: after a deployment,
    /// say. Says whether it is there.
    pub fn look_now(&self, label: &str) -> bool {
        self.board.look_now(label).is_some()
    }

    /// The same, and waits for what it shows; `None` where it is not there, or not any more, or the
    /// watch has ended.
    pub async fn look(&self, label: &str) -> Option<Snapshot> {
        let mut news = self.board.news();
        let (id, looks) = self.board.look_now(label)?;
        loop {
            news.borrow_and_update();
            if !self.board.is_there(id) || self.board.has_ended() {
                return None;
            }
            let snapshot = self.snapshot();
            if snapshot.get(label).is_some_and(|target| target.looks() >= looks) {
                return Some(snapshot);
            }
            // The sender lives as long as the board.
            let _ = news.changed().await;
        }
    }

    /// Waits until everything that is watched has been looked at once, be it in vain; or until the
    /// watch has ended.
    ///
    /// For tests, and for programs that print and go: a service that waits for others before it is
    /// ready fails with them.
    pub async fn looked(&self) {
        let mut news = self.board.news();
        loop {
            news.borrow_and_update();
            // Asked first: what was added before is in a snapshot that is taken after it.
            let has_all = self.board.is_published();
            let is_done = has_all && self.snapshot().iter().all(|target| target.looks() > 0);
            if is_done || self.board.has_ended() {
                return;
            }
            // The sender lives as long as the board.
            let _ = news.changed().await;
        }
    }

    /// Ends all looks, and waits until they have. Snapshots stay what they are, and get old;
    /// subscribers are told the end.
    pub async fn shutdown(&self) {
        let mut news = self.board.news();
        self.stop.notify_one();
        loop {
            news.borrow_and_update();
            if self.board.has_ended() {
                return;
            }
            // The sender lives as long as the board.
            let _ = news.changed().await;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // With it go the looks.
        self.task.abort();
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("targets", &self.snapshot().len()).finish_non_exhaustive()
    }
}
