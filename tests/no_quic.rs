//! What becomes of HTTP/3 where it is not built in.

#![cfg(all(
    feature = "fetch",
    not(all(feature = "quic", any(feature = "aws-lc-rs", feature = "ring")))
))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::Arc;

use notafter::fetch::{FetchErrorKind, Fetcher, Phase, Resolver};
use rustls::crypto::aws_lc_rs;

#[tokio::test]
async fn a_target_of_http_3_is_refused_before_its_name_is_resolved() {
    // A lookup would end in another error.
    let fetcher = Fetcher::builder()
        .resolver(Resolver::fixed([]))
        .crypto_provider(Arc::new(aws_lc_rs::default_provider()))
        .build()
        .unwrap();
    let error = fetcher.fetch(&"h3://example.com".parse().unwrap()).await.unwrap_err();
    assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::Unsupported));
    assert_eq!(
        error.to_string(),
        "connect failed for h3://example.com:443: that protocol can't be spoken here"
    );
}
