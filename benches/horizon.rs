//! What the horizon costs within an inspection.
//!
//! `cargo bench --bench horizon` counts, under `valgrind --tool=callgrind`, the instructions of the
//! inspection of an ordinary chain whose signatures are known, and of the horizon in it: goal, at
//! most 10 % on top of the rest. Then it takes the time of a chain of ten certificates, four of
//! them cross-signs, with sixteen paths: goal, less than 5 ms. It fails where a goal is missed.

#![allow(clippy::unwrap_used, reason = "a panic is how a bench fails")]

mod common;

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use common::pki::{Crossed, Keys, NAME, Pki};
use notafter::Inspector;
use notafter::chain::PresentedChain;
use notafter::inspect::TrustAnchors;
use notafter::target::Subject;
use time::OffsetDateTime;
use time::macros::datetime;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "run") {
        collected_inspections(&Inspection::ordinary(), INSPECTIONS);
        return ExitCode::SUCCESS;
    }
    let crossed = Inspection::crossed();
    if !common::is_measured() {
        collected_inspections(&Inspection::ordinary(), 1);
        return ExitCode::SUCCESS;
    }

    let whole = count("*collected_inspections*");
    let horizon = count("*horizon::Outlook::new*");
    let per_mille = horizon * 1000 / (whole - horizon);
    let met = per_mille <= 100;
    println!("inspection of 3 certificates: {whole} instructions, of which the horizon {horizon}");
    println!("  adds {}.{} %{}", per_mille / 10, per_mille % 10, missed(met));

    let fastest = (0..200).map(|_| crossed.time()).min().unwrap();
    let in_time = fastest < Duration::from_millis(5);
    println!("inspection of 10 certificates with 16 paths: {fastest:?}{}", missed(in_time));
    if met && in_time { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const fn missed(met: bool) -> &'static str {
    if met { "" } else { "  MISSED" }
}

/// A chain, and all that it takes to inspect it again.
struct Inspection {
    inspector: Inspector,
    chain: PresentedChain,
    subject: Subject,
}

impl Inspection {
    fn ordinary() -> Self {
        let pki = Pki::new(Keys::Ecdsa);
        let root = pki.root.clone();
        Self::new(&[pki.leaf(1), pki.intermediate, pki.root], &root)
    }

    fn crossed() -> Self {
        let Crossed { sent, root } = Crossed::new();
        assert_eq!(sent.len(), 10);
        let crossed = Self::new(&sent, &root);
        let report = crossed.inspector.inspect(&crossed.chain, &crossed.subject, AT);
        assert!(report.horizon().until.is_some(), "{report}");
        crossed
    }

    fn new(sent: &[impl AsRef<[u8]>], root: &[u8]) -> Self {
        let anchors = TrustAnchors::from_der([root]).unwrap();
        let inspection = Self {
            inspector: Inspector::new().with_anchors(anchors),
            chain: PresentedChain::from_der(sent.iter().map(AsRef::as_ref)).unwrap(),
            subject: Subject::server("bench", [NAME.parse().unwrap()]),
        };
        // From now on the signatures are known.
        inspection.look();
        inspection
    }

    fn look(&self) {
        black_box(self.inspector.inspect(black_box(&self.chain), &self.subject, AT));
    }

    fn time(&self) -> Duration {
        let started = Instant::now();
        self.look();
        started.elapsed()
    }
}

fn count(function: &str) -> usize {
    common::count_instructions(function, Path::new("/dev/null"), &[]) / INSPECTIONS
}

#[inline(never)]
fn collected_inspections(inspection: &Inspection, times: usize) {
    for _ in 0..times {
        inspection.look();
    }
}

const INSPECTIONS: usize = 200;

const AT: OffsetDateTime = datetime!(2026-06-15 12:00 UTC);
