//! Many targets, a bounded number at a time.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use time::OffsetDateTime;
use tokio::task::{Id, JoinSet};

use super::Checker;
use crate::fetch::{FetchError, FetchErrorKind};
use crate::report::Report;
use crate::target::Target;

/// One target of many, looked at.
#[derive(Debug)]
#[non_exhaustive]
pub struct Checked {
    /// The target.
    pub target: Target,
    /// Its report, or why there is none.
    pub result: Result<Report, FetchError>,
}

/// The looks at many targets, in the order in which they are done.
///
/// A `futures_core::Stream`; [`next`](Self::next) serves where no stream combinators are at hand.
#[must_use = "nothing is looked at before it is polled"]
pub struct Checks<I> {
    checker: Checker,
    targets: I,
    at: Option<OffsetDateTime>,
    looks: JoinSet<Result<Report, FetchError>>,
    /// Which task looks at which target.
    pending: HashMap<Id, Target>,
}

impl<I: Iterator<Item = Target>> Checks<I> {
    pub(super) fn new(checker: Checker, targets: I, at: Option<OffsetDateTime>) -> Self {
        Self { checker, targets, at, looks: JoinSet::new(), pending: HashMap::new() }
    }

    /// The next target that is done; `None` when all are.
    pub async fn next(&mut self) -> Option<Checked> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Checked>> {
        self.fill();
        match self.looks.poll_join_next_with_id(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(done)) => {
                let (id, result) = match done {
                    Ok((id, result)) => (id, Ok(result)),
                    Err(error) => (error.id(), Err(error)),
                };
                // Every task is entered when it is spawned, and leaves here once.
                let Some(target) = self.pending.remove(&id) else {
                    return Poll::Ready(None);
                };
                let result = result.unwrap_or_else(|error| {
                    let kind = if error.is_cancelled() {
                        FetchErrorKind::Cancelled
                    } else {
                        FetchErrorKind::Panicked
                    };
                    Err(FetchError::unfinished(&target, kind))
                });
                Poll::Ready(Some(Checked { target, result }))
            }
        }
    }

    fn fill(&mut self) {
        while self.looks.len() < self.checker.concurrency {
            let Some(target) = self.targets.next() else {
                return;
            };
            let (checker, at, look_at) = (self.checker.clone(), self.at, target.clone());
            let look = async move {
                match at {
                    Some(at) => checker.check_at(&look_at, at).await,
                    None => checker.check(&look_at).await,
                }
            };
            let task = self.looks.spawn(look);
            self.pending.insert(task.id(), target);
        }
    }
}

impl<I: Iterator<Item = Target> + Unpin> Stream for Checks<I> {
    type Item = Checked;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Checked>> {
        self.get_mut().poll(context)
    }
}

impl<I> fmt::Debug for Checks<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checks").field("pending", &self.pending.len()).finish_non_exhaustive()
    }
}
