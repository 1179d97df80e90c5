//! How many instructions a check takes, as ratios to a bare handshake: the figure to decide by,
//! for it hardly depends on what else the machine is doing.
//!
//! `cargo bench --bench instructions` runs this program under `valgrind --tool=callgrind`, once
//! for each case, and fails where a goal is missed. What one case does is seen with
//! `callgrind_annotate` from the file that `-- keep=DIRECTORY` leaves behind.

#![allow(clippy::unwrap_used, reason = "a panic is how a bench fails")]

mod common;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use common::client::{Case, Client};
use common::pki::Keys;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [only, case, keys] = arguments.as_slice()
        && only == "run"
    {
        let case = Case::ALL.into_iter().find(|known| known.name() == case).unwrap();
        let keys = Keys::ALL.into_iter().find(|known| known.name() == keys).unwrap();
        run(case, keys, LOOKS);
        return ExitCode::SUCCESS;
    }
    if !common::is_measured() {
        run(Case::NewLeaf, Keys::Ecdsa, 1);
        return ExitCode::SUCCESS;
    }
    let keep = arguments.iter().find_map(|argument| argument.strip_prefix("keep="));
    compare(keep.map(Path::new))
}

/// Counts every case, and prints the table.
fn compare(keep: Option<&Path>) -> ExitCode {
    let mut all_met = true;
    println!("keys   case           instructions  / floor  goal");
    for keys in Keys::ALL {
        let mut floor = None;
        for case in Case::ALL {
            let instructions = count(case, keys, keep) / LOOKS;
            let floor = *floor.get_or_insert(instructions);
            let per_mille = instructions * 1000 / floor;
            let goal = goal(case, keys);
            let met = goal.is_none_or(|goal| per_mille <= goal * 10);
            all_met &= met;
            println!(
                "{:<6} {:<12} {instructions:>14}  {:>7}  {}{}",
                keys.name(),
                case.name(),
                decimal(per_mille, 3),
                goal.map(|goal| decimal(goal, 2)).unwrap_or_default(),
                if met { "" } else { "  MISSED" },
            );
        }
    }
    if all_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The goal in hundredths of the floor.
///
/// The new end-entity certificate's own signature is in it: with P-256 that is 43 of them, and 25
/// with RSA, whose fast instructions (ADX) valgrind does not know.
const fn goal(case: Case, keys: Keys) -> Option<usize> {
    match (case, keys) {
        (Case::Unchanged, _) => Some(105),
        (Case::Watched, _) => Some(110),
        (Case::NewLeaf, Keys::Ecdsa) => Some(150),
        // Missed, for the reason above.
        (Case::NewLeaf, Keys::Rsa) => Some(110),
        (Case::Floor | Case::AllNew, _) => None,
    }
}

fn decimal(value: usize, places: usize) -> String {
    let unit = 10_usize.pow(u32::try_from(places).unwrap());
    format!("{}.{:0places$}", value / unit, value % unit)
}

/// Runs one case in a process of its own, and says how many instructions its looks took.
fn count(case: Case, keys: Keys, keep: Option<&Path>) -> usize {
    let out: PathBuf = match keep {
        Some(directory) => directory.join(format!("callgrind.{}.{}", keys.name(), case.name())),
        None => "/dev/null".into(),
    };
    common::count_instructions("*collected_looks*", &out, &[case.name(), keys.name()])
}

fn run(case: Case, keys: Keys, looks: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = runtime.block_on(Client::new(case, keys, looks + 1));
    collected_looks(&runtime, &client, looks);
}

/// Callgrind counts what is called from here, and on this thread: not the server.
#[inline(never)]
fn collected_looks(runtime: &Runtime, client: &Client, looks: usize) {
    runtime.block_on(async {
        for _ in 0..looks {
            client.look().await;
        }
    });
}

const LOOKS: usize = 50;
