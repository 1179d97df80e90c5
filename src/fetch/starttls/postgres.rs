//! PostgreSQL: the message `SSLRequest` (PostgreSQL, "Message Flow", "SSL Session Encryption").

use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::{Dialogue, Refusal, Step};

/// Sends the request, and looks at the one byte that answers it.
#[derive(Debug, Default)]
pub(super) struct Postgres {
    asked: bool,
}

impl Dialogue for Postgres {
    fn proceed(&mut self, input: &[u8]) -> Result<Step, Refusal> {
        if !self.asked {
            self.asked = true;
            return Ok(Step::answer(0, SSL_REQUEST));
        }
        match input {
            [] => Ok(Step::Wait),
            // Whatever follows was injected: CVE-2021-23222.
            [b'S', ..] => Ok(Step::Done { taken: 1 }),
            [b'N', ..] => Err(Refusal::new(FetchErrorKind::StartTlsNotOffered)),
            [b'E', error @ ..] => match words(error)? {
                Some(words) => Err(Refusal::new(FetchErrorKind::StartTlsRefused).saying(&words)),
                None => Ok(Step::Wait),
            },
            [other, ..] => Err(Refusal::unreadable(&[*other])),
        }
    }
}

/// What an error says that follows its type byte; `None` where it is not complete yet.
fn words(error: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
    let Some((length, fields)) = error.split_first_chunk() else {
        return Ok(None);
    };
    // The length counts itself. A server that can't fork still answers as protocol 2 did, in text
    // up to a zero byte, whose first four bytes are no such length.
    match usize::try_from(u32::from_be_bytes(*length)) {
        Ok(length @ 4..=LONGEST) => match fields.get(..length - 4) {
            Some(fields) => coded(fields).ok_or_else(|| Refusal::unreadable(fields)).map(Some),
            None => Ok(None),
        },
        _ => text(error),
    }
}

/// The code and the message, which are always there.
fn coded(fields: &[u8]) -> Option<Vec<u8>> {
    let fields = fields.strip_suffix(&[0, 0])?;
    let field = |kind: &[u8]| fields.split(|byte| *byte == 0).find_map(|it| it.strip_prefix(kind));
    Some([field(b"C")?, field(b"M")?].join(&b' '))
}

fn text(error: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
    let window = &error[..error.len().min(LONGEST)];
    match window.iter().position(|byte| *byte == 0) {
        Some(0) => Err(Refusal::unreadable(&window[..4])),
        Some(end) => Ok(Some(window[..end].to_vec())),
        None if window.len() == LONGEST => {
            Err(Refusal::new(FetchErrorKind::MessageTooLarge).saying(window))
        }
        None => Ok(None),
    }
}

/// The length, and 1234 and 5679, which no version of the protocol has.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// An error that is longer has nothing to do with the request.
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::starttls::script::{Outcome, hold};

    const ASKED: &str = "\0\0\0\u{8}\u{4}\u{d2}\u{16}/";

    fn refused(words: &str) -> Outcome {
        Outcome::refused(FetchErrorKind::StartTlsRefused, words)
    }

    #[test]
    fn the_client_speaks_first_and_one_byte_is_the_answer() {
        assert_eq!(hold(Postgres::default, ""), Outcome::Waiting);
        assert_eq!(hold(Postgres::default, "S"), Outcome::Agreed { said: ASKED.into(), left: 0 });
        assert_eq!(
            hold(Postgres::default, "N"),
            Outcome::refused(FetchErrorKind::StartTlsNotOffered, "")
        );
    }

    #[test]
    fn what_follows_the_go_ahead_is_left() {
        assert_eq!(
            hold(Postgres::default, b"SR\0\0\0\x08\0\0\0\0"),
            Outcome::Agreed { said: ASKED.into(), left: 9 }
        );
    }

    #[test]
    fn an_error_is_told_by_its_code_and_message() {
        let error = b"E\0\0\0\x39SFATAL\0VFATAL\0C53300\0Mtoo many clients\0Fproc.c\0L355\0\0";
        assert_eq!(error.len(), 1 + 0x39);
        assert_eq!(hold(Postgres::default, error), refused("53300 too many clients"));
        for end in 1..error.len() {
            assert_eq!(hold(Postgres::default, &error[..end]), Outcome::Waiting, "{end}");
        }
    }

    #[test]
    fn a_server_that_cannot_fork_says_so_in_text() {
        let error = "Ecould not fork new process for connection: No memory\n\0";
        assert_eq!(hold(Postgres::default, error), refused(&error[1..error.len() - 1]));
        assert_eq!(hold(Postgres::default, &error[..error.len() - 1]), Outcome::Waiting);
    }

    #[test]
    fn an_error_without_an_end_is_given_up() {
        let error = [b'E'; 1 + LONGEST];
        assert_eq!(hold(Postgres::default, &error[..LONGEST]), Outcome::Waiting);
        assert_eq!(hold(Postgres::default, error).kind(), Some(FetchErrorKind::MessageTooLarge));
    }

    #[test]
    fn what_is_no_reply_is_no_success() {
        for server in [
            &b"s"[..],
            b"HTTP/1.1 400",
            b"\0",
            // Lengths that are too short and too long, and fields that don't end, or lack one.
            b"E\0\0\0\x03",
            b"E\0\0\0\x04",
            b"E\0\0\0\x05\0",
            b"E\0\0\x10\x01",
            b"E\0\0\0\x0bC1\0M2\0\x01",
            b"E\0\0\0\x08M2\0\0",
        ] {
            assert_eq!(
                hold(Postgres::default, server).kind(),
                Some(FetchErrorKind::UnreadableReply),
                "{server:?}"
            );
        }
    }
}
