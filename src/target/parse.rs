//! The text form of a target, read from left to right.

use std::collections::HashSet;
use std::num::NonZero;

use super::name::{dns_name, host, is_blank};
use super::{Host, Protocol, ServerName, Target, TargetErrorKind};

pub(super) fn target(input: &str) -> Result<Target, TargetErrorKind> {
    if input.contains(is_blank) {
        return Err(TargetErrorKind::WhitespaceOrControl);
    }
    let (protocol, authority) = match split_scheme(input) {
        Some((scheme, rest)) => (
            Protocol::from_scheme(scheme).ok_or(TargetErrorKind::UnknownScheme)?,
            without_path(rest),
        ),
        None => (Protocol::Https, input),
    };
    // First of all: nothing that follows looks at a password. Parameters hold no '@' either.
    if authority.contains('@') {
        return Err(TargetErrorKind::UserInfo);
    }

    let (location, parameters) = match authority.split_once(';') {
        Some((location, parameters)) => (location, Some(parameters)),
        None => (authority, None),
    };
    let (host, port) = split_port(location)?;
    let port = port
        .or_else(|| protocol.default_port().and_then(NonZero::new))
        .ok_or(TargetErrorKind::MissingPort)?;
    let target = Target::new(host, port).with_protocol(protocol);
    match parameters {
        Some(parameters) => with_parameters(target, parameters),
        None => Ok(target),
    }
}

/// Splits at `://`, if what stands before it is a scheme (RFC 3986 section 3.1).
pub(super) fn split_scheme(input: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = input.split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    is_scheme.then_some((scheme, rest))
}

/// The authority ends before path, query or fragment (RFC 3986 section 3.2).
fn without_path(rest: &str) -> &str {
    rest.find(['/', '?', '#']).map_or(rest, |end| &rest[..end])
}

fn split_port(location: &str) -> Result<(Host, Option<NonZero<u16>>), TargetErrorKind> {
    match location.rsplit_once(':') {
        // Any other colon belongs to an IPv6 address.
        Some((before, digits)) if before.ends_with(']') || !before.contains(':') => {
            Ok((host(before)?, Some(port(digits)?)))
        }
        _ => Ok((host(location)?, None)),
    }
}

fn port(digits: &str) -> Result<NonZero<u16>, TargetErrorKind> {
    if digits.is_empty() {
        return Err(TargetErrorKind::EmptyPort);
    }
    // `u16::from_str` would accept a plus sign.
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(TargetErrorKind::PortNotNumeric);
    }
    // Of digits alone, only a number that is too large fails.
    let port = digits.parse::<u16>().map_err(|_| TargetErrorKind::PortTooLarge)?;
    NonZero::new(port).ok_or(TargetErrorKind::PortZero)
}

fn with_parameters(mut target: Target, parameters: &str) -> Result<Target, TargetErrorKind> {
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    for parameter in parameters.split(';') {
        let (key, value) = match parameter.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (parameter, None),
        };
        match (key, value) {
            ("", _) | (_, Some("")) | ("connect" | "sni" | "name", None) => {
                return Err(TargetErrorKind::EmptyParameter);
            }
            ("connect", Some(value)) if target.dial.is_none() => {
                let (host, port) = split_port(value)?;
                target = target.connect_to(host, port.ok_or(TargetErrorKind::MissingPort)?);
            }
            ("sni", Some(value)) if target.server_name == ServerName::Host => {
                target = target.server_name(dns_name(value)?);
            }
            ("no-sni", None) if target.server_name == ServerName::Host => {
                target = target.without_server_name();
            }
            ("name", Some(value)) => {
                let name = host(value)?;
                if !seen.insert(name.clone()) {
                    return Err(TargetErrorKind::DuplicateParameter);
                }
                names.push(name);
            }
            ("connect" | "sni", Some(_)) | ("no-sni", None) => {
                return Err(TargetErrorKind::DuplicateParameter);
            }
            _ => return Err(TargetErrorKind::UnknownParameter),
        }
    }
    if !names.is_empty() {
        target.names = Some(names.into());
    }
    Ok(target)
}
