//! Doors to what is private, for the fuzzers.

/// Reads the bytes as an old server's first flight.
pub fn legacy(bytes: &[u8]) {
    super::legacy::fuzz(bytes);
}
