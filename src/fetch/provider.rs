//! Which cryptography is used.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

use super::BuildError;

/// The caller's provider, else the process default, else the one that is compiled in.
///
/// The process default is only read: installing one is the application's business.
pub(crate) fn provider(
    explicit: Option<Arc<CryptoProvider>>,
) -> Result<Arc<CryptoProvider>, BuildError> {
    explicit
        .or_else(|| CryptoProvider::get_default().cloned())
        .or_else(compiled_in)
        .ok_or(BuildError::NoCryptoProvider)
}

#[cfg(feature = "aws-lc-rs")]
fn compiled_in() -> Option<Arc<CryptoProvider>> {
    Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
}

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
fn compiled_in() -> Option<Arc<CryptoProvider>> {
    Some(Arc::new(rustls::crypto::ring::default_provider()))
}

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
fn compiled_in() -> Option<Arc<CryptoProvider>> {
    None
}
