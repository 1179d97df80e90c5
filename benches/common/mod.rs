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
