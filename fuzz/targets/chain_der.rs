//! Whatever bytes are presented, each certificate is kept as it came, and its facts can be shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use notafter::chain::{Certificate, PresentedChain};

fuzz_target!(|bytes: &[u8]| {
    let chain = PresentedChain::from_der([bytes, bytes]).expect("two certificates are not none");
    assert_eq!(chain.entries().len(), 2);
    let entry = chain.end_entity();
    assert_eq!(entry.der(), bytes);
    assert_eq!(chain.entries()[1], *entry);
    match (entry.certificate(), Certificate::from_der(bytes)) {
        (Ok(certificate), Ok(_)) => check(certificate),
        (Err(kept), Err(now)) => assert_eq!(kept.to_string(), now.to_string()),
        _ => panic!("the same bytes were read in two ways"),
    }
});

fn check(certificate: &Certificate) {
    let validity = certificate.validity();
    assert!((0..=9999).contains(&validity.not_before.year()));
    assert!((0..=9999).contains(&validity.not_after.year()));
    let inverted = validity.not_after < validity.not_before;
    assert_eq!(validity.lifetime().is_positive(), !inverted);
    assert_eq!(validity.contains(validity.not_before), !inverted);
    assert_eq!(validity.contains(validity.not_after), !inverted);

    assert!((1..=3).contains(&certificate.version()));
    for name in [certificate.subject(), certificate.issuer()] {
        assert!(!name.to_string().contains(char::is_control));
    }
}
