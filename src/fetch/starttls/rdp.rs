//! Remote Desktop: the negotiation of a security protocol ([MS-RDPBCGR] sections 2.2.1.1 and
//! 2.2.1.2).

use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::{Dialogue, Refusal, Step};

/// Sends a connection request that asks for every protocol that begins with TLS, and looks at what
/// the confirmation selects.
#[derive(Debug, Default)]
pub(super) struct Rdp {
    asked: bool,
}

impl Dialogue for Rdp {
    fn proceed(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        if !self.asked {
            self.asked = true;
            return Ok(Step::answer(0, CONNECTION_REQUEST));
        }
        let Some((negotiation, taken)) = first_confirmation(input)? else {
            return Ok(Step::Wait);
        };
        match *negotiation {
            // A server that predates the negotiation leaves it out.
            [] => Err(Refusal::new(FetchErrorKind::StartTlsNotOffered)),
            [RESPONSE, _, 8, 0, ref selected @ ..] => match selected {
                // CredSSP, with and without its early result, begins with TLS too.
                [SSL | HYBRID | HYBRID_EX, 0, 0, 0] => Ok(Step::Done { taken }),
                [0, 0, 0, 0] => Err(Refusal::new(FetchErrorKind::StartTlsNotOffered)),
                _ => Err(Refusal::unreadable(negotiation)),
            },
            [FAILURE, _, 8, 0, a, b, c, d] => {
                let words = failure(u32::from_le_bytes([a, b, c, d]));
                Err(Refusal::new(FetchErrorKind::StartTlsRefused).saying(words.as_bytes()))
            }
            _ => Err(Refusal::unreadable(negotiation)),
        }
    }
}

/// What a connection confirmation says of the negotiation, and how many bytes it takes in whole;
/// `None` where it is not complete yet.
///
/// Around the X.224 message, which begins with its length without that byte, stands a TPKT header,
/// which holds the length of all (RFC 2126 section 4.3).
fn first_confirmation(input: &[u8]) -> Result<Option<(&[u8], usize)>, Refusal> {
    let Some((header, rest)) = input.split_first_chunk() else {
        return Ok(None);
    };
    let [3, _, high, low, length @ 6..=u8::MAX, CONFIRMATION] = *header else {
        return Err(Refusal::unreadable(header));
    };
    let length = usize::from(length);
    let taken = 5 + length;
    if usize::from(u16::from_be_bytes([high, low])) != taken {
        return Err(Refusal::unreadable(header));
    }
    // Two references and the class come first.
    Ok(rest.get(5..length - 1).map(|negotiation| (negotiation, taken)))
}

/// [MS-RDPBCGR] section 2.2.1.2.2.
fn failure(code: u32) -> String {
    let name = match code {
        1 => " SSL_REQUIRED_BY_SERVER",
        2 => " SSL_NOT_ALLOWED_BY_SERVER",
        3 => " SSL_CERT_NOT_ON_SERVER",
        4 => " INCONSISTENT_FLAGS",
        5 => " HYBRID_REQUIRED_BY_SERVER",
        6 => " SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER",
        _ => "",
    };
    format!("{code}{name}")
}

/// TPKT, X.224, and the negotiation request. CredSSP is asked for too, as servers that want it
/// refuse those who don't; what it adds comes after TLS.
const CONNECTION_REQUEST: [u8; 19] =
    [3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, SSL | HYBRID | HYBRID_EX, 0, 0, 0];

const CONFIRMATION: u8 = 0xd0;

const RESPONSE: u8 = 2;
const FAILURE: u8 = 3;

