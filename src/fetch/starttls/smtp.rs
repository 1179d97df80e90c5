//! SMTP, mail submission and LMTP (RFC 5321, RFC 3207, RFC 2033).

use super::lines::{coded, first_line};
use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::{Dialogue, Refusal, Step};
use crate::target::Host;

/// Waits for the greeting, says EHLO, looks for STARTTLS among the extensions, and asks for it.
#[derive(Debug)]
pub(super) struct Smtp {
    hello: String,
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Greeting,
    /// The first line of the reply to EHLO, which names the server.
    Hello,
    /// The others; whether STARTTLS was among them so far.
    Extensions {
        offered: bool,
    },
    GoAhead,
}

impl Smtp {
    pub(super) fn new(client: &Host) -> Self {
        Self::saying("EHLO", client)
    }

    pub(super) fn lmtp(client: &Host) -> Self {
        Self::saying("LHLO", client)
    }

    fn saying(verb: &str, client: &Host) -> Self {
        // An address stands in brackets (RFC 5321 section 4.1.3).
        let hello = match client {
            Host::Dns(name) => format!("{verb} {name}\r\n"),
            Host::Ip(ip) if ip.is_ipv4() => format!("{verb} [{ip}]\r\n"),
            Host::Ip(ip) => format!("{verb} [IPv6:{ip}]\r\n"),
        };
        Self { hello, state: State::Greeting }
    }
}

impl Dialogue for Smtp {
    fn proceed(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        let Some((line, taken)) = first_line(input)? else {
            return Ok(Step::Wait);
        };
        let reply = coded(line).ok_or_else(|| Refusal::unreadable(line))?;
        match (self.state, reply.code) {
            (State::Greeting, 220) if !reply.more => {
                self.state = State::Hello;
                Ok(Step::answer(taken, self.hello.as_bytes()))
            }
            (State::Hello, 250) if reply.more => {
                self.state = State::Extensions { offered: false };
                Ok(Step::take(taken))
            }
            (State::Hello, 250) => Err(Refusal::new(FetchErrorKind::StartTlsNotOffered)),
            (State::Extensions { offered }, 250) => {
                let offered = offered || is_starttls(reply.text);
                self.state = State::Extensions { offered };
                match (reply.more, offered) {
                    (true, _) => Ok(Step::take(taken)),
                    (false, true) => {
                        self.state = State::GoAhead;
                        Ok(Step::answer(taken, &b"STARTTLS\r\n"[..]))
                    }
                    (false, false) => Err(Refusal::new(FetchErrorKind::StartTlsNotOffered)),
                }
            }
            (State::GoAhead, 220) if !reply.more => Ok(Step::Done { taken }),
            (State::Greeting | State::GoAhead, 220) => Ok(Step::take(taken)),
            // A server that does not know EHLO has no extensions; one that does not like us may
            // have them (RFC 5321 section 4.1.4).
            (State::Hello, 500 | 502) => {
                Err(Refusal::new(FetchErrorKind::StartTlsNotOffered).saying(line))
            }
            (_, 400..=599) => Err(Refusal::new(FetchErrorKind::StartTlsRefused).saying(line)),
            _ => Err(Refusal::unreadable(line)),
        }
    }
}

/// RFC 3207 section 4: the keyword stands alone.
fn is_starttls(extension: &[u8]) -> bool {
    extension.trim_ascii_end().eq_ignore_ascii_case(b"STARTTLS")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::starttls::script::{Outcome, hold};

    fn smtp() -> Smtp {
        Smtp::new(&"client.example".parse().unwrap())
    }

    #[test]
    fn starttls_is_asked_for_where_it_is_offered() {
        let server = "220-mail.example ESMTP\r\n220 ready\r\n\
                      250-mail.example\r\n250-SIZE 1000\r\n250-starttls \r\n250 HELP\r\n\
                      220 go\r\n";
        assert_eq!(
            hold(smtp, server),
            Outcome::Agreed { said: "EHLO client.example\r\nSTARTTLS\r\n".into(), left: 0 }
        );
    }

    #[test]
    fn a_server_without_the_extension_does_not_offer_it() {
        for server in [
            "220 mail\r\n250-mail.example\r\n250 XSTARTTLS\r\n",
            "220 mail\r\n250 mail.example STARTTLS\r\n",
            "220 mail\r\n502 what\r\n",
        ] {
            assert_eq!(hold(smtp, server).kind(), Some(FetchErrorKind::StartTlsNotOffered));
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_server() {
        let server = "220 mail\r\n250-mail\r\n250 STARTTLS\r\n454 4.7.0 no key\r\n";
        assert_eq!(
            hold(smtp, server),
            Outcome::refused(FetchErrorKind::StartTlsRefused, "454 4.7.0 no key")
        );
        assert_eq!(
            hold(smtp, "554 go away\r\n"),
            Outcome::refused(FetchErrorKind::StartTlsRefused, "554 go away")
        );
        assert_eq!(
            hold(smtp, "220 mail\r\n421 busy\r\n"),
            Outcome::refused(FetchErrorKind::StartTlsRefused, "421 busy")
        );
        assert_eq!(
            hold(smtp, "220 mail\r\n550 not you\r\n"),
            Outcome::refused(FetchErrorKind::StartTlsRefused, "550 not you")
        );
    }

    #[test]
    fn what_is_no_reply_is_no_success() {
        for server in [
            "hello\r\n",
            "220 mail\r\n250-mail\r\n250 STARTTLS\r\n22\r\n",
            "220 mail\r\n250-mail\r\n250 STARTTLS\r\n250 ok\r\n",
            "220 mail\r\n220 mail\r\n",
            "* OK ready\r\n",
        ] {
            assert_eq!(
                hold(smtp, server).kind(),
                Some(FetchErrorKind::UnreadableReply),
                "{server}"
            );
        }
    }

    #[test]
    fn an_unfinished_reply_is_waited_for() {
        assert_eq!(hold(smtp, "220 mail\r\n250-mail\r\n"), Outcome::Waiting);
        assert_eq!(hold(smtp, "22"), Outcome::Waiting);
    }

    #[test]
    fn what_follows_the_go_ahead_is_left() {
        let server = "220 m\r\n250 STARTTLS\r\n";
        assert_eq!(hold(smtp, server).kind(), Some(FetchErrorKind::StartTlsNotOffered));
        let server = "220 m\r\n250-m\r\n250 STARTTLS\r\n220 go\r\n250 injected\r\n";
        let Outcome::Agreed { left, .. } = hold(smtp, server) else {
            panic!("the server has agreed");
        };
        assert_eq!(left, "250 injected\r\n".len());
    }

    #[test]
    fn addresses_stand_in_brackets() {
        let says = |dialogue: fn(&Host) -> Smtp, client: &str| {
            let client = client.parse().unwrap();
            hold(|| dialogue(&client), "220 m\r\n250-m\r\n250 STARTTLS\r\n220 go\r\n").said()
        };
        assert_eq!(says(Smtp::new, "192.0.2.1"), "EHLO [192.0.2.1]\r\nSTARTTLS\r\n");
        assert_eq!(says(Smtp::lmtp, "2001:db8::1"), "LHLO [IPv6:2001:db8::1]\r\nSTARTTLS\r\n");
    }
}
