//! What is written of a certificate, be its report fresh or read back.

use std::fmt::Write as _;

use data_encoding::{HEXUPPER, HEXUPPER_PERMISSIVE};
use time::OffsetDateTime;

use crate::chain::{AltName, Certificate, CertificateSummary};
use crate::report::{Report, ReportedCertificate};

/// The facts of a certificate that could be read.
pub(super) enum Facts<'a> {
    Presented(&'a Certificate),
    Written(Box<CertificateSummary>),
}

/// All certificates of a report that could be read: those presented, then the caller's own.
pub(super) fn readable(report: &Report) -> impl Iterator<Item = (&ReportedCertificate, Facts<'_>)> {
    let certificates = report.chain().iter().chain(report.extra_certificates());
    certificates.filter_map(|certificate| Some((certificate, Facts::of(certificate)?)))
}

impl<'a> Facts<'a> {
    /// `None` where the certificate could not be read.
    pub(super) fn of(certificate: &'a ReportedCertificate) -> Option<Self> {
        match certificate.entry() {
            Some(entry) => entry.certificate().ok().map(Self::Presented),
            None => certificate.summary().ok().map(|facts| Self::Written(Box::new(facts))),
        }
    }

    pub(super) const fn not_before(&self) -> OffsetDateTime {
        match self {
            Self::Presented(facts) => facts.validity().not_before,
            Self::Written(facts) => facts.not_before,
        }
    }

    pub(super) const fn not_after(&self) -> OffsetDateTime {
        match self {
            Self::Presented(facts) => facts.validity().not_after,
            Self::Written(facts) => facts.not_after,
        }
    }

    /// The subject as RFC 4514 writes it.
    pub(super) fn subject(&self) -> String {
        match self {
            Self::Presented(facts) => facts.subject().to_string(),
            Self::Written(facts) => facts.subject.clone(),
        }
    }

    /// The issuer as RFC 4514 writes it.
    pub(super) fn issuer(&self) -> String {
        match self {
            Self::Presented(facts) => facts.issuer().to_string(),
            Self::Written(facts) => facts.issuer.clone(),
        }
    }

    /// The serial number in upper-case hexadecimal, as reports write it.
    pub(super) fn serial_number(&self) -> String {
        match self {
            Self::Presented(facts) => match facts.serial_number() {
                // The zero octet that DER puts before a high bit says nothing about the number.
                [0, number @ ..] if !number.is_empty() => HEXUPPER.encode(number),
                number => HEXUPPER.encode(number),
            },
            Self::Written(facts) => facts.serial_number.clone(),
        }
    }

    /// The serial number in decimal; `None` where it has more octets than anyone would read.
    pub(super) fn serial_number_decimal(&self) -> Option<String> {
        decimal(&self.serial_number())
    }

    /// The subject alternative names, each with its kind before it: `DNS:example.com`.
    pub(super) fn alt_names(&self) -> Vec<String> {
        match self {
            Self::Presented(facts) => {
                let names = facts.subject_alt_names().unwrap_or_default();
                names.iter().map(AltName::to_string).collect()
            }
            Self::Written(facts) => facts.subject_alt_names.clone(),
        }
    }
}

/// The names of a kind, `DNS:`, among subject alternative names.
pub(super) fn of_kind<'a>(names: &'a [String], kind: &'static str) -> Vec<&'a str> {
    names.iter().filter_map(|name| name.strip_prefix(kind)).collect()
}

/// The parts of a distinguished name, by their keywords.
pub(super) struct Parts(Vec<(String, String)>);

impl Parts {
    /// Takes apart what [`DistinguishedName`](crate::chain::DistinguishedName) writes: RFC 4514, the
    /// last part of the encoding first. Values that are no text are left out.
    pub(super) fn of(name: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = name;
        while let Some((keyword, value)) = rest.split_once('=') {
            let (text, behind) = value_at(value);
            if !value.starts_with('#') {
                parts.push((keyword.to_owned(), text));
            }
            rest = behind;
        }
        Self(parts)
    }

    /// The values of an attribute, in the order of the encoding.
    pub(super) fn all(&self, keyword: &str) -> impl DoubleEndedIterator<Item = &str> {
        let Self(parts) = self;
        parts.iter().rev().filter(move |(found, _)| found == keyword).map(|(_, value)| &**value)
    }

    /// The common name, the last one of the encoding as Go takes it; empty where there is none.
    pub(super) fn common_name(&self) -> &str {
        self.all("CN").next_back().unwrap_or_default()
    }
}

