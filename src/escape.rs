//! Text of peers, made fit to be shown: what must not reach a terminal, a log or a page as it is.

use std::fmt::{self, Write as _};

/// Whether a character controls what shows it, instead of being shown: control characters, line
/// and paragraph separators, and those that change the direction of text (Unicode TR 36, 2.5)
/// or take no room.
pub(crate) fn is_hostile(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
        )
}

/// Text from a peer, written with hostile characters as `\u{202e}`.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| {
            if is_hostile(char) {
                write!(f, "{}", char.escape_unicode())
            } else {
                f.write_char(char)
            }
        })
    }
}

/// A name, cut: a peer may send one of thousands of characters, and findings repeat it.
pub(crate) fn short(name: &impl fmt::Display) -> String {
    let mut short = Short(String::new());
    // The error only says that the rest was cut.
    let _ = write!(short, "{name}");
    short.0
}

/// Takes up to `LONGEST_NAME` characters; the last is an ellipsis where there were more.
struct Short(String);

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = LONGEST_NAME - self.0.chars().count();
        match text.char_indices().nth(room) {
            None => self.0.push_str(text),
            Some((end, _)) => {
                self.0.push_str(&text[..end]);
                self.0.pop();
                self.0.push('\u{2026}');
                return Err(fmt::Error);
            }
        }
        Ok(())
    }
}

const LONGEST_NAME: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_the_display_is_escaped_and_the_rest_is_left() {
        assert_eq!(Escaped("a\r\nb\u{1b}[31m").to_string(), "a\\u{d}\\u{a}b\\u{1b}[31m");
        assert_eq!(Escaped("moc.\u{202e}evil").to_string(), "moc.\\u{202e}evil");
        assert_eq!(Escaped("z\u{fc}rich \u{1f600}").to_string(), "z\u{fc}rich \u{1f600}");
    }
}
