//! What a check holds while it is in flight, and what it allocates.
//!
//! Linux only: the resident memory is read from `/proc`. Goal: 12 KiB for a check that waits for
//! a server which took its connection and says nothing.

#![allow(clippy::unwrap_used, reason = "a panic is how a bench fails")]

mod common;

use std::alloc::System;
use std::fs;
use std::net::Ipv4Addr;
use std::time::Duration;

use common::client::{Case, Client};
use common::pki::{Keys, NAME};
use notafter::Target;
use notafter::checker::Checker;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let (in_flight, looks): (u16, usize) =
        if common::is_measured() { (1000, 1000) } else { (10, 1) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(hold(in_flight));
    let floor = allocations(&runtime, Case::Floor, looks);
    println!("a bare handshake, both ends: {floor} allocations");
    for case in [Case::Unchanged, Case::Watched, Case::NewLeaf, Case::AllNew] {
        let all = allocations(&runtime, case, looks);
        println!("a check ({}): {} more", case.name(), all.saturating_sub(floor));
    }
}

/// Starts checks of a silent server, and looks at what they hold once all wait for its answer.
async fn hold(in_flight: u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let target: Target = format!("{NAME};connect={address}").parse().unwrap();
    let checker = Checker::new().unwrap();
    let mut streams = Vec::with_capacity(usize::from(in_flight) + 1);
    let mut checks = JoinSet::new();
    let begin = |checks: &mut JoinSet<_>| {
        let (checker, target) = (checker.clone(), target.clone());
        checks.spawn(async move { checker.check(&target).await.map(drop) });
    };

    // The first one takes what is taken once, such as the random generator's state.
    begin(&mut checks);
    streams.push(greeted(&listener).await);
    let (resident, region) = (resident_kib(), Region::new(ALLOCATOR));
    for _ in 0..in_flight {
        begin(&mut checks);
        streams.push(greeted(&listener).await);
    }
    let allocated = region.change();
    let held = allocated.bytes_allocated - allocated.bytes_deallocated;
    println!(
        "{in_flight} checks in flight: {} bytes each on the heap, {:.1} KiB resident",
        held / usize::from(in_flight),
        (resident_kib() - resident) / f64::from(in_flight),
    );
    checks.shutdown().await;
}

/// A connection whose client has sent its first message, and now waits.
async fn greeted(listener: &TcpListener) -> tokio::net::TcpStream {
    let accepted = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_u8().await.unwrap();
        stream
    };
    tokio::time::timeout(Duration::from_secs(5), accepted).await.unwrap()
}

fn allocations(runtime: &Runtime, case: Case, looks: usize) -> usize {
    let client = runtime.block_on(Client::new(case, Keys::Ecdsa, looks + 1));
    let region = Region::new(ALLOCATOR);
    runtime.block_on(async {
        for _ in 0..looks {
            client.look().await;
        }
    });
    region.change().allocations / looks
}

fn resident_kib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
