//! SOCKS5 (RFC 1928), with user name and password (RFC 1929).

use std::net::IpAddr;

use super::{Credentials, Endpoint};
use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::{Dialogue, Refusal, Step};

/// Agrees on a method, authenticates, and asks for a connection.
pub(in crate::fetch) struct Socks {
    /// What authenticates us, where we can.
    login: Option<Vec<u8>>,
    request: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    Start,
    Method,
    Login,
    Reply,
}

impl Socks {
    pub(in crate::fetch) fn new(endpoint: &Endpoint, credentials: Option<&Credentials>) -> Self {
        Self { login: credentials.map(login), request: request(endpoint), state: State::Start }
    }

    fn method(&mut self, method: u8) -> Result<Step, Refusal> {
        match (method, &self.login) {
            (NO_AUTHENTICATION, _) => {
                self.state = State::Reply;
                Ok(Step::answer(2, &self.request[..]))
            }
            (USER_AND_PASSWORD, Some(login)) => {
                self.state = State::Login;
                Ok(Step::answer(2, &login[..]))
            }
            (NO_METHOD, _) => Err(Refusal::new(FetchErrorKind::ProxyAuthentication)
                .saying(b"no acceptable method of authentication")),
            // A method that was not offered.
            _ => Err(Refusal::unreadable(&[VERSION, method])),
        }
    }
}

impl Dialogue for Socks {
    fn proceed(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        if let State::Start = self.state {
            self.state = State::Method;
            let greeting: &[u8] = match self.login {
                None => &[VERSION, 1, NO_AUTHENTICATION],
                Some(_) => &[VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD],
            };
            return Ok(Step::answer(0, greeting));
        }
        // Every answer begins with a version and a verdict.
        let [version, verdict, rest @ ..] = input else {
            return Ok(Step::Wait);
        };
        match (self.state, *version) {
            (State::Start | State::Method, VERSION) => self.method(*verdict),
            // RFC 1929 section 2.
            (State::Login, LOGIN_VERSION) if *verdict == SUCCESS => {
                self.state = State::Reply;
                Ok(Step::answer(2, &self.request[..]))
            }
            (State::Login, LOGIN_VERSION) => Err(Refusal::new(FetchErrorKind::ProxyAuthentication)
                .saying(b"user name or password refused")),
            (State::Reply, VERSION) if *verdict == SUCCESS => reply(rest),
            (State::Reply, VERSION) => Err(refusal(*verdict)),
            _ => Err(Refusal::unreadable(&input[..2])),
        }
    }
}

/// The rest of a go-ahead: the address that the proxy connects from, which tells us nothing, but
/// has to be taken (RFC 1928 section 6).
fn reply(rest: &[u8]) -> Result<Step, Refusal> {
    let address = match rest {
        [_, IPV4, ..] => 4,
        [_, IPV6, ..] => 16,
        [_, DOMAIN_NAME, length, ..] => 1 + usize::from(*length),
        [] | [_] | [_, DOMAIN_NAME] => return Ok(Step::Wait),
        [_, unknown, ..] => return Err(Refusal::unreadable(&[*unknown])),
    };
    // Version, reply, reserved, type; the address; the port.
    let taken = 4 + address + 2;
    Ok(if rest.len() + 2 < taken { Step::Wait } else { Step::Done { taken } })
}

/// The reply codes of RFC 1928 section 6, in words: the answer itself has none.
fn refusal(code: u8) -> Refusal {
    let (kind, words): (_, &[u8]) = match code {
        1 => (FetchErrorKind::ProxyCantReach, b"general failure (1)"),
        2 => (FetchErrorKind::ProxyForbids, b"not allowed by the ruleset (2)"),
        3 => (FetchErrorKind::ProxyCantReach, b"network unreachable (3)"),
        4 => (FetchErrorKind::ProxyCantReach, b"host unreachable (4)"),
        5 => (FetchErrorKind::ProxyCantReach, b"connection refused (5)"),
        6 => (FetchErrorKind::ProxyCantReach, b"TTL expired (6)"),
        7 => (FetchErrorKind::ProxyForbids, b"command not supported (7)"),
        8 => (FetchErrorKind::ProxyCantReach, b"address type not supported (8)"),
        _ => return Refusal::unreadable(&[VERSION, code]),
    };
    Refusal::new(kind).saying(words)
}

