//! Whatever a server says is read alike at once and in pieces.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| notafter::fetch::fuzzing::starttls("imap", bytes));
