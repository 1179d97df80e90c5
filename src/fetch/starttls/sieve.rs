//! ManageSieve (RFC 5804).

use super::lines::first_line;
use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::{Dialogue, Refusal, Step};

/// Looks for STARTTLS among the capabilities that the server greets with, and asks for it.
#[derive(Debug)]
pub(super) struct Sieve {
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// The capabilities; whether STARTTLS was among them so far.
    Greeting {
        offered: bool,
    },
    GoAhead,
}

impl Sieve {
    pub(super) const fn new() -> Self {
        Self { state: State::Greeting { offered: false } }
    }
}

impl Dialogue for Sieve {
    fn proceed(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        let Some(response) = first_response(input)? else {
            return Ok(Step::Wait);
        };
        let taken = response.len();
        let refusal = |kind| Refusal::new(kind).saying(response);
        match (self.state, first_word(response)) {
            (State::Greeting { offered }, Word::String(name)) => {
                let offered = offered || name.eq_ignore_ascii_case(b"STARTTLS");
                self.state = State::Greeting { offered };
                Ok(Step::take(taken))
            }
            (State::Greeting { offered: true }, Word::Ok) => {
                self.state = State::GoAhead;
                Ok(Step::answer(taken, &b"STARTTLS\r\n"[..]))
            }
            (State::Greeting { offered: false }, Word::Ok) => {
                Err(Refusal::new(FetchErrorKind::StartTlsNotOffered))
            }
            (State::GoAhead, Word::Ok) => Ok(Step::Done { taken }),
            (_, Word::No) => Err(refusal(FetchErrorKind::StartTlsRefused)),
            (State::GoAhead, Word::String(_)) | (_, Word::Other) => {
                Err(Refusal::unreadable(response))
            }
        }
    }
}

/// The first response of the input; `None` where it is not complete yet.
///
/// A response is a line, unless it holds strings that are literals: `{5}`, the end of a line, five
/// octets, and the rest of the response (RFC 5804 sections 1.2 and 4).
fn first_response(input: &[u8]) -> Result<Option<&[u8]>, Refusal> {
    let window = &input[..input.len().min(LONGEST)];
    let too_large = |words| Err(Refusal::new(FetchErrorKind::MessageTooLarge).saying(words));
    let mut end = 0;
    while let Some((line, taken)) = first_line(window.get(end..).unwrap_or_default())? {
        let line_end = end + taken;
        match literal_length(line) {
            None => return Ok(Some(&input[..line_end])),
            Some(length) if length > LONGEST - line_end => return too_large(&input[..line_end]),
            Some(length) => end = line_end + length,
        }
    }
    if window.len() == LONGEST { too_large(window) } else { Ok(None) }
}

/// The length of the literal that a line announces at its end, if it does. A quoted string can't
/// reach beyond its line, so that it does not end with a brace.
fn literal_length(line: &[u8]) -> Option<usize> {
    let start = line.iter().rposition(|byte| *byte == b'{')?;
    let digits = line[start + 1..].strip_suffix(b"}")?;
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    // Too many digits are too long a literal.
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_number)?;
    Some(digits.parse().unwrap_or(usize::MAX))
}

/// What a response begins with.
#[derive(Debug, Eq, PartialEq)]
enum Word<'a> {
    /// A string: it is a capability, and this is its name.
    String(&'a [u8]),
    Ok,
    /// NO, or BYE.
    No,
    Other,
}

fn first_word(response: &[u8]) -> Word<'_> {
    if let [b'"', rest @ ..] = response {
        let name = rest.split(|byte| *byte == b'"').next().unwrap_or_default();
        return Word::String(name);
    }
    let mut parts = response.splitn(2, |byte| *byte == b'\n');
    let line = parts.next().unwrap_or_default().trim_ascii_end();
    if line.starts_with(b"{")
        && let Some(length) = literal_length(line)
    {
        let rest = parts.next().unwrap_or_default();
        return rest.get(..length).map_or(Word::Other, Word::String);
    }
    let word = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    match word.to_ascii_uppercase().as_slice() {
        b"OK" => Word::Ok,
        b"NO" | b"BYE" => Word::No,
        _ => Word::Other,
    }
}

