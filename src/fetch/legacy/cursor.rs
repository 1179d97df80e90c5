//! Reading the fields of a message.

/// The bytes that are left. Nothing is read beyond their end.
#[derive(Debug)]
pub(super) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    /// A length of one to three bytes, the most significant first (RFC 5246 section 4.4).
    pub(super) fn length<const N: usize>(&mut self) -> Option<usize> {
        let bytes = self.array::<N>()?;
        Some(bytes.into_iter().fold(0, |length, byte| length << 8 | usize::from(byte)))
    }

    /// A vector behind its length of `N` bytes (RFC 5246 section 4.3).
    pub(super) fn vector<const N: usize>(&mut self) -> Option<&'a [u8]> {
        let length = self.length::<N>()?;
        self.bytes(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_one_after_the_other() {
        let mut cursor = Cursor::new(&[1, 2, 3, 0, 2, 8, 9, 7]);

        assert_eq!(cursor.array(), Some([1]));
        assert_eq!(cursor.length::<2>(), Some(0x0203));
        assert_eq!(cursor.vector::<2>(), Some(&[8, 9][..]));
        assert!(!cursor.is_empty());
        assert_eq!(cursor.bytes(1), Some(&[7][..]));
        assert!(cursor.is_empty());
    }

    #[test]
    fn the_longest_length_is_read_as_it_is() {
        assert_eq!(Cursor::new(&[0xff; 3]).length::<3>(), Some(0x00ff_ffff));
    }

    #[test]
    fn nothing_is_read_beyond_the_end() {
        assert_eq!(Cursor::new(&[1, 2]).array::<3>(), None);
        assert_eq!(Cursor::new(&[1, 2]).bytes(3), None);
        assert_eq!(Cursor::new(&[1, 2]).length::<3>(), None);
        assert_eq!(Cursor::new(&[0, 0, 2, 9]).vector::<3>(), None);
        assert_eq!(Cursor::new(&[0xff; 9]).vector::<3>(), None);
    }
}
