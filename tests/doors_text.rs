//! Servers that are asked for TLS in lines of text: `cargo test --test doors_text -- --ignored`.
//!
//! By the recipes beside the repository. What arrives is compared with what `openssl s_client` sees.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use notafter::fetch::FetchErrorKind;

use common::recipes::{Site, assert_withholds, seen_by_openssl};

#[tokio::test]
#[ignore = "needs Debian's postfix and openssl"]
async fn postfix() {
    let site = Site::new();
    let Some(server) = site.start("postfix", &[], 1) else { return };
    for scheme in ["smtp", "submission"] {
        site.assert_shown_at(&server.target(scheme, "example.com", 0)).await;
    }
    site.assert_shown_at(&server.target("smtps", "example.com", 1)).await;
    assert_eq!(seen_by_openssl(server.address(0), &["-starttls", "smtp"]), site.chain());
    assert_eq!(seen_by_openssl(server.address(1), &[]), site.chain());

    let Some(server) = site.start("postfix", &[("NOTLS", "1")], 0) else { return };
    let target = server.target("smtp", "example.com", 0);
    assert_withholds(&target, FetchErrorKind::StartTlsNotOffered).await;
}
