//! The blocks of a PEM text, each with the line on which it begins.
//!
//! Read here rather than by a library, because a broken block must not end the reading, and its
//! line is what a person at an editor needs.

use data_encoding::BASE64;

use super::MalformedCertificate;

pub(crate) struct Blocks<'t> {
    /// The blocks that were asked for.
    pub(crate) wanted: Vec<Block<'t>>,
    /// How many others there were.
    pub(crate) skipped: usize,
}

pub(crate) struct Block<'t> {
    /// What stands between `-----BEGIN ` and `-----`.
    pub(crate) label: &'t [u8],
    /// The line on which it begins, counted from 1.
    pub(crate) line: u64,
    /// Whether a header says that it is encrypted (RFC 1421 section 4.6.1.1).
    pub(crate) encrypted: bool,
    /// What it holds, or what is wrong with it.
    pub(crate) der: Result<Vec<u8>, Broken>,
}

pub(crate) struct Broken {
    /// What stood where base64 should.
    pub(crate) text: Vec<u8>,
    pub(crate) reason: &'static str,
}

impl Broken {
    /// The entry's reason, for a block that begins on a line.
    pub(super) fn at(&self, line: u64) -> MalformedCertificate {
        MalformedCertificate::new(format!("PEM block at line {line}"), self.reason)
    }
}

/// Reads the blocks whose label is asked for, and counts the others.
pub(crate) fn blocks(text: &[u8], wants: impl Fn(&[u8]) -> bool) -> Blocks<'_> {
    let mut blocks = Blocks { wanted: Vec::new(), skipped: 0 };
    let mut open: Option<Open<'_>> = None;
    // Classic Mac OS ended lines with a carriage return alone.
    let line_end = if text.contains(&b'\n') { b'\n' } else { b'\r' };
    for (line, number) in text.split(|byte| *byte == line_end).zip(1..) {
        let line = line.trim_ascii();
        if let Some(label) = label(line, b"-----BEGIN ") {
            if let Some(unfinished) = open.take() {
                blocks.close(unfinished, false);
            }
            let wanted = wants(label);
            open = Some(Open { label, wanted, line: number, encrypted: false, body: Vec::new() });
        } else if label(line, b"-----END ").is_some() {
            if let Some(finished) = open.take() {
                blocks.close(finished, true);
            }
        } else if let Some(block) = open.as_mut().filter(|block| block.wanted) {
            block.take(line);
        }
    }
    if let Some(unfinished) = open {
        blocks.close(unfinished, false);
    }
    blocks
}

/// A block whose end has not been reached. The body of one that is not wanted is never copied.
struct Open<'t> {
    label: &'t [u8],
    wanted: bool,
    line: u64,
    encrypted: bool,
    body: Vec<u8>,
}

impl Open<'_> {
    /// Headers are passed over: no base64 has a colon (RFC 1421 section 4.6).
    fn take(&mut self, line: &[u8]) {
        if !line.contains(&b':') {
            self.body.extend_from_slice(line);
        } else if line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED") {
            self.encrypted = true;
        }
    }
}

impl<'t> Blocks<'t> {
    fn close(&mut self, block: Open<'t>, finished: bool) {
        if !block.wanted {
            self.skipped += 1;
            return;
        }
        let Open { label, line, encrypted, body, .. } = block;
        let der = if !finished {
            Err(Broken { text: body, reason: "has no END line" })
        } else {
            BASE64.decode(&body).map_err(|_| Broken { text: body, reason: "is not valid base64" })
        };
        self.wanted.push(Block { label, line, encrypted, der });
    }
}

/// The label of a line `-----BEGIN LABEL-----`; a byte order mark before it is passed over.
fn label<'a>(line: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).strip_prefix(start)?.strip_suffix(b"-----")
}
