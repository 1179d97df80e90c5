//! JWK Sets, single JWKs and OpenID discovery documents (RFC 7517; OpenID Connect Discovery 1.0).

mod spki;

use std::collections::BTreeMap;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use serde_json::value::RawValue;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::MOST_PROBLEMS;
use super::document::{certificate, quoted, within};
use super::{
    Format, Found, FoundChain, Locator, Place, ProblemKind, ReadOptions, Reference,
    ReferenceTarget, SkippedKind, bundle,
};
use crate::chain::PresentedChain;
use crate::escape::short;
use crate::target::Purpose;

/// Reads the certificates of every key, in `x5c`, and what is named elsewhere: `x5u`, `jwks_uri`.
///
/// Keys that sign take turns, those without a `use` among them; so do those that are encrypted to.
/// A key's own parameters are the public key that its first certificate has to have (RFC 7517
/// section 4.7). Symmetric and private keys are told, and what is secret in them is never read.
pub(super) fn read(locator: &Locator, bytes: &[u8], _options: &ReadOptions) -> Found {
    let mut found = Found::default();
    match serde_json::from_slice::<Members<'_>>(bytes) {
        Ok(document) => read_document(locator, &document, &mut found),
        // What the error says of data of another type, it quotes.
        Err(error) if error.is_data() => {
            found.problem(locator.clone(), content("is no JSON object"));
        }
        Err(error) => found.problem(locator.clone(), content(quoted(&error))),
    }
    let nothing = found.chains.is_empty() && found.problems.is_empty();
    if nothing && found.references.is_empty() && found.skipped.is_empty() {
        found.pass_over(locator.clone(), SkippedKind::Other);
    }
    found
}

/// The members of an object, unread: what nobody asks for is never copied.
///
/// Of members with the same name the last counts (RFC 7517 section 4).
type Members<'a> = BTreeMap<String, &'a RawValue>;

fn read_document(locator: &Locator, document: &Members<'_>, found: &mut Found) {
    let (keys, jwks_uri) = (document.get("keys"), document.get("jwks_uri"));
    if let Some(jwks_uri) = jwks_uri {
        reference(locator, "jwks_uri", jwks_uri, found);
    }
    match keys {
        Some(keys) => read_set(locator, keys, found),
        None if document.contains_key("kty") => read_key(locator, 1, document, found),
        None if jwks_uri.is_some() => {}
        None => found.problem(locator.clone(), content("has neither keys, kty nor jwks_uri")),
    }
}

fn read_set(locator: &Locator, keys: &RawValue, found: &mut Found) {
    let Ok(keys) = serde_json::from_str::<Vec<&RawValue>>(keys.get()) else {
        found.problem(locator.at(Place::Key("keys".into())), content("is no array"));
        return;
    };
    for (key, number) in keys.into_iter().zip(1..) {
        let more = within("keys", number, MOST_KEYS)
            .and_then(|()| within("problems", found.problems.len() + 1, MOST_PROBLEMS));
        if let Err(kind) = more {
            found.problem(locator.clone(), kind);
            return;
        }
        match serde_json::from_str(key.get()) {
            Ok(key) => read_key(locator, number, &key, found),
            Err(_) => {
                let locator = locator.at(Place::Jwk { kid: None, number });
                found.problem(locator, content("is no JSON object"));
            }
        }
    }
}

fn read_key(document: &Locator, number: usize, key: &Members<'_>, found: &mut Found) {
    // A locator for each certificate repeats it.
    let kid = text(key, "kid").map(|kid| short(&kid));
    let locator = document.at(Place::Jwk { kid, number });
    if PRIVATE.iter().any(|member| key.contains_key(*member)) {
        found.pass_over(locator.clone(), SkippedKind::PrivateKey);
    }
    if let Some(x5u) = key.get("x5u") {
        reference(&locator, "x5u", x5u, found);
    }
    if let Some(x5c) = key.get("x5c") {
        match serde_json::from_str::<Vec<&RawValue>>(x5c.get()) {
            Err(_) => found.problem(locator, content("x5c is no array")),
            Ok(x5c) if x5c.is_empty() => found.problem(locator, content("x5c is empty")),
            Ok(x5c) => match within("certificates", x5c.len(), MOST_CERTIFICATES) {
                Ok(()) => read_chain(document, &locator, key, &x5c, found),
                Err(kind) => found.problem(locator, kind),
            },
        }
    }
}

