//! What a background task saw last, and how long that can be relied on.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use notafter::fetch::FetchError;
use notafter::{Report, Status};

/// What was seen in one round; nothing yet by default.
#[derive(Default)]
pub(crate) struct Snapshot {
    taken: Option<Instant>,
    results: BTreeMap<String, Result<Report, FetchError>>,
}

impl Snapshot {
    pub(crate) fn new(
        taken: Instant,
        results: BTreeMap<String, Result<Report, FetchError>>,
    ) -> Self {
        Self { taken: Some(taken), results }
    }

    /// The worst status of all; unknown where nobody has looked for longer than `max_age`: a
    /// refresher that hangs or died is no good news.
    pub(crate) fn status(&self, now: Instant, max_age: Duration) -> Status {
        if self.age(now).is_none_or(|age| age > max_age) {
            return Status::Unknown;
        }
        let one =
            |result: &Result<Report, _>| result.as_ref().map_or(Status::Unknown, Report::status);
        self.results.values().map(one).max().unwrap_or(Status::Unknown)
    }

    /// How long ago it was taken; `None` before the first round.
    pub(crate) fn age(&self, now: Instant) -> Option<Duration> {
        self.taken.map(|taken| now.duration_since(taken))
    }

    /// What was seen of each target.
    pub(crate) fn results(&self) -> &BTreeMap<String, Result<Report, FetchError>> {
        &self.results
    }
}
