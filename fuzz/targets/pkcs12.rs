//! Whatever stands in a PKCS#12 file, encrypted or not, it is told by its place. A key in it that
//! can be read says the same key again.

#![no_main]

#[path = "../found.rs"]
mod found;

use libfuzzer_sys::fuzz_target;
use notafter::source::{Format, ReadOptions, public_key_of};

fuzz_target!(|bytes: &[u8]| {
    found::check(Format::Pkcs12, bytes, &ReadOptions::new());
    if let Ok(key) = public_key_of(bytes) {
        assert_eq!(public_key_of(bytes), Ok(key));
    }
});
