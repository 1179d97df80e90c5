//! What came of a target or a file, and how it is shown.

use std::fmt;
use std::io::{self, Write};

#[cfg(feature = "fetch")]
use notafter::checker::Survey;
use notafter::inspect::Drift;
use notafter::report::Finding;
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
    #[allow(dead_code, reason = "not every example compares")]
    Drifted(Drifted),
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

/// What a target shows, held against a file.
#[derive(Serialize)]
pub(crate) struct Drifted {
    target: String,
    expected: String,
    views: Vec<String>,
    status: Status,
    same: bool,
    findings: Vec<Finding>,
    #[serde(skip)]
    text: String,
}

impl Drifted {
    #[allow(dead_code, reason = "not every example compares")]
    pub(crate) fn new(target: String, expected: String, views: Vec<String>, drift: &Drift) -> Self {
        let (status, same) = (drift.status(), drift.is_same());
        let (findings, text) = (drift.findings().to_vec(), drift.to_string());
        Self { target, expected, views, status, same, findings, text }
    }
}

impl From<Drifted> for Outcome {
    fn from(drifted: Drifted) -> Self {
        Self::Drifted(drifted)
    }
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
            Self::Drifted(drifted) => drifted.status,
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
            Self::Drifted(Drifted { target, expected, views, status, text, .. }) => {
                let status = status.as_str().to_uppercase();
                let (target, expected) = (target.escape_debug(), expected.escape_debug());
                let text = text.replace('\n', "\n  ");
                write!(
                    f,
                    "{status} {target} beside {expected}, at {}\n  {text}",
                    views.join(" and ")
                )
            }
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

    /// What is for people only.
    #[allow(dead_code, reason = "not every example shows tables")]
    pub(crate) fn text(&mut self, text: &dyn fmt::Display) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if !std::mem::take(&mut self.first) {
            writeln!(out)?;
        }
        writeln!(out, "{text}")
    }

    /// The worst status of all that was shown.
    pub(crate) fn worst(&self) -> Status {
        self.worst
    }
}
