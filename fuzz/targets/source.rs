//! Whatever bytes are read, as PEM too: what is found can be judged, together and at any instant.

#![no_main]

#[path = "../found.rs"]
mod found;

use libfuzzer_sys::fuzz_target;
use notafter::Inspector;
use notafter::source::{self, Arrangement, Format, FoundChain, ReadOptions};
use time::macros::datetime;

fuzz_target!(|bytes: &[u8]| {
    found::check(Format::Pem, bytes, &ReadOptions::new());
    for arrangement in [Arrangement::ToldApart, Arrangement::OneChain] {
        let options = ReadOptions::new().arrangement(arrangement);
        let found = source::read("x", bytes, &options);
        let subjects = found.chains.iter().map(FoundChain::subject);
        let chains = found.chains.iter().map(FoundChain::chain).zip(subjects);
        let reports = Inspector::new().inspect_all(chains, datetime!(2026-11-22 15:00 UTC));
        assert_eq!(reports.len(), found.chains.len());
    }
});
