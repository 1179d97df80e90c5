//! The trust anchors of the system.
//!
//! The only file of this stage that reads anything from outside: what it brings back is handed in as
//! [`TrustAnchors::from_der`] would be, and the judgement knows no difference.

use std::env;

use rustls_native_certs::{CertificateResult, load_native_certs};

use crate::chain::Entry;

use super::{AnchorError, AnchorProblem, TrustAnchors};

impl TrustAnchors {
    /// The roots that the system trusts, read at this moment (crate `rustls-native-certs`). They
    /// are called `system`.
    ///
    /// Reads files, on Windows and macOS the system's store: call it once, and clone what it gives.
    /// Where one of these environment variables is set, only what they name is read, as OpenSSL
    /// does:
    ///
    /// - `SSL_CERT_FILE`: a file of certificates in PEM;
    /// - `SSL_CERT_DIR`: directories of such files, separated by `:` (on Windows by `;`).
    ///
    /// What could not be read, be it a file or a certificate, doesn't lose the others: see
    /// [`problems`](Self::problems). The anchors are in no order that means anything, and each is
    /// there once.
    ///
    /// # Errors
    ///
    /// [`AnchorError::NoneFound`] where there is no certificate, [`AnchorError::Unusable`] where
    /// none of them can be read.
    pub fn native() -> Result<Self, AnchorError> {
        let CertificateResult { certs, errors, .. } = load_native_certs();
        let unread = |error: rustls_native_certs::Error| AnchorProblem {
            position: None,
            reason: error.to_string(),
        };
        let mut problems: Vec<AnchorProblem> = errors.into_iter().map(unread).collect();
        if certs.is_empty() {
            let problem = (!problems.is_empty()).then(|| problems.swap_remove(0));
            return Err(AnchorError::NoneFound { looked_in: looked_in(), problem });
        }
        let entries: Vec<Entry> = certs.iter().map(|der| Entry::read(der)).collect();
        Self::read("system", &entries, problems)
    }
}

/// Where `load_native_certs` looks.
fn looked_in() -> String {
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().filter_map(|variable| {
        let value = env::var_os(variable).filter(|value| !value.is_empty())?;
        Some(format!("{variable}={}", value.display()))
    });
    let named: Vec<String> = named.collect();
    if named.is_empty() {
        "the places where this system keeps them".to_owned()
    } else {
        named.join(" and ")
    }
}
