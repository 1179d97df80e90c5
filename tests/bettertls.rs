//! The cases of Netflix/bettertls: which name constraints a client has to keep, and which of several
//! paths it has to find.
//!
//! A case is accepted where a path is trusted and no finding is a failure, which is the name that is
//! not presented, or an issuer on the path that is not for servers. All of them agree.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs::File;
use std::io::BufReader;
use std::time::Instant;

use common::corpora::corpus;
use common::judge::told;
use data_encoding::BASE64;
use notafter::Inspector;
use notafter::chain::{Certificate, PresentedChain};
use notafter::inspect::TrustAnchors;
use notafter::report::{Report, Severity, Trust};
use notafter::target::Subject;
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

#[derive(Deserialize)]
struct Corpus {
    suites: Suites,
    #[serde(rename = "trustRoot")]
    trust_root: String,
}

#[derive(Deserialize)]
struct Suites {
    nameconstraints: Suite,
    pathbuilding: Suite,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Suite {
    test_cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    id: u32,
    certificates: Vec<String>,
    hostname: String,
    expected: Expected,
    required_features: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
enum Expected {
    Accept,
    Reject,
}

impl Case {
    fn chain(&self) -> PresentedChain {
        let certificates = self.certificates.iter();
        let ders = certificates.map(|der| BASE64.decode(der.as_bytes()).unwrap());
        PresentedChain::from_der(ders).unwrap()
    }

    /// When the case is judged, by the dates of the server's own certificate. What expires in a
    /// case that is to be rejected expires with it.
    fn instant(&self, end_entity: &Certificate) -> OffsetDateTime {
        let validity = end_entity.validity();
        let expires = self.required_features.iter().any(|needs| needs == "INVALID_REASON_EXPIRED");
        let start = if expires && self.expected == Expected::Reject {
            validity.not_after
        } else {
            validity.not_before
        };
        start + Duration::SECOND
    }
}

fn read() -> Option<Corpus> {
    let file = File::open(corpus("bettertls")?.join("bettertls.json.xz")).unwrap();
    let mut json = Vec::new();
    lzma_rs::xz_decompress(&mut BufReader::new(file), &mut json).unwrap();
    Some(serde_json::from_slice(&json).unwrap())
}

fn verdict(report: &Report) -> Expected {
    let trusted = matches!(report.trust(), Trust::Trusted(_));
    let fails = report.findings().iter().any(|finding| finding.severity() == Severity::Failure);
    if trusted && !fails { Expected::Accept } else { Expected::Reject }
}

/// Judges every case of a suite; one inspector for all of them remembers signatures.
fn run(inspector: &Inspector, name: &str, cases: &[Case]) {
    let started = Instant::now();
    for case in cases {
        let chain = case.chain();
        let instant = case.instant(chain.end_entity().certificate().unwrap());
        let subject = Subject::server(name, case.hostname.parse());
        let report = inspector.inspect(&chain, &subject, instant);
        assert_eq!(verdict(&report), case.expected, "{name} {}: {:?}", case.id, told(&report));
    }
    println!("{name}: {} cases in {:?}", cases.len(), started.elapsed());
}

#[test]
fn every_case_agrees() {
    let started = Instant::now();
    let Some(corpus) = read() else {
        return;
    };
    println!("read in {:?}", started.elapsed());
    let root = BASE64.decode(corpus.trust_root.as_bytes()).unwrap();
    let inspector = Inspector::new().with_anchors(TrustAnchors::from_der([root]).unwrap());
    let Suites { nameconstraints, pathbuilding } = corpus.suites;
    assert_eq!(nameconstraints.test_cases.len() + pathbuilding.test_cases.len(), 9_572);
    run(&inspector, "nameconstraints", &nameconstraints.test_cases);
    run(&inspector, "pathbuilding", &pathbuilding.test_cases);
}
