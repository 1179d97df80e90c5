//! Whatever stands in a key store of Java, it is told by its place.

#![no_main]

#[path = "../found.rs"]
mod found;

use libfuzzer_sys::fuzz_target;
use notafter::source::{Format, ReadOptions};

fuzz_target!(|bytes: &[u8]| {
    found::check(Format::Jks, bytes, &ReadOptions::new().password("changeit"));
});
