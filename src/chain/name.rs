//! Distinguished names: kept as bytes, compared as bytes, written as RFC 4514 says.

use std::fmt::{self, Write as _};

use super::der::{self, OID, Reader, SEQUENCE, SET, Tlv};
use super::key::dotted;

/// A distinguished name, as the DER of its RDNSequence.
///
/// Names are equal when their bytes are: that is how webpki, and nearly every certificate, links
/// an issuer to a subject. `Display` writes RFC 4514, most specific part first
/// (`CN=R3,O=Let's Encrypt,C=US`), with control and direction-changing characters escaped.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct DistinguishedName(Box<[u8]>);

impl DistinguishedName {
    pub(super) fn new(der: &[u8]) -> Self {
        Self(der.into())
    }

    /// From the content of the RDNSequence, without its tag and length.
    pub(crate) fn from_content(content: &[u8]) -> Self {
        Self(der::sequence(content).into())
    }

    /// The RDNSequence in DER.
    #[must_use]
    pub const fn as_der(&self) -> &[u8] {
        &self.0
    }

    /// Whether the name has no parts at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        // An empty SEQUENCE is its two header octets.
        self.0.len() <= 2
    }

    /// The common names, in the order of the encoding; values that are no text are left out.
    ///
    /// Not a place to look for a server's identity: RFC 9525 section 2.
    #[must_use]
    pub fn common_names(&self) -> Vec<String> {
        self.values(COMMON_NAME)
    }

    /// The values of an attribute by its object identifier, in the order of the encoding; those that
    /// are no text are left out.
    pub(crate) fn values(&self, oid: &[u8]) -> Vec<String> {
        attributes(&self.0)
            .filter(|attribute| attribute.oid == oid)
            .filter_map(|attribute| text(attribute.value))
            .collect()
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // RFC 4514 section 2.1: starting with the last part.
        let attributes: Vec<Attribute<'_>> = attributes(&self.0).collect();
        for (index, attribute) in attributes.iter().rev().enumerate() {
            if index > 0 {
                // The parts of one relative name stand behind each other in the reversed list too.
                let joined = attributes[attributes.len() - index].set == attribute.set;
                f.write_char(if joined { '+' } else { ',' })?;
            }
            match KEYWORDS.iter().find(|(oid, _)| *oid == attribute.oid) {
                Some((_, keyword)) => f.write_str(keyword)?,
                None => f.write_str(&dotted(attribute.oid))?,
            }
            f.write_char('=')?;
            match text(attribute.value) {
                Some(value) => write_escaped(f, &value)?,
                None => write_hex(f, attribute.value.raw)?,
            }
        }
        Ok(())
    }
}

struct Attribute<'a> {
    /// Which relative name it belongs to.
    set: usize,
    oid: &'a [u8],
    value: Tlv<'a>,
}

/// The attributes up to the first thing that is no attribute: a name is shown, never refused.
fn attributes(der: &[u8]) -> impl Iterator<Item = Attribute<'_>> {
    let mut sequence =
        Reader::new(der).expect(SEQUENCE).map_or(Reader::new(&[]), |name| Reader::new(name.value));
    let mut relative = Reader::new(&[]);
    let mut set = 0;
    std::iter::from_fn(move || {
        while relative.is_empty() {
            relative = Reader::new(sequence.expect(SET).ok()?.value);
            set += 1;
        }
        let mut fields = Reader::new(relative.expect(SEQUENCE).ok()?.value);
        let oid = fields.expect(OID).ok()?.value;
        Some(Attribute { set, oid, value: fields.next().ok()? })
    })
}

