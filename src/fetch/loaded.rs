//! The certificates that this process has loaded, as rustls holds them.

use rustls::sign::CertifiedKey;

use crate::chain::ChainError;
use crate::source::FoundChain;
use crate::target::Purpose;

/// The chain of a rustls `CertifiedKey`: what a server or a client of this process presents, with
/// no I/O. The key beside it is held against it when it is judged.
///
/// Compare it with the file that it was loaded from, by [`compare`](crate::inspect::compare), to see
/// that the file was renewed and the process was not told. Where there is no rustls,
/// [`FoundChain::in_memory`] takes certificates in DER.
///
/// This stands apart from the rest: its argument is a type of rustls 0.23, and changes with rustls.
///
/// # Errors
///
/// [`ChainError::Empty`] where the key comes without certificates.
pub fn in_memory(
    label: impl Into<String>,
    loaded: &CertifiedKey,
    purpose: Purpose,
) -> Result<FoundChain, ChainError> {
    let certificates = loaded.cert.iter().map(|certificate| certificate.as_ref());
    let chain = FoundChain::in_memory(label, certificates, purpose)?;
    // A caller's own key need not tell.
    let Some(public_key) = loaded.key.public_key() else {
        return Ok(chain);
    };
    Ok(chain.with_subject(|subject| subject.with_public_key(public_key.as_ref())))
}
