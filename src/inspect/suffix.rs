//! Wildcards right below a public suffix, by the Public Suffix List.

use psl::{List, Psl as _, Type};

use crate::chain::AltName;
use crate::escape::Escaped;
use crate::report::{FindingKind, Severity};
use crate::target::{Host, Purpose, Subject};

use super::findings::Findings;
use super::identity;

/// Baseline Requirements, section 3.2.2.6. Where names are asked for, only those wildcards count
/// that are needed for one of them.
pub(super) fn check(findings: &mut Findings<'_>, subject: &Subject) {
    if !findings.policy.looks_for_public_suffixes() || subject.purpose() != Purpose::Server {
        return;
    }
    let Some(certificate) = findings.view.certificate(0) else {
        return;
    };
    let presented = certificate.subject_alt_names().unwrap_or_default();
    let mut wildcards: Vec<(&str, bool)> = match subject.names() {
        [] => presented.iter().filter_map(public_wildcard).take(MOST_WILDCARDS).collect(),
        asked => asked.iter().filter_map(|reference| needed(presented, reference)).collect(),
    };
    wildcards.sort_unstable();
    wildcards.dedup();
    for (name, private) in wildcards {
        let kind = FindingKind::PublicSuffixWildcard { name: Escaped(name).to_string(), private };
        // Chrome leaves the private part of the list aside.
        let severity = if private { Severity::Note } else { Severity::Warning };
        findings.of(0, kind, severity);
    }
}

/// The wildcard below a public suffix without which a name that is asked for is not presented.
fn needed<'a>(presented: &'a [AltName], reference: &Host) -> Option<(&'a str, bool)> {
    let mut wildcard = None;
    for name in presented.iter().filter(|name| identity::matches(name, reference)) {
        wildcard = Some(public_wildcard(name)?);
    }
    wildcard
}

/// The dNSName, where it is a wildcard right below a public suffix, and whether that is private.
fn public_wildcard(name: &AltName) -> Option<(&str, bool)> {
    let AltName::Dns(name) = name else {
        return None;
    };
    Some((name, suffix_below_wildcard(name)?))
}

/// Whether the name is a wildcard right below a public suffix, and whether that is a private one.
fn suffix_below_wildcard(name: &str) -> Option<bool> {
    let parent = name.strip_prefix("*.")?.to_ascii_lowercase();
    let suffix = List.suffix(parent.as_bytes())?;
    if suffix.as_bytes() != parent.as_bytes() {
        return None;
    }
    suffix.typ().map(|list| list == Type::Private)
}

/// Enough to show what is wrong; a peer may send thousands.
const MOST_WILDCARDS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_is_held_against_the_list() {
        let cases = [
            ("*.com", Some(false)),
            ("*.co.uk", Some(false)),
            ("*.CO.UK", Some(false)),
            ("*.s3.amazonaws.com", Some(true)),
            ("*.example.co.uk", None),
            ("*.example.com", None),
            ("co.uk", None),
            ("*.internal", None),
            ("*", None),
            ("*.", None),
        ];
        for (name, expected) in cases {
            assert_eq!(suffix_below_wildcard(name), expected, "{name}");
        }
    }
}
