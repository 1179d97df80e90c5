//! A table for terminals: many targets at a glance.

use std::fmt::Write as _;

use time::OffsetDateTime;

use super::words;
use crate::escape::Escaped;
use crate::report::{Report, Status};
use crate::snapshot::{Failure, Snapshot, Watched};

/// A table for terminals: one line for each report, what ends first at its top, and at its foot how
/// many are how.
///
/// ```text
/// STATUS   ENDS         DAYS LEFT  FOR      SUBJECT                                   WHERE
/// UNKNOWN  unknown                                                                    https://b.example:443: not resolved
/// WARN     2030-03-31           1  server   CN=example.com                            https://a.example:443
/// 2 in all: 0 pass, 1 warn, 0 fail, 1 unknown
/// ```
///
/// - A target of which nothing is known, and each part of a source that could not be read, has a line
///   too, which says why. They come first: what has no end that is known may end at any time.
/// - The days left are cut, and −1 from the first second after the end on. They are for people: by
///   them alone nothing is to be judged.
/// - A place where a later look failed, or that was not looked at for too long, says so.
///
/// Long cells are cut and end in `…`; hostile characters are escaped as `\u{202e}`. The last line has
/// no line break at its end.
#[must_use]
pub fn table(snapshot: &Snapshot) -> String {
    let mut rows: Vec<Row> = snapshot.iter().flat_map(rows).collect();
    rows.sort_by_key(|row| row.end);
    let mut text = line(["STATUS", "ENDS", "DAYS LEFT", "FOR", "SUBJECT", "WHERE"]);
    for row in &rows {
        text += &row.line(snapshot.taken_at());
    }
    let count = |status| rows.iter().filter(|row| row.status == status).count();
    let [pass, warn, fail, unknown] =
        [Status::Pass, Status::Warn, Status::Fail, Status::Unknown].map(count);
    // Writing to a String can't fail.
    let _ = write!(
        text,
        "{} in all: {pass} pass, {warn} warn, {fail} fail, {unknown} unknown",
        rows.len()
    );
    text
}

struct Row {
    status: Status,
    end: Option<OffsetDateTime>,
    purpose: String,
    subject: String,
    place: String,
}

/// A line for each report; where there is none, one that says why.
fn rows(target: Watched<'_>) -> Vec<Row> {
    let mut rows: Vec<Row> =
        target.reports().iter().map(|report| Row::seen(&target, report)).collect();
    rows.extend(target.problems().iter().map(|problem| Row::unseen(target.label(), problem)));
    if rows.is_empty() {
        let place = match words::reason(&target) {
            Some(reason) => format!("{}: {reason}", Escaped(target.label())),
            None => format!("{}: holds no certificate", Escaped(target.label())),
        };
        rows.push(Row { status: target.status(), ..Row::without_report(place) });
    }
    rows
}

impl Row {
    fn seen(target: &Watched<'_>, report: &Report) -> Self {
        let subject = match report.chain().first().map(|certificate| certificate.summary()) {
            Some(Ok(summary)) => summary.subject,
            _ => String::new(),
        };
        let mut place = Escaped(report.target()).to_string();
        if let Some(stale) = words::staleness(target) {
            place += &format!(" ({stale})");
        }
        Self {
            status: if target.is_too_old() { Status::Unknown } else { report.status() },
            end: words::end(report),
            purpose: report.purpose().to_string(),
            subject: Escaped(&subject).to_string(),
            place,
        }
    }

    fn unseen(label: &str, problem: &Failure) -> Self {
        Self::without_report(format!("{}: {}", Escaped(label), Escaped(&problem.to_string())))
    }

    fn without_report(place: String) -> Self {
        Self {
            status: Status::Unknown,
            end: None,
            purpose: String::new(),
            subject: String::new(),
            place,
        }
    }

    fn line(&self, now: OffsetDateTime) -> String {
        let status = self.status.as_str().to_uppercase();
        let (date, left) = match self.end {
            Some(end) => {
                let days = words::seconds_until(end, now).div_euclid(86_400);
                (end.date().to_string(), days.to_string())
            }
            None => ("unknown".to_owned(), String::new()),
        };
        line([&status, &date, &left, &self.purpose, &self.subject, &self.place])
    }
}

fn line([status, date, left, purpose, subject, place]: [&str; 6]) -> String {
    let (subject, place) = (cut(subject, SUBJECT), cut(place, PLACE));
    let line =
        format!("{status:7}  {date:10}  {left:>10}  {purpose:7}  {subject:SUBJECT$}  {place}");
    // An empty last cell would leave the padding of those before it.
    line.trim_end().to_owned() + "\n"
}

/// Up to so many characters; the last is an ellipsis where there were more.
fn cut(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        None => text.to_owned(),
        Some(_) => text.chars().take(length - 1).chain(['…']).collect(),
    }
}

const SUBJECT: usize = 40;
/// What is longer than that is no path or name, but an essay of somebody's.
const PLACE: usize = 200;

#[cfg(test)]
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::snapshot::fixtures::{AT, ENDED, SOON, Scene, refused, report};

    #[test]
    fn what_ends_first_stands_first_and_what_is_not_known_before_it() {
        let snapshot = Scene::new()
            .seen("fine", vec![report("fine", AT)], 1)
            .looked("down", &[(0, Err(refused()))])
            .looked("empty", &[(0, Ok((Vec::new(), Vec::new())))])
            .looked("half", &[(0, Ok((vec![report("half/a.pem", SOON)], vec![refused()])))])
            .failing("stale", vec![report("stale", ENDED)], refused())
            .unseen("new")
            .taken();
        let why = "connect failed for https://down.example:443 at 192.0.2.1:443: the connection \
                   was refused: Connection refused (os error 111)";
        let expected = [
            "STATUS   ENDS         DAYS LEFT  FOR      SUBJECT                                   WHERE".to_owned(),
            format!("UNKNOWN  unknown                                                                    down: {why}"),
            "PASS     unknown                                                                    empty: holds no certificate".to_owned(),
            format!("UNKNOWN  unknown                                                                    half: {why}"),
            "UNKNOWN  unknown                                                                    new: nothing was seen yet".to_owned(),
            "PASS     2030-03-31          58  server   CN=example.com                            fine".to_owned(),
            "WARN     2030-03-31          58  server   CN=example.com                            half/a.pem".to_owned(),
            format!("FAIL     2030-03-31          58  server   CN=example.com                            stale (last seen 1 minute ago: {why})"),
            "7 in all: 2 pass, 1 warn, 1 fail, 3 unknown".to_owned(),
        ];
        let table = table(&snapshot);
        assert_eq!(table.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_too_old_is_unknown_with_its_age() {
        let snapshot = Scene::new()
            .seen("old", vec![report("old", AT)], 1_800)
            .max_age(Duration::from_secs(60))
            .taken();
        let table = table(&snapshot);
        let row = table.lines().nth(1).unwrap();
        assert!(row.starts_with("UNKNOWN  2030-03-31          58  server   "), "{row}");
        assert!(row.ends_with("  old (last seen 30 minutes ago)"), "{row}");
    }

    #[test]
    fn a_long_cell_is_cut() {
        assert_eq!(cut("1234", 4), "1234");
        assert_eq!(cut("12345", 4), "123…");
        assert_eq!(cut("äöüßé", 4), "äöü…");
        assert_eq!(cut("", 4), "");
    }
}
