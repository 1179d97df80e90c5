//! What health endpoints answer: `application/health+json`, and which HTTP status goes with it.
//!
//! | [`Status`] | HTTP | Nagios | Spring Boot | readiness in Kubernetes |
//! |---|---|---|---|---|
//! | pass | 200 | 0 | `UP` | ready |
//! | warn | 200 | 1 | `UP` | ready |
//! | fail | 503 | 2 | `OUT_OF_SERVICE` | see below |
//! | unknown | your choice | 3 | `UNKNOWN` | ready |
//!
//! # Which probe to wire where
//!
//! - A *liveness* probe: never, and there is no helper for it here. A restart renews no certificate,
//!   and every replica mounts the same secret: all of them would restart together, again and again,
//!   and the outage would come days before the expiry.
//! - A *readiness* probe: at the most this instance's own serving certificate, where it is unusable
//!   now ([`Status::Fail`]), and only where other instances may have a better one: a node with a stale
//!   file. What all replicas share takes all of them out of service at once. An expiry that is still
//!   ahead belongs to no probe.
//! - `/health`: all of it, for people and load balancers that ask for it by choice.
//! - Alerts: from `/metrics`, and by the horizon.
//!
//! Answer from a [`Snapshot`]: Kubernetes waits for a second, a handshake with a remote server may
//! take longer.

#[cfg(feature = "serde")]
mod json;

use crate::report::Status;

#[cfg(feature = "serde")]
pub use json::json;

/// The media type of an answer.
pub const CONTENT_TYPE: &str = "application/health+json";

/// What a health endpoint tells.
///
/// Names, addresses and messages tell strangers how your network is made.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "details are hidden, or they are shown")]
pub enum Details {
    /// The status alone: for strangers.
    #[default]
    Hidden,
    /// All targets and what was seen of them: for those who may know.
    Shown,
}

/// The HTTP status of a health endpoint's answer: 200 for pass and warn, 503 for fail, and `unknown`
/// for what could not be told.
///
/// Take 503 for `unknown` where nobody is sent away by it, and 200 where a load balancer reads it:
/// that a monitor can't look is no reason to take a service down.
#[must_use]
pub const fn http_status(status: Status, unknown: u16) -> u16 {
    match status {
        Status::Pass | Status::Warn => 200,
        Status::Fail => 503,
        Status::Unknown => unknown,
    }
}
