//! The task that looks.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};

use super::board::{Board, Done, Due, Seen, Unseen};
use super::look::{Facts, Look};
use crate::snapshot::{Failure, Moment, comes_to};
use crate::telemetry;

/// Looks at what is due, until it is told to stop. Dropping the future ends all looks.
pub(super) async fn run(
    board: Arc<Board>,
    eyes: Arc<dyn Look>,
    patience: Duration,
    stop: Arc<Notify>,
    _end: End,
) {
    let mut looks = Looks { board, eyes, patience, tasks: JoinSet::new(), ids: HashMap::new() };
    loop {
        let next = looks.start_due();
        // Once for all that was done in the meantime.
        looks.board.publish();
        let board = Arc::clone(&looks.board);
        tokio::select! {
            () = stop.notified() => break,
            Some(ended) = looks.tasks.join_next_with_id() => {
                looks.take(ended);
                while let Some(ended) = looks.tasks.try_join_next_with_id() {
                    looks.take(ended);
                }
            }
            () = at(next) => {}
            () = board.wake.notified() => {}
        }
    }
    looks.tasks.shutdown().await;
}

/// However the task ends, even before it began, those who wait are told.
pub(super) struct End(pub(super) Arc<Board>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end();
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// The looks under way.
struct Looks {
    board: Arc<Board>,
    eyes: Arc<dyn Look>,
    patience: Duration,
    tasks: JoinSet<Done>,
    /// Which task looks at what.
    ids: HashMap<Id, u64>,
}

impl Looks {
    /// Starts what is due and has room, and says when the next is due.
    fn start_due(&mut self) -> Option<Instant> {
        let (due, next) = self.board.due();
        for due in due {
            let id = due.id;
            let look = look(Arc::clone(&self.board), Arc::clone(&self.eyes), self.patience, due);
            let task = self.tasks.spawn(look);
            self.ids.insert(task.id(), id);
            self.board.started(id, task);
        }
        next
    }

    fn take(&mut self, ended: Result<(Id, Done), JoinError>) {
        match ended {
            Ok((task, done)) => {
                self.ids.remove(&task);
                self.board.done(done);
            }
            Err(error) => {
                let Some(id) = self.ids.remove(&error.id()) else { return };
                if error.is_panic() {
                    self.board.done(panicked(&self.board, id));
                } else {
                    self.board.cut_off();
                }
            }
        }
    }
}

/// Looks once, and judges what is seen; where nothing is, what was seen last.
async fn look(board: Arc<Board>, eyes: Arc<dyn Look>, patience: Duration, due: Due) -> Done {
    let Due { id, item, judge } = due;
    let label = item.label();
    let started = Instant::now();
    let told = telemetry::Look::begin(&label);
    let looking = timeout(patience, eyes.look(item, Arc::clone(&board.now)));
    let looked = told.follow(looking).await;
    let took = started.elapsed();
    let moment = Moment { at: (board.now)(), elapsed: board.elapsed() };
    let outcome = match looked {
        Ok(Ok(Facts { judge, problems })) => {
            Ok(Seen { reports: judge(moment.at), problems, judge })
        }
        Ok(Err(failure)) => Err(failure),
        Err(_) => {
            let message = format!("{label}: no end of the look within {} s", patience.as_secs());
            Err(Failure { at: moment.at, kind: "timed-out", phase: None, message, cause: None })
        }
    };
    match &outcome {
        Ok(Seen { reports, problems, .. }) => told.saw(reports, comes_to(reports, problems)),
        Err(failure) => told.failed(failure.kind, failure),
    }
    let again = judge.filter(|_| outcome.is_err()).map(|judge| judge(moment.at));
    let outcome = outcome.map_err(|failure| Unseen { failure, again });
    Done { id, moment, took, outcome }
}

/// A function of the caller's, such as a resolver, ended so.
fn panicked(board: &Board, id: u64) -> Done {
    // The clock is a function of the caller's too.
    let now = catch_unwind(AssertUnwindSafe(|| (board.now)()));
    let at = now.unwrap_or_else(|_| crate::clock::now());
    let moment = Moment { at, elapsed: board.elapsed() };
    let message = "the look ended in a panic".to_owned();
    let failure = Failure { at, kind: "panicked", phase: None, message, cause: None };
    if let Some(label) = board.label_of(id) {
        telemetry::Look::begin(&label).failed(failure.kind, &failure);
    }
    Done { id, moment, took: Duration::ZERO, outcome: Err(Unseen { failure, again: None }) }
}