/// RFC 1929 section 2.
fn login(Credentials { user, password }: &Credentials) -> Vec<u8> {
    [&[LOGIN_VERSION, octet(user.len())], &user[..], &[octet(password.len())], password].concat()
}

/// RFC 1928 section 4.
fn request(endpoint: &Endpoint) -> Vec<u8> {
    let mut request = vec![VERSION, CONNECT, 0];
    let port = match endpoint {
        Endpoint::Address(address) => {
            match address.ip() {
                IpAddr::V4(ip) => {
                    request.push(IPV4);
                    request.extend(ip.octets());
                }
                IpAddr::V6(ip) => {
                    request.push(IPV6);
                    request.extend(ip.octets());
                }
            }
            address.port()
        }
        Endpoint::Name(name, port) => {
            request.extend([DOMAIN_NAME, octet(name.as_str().len())]);
            request.extend(name.as_str().bytes());
            *port
        }
    };
    request.extend(port.to_be_bytes());
    request
}

/// Credentials hold at most 255 bytes each where SOCKS5 is spoken, and names 253.
fn octet(length: usize) -> u8 {
    u8::try_from(length).unwrap_or(u8::MAX)
}

const VERSION: u8 = 0x05;
const LOGIN_VERSION: u8 = 0x01;

const NO_AUTHENTICATION: u8 = 0x00;
const USER_AND_PASSWORD: u8 = 0x02;
const NO_METHOD: u8 = 0xff;

const CONNECT: u8 = 0x01;
const SUCCESS: u8 = 0x00;

