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
    // The serial numbers stand in the list's bytes: whoever looks up all INTEGERs finds each entry,
    // and an empty list names nobody.
    let mut found = (0..bytes.len())
        .filter_map(|start| integer(&bytes[start..]))
        .filter_map(|number| list.revocation(number));
    assert_eq!(found.next().is_some(), list.len() > 0);
}

/// The content of the INTEGER that the bytes begin with.
fn integer(bytes: &[u8]) -> Option<&[u8]> {
    let (content, length) = match bytes {
        [0x02, length @ 0..=0x7f, content @ ..] => (content, usize::from(*length)),
        [0x02, 0x81, length, content @ ..] => (content, usize::from(*length)),
        [0x02, 0x82, high, low, content @ ..] => {
            (content, usize::from(u16::from_be_bytes([*high, *low])))
        }
        _ => return None,
    };
    content.get(..length)
}
