//! IRC with the command STARTTLS of the IRCv3 extension `tls` (version 3.1, by now deprecated).

use super::lines::{first_line, words};
use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::{Dialogue, Refusal, Step};

/// Asks for the capabilities and for TLS, both at once and without waiting for a greeting, which
/// need not come; and passes over what else the server says before it answers.
///
/// Many servers leave a command that they don't know without an answer before a client has
/// registered. So one that lists its capabilities is taken at its word; one that does not may
/// start TLS all the same.
#[derive(Debug)]
pub(super) struct Irc {
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Start,
    /// All was asked for; whether `tls` was among the capabilities so far.
    Asked {
        offered: bool,
    },
}

impl Irc {
    pub(super) const fn new() -> Self {
        Self { state: State::Start }
    }
}

impl Dialogue for Irc {
    fn proceed(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        let State::Asked { offered } = self.state else {
            self.state = State::Asked { offered: false };
            return Ok(Step::answer(0, &b"CAP LS\r\nSTARTTLS\r\n"[..]));
        };
        let Some((line, taken)) = first_line(input)? else {
            return Ok(Step::Wait);
        };
        if line.is_empty() {
            return Ok(Step::take(taken));
        }
        let refusal = |kind| Refusal::new(kind).saying(line);
        let Message { has_source, command, parameters } = Message::of(line);
        match (has_source, command.to_ascii_uppercase().as_slice()) {
            (true, b"670") => Ok(Step::Done { taken }),
            (true, [b'4', b'0'..=b'9', b'0'..=b'9']) if parameters.contains(&b"CAP".as_slice()) => {
                Ok(Step::take(taken))
            }
            // What some servers greet with is numbered as an error: please wait.
            (true, b"439") => Ok(Step::take(taken)),
            // The command is unknown, or not known to be one that comes before registration.
            (true, b"421" | b"451") => Err(refusal(FetchErrorKind::StartTlsNotOffered)),
            (true, [b'4'..=b'6', b'0'..=b'9', b'0'..=b'9']) | (_, b"ERROR") => {
                Err(refusal(FetchErrorKind::StartTlsRefused))
            }
            (true, b"CAP") if is_list(&parameters) => {
                let offered = offered || lists_tls(&parameters);
                self.state = State::Asked { offered };
                if offered || has_more(&parameters) {
                    Ok(Step::take(taken))
                } else {
                    Err(Refusal::new(FetchErrorKind::StartTlsNotOffered))
                }
            }
            (_, b"PING") => {
                let cookie = parameters.join(&b' ');
                Ok(Step::answer(taken, [b"PONG ", cookie.as_slice(), b"\r\n"].concat()))
            }
            (true, [b'0'..=b'3', b'0'..=b'9', b'0'..=b'9']) | (_, b"NOTICE") => {
                Ok(Step::take(taken))
            }
            _ => Err(Refusal::unreadable(line)),
        }
    }
}

/// Whether these are the parameters of CAP that lists capabilities.
fn is_list(parameters: &[&[u8]]) -> bool {
    parameters.get(1).is_some_and(|subcommand| subcommand.eq_ignore_ascii_case(b"LS"))
}

/// Whether `tls` is among the capabilities: `* LS :multi-prefix tls`.
fn lists_tls(parameters: &[&[u8]]) -> bool {
    let mut names = parameters.iter().map(|name| name.strip_prefix(b":").unwrap_or(name)).skip(2);
    names.any(|name| name.eq_ignore_ascii_case(b"tls"))
}

/// Whether another line of capabilities follows: `* LS * :multi-prefix`.
fn has_more(parameters: &[&[u8]]) -> bool {
    parameters.get(2) == Some(&b"*".as_slice())
}

/// A line of the server (RFC 1459 section 2.3.1).
struct Message<'a> {
    /// Whether it says whom it comes from, as every numeric reply has to (section 2.4).
    has_source: bool,
    command: &'a [u8],
    /// The words of the last one, which may hold blanks, stand each for itself.
    parameters: Vec<&'a [u8]>,
}

