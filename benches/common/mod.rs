//! What the benches share: certificates, a server, and the clients that are compared.

#![allow(dead_code, reason = "each bench uses a part of them")]

pub(crate) mod client;
pub(crate) mod pki;
pub(crate) mod server;

/// Whether `cargo bench` runs the program, and not `cargo test --benches`, for which once is
/// enough.
pub(crate) fn is_measured() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// The middle one of several figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}
