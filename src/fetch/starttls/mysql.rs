//! MySQL and MariaDB: the packet `SSLRequest` (MySQL, "Connection Phase"; MariaDB, "Connecting").

use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::{Dialogue, Refusal, Step};

/// Waits for the greeting, looks for TLS among the capabilities, and sends the request, which is
/// not answered.
#[derive(Debug, Default)]
pub(super) struct Mysql {
    asked: bool,
}

impl Dialogue for Mysql {
    fn proceed(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        if self.asked {
            return Ok(Step::Done { taken: 0 });
        }
        let Some((payload, taken)) = first_packet(input)? else {
            return Ok(Step::Wait);
        };
        if let [ERROR, error @ ..] = payload {
            return Err(refused(error).unwrap_or_else(|| Refusal::unreadable(payload)));
        }
        let capabilities = capabilities(payload).ok_or_else(|| Refusal::unreadable(payload))?;
        if capabilities & CLIENT_SSL == 0 {
            return Err(Refusal::new(FetchErrorKind::StartTlsNotOffered));
        }
        self.asked = true;
        Ok(Step::answer(taken, SSL_REQUEST))
    }
}

/// What the first packet holds, and how many bytes it takes; `None` where it is not complete yet.
fn first_packet(input: &[u8]) -> Result<Option<(&[u8], usize)>, Refusal> {
    let Some((&[low, middle, high, sequence], rest)) = input.split_first_chunk() else {
        return Ok(None);
    };
    match (sequence, usize::try_from(u32::from_le_bytes([low, middle, high, 0]))) {
        (0, Ok(length @ 1..=LONGEST)) => {
            Ok(rest.get(..length).map(|payload| (payload, 4 + length)))
        }
        _ => Err(Refusal::unreadable(&input[..4])),
    }
}

/// The lower capabilities of a greeting of protocol 10: they follow the version, which ends with a
/// zero byte, the number of the connection, and eight bytes and a zero byte of the challenge.
///
/// Those above, and MariaDB's own, say nothing of TLS.
fn capabilities(greeting: &[u8]) -> Option<u16> {
    let greeting = greeting.strip_prefix(&[10])?;
    let version = greeting.iter().position(|byte| *byte == 0)?;
    let (_, rest) = greeting.split_at_checked(version + 1 + 4 + 8 + 1)?;
    rest.first_chunk().map(|capabilities| u16::from_le_bytes(*capabilities))
}

/// The server is full, or has blocked us: a code, perhaps a `#` and an SQL state of five
/// characters, and the message.
fn refused(error: &[u8]) -> Option<Refusal> {
    let (code, message) = error.split_first_chunk()?;
    let message = match message {
        [b'#', _, _, _, _, _, message @ ..] => message,
        message => message,
    };
    let code = u16::from_le_bytes(*code).to_string();
    let words = [code.as_bytes(), message].join(&b' ');
    Some(Refusal::new(FetchErrorKind::StartTlsRefused).saying(&words))
}

const ERROR: u8 = 0xff;

const CLIENT_SSL: u16 = 0x0800;

/// 32 bytes as the second packet: the capabilities LONG_PASSWORD, PROTOCOL_41, SSL and
/// SECURE_CONNECTION, packets of 16 MiB at the most, UTF-8, and 23 bytes that are reserved.
///
/// The first of the capabilities says too that MariaDB's own stay out of the reserved bytes.
const SSL_REQUEST: [u8; 36] = [
    32, 0, 0, 1, 0x01, 0x8a, 0, 0, 0, 0, 0, 1, 33, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0,
];

/// A greeting takes about a hundred bytes.
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::starttls::script::{Outcome, hold};

    /// What MariaDB 10.11 says, with those lower capabilities.
    fn greeting(capabilities: [u8; 2]) -> Vec<u8> {
        let mut packet = b"\x65\0\0\0\x0a5.5.5-10.11.14-MariaDB-0\0\x1e\0\0\0t!Q8+Im6\0".to_vec();
        packet.extend(capabilities);
        packet.extend(b"\x2d\x02\0\xff\x81\x15\0\0\0\0\0\0\x1d\0\0\0n2b_^|\\Ia;4k\0");
        packet.extend(b"mysql_native_password\0");
        packet[0] = u8::try_from(packet.len() - 4).unwrap();
        packet
    }

    fn packet(payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
        [&length[..3], &[0], payload].concat()
    }

    #[test]
    fn the_request_is_sent_where_the_greeting_offers_it() {
        let said = "\u{20}\0\0\u{1}\u{1}\u{8a}\0\0\0\0\0\u{1}!".to_owned() + &"\0".repeat(23);
        assert_eq!(hold(Mysql::default, greeting([0xfe, 0xff])), Outcome::Agreed { said, left: 0 });
    }

    #[test]
    fn a_greeting_without_the_capability_does_not_offer_it() {
        assert_eq!(
            hold(Mysql::default, greeting([0xfe, 0xf7])),
            Outcome::refused(FetchErrorKind::StartTlsNotOffered, "")
        );
    }

    #[test]
    fn an_error_is_told_by_its_code_and_message() {
        let refused = |words| Outcome::refused(FetchErrorKind::StartTlsRefused, words);
        assert_eq!(
            hold(Mysql::default, packet(b"\xff\x10\x04Too many connections")),
            refused("1040 Too many connections")
        );
        assert_eq!(
            hold(Mysql::default, packet(b"\xff\x69\x04#HY000Host is blocked")),
            refused("1129 Host is blocked")
        );
        assert_eq!(hold(Mysql::default, packet(b"\xff\x6a\x04")), refused("1130 "));
    }

    #[test]
    fn an_unfinished_greeting_is_waited_for() {
        let greeting = greeting([0xfe, 0xff]);
        for end in 0..greeting.len() {
            assert_eq!(hold(Mysql::default, &greeting[..end]), Outcome::Waiting, "{end}");
        }
    }

    #[test]
    fn what_follows_the_greeting_is_left() {
        let server = [greeting([0xfe, 0xff]), packet(b"\0\0\0")].concat();
        let Outcome::Agreed { left, .. } = hold(Mysql::default, server) else {
            panic!("the server has agreed");
        };
        assert_eq!(left, 7);
    }

    #[test]
    fn what_is_no_greeting_is_no_success() {
        let short = b"\x0a8.4.0\0\x01\0\0\0abcdefgh\0\xff".to_vec();
        let mut second = greeting([0xfe, 0xff]);
        second[3] = 1;
        for server in [
            packet(b""),
            packet(b"\x098.4.0\0\x01\0\0\0abcdefgh\0\xff\xff"),
            packet(b"\x0a8.4.0"),
            packet(&short),
            packet(b"\xff"),
            packet(b"\xff\x10"),
            second,
            // One byte more than any greeting has, and 16 MiB.
            b"\x01\x10\0\0".to_vec(),
            b"\xff\xff\xff\0".to_vec(),
            b"HTTP/1.1 400\r\n".to_vec(),
            b"SSH-2.0\r\n".to_vec(),
        ] {
            assert_eq!(
                hold(Mysql::default, &server).kind(),
                Some(FetchErrorKind::UnreadableReply),
                "{server:?}"
            );
        }
        // With the second byte of the capabilities it would be complete.
        let whole = [short, vec![0xff]].concat();
        assert_eq!(hold(Mysql::default, packet(&whole)).said().chars().count(), SSL_REQUEST.len());
    }
}