/// The string types of RFC 5280 section 4.1.2.4, and those that are met beside them.
fn text(value: Tlv<'_>) -> Option<String> {
    match value.tag {
        // UTF8String, NumericString, PrintableString, IA5String, VisibleString
        0x0c | 0x12 | 0x13 | 0x16 | 0x1a => String::from_utf8(value.value.to_vec()).ok(),
        // TeletexString: in practice Latin-1
        0x14 => Some(value.value.iter().copied().map(char::from).collect()),
        // UniversalString
        0x1c => value.value.len().is_multiple_of(4).then(|| {
            let code =
                |unit: &[u8]| unit.iter().fold(0, |code, octet| (code << 8) | u32::from(*octet));
            value
                .value
                .chunks(4)
                .map(|unit| char::from_u32(code(unit)).unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }),
        // BMPString
        0x1e => value.value.len().is_multiple_of(2).then(|| {
            let units =
                value.value.chunks(2).map(|unit| (u16::from(unit[0]) << 8) | u16::from(unit[1]));
            char::decode_utf16(units)
                .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }),
        _ => None,
    }
}

/// RFC 4514 section 2.4; what could change how a terminal or a page shows the rest is written as
/// the hexadecimal pairs of its UTF-8 encoding, which the same section allows for any character.
fn write_escaped(f: &mut fmt::Formatter<'_>, value: &str) -> fmt::Result {
    let last = value.chars().count().saturating_sub(1);
    for (index, char) in value.chars().enumerate() {
        match char {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(f, "\\{char}")?,
            '#' | ' ' if index == 0 => write!(f, "\\{char}")?,
            ' ' if index == last => f.write_str("\\ ")?,
            _ if crate::escape::is_hostile(char) => {
                for octet in char.encode_utf8(&mut [0; 4]).bytes() {
                    write!(f, "\\{octet:02X}")?;
                }
            }
            _ => f.write_char(char)?,
        }
    }
    Ok(())
}

/// RFC 4514 section 2.4: a value that has no string form.
fn write_hex(f: &mut fmt::Formatter<'_>, der: &[u8]) -> fmt::Result {
    f.write_char('#')?;
    der.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
}

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

// RFC 4514 section 3, RFC 5280 section 4.1.2.4, RFC 2985 section 5.2.1.
const KEYWORDS: &[(&[u8], &str)] = &[
    (COMMON_NAME, "CN"),
    (&[0x55, 0x04, 0x06], "C"),
    (&[0x55, 0x04, 0x0a], "O"),
    (&[0x55, 0x04, 0x0b], "OU"),
    (&[0x55, 0x04, 0x07], "L"),
    (&[0x55, 0x04, 0x08], "ST"),
    (&[0x55, 0x04, 0x09], "STREET"),
    (&[0x55, 0x04, 0x05], "serialNumber"),
    (&[0x55, 0x04, 0x04], "SN"),
    (&[0x55, 0x04, 0x2a], "GN"),
    (&[0x55, 0x04, 0x0c], "title"),
    (&[0x55, 0x04, 0x61], "organizationIdentifier"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19], "DC"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x01], "UID"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01], "emailAddress"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// A name of one attribute per relative name.
    fn name(parts: &[(&[u8], u8, &[u8])]) -> DistinguishedName {
        let tlv = |tag: u8, value: &[u8]| {
            let mut out = vec![tag, u8::try_from(value.len()).unwrap()];
            out.extend_from_slice(value);
            out
        };
        let sets: Vec<u8> = parts
            .iter()
            .flat_map(|(oid, tag, value)| {
                tlv(SET, &tlv(SEQUENCE, &[tlv(OID, oid), tlv(*tag, value)].concat()))
            })
            .collect();
        DistinguishedName::new(&tlv(SEQUENCE, &sets))
    }

    #[test]
    fn the_most_specific_part_comes_first() {
        let name = name(&[
            (&[0x55, 0x04, 0x06], 0x13, b"US"),
            (&[0x55, 0x04, 0x0a], 0x0c, b"Let's Encrypt"),
            (COMMON_NAME, 0x13, b"R3"),
        ]);
        assert_eq!(name.to_string(), "CN=R3,O=Let's Encrypt,C=US");
        assert_eq!(name.common_names(), ["R3"]);
    }

    #[test]
    fn hostile_text_is_escaped() {
        let show = |tag, value: &[u8]| name(&[(COMMON_NAME, tag, value)]).to_string();
        assert_eq!(show(0x0c, b"a,b+c\"d\\e<f>g;h"), r#"CN=a\,b\+c\"d\\e\<f\>g\;h"#);
        assert_eq!(show(0x0c, b" # "), r"CN=\ #\ ");
        assert_eq!(show(0x0c, b"#1"), r"CN=\#1");
        assert_eq!(show(0x0c, b"a\nb\x1b[2J\0"), r"CN=a\0Ab\1B[2J\00");
        assert_eq!(show(0x0c, "a\u{202e}b".as_bytes()), r"CN=a\E2\80\AEb");
        assert_eq!(show(0x0c, "\u{e9}t\u{e9}".as_bytes()), "CN=\u{e9}t\u{e9}");
    }

    #[test]
    fn every_string_type_is_read_and_what_is_no_text_is_shown_in_hexadecimal() {
        let show = |tag, value: &[u8]| name(&[(COMMON_NAME, tag, value)]).to_string();
        assert_eq!(show(0x14, b"caf\xe9"), "CN=caf\u{e9}");
        assert_eq!(show(0x1e, &[0, b'h', 0x20, 0xac]), "CN=h\u{20ac}");
        assert_eq!(show(0x1c, &[0, 1, 0xf6, 0]), "CN=\u{1f600}");
        assert_eq!(show(0x0c, b"\xff"), "CN=#0c01ff");
        assert_eq!(show(0x1e, b"odd"), "CN=#1e036f6464");
        assert_eq!(name(&[(&[0x2a, 0x03], 0x0c, b"x")]).to_string(), "1.2.3=x");
    }

    #[test]
    fn a_broken_name_is_shown_as_far_as_it_goes() {
        assert_eq!(DistinguishedName::new(&[0x30, 0x00]).to_string(), "");
        assert!(DistinguishedName::new(&[0x30, 0x00]).is_empty());
        assert_eq!(DistinguishedName::new(&[0x30, 0x05, 0x31, 0x03, 0x30]).to_string(), "");
    }
}
