//! How much time of the processor a check takes on the client's side, as ratios to a bare
//! handshake: of many rounds that run every case, the one that was disturbed least.
//!
//! Linux only: the time of a thread is read from `/proc`. The figures drift with what else the
//! machine is doing, so nothing fails here; see `instructions` for what can be held to a goal.

#![allow(clippy::unwrap_used, reason = "a panic is how a bench fails")]

mod common;

use std::fs;

use common::client::{Case, Client};
use common::pki::Keys;
use tokio::runtime::Runtime;

fn main() {
    let (rounds, looks): (u32, u32) = if common::is_measured() { (60, 100) } else { (1, 1) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let leaves = usize::try_from(rounds * looks + 1).unwrap();
    println!("keys   case        µs    / floor  goal");
    for keys in Keys::ALL {
        let client = |case| runtime.block_on(Client::new(case, keys, leaves));
        let clients = Case::ALL.map(client);
        let mut least = [f64::INFINITY; Case::ALL.len()];
        for _ in 0..rounds {
            for (least, client) in least.iter_mut().zip(&clients) {
                *least = least.min(time(&runtime, client, looks));
            }
        }
        for (case, microseconds) in Case::ALL.into_iter().zip(least) {
            println!(
                "{:<6} {:<9} {microseconds:>5.0}  {:>8.2}  {}",
                keys.name(),
                case.name(),
                microseconds / least[0],
                goal(case).map(|goal| format!("{goal:.2}")).unwrap_or_default(),
            );
        }
    }
}

const fn goal(case: Case) -> Option<f64> {
    match case {
        Case::Floor => None,
        Case::Unchanged => Some(1.05),
        Case::Watched => Some(1.10),
        Case::NewLeaf => Some(1.25),
        Case::AllNew => Some(2.0),
    }
}

/// Microseconds of this thread for each look; the server has a thread of its own.
fn time(runtime: &Runtime, client: &Client, looks: u32) -> f64 {
    let before = nanoseconds();
    runtime.block_on(async {
        for _ in 0..looks {
            client.look().await;
        }
    });
    (nanoseconds() - before) / f64::from(looks) / 1000.0
}

/// For how long this thread has run: the first figure of its statistics.
fn nanoseconds() -> f64 {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    statistics.split_whitespace().next().unwrap().parse().unwrap()
}
