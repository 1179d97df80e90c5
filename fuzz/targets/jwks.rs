//! Whatever bytes are given as a JWK Set: they are read in the same way each time, what is found is
//! certificates, and what is told of it can be shown; and a key alone is read as one in a set is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use notafter::source::{self, Format, Found, ReadOptions};
use serde_json::{Value, json};

fuzz_target!(|bytes: &[u8]| {
    let found = read(bytes);
    for chain in &found.chains {
        assert!(chain.chain().entries().iter().all(|entry| entry.certificate().is_ok()));
        assert_eq!(chain.subject().label(), chain.locator().to_string());
    }
    assert_eq!(shown(&found), shown(&read(bytes)));

    if let Ok(Value::Object(key)) = serde_json::from_slice(bytes) {
        let is_key = key.contains_key("kty");
        if is_key && !key.contains_key("keys") && !key.contains_key("jwks_uri") {
            let set = json!({ "keys": [key] }).to_string();
            assert_eq!(shown(&found), shown(&read(set.as_bytes())));
        }
    }
});

fn read(bytes: &[u8]) -> Found {
    source::read_as(Format::Jwks, "keys.json", bytes, &ReadOptions::new())
}

fn shown(found: &Found) -> Vec<String> {
    let chains = found.chains.iter().map(|chain| {
        let (subject, entries) = (chain.subject(), chain.chain().entries());
        let group = subject.rollover().unwrap_or_default();
        let key = subject.public_key().map_or(0, <[u8]>::len);
        format!("{}: {} {group} {key}", chain.locator(), entries.len())
    });
    let lines: Vec<_> = chains.chain(found.problems.iter().map(ToString::to_string)).collect();
    assert!(lines.iter().all(|line| !line.contains(char::is_control)), "{lines:?}");
    lines
}
