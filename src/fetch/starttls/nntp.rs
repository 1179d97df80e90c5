//! NNTP (RFC 3977, RFC 4642).

use super::lines::{coded, first_line, words};
use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::{Dialogue, Refusal, Step};

/// Waits for the greeting, asks for the capabilities, looks for STARTTLS among them, and asks for
/// it.
///
/// A server that does not tell its capabilities is asked all the same.
#[derive(Debug)]
pub(super) struct Nntp {
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Greeting,
    /// The status line of the reply to CAPABILITIES.
    Status,
    /// The lines below it; whether STARTTLS was among them so far.
    Capabilities {
        offered: bool,
    },
    GoAhead,
}

impl Nntp {
    pub(super) const fn new() -> Self {
        Self { state: State::Greeting }
    }

    fn starttls(&mut self, taken: usize) -> Step {
        self.state = State::GoAhead;
        Step::answer(taken, &b"STARTTLS\r\n"[..])
    }

    /// A line of the capabilities, the first word of which names one (RFC 3977 section 9.5).
    fn capability(&mut self, offered: bool, line: &[u8], taken: usize) -> Result<Step, Refusal> {
        if line == b"." {
            return if offered {
                Ok(self.starttls(taken))
            } else {
                Err(Refusal::new(FetchErrorKind::StartTlsNotOffered))
            };
        }
        let offered = offered
            || words(line).first().is_some_and(|name| name.eq_ignore_ascii_case(b"STARTTLS"));
        self.state = State::Capabilities { offered };
        Ok(Step::take(taken))
    }
}

impl Dialogue for Nntp {
    fn proceed(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        let Some((line, taken)) = first_line(input)? else {
            return Ok(Step::Wait);
        };
        if let State::Capabilities { offered } = self.state {
            return self.capability(offered, line, taken);
        }
        // A status line has no other below it (RFC 3977 section 3.1).
        let reply = coded(line).filter(|reply| !reply.more);
        let code = reply.ok_or_else(|| Refusal::unreadable(line))?.code;
        let refusal = |kind| Refusal::new(kind).saying(line);
        match (self.state, code) {
            (State::Greeting, 200 | 201) => {
                self.state = State::Status;
                Ok(Step::answer(taken, &b"CAPABILITIES\r\n"[..]))
            }
            (State::Status, 101) => {
                self.state = State::Capabilities { offered: false };
                Ok(Step::take(taken))
            }
            // The command is unknown to a server older than RFC 3977, or wants a login.
            (State::Status, 480 | 500..=503) => Ok(self.starttls(taken)),
            (State::GoAhead, 382) => Ok(Step::Done { taken }),
            (State::GoAhead, 500) => Err(refusal(FetchErrorKind::StartTlsNotOffered)),
            (_, 400..=599) => Err(refusal(FetchErrorKind::StartTlsRefused)),
            _ => Err(Refusal::unreadable(line)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::starttls::script::{Outcome, hold};

    const OFFERED: &str = "200 ready\r\n101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n";

    #[test]
    fn starttls_is_asked_for_where_it_is_offered() {
        for server in [
            "200 news.example ready\r\n101 Capability list:\r\nVERSION 2\r\nREADER\r\n\
             STARTTLS\r\nOVER\r\n.\r\n382 Continue with TLS negotiation\r\n",
            "201\n101\nstarttls\n.\n382\n",
        ] {
            let said = "CAPABILITIES\r\nSTARTTLS\r\n".into();
            assert_eq!(hold(Nntp::new, server), Outcome::Agreed { said, left: 0 });
        }
    }

    #[test]
    fn a_server_that_tells_no_capabilities_is_asked_all_the_same() {
        for reply in ["500 what", "480 who", "502 no", "503 not here"] {
            let server = format!("200 ready\r\n{reply}\r\n382 go\r\n");
            assert_eq!(hold(Nntp::new, server).said(), "CAPABILITIES\r\nSTARTTLS\r\n");
        }
    }

    #[test]
    fn a_server_without_the_capability_does_not_offer_it() {
        for capabilities in ["", "VERSION 2\r\n", "XSTARTTLS\r\n", "SASL STARTTLS\r\n", "200 a\r\n"]
        {
            let server = format!("200 ready\r\n101 list\r\n{capabilities}.\r\n");
            assert_eq!(
                hold(Nntp::new, server),
                Outcome::refused(FetchErrorKind::StartTlsNotOffered, "")
            );
        }
        assert_eq!(
            hold(Nntp::new, "200 ready\r\n500 what\r\n500 what now\r\n"),
            Outcome::refused(FetchErrorKind::StartTlsNotOffered, "500 what now")
        );
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_server() {
        for (server, words) in [
            ("400 busy\r\n", "400 busy"),
            ("502 not you\r\n", "502 not you"),
            ("200 ready\r\n400 idle\r\n", "400 idle"),
            (&format!("{OFFERED}580 no key\r\n"), "580 no key"),
            (&format!("{OFFERED}502 already\r\n"), "502 already"),
            ("200 ready\r\n480 who\r\n480 who\r\n", "480 who"),
        ] {
            let refused = Outcome::refused(FetchErrorKind::StartTlsRefused, words);
            assert_eq!(hold(Nntp::new, server), refused);
        }
    }

    #[test]
    fn what_is_no_reply_is_no_success() {
        for server in [
            "220 mail ESMTP\r\n",
            "200-ready\r\n200 ready\r\n",
            "\r\n",
            "200 ready\r\n200 ready\r\n",
            "200 ready\r\nVERSION 2\r\n",
            &format!("{OFFERED}200 ok\r\n"),
            &format!("{OFFERED}382-go\r\n"),
            &format!("{OFFERED}\r\n"),
        ] {
            assert_eq!(
                hold(Nntp::new, server).kind(),
                Some(FetchErrorKind::UnreadableReply),
                "{server}"
            );
        }
    }

    #[test]
    fn an_unfinished_reply_is_waited_for() {
        for server in ["", "200 a", "200 a\r\n", "200 a\r\n101 b\r\nSTARTTLS\r\n.", OFFERED] {
            assert_eq!(hold(Nntp::new, server), Outcome::Waiting, "{server}");
        }
    }

    #[test]
    fn what_follows_the_go_ahead_is_left() {
        let said = "CAPABILITIES\r\nSTARTTLS\r\n".into();
        assert_eq!(
            hold(Nntp::new, format!("{OFFERED}382 go\r\n200 injected\r\n")),
            Outcome::Agreed { said, left: "200 injected\r\n".len() }
        );
    }
}
