//! What holds of everything that is found in a key store, whatever its bytes.

use notafter::source::{Format, Found, ReadOptions, read, read_as};

/// Reads the bytes, as what they seem to be and as what they are said to be.
pub fn check(format: Format, bytes: &[u8], options: &ReadOptions) {
    for read in [read("x", bytes, options), read_as(format, "x", bytes, options)] {
        check_found(&read);
    }
    let (once, again) =
        (read_as(format, "x", bytes, options), read_as(format, "x", bytes, options));
    assert_eq!(facts(&once), facts(&again));
    assert_eq!(once.problems, again.problems);
}

fn check_found(found: &Found) {
    for chain in &found.chains {
        assert!(chain.chain().entries().iter().all(|entry| entry.certificate().is_ok()));
        assert!(!chain.locator().to_string().contains(char::is_control));
        assert_eq!(chain.subject().label(), chain.locator().to_string());
    }
    for problem in &found.problems {
        assert!(!problem.to_string().contains(char::is_control), "{problem:?}");
    }
    let nothing = found.chains.is_empty() && found.problems.is_empty();
    let nothing = nothing && found.references.is_empty();
    assert!(!nothing || !found.skipped.is_empty(), "nothing is said");
}

fn facts(found: &Found) -> Vec<(String, Vec<Vec<u8>>)> {
    let chains = found.chains.iter();
    chains
        .map(|chain| {
            let entries = chain.chain().entries().iter();
            (chain.locator().to_string(), entries.map(|entry| entry.der().to_vec()).collect())
        })
        .collect()
}
