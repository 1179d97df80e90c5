//! BER, as far as key stores and PKCS#7 files are written in it: lengths that are not known ahead,
//! and strings in pieces (X.690 sections 8.1.3.6 and 8.7.3).
//!
//! Nothing is recursive, and each level that is looked into costs one walk over its content.

use std::borrow::Cow;

use crate::chain::der::{DerError, OCTET_STRING};

/// One tag, length and value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tlv<'a> {
    pub(super) tag: u8,
    /// Without the end-of-contents octets.
    pub(super) value: &'a [u8],
    /// With all that is around the value.
    pub(super) raw: &'a [u8],
    /// Where the value begins in the source.
    start: usize,
}

impl<'a> Tlv<'a> {
    /// Reads what is inside.
    pub(super) const fn inside(&self) -> Reader<'a> {
        Reader { rest: self.value, start: self.start }
    }

    /// The octets of a string, put together where it comes in pieces.
    #[cfg_attr(not(feature = "pkcs12"), expect(dead_code))]
    pub(super) fn octets(&self) -> Result<Cow<'a, [u8]>, DerError> {
        if self.tag & CONSTRUCTED == 0 {
            return Ok(self.value.into());
        }
        let mut octets = Vec::new();
        // The pieces may be in pieces themselves: what is constructed is only entered.
        let mut rest = self.value;
        while !rest.is_empty() {
            let header = Header::read(rest)?;
            let after = &rest[header.octets..];
            rest = match (header.tag, header.length) {
                (END_OF_CONTENTS, Some(0)) | (CONSTRUCTED_OCTET_STRING, _) => after,
                (OCTET_STRING, Some(length)) => {
                    let (piece, rest) =
                        after.split_at_checked(length).ok_or(DerError::Truncated)?;
                    octets.extend_from_slice(piece);
                    rest
                }
                _ => return Err(DerError::Unexpected),
            };
        }
        Ok(octets.into())
    }
}

/// Reads one value after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    start: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, start: 0 }
    }

    /// Where the next value begins in the source.
    pub(super) const fn position(&self) -> usize {
        self.start
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn next(&mut self) -> Result<Tlv<'a>, DerError> {
        let header = Header::read(self.rest)?;
        let inner = &self.rest[header.octets..];
        let (length, end) = match header.length {
            Some(length) => (length, 0),
            None => (until_end_of_contents(inner)?, 2),
        };
        let value = inner.get(..length).ok_or(DerError::Truncated)?;
        let (raw, rest) = self.rest.split_at(header.octets + length + end);
        let tlv = Tlv { tag: header.tag, value, raw, start: self.start + header.octets };
        self.rest = rest;
        self.start += raw.len();
        Ok(tlv)
    }

    /// Reads the next value, which stays where it is if it has another tag.
    pub(super) fn expect(&mut self, tag: u8) -> Result<Tlv<'a>, DerError> {
        let mut ahead = *self;
        let tlv = ahead.next()?;
        if tlv.tag != tag {
            return Err(DerError::Unexpected);
        }
        *self = ahead;
        Ok(tlv)
    }

    /// Reads the next value if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Tlv<'a>>, DerError> {
        if self.rest.first() == Some(&tag) { self.next().map(Some) } else { Ok(None) }
    }
}

struct Header {
    tag: u8,
    /// How many octets tag and length take.
    octets: usize,
    /// `None` where the end is marked (X.690 section 8.1.3.6).
    length: Option<usize>,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, DerError> {
        let [tag, first, after @ ..] = bytes else {
            return Err(DerError::Truncated);
        };
        if tag & TAG_NUMBER == TAG_NUMBER {
            return Err(DerError::HighTag);
        }
        let (octets, length) = match *first {
            short @ 0..=0x7f => (0, Some(usize::from(short))),
            0x80 if tag & CONSTRUCTED != 0 => (0, None),
            0x80 | 0xff => return Err(DerError::Length),
            long => {
                let octets = usize::from(long & 0x7f);
                let length = after.get(..octets).ok_or(DerError::Truncated)?;
                let length = length.iter().try_fold(0_usize, |length, octet| {
                    length.checked_mul(0x100)?.checked_add(usize::from(*octet))
                });
                (octets, Some(length.ok_or(DerError::Length)?))
            }
        };
        Ok(Self { tag: *tag, octets: 2 + octets, length })
    }
}

