//! From bytes to what is in them, by their content.

use std::borrow::Cow;
use std::sync::Arc;

use super::bundle::Members;
#[cfg(feature = "jks")]
use super::jks;
#[cfg(feature = "pkcs12")]
use super::pkcs12;
use super::{Format, Found, Locator, ProblemKind, ReadOptions, SkippedKind, pem, pkcs7};
use crate::chain::der;

/// Reads a source in any format, told by its content.
///
/// `source` is what locators call it: a file's path, a URL, anything. What can't be read is a
/// [`Problem`](super::Problem) with its place, beside what could; a source that nothing is found in
/// and nothing is wrong with has what was [skipped](Found::skipped).
///
/// ```
/// use notafter::source::{self, ReadOptions};
/// # fn run(bytes: &[u8], inspector: notafter::Inspector, at: time::OffsetDateTime) {
/// let found = source::read("bundle.pem", bytes, &ReadOptions::new());
/// for chain in &found.chains {
///     println!("{}", inspector.inspect(chain.chain(), chain.subject(), at));
/// }
/// for problem in &found.problems {
///     println!("{problem}");
/// }
/// # }
/// ```
#[must_use]
pub fn read(source: impl Into<Arc<str>>, bytes: &[u8], options: &ReadOptions) -> Found {
    read_at(&Locator::new(source), bytes, options)
}

/// Reads a source that is known to be in a format: one in another is a problem.
#[must_use]
pub fn read_as(
    format: Format,
    source: impl Into<Arc<str>>,
    bytes: &[u8],
    options: &ReadOptions,
) -> Found {
    let locator = Locator::new(source);
    too_large(&locator, bytes, options)
        .unwrap_or_else(|| dispatch(format, &locator, &text(bytes), options))
}

/// What stands at a place, which may be inside another source.
pub(super) fn read_at(locator: &Locator, bytes: &[u8], options: &ReadOptions) -> Found {
    if let Some(refused) = too_large(locator, bytes, options) {
        return refused;
    }
    let bytes = text(bytes);
    match detect(&bytes) {
        Content::Format(format) => dispatch(format, locator, &bytes, options),
        Content::PrivateKey => {
            let mut found = Found::default();
            found.pass_over(locator.clone(), SkippedKind::PrivateKey);
            found
        }
        Content::Nothing => problem(locator, ProblemKind::NoCertificate),
        Content::Unknown => problem(locator, ProblemKind::UnknownFormat),
    }
}

fn dispatch(format: Format, locator: &Locator, bytes: &[u8], options: &ReadOptions) -> Found {
    let mut found = by_format(format, locator, bytes, options);
    // Of every source something is told.
    if found.chains.is_empty()
        && found.problems.is_empty()
        && found.references.is_empty()
        && found.skipped.is_empty()
    {
        found.pass_over(locator.clone(), SkippedKind::Other);
    }
    found
}

fn by_format(format: Format, locator: &Locator, bytes: &[u8], options: &ReadOptions) -> Found {
    match format {
        Format::Der => {
            let mut found = Found::default();
            let mut members = Members::new(locator.clone());
            members.add(&mut found, locator.clone(), bytes);
            members.arrange(&mut found, options.arranged());
            found
        }
        #[cfg(feature = "jks")]
        Format::Jks => jks::read(locator, bytes, options),
        #[cfg(feature = "kubernetes")]
        Format::Kubernetes => super::kubernetes::read(locator, bytes, options),
        Format::Pem => pem::read(locator, bytes, options),
        #[cfg(feature = "pkcs12")]
        Format::Pkcs12 => pkcs12::read(locator, bytes, options),
        Format::Pkcs7 => pkcs7::read(locator, bytes, options),
        #[cfg(feature = "jwks")]
        Format::Jwks => super::jwks::read(locator, bytes, options),
        #[cfg(feature = "saml")]
        Format::Saml => super::saml::read(locator, bytes, options),
        #[allow(unreachable_patterns, reason = "every feature may be on")]
        format => problem(locator, ProblemKind::Unsupported { format }),
    }
}

