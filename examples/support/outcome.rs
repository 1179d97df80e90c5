//! What came of a target or a file, and how it is shown.

use std::fmt;
use std::io::{self, Write};

#[cfg(feature = "fetch")]
use notafter::checker::Survey;
use notafter::{Report, Status};
use serde::Serialize;

/// A report, or a survey, or the reason why there is none.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    Report(Box<Report>),
    #[cfg(feature = "fetch")]
    #[allow(dead_code, reason = "not every example makes surveys")]
    Survey(Box<Survey>),
    Unknown {
        target: String,
        status: Status,
        error: Reason,
    },
}

/// Why there is no report: what happened, what was under way then, and both in a sentence.
#[derive(Serialize)]
pub(crate) struct Reason {
    pub(crate) kind: &'static str,
    pub(crate) phase: &'static str,
    pub(crate) message: String,
}

impl Outcome {
    /// What could not be looked at is unknown: it is neither broken nor fine.
    pub(crate) fn unknown(target: impl Into<String>, error: Reason) -> Self {
        Self::Unknown { target: target.into(), status: Status::Unknown, error }
    }

    pub(crate) fn status(&self) -> Status {
        match self {
            Self::Report(report) => report.status(),
            #[cfg(feature = "fetch")]
            Self::Survey(survey) => survey.status(),
            Self::Unknown { status, .. } => *status,
        }
    }
}

impl From<Report> for Outcome {
    fn from(report: Report) -> Self {
        Self::Report(Box::new(report))
    }
}

#[cfg(feature = "fetch")]
impl From<Survey> for Outcome {
    fn from(survey: Survey) -> Self {
        Self::Survey(Box::new(survey))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report(report) => report.fmt(f),
            #[cfg(feature = "fetch")]
            Self::Survey(survey) => survey.fmt(f),
            // The target is what somebody typed: it may hold what a terminal would obey.
            Self::Unknown { target, error, .. } => {
                write!(f, "UNKNOWN {}: {}", target.escape_debug(), error.message)
            }
        }
    }
}

/// Shows outcomes one after the other, and remembers the worst status.
pub(crate) struct Printer {
    json: bool,
    first: bool,
    worst: Status,
}

impl Printer {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, first: true, worst: Status::Pass }
    }

    /// One line of JSON, or a few lines for people with an empty one between outcomes.
    pub(crate) fn show(&mut self, heading: Option<&str>, outcome: &Outcome) -> io::Result<()> {
        self.worst = self.worst.max(outcome.status());
        let mut out = io::stdout().lock();
        if self.json {
            return writeln!(out, "{}", serde_json::to_string(outcome)?);
        }
        if !std::mem::take(&mut self.first) {
            writeln!(out)?;
        }
        if let Some(heading) = heading {
            writeln!(out, "# {heading}")?;
        }
        writeln!(out, "{outcome}")
    }

    /// The worst status of all that was shown.
    pub(crate) fn worst(&self) -> Status {
        self.worst
    }
}
