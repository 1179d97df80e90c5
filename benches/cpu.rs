//! How much time of the processor a check takes on the client's side, as ratios to a bare
//! handshake: medians over rounds that run every case.
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
    let (rounds, looks): (u32, u32) = if common::is_measured() { (15, 200) } else { (1, 1) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let leaves = usize::try_from(rounds * looks + 1).unwrap();
    println!("keys   case        µs    / floor  goal");
    for keys in Keys::ALL {
        let client = |case| runtime.block_on(Client::new(case, keys, leaves));
        let clients = Case::ALL.map(client);
        let rounds: Vec<Vec<f64>> = (0..rounds)
            .map(|_| clients.iter().map(|client| time(&runtime, client, looks)).collect())
            .collect();
        for (index, case) in Case::ALL.into_iter().enumerate() {
            let ratios = rounds.iter().map(|round| round[index] / round[0]).collect();
            println!(
                "{:<6} {:<9} {:>5.0}  {:>8.2}  {}",
                keys.name(),
                case.name(),
                median(rounds.iter().map(|round| round[index]).collect()),
                median(ratios),
                goal(case).map(|goal| format!("{goal:.2}")).unwrap_or_default(),
            );
        }
    }
}

const fn goal(case: Case) -> Option<f64> {
    match case {
        Case::Floor => None,
        Case::Unchanged => Some(1.05),
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

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}
