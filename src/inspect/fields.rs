//! What RFC 5280 asks of single fields, beyond what they mean.

use crate::chain::{AltName, Certificate};
use crate::escape::Escaped;
use crate::report::{DnsNameFault, FindingKind, SerialNumberFault, Severity};

use super::findings::Findings;

pub(super) fn check(findings: &mut Findings<'_>) {
    for (position, certificate) in findings.relevant() {
        check_serial_number(findings, position, certificate);
        for authority in critical_key_identifiers(certificate) {
            let kind = FindingKind::CriticalKeyIdentifier { authority };
            findings.of(position, kind, Severity::Failure);
        }
    }
    if let Some(certificate) = findings.view.certificate(0) {
        check_criticality(findings, certificate);
        check_dns_names(findings, certificate);
    }
}

/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.2>. Several roots in use have the number
/// zero, and nobody looks at a root's.
fn check_serial_number(findings: &mut Findings<'_>, position: usize, certificate: &Certificate) {
    // The octet that keeps a number positive is no part of it.
    let number = match certificate.serial_number() {
        [0, number @ ..] => number,
        number => number,
    };
    let (fault, severity) = match certificate.serial_number() {
        [] | [0] => (SerialNumberFault::Zero, Severity::Note),
        // Go refuses it.
        [0x80..=0xff, ..] => (SerialNumberFault::Negative, Severity::Warning),
        _ if number.len() > 20 => (SerialNumberFault::TooLong, Severity::Note),
        _ => return,
    };
    if position == 0 || !certificate.is_self_issued() {
        findings.of(position, FindingKind::SerialNumber { fault }, severity);
    }
}

/// RFC 5280 sections 4.2.1.1 and 4.2.1.2: not critical. For each identifier that is, whether it is
/// the authority's. OpenSSL and webpki don't know them as critical
/// extensions, Go refuses to read them.
pub(super) fn critical_key_identifiers(certificate: &Certificate) -> impl Iterator<Item = bool> {
    let marks = certificate.marks();
    let authority = marks.authority_key_id.is_some_and(|shape| shape.critical);
    let marked = [(authority, true), (marks.critical_subject_key_id, false)];
    marked.into_iter().filter_map(|(critical, authority)| critical.then_some(authority))
}

/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6>: critical where the subject is empty
/// (Python refuses it else, from version 3.13 on), else better not (Baseline Requirements, section
/// 7.1.2.7.12: must not).
fn check_criticality(findings: &mut Findings<'_>, certificate: &Certificate) {
    let critical = certificate.marks().critical_subject_alt_names;
    let kind = FindingKind::SubjectAltNameCriticality { critical };
    if certificate.subject_alt_names().is_none() {
        return;
    }
    match (critical, certificate.subject().is_empty()) {
        (false, true) => findings.of(0, kind, Severity::Warning),
        (true, false) => findings.of(0, kind, Severity::Note),
        _ => {}
    }
}

/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6>. Every client takes underscores, which
/// are common inside of networks, so they are a note; other names are matched by nobody.
fn check_dns_names(findings: &mut Findings<'_>, certificate: &Certificate) {
    let (mut malformed, mut underscored) = (Vec::new(), Vec::new());
    for name in certificate.subject_alt_names().unwrap_or_default() {
        let AltName::Dns(name) = name else {
            continue;
        };
        match dns_name_fault(name) {
            None => {}
            Some(DnsNameFault::Underscore) => underscored.push(Escaped(name).to_string()),
            Some(_) => malformed.push(Escaped(name).to_string()),
        }
    }
    if !malformed.is_empty() {
        let kind = FindingKind::DnsNameSyntax { fault: DnsNameFault::Malformed, names: malformed };
        findings.of(0, kind, Severity::Warning);
    }
    if !underscored.is_empty() {
        let fault = DnsNameFault::Underscore;
        findings.of(0, FindingKind::DnsNameSyntax { fault, names: underscored }, Severity::Note);
    }
}

/// <https://www.rfc-editor.org/rfc/rfc1123#section-2.1>, with a wildcard as RFC 9525 has it.
fn dns_name_fault(name: &str) -> Option<DnsNameFault> {
    let labels = name.strip_prefix("*.").unwrap_or(name);
    let mut underscores = false;
    let mut is_label = |label: &str| {
        let octets = label.as_bytes();
        underscores |= octets.contains(&b'_');
        matches!(octets.len(), 1..=63)
            && octets[0] != b'-'
            && octets[octets.len() - 1] != b'-'
            && octets.iter().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(octet))
    };
    if name.len() > 253 || !labels.split('.').all(&mut is_label) {
        Some(DnsNameFault::Malformed)
    } else {
        underscores.then_some(DnsNameFault::Underscore)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_digits_and_hyphens() {
        let longest = format!("{}.{}", "a".repeat(63), "b".repeat(63));
        let names = ["a", "example.com", "EXAMPLE.com", "*.example.com", "1.2.example", "a--b.c"];
        for name in names.into_iter().chain([&*longest, "xn--bcher-kva.example", "x.192"]) {
            assert_eq!(dns_name_fault(name), None, "{name}");
        }
        for name in ["foo_bar.example", "_sip.example", "*._.example"] {
            assert_eq!(dns_name_fault(name), Some(DnsNameFault::Underscore), "{name}");
        }
        let malformed = [
            "",
            "*",
            "*.",
            ".example",
            "example.",
            "a..b",
            "-a.example",
            "a-.example",
            "a b.example",
            "w*.example.com",
            "www.*.com",
            "*.*.com",
            "b\u{fc}cher.example",
            "a\0.example",
            "_a-.example",
            "https://example.com",
        ];
        for name in malformed {
            assert_eq!(dns_name_fault(name), Some(DnsNameFault::Malformed), "{name}");
        }
        let label = "a".repeat(64);
        assert_eq!(dns_name_fault(&label), Some(DnsNameFault::Malformed));
        let name = ["a"; 128].join(".");
        assert_eq!(dns_name_fault(&name), Some(DnsNameFault::Malformed), "255 octets");
        assert_eq!(dns_name_fault(&name[2..]), None, "253 octets");
    }
}
