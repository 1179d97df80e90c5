//! Certificates over time, as a picture of boxes: it scales with the page, and its text does not.

use std::fmt;

use time::{Date, Month, OffsetDateTime};

use super::Text;
use crate::render::words;
use crate::report::{Instant, Report, ReportedCertificate, Status};
use crate::snapshot::Watched;

/// The certificates of a chain as bars on one axis of time, with now and the horizon as lines.
pub(super) struct Timeline<'a> {
    report: &'a Report,
    now: i64,
    axis: Axis,
    rows: Vec<Row>,
}

/// A certificate.
struct Row {
    subject: String,
    role: String,
    /// The first and the last second; `None` where it can't be read.
    period: Option<(OffsetDateTime, OffsetDateTime)>,
    /// Whether its end is the horizon.
    limits: bool,
    /// Whether no path needs it.
    spare: bool,
}

/// What is shown of time, in seconds.
#[derive(Clone, Copy)]
struct Axis {
    start: i64,
    end: i64,
}

impl<'a> Timeline<'a> {
    pub(super) fn new(report: &'a Report, taken_at: OffsetDateTime) -> Self {
        let rows = rows(report);
        let now = taken_at.unix_timestamp();
        let own = rows.first().and_then(|row| row.period);
        let mut instants: Vec<i64> = vec![now];
        instants.extend(own.map(|(begin, _)| begin.unix_timestamp()));
        instants.extend(own.map(|(_, end)| end.unix_timestamp()));
        instants.extend(report.horizon().until.map(OffsetDateTime::unix_timestamp));
        instants.extend(report.horizon().gaps.iter().map(|gap| gap.to.unix_timestamp()));
        Self { report, now, axis: Axis::around(now, &instants), rows }
    }
}

/// The certificates that were sent, those that the path needed, and the anchor where its end is known.
fn rows(report: &Report) -> Vec<Row> {
    let (horizon, path) = (report.horizon(), report.trust().path());
    let limit = horizon.limited_by.as_ref();
    let row = |certificate: &ReportedCertificate, sent: bool| {
        let position = certificate.position();
        let role = certificate.role();
        let (subject, period) = match certificate.summary() {
            Ok(facts) => {
                let named = Some(facts.subject).filter(|subject| !subject.is_empty());
                let subject = named.or_else(|| facts.subject_alt_names.into_iter().next());
                (subject.unwrap_or_default(), Some((facts.not_before, facts.not_after)))
            }
            Err(reason) => (format!("can't be read: {reason}"), None),
        };
        Row {
            subject,
            role: if sent { role.to_string() } else { format!("{role}, not sent") },
            period,
            limits: limit.is_some_and(|limit| limit.position() == Some(position)),
            spare: path.is_some_and(|path| !path.path.contains(&position)),
        }
    };
    let mut rows: Vec<Row> = report.chain().iter().map(|it| row(it, true)).collect();
    rows.extend(report.extra_certificates().iter().map(|it| row(it, false)));
    if let Some(limit) = limit.filter(|limit| limit.position().is_none()) {
        if let Some(validity) = limit.validity() {
            rows.push(Row {
                subject: limit.subject(),
                role: "trust anchor".to_owned(),
                period: Some((validity.not_before, validity.not_after)),
                limits: true,
                spare: false,
            });
        }
    }
    rows
}

impl fmt::Display for Timeline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.is_empty() {
            return Ok(());
        }
        let Self { now, axis, rows, .. } = self;
        write!(
            f,
            "<figure class=\"timeline\" role=\"img\" aria-label=\"{}\">",
            Text(&self.words())
        )?;
        f.write_str("<div class=\"flags\">")?;
        self.flags(f)?;
        f.write_str("</div>\n<div class=\"rows\">")?;
        self.lines(f)?;
        rows.iter().try_for_each(|row| row.write(f, *axis, *now))?;
        f.write_str("</div>\n<div class=\"ticks\">")?;
        for (at, label) in axis.ticks() {
            write!(f, "<span style=\"left:{}\">{label}</span>", Percent(axis.place(at)))?;
        }
        f.write_str("</div></figure>\n")
    }
}