const SSL: u8 = 1;
const HYBRID: u8 = 2;
const HYBRID_EX: u8 = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::starttls::script::{Outcome, hold};

    const ASKED: &str = "\u{3}\0\0\u{13}\u{e}\u{e0}\0\0\0\0\0\u{1}\0\u{8}\0\u{b}\0\0\0";

    fn confirmation(negotiation: &[u8]) -> Vec<u8> {
        let length = u8::try_from(negotiation.len()).unwrap();
        let header = [3, 0, 0, 11 + length, 6 + length, 0xd0, 0, 0, 0x12, 0x34, 0];
        [&header, negotiation].concat()
    }

    #[test]
    fn each_protocol_that_begins_with_tls_is_a_go_ahead() {
        assert_eq!(hold(Rdp::default, ""), Outcome::Waiting);
        for protocol in [1, 2, 8] {
            let server = confirmation(&[2, 0x1f, 8, 0, protocol, 0, 0, 0]);
            assert_eq!(hold(Rdp::default, server), Outcome::Agreed { said: ASKED.into(), left: 0 });
        }
    }

    #[test]
    fn a_server_of_standard_security_does_not_offer_tls() {
        for server in [confirmation(&[]), confirmation(&[2, 0, 8, 0, 0, 0, 0, 0])] {
            assert_eq!(
                hold(Rdp::default, server),
                Outcome::refused(FetchErrorKind::StartTlsNotOffered, "")
            );
        }
    }

    #[test]
    fn a_failure_is_told_by_its_code_and_name() {
        for (code, words) in [
            (2, "2 SSL_NOT_ALLOWED_BY_SERVER"),
            (3, "3 SSL_CERT_NOT_ON_SERVER"),
            (6, "6 SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER"),
            (7, "7"),
        ] {
            let server = confirmation(&[3, 0, 8, 0, code, 0, 0, 0]);
            assert_eq!(
                hold(Rdp::default, server),
                Outcome::refused(FetchErrorKind::StartTlsRefused, words)
            );
        }
    }

    #[test]
    fn an_unfinished_confirmation_is_waited_for() {
        let server = confirmation(&[2, 0, 8, 0, 1, 0, 0, 0]);
        for end in 0..server.len() {
            assert_eq!(hold(Rdp::default, &server[..end]), Outcome::Waiting, "{end}");
        }
    }

    #[test]
    fn what_follows_the_go_ahead_is_left() {
        let mut server = confirmation(&[2, 0, 8, 0, 1, 0, 0, 0]);
        server.extend(b"\x03\0\0\x0b");
        assert_eq!(hold(Rdp::default, server), Outcome::Agreed { said: ASKED.into(), left: 4 });
    }

    #[test]
    fn what_is_no_confirmation_is_no_success() {
        let good = confirmation(&[2, 0, 8, 0, 1, 0, 0, 0]);
        let with = |index: usize, byte: u8| {
            let mut bad = good.clone();
            bad[index] = byte;
            bad
        };
        for server in [
            // The version, both bytes of the outer length, the inner length, and the message type.
            with(0, 4),
            with(2, 1),
            with(3, 18),
            with(3, 20),
            with(4, 13),
            with(4, 15),
            with(5, 0x80),
            // The type, the length and the protocol of the negotiation: of it one may be selected,
            // and only of those that were asked for.
            with(11, 1),
            with(13, 9),
            with(14, 1),
            with(15, 3),
            with(15, 4),
            with(15, 0x10),
            with(18, 1),
            confirmation(&[2]),
            confirmation(&[2, 0, 8, 0, 1, 0, 0]),
            confirmation(&[2, 0, 8, 0, 1, 0, 0, 0, 0]),
            confirmation(&[3, 0, 8, 0, 1, 0, 0]),
            // Lengths that agree, and hold no references, or nothing.
            b"\x03\0\0\x0a\x05\xd0\0\0\0\0".to_vec(),
            b"\x03\0\0\x06\x01\xd0".to_vec(),
            b"\x03\0\0\x05\0\xd0".to_vec(),
            b"HTTP/1.1 400\r\n".to_vec(),
        ] {
            assert_eq!(
                hold(Rdp::default, &server).kind(),
                Some(FetchErrorKind::UnreadableReply),
                "{server:?}"
            );
        }
    }
}
