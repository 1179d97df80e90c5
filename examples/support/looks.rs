//! Looks at many targets side by side, and what came of each.

use std::collections::HashMap;

use notafter::Target;
use notafter::checker::{Checker, Checks};
use notafter::fetch::FetchError;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use super::args::with_causes;
use super::outcome::{Outcome, Reason};

/// What comes of looking at targets, in whatever order they are done.
pub(crate) struct Outcomes<I> {
    looks: Looks<I>,
    done: HashMap<Target, Outcome>,
}

enum Looks<I> {
    Checks(Checks<I>),
    Surveys(JoinSet<(Target, Outcome)>),
}

impl<I: Iterator<Item = Target>> Outcomes<I> {
    pub(crate) fn start(
        checker: Checker,
        targets: I,
        at: Option<OffsetDateTime>,
        survey: bool,
    ) -> Self {
        let looks = match (survey, at) {
            (false, Some(at)) => Looks::Checks(checker.check_many_at(targets, at)),
            (false, None) => Looks::Checks(checker.check_many(targets)),
            (true, at) => Looks::Surveys(surveys(&checker, targets, at)),
        };
        Self { looks, done: HashMap::new() }
    }

    /// What came of a target; others that are done meanwhile wait for their turn.
    pub(crate) async fn of(&mut self, target: &Target) -> Result<&Outcome, &'static str> {
        while !self.done.contains_key(target) {
            let Some((target, outcome)) = self.looks.next().await else { break };
            self.done.insert(target, outcome);
        }
        self.done.get(target).ok_or("a target was not looked at")
    }
}

impl<I: Iterator<Item = Target>> Looks<I> {
    async fn next(&mut self) -> Option<(Target, Outcome)> {
        match self {
            Self::Checks(checks) => {
                let checked = checks.next().await?;
                Some((checked.target, outcome(checked.result)))
            }
            Self::Surveys(surveys) => surveys.join_next().await?.ok(),
        }
    }
}

/// All at once: each is within its deadline, and few are typed on one line.
fn surveys(
    checker: &Checker,
    targets: impl Iterator<Item = Target>,
    at: Option<OffsetDateTime>,
) -> JoinSet<(Target, Outcome)> {
    let mut surveys = JoinSet::new();
    for target in targets {
        let checker = checker.clone();
        surveys.spawn(async move {
            let survey = match at {
                Some(at) => checker.survey_at(&target, at).await,
                None => checker.survey(&target).await,
            };
            (target, outcome(survey))
        });
    }
    surveys
}

fn outcome<T: Into<Outcome>>(result: Result<T, FetchError>) -> Outcome {
    match result {
        Ok(seen) => seen.into(),
        Err(error) => not_fetched(&error),
    }
}

fn not_fetched(error: &FetchError) -> Outcome {
    let reason = Reason {
        kind: error.kind().code(),
        phase: error.phase().as_str(),
        message: with_causes(error),
    };
    Outcome::unknown(error.target(), reason)
}