impl Timeline<'_> {
    /// What the lines are called: on the side where there is room for it.
    fn flags(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.axis.place(self.now);
        let mut crowded = now > WHOLE * 19 / 20;
        if let Some(until) = self.horizon() {
            let place = self.axis.place(until.unix_timestamp());
            crowded |= (now..now + WHOLE / 8).contains(&place);
            let side = if place > WHOLE / 2 { " left-of" } else { "" };
            let (left, date) = (Percent(place), until.date());
            write!(f, "<span class=\"horizon{side}\" style=\"left:{left}\">horizon {date}</span>")?;
        }
        let side = if crowded && now > WHOLE / 20 { " left-of" } else { "" };
        write!(f, "<span class=\"now{side}\" style=\"left:{}\">now</span>", Percent(now))
    }

    /// The horizon, where it is in sight.
    fn horizon(&self) -> Option<OffsetDateTime> {
        self.report.horizon().until.filter(|until| self.axis.shows(until.unix_timestamp()))
    }

    /// What goes through all rows: the gaps, now, and the horizon.
    fn lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { report, now, axis, .. } = self;
        f.write_str("<div class=\"lines\">")?;
        for (at, _) in axis.ticks() {
            write!(f, "<i class=\"tick\" style=\"left:{}\"></i>", Percent(axis.place(at)))?;
        }
        for gap in &report.horizon().gaps {
            let from = gap.from.map_or(axis.start, OffsetDateTime::unix_timestamp);
            let (left, right) = (axis.place(from), axis.place(gap.to.unix_timestamp() + 1));
            if left < right {
                let (left, width) = (Percent(left), Percent(right - left));
                write!(f, "<i class=\"gap\" style=\"left:{left};width:{width}\"></i>")?;
            }
        }
        write!(f, "<i class=\"now\" style=\"left:{}\"></i>", Percent(axis.place(*now)))?;
        if let Some(until) = self.horizon() {
            let left = Percent(axis.place(until.unix_timestamp()));
            write!(f, "<i class=\"horizon\" style=\"left:{left}\"></i>")?;
        }
        f.write_str("</div>")
    }

    /// The picture in words.
    fn words(&self) -> String {
        let mut text = String::from("Certificates over time");
        for row in &self.rows {
            text += &format!("; {} {}", row.role, row.subject);
            if let Some((begin, end)) = row.period {
                text += &format!(", {} to {}", begin.date(), end.date());
            }
        }
        for gap in &self.report.horizon().gaps {
            text += &match gap.from {
                Some(from) => format!("; no path from {} to {}", Instant(from), Instant(gap.to)),
                None => format!("; no path until {}", Instant(gap.to)),
            };
        }
        if let Some(until) = self.report.horizon().until {
            text += &format!("; the horizon is {}", Instant(until));
        }
        text
    }
}

impl Row {
    fn write(&self, f: &mut fmt::Formatter<'_>, axis: Axis, now: i64) -> fmt::Result {
        let state = match self.period {
            _ if self.spare => "spare",
            Some((_, end)) if end.unix_timestamp() < now => "over",
            Some((begin, _)) if begin.unix_timestamp() > now => "ahead",
            _ if self.limits => "limit",
            _ => "good",
        };
        write!(
            f,
            "<div class=\"row {state}\"><div class=\"who\"><b><bdi>{}</bdi></b><span>{}",
            Text(&self.subject),
            self.role
        )?;
        let Some((begin, end)) = self.period else {
            return f.write_str("</span></div></div>");
        };
        if self.spare {
            f.write_str(", not needed")?;
        }
        write!(f, " · {} to {}</span></div><div class=\"track\">", begin.date(), end.date())?;
        let (begin, end) = (begin.unix_timestamp(), end.unix_timestamp());
        // An inverted period, or one that is not in sight, has no bar.
        let (left, right) = (axis.place(begin), axis.place(end));
        if begin <= end && end >= axis.start && begin <= axis.end {
            let from = if begin < axis.start { " from" } else { "" };
            let on = if end > axis.end { " on" } else { "" };
            let (left, width) = (Percent(left), Percent(right - left));
            write!(f, "<i class=\"bar{from}{on}\" style=\"left:{left};width:{width}\"></i>")?;
        }
        f.write_str("</div></div>")
    }
}

