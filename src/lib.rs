//! Fetch the certificate chain a TLS server presents and explain, finding by finding,
//! whether and for how long it can be relied on.

// 1 WHO: host, port, protocol, names
pub mod target;

// 2 FETCH: the only stage that opens a socket
#[cfg(feature = "fetch")]
pub mod fetch;

// 3 CHAIN: what was presented, as facts
pub mod chain;

// 4 INSPECT: facts, policy, trust anchors and an instant become findings
pub mod inspect;

// 5 REPORT: what it means
pub mod report;

// 6 CHECK: fetch and inspect joined
#[cfg(feature = "fetch")]
pub mod checker;

mod escape;
#[cfg(feature = "serde")]
mod instant;
mod recent;

#[cfg(feature = "fetch")]
pub use checker::{CheckError, Checker, check};
pub use inspect::Inspector;
pub use report::{Report, Status};
pub use target::Target;
