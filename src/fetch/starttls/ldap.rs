//! LDAP: the extended operation StartTLS (RFC 4511 section 4.14).

use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::{Dialogue, Refusal, Step};

/// Sends the request, and waits for the response to it.
#[derive(Debug, Default)]
pub(super) struct Ldap {
    asked: bool,
}

impl Dialogue for Ldap {
    fn proceed(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        if !self.asked {
            self.asked = true;
            return Ok(Step::answer(0, START_TLS));
        }
        if let [first, ..] = input
            && *first != SEQUENCE
        {
            return Err(Refusal::unreadable(&input[..1]));
        }
        let Some((message, rest)) = element(input)? else {
            return Ok(Step::Wait);
        };
        let taken = input.len() - rest.len();
        let response = Response::read(message.contents)
            .ok_or_else(|| Refusal::unreadable(message.contents))?;
        match (response.id, response.code) {
            (OUR_ID, 0) => Ok(Step::Done { taken }),
            // Whether it does not know the operation, or was set up without TLS (section 4.14.2).
            (OUR_ID, 2) => Err(response.refusal(FetchErrorKind::StartTlsNotOffered)),
            (OUR_ID, _) => Err(response.refusal(FetchErrorKind::StartTlsRefused)),
            (UNSOLICITED, _) if response.name == Some(DISCONNECTION) => {
                Err(response.refusal(FetchErrorKind::StartTlsRefused))
            }
            // What other notifications there are does not concern us (section 4.4).
            (UNSOLICITED, _) => Ok(Step::take(taken)),
            _ => Err(Refusal::unreadable(message.contents)),
        }
    }
}

/// An extended response (section 4.12).
struct Response<'a> {
    id: u32,
    code: u32,
    diagnostic: &'a [u8],
    name: Option<&'a [u8]>,
}

impl<'a> Response<'a> {
    fn read(message: &'a [u8]) -> Option<Self> {
        // Controls may follow.
        let [id, operation, ..] = elements(message)?[..] else {
            return None;
        };
        let operation = elements(operation.with(EXTENDED_RESPONSE)?)?;
        let [code, matched_dn, diagnostic, ref more @ ..] = operation[..] else {
            return None;
        };
        matched_dn.with(OCTET_STRING)?;
        Some(Self {
            id: number(id.with(INTEGER)?)?,
            code: number(code.with(ENUMERATED)?)?,
            diagnostic: diagnostic.with(OCTET_STRING)?,
            name: more.iter().find_map(|field| field.with(RESPONSE_NAME)),
        })
    }

    /// The code, and the diagnostic message, which is often empty.
    fn refusal(&self, kind: FetchErrorKind) -> Refusal {
        let code = self.code.to_string();
        Refusal::new(kind).saying(&[code.as_bytes(), self.diagnostic].join(&b' '))
    }
}

/// Of BER: a tag, and what it is put before.
#[derive(Clone, Copy)]
struct Element<'a> {
    tag: u8,
    contents: &'a [u8],
}

impl<'a> Element<'a> {
    fn with(self, tag: u8) -> Option<&'a [u8]> {
        (self.tag == tag).then_some(self.contents)
    }
}

/// The first element, and what follows it; `None` where it is not complete yet.
///
/// Lengths are definite (section 5.1). Active Directory writes even the shortest in four bytes.
fn element(input: &[u8]) -> Result<Option<(Element<'_>, &[u8])>, Refusal> {
    let Some((&[tag, first], rest)) = input.split_first_chunk() else {
        return Ok(None);
    };
    let more = match first {
        0x00..=0x7f => 0,
        0x81..=0x84 => usize::from(first & 0x7f),
        _ => return Err(Refusal::unreadable(&[tag, first])),
    };
    let Some((octets, rest)) = rest.split_at_checked(more) else {
        return Ok(None);
    };
    let length = match number(octets) {
        None => usize::from(first),
        Some(length) => usize::try_from(length).unwrap_or(usize::MAX),
    };
    if length > LONGEST {
        return Err(Refusal::new(FetchErrorKind::MessageTooLarge));
    }
    Ok(rest.split_at_checked(length).map(|(contents, rest)| (Element { tag, contents }, rest)))
}

/// All of the elements, up to the last byte.
fn elements(mut input: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut found = Vec::new();
    while !input.is_empty() {
        let (element, rest) = element(input).ok()??;
        found.push(element);
        input = rest;
    }
    Some(found)
}

/// Four bytes at the most, and one at the least.
fn number(octets: &[u8]) -> Option<u32> {
    let is_one = (1..=4).contains(&octets.len());
    is_one.then(|| octets.iter().fold(0, |number, octet| number << 8 | u32::from(*octet)))
}

/// A message with the number [`OUR_ID`], in it an extended request with this name.
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// The Notice of Disconnection (section 4.4.1).
const DISCONNECTION: &[u8] = b"1.3.6.1.4.1.1466.20036";

const OUR_ID: u32 = 1;
const UNSOLICITED: u32 = 0;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
const SEQUENCE: u8 = 0x30;
const EXTENDED_RESPONSE: u8 = 0x78;
const RESPONSE_NAME: u8 = 0x8a;