impl Axis {
    /// From the first of these instants to the last, and a little more; what is further away than one
    /// can plan for is not shown.
    fn around(now: i64, instants: &[i64]) -> Self {
        let near = |instant: &i64| (*instant).clamp(now - FAR, now + FAR);
        let first = instants.iter().map(near).min().unwrap_or(now);
        let last = instants.iter().map(near).max().unwrap_or(now);
        let margin = ((last - first) / 16).max(DAY);
        // On the right there is a word behind the last line.
        Self { start: first - margin, end: last + 2 * margin }
    }

    const fn shows(self, at: i64) -> bool {
        self.start <= at && at <= self.end
    }

    /// In hundredths of a percent from the left.
    fn place(self, at: i64) -> i64 {
        let at = at.clamp(self.start, self.end);
        // Within some 100 years of seconds, this is far from an overflow.
        (at - self.start) * WHOLE / (self.end - self.start)
    }

    /// Up to five beginnings of days, months or years, with what they are called.
    fn ticks(self) -> Vec<(i64, String)> {
        let days = (self.end - self.start) / DAY;
        let ticks = if days <= 40 {
            let step = days / 5 + 1;
            let first = self.start.div_euclid(DAY) + 1;
            (0..5).map(|count| (first + count * step) * DAY).map(|at| (at, Unit::Day)).collect()
        } else {
            self.months(days / 30 / 5)
        };
        let edge = WHOLE / 20;
        let inside = |at: &i64| (edge..=WHOLE - edge).contains(&self.place(*at));
        ticks
            .into_iter()
            .filter(|(at, _)| *at < self.end && inside(at))
            .filter_map(|(at, unit)| {
                Some((at, unit.name(OffsetDateTime::from_unix_timestamp(at).ok()?)))
            })
            .collect()
    }

    /// The beginnings of months that are so far apart, or a rounder number of them.
    fn months(self, apart: i64) -> Vec<(i64, Unit)> {
        let step = MONTHS.into_iter().find(|step| i64::from(*step) >= apart).unwrap_or(240);
        let unit = if step < 12 { Unit::Month } else { Unit::Year };
        let Ok(start) = OffsetDateTime::from_unix_timestamp(self.start) else { return Vec::new() };
        let first = start.year() * 12 / step * step;
        (0..)
            .map(|count| first + count * step)
            .map_while(|months| beginning(months.div_euclid(12), months.rem_euclid(12)))
            .take_while(|at| *at < self.end)
            .filter(|at| *at > self.start)
            .map(|at| (at, unit))
            .collect()
    }
}

/// The first second of a month, counted from 0.
fn beginning(year: i32, month: i32) -> Option<i64> {
    let month = Month::try_from(u8::try_from(month + 1).ok()?).ok()?;
    let date = Date::from_calendar_date(year, month, 1).ok()?;
    Some(date.midnight().assume_utc().unix_timestamp())
}

#[derive(Clone, Copy)]
enum Unit {
    Day,
    Month,
    Year,
}

impl Unit {
    fn name(self, at: OffsetDateTime) -> String {
        match self {
            Self::Day => at.date().to_string(),
            Self::Month => format!("{}-{:02}", at.year(), u8::from(at.month())),
            Self::Year => at.year().to_string(),
        }
    }
}

/// Hundredths of a percent.
struct Percent(i64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}%", self.0 / 100, self.0 % 100)
    }
}

