//! What the readers of documents share that hold certificates in base64.

use std::fmt;

use data_encoding::BASE64;

use super::{Format, ProblemKind};
use crate::chain::Entry;
use crate::escape::{Escaped, short};

/// A certificate as the base64 of its DER.
pub(super) fn certificate(base64: &str, format: Format) -> Result<Entry, ProblemKind> {
    let der = BASE64.decode(base64.as_bytes()).map_err(|_| ProblemKind::Base64)?;
    if der.starts_with(b"-----BEGIN ") {
        let reason = "a certificate is the base64 of PEM text, and not of DER".to_owned();
        return Err(ProblemKind::Content { format, reason });
    }
    let entry = Entry::read(&der);
    match entry.certificate() {
        Ok(_) => Ok(entry),
        Err(malformed) => Err(ProblemKind::Certificate(malformed.clone())),
    }
}

/// Refuses more than the limit.
pub(super) fn within(what: &'static str, count: usize, limit: usize) -> Result<(), ProblemKind> {
    if count <= limit {
        return Ok(());
    }
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    Err(ProblemKind::TooLarge { what, size: None, limit })
}

/// Text from the document, short and fit to be shown.
pub(super) fn quoted(text: &impl fmt::Display) -> String {
    Escaped(&short(text)).to_string()
}
