//! An old server's first flight reads the same, whether it arrives at once or in pieces.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| notafter::fetch::fuzzing::legacy(bytes));
