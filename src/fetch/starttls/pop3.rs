//! POP3 (RFC 1939, RFC 2449, RFC 2595 section 4).

use super::lines::{first_line, words};
use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::{Dialogue, Refusal, Step};

/// Waits for the greeting, asks for the capabilities, looks for STLS among them, and asks for it.
///
/// A server that does not know CAPA, which is younger than STLS, is asked all the same.
#[derive(Debug)]
pub(super) struct Pop3 {
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Greeting,
    /// The first line of the reply to CAPA.
    Capa,
    /// The others; whether STLS was among them so far.
    Capabilities {
        offered: bool,
    },
    /// The reply to STLS; whether the server had offered it.
    GoAhead {
        offered: bool,
    },
}

impl Pop3 {
    pub(super) const fn new() -> Self {
        Self { state: State::Greeting }
    }

    fn stls(&mut self, taken: usize, offered: bool) -> Step {
        self.state = State::GoAhead { offered };
        Step::answer(taken, &b"STLS\r\n"[..])
    }
}

impl Dialogue for Pop3 {
    fn proceed(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        let Some((line, taken)) = first_line(input)? else {
            return Ok(Step::Wait);
        };
        let refusal = |kind| Refusal::new(kind).saying(line);
        let upper = line.to_ascii_uppercase();
        match (self.state, words(&upper).as_slice()) {
            (State::Greeting, [b"+OK", ..]) => {
                self.state = State::Capa;
                Ok(Step::answer(taken, &b"CAPA\r\n"[..]))
            }
            (State::Capa, [b"+OK", ..]) => {
                self.state = State::Capabilities { offered: false };
                Ok(Step::take(taken))
            }
            (State::Capa, [b"-ERR", ..]) => Ok(self.stls(taken, false)),
            (State::Capabilities { offered: true }, [b"."]) => Ok(self.stls(taken, true)),
            (State::Capabilities { offered: false }, [b"."]) => {
                Err(Refusal::new(FetchErrorKind::StartTlsNotOffered))
            }
            (State::Capabilities { offered }, words) => {
                let offered = offered || matches!(words, [b"STLS", ..]);
                self.state = State::Capabilities { offered };
                Ok(Step::take(taken))
            }
            (State::GoAhead { .. }, [b"+OK", ..]) => Ok(Step::Done { taken }),
            // There is one negative reply, and what a server lacks it does not know either.
            (State::GoAhead { offered: false }, [b"-ERR", ..]) => {
                Err(refusal(FetchErrorKind::StartTlsNotOffered))
            }
            (State::Greeting | State::GoAhead { offered: true }, [b"-ERR", ..]) => {
                Err(refusal(FetchErrorKind::StartTlsRefused))
            }
            _ => Err(Refusal::unreadable(line)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::starttls::script::{Outcome, hold};

    const OFFERED: &str = "+OK ready\r\n+OK\r\nCAPA\r\nTOP\r\nSTLS\r\n.\r\n";

    #[test]
    fn stls_is_asked_for_where_it_is_offered() {
        for server in [
            "+OK POP3 ready <1896.697170952@dbc.mtview.ca.us>\r\n\
             +OK Capability list follows\r\nTOP\r\nSASL PLAIN\r\nSTLS\r\nUIDL\r\n.\r\n\
             +OK Begin TLS negotiation\r\n",
            "+ok\n+ok\nstls\n.\n+ok\n",
        ] {
            let said = "CAPA\r\nSTLS\r\n".into();
            assert_eq!(hold(Pop3::new, server), Outcome::Agreed { said, left: 0 });
        }
    }

    #[test]
    fn a_server_without_capabilities_is_asked_all_the_same() {
        let server = "+OK ready\r\n-ERR what\r\n+OK go\r\n";
        assert_eq!(hold(Pop3::new, server).said(), "CAPA\r\nSTLS\r\n");
    }

    #[test]
    fn a_server_without_the_capability_does_not_offer_it() {
        for capabilities in ["UIDL\r\n", "", "XSTLS\r\n", "IMPLEMENTATION STLS\r\n", "..STLS\r\n"] {
            let server = format!("+OK ready\r\n+OK\r\n{capabilities}.\r\n");
            assert_eq!(
                hold(Pop3::new, server),
                Outcome::refused(FetchErrorKind::StartTlsNotOffered, "")
            );
        }
        assert_eq!(
            hold(Pop3::new, "+OK ready\r\n-ERR what\r\n-ERR what now\r\n"),
            Outcome::refused(FetchErrorKind::StartTlsNotOffered, "-ERR what now")
        );
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_server() {
        assert_eq!(
            hold(Pop3::new, format!("{OFFERED}-ERR no key\r\n")),
            Outcome::refused(FetchErrorKind::StartTlsRefused, "-ERR no key")
        );
        assert_eq!(
            hold(Pop3::new, "-ERR [SYS/TEMP] busy\r\n"),
            Outcome::refused(FetchErrorKind::StartTlsRefused, "-ERR [SYS/TEMP] busy")
        );
    }

    #[test]
    fn what_is_no_reply_is_no_success() {
        for server in [
            "* OK ready\r\n",
            " +OK\r\n",
            "+OKAY\r\n",
            "\r\n",
            "+OK ready\r\n+ what\r\n",
            &format!("{OFFERED}OK\r\n"),
            &format!("{OFFERED}\r\n+OK\r\n"),
        ] {
            assert_eq!(
                hold(Pop3::new, server).kind(),
                Some(FetchErrorKind::UnreadableReply),
                "{server}"
            );
        }
    }

    #[test]
    fn an_unfinished_reply_is_waited_for() {
        for server in ["", "+OK", "+OK\r\n", "+OK\r\n+OK\r\nSTLS\r\n", "+OK\r\n+OK\r\nSTLS\r\n."] {
            assert_eq!(hold(Pop3::new, server), Outcome::Waiting, "{server}");
        }
    }

    #[test]
    fn what_follows_the_go_ahead_is_left() {
        let server = format!("{OFFERED}+OK go\r\n+OK injected\r\n");
        let said = "CAPA\r\nSTLS\r\n".into();
        assert_eq!(
            hold(Pop3::new, server),
            Outcome::Agreed { said, left: "+OK injected\r\n".len() }
        );
    }
}
