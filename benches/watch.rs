//! What a watch costs: to those who read it, and to the machine while it idles.
//!
//! `cargo bench --bench watch`. Goals: a snapshot of 1,000 targets is read in under 1 µs and its
//! metrics are rendered in under 20 ms; 10,000 targets idle under 1 % of one core. What a re-look
//! costs beside a bare handshake is counted by `--bench instructions`. Linux only: CPU time and
//! resident memory are read from `/proc`.

#![allow(clippy::unwrap_used, reason = "a panic is how a bench fails")]

mod common;

use std::alloc::System;
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use common::client;
use common::pki::{Keys, NAME, Pki};
use common::server;
use notafter::Target;
use notafter::render::health::{self, Details};
use notafter::render::{html, openmetrics};
use notafter::watch::Watch;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let (some, many, reads, idle) = if common::is_measured() {
        (1000, 10_000, 1_000_000, Duration::from_secs(30))
    } else {
        (10, 20, 10, Duration::ZERO)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let pki = Pki::new(Keys::Ecdsa);
    let address = server::start(&pki, vec![pki.leaf(1)]);
    let target = |number: usize| -> Target {
        format!("t{number}.bench.example;connect={address};name={NAME}").parse().unwrap()
    };
    let checker = client::checker(&client::anchors(&pki));
    runtime.block_on(async {
        let watch = Watch::builder(checker.clone()).targets((0..some).map(target)).start();
        watch.looked().await;
        read(&watch, reads);
        render(&watch);
        watch.shutdown().await;

        let region = Region::new(ALLOCATOR);
        let resident = resident_kib();
        let watch = Watch::builder(checker).targets((0..many).map(target)).start();
        let began = Instant::now();
        watch.looked().await;
        let looked = began.elapsed();
        let change = region.change();
        let held = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
        println!(
            "{many} targets looked at in {looked:.1?}; {} bytes each on the heap, {:.1} KiB resident",
            held / many,
            (resident_kib() - resident) / f64::from(u32::try_from(many).unwrap()),
        );
        let (busy, looks) = (cpu_time(), count_looks(&watch));
        tokio::time::sleep(idle).await;
        let share = (cpu_time() - busy).as_secs_f64() / idle.as_secs_f64().max(1e-9);
        println!(
            "idle for {idle:?}, {} looks due meanwhile: {:.2} % of one core, their server's work included{}",
            count_looks(&watch) - looks,
            share * 100.0,
            missed(share < 0.01 || idle.is_zero()),
        );
    });
}

fn read(watch: &Watch, reads: u32) {
    let each = time(reads, || watch.snapshot());
    let targets = watch.snapshot().len();
    println!(
        "a snapshot of {targets} targets: {each:?}{}",
        missed(each < Duration::from_micros(1))
    );
    let each = time(reads, || watch.snapshot().status());
    println!("and what it comes to: {each:?}");
}

fn render(watch: &Watch) {
    let snapshot = watch.snapshot();
    let each = time(10, || openmetrics::text(&snapshot));
    let bytes = openmetrics::text(&snapshot).len();
    println!("its metrics: {each:.1?}, {bytes} bytes{}", missed(each < Duration::from_millis(20)),);
    let each = time(10, || health::json(&snapshot, Details::Shown));
    println!("its health+json with details: {each:.1?}");
    let each = time(10, || html::page(&snapshot));
    println!("its page: {each:.1?}, {} bytes", html::page(&snapshot).len());
}

fn time<T>(times: u32, mut what: impl FnMut() -> T) -> Duration {
    let began = Instant::now();
    for _ in 0..times {
        black_box(what());
    }
    began.elapsed() / times
}

fn count_looks(watch: &Watch) -> u64 {
    watch.snapshot().iter().map(|target| target.looks()).sum()
}

const fn missed(met: bool) -> &'static str {
    if met { "" } else { "  MISSED" }
}

/// Of all threads of this process, to the hundredth of a second.
fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // The name in brackets may hold blanks; user and system time are the 14th and 15th fields.
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

fn resident_kib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