impl<'a> Message<'a> {
    fn of(line: &'a [u8]) -> Self {
        let has_source = line.starts_with(b":");
        let mut words = words(line).into_iter().skip(usize::from(has_source));
        Self { has_source, command: words.next().unwrap_or_default(), parameters: words.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::starttls::script::{Outcome, hold};

    const SAID: &str = "CAP LS\r\nSTARTTLS\r\n";

    #[test]
    fn tls_is_asked_for_at_once() {
        let mut irc = Irc::new();
        assert_eq!(irc.proceed(b""), Ok(Step::answer(0, &b"CAP LS\r\nSTARTTLS\r\n"[..])));
        assert_eq!(irc.proceed(b""), Ok(Step::Wait));
    }

    #[test]
    fn the_go_ahead_is_670() {
        for server in [
            ":irc.example 670 * :STARTTLS successful, proceed with TLS handshake\r\n",
            ":irc 670\n",
        ] {
            let said = SAID.into();
            assert_eq!(hold(Irc::new, server), Outcome::Agreed { said, left: 0 });
        }
    }

    #[test]
    fn notices_before_the_answer_are_passed_over() {
        let server = ":irc.example NOTICE * :*** Looking up your hostname...\r\n\
                      \r\nNOTICE AUTH :670 is not the command\r\n:irc 020 * :Please wait\r\n\
                      :irc 439 * :Please wait while we process your connection.\r\n\
                      :irc.example 670 * :go\r\n";
        assert_eq!(hold(Irc::new, server).said(), SAID);
    }

    #[test]
    fn a_ping_is_answered() {
        let server = "PING :a cookie\r\n:irc.example ping 12\r\nPING\r\n:irc 670\r\n";
        assert_eq!(
            hold(Irc::new, server).said(),
            "CAP LS\r\nSTARTTLS\r\nPONG :a cookie\r\nPONG 12\r\nPONG \r\n"
        );
    }

    #[test]
    fn a_server_that_lists_the_capability_answers() {
        for capabilities in [
            ":irc CAP * LS :multi-prefix tls sasl\r\n",
            ":irc CAP * LS tls\r\n",
            ":irc CAP * LS * :TLS sasl\r\n:irc CAP * LS :multi-prefix\r\n",
            ":irc CAP * LS * :sasl\r\n:irc CAP * LS :tls\r\n",
            ":irc 421 * CAP :Unknown command\r\n",
            ":irc 451 * CAP :Register first\r\n",
        ] {
            assert_eq!(hold(Irc::new, capabilities), Outcome::Waiting, "{capabilities}");
            assert_eq!(hold(Irc::new, format!("{capabilities}:irc 670 * :go\r\n")).said(), SAID);
        }
    }

    #[test]
    fn a_server_that_lists_others_does_not_offer_it() {
        for capabilities in [
            ":irc CAP * LS :multi-prefix sasl=tls\r\n",
            ":irc CAP tls LS :\r\n",
            ":irc CAP * LS * :sasl\r\n:irc CAP * LS :sts\r\n",
        ] {
            assert_eq!(
                hold(Irc::new, capabilities),
                Outcome::refused(FetchErrorKind::StartTlsNotOffered, "")
            );
        }
    }

    #[test]
    fn a_server_that_does_not_know_the_command_does_not_offer_it() {
        for words in [
            ":irc.example 421 * STARTTLS :Unknown command",
            ":irc.example 451 * :You have not registered",
        ] {
            assert_eq!(
                hold(Irc::new, format!("{words}\r\n")),
                Outcome::refused(FetchErrorKind::StartTlsNotOffered, words)
            );
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_server() {
        for words in [
            ":irc.example 691 * :STARTTLS failed",
            ":irc.example 465 * :You are banned",
            "ERROR :Closing link: too many connections",
            ":irc.example error :Closing link",
        ] {
            assert_eq!(
                hold(Irc::new, format!("NOTICE AUTH :hello\r\n{words}\r\n")),
                Outcome::refused(FetchErrorKind::StartTlsRefused, words)
            );
        }
    }

    #[test]
    fn what_is_no_reply_is_no_success() {
        for server in [
            "HTTP/1.1 400 Bad Request\r\n",
            "220 mail.example ESMTP\r\n",
            "670 * :go\r\n",
            " 670\r\n",
            ":irc.example\r\n",
            ":irc.example CAP\r\n",
            ":irc.example CAP * NAK :tls\r\n",
            "CAP * LS :tls\r\n",
            ":670\r\n",
            ":irc.example 6700\r\n",
            ":irc.example PRIVMSG * :670\r\n",
            ":irc.example 7OO\r\n",
            "* OK ready\r\n",
            "+OK ready\r\n",
            "67\r\n",
        ] {
            assert_eq!(
                hold(Irc::new, server).kind(),
                Some(FetchErrorKind::UnreadableReply),
                "{server}"
            );
        }
    }

    #[test]
    fn an_unfinished_reply_is_waited_for() {
        for server in ["", "\r\n", ":irc.example NOTICE * :wait\r\n", ":irc.example 67"] {
            assert_eq!(hold(Irc::new, server), Outcome::Waiting, "{server}");
        }
    }

    #[test]
    fn what_follows_the_go_ahead_is_left() {
        let said = SAID.into();
        assert_eq!(
            hold(Irc::new, ":irc.example 670 * :go\r\n:irc.example 001 you :Welcome\r\n"),
            Outcome::Agreed { said, left: ":irc.example 001 you :Welcome\r\n".len() }
        );
    }
}