fn read_chain(
    document: &Locator,
    locator: &Locator,
    key: &Members<'_>,
    x5c: &[&RawValue],
    found: &mut Found,
) {
    let mut entries = Vec::new();
    for (element, number) in x5c.iter().zip(1..) {
        // Base64 as it is, not the base64url of all else in a JWK (RFC 7517 section 4.7).
        let read = serde_json::from_str::<String>(element.get())
            .map_err(|_| content("is no string"))
            .and_then(|base64| certificate(&base64, Format::Jwks));
        match read {
            Ok(entry) => entries.push((number, entry)),
            Err(kind) => found.problem(locator.at(Place::Certificate(number)), kind),
        }
    }
    let Some((number, first)) = entries.first().cloned() else {
        return;
    };
    let Ok(chain) = PresentedChain::from_entries(entries.into_iter().map(|(_, entry)| entry))
    else {
        return;
    };
    // Without the certificate of the key, which is the first, the rest says nothing of the key.
    if number > 1 {
        let purpose = first.certificate().map_or(Purpose::Signing, |it| bundle::purpose(it, false));
        let locator = locator.at(Place::Certificate(number));
        found.chains.push(FoundChain::new(locator, chain, purpose));
        return;
    }
    check_thumbprints(locator, key, first.der(), found);
    let public_key = spki::of(key, &first).unwrap_or_else(|reason| {
        found.problem(locator.clone(), content(reason));
        None
    });
    let chain = FoundChain::new(locator.clone(), chain, Purpose::Signing);
    found.chains.push(chain.with_subject(|subject| {
        let subject = subject.in_rollover(group(document, key));
        match public_key {
            Some(spki) => subject.with_public_key(spki),
            None => subject,
        }
    }));
}

/// RFC 7517 sections 4.8 and 4.9.
fn check_thumbprints(locator: &Locator, key: &Members<'_>, der: &[u8], found: &mut Found) {
    let mut check = |member, digest: &[u8]| {
        let Some(raw) = key.get(member) else {
            return;
        };
        let text = serde_json::from_str::<String>(raw.get()).ok();
        let told = text.and_then(|text| BASE64URL_NOPAD.decode(text.as_bytes()).ok());
        let matches = told.is_some_and(|told| {
            // Auth0 has long written the hexadecimal digits of the fingerprint, in base64url.
            told == digest || HEXLOWER_PERMISSIVE.decode(&told).is_ok_and(|told| told == digest)
        });
        if !matches {
            found.problem(locator.clone(), ProblemKind::Thumbprint { member });
        }
    };
    check("x5t", &Sha1::digest(der));
    check("x5t#S256", &Sha256::digest(der));
}

/// Those that a key takes turns with: the keys of the set that have the same `use`. One that has
/// none may sign (RFC 7517 section 4.2).
fn group(document: &Locator, key: &Members<'_>) -> String {
    let usage = text(key, "use").unwrap_or_else(|| "sig".to_owned());
    format!("{document}, keys for {}", quoted(&usage))
}

fn reference(locator: &Locator, member: &str, raw: &RawValue, found: &mut Found) {
    let locator = locator.at(Place::Key(member.to_owned()));
    match serde_json::from_str(raw.get()) {
        Ok(url) => found.references.push(Reference {
            locator,
            target: ReferenceTarget::Url(url),
            purpose: Some(Purpose::Signing),
        }),
        Err(_) => found.problem(locator, content("is no string")),
    }
}

/// A member that is a string.
fn text(key: &Members<'_>, member: &str) -> Option<String> {
    serde_json::from_str(key.get(member)?.get()).ok()
}

fn content(reason: impl Into<String>) -> ProblemKind {
    ProblemKind::Content { format: Format::Jwks, reason: reason.into() }
}

/// The members that are secret: of RSA, EC and OKP keys (RFC 7518 sections 6.2.2 and 6.3.2, RFC
/// 8037 section 2), of symmetric keys (RFC 7518 section 6.4.1), of ML-DSA keys.
const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

const MOST_KEYS: usize = 10_000;
const MOST_CERTIFICATES: usize = 100;
