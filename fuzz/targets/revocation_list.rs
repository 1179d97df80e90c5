//! Whatever bytes are given as a revocation list, they are refused with a reason, or read as they
//! came, in DER and in PEM alike.

#![no_main]

use data_encoding::BASE64;
use libfuzzer_sys::fuzz_target;
use notafter::chain::RevocationList;

fuzz_target!(|bytes: &[u8]| {
    let text =
        format!("-----BEGIN X509 CRL-----\n{}\n-----END X509 CRL-----\n", BASE64.encode(bytes));
    match (RevocationList::from_der(bytes), RevocationList::from_pem(text)) {
        (Ok(list), Ok(lists)) => {
            assert_eq!(lists, [list.clone()]);
            check(&list, bytes);
        }
        (Err(der), Err(pem)) => {
            assert_eq!(der, pem);
            assert!(!der.to_string().contains(char::is_control));
        }
        _ => panic!("the same bytes were read in two ways"),
    }
});

fn check(list: &RevocationList, bytes: &[u8]) {
    assert_eq!(list.der(), bytes);
    assert!((0..=9999).contains(&list.this_update().year()));
    assert!(!list.issuer().to_string().contains(char::is_control));
    // An empty list names nobody, and the serial numbers of one that isn't stand in its bytes.
    let mut found =
        (0..=bytes.len()).filter_map(|start| list.revocation(bytes.get(start..start + 1)?));
    assert!(list.len() > 0 || found.next().is_none());
}
