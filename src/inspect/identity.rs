//! Whether the end-entity certificate names what was asked for (RFC 9525).

use std::net::IpAddr;

use crate::chain::AltName;
use crate::escape::Escaped;
use crate::report::{FindingKind, Severity};
use crate::target::{Host, Purpose, Subject};

use super::findings::Findings;

/// <https://www.rfc-editor.org/rfc/rfc9525#section-6>
pub(super) fn check(findings: &mut Findings<'_>, subject: &Subject) {
    let Some(certificate) = findings.view.certificate(0) else {
        return;
    };
    if subject.purpose() != Purpose::Server {
        return;
    }
    let presented = certificate.subject_alt_names().unwrap_or_default();
    let common_names = certificate.subject().common_names();
    let named = presented.iter().any(is_identifier);
    if named {
        check_common_names(findings, presented, &common_names);
    }
    let common_name_only = !named && !common_names.is_empty();
    // A workload goes by its URI (SPIFFE), and has no host's name.
    let is_workload = presented.iter().any(|name| matches!(name, AltName::Uri(_)));
    if subject.names().is_empty() && common_name_only && !is_workload {
        let common_names = escaped(&common_names);
        findings.add(Some(0), FindingKind::CommonNameOnly { common_names }, Severity::Failure);
        return;
    }
    for reference in subject.names() {
        if presented.iter().any(|presented| matches(presented, reference)) {
            continue;
        }
        let kind = if common_name_only && names_in_subject(&common_names, reference) {
            FindingKind::CommonNameOnly { common_names: escaped(&common_names) }
        } else {
            FindingKind::NameMismatch {
                reference: reference.clone(),
                presented: presented.iter().map(AltName::to_string).collect(),
            }
        };
        findings.add(Some(0), kind, Severity::Failure);
    }
}

/// Baseline Requirements, section 7.1.4.3: what stands in the subject is a copy of a subject
/// alternative name, character for character, addresses as RFC 5952 writes them. It is held against
/// no name that is meant for people, nor that of a domain whose hosts a wildcard lists, nor a DNS name
/// where only addresses are listed: those claim no host that is not there.
fn check_common_names(findings: &mut Findings<'_>, presented: &[AltName], common_names: &[String]) {
    let lists = |common_name: &str| {
        let address = common_name.parse::<IpAddr>();
        let address = address.ok().filter(|address| address.to_string() == common_name);
        presented.iter().any(|presented| match presented {
            AltName::Dns(name) => {
                name == common_name || name.strip_prefix("*.") == Some(common_name)
            }
            AltName::Ip(presented) => Some(*presented) == address,
            _ => false,
        })
    };
    let unlisted = common_names.iter().take(MOST_COMMON_NAMES);
    let lists_dns = presented.iter().any(|presented| matches!(presented, AltName::Dns(_)));
    let claims =
        |name: &str| looks_like_an_address(name) || (lists_dns && looks_like_a_dns_name(name));
    let common_names = escaped(unlisted.filter(|name| claims(name) && !lists(name)));
    if !common_names.is_empty() {
        // No client of today looks at it.
        findings.of(0, FindingKind::CommonNameNotListed { common_names }, Severity::Note);
    }
}

/// In any form that was ever read as an address.
fn looks_like_an_address(name: &str) -> bool {
    let is_hex =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let is_decimal =
        |label: &str| !label.is_empty() && label.bytes().all(|digit| digit.is_ascii_digit());
    name.parse::<IpAddr>().is_ok()
        || name.strip_prefix("0x").is_some_and(is_hex)
        || (name.contains('.') && name.split('.').all(is_decimal))
}

/// Labels with a full stop between them, in any script.
fn looks_like_a_dns_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|char| char.is_alphanumeric() || "-_*".contains(char))
    };
    let labels = name.strip_suffix('.').unwrap_or(name);
    labels.contains('.') && labels.split('.').all(is_label)
}

