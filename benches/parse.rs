//! Reading a chain of three certificates: x509-parser's own full parse, and owned facts.
//!
//! Goal: the facts take at most 1.3 times as long as the parse.

#![allow(clippy::unwrap_used, reason = "a panic is how a bench fails")]

mod common;

use std::hint::black_box;

use common::pki::{Keys, Pki};
use criterion::{Criterion, criterion_group, criterion_main};
use notafter::chain::PresentedChain;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

fn parse(criterion: &mut Criterion) {
    let pki = Pki::new(Keys::Ecdsa);
    let chain = [pki.leaf(1), pki.intermediate.clone(), pki.root.clone()];
    let mut group = criterion.benchmark_group("parse");
    group.bench_function("x509-parser", |bencher| {
        bencher.iter(|| {
            for der in &chain {
                black_box(X509Certificate::from_der(black_box(der)).unwrap());
            }
        });
    });
    group.bench_function("facts", |bencher| {
        bencher.iter(|| {
            let ders = chain.iter().map(|der| black_box(der).to_vec());
            black_box(PresentedChain::from_der(ders).unwrap())
        });
    });
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