/// A response takes less than a hundred bytes.
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::starttls::script::{Outcome, hold};

    const ASKED: &str = "0\u{1d}\u{2}\u{1}\u{1}w\u{18}\u{80}\u{16}1.3.6.1.4.1.1466.20037";
    /// What OpenLDAP says.
    const SUCCESS: &[u8] = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0";

    fn agreed(left: usize) -> Outcome {
        Outcome::Agreed { said: ASKED.into(), left }
    }

    /// Tag, length, value, each of the last two in the shortest form.
    fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let value = parts.concat();
        [&[tag, u8::try_from(value.len()).unwrap()], &value[..]].concat()
    }

    fn response(id: u8, code: u8, diagnostic: &str, name: &[u8]) -> Vec<u8> {
        let code = tlv(ENUMERATED, &[&[code]]);
        let diagnostic = tlv(OCTET_STRING, &[diagnostic.as_bytes()]);
        let name = if name.is_empty() { Vec::new() } else { tlv(RESPONSE_NAME, &[name]) };
        let operation = tlv(EXTENDED_RESPONSE, &[&code, b"\x04\0", &diagnostic, &name]);
        tlv(SEQUENCE, &[&[INTEGER, 1, id], &operation])
    }

    #[test]
    fn the_client_speaks_first_and_success_is_a_go_ahead() {
        assert_eq!(hold(Ldap::default, ""), Outcome::Waiting);
        assert_eq!(hold(Ldap::default, SUCCESS), agreed(0));
        let named = response(1, 0, "Start TLS request accepted.", b"1.3.6.1.4.1.1466.20037");
        assert_eq!(hold(Ldap::default, named), agreed(0));
    }

    #[test]
    fn lengths_may_take_four_bytes_more() {
        let server = b"\x30\x84\0\0\0\x14\x02\x01\x01\x78\x84\0\0\0\x0b\x0a\x01\0\
                       \x04\x82\0\0\x04\x82\0\0";
        let mut server = server.to_vec();
        server[5] = u8::try_from(server.len() - 6).unwrap();
        assert_eq!(hold(Ldap::default, server), agreed(0));
    }

    #[test]
    fn controls_may_follow() {
        let server = b"\x30\x0e\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0\xa0\0";
        assert_eq!(hold(Ldap::default, server), agreed(0));
    }

    #[test]
    fn a_server_that_does_not_know_the_operation_does_not_offer_it() {
        assert_eq!(
            hold(Ldap::default, response(1, 2, "unsupported extended operation", b"")),
            Outcome::refused(
                FetchErrorKind::StartTlsNotOffered,
                "2 unsupported extended operation"
            )
        );
    }

    #[test]
    fn a_refusal_is_told_by_its_code_and_message() {
        let refused = |words| Outcome::refused(FetchErrorKind::StartTlsRefused, words);
        assert_eq!(
            hold(Ldap::default, response(1, 52, "Could not initialize TLS", b"")),
            refused("52 Could not initialize TLS")
        );
        assert_eq!(hold(Ldap::default, response(1, 1, "", b"")), refused("1 "));
        assert_eq!(
            hold(Ldap::default, response(0, 52, "shutting down", DISCONNECTION)),
            refused("52 shutting down")
        );
    }

    #[test]
    fn a_notification_of_something_else_is_passed_over() {
        let server = [&response(0, 0, "", b"1.3.6.1.1.21.4")[..], SUCCESS].concat();
        assert_eq!(hold(Ldap::default, server), agreed(0));
        // Nor is it the go-ahead itself, whatever name it goes by.
        let server = response(0, 0, "", b"1.3.6.1.4.1.1466.20037");
        assert_eq!(hold(Ldap::default, server), Outcome::Waiting);
    }

    #[test]
    fn an_unfinished_response_is_waited_for() {
        for end in 0..SUCCESS.len() {
            assert_eq!(hold(Ldap::default, &SUCCESS[..end]), Outcome::Waiting, "{end}");
        }
        assert_eq!(hold(Ldap::default, b"\x30\x84\0\0"), Outcome::Waiting);
    }

    #[test]
    fn what_follows_the_go_ahead_is_left() {
        assert_eq!(hold(Ldap::default, [SUCCESS, SUCCESS].concat()), agreed(SUCCESS.len()));
    }

    #[test]
    fn a_response_that_is_too_long_is_given_up() {
        assert_eq!(hold(Ldap::default, b"\x30\x82\x10\0"), Outcome::Waiting);
        for server in [&b"\x30\x82\x10\x01"[..], b"\x30\x84\xff\xff\xff\xff"] {
            assert_eq!(hold(Ldap::default, server).kind(), Some(FetchErrorKind::MessageTooLarge));
        }
    }

    #[test]
    fn what_is_no_response_is_no_success() {
        // Each tag and each length in turn, the outermost length aside: of which more is waited
        // for, or too little is left.
        let mut servers = Vec::new();
        for index in [0, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13] {
            for change in [1, 0x7f, 0x80, 0xff] {
                let mut server = SUCCESS.to_vec();
                server[index] ^= change;
                servers.push(server);
            }
        }
        servers.extend([
            // Shorter than what it holds, empty, of an indefinite length, and in five bytes.
            b"\x30\x0b\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04".to_vec(),
            b"\x30\0".to_vec(),
            b"\x30\x80".to_vec(),
            b"\x30\x85\0".to_vec(),
            // The answer to somebody else.
            response(2, 0, "", b""),
            // A number in five bytes.
            b"\x30\x10\x02\x05\0\0\0\0\x01\x78\x07\x0a\x01\0\x04\0\x04\0".to_vec(),
            // Fields that are cut off after those that have to be there.
            b"\x30\x0e\x02\x01\x01\x78\x09\x0a\x01\0\x04\0\x04\0\x8a\x01".to_vec(),
            b"\x30\x0d\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0\xa0".to_vec(),
            // The response to a bind.
            b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0".to_vec(),
            b"HTTP/1.1 400\r\n".to_vec(),
        ]);
        for server in servers {
            assert_eq!(
                hold(Ldap::default, &server).kind(),
                Some(FetchErrorKind::UnreadableReply),
                "{server:x?}"
            );
        }
    }
}
