//! A target on the page.

use std::cmp::Reverse;
use std::fmt;

use super::timeline::Timeline;
use super::{Shape, Text};
use crate::render::words;
use crate::report::{Finding, Instant, Report, Severity, Span, Status, TrustLine};
use crate::snapshot::Watched;

/// Writes a target: a row, and below it, folded where it is not open, all that is known of it.
pub(super) fn write(
    f: &mut fmt::Formatter<'_>,
    status: Status,
    target: &Watched<'_>,
    open: bool,
) -> fmt::Result {
    let open = if open { " open=\"open\"" } else { "" };
    write!(
        f,
        "<article class=\"{status}\"><details{open}><summary><span class=\"badge\">{}{status}</span>\
         <span class=\"label\"><bdi>{}</bdi></span>",
        Shape(status),
        Text(target.label())
    )?;
    if target.is_stale() || target.is_too_old() {
        f.write_str("<span class=\"old\">stale</span>")?;
    }
    if let Some(until) = target.until() {
        let left = Span(words::seconds_until(until, target.taken_at()));
        match left {
            Span(..0) => write!(f, "<span class=\"left past\">ended {left} ago</span>")?,
            Span(_) => write!(f, "<span class=\"left\">{left} left</span>")?,
        }
    }
    let reason = words::reason(target);
    if let Some(reason) = &reason {
        write!(f, "<span class=\"why\">{}</span>", Text(reason))?;
    }
    f.write_str("</summary>\n<div class=\"body\">\n")?;
    // What no report tells.
    let lead = reason.filter(|_| target.is_too_old() || target.reports().is_empty());
    if let Some(lead) = lead.filter(|_| target.problems().is_empty()) {
        writeln!(f, "<p class=\"lead\">{}</p>", Text(&lead))?;
    } else if let Some(stale) = words::staleness(target) {
        writeln!(f, "<p class=\"stale\">{}</p>", Text(&stale))?;
    }
    for problem in target.problems() {
        writeln!(f, "<p class=\"stale\">{}</p>", Text(&problem.to_string()))?;
    }
    let mut reports: Vec<&Report> = target.reports().iter().collect();
    reports.sort_by_key(|report| words::end(report));
    for report in reports {
        let title = Some(report.target()).filter(|title| *title != target.label());
        chain(f, report, title, target)?;
        if let Some(own) = report.client_report() {
            chain(f, own, Some("our client certificate"), target)?;
        }
    }
    f.write_str("</div></details></article>\n")
}

/// What is known of one chain.
fn chain(
    f: &mut fmt::Formatter<'_>,
    report: &Report,
    title: Option<&str>,
    target: &Watched<'_>,
) -> fmt::Result {
    f.write_str("<div class=\"chain\">\n")?;
    if let Some(title) = title {
        writeln!(f, "<h3>{}<bdi>{}</bdi></h3>", Shape(report.status()), Text(title))?;
    }
    // Where clients fail for another reason, the calendar is not what to speak of first.
    let aside = report.status() == Status::Fail && report.horizon().holds(report.checked_at());
    let calendar = if aside { "by the calendar alone, " } else { "" };
    let outlook = format!("{calendar}{}.", report.outlook());
    if aside {
        findings(f, report.findings())?;
        writeln!(f, "<p class=\"outlook\">{}</p>", Text(&sentence(&outlook)))?;
    } else {
        writeln!(f, "<p class=\"outlook\">{}</p>", Text(&sentence(&outlook)))?;
        findings(f, report.findings())?;
    }
    write!(f, "{}", Timeline::new(report, target.taken_at()))?;
    facts(f, report, target)?;
    f.write_str("</div>\n")
}

/// The findings, the most urgent first, each with what to do; the notes and what is many is folded.
fn findings(f: &mut fmt::Formatter<'_>, findings: &[Finding]) -> fmt::Result {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| Reverse(finding.severity()));
    let urgent = sorted.iter().filter(|finding| finding.severity() > Severity::Note).count();
    let (shown, folded) = sorted.split_at(urgent.min(SHOWN));
    list(f, shown)?;
    if !folded.is_empty() {
        let count = folded.len();
        let what = match (urgent > SHOWN, count) {
            (true, 1) => "1 more finding".to_owned(),
            (true, _) => format!("{count} more findings"),
            (false, 1) => "1 note".to_owned(),
            (false, _) => format!("{count} notes"),
        };
        writeln!(f, "<details class=\"more\"><summary>{what}</summary>")?;
        list(f, folded)?;
        f.write_str("</details>\n")?;
    }
    Ok(())
}

fn list(f: &mut fmt::Formatter<'_>, findings: &[&Finding]) -> fmt::Result {
    if findings.is_empty() {
        return Ok(());
    }
    f.write_str("<ul class=\"findings\">\n")?;
    for finding in findings {
        writeln!(
            f,
            "<li class=\"{severity}\"><span class=\"severity\">{severity}</span> \
             <span class=\"message\">{}</span> <code>{}</code>\
             <span class=\"remedy\">{}</span></li>",
            Text(&finding.message()),
            finding.code(),
            Text(&finding.remedy()),
            severity = finding.severity(),
        )?;
    }
    f.write_str("</ul>\n")
}

/// What else is worth knowing, in one line.
fn facts(f: &mut fmt::Formatter<'_>, report: &Report, target: &Watched<'_>) -> fmt::Result {
    let mut facts = Vec::new();
    // A certificate that is looked at by itself has no path.
    if report.trust().path().is_some() || report.horizon().until.is_none() {
        facts.push(TrustLine(report.trust()).to_string());
    }
    for other in &report.stores()[1..] {
        let mut line = format!("by the store {}: {}", other.store(), TrustLine(other.trust()));
        if let Some(until) = other.horizon().until {
            line += &format!(", until {}", Instant(until));
        }
        facts.push(line);
    }
    if let Some(peer) = report.peer() {
        let mut line = String::from("answered");
        if let Some(address) = peer.address() {
            line += &format!(" by {address}");
        }
        if let (Some(protocol), Some(suite)) = (peer.protocol(), peer.cipher_suite()) {
            line += &format!(" with {protocol} {suite}");
        }
        if line.len() > "answered".len() {
            facts.push(line);
        }
    }
    if let Some(at) = target.checked_at() {
        facts.push(format!("seen {}", Instant(at)));
    }
    f.write_str("<ul class=\"facts\">")?;
    facts.iter().try_for_each(|fact| write!(f, "<li>{}</li>", Text(fact)))?;
    f.write_str("</ul>\n")
}

/// The same with a capital at its beginning.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// So many findings are read at a glance.
const SHOWN: usize = 3;
