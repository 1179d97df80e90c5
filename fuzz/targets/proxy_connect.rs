//! Whatever an HTTP proxy answers to CONNECT, and however it is cut into pieces, it is read in one way.

#![no_main]

use libfuzzer_sys::fuzz_target;
use notafter::fetch::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::proxy_connect(bytes));
