//! What runs, held against what is on disk.

use std::io;

use notafter::Target;
use notafter::chain::PresentedChain;
use notafter::checker::{self, Checker};

use super::args::with_causes;
use super::outcome::{Drifted, Outcome, Reason};

/// Looks at every view of the target, and compares each chain that it shows with the one that it
/// should; what could not be looked at is not passed over.
pub(crate) fn compare(
    target: &Target,
    (label, expected): (&str, &PresentedChain),
) -> io::Result<Vec<Outcome>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let unknown = |kind, phase, error: &dyn std::error::Error| {
        let reason = Reason { kind, phase, message: with_causes(error) };
        Outcome::unknown(target.to_string(), reason)
    };
    let checker = Checker::new().map_err(io::Error::other)?;
    let survey = match runtime.block_on(checker.survey(target)) {
        Ok(survey) => survey,
        Err(error) => {
            return Ok(vec![unknown(error.kind().code(), error.phase().as_str(), &error)]);
        }
    };
    let mut outcomes: Vec<Outcome> = survey
        .compare(expected)
        .into_iter()
        .map(|(report, drift)| {
            let views = survey.views_of(report).map(ToString::to_string).collect();
            Drifted::new(target.to_string(), label.to_owned(), views, &drift).into()
        })
        .collect();
    for view in survey.views() {
        if let checker::Outcome::Failed(error) = &view.outcome {
            outcomes.push(unknown(error.kind().code(), error.phase().as_str(), error));
        }
    }
    Ok(outcomes)
}
