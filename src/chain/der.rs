//! Just enough DER to walk a certificate's frame: definite, minimal lengths and low tags only.
//!
//! The frame is read here rather than by x509-parser, because that refuses the whole certificate
//! for one date that it can't read, and a certificate whose date is odd is the one to tell about.

/// One tag, length and value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tlv<'a> {
    pub(crate) tag: u8,
    pub(crate) value: &'a [u8],
    /// Tag and length included.
    pub(crate) raw: &'a [u8],
}

/// Why the bytes are no DER.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DerError {
    Truncated,
    /// X.690 section 10.1: the definite form, in the minimum number of octets.
    Length,
    /// No certificate field has a tag number above 30.
    HighTag,
    Unexpected,
    TrailingData,
}

impl DerError {
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Truncated => "ends early",
            Self::Length => "has a length that is not DER",
            Self::HighTag => "has a tag that no certificate has",
            Self::Unexpected => "is not of the type that belongs there",
            Self::TrailingData => "is followed by bytes that do not belong there",
        }
    }
}

/// Reads one value after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many octets are left.
    pub(crate) const fn len(&self) -> usize {
        self.rest.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn next(&mut self) -> Result<Tlv<'a>, DerError> {
        let [tag, first, after @ ..] = self.rest else {
            return Err(DerError::Truncated);
        };
        if tag & TAG_NUMBER == TAG_NUMBER {
            return Err(DerError::HighTag);
        }
        let (length, header) = match *first {
            short @ 0..=0x7f => (usize::from(short), 2),
            long => {
                let octets = usize::from(long & 0x7f);
                // 0x80 is the indefinite form; nothing that we read is 4 GiB long.
                if !(1..=4).contains(&octets) {
                    return Err(DerError::Length);
                }
                let Some(octets_of_length) = after.get(..octets) else {
                    return Err(DerError::Truncated);
                };
                let length = octets_of_length
                    .iter()
                    .fold(0_usize, |length, octet| (length << 8) | usize::from(*octet));
                if octets_of_length[0] == 0 || length < 0x80 {
                    return Err(DerError::Length);
                }
                (length, 2 + octets)
            }
        };
        let end = header.checked_add(length).ok_or(DerError::Truncated)?;
        let raw = self.rest.get(..end).ok_or(DerError::Truncated)?;
        self.rest = &self.rest[end..];
        Ok(Tlv { tag: *tag, value: &raw[header..], raw })
    }

    pub(crate) fn expect(&mut self, tag: u8) -> Result<Tlv<'a>, DerError> {
        let tlv = self.next()?;
        if tlv.tag == tag { Ok(tlv) } else { Err(DerError::Unexpected) }
    }

    /// Reads the next value if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Tlv<'a>>, DerError> {
        if self.rest.first() == Some(&tag) { self.next().map(Some) } else { Ok(None) }
    }

    pub(crate) const fn end(self) -> Result<(), DerError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DerError::TrailingData) }
    }
}

/// Puts tag and length before the content of a SEQUENCE.
pub(crate) fn sequence(content: &[u8]) -> Vec<u8> {
    encoded(SEQUENCE, content)
}

/// Puts tag and length before a content.
pub(crate) fn encoded(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    let octets = content.len().to_be_bytes();
    let significant = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len() - 1);
    match u8::try_from(content.len()) {
        Ok(short @ 0..=0x7f) => der.push(short),
        _ => {
            let octets = &octets[significant..];
            // A usize has eight octets at most.
            der.push(0x80 | u8::try_from(octets.len()).unwrap_or(8));
            der.extend_from_slice(octets);
        }
    }
    der.extend_from_slice(content);
    der
}

const TAG_NUMBER: u8 = 0x1f;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// The tag of a constructed, context-specific field.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(bytes: &[u8]) -> Result<&[u8], DerError> {
        Reader::new(bytes).next().map(|tlv| tlv.value)
    }

    #[test]
    fn lengths_are_read_in_the_short_and_the_long_form() {
        assert_eq!(one(&[0x04, 0x02, 7, 8, 9]), Ok(&[7, 8][..]));
        let mut long = vec![0x04, 0x81, 0x80];
        long.resize(3 + 0x80, 5);
        assert_eq!(one(&long).map(<[u8]>::len), Ok(0x80));
    }

    #[test]
    fn a_sequence_that_is_written_is_read_back() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x1_0000] {
            let content = vec![7; length];
            assert_eq!(one(&sequence(&content)), Ok(&content[..]), "{length}");
        }
    }

    #[test]
    fn what_is_not_der_is_refused() {
        assert_eq!(one(&[]), Err(DerError::Truncated));
        assert_eq!(one(&[0x04]), Err(DerError::Truncated));
        assert_eq!(one(&[0x04, 0x03, 1, 2]), Err(DerError::Truncated));
        assert_eq!(one(&[0x04, 0x82, 1]), Err(DerError::Truncated));
        assert_eq!(one(&[0x30, 0x80, 0, 0]), Err(DerError::Length), "indefinite");
        assert_eq!(one(&[0x04, 0x81, 0x01, 9]), Err(DerError::Length), "not minimal");
        assert_eq!(one(&[0x04, 0x82, 0x00, 0x80]), Err(DerError::Length), "leading zero");
        assert_eq!(one(&[0x04, 0x85, 1, 1, 1, 1, 1]), Err(DerError::Length), "five octets");
        assert_eq!(one(&[0x1f, 0x01, 0]), Err(DerError::HighTag));
    }
}
