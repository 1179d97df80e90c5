//! What a monitoring plugin prints and returns.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::time::Duration;

use common::judge::{chain, trusting};
use common::nasty::NASTY;
use common::pki::{Pki, at};
use notafter::inspect::{Policy, Thresholds};
use notafter::render::nagios::plugin;
use notafter::report::Report;
use notafter::snapshot::Snapshot;
use notafter::target::Subject;
use rcgen::DnType;

const NOW: &str = "2026-06-01T00:00:00Z";

/// What is told of a server's chain whose own certificate begins and ends then.
fn report(pki: &Pki, label: &str, begin: &str, end: &str) -> Report {
    let leaf = pki.leaf("example.com").valid(begin, end).issue();
    let subject = Subject::server(label, ["example.com".parse().unwrap()]);
    trusting(&[&pki.root]).inspect(&chain(&pki.chain(&leaf)), &subject, at(NOW))
}

/// 90 days with both ends in it, of which 59 and a second less are left.
fn fine(pki: &Pki, label: &str) -> Report {
    report(pki, label, "2026-05-02T00:00:00Z", "2026-07-30T23:59:59Z")
}

fn over(pki: &Pki, label: &str) -> Report {
    report(pki, label, "2026-03-03T00:00:00Z", "2026-05-31T23:59:59Z")
}

#[test]
fn one_chain_has_the_days_of_each_certificate_too() {
    let snapshot = Snapshot::of([fine(&Pki::new(), "https://example.com:443")]);
    let plugin = plugin(&snapshot, &Policy::new());
    assert_eq!(plugin.exit_code(), 0);
    assert_eq!(
        plugin.to_string(),
        "CERTIFICATES OK: 1 target passes, https://example.com:443 ends first, in 59 days 23 hours \
         | 'days_chain_elem1'=59.99;22.5:;7.5:;; 'days_chain_elem2'=3136;180:;60:;; \
         'https://example.com:443'=5183999s;1944000:;648000:;;\n\
         OK https://example.com:443: clients start failing on 2026-07-31 00:00:00 UTC, in 60 days, \
         because the server's own certificate ends"
    );
}

#[test]
fn what_is_critical_comes_first_and_is_told_on_the_first_line() {
    let pki = Pki::new();
    let soon =
        report(&pki, "https://soon.example:443", "2026-03-05T00:00:00Z", "2026-06-02T23:59:59Z");
    let snapshot = Snapshot::of([
        fine(&pki, "https://fine.example:443"),
        soon,
        over(&pki, "https://over.example:443"),
    ]);
    let plugin = plugin(&snapshot, &Policy::new());
    assert_eq!(plugin.exit_code(), 2);
    let expired = "the end-entity certificate (CN=example.com) expired 1 second ago, on 2026-05-31 \
                   23:59:59 UTC";
    let expected = [
        format!(
            "CERTIFICATES CRITICAL: 1 of 3 targets fails, 1 warns: https://over.example:443: \
             {expired} | 'https://fine.example:443'=5183999s;1944000:;648000:;; \
             'https://soon.example:443'=172799s;1944000:;648000:;; \
             'https://over.example:443'=-1s;1944000:;648000:;;"
        ),
        format!("CRITICAL https://over.example:443: {expired}"),
        "WARNING https://soon.example:443: the end-entity certificate (CN=example.com) expires in \
         1 day 23 hours, on 2026-06-02 23:59:59 UTC"
            .to_owned(),
        "OK https://fine.example:443: clients start failing on 2026-07-31 00:00:00 UTC, in 60 days, \
         because the server's own certificate ends"
            .to_owned(),
    ];
    assert_eq!(plugin.to_string().lines().collect::<Vec<_>>(), expected);
}

