//! The written shape of a survey: that of its reports and findings, and the views as a list.

use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use super::survey::{Outcome, Survey, SurveyedView};
use crate::escape::Escaped;
use crate::fetch::FetchError;
use crate::report::{Finding, Report, Status};
use crate::target::View;

#[derive(Serialize)]
struct WriteSurvey<'a> {
    target: &'a str,
    #[serde(with = "crate::instant")]
    checked_at: OffsetDateTime,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    worst: Option<usize>,
    views: &'a [SurveyedView],
    reports: &'a [Report],
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "is_none")]
    addresses_left_out: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Serialize for Survey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WriteSurvey {
            target: self.target(),
            checked_at: self.checked_at(),
            status: self.status(),
            worst: self.worst().map(|(index, _)| index),
            views: self.views(),
            reports: self.reports(),
            findings: self.findings(),
            addresses_left_out: self.addresses_left_out(),
        }
        .serialize(serializer)
    }
}

/// A view, and one of the three.
#[derive(Serialize)]
struct WriteView<'a> {
    #[serde(flatten)]
    view: &'a View,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<usize>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    not_served: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<WriteError>,
}

/// As the design has it for a target that could not be looked at.
#[derive(Serialize)]
struct WriteError {
    kind: &'static str,
    phase: &'static str,
    message: String,
}

impl Serialize for SurveyedView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written =
            WriteView { view: &self.view, report: None, not_served: false, error: None };
        match &self.outcome {
            Outcome::Chain(report) => written.report = Some(*report),
            Outcome::NotServed => written.not_served = true,
            Outcome::Failed(error) => written.error = Some(WriteError::from(error)),
        }
        written.serialize(serializer)
    }
}

impl From<&FetchError> for WriteError {
    fn from(error: &FetchError) -> Self {
        Self {
            kind: error.kind().code(),
            phase: error.phase().as_str(),
            message: Escaped(&error.to_string()).to_string(),
        }
    }
}
