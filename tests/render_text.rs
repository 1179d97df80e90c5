//! The table for terminals.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::judge::{chain, trusting};
use common::nasty::NASTY;
use common::pki::{Pki, at};
use notafter::render::text::table;
use notafter::report::Report;
use notafter::snapshot::Snapshot;
use notafter::target::Subject;
use rcgen::DnType;

const NOW: &str = "2026-06-01T00:00:00Z";

fn report(pki: &Pki, label: &str, common_name: &str, end: &str) -> Report {
    let named = |params: &mut rcgen::CertificateParams| {
        params.distinguished_name.push(DnType::CommonName, common_name);
    };
    let leaf = pki.leaf("example.com").valid("2026-01-01T00:00:00Z", end).with(named).issue();
    let subject = Subject::server(label, ["example.com".parse().unwrap()]);
    trusting(&[&pki.root]).inspect(&chain(&pki.chain(&leaf)), &subject, at(NOW))
}

#[test]
fn what_ends_first_stands_first() {
    let pki = Pki::new();
    let snapshot = Snapshot::of([
        report(&pki, "https://fine.example:443", "fine.example", "2026-12-31T23:59:59Z"),
        report(&pki, "https://over.example:443", "over.example", "2026-05-31T23:59:59Z"),
        report(
            &pki,
            "https://soon.example:443",
            "a name of more than forty characters in all",
            "2026-06-02T23:59:59Z",
        ),
    ]);
    let expected = "\
STATUS   ENDS         DAYS LEFT  FOR      SUBJECT                                   WHERE
FAIL     2026-05-31          -1  server   CN=over.example                           https://over.example:443
WARN     2026-06-02           1  server   CN=a name of more than forty characters…  https://soon.example:443
PASS     2026-12-31         213  server   CN=fine.example                           https://fine.example:443
3 in all: 1 pass, 1 warn, 1 fail, 0 unknown";
    assert_eq!(table(&snapshot), expected);
}

#[test]
fn a_table_of_nothing_says_so() {
    let expected = "\
STATUS   ENDS         DAYS LEFT  FOR      SUBJECT                                   WHERE
0 in all: 0 pass, 0 warn, 0 fail, 0 unknown";
    assert_eq!(table(&Snapshot::of([])), expected);
}

#[test]
fn no_name_controls_the_terminal_or_adds_a_line() {
    let pki = Pki::new();
    let long = "x".repeat(5_000);
    let names: Vec<&str> = NASTY.into_iter().chain([long.as_str()]).collect();
    let reports = names.iter().map(|name| report(&pki, name, name, "2026-12-31T23:59:59Z"));
    let table = table(&Snapshot::of(reports));
    let lines: Vec<&str> = table.split('\n').collect();
    assert_eq!(lines.len(), names.len() + 2);
    for line in &lines {
        let hostile = |char: char| {
            char.is_control()
                || matches!(char, '\u{200b}' | '\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
        };
        assert!(!line.contains(hostile), "{line:?}");
        assert!(line.chars().count() <= 300, "{line}");
    }
    for row in &lines[1..=names.len()] {
        assert!(row.starts_with("PASS     2026-12-31         213  server   CN="), "{row}");
    }
    let spoofed = lines.iter().find(|line| line.contains("moc.elpmaxe")).unwrap();
    assert!(spoofed.ends_with("  moc.elpmaxe\\u{202e}evil"), "{spoofed}");
}
