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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callers_provider_comes_first() {
        let own = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let chosen = provider(Some(Arc::clone(&own))).unwrap();
        assert!(Arc::ptr_eq(&chosen, &own));
    }

    #[test]
    fn without_one_the_process_is_left_as_it_is() {
        let chosen = provider(None);

        if cfg!(any(feature = "aws-lc-rs", feature = "ring")) {
            assert!(chosen.is_ok());
        } else {
            assert_eq!(chosen.unwrap_err(), BuildError::NoCryptoProvider);
        }
        assert!(CryptoProvider::get_default().is_none());
    }
}
