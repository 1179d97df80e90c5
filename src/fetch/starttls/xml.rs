//! Tags and the text between them, as far as a stream of XMPP may hold them (RFC 6120 section 11).

use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::Refusal;

/// A piece of a stream. Names are local: they stand without their prefix.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Token<'a> {
    /// `<?xml …?>`.
    Declaration,
    /// `<name …>` or, where it is empty, `<name …/>`.
    Start { name: &'a [u8], attributes: &'a [u8], empty: bool },
    /// `</name>`.
    End { name: &'a [u8] },
    /// What stands before a tag or up to the end of a line, references and all.
    Text(&'a [u8]),
}

/// The first token of the input, and how many bytes it takes; `None` where it is not complete yet.
///
/// # Errors
///
/// A token that is longer than any server has reason to send, and what is no tag, or must not
/// stand in a stream: a comment, another instruction, a document type.
pub(super) fn first_token(input: &[u8]) -> Result<Option<(Token<'_>, usize)>, Refusal> {
    let window = &input[..input.len().min(LONGEST)];
    let taken = match window {
        [b'<', b'!', ..] => return Err(Refusal::unreadable(b"<!")),
        [b'<', b'?', ..] => window.windows(2).position(|pair| pair == b"?>").map(|at| at + 2),
        [b'<', ..] => end_of_tag(window)?,
        _ => end_of_text(window),
    };
    match taken {
        Some(taken) => match token(&window[..taken]) {
            Some(token) => Ok(Some((token, taken))),
            None => Err(Refusal::unreadable(&window[..taken])),
        },
        None if window.len() == LONGEST => {
            Err(Refusal::new(FetchErrorKind::MessageTooLarge).saying(window))
        }
        None => Ok(None),
    }
}

/// The value of the attribute with the name, which has no prefix.
pub(super) fn attribute<'a>(mut attributes: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    loop {
        let (key, rest) = split_at_byte(attributes, b'=')?;
        let (quote, rest) = rest.trim_ascii_start().split_first()?;
        let (value, rest) = split_at_byte(rest, *quote)?;
        if key.trim_ascii() == name {
            return Some(value);
        }
        attributes = rest;
    }
}

fn token(bytes: &[u8]) -> Option<Token<'_>> {
    match bytes {
        [b'<', b'?', b'x', b'm', b'l', blank, ..] if blank.is_ascii_whitespace() => {
            Some(Token::Declaration)
        }
        [b'<', b'?', ..] => None,
        [b'<', b'/', name @ .., b'>'] => {
            Some(Token::End { name: local_name(name.trim_ascii_end())? })
        }
        [b'<', tag @ .., b'>'] => {
            let (tag, empty) = match tag {
                [tag @ .., b'/'] => (tag, true),
                tag => (tag, false),
            };
            let end = tag.iter().position(u8::is_ascii_whitespace).unwrap_or(tag.len());
            let (name, attributes) = tag.split_at(end);
            Some(Token::Start { name: local_name(name)?, attributes, empty })
        }
        text => Some(Token::Text(text)),
    }
}

fn local_name(name: &[u8]) -> Option<&[u8]> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:".contains(byte);
    let local = name.rsplit(|byte| *byte == b':').next()?;
    (name.iter().all(is_name) && !local.is_empty()).then_some(local)
}

/// Behind the first `>` that stands in no attribute.
fn end_of_tag(bytes: &[u8]) -> Result<Option<usize>, Refusal> {
    let mut quote = None;
    for (index, byte) in bytes.iter().enumerate().skip(1) {
        match (quote, byte) {
            // It must be escaped even in attributes.
            (_, b'<') => return Err(Refusal::unreadable(&bytes[..=index])),
            (None, b'>') => return Ok(Some(index + 1)),
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), _) if *byte == open => quote = None,
            _ => {}
        }
    }
    Ok(None)
}

/// At the first tag, or behind the first line feed.
fn end_of_text(bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().position(|byte| matches!(byte, b'<' | b'\n'))?;
    Some(if bytes[end] == b'\n' { end + 1 } else { end })
}

fn split_at_byte(bytes: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|it| *it == byte)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

/// The header of a stream takes a few hundred bytes.
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn tokens(mut input: &[u8]) -> Vec<Token<'_>> {
        let mut tokens = Vec::new();
        while let Some((token, taken)) = first_token(input).unwrap() {
            tokens.push(token);
            input = &input[taken..];
        }
        assert_eq!(input, b"", "it is taken up to its end");
        tokens
    }

    fn start<'a>(name: &'a str, attributes: &'a str, empty: bool) -> Token<'a> {
        Token::Start { name: name.as_bytes(), attributes: attributes.as_bytes(), empty }
    }

    #[test]
    fn a_stream_is_made_of_tags_and_text() {
        assert_eq!(
            tokens(b"<?xml version='1.0'?>\n<s:stream a='1'><x/>hey &amp;<y >\r\n</s:y\t>"),
            [
                Token::Declaration,
                Token::Text(b"\n"),
                start("stream", " a='1'", false),
                start("x", "", true),
                Token::Text(b"hey &amp;"),
                start("y", " ", false),
                Token::Text(b"\r\n"),
                Token::End { name: b"y" },
            ]
        );
    }

    #[test]
    fn a_tag_does_not_end_inside_an_attribute() {
        assert_eq!(tokens(br#"<a b="/>'>" c='">'/>"#), [start("a", r#" b="/>'>" c='">'"#, true)]);
    }

    #[test]
    fn an_attribute_is_found_by_its_whole_name() {
        let attributes = br#" xml:version='1' conversion="2" a = 'version="3"' version = '1.0' b"#;
        assert_eq!(attribute(attributes, b"version"), Some(&b"1.0"[..]));
        assert_eq!(attribute(attributes, b"a"), Some(&br#"version="3""#[..]));
        for broken in [&b""[..], b" version", b" version=", b" version='1", b" b version='1'"] {
            assert_eq!(attribute(broken, b"version"), None, "{broken:?}");
        }
    }

    #[test]
    fn an_unfinished_token_is_waited_for() {
        for unfinished in ["", "<", "<a", "<a b='>", "</a", "<?xml ?", "text"] {
            assert_eq!(first_token(unfinished.as_bytes()), Ok(None), "{unfinished}");
        }
    }

    #[test]
    fn what_must_not_stand_in_a_stream_is_refused() {
        for (input, words) in [
            ("<!-- > -->", "<!"),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]>", "<!"),
            ("<![CDATA[a]]>", "<!"),
            ("<?php a ?>", "<?php a ?>"),
            ("<?xmlfoo?>", "<?xmlfoo?>"),
            ("<>", "<>"),
            ("</>", "</>"),
            ("< a>", "< a>"),
            ("<a:>", "<a:>"),
            ("<a='b'>", "<a='b'>"),
            ("</a b='c'>", "</a b='c'>"),
            ("<a <b/>", "<a <"),
            ("<a b='<'/>", "<a b='<"),
        ] {
            assert_eq!(
                first_token(input.as_bytes()),
                Err(Refusal::unreadable(words.as_bytes())),
                "{input}"
            );
        }
    }

    #[test]
    fn a_token_without_an_end_is_given_up() {
        for begins in ["<a b='", "<?xml ", "a"] {
            let mut token = begins.as_bytes().to_vec();
            token.resize(LONGEST - 1, b'a');
            assert_eq!(first_token(&token), Ok(None), "{begins}");
            token.push(b'a');
            assert_eq!(
                first_token(&token).unwrap_err().kind,
                FetchErrorKind::MessageTooLarge,
                "{begins}"
            );
        }
    }
}