/// How many octets stand before the end-of-contents octets that belong to no value among them.
fn until_end_of_contents(bytes: &[u8]) -> Result<usize, DerError> {
    let mut rest = bytes;
    let mut open = 0_usize;
    loop {
        let header = Header::read(rest)?;
        let before = bytes.len() - rest.len();
        rest = &rest[header.octets..];
        match (header.tag, header.length) {
            (END_OF_CONTENTS, Some(0)) if open == 0 => return Ok(before),
            (END_OF_CONTENTS, Some(0)) => open -= 1,
            (_, Some(length)) => rest = rest.get(length..).ok_or(DerError::Truncated)?,
            (_, None) => open += 1,
        }
    }
}

const CONSTRUCTED: u8 = 0x20;
const CONSTRUCTED_OCTET_STRING: u8 = CONSTRUCTED | OCTET_STRING;
const END_OF_CONTENTS: u8 = 0;
const TAG_NUMBER: u8 = 0x1f;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_are_marked_by_their_end_are_read() {
        let bytes = [0x30, 0x80, 0x04, 0x01, 7, 0x30, 0x80, 0, 0, 0, 0, 0x05, 0x00];
        let mut reader = Reader::new(&bytes);
        let outer = reader.next().unwrap();
        assert_eq!((outer.tag, outer.value, outer.raw.len()), (0x30, &bytes[2..9], 11));
        assert_eq!(reader.position(), 11);
        let mut inside = outer.inside();
        assert_eq!(inside.next().unwrap().value, [7]);
        assert_eq!(inside.position(), 5);
        assert!(inside.next().unwrap().value.is_empty());
        assert!(inside.is_empty());
        assert_eq!(reader.next().unwrap().tag, 0x05);
    }

    #[test]
    fn strings_in_pieces_of_pieces_are_put_together() {
        let bytes =
            [0x24, 0x80, 0x04, 1, 1, 0x24, 0x80, 4, 2, 2, 3, 0, 0, 0x24, 4, 0x04, 0x81, 1, 4, 0, 0];
        let string = Reader::new(&bytes).next().unwrap();
        assert_eq!(string.octets().as_deref(), Ok(&[1, 2, 3, 4][..]));
        let whole = Reader::new(&[0x04, 2, 1, 2]).next().unwrap();
        assert_eq!(whole.octets().as_deref(), Ok(&[1, 2][..]));
        let mixed = Reader::new(&[0x24, 3, 0x05, 1, 0]).next().unwrap();
        assert_eq!(mixed.octets(), Err(DerError::Unexpected));
    }

    #[test]
    fn what_is_not_ber_is_refused() {
        let refused = |bytes: &[u8]| Reader::new(bytes).next().unwrap_err();
        assert_eq!(refused(&[0x30, 0x80, 0x04, 1, 7]), DerError::Truncated);
        assert_eq!(refused(&[0x30, 0x80, 0x04, 9, 7]), DerError::Truncated);
        assert_eq!(refused(&[0x30, 3, 1, 1]), DerError::Truncated);
        assert_eq!(refused(&[0x04, 0x80, 0, 0]), DerError::Length, "a primitive one has a length");
        assert_eq!(refused(&[&[4, 0x89, 1][..], &[0; 9]].concat()), DerError::Length);
        assert_eq!(refused(&[0x1f, 0x01, 0]), DerError::HighTag);
    }

    #[test]
    fn a_million_levels_are_walked_and_not_climbed() {
        let deep = [0x30, 0x80].repeat(1_000_000);
        assert_eq!(Reader::new(&deep).next().unwrap_err(), DerError::Truncated);
        let closed = [deep, vec![0; 2_000_000]].concat();
        assert_eq!(Reader::new(&closed).next().unwrap().value.len(), 3_999_996);
        let strings = [[0x24, 0x80].repeat(1_000_000), vec![0; 2_000_000]].concat();
        let string = Reader::new(&strings).next().unwrap();
        assert_eq!(string.octets().as_deref(), Ok(&[][..]));
    }
}
