//! Whatever stands in a PKCS#7 bundle, it is told by its place.

#![no_main]

#[path = "../found.rs"]
mod found;

use libfuzzer_sys::fuzz_target;
use notafter::source::{Arrangement, Format, ReadOptions};

fuzz_target!(|bytes: &[u8]| {
    found::check(Format::Pkcs7, bytes, &ReadOptions::new());
    found::check(Format::Pkcs7, bytes, &ReadOptions::new().arrangement(Arrangement::OneChain));
});