fn problem(locator: &Locator, kind: ProblemKind) -> Found {
    let mut found = Found::default();
    found.problem(locator.clone(), kind);
    found
}

fn too_large(locator: &Locator, bytes: &[u8], options: &ReadOptions) -> Option<Found> {
    let (size, limit) = (u64::try_from(bytes.len()).unwrap_or(u64::MAX), options.byte_limit());
    let kind = ProblemKind::TooLarge { what: "bytes", size: Some(size), limit };
    (size > limit).then(|| problem(locator, kind))
}

enum Content {
    Format(Format),
    PrivateKey,
    Nothing,
    Unknown,
}

fn detect(bytes: &[u8]) -> Content {
    let start = bytes.trim_ascii_start();
    match bytes {
        _ if start.is_empty() => Content::Nothing,
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => Content::Format(Format::Jks),
        // Text may begin with the digit 0.
        [0x30, ..] if !is_text(bytes) => detect_der(bytes),
        _ if start.starts_with(b"<") => detect_xml(start),
        _ if start.starts_with(b"{") || start.starts_with(b"[") => detect_json(start),
        _ if is_manifest(bytes) => Content::Format(Format::Kubernetes),
        _ if contains(bytes, b"-----BEGIN ") => Content::Format(Format::Pem),
        _ => Content::Unknown,
    }
}

/// Whether bytes begin as text does: with none that controls anything but lines and tabs.
fn is_text(bytes: &[u8]) -> bool {
    let is_text = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    bytes.is_ascii() && bytes.iter().take(64).all(is_text)
}

/// What an outermost SEQUENCE begins with. Lengths are not looked at: PKCS#7 and PKCS#12 may come in
/// BER.
fn detect_der(bytes: &[u8]) -> Content {
    let header = match bytes.get(1) {
        Some(length @ 0x81..=0x84) => 2 + usize::from(length & 0x7f),
        _ => 2,
    };
    match bytes.get(header..).unwrap_or_default() {
        // PFX: the version, which is 3, before a ContentInfo (RFC 7292 section 4).
        [der::INTEGER, 1, 3, der::SEQUENCE, ..] => Content::Format(Format::Pkcs12),
        // PKCS#1, PKCS#8 and SEC 1 begin with a version from 0 on.
        [der::INTEGER, 1, 0..=2, ..] => Content::PrivateKey,
        // ContentInfo: the type comes first (RFC 5652 section 3).
        [der::OID, ..] => Content::Format(Format::Pkcs7),
        _ => Content::Format(Format::Der),
    }
}

/// By the namespace that every document of SAML metadata has to name.
fn detect_xml(text: &[u8]) -> Content {
    if contains(text, b"urn:oasis:names:tc:SAML:2.0:metadata") {
        Content::Format(Format::Saml)
    } else {
        Content::Unknown
    }
}

/// By the members that the documents must have: `keys` or `kty` (RFC 7517), `jwks_uri` (OpenID
/// Connect Discovery), `kind` (Kubernetes).
fn detect_json(text: &[u8]) -> Content {
    if contains(text, b"\"kind\"") && contains(text, b"\"apiVersion\"") {
        Content::Format(Format::Kubernetes)
    } else if [&b"\"keys\""[..], b"\"kty\"", b"\"jwks_uri\""].iter().any(|key| contains(text, key))
    {
        Content::Format(Format::Jwks)
    } else {
        Content::Unknown
    }
}

/// Whether a line says `apiVersion:`, which every object of Kubernetes has, also in a list.
fn is_manifest(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"apiVersion:"))
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// Text in UTF-16 as UTF-8, without its byte order mark; all else as it is.
fn text(bytes: &[u8]) -> Cow<'_, [u8]> {
    let decode = |units: &[u8], unit: fn([u8; 2]) -> u16| {
        let (units, _) = units.as_chunks::<2>();
        let chars = char::decode_utf16(units.iter().map(|units2| unit(*units2)));
        let text: String = chars.map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        Cow::Owned(text.into_bytes())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => decode(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => decode(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => rest.into(),
        _ => bytes.into(),
    }
}
