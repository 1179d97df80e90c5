//! IMAP (RFC 9051 section 6.2.1, RFC 3501).

use super::lines::{first_line, words};
use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::{Dialogue, Refusal, Step};

/// Waits for the greeting, asks for the capabilities, looks for STARTTLS among them, and asks for
/// it.
///
/// They are asked for even where the greeting lists them: it need not list them all.
#[derive(Debug)]
pub(super) struct Imap {
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Greeting,
    /// The reply to CAPABILITY; whether STARTTLS was listed so far.
    Capabilities {
        offered: bool,
    },
    GoAhead,
}

impl Imap {
    pub(super) const fn new() -> Self {
        Self { state: State::Greeting }
    }
}

impl Dialogue for Imap {
    fn proceed(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        let Some((line, taken)) = first_line(input)? else {
            return Ok(Step::Wait);
        };
        let refusal = |kind| Refusal::new(kind).saying(line);
        let upper = line.to_ascii_uppercase();
        match (self.state, words(&upper).as_slice()) {
            (_, [b"*", b"BYE", ..]) => Err(refusal(FetchErrorKind::StartTlsRefused)),
            (State::Greeting, [b"*", b"OK", ..]) => {
                self.state = State::Capabilities { offered: false };
                Ok(Step::answer(taken, &b"A1 CAPABILITY\r\n"[..]))
            }
            // STARTTLS may only be said before the client is authenticated.
            (State::Greeting, [b"*", b"PREAUTH", ..]) => {
                Err(refusal(FetchErrorKind::StartTlsNotOffered))
            }
            (State::Capabilities { offered }, [b"*", b"CAPABILITY", names @ ..]) => {
                let offered = offered || names.contains(&b"STARTTLS".as_slice());
                self.state = State::Capabilities { offered };
                Ok(Step::take(taken))
            }
            (State::Capabilities { offered: true }, [b"A1", b"OK", ..]) => {
                self.state = State::GoAhead;
                Ok(Step::answer(taken, &b"A2 STARTTLS\r\n"[..]))
            }
            (State::Capabilities { offered: false }, [b"A1", b"OK", ..]) => {
                Err(Refusal::new(FetchErrorKind::StartTlsNotOffered))
            }
            (State::Capabilities { .. }, [b"A1", b"BAD", ..]) => {
                Err(refusal(FetchErrorKind::StartTlsNotOffered))
            }
            (State::GoAhead, [b"A2", b"OK", ..]) => Ok(Step::Done { taken }),
            (State::Capabilities { .. }, [b"A1", b"NO", ..])
            | (State::GoAhead, [b"A2", b"NO" | b"BAD", ..]) => {
                Err(refusal(FetchErrorKind::StartTlsRefused))
            }
            // Untagged responses may come between at any time (RFC 9051 section 7).
            (
                State::Capabilities { .. } | State::GoAhead,
                [b"*", b"OK" | b"NO" | b"BAD" | b"CAPABILITY", ..],
            ) => Ok(Step::take(taken)),
            // Their data may hold literals, whose lines are not the server's; none that has one
            // is sent to a client that is not authenticated.
            (State::Capabilities { .. } | State::GoAhead, [b"*", ..]) if !line.ends_with(b"}") => {
                Ok(Step::take(taken))
            }
            _ => Err(Refusal::unreadable(line)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::starttls::script::{Outcome, hold};

    const OFFERED: &str = "* OK ready\r\n* CAPABILITY IMAP4rev1 STARTTLS\r\nA1 OK done\r\n";

    #[test]
    fn starttls_is_asked_for_where_it_is_offered() {
        for server in [
            "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n\
             * CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\nA1 OK done\r\n\
             A2 OK Begin TLS negotiation now.\r\n",
            "* ok\n* capability imap4rev1 starttls\na1 ok\na2 ok\n",
        ] {
            let said = "A1 CAPABILITY\r\nA2 STARTTLS\r\n".into();
            assert_eq!(hold(Imap::new, server), Outcome::Agreed { said, left: 0 });
        }
    }

    #[test]
    fn untagged_responses_between_are_passed_over() {
        let server = "* OK ready\r\n* NO [ALERT] {9}\r\n* CAPABILITY STARTTLS\r\n* CAPABILITY X\r\n\
                      * ID NIL\r\nA1 OK done\r\n\
                      * OK still here\r\n* CAPABILITY\r\n* BAD you\r\nA2 OK go\r\n";
        assert_eq!(hold(Imap::new, server).said(), "A1 CAPABILITY\r\nA2 STARTTLS\r\n");
    }

    #[test]
    fn a_server_without_the_capability_does_not_offer_it() {
        for capabilities in ["", "* CAPABILITY IMAP4rev1 XSTARTTLS\r\n", "* OK STARTTLS\r\n"] {
            let server =
                format!("* OK [CAPABILITY STARTTLS] ready\r\n{capabilities}A1 OK done\r\n");
            assert_eq!(
                hold(Imap::new, server),
                Outcome::refused(FetchErrorKind::StartTlsNotOffered, "")
            );
        }
        for (server, words) in [
            ("* PREAUTH welcome back\r\n", "* PREAUTH welcome back"),
            ("* OK ready\r\nA1 BAD what\r\n", "A1 BAD what"),
        ] {
            let refused = Outcome::refused(FetchErrorKind::StartTlsNotOffered, words);
            assert_eq!(hold(Imap::new, server), refused);
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_server() {
        for (server, words) in [
            ("* BYE busy\r\n", "* BYE busy"),
            ("* OK ready\r\n* BYE later\r\n", "* BYE later"),
            ("* OK ready\r\nA1 NO never\r\n", "A1 NO never"),
            (&format!("{OFFERED}A2 NO no key\r\n"), "A2 NO no key"),
            (&format!("{OFFERED}A2 BAD already\r\n"), "A2 BAD already"),
            (&format!("{OFFERED}* BYE enough\r\n"), "* BYE enough"),
        ] {
            let refused = Outcome::refused(FetchErrorKind::StartTlsRefused, words);
            assert_eq!(hold(Imap::new, server), refused);
        }
    }

    #[test]
    fn what_is_no_reply_is_no_success() {
        for server in [
            "+OK ready\r\n",
            "OK ready\r\n",
            "\r\n",
            "* NO ready\r\n",
            "* OKAY\r\n",
            " * OK ready\r\n",
            "* OK ready\r\nA2 OK done\r\n",
            "* OK ready\r\n+ more\r\n",
            &format!("{OFFERED}A1 OK done\r\n"),
            &format!("{OFFERED}A2\r\n"),
            &format!("{OFFERED}A2 okay\r\n"),
            &format!("{OFFERED}+ go\r\n"),
        ] {
            assert_eq!(
                hold(Imap::new, server).kind(),
                Some(FetchErrorKind::UnreadableReply),
                "{server}"
            );
        }
    }

    #[test]
    fn a_go_ahead_inside_a_literal_is_none() {
        let server = format!("{OFFERED}* LIST () NIL {{10}}\r\nA2 OK go\r\n\r\n");
        assert_eq!(
            hold(Imap::new, server),
            Outcome::refused(FetchErrorKind::UnreadableReply, "* LIST () NIL {10}")
        );
    }

    #[test]
    fn an_unfinished_reply_is_waited_for() {
        for server in ["", "* OK", "* OK ready\r\n", "* OK ready\r\nA1 O", OFFERED] {
            assert_eq!(hold(Imap::new, server), Outcome::Waiting, "{server}");
        }
    }

    #[test]
    fn what_follows_the_go_ahead_is_left() {
        let injected = "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n";
        let said = "A1 CAPABILITY\r\nA2 STARTTLS\r\n".into();
        assert_eq!(
            hold(Imap::new, format!("{OFFERED}A2 OK go\r\n{injected}")),
            Outcome::Agreed { said, left: injected.len() }
        );
    }
}
