//! SAML metadata: the certificates of every entity's keys (SAML V2.0 Metadata).

mod element;
mod keys;
mod time;
mod walk;

use std::borrow::Cow;

use super::{Format, Found, Locator, ProblemKind, ReadOptions, SkippedKind};

/// Reads every `KeyDescriptor` of every role of every `EntityDescriptor`, and the certificates in
/// the signatures over the metadata, wherever in the document they stand.
///
/// What each is judged as is the same for keys that sign and keys that are encrypted to: neither is
/// seen in a handshake, whoever uses it knows the certificate from the metadata, and its dates
/// matter alike. Keys of one entity, role and use take turns; one without a use counts as signing.
pub(super) fn read(locator: &Locator, bytes: &[u8], _options: &ReadOptions) -> Found {
    let mut found = Found::default();
    let text = text(locator, bytes, &mut found);
    walk::walk(locator, &text, &mut found);
    if found.chains.is_empty() && found.problems.is_empty() {
        found.pass_over(locator.clone(), SkippedKind::Other);
    }
    found
}

/// The document as text. Bytes that problems name are counted in it.
fn text<'a>(locator: &Locator, bytes: &'a [u8], found: &mut Found) -> Cow<'a, str> {
    // Each byte of ISO 8859-1 is the code point of its character.
    if declares_latin_1(bytes) {
        return bytes.iter().map(|byte| char::from(*byte)).collect();
    }
    let text = String::from_utf8_lossy(bytes);
    if let (Cow::Owned(_), Err(error)) = (&text, std::str::from_utf8(bytes)) {
        let reason = format!("byte {} is not UTF-8", error.valid_up_to());
        found.problem(locator.clone(), content(reason));
    }
    text
}

/// Whether the XML declaration says so. Any other encoding is read as UTF-8: that is what it says,
/// or what UTF-16 has been made into, or at least the ASCII in it is.
fn declares_latin_1(bytes: &[u8]) -> bool {
    let declaration = bytes.strip_prefix(b"<?xml").and_then(|rest| {
        let end = rest.iter().take(LONGEST_DECLARATION).position(|byte| *byte == b'>')?;
        Some(rest[..end].to_ascii_lowercase())
    });
    declaration.is_some_and(|text| text.windows(10).any(|window| window == b"iso-8859-1"))
}

fn content(reason: impl Into<String>) -> ProblemKind {
    ProblemKind::Content { format: Format::Saml, reason: reason.into() }
}

const LONGEST_DECLARATION: usize = 256;
