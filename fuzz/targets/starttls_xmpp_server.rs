//! An XMPP server of servers may say anything before TLS.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| notafter::fetch::fuzzing::starttls("xmpp-server", bytes));
