//! The blocks of a PEM text, each with the line on which it begins.
//!
//! Read here rather than by a library, because a broken block must not end the reading, and its
//! line is what a person at an editor needs.

use data_encoding::BASE64;

use super::MalformedCertificate;

pub(super) struct Blocks {
    /// The DER of each block that was asked for, or what is wrong with the block.
    pub(super) wanted: Vec<Result<Vec<u8>, Broken>>,
    pub(super) skipped: usize,
}

pub(super) struct Broken {
    pub(super) text: Vec<u8>,
    pub(super) reason: MalformedCertificate,
}

/// Reads the blocks with one of the labels, and counts the others.
pub(super) fn blocks(text: &[u8], labels: &[&[u8]]) -> Blocks {
    let mut blocks = Blocks { wanted: Vec::new(), skipped: 0 };
    let mut open: Option<Open> = None;
    // Classic Mac OS ended lines with a carriage return alone.
    let line_end = if text.contains(&b'\n') { b'\n' } else { b'\r' };
    for (line, number) in text.split(|byte| *byte == line_end).zip(1..) {
        let line = line.trim_ascii();
        if let Some(label) = label(line, b"-----BEGIN ") {
            if let Some(unfinished) = open.take() {
                blocks.close(unfinished, false);
            }
            open = Some(Open { wanted: labels.contains(&label), line: number, body: Vec::new() });
        } else if label(line, b"-----END ").is_some() {
            if let Some(finished) = open.take() {
                blocks.close(finished, true);
            }
        } else if let Some(block) = open.as_mut().filter(|block| block.wanted) {
            block.body.extend_from_slice(line);
        }
    }
    if let Some(unfinished) = open {
        blocks.close(unfinished, false);
    }
    blocks
}

/// A block whose end has not been reached. The body of a private key is never copied.
struct Open {
    wanted: bool,
    line: usize,
    body: Vec<u8>,
}

impl Blocks {
    fn close(&mut self, block: Open, finished: bool) {
        if !block.wanted {
            self.skipped += 1;
            return;
        }
        let broken = |reason| {
            let part = format!("PEM block at line {}", block.line);
            MalformedCertificate::new(part, reason)
        };
        self.wanted.push(if !finished {
            Err(Broken { reason: broken("has no END line"), text: block.body })
        } else {
            BASE64
                .decode(&block.body)
                .map_err(|_| Broken { reason: broken("is not valid base64"), text: block.body })
        });
    }
}

/// The label of a line `-----BEGIN LABEL-----`; a byte order mark before it is passed over.
fn label<'a>(line: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).strip_prefix(start)?.strip_suffix(b"-----")
}
