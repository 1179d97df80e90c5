//! Whatever bytes are given as SAML metadata: they are read in the same way each time, what is found
//! is certificates with a place and a purpose, and what is told of it can be shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use notafter::source::{self, Format, Found, ReadOptions};
use notafter::target::Purpose;

fuzz_target!(|bytes: &[u8]| {
    let found = read(bytes);
    for chain in &found.chains {
        assert!(chain.chain().entries().iter().all(|entry| entry.certificate().is_ok()));
        assert!(chain.locator().places().len() >= 1);
        assert_eq!(chain.subject().label(), chain.locator().to_string());
        assert_eq!(chain.subject().purpose(), Purpose::Signing);
        if let Some(instant) = chain.subject().document_valid_until() {
            assert!((1..=9999).contains(&instant.year()));
        }
        if let Some(duration) = chain.subject().document_cache_duration() {
            assert!(!duration.is_negative());
        }
    }
    assert_eq!(shown(&found), shown(&read(bytes)));
});

fn read(bytes: &[u8]) -> Found {
    source::read_as(Format::Saml, "metadata.xml", bytes, &ReadOptions::new())
}

fn shown(found: &Found) -> Vec<String> {
    let chains = found.chains.iter().map(|chain| {
        let group = chain.subject().rollover().unwrap_or_default();
        format!("{}: {} {group}", chain.locator(), chain.chain().entries().len())
    });
    let lines: Vec<_> = chains.chain(found.problems.iter().map(ToString::to_string)).collect();
    assert!(lines.iter().all(|line| !line.contains(char::is_control)), "{lines:?}");
    lines
}
