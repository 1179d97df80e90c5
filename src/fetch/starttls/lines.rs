//! Lines of text, as most of the dialogues are made of.

use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::Refusal;

/// The first line of the input without its end, and how many bytes it takes with it; `None` where
/// it is not complete yet.
///
/// A line ends with a line feed, before which a carriage return is dropped.
///
/// # Errors
///
/// A line that is longer than any server has reason to send.
pub(in crate::fetch) fn first_line(input: &[u8]) -> Result<Option<(&[u8], usize)>, Refusal> {
    let window = &input[..input.len().min(LONGEST)];
    match window.iter().position(|byte| *byte == b'\n') {
        Some(end) => {
            let line = &input[..end];
            Ok(Some((line.strip_suffix(b"\r").unwrap_or(line), end + 1)))
        }
        None if window.len() == LONGEST => {
            Err(Refusal::new(FetchErrorKind::MessageTooLarge).saying(window))
        }
        None => Ok(None),
    }
}

/// The words of a line, between each two of which stands one blank.
pub(super) fn words(line: &[u8]) -> Vec<&[u8]> {
    line.split(|byte| *byte == b' ').collect()
}

/// A line that begins with a reply code of three digits: the code, whether more lines of the same
/// reply follow, and the text (RFC 5321 section 4.2, RFC 959 section 4.2).
pub(in crate::fetch) fn coded(line: &[u8]) -> Option<Coded<'_>> {
    let (code, rest) = line.split_at_checked(3)?;
    let code = std::str::from_utf8(code).ok().filter(|code| code.bytes().all(is_digit))?;
    let (more, text) = match rest {
        [b'-', text @ ..] => (true, text),
        [b' ', text @ ..] => (false, text),
        [] => (false, rest),
        _ => return None,
    };
    Some(Coded { code: code.parse().ok()?, more, text })
}

#[derive(Debug, Eq, PartialEq)]
pub(in crate::fetch) struct Coded<'a> {
    pub(in crate::fetch) code: u16,
    pub(in crate::fetch) more: bool,
    pub(in crate::fetch) text: &'a [u8],
}

const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

/// Eight times what SMTP allows a reply line (RFC 5321 section 4.5.3.1.5).
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_complete_at_its_line_feed() {
        assert_eq!(first_line(b"").unwrap(), None);
        assert_eq!(first_line(b"220 a\r").unwrap(), None);
        assert_eq!(first_line(b"220 a\r\n").unwrap(), Some((&b"220 a"[..], 7)));
        assert_eq!(first_line(b"220 a\n221").unwrap(), Some((&b"220 a"[..], 6)));
        assert_eq!(first_line(b"\n").unwrap(), Some((&b""[..], 1)));
    }

    #[test]
    fn a_line_without_an_end_is_given_up() {
        assert_eq!(first_line(&[b'a'; LONGEST - 1]).unwrap(), None);
        let refusal = first_line(&[b'a'; LONGEST]).unwrap_err();
        assert_eq!(refusal.kind, FetchErrorKind::MessageTooLarge);
        let mut longest = vec![b'a'; LONGEST - 1];
        longest.push(b'\n');
        assert_eq!(first_line(&longest).unwrap(), Some((&longest[..LONGEST - 1], LONGEST)));
    }

    #[test]
    fn words_are_what_single_blanks_part() {
        assert_eq!(words(b"* OK ready"), [&b"*"[..], b"OK", b"ready"]);
        assert_eq!(words(b" \t a"), [&b""[..], b"\t", b"a"]);
        assert_eq!(words(b""), [b""]);
    }

    #[test]
    fn a_reply_code_is_three_digits_and_a_separator() {
        let text = |text| Coded { code: 220, more: false, text };
        assert_eq!(coded(b"220 ready"), Some(text(b"ready")));
        assert_eq!(coded(b"220"), Some(text(b"")));
        assert_eq!(coded(b"220-ready"), Some(Coded { more: true, ..text(b"ready") }));
        for line in [&b""[..], b"22", b"22 ", b"+20 a", b"2200", b"\xff20 a", b"220_a", b"abc d"] {
            assert_eq!(coded(line), None, "{line:?}");
        }
    }
}
