//! CONNECT, by which an HTTP proxy becomes a tunnel (RFC 9110 section 9.3.6).

use data_encoding::BASE64;

use super::{Credentials, Endpoint};
use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::{Dialogue, Refusal, Step};
use crate::fetch::starttls::lines::{coded, first_line};

/// Asks for a connection, and reads the answer up to the end of its header.
pub(in crate::fetch) struct Connect {
    /// Until it was sent.
    request: Option<String>,
    state: State,
}

enum State {
    /// The status line comes next.
    Status,
    /// The header fields of an answer that is not the last.
    Interim,
    /// Those of a go-ahead.
    Agreed,
    /// Those of a demand for credentials; what was said so far.
    Unauthorised(Vec<u8>),
}

impl Connect {
    /// Of what goes into the request none can hold a line end: hosts were validated when they were
    /// parsed, and credentials are encoded.
    pub(in crate::fetch) fn new(endpoint: &Endpoint, credentials: Option<&Credentials>) -> Self {
        let mut request = format!("CONNECT {endpoint} HTTP/1.1\r\nHost: {endpoint}\r\n");
        if let Some(Credentials { user, password }) = credentials {
            // RFC 7617 section 2.
            let encoded = BASE64.encode(&[user, &b":"[..], password].concat());
            request.push_str("Proxy-Authorization: Basic ");
            request.push_str(&encoded);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        Self { request: Some(request), state: State::Status }
    }

    fn status(&mut self, line: &[u8]) -> Result<(), Refusal> {
        let code = status_code(line).ok_or_else(|| Refusal::unreadable(line))?;
        self.state = match code {
            100..=199 => State::Interim,
            // Whatever they announce, such answers have no body.
            200..=299 => State::Agreed,
            407 => State::Unauthorised(line.to_vec()),
            // What tinyproxy answers to wrong credentials; only a server may (RFC 9110 15.5.2).
            401 => return Err(Refusal::new(FetchErrorKind::ProxyAuthentication).saying(line)),
            400..=499 => return Err(Refusal::new(FetchErrorKind::ProxyForbids).saying(line)),
            500..=599 => return Err(Refusal::new(FetchErrorKind::ProxyCantReach).saying(line)),
            _ => return Err(Refusal::unreadable(line)),
        };
        Ok(())
    }
}

impl Dialogue for Connect {
    fn proceed(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        if let Some(request) = self.request.take() {
            return Ok(Step::answer(0, request));
        }
        let Some((line, taken)) = first_line(input)? else {
            return Ok(Step::Wait);
        };
        match &mut self.state {
            State::Status => self.status(line)?,
            State::Interim if line.is_empty() => self.state = State::Status,
            State::Agreed if line.is_empty() => return Ok(Step::Done { taken }),
            State::Unauthorised(words) if line.is_empty() => {
                return Err(Refusal::new(FetchErrorKind::ProxyAuthentication).saying(words));
            }
            // Which schemes it would take is worth telling: Basic is all that is spoken here.
            State::Unauthorised(words) if is_challenge(line) => {
                words.extend_from_slice(b"; ");
                words.extend_from_slice(line);
            }
            State::Interim | State::Agreed | State::Unauthorised(_) => {}
        }
        Ok(Step::take(taken))
    }
}

/// RFC 9112 section 4; the reason may be missing, and so may the blank before it.
fn status_code(line: &[u8]) -> Option<u16> {
    let (_, rest) =
        line.strip_prefix(b"HTTP/1.")?.split_first().filter(|(d, _)| d.is_ascii_digit())?;
    let status = coded(rest.strip_prefix(b" ")?)?;
    (!status.more).then_some(status.code)
}

fn is_challenge(line: &[u8]) -> bool {
    const NAME: &[u8] = b"Proxy-Authenticate:";
    line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::proxy::Proxy;
    use crate::fetch::starttls::script::{Outcome, hold};

    fn connect() -> Connect {
        Connect::new(&Endpoint::Name("example.com".parse().unwrap(), 443), None)
    }

    fn said(endpoint: &Endpoint, proxy: &str) -> String {
        let proxy: Proxy = proxy.parse().unwrap();
        let credentials = proxy.credentials.as_deref();
        hold(|| Connect::new(endpoint, credentials), "HTTP/1.1 200 OK\r\n\r\n").said()
    }

    #[test]
    fn a_connection_is_asked_for_by_name_or_by_address() {
        for (endpoint, expect) in [
            (Endpoint::Name("example.com".parse().unwrap(), 25), "example.com:25"),
            (Endpoint::Address("192.0.2.1:443".parse().unwrap()), "192.0.2.1:443"),
            (Endpoint::Address("[2001:db8::1%7]:443".parse().unwrap()), "[2001:db8::1]:443"),
        ] {
            assert_eq!(
                said(&endpoint, "http://proxy.example"),
                format!("CONNECT {expect} HTTP/1.1\r\nHost: {expect}\r\n\r\n")
            );
        }
    }

    #[test]
    fn credentials_are_sent_without_being_asked_for() {
        let endpoint = Endpoint::Name("example.com".parse().unwrap(), 443);
        // The example of RFC 7617 section 2.
        assert_eq!(
            said(&endpoint, "http://Aladdin:open%20sesame@proxy.example"),
            "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\
             Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"
        );
    }

    #[test]
    fn the_tunnel_begins_behind_the_header() {
        for (server, expect) in [
            ("HTTP/1.1 200 Connection established\r\n\r\n", 0),
            ("HTTP/1.0 200\r\n\r\n", 0),
            ("HTTP/1.1 299 \r\nVia: a\r\nContent-Length: 5\r\n\r\n220 mail\r\n", 10),
            ("HTTP/1.1 200 OK\nVia: a\n\n\n", 1),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 \r\nLink: a\r\n\r\nHTTP/1.1 200 \r\n\r\n",
                0,
            ),
        ] {
            match hold(connect, server) {
                Outcome::Agreed { left, .. } => assert_eq!(left, expect, "{server}"),
                other => panic!("{server}: {other:?}"),
            }
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        use FetchErrorKind::{ProxyAuthentication, ProxyCantReach, ProxyForbids, UnreadableReply};
        for (status, expect) in [
            ("400 Bad Request", ProxyForbids),
            ("401 Unauthorized", ProxyAuthentication),
            ("403 Forbidden", ProxyForbids),
            ("405 Method Not Allowed", ProxyForbids),
            ("407 Proxy Authentication Required", ProxyAuthentication),
            ("500 Unable to connect", ProxyCantReach),
            ("502 Bad Gateway", ProxyCantReach),
            ("503 Service Unavailable", ProxyCantReach),
            ("504 Gateway Timeout", ProxyCantReach),
            ("302 Found", UnreadableReply),
            ("600 What", UnreadableReply),
            ("000 What", UnreadableReply),
        ] {
            let line = format!("HTTP/1.1 {status}");
            let server = format!("{line}\r\nContent-Length: 3\r\n\r\nno\n");
            assert_eq!(hold(connect, server), Outcome::refused(expect, &line));
        }
    }

    #[test]
    fn a_demand_for_credentials_names_the_schemes() {
        let server = "HTTP/1.1 407 Denied\r\nVia: a\r\nproxy-authenticate: Negotiate\r\n\
                      Proxy-Authenticate: NTLM\r\n\r\n";
        let words = "HTTP/1.1 407 Denied; proxy-authenticate: Negotiate; Proxy-Authenticate: NTLM";
        assert_eq!(
            hold(connect, server),
            Outcome::refused(FetchErrorKind::ProxyAuthentication, words)
        );
    }

    #[test]
    fn what_is_no_answer_is_no_tunnel() {
        for server in [
            "\r\n",
            "220 mail.example ESMTP\r\n",
            "SSH-2.0-OpenSSH_9.2\r\n",
            "HTTP/2 200 OK\r\n",
            "HTTP/1.x 200 OK\r\n",
            "HTTP/1.1  200 OK\r\n",
            "HTTP/1.1 20 OK\r\n",
            "HTTP/1.1 2000 OK\r\n",
            "HTTP/1.1 200-OK\r\n",
            "http/1.1 200 OK\r\n",
            "HTTP/1.1 100 \r\n\r\n\r\n",
        ] {
            let outcome = hold(connect, server);
            assert_eq!(outcome.kind(), Some(FetchErrorKind::UnreadableReply), "{server:?}");
        }
    }

    #[test]
    fn an_unfinished_answer_is_waited_for() {
        for server in ["", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 407 \r\nVia: a\r\n"]
        {
            assert_eq!(hold(connect, server), Outcome::Waiting, "{server:?}");
        }
    }

    #[test]
    fn a_line_without_an_end_is_given_up() {
        let server = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(5000));
        assert_eq!(hold(connect, server).kind(), Some(FetchErrorKind::MessageTooLarge));
    }
}