const IPV4: u8 = 0x01;
const DOMAIN_NAME: u8 = 0x03;
const IPV6: u8 = 0x04;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::proxy::Proxy;
    use crate::fetch::starttls::script::{Outcome, hold};

    fn name() -> Endpoint {
        Endpoint::Name("a.example".parse().unwrap(), 443)
    }

    fn anonymous() -> Socks {
        Socks::new(&name(), None)
    }

    fn known() -> Socks {
        let proxy: Proxy = "socks5://me:pass@proxy.example".parse().unwrap();
        Socks::new(&name(), proxy.credentials.as_deref())
    }

    /// What was said, byte for byte.
    #[track_caller]
    fn said(outcome: Outcome) -> Vec<u8> {
        outcome.said().chars().map(|c| u8::try_from(c).unwrap()).collect()
    }

    const CONNECTED: &[u8] = b"\x05\0\0\x01\x7f\0\0\x01\x1f\x90";

    #[test]
    fn a_connection_is_asked_for_by_name() {
        let server = [b"\x05\0", CONNECTED].concat();
        assert_eq!(said(hold(anonymous, server)), b"\x05\x01\0\x05\x01\0\x03\x09a.example\x01\xbb");
    }

    #[test]
    fn a_connection_is_asked_for_by_address() {
        let server = [b"\x05\0", CONNECTED].concat();
        let endpoint = Endpoint::Address("192.0.2.1:8443".parse().unwrap());
        assert_eq!(
            said(hold(|| Socks::new(&endpoint, None), &server)),
            b"\x05\x01\0\x05\x01\0\x01\xc0\0\x02\x01\x20\xfb"
        );
        let endpoint = Endpoint::Address("[2001:db8::1]:25".parse().unwrap());
        assert_eq!(
            said(hold(|| Socks::new(&endpoint, None), &server)),
            b"\x05\x01\0\x05\x01\0\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\0\x19"
        );
    }

    #[test]
    fn user_and_password_are_sent_where_they_are_wanted() {
        let server = [b"\x05\x02\x01\0", CONNECTED].concat();
        assert_eq!(
            said(hold(known, server)),
            b"\x05\x02\0\x02\x01\x02me\x04pass\x05\x01\0\x03\x09a.example\x01\xbb"
        );
        let server = [b"\x05\0", CONNECTED].concat();
        assert_eq!(said(hold(known, server)), b"\x05\x02\0\x02\x05\x01\0\x03\x09a.example\x01\xbb");
    }

    #[test]
    fn the_tunnel_begins_behind_the_address_of_any_type() {
        for address in [
            &b"\x01\x7f\0\0\x01"[..],
            b"\x03\x07a.proxy",
            b"\x03\0",
            b"\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01",
        ] {
            let server = [b"\x05\0\x05\0\0", address, b"\x1f\x90220 mail\r\n"].concat();
            match hold(anonymous, server) {
                Outcome::Agreed { left, .. } => assert_eq!(left, 10, "{address:?}"),
                other => panic!("{address:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn an_unfinished_answer_is_waited_for() {
        let server = [b"\x05\0", CONNECTED].concat();
        for length in 0..server.len() {
            assert_eq!(hold(anonymous, &server[..length]), Outcome::Waiting, "{length}");
        }
    }

    #[test]
    fn wrong_credentials_and_none_are_told_apart_in_words() {
        use FetchErrorKind::ProxyAuthentication;
        for (outcome, words) in [
            (hold(anonymous, b"\x05\xff"), "no acceptable method of authentication"),
            (hold(known, b"\x05\xff"), "no acceptable method of authentication"),
            (hold(known, b"\x05\x02\x01\x01"), "user name or password refused"),
            (hold(known, b"\x05\x02\x01\xff"), "user name or password refused"),
        ] {
            assert_eq!(outcome, Outcome::refused(ProxyAuthentication, words));
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        use FetchErrorKind::{ProxyCantReach, ProxyForbids, UnreadableReply};
        for (code, kind, words) in [
            (1, ProxyCantReach, "general failure (1)"),
            (2, ProxyForbids, "not allowed by the ruleset (2)"),
            (3, ProxyCantReach, "network unreachable (3)"),
            (4, ProxyCantReach, "host unreachable (4)"),
            (5, ProxyCantReach, "connection refused (5)"),
            (6, ProxyCantReach, "TTL expired (6)"),
            (7, ProxyForbids, "command not supported (7)"),
            (8, ProxyCantReach, "address type not supported (8)"),
            (9, UnreadableReply, "\x05\x09"),
            (b'a', UnreadableReply, "\x05a"),
        ] {
            // Some proxies cut the rest of a refusal short.
            for rest in [&b""[..], b"\0\x01\0\0\0\0\0\0"] {
                let server = [&[5, 0, 5, code], rest].concat();
                assert_eq!(hold(anonymous, server), Outcome::refused(kind, words));
            }
        }
    }

    #[test]
    fn what_is_no_answer_is_no_tunnel() {
        for (outcome, what) in [
            (hold(anonymous, b"HTTP/1.1 400 Bad Request\r\n"), "HTTP"),
            (hold(anonymous, b"\x04\x5a"), "SOCKS4"),
            (hold(anonymous, b"\x05\x02"), "a method that was not offered"),
            (hold(anonymous, b"\x05\x01"), "GSSAPI"),
            (hold(known, b"\x05\x02\x05\0"), "a login of another version"),
            (hold(anonymous, b"\x05\0\x01\0"), "a reply of another version"),
            (hold(anonymous, b"\x05\0\x05\0\0\x02"), "an unknown type of address"),
        ] {
            assert_eq!(outcome.kind(), Some(FetchErrorKind::UnreadableReply), "{what}");
        }
    }
}