/// A few times what a capability holds: quoted strings have 1024 octets at the most (RFC 5804
/// section 4).
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::starttls::script::{Outcome, hold};

    const OFFERED: &str = "\"IMPLEMENTATION\" \"a\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n";

    #[test]
    fn starttls_is_asked_for_where_it_is_offered() {
        for server in [
            "\"IMPLEMENTATION\" \"Example1 ManageSieved v001\"\r\n\"VERSION\" \"1.0\"\r\n\
             \"SASL\" \"\"\r\n\"SIEVE\" \"fileinto vacation\"\r\n\"STARTTLS\"\r\n\
             OK \"ready.\"\r\nOK \"Begin TLS negotiation now.\"\r\n",
            "\"starttls\"\nok\nok\n",
        ] {
            let said = "STARTTLS\r\n".into();
            assert_eq!(hold(Sieve::new, server), Outcome::Agreed { said, left: 0 });
        }
    }

    #[test]
    fn strings_may_be_literals() {
        let server = "\"IMPLEMENTATION\" {13}\r\n\r\nNO (but) OK\r\n{8}\r\nSTARTTLS\r\n\
                      \"X\" {0}\r\n\r\n\"Y\" {2+}\r\n\"\" {3}\r\n{9}\r\n\
                      OK {4}\r\na\r\nb\r\nOK (TAG {1}\r\n\") {3}\r\ngo\n\r\n";
        let said = "STARTTLS\r\n".into();
        assert_eq!(hold(Sieve::new, server), Outcome::Agreed { said, left: 0 });
    }

    #[test]
    fn a_server_without_the_capability_does_not_offer_it() {
        for capabilities in [
            "",
            "\"SASL\" \"STARTTLS\"\r\n",
            "\"XSTARTTLS\"\r\n",
            "\"STARTTLS \"\r\n",
            "\"X\" {10}\r\n\"STARTTLS\"\r\n",
        ] {
            assert_eq!(
                hold(Sieve::new, format!("{capabilities}OK\r\n")),
                Outcome::refused(FetchErrorKind::StartTlsNotOffered, ""),
                "{capabilities}"
            );
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_server() {
        for (server, words) in [
            ("BYE \"busy\"\r\n", "BYE \"busy\"\r\n"),
            ("\"STARTTLS\"\r\nNO\r\n", "NO\r\n"),
            (&format!("{OFFERED}NO {{6}}\r\nno key\r\n"), "NO {6}\r\nno key\r\n"),
            (&format!("{OFFERED}BYE (TRYLATER)\r\n"), "BYE (TRYLATER)\r\n"),
        ] {
            let refused = Outcome::refused(FetchErrorKind::StartTlsRefused, words);
            assert_eq!(hold(Sieve::new, server), refused);
        }
    }

    #[test]
    fn what_is_no_reply_is_no_success() {
        for server in [
            "* OK ready\r\n",
            "OKAY\r\n",
            " OK\r\n",
            "\r\n",
            "STARTTLS\r\n",
            "{x}\r\n",
            &format!("{OFFERED}\"OK\"\r\n"),
            &format!("{OFFERED}{{2}}\r\nOK\r\n"),
            &format!("{OFFERED}\r\nOK\r\n"),
        ] {
            assert_eq!(
                hold(Sieve::new, server).kind(),
                Some(FetchErrorKind::UnreadableReply),
                "{server}"
            );
        }
    }

    #[test]
    fn an_unfinished_reply_is_waited_for() {
        for server in [
            "",
            "\"STARTTLS\"\r\n",
            "OK",
            OFFERED,
            "OK {9}\r\nOK\r\nOK\r\n",
            "OK {4}\r\nok\r\n",
            "OK {4}\r\nok\r\n)",
        ] {
            assert_eq!(hold(Sieve::new, server), Outcome::Waiting, "{server}");
        }
    }

    #[test]
    fn a_response_that_is_too_long_is_given_up() {
        for server in [
            "OK {4096}\r\n".to_owned(),
            "OK {99999999999999999999999999}\r\n".to_owned(),
            format!("{{100}}\r\n{}", "a".repeat(100)).repeat(40),
            format!("\"{}\r\n", "a".repeat(LONGEST)),
        ] {
            assert_eq!(hold(Sieve::new, server).kind(), Some(FetchErrorKind::MessageTooLarge));
        }
    }

    #[test]
    fn what_follows_the_go_ahead_is_left() {
        let injected = "\"SASL\" \"PLAIN\"\r\nOK\r\n";
        let said = "STARTTLS\r\n".into();
        assert_eq!(
            hold(Sieve::new, format!("{OFFERED}OK {{2}}\r\ngo\r\n{injected}")),
            Outcome::Agreed { said, left: injected.len() }
        );
    }
}
