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
    for name in presented {
        let AltName::Dns(name) = name else {
            continue;
        };
        let Some(private) = suffix_below_wildcard(name) else {
            continue;
        };
        if !subject.names().is_empty() && !is_needed(name, presented, subject.names()) {
            continue;
        }
        let kind = FindingKind::PublicSuffixWildcard { name: Escaped(name).to_string(), private };
        // Chrome leaves the private part of the list aside.
        let severity = if private { Severity::Note } else { Severity::Warning };
        findings.of(0, kind, severity);
    }
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

/// Whether a name is asked for that this wildcard matches, and nothing but wildcards of its kind.
fn is_needed(wildcard: &str, presented: &[AltName], asked: &[Host]) -> bool {
    asked.iter().any(|reference| {
        let Host::Dns(host) = reference else {
            return false;
        };
        identity::matches_dns(wildcard, host.as_str())
            && !presented.iter().any(|name| {
                identity::matches(name, reference)
                    && !matches!(name, AltName::Dns(name) if suffix_below_wildcard(name).is_some())
            })
    })
}

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
