//! Every error, word for word, as a program prints it with its causes.
//!
//! The errors of fetching are in `fetch_messages.rs`.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::error::Error;

use common::anatomy::{Anatomy, utc_time};
use common::pki::{Pki, pem};
use common::printed;
use notafter::Inspector;
use notafter::chain::{
    Certificate, ChainError, PresentedChain, RevocationList, RevocationListError,
};
use notafter::inspect::{AnchorError, TrustAnchors};
use notafter::report::Code;
use notafter::target::{DnsName, Host, Purpose, Target};

/// The whole chain of causes; no part of it stands there twice.
#[track_caller]
fn assert_printed(error: &dyn Error, expected: &str) {
    assert_eq!(printed(error), expected);
    let mut cause = error.source();
    let mut above = error.to_string();
    while let Some(error) = cause {
        let text = error.to_string();
        assert!(!above.contains(&text), "{above:?} says already: {text:?}");
        (above, cause) = (text, error.source());
    }
    assert!(!expected.ends_with('.'));
}

const KEY: &str = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";

#[test]
fn chains() {
    let none: [Vec<u8>; 0] = [];
    let error = PresentedChain::from_der(none).unwrap_err();
    assert_eq!(error, ChainError::Empty);
    assert_printed(&error, "no certificate was given");

    let cases = [
        (String::new(), "the PEM text holds no CERTIFICATE block"),
        (KEY.to_owned(), "the PEM text holds no CERTIFICATE block, only a block of another kind"),
        (KEY.repeat(2), "the PEM text holds no CERTIFICATE block, only 2 blocks of other kinds"),
    ];
    for (text, expected) in cases {
        assert_printed(&PresentedChain::from_pem(&text).unwrap_err(), expected);
        assert_printed(&Inspector::new().with_intermediates(&text).unwrap_err(), expected);
    }
}

/// Bytes at rest, and what stands in the way of reading them.
#[test]
fn malformed_certificates() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue().der.to_vec();
    let with_tail = [&leaf[..], b"\0"].concat();
    let bad_date = Anatomy::of(&leaf).not_after(&utc_time("270229000000Z")).put_together();
    let cases: [(&[u8], &str); 8] = [
        (b"", "certificate: ends early"),
        (b"\x30", "certificate: ends early"),
        (b"\x30\x80\0\0", "certificate: has a length that is not DER"),
        (b"\x31\0", "certificate: is not of the type that belongs there"),
        (b"\x30\0", "tbsCertificate: ends early"),
        (&leaf[..leaf.len() - 1], "certificate: ends early"),
        (&with_tail, "certificate: is followed by bytes that do not belong there"),
        (&bad_date, r#"notAfter: "270229000000Z" names a day that does not exist"#),
    ];
    for (der, expected) in cases {
        assert_printed(&Certificate::from_der(der).unwrap_err(), expected);
    }
    let text = pem(&leaf);
    let texts = [
        (
            format!("\n\n{}", text.replace("-----END CERTIFICATE-----", "")),
            "PEM block at line 3: has no END line",
        ),
        (text.replacen("MII", "M?I", 1), "PEM block at line 1: is not valid base64"),
    ];
    for (text, expected) in texts {
        let chain = PresentedChain::from_pem(text).unwrap();
        assert_printed(chain.end_entity().certificate().unwrap_err(), expected);
    }
}

/// What else is wrong with them is told in `revocation_lists.rs`.
#[test]
fn revocation_lists() {
    let error = RevocationList::from_pem(KEY).unwrap_err();
    assert_eq!(error, RevocationListError::NoList { skipped: 1 });
    let expected = "the PEM text holds no X509 CRL block, only a block of another kind";
    assert_printed(&error, expected);
    let error = RevocationList::from_der(b"junk").unwrap_err();
    assert_printed(&error, "revocation list 0: certificateList: ends early");
}

#[test]
fn trust_anchors() {
    let error = TrustAnchors::from_pem("").unwrap_err();
    assert!(matches!(error, AnchorError::Chain(ChainError::NoCertificate { skipped: 0 })));
    assert_printed(&error, "no trust anchor was given: the PEM text holds no CERTIFICATE block");
    let none: [Vec<u8>; 0] = [];
    let error = TrustAnchors::from_der(none).unwrap_err();
    assert_printed(&error, "no trust anchor was given: no certificate was given");

    let error = TrustAnchors::from_der([b"junk".to_vec(), b"more".to_vec()]).unwrap_err();
    assert_printed(
        &error,
        "no certificate can be taken as a trust anchor: certificate 0: certificate: ends early",
    );
}

#[test]
fn targets() {
    let cases = [
        ("", r#"invalid target "": the host is empty"#),
        ("example.com:0", r#"invalid target "example.com:0": port 0 cannot be connected to"#),
        (
            "gopher://example.com",
            r#"invalid target "gopher://example.com": the scheme is not known"#,
        ),
        (
            "https://user:secret@example.com",
            r#"invalid target "https://***@example.com": user information before "@" is not accepted"#,
        ),
        ("a b", r#"invalid target "a b": white space and control characters are not allowed"#),
        (
            "0x7f.1",
            r#"invalid target "0x7f.1": a host that ends in a number must be an IPv4 address: four decimal octets without leading zeros"#,
        ),
    ];
    for (text, expected) in cases {
        assert_printed(&text.parse::<Target>().unwrap_err(), expected);
    }
    assert_printed(
        &"192.0.2.1".parse::<DnsName>().unwrap_err(),
        r#"invalid target "192.0.2.1": an IP address stands where a DNS name is needed"#,
    );
    assert_printed(
        &"[::g]".parse::<Host>().unwrap_err(),
        r#"invalid target "[::g]": not an IPv6 address"#,
    );
    assert_printed(
        &"Server".parse::<Purpose>().unwrap_err(),
        r#"unknown purpose "Server": not one of "server", "client", "signing" and "ca""#,
    );
}

#[test]
fn codes() {
    assert_printed(
        &"no-such-code".parse::<Code>().unwrap_err(),
        r#"no finding has the code "no-such-code""#,
    );
    assert_printed(
        &"a\u{202e}b\n".parse::<Code>().unwrap_err(),
        r#"no finding has the code "a\u{202e}b\n""#,
    );
}