/// The value up to the next part, unescaped, and what comes behind.
fn value_at(text: &str) -> (String, &str) {
    let mut octets = Vec::new();
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] | [b',' | b'+', ..] => break,
            // RFC 4514 section 3: two hexadecimal digits stand for an octet, all else for itself.
            [b'\\', escaped @ ..] => match escaped.split_at_checked(2) {
                Some((pair, behind)) if pair.iter().all(u8::is_ascii_hexdigit) => {
                    octets.extend(HEXUPPER_PERMISSIVE.decode(pair).unwrap_or_default());
                    behind
                }
                _ => {
                    octets.extend(escaped.first());
                    escaped.get(1..).unwrap_or_default()
                }
            },
            [octet, behind @ ..] => {
                octets.push(*octet);
                behind
            }
        };
    }
    // What is left begins with an ASCII character, or is empty.
    let behind = text.get(text.len() - rest.len() + 1..).unwrap_or_default();
    (String::from_utf8_lossy(&octets).into_owned(), behind)
}

/// A number in decimal; `None` where `digits` are not hexadecimal, or too many: RFC 5280 allows a
/// serial number 20 octets, and the effort grows with the square.
fn decimal(digits: &str) -> Option<String> {
    if digits.is_empty() || digits.len() > MOST_DIGITS {
        return None;
    }
    // Groups of nine decimal digits, the lowest first.
    let mut groups = vec![0];
    for digit in digits.chars() {
        let mut carry = u64::from(digit.to_digit(16)?);
        for group in &mut groups {
            let value = 16 * *group + carry;
            (*group, carry) = (value % GROUP, value / GROUP);
        }
        if carry > 0 {
            groups.push(carry);
        }
    }
    let mut highest_first = groups.iter().rev();
    let mut number = highest_first.next()?.to_string();
    for group in highest_first {
        // Writing to a String can't fail.
        let _ = write!(number, "{group:09}");
    }
    Some(number)
}

const MOST_DIGITS: usize = 128;
const GROUP: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_written_in_decimal() {
        let cases = [
            ("00", "0"),
            ("0A", "10"),
            ("3B9ACA00", "1000000000"),
            ("FFFFFFFFFFFFFFFF", "18446744073709551615"),
            // 2^159: the highest bit that 20 octets of a positive number have.
            (
                "8000000000000000000000000000000000000000",
                "730750818665451459101842416358141509827966271488",
            ),
        ];
        for (digits, expected) in cases {
            assert_eq!(decimal(digits).as_deref(), Some(expected), "{digits}");
        }
        assert_eq!(decimal(""), None);
        assert_eq!(decimal("0G"), None);
        assert_eq!(decimal(&"F".repeat(128)).unwrap().len(), 155);
        assert_eq!(decimal(&"F".repeat(129)), None);
    }

    #[test]
    fn the_parts_of_a_name_are_read_as_they_were_encoded() {
        let parts = |name: &str, keyword: &str| {
            Parts::of(name).all(keyword).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(parts("CN=R3,O=Let's Encrypt,C=US", "O"), ["Let's Encrypt"]);
        assert_eq!(parts("OU=second,OU=first", "OU"), ["first", "second"]);
        assert_eq!(parts("CN=a+OU=b,O=c", "OU"), ["b"]);
        assert_eq!(parts(r#"CN=a\,b\+c\"d\\e\<f\>g\;h=i"#, "CN"), [r#"a,b+c"d\e<f>g;h=i"#]);
        assert_eq!(parts(r"CN=\ #\ ,O=\#1", "CN"), [" # "]);
        assert_eq!(parts(r"CN=a\0Ab\E2\80\AEc\+de", "CN"), ["a\nb\u{202e}c+de"]);
        assert_eq!(parts("CN=#0c01ff,O=x", "O"), ["x"]);
        assert_eq!(parts("CN=#0c01ff,O=x", "CN"), NONE);
        assert_eq!(parts("CN=,O=x", "CN"), [""]);
    }

    #[test]
    fn what_is_no_name_is_taken_apart_as_far_as_it_goes() {
        for text in ["", "CN", ",", "=", "CN=\\", "CN=a\\0", "CN=\\\u{e9}", "\u{e9}=\u{e9},+="] {
            let Parts(parts) = Parts::of(text);
            assert!(parts.len() <= 2, "{text:?}");
        }
    }

    const NONE: [&str; 0] = [];
}
