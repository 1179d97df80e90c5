//! Helpers that the integration tests share.

#![allow(dead_code, reason = "each test binary uses a part of them")]

pub(crate) mod anatomy;
pub(crate) mod corpora;
#[cfg(feature = "fetch")]
pub(crate) mod dialogues;
#[cfg(feature = "fetch")]
pub(crate) mod flight;
pub(crate) mod judge;
pub(crate) mod lists;
#[cfg(feature = "fetch")]
pub(crate) mod meeting;
pub(crate) mod nasty;
pub(crate) mod openmetrics;
#[cfg(feature = "serde")]
pub(crate) mod pages;
pub(crate) mod pki;
pub(crate) mod process;
pub(crate) mod programs;
#[cfg(feature = "fetch")]
pub(crate) mod proxies;
#[cfg(feature = "fetch")]
pub(crate) mod recipes;
#[cfg(feature = "fetch")]
pub(crate) mod server;

use std::error::Error;

/// An error and its causes, as a program prints them.
pub(crate) fn printed(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
