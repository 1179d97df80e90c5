//! Many reports at a glance: what ends first stands first.

use std::fmt;

use notafter::{Report, Status};
use time::OffsetDateTime;

/// A table of reports.
pub(crate) struct Table<'a>(Vec<Row<'a>>);

struct Row<'a> {
    report: &'a Report,
    /// When it ends, by its path, else by its own certificate.
    end: Option<OffsetDateTime>,
}

impl<'a> Table<'a> {
    pub(crate) fn new(reports: impl IntoIterator<Item = &'a Report>) -> Self {
        let end = |report: &Report| {
            let horizon = report.horizon();
            horizon.until.or(horizon.end_entity).or(horizon.earliest_presented)
        };
        let rows = reports.into_iter().map(|report| Row { report, end: end(report) });
        let mut rows: Vec<Row<'_>> = rows.collect();
        // What has no end that is known may end at any time.
        rows.sort_by_key(|row| row.end);
        Self(rows)
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:7}  {:10}  {:>10}  {:7}  {:SUBJECT$}  WHERE",
            "STATUS", "ENDS", "DAYS LEFT", "FOR", "SUBJECT"
        )?;
        for Row { report, end } in &self.0 {
            let status = report.status().as_str().to_uppercase();
            let (date, left) = match end {
                Some(end) => {
                    let left = (*end - report.checked_at()).whole_days();
                    (end.date().to_string(), left.to_string())
                }
                None => ("unknown".to_owned(), String::new()),
            };
            let (purpose, subject) = (report.purpose(), subject(report));
            let place = plain(report.target());
            writeln!(
                f,
                "{status:7}  {date:10}  {left:>10}  {purpose:7}  {subject:SUBJECT$}  {place}"
            )?;
        }
        let count = |status| self.0.iter().filter(|row| row.report.status() == status).count();
        let [pass, warn, fail, unknown] =
            [Status::Pass, Status::Warn, Status::Fail, Status::Unknown].map(count);
        write!(
            f,
            "{} in all: {pass} pass, {warn} warn, {fail} fail, {unknown} unknown",
            self.0.len()
        )
    }
}

/// The subject, cut to its column.
fn subject(report: &Report) -> String {
    let summary = report.chain().first().map(|certificate| certificate.summary());
    let subject = match summary {
        Some(Ok(summary)) => summary.subject,
        _ => String::new(),
    };
    let shown = plain(&subject);
    if shown.chars().count() <= SUBJECT {
        return shown;
    }
    shown.chars().take(SUBJECT - 1).chain(['…']).collect()
}

/// Text that a terminal shows and does not obey; names have backslashes and quotes of their own.
fn plain(text: &str) -> String {
    let escape = |character: char| match character {
        '\\' | '"' | '\'' => character.to_string(),
        _ => character.escape_debug().to_string(),
    };
    text.chars().map(escape).collect()
}

const SUBJECT: usize = 40;