/// Whether a presented identifier is the reference identity: DNS-IDs by RFC 9525 section 6.3, with
/// the whole first label as the only wildcard; IP-IDs octet by octet (section 6.4).
pub(super) fn matches(presented: &AltName, reference: &Host) -> bool {
    match (presented, reference) {
        (AltName::Dns(presented), Host::Dns(reference)) => {
            matches_dns(presented, reference.as_str())
        }
        (AltName::Ip(presented), Host::Ip(reference)) => presented == reference,
        _ => false,
    }
}

pub(super) fn matches_dns(presented: &str, reference: &str) -> bool {
    let Some(parent) = presented.strip_prefix("*.") else {
        return presented.eq_ignore_ascii_case(reference);
    };
    // `*.com` would name half the world; webpki and OpenSSL want two labels behind the wildcard.
    parent.contains('.')
        && reference
            .split_once('.')
            .is_some_and(|(_, reference_parent)| parent.eq_ignore_ascii_case(reference_parent))
}

const fn is_identifier(name: &AltName) -> bool {
    matches!(name, AltName::Dns(_) | AltName::Ip(_))
}

fn escaped<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    names.into_iter().map(|name| Escaped(name).to_string()).collect()
}

fn names_in_subject(common_names: &[String], reference: &Host) -> bool {
    common_names.iter().any(|name| match reference {
        Host::Dns(reference) => matches_dns(name, reference.as_str()),
        Host::Ip(reference) => name.parse() == Ok(*reference),
    })
}

/// One is what a certificate may have; each of them is looked for among all alternative names.
const MOST_COMMON_NAMES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dns_ids_match_without_regard_to_case_and_with_one_wildcard_label() {
        let cases = [
            ("example.com", "example.com", true),
            ("EXAMPLE.Com", "example.com", true),
            ("example.com", "www.example.com", false),
            ("www.example.com", "example.com", false),
            ("*.example.com", "www.example.com", true),
            ("*.EXAMPLE.com", "www.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "a.b.example.com", false),
            ("*.com", "example.com", false),
            ("*", "localhost", false),
            ("*.", "localhost", false),
            ("w*.example.com", "www.example.com", false),
            ("*w.example.com", "www.example.com", false),
            ("www.*.com", "www.example.com", false),
            ("*.*.com", "www.example.com", false),
            ("xn--*.example.com", "xn--bcher-kva.example.com", false),
            ("*.xn--bcher-kva.example", "www.xn--bcher-kva.example", true),
            ("example.com.", "example.com", false),
            ("", "example.com", false),
            ("example.com\0.evil.test", "example.com", false),
        ];
        for (presented, reference, expected) in cases {
            assert_eq!(matches_dns(presented, reference), expected, "{presented} {reference}");
        }
    }

    #[test]
    fn what_somebody_may_have_meant_as_a_host_is_told_from_what_is_for_people() {
        let names = [
            "example.com",
            "example.com.",
            "*.example.com",
            "foo_bar.example",
            "test-\u{6e2c}\u{8a66}.com",
        ];
        for name in names {
            assert!(looks_like_a_dns_name(name), "{name}");
            assert!(!looks_like_an_address(name), "{name}");
        }
        let addresses = [
            "192.168.001.001",
            "192.0.2.1",
            "0xC0A80101",
            "2001:DB8::1",
            "2001:0db8:0000:0000:0000:0000:0000:0001",
        ];
        for name in addresses {
            assert!(looks_like_an_address(name), "{name}");
        }
        let others = [
            "",
            ".",
            "localhost",
            "R3",
            "Example Ltd.",
            "a@b.example",
            "Dr. J. Doe",
            "a..b",
            "0xyz",
        ];
        for name in others {
            assert!(!looks_like_a_dns_name(name) && !looks_like_an_address(name), "{name}");
        }
    }

    #[test]
    fn an_address_is_matched_by_ip_ids_only() {
        let reference: Host = Host::Ip("192.0.2.1".parse().unwrap());
        assert!(matches(&AltName::Ip("192.0.2.1".parse().unwrap()), &reference));
        assert!(!matches(&AltName::Ip("192.0.2.2".parse().unwrap()), &reference));
        assert!(!matches(&AltName::Dns("192.0.2.1".to_owned()), &reference));
        assert!(!matches(&AltName::Ip("::ffff:192.0.2.1".parse().unwrap()), &reference));
    }
}