/// How many targets end when, as columns.
pub(super) fn overview(
    f: &mut fmt::Formatter<'_>,
    targets: &[(Status, Watched<'_>)],
    now: OffsetDateTime,
) -> fmt::Result {
    let mut counts = [0_usize; WHEN.len()];
    for (_, target) in targets {
        let Some(until) = target.until() else { continue };
        let left = words::seconds_until(until, now);
        let column = WHEN.iter().position(|(below, _)| left < *below);
        if let Some(count) = column.and_then(|column| counts.get_mut(column)) {
            *count += 1;
        }
    }
    let Some(most) = counts.iter().max().copied().filter(|most| *most > 0) else {
        return Ok(());
    };
    let words: Vec<String> = WHEN
        .iter()
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|((_, name), count)| format!("{name}: {count}"))
        .collect();
    write!(
        f,
        "<figure class=\"when\" role=\"img\" aria-label=\"{WHEN_TITLE}: {}\"><p>{WHEN_TITLE}</p>",
        words.join(", ")
    )?;
    for ((_, name), count) in WHEN.iter().zip(counts) {
        let tall = count * 100 / most;
        let none = if count == 0 { " class=\"none\"" } else { "" };
        write!(
            f,
            "<div{none}><b>{count}</b><i style=\"height:{tall}%\"></i><span>{name}</span></div>"
        )?;
    }
    f.write_str("</figure>\n")
}

const DAY: i64 = 86_400;
/// 30 years.
const FAR: i64 = 30 * 365 * DAY;
/// All of it, in hundredths of a percent.
const WHOLE: i64 = 10_000;
const MONTHS: [i32; 10] = [1, 2, 3, 6, 12, 24, 36, 60, 120, 240];
const WHEN_TITLE: &str = "When clients start failing, by the calendar";
/// Below how many seconds, by what name.
const WHEN: [(i64, &str); 7] = [
    (0, "already"),
    (DAY, "\u{2264} 1 d"),
    (7 * DAY, "\u{2264} 7 d"),
    (30 * DAY, "\u{2264} 30 d"),
    (90 * DAY, "\u{2264} 90 d"),
    (365 * DAY, "\u{2264} 1 y"),
    (i64::MAX, "later"),
];

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn axis(from: OffsetDateTime, to: OffsetDateTime) -> Axis {
        let (from, to) = (from.unix_timestamp(), to.unix_timestamp());
        Axis::around(from, &[from, to])
    }

    #[test]
    fn an_axis_has_a_few_ticks_at_round_dates() {
        let start = datetime!(2026-01-15 12:00 UTC);
        let cases = [
            (datetime!(2026-01-15 12:00 UTC), vec!["2026-01-15", "2026-01-16"]),
            (
                datetime!(2026-01-22 0:00 UTC),
                vec!["2026-01-15", "2026-01-17", "2026-01-19", "2026-01-21"],
            ),
            (datetime!(2026-04-15 0:00 UTC), vec!["2026-02", "2026-03", "2026-04"]),
            (datetime!(2027-03-01 0:00 UTC), vec!["2026-04", "2026-07", "2026-10", "2027-01"]),
            (datetime!(2036-01-15 0:00 UTC), vec!["2028", "2030", "2032", "2034", "2036"]),
        ];
        for (end, expected) in cases {
            let ticks = axis(start, end).ticks();
            let names: Vec<&str> = ticks.iter().map(|(_, name)| name.as_str()).collect();
            assert_eq!(names, expected, "{end}");
        }
    }

    #[test]
    fn any_two_instants_have_an_axis() {
        let first = datetime!(0001-01-01 0:00 UTC);
        let last = datetime!(9999-12-31 23:59:59 UTC);
        for (now, other) in [(first, last), (last, first), (first, first), (last, last)] {
            let axis = axis(now, other);
            assert!(axis.shows(now.unix_timestamp()));
            assert!(axis.ticks().len() <= 7, "{:?}", axis.ticks());
            let place = axis.place(now.unix_timestamp());
            assert!((0..=WHOLE).contains(&place));
        }
    }

    #[test]
    fn a_place_is_a_share_of_the_axis() {
        let axis = Axis { start: 0, end: 300 };
        assert_eq!(Percent(axis.place(100)).to_string(), "33.33%");
        assert_eq!(Percent(axis.place(-5)).to_string(), "0.00%");
        assert_eq!(Percent(axis.place(900)).to_string(), "100.00%");
    }
}
