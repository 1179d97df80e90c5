//! One check of a loopback server, beside a bare handshake with it.

#![allow(clippy::unwrap_used, reason = "a panic is how a bench fails")]

mod common;

use common::client::{Case, Client};
use common::pki::Keys;
use criterion::{Criterion, criterion_group, criterion_main};

fn check(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for keys in Keys::ALL {
        let mut group = criterion.benchmark_group(format!("check/{}", keys.name()));
        // How often criterion looks is its own business, so there is no new leaf for each look.
        for case in [Case::Floor, Case::Unchanged, Case::AllNew] {
            let client = runtime.block_on(Client::new(case, keys, 1));
            group.bench_function(case.name(), |bencher| {
                bencher.to_async(&runtime).iter(|| client.look());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, check);
criterion_main!(benches);
