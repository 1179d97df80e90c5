//! What the parsers of others make of the metrics, that of Prometheus itself among them:
//! `cargo test --test render_openmetrics_official -- --ignored`.
//!
//! promtool comes with Debian's package `prometheus`; version 2.42 was asked.
//! `NOTAFTER_PYTHON` names a Python interpreter that has `prometheus_client`; without it, it is
//! `python3`.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::env;
use std::io::Write as _;
use std::process::{Command, Stdio};

use common::judge::{judge, trusting};
use common::openmetrics::{nasty, nasty_reports, read};
use common::pki::Pki;
use common::process::Scratch;
use notafter::inspect::TrustAnchors;
use notafter::render::openmetrics::{self, Set};
use notafter::snapshot::Snapshot;
use serde_json::Value;

/// Every kind of exposition, the hostile ones first.
fn expositions() -> Vec<String> {
    let sets = [Set::X509CertificateExporter];
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").names(&["example.com", "192.0.2.1"]).issue();
    let second = TrustAnchors::from_der([pki.root.der.to_vec()]).unwrap().named("a \"second\" one");
    let inspector = trusting(&[&pki.root]).and_anchors(second);
    let judged = |instant| judge(&inspector, &pki.chain(&leaf), instant);
    let healthy = Snapshot::of([judged("2026-06-01T00:00:00Z")]);
    let expired = Snapshot::of([judged("2027-06-01T00:00:00Z")]);
    // The same labels twice, and more than one target in one exposition.
    let crowd = Snapshot::of(nasty_reports().into_iter().chain([
        judged("2026-06-01T00:00:00Z"),
        judged("2027-06-01T00:00:00Z"),
        judge(&inspector, &[&b"junk"[..]], "2026-06-01T00:00:00Z"),
    ]));
    let mut texts = vec![openmetrics::text(&Snapshot::of([]))];
    for snapshot in [nasty(), healthy, expired, crowd] {
        texts.push(openmetrics::text_with(&snapshot, &sets));
        for target in snapshot.iter() {
            texts.push(openmetrics::blackbox(&target));
            texts.push(openmetrics::ssl_exporter(&target));
        }
    }
    texts
}

#[test]
#[ignore = "needs python3 with prometheus_client"]
fn the_official_parser_reads_what_was_put_in() {
    let texts = expositions();
    let input = serde_json::to_string(&texts).unwrap();
    let python = env::var("NOTAFTER_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let (output, success) = run(Command::new(python).args(["-c", SCRIPT]), &input);
    assert!(success, "{output}");
    let told: Vec<Value> = serde_json::from_str(&output).unwrap();
    assert_eq!(told.len(), texts.len());
    for (told, text) in told.iter().zip(&texts) {
        let expected: Vec<Value> = read(text).iter().map(written).collect();
        assert_eq!(told, &Value::Array(expected), "{text}");
    }
}

/// A family in the shape in which the script prints it.
fn written(family: &common::openmetrics::Family) -> Value {
    let samples = family.samples.iter().map(|sample| {
        let labels: serde_json::Map<String, Value> = sample
            .labels
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into()))
            .collect();
        serde_json::json!([sample.name, labels, sample.value.parse::<f64>().unwrap()])
    });
    let samples: Vec<Value> = samples.collect();
    let unit = family.unit.as_deref().unwrap_or_default();
    serde_json::json!([family.name, family.kind, family.help, unit, samples])
}

/// Reads a JSON list of expositions, writes a list of what they hold.
const SCRIPT: &str = r"
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
print(json.dumps([
    [
        [family.name, family.type, family.documentation, family.unit,
         [[sample.name, sample.labels, float(sample.value)] for sample in family.samples]]
        for family in text_string_to_metric_families(text)
    ]
    for text in json.loads(sys.stdin.buffer.read())
]))
";

#[test]
#[ignore = "needs Debian's promtool"]
fn promtool_finds_nothing_to_complain_of() {
    for text in expositions() {
        let (output, success) =
            run(Command::new("promtool").args(["check", "metrics"]), &classic(&text));
        assert!(success && output.is_empty(), "{output}\n{text}");
    }
}

/// Prometheus' own parser takes samples in bulk where each has its time.
#[test]
#[ignore = "needs Debian's promtool"]
fn prometheus_takes_every_series() {
    for text in expositions() {
        let series: usize = read(&text).iter().map(|family| family.samples.len()).sum();
        if series == 0 {
            continue;
        }
        let timed = text.lines().map(|line| match line.starts_with('#') {
            true => format!("{line}\n"),
            false => format!("{line} 1896134400\n"),
        });
        let files = Scratch::new();
        let input = files.file("metrics.txt", timed.collect::<String>());
        let output = files.file("blocks", "");
        std::fs::remove_file(&output).unwrap();
        let import = ["tsdb", "create-blocks-from", "openmetrics", &input, &output];
        let (told, success) = run(Command::new("promtool").args(import), "");
        assert!(success, "{told}\n{text}");
        // The table's line of the one block: its times and length, and then the samples, the chunks
        // and the series.
        let block: Vec<&str> = told.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!([block[4], block[6]], [&*series.to_string(); 2], "{told}\n{text}");
    }
}

/// The same in the text format of before OpenMetrics, the only one that promtool reads: there are no
/// units and no end, metadata bears the name of the samples, and no info or stateset is known.
fn classic(text: &str) -> String {
    let mut classic = String::new();
    for family in read(text) {
        let name = &family.samples[0].name;
        let kind = if family.kind == "counter" { "counter" } else { "gauge" };
        classic += &format!("# HELP {name} {}\n# TYPE {name} {kind}\n", family.help);
        let start = format!("# TYPE {} ", family.name);
        let lines = text.lines().skip_while(|line| !line.starts_with(&start)).skip(1);
        let samples = lines
            .skip_while(|line| line.starts_with("# UNIT "))
            .take_while(|line| !line.starts_with("# "));
        samples.for_each(|line| classic += &format!("{line}\n"));
    }
    classic
}

/// Runs a program with that input; what it printed, on both streams, and whether it was content.
#[track_caller]
fn run(command: &mut Command, input: &str) -> (String, bool) {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (String::from_utf8(printed).unwrap(), output.status.success())
}
