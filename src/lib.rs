//! Fetch the certificate chain a TLS server presents and explain, finding by finding,
//! whether and for how long it can be relied on.

pub mod target;

pub mod chain;

pub mod inspect;

pub mod report;

mod escape;
#[cfg(feature = "serde")]
mod instant;
mod recent;

#[cfg(feature = "fetch")]
pub mod fetch;