#[test]
fn the_thresholds_are_those_of_the_policy() {
    let snapshot = Snapshot::of([fine(&Pki::new(), "t")]);
    let hour = Duration::from_secs(3_600);
    let policy = Policy::new()
        .end_entity(Thresholds::durations(hour, Duration::ZERO))
        .intermediate(Thresholds::percent(50, 10));
    let output = plugin(&snapshot, &policy).to_string();
    let (_, data) = output.lines().next().unwrap().split_once(" | ").unwrap();
    assert_eq!(
        data,
        "'days_chain_elem1'=59.99;0.04:;;; 'days_chain_elem2'=3136;1826:;365.2:;; \
         't'=5183999s;3600:;;;"
    );
}

#[test]
fn nothing_watched_is_unknown_without_numbers() {
    let plugin = plugin(&Snapshot::of([]), &Policy::new());
    assert_eq!(plugin.exit_code(), 3);
    assert_eq!(plugin.to_string(), "CERTIFICATES UNKNOWN: nothing is watched");
}

#[cfg(feature = "serde")]
#[test]
fn a_report_that_was_read_back_has_the_same_thresholds() {
    let report = fine(&Pki::new(), "t");
    let text = serde_json::to_string(&report).unwrap();
    let again: Report = serde_json::from_str(&text).unwrap();
    let output = |report| plugin(&Snapshot::of([report]), &Policy::new()).to_string();
    assert_eq!(output(again), output(report));
}

#[test]
fn no_name_ends_the_line_or_begins_performance_data() {
    let pki = Pki::new();
    let reports = NASTY.map(|name| {
        let named = |params: &mut rcgen::CertificateParams| {
            params.distinguished_name.push(DnType::CommonName, name);
        };
        let leaf = pki.leaf("example.com").valid("2026-03-03T00:00:00Z", "2026-05-31T23:59:59Z");
        let leaf = leaf.with(named).issue();
        let subject = Subject::server(name, ["example.com".parse().unwrap()]);
        trusting(&[&pki.root]).inspect(&chain(&pki.chain(&leaf)), &subject, at(NOW))
    });
    for report in &reports {
        let output = plugin(&Snapshot::of([report.clone()]), &Policy::new()).to_string();
        assert_eq!(output.split('\n').count(), 2, "{output}");
        assert_eq!(output.matches('|').count(), 1, "{output}");
    }
    let output = plugin(&Snapshot::of(reports), &Policy::new()).to_string();
    assert!(!output.contains(|char: char| char.is_control() && char != '\n'), "{output:?}");
    let lines: Vec<&str> = output.split('\n').collect();
    assert_eq!(lines.len(), NASTY.len() + 1);
    assert_eq!(output.matches('|').count(), 1);
    let (_, data) = lines[0].split_once(" | ").unwrap();
    let seen: Vec<(String, &str)> = items(data);
    // The empty label and the blank one are none.
    let visible = NASTY.iter().filter(|name| !name.trim().is_empty());
    let expected: Vec<_> =
        visible.map(|name| ((*name).to_owned(), "-1s;1944000:;648000:;;")).collect();
    assert_eq!(seen, expected);
}

/// Performance data by the grammar of the guidelines: each label, and what stands behind it.
fn items(mut data: &str) -> Vec<(String, &str)> {
    let mut items = Vec::new();
    while !data.is_empty() {
        let (label, rest) = data.strip_prefix('\'').unwrap().split_once('\'').unwrap();
        let rest = rest.strip_prefix('=').unwrap();
        let (value, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        items.push((decoded(label), value));
        data = rest;
    }
    items
}

/// Undoes the percent signs.
fn decoded(label: &str) -> String {
    let mut octets = Vec::new();
    let mut rest = label.as_bytes();
    while let [first, behind @ ..] = rest {
        (octets, rest) = match (first, behind) {
            (b'%', [high, low, behind @ ..]) => {
                let digits = std::str::from_utf8(&[*high, *low]).unwrap().to_owned();
                octets.push(u8::from_str_radix(&digits, 16).unwrap());
                (octets, behind)
            }
            _ => {
                octets.push(*first);
                (octets, behind)
            }
        };
    }
    String::from_utf8(octets).unwrap()
}
