//! FTP (RFC 959, RFC 4217).

use super::lines::{coded, first_line};
use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::{Dialogue, Refusal, Step};

/// Waits for the greeting, and asks for TLS.
///
/// FEAT, which would tell, is not asked for: a server need not know it, nor answer it before a
/// login.
#[derive(Debug)]
pub(super) struct Ftp {
    state: State,
    /// The code of a reply whose last line is still to come.
    unfinished: Option<u16>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Greeting,
    GoAhead,
}

impl Ftp {
    pub(super) const fn new() -> Self {
        Self { state: State::Greeting, unfinished: None }
    }
}

impl Dialogue for Ftp {
    fn proceed(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        let Some((line, taken)) = first_line(input)? else {
            return Ok(Step::Wait);
        };
        let reply = match (self.unfinished, coded(line)) {
            // Between the first line and the last stands any text, even what looks like a reply
            // with another code (RFC 959 section 4.2).
            (Some(code), Some(reply)) if reply.code == code && !reply.more => reply,
            (Some(_), _) => return Ok(Step::take(taken)),
            (None, Some(reply)) => reply,
            (None, None) => return Err(Refusal::unreadable(line)),
        };
        let refusal = |kind| Refusal::new(kind).saying(line);
        self.unfinished = reply.more.then_some(reply.code);
        match (self.state, reply.code) {
            // Ready in some minutes: 220 follows.
            (State::Greeting, 120) => Ok(Step::take(taken)),
            (State::Greeting, 220) | (State::GoAhead, 234) if reply.more => Ok(Step::take(taken)),
            (State::Greeting, 220) => {
                self.state = State::GoAhead;
                Ok(Step::answer(taken, &b"AUTH TLS\r\n"[..]))
            }
            (State::GoAhead, 234) => Ok(Step::Done { taken }),
            // The command is unknown, not implemented, or not so with TLS; or it is taken for one
            // that wants a login first, as unknown commands are by some servers.
            (State::GoAhead, 500 | 502 | 504 | 530) => {
                Err(refusal(FetchErrorKind::StartTlsNotOffered))
            }
            (_, 400..=599) => Err(refusal(FetchErrorKind::StartTlsRefused)),
            _ => Err(Refusal::unreadable(line)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::starttls::script::{Outcome, hold};

    #[test]
    fn tls_is_asked_for() {
        for server in [
            "220 ready\r\n234 go\r\n",
            "220\n234\n",
            "120 in 2 minutes\r\n220 ready\r\n234 AUTH TLS ok\r\n",
            "220-a\r\n220-b\r\n220 ready\r\n234-one\r\n234 two\r\n",
        ] {
            let said = "AUTH TLS\r\n".into();
            assert_eq!(hold(Ftp::new, server), Outcome::Agreed { said, left: 0 }, "{server}");
        }
    }

    #[test]
    fn any_text_stands_inside_a_reply() {
        let server = b"120-soon\r\n220 not yet\r\n120 now\r\n\
                      220-Welcome\r\n\r\n  to\r\n530 users\r\n234 go\r\n2200\r\n\xff\r\n220 ready\r\n\
                      234-almost\r\n534 no\r\n234 go\r\n";
        assert_eq!(hold(Ftp::new, server).said(), "AUTH TLS\r\n");
    }

    #[test]
    fn a_server_that_does_not_know_the_command_does_not_offer_it() {
        for words in [
            "500 AUTH not understood",
            "502 Command not implemented.",
            "504 Unknown AUTH type.",
            "530 Please login with USER and PASS.",
        ] {
            assert_eq!(
                hold(Ftp::new, format!("220 ready\r\n{words}\r\n")),
                Outcome::refused(FetchErrorKind::StartTlsNotOffered, words)
            );
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_server() {
        for words in ["421 too many", "530 not you", "500 what"] {
            assert_eq!(
                hold(Ftp::new, format!("{words}\r\n")),
                Outcome::refused(FetchErrorKind::StartTlsRefused, words)
            );
        }
        for words in ["431 no key", "534 policy", "421-late\r\n", "501 what is that"] {
            assert_eq!(
                hold(Ftp::new, format!("220 ready\r\n{words}\r\n")),
                Outcome::refused(FetchErrorKind::StartTlsRefused, words.trim_end())
            );
        }
    }

    #[test]
    fn what_is_no_reply_is_no_success() {
        for server in [
            "SSH-2.0-OpenSSH\r\n",
            "\r\n",
            "234 go\r\n",
            "220 ready\r\n\r\n234 go\r\n",
            "220 ready\r\n220 ready\r\n",
            // Security data is wanted, which TLS does not have (RFC 2228 section 3).
            "220 ready\r\n334 ADAT\r\n",
            "220 ready\r\n23\r\n",
        ] {
            assert_eq!(
                hold(Ftp::new, server).kind(),
                Some(FetchErrorKind::UnreadableReply),
                "{server}"
            );
        }
    }

    #[test]
    fn an_unfinished_reply_is_waited_for() {
        for server in ["", "220 ready", "220-a\r\n", "220-a\r\n230 b\r\n", "220 a\r\n234-b\r\n"] {
            assert_eq!(hold(Ftp::new, server), Outcome::Waiting, "{server}");
        }
    }

    #[test]
    fn what_follows_the_go_ahead_is_left() {
        let said = "AUTH TLS\r\n".into();
        assert_eq!(
            hold(Ftp::new, "220 ready\r\n234 go\r\n200 injected\r\n"),
            Outcome::Agreed { said, left: "200 injected\r\n".len() }
        );
    }
}
