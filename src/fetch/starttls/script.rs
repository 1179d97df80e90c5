//! Dialogues with a server whose lines are known beforehand, for the tests of this folder.

use crate::fetch::FetchErrorKind;
use crate::fetch::dialogue::{Dialogue, Refusal, Step};

/// How a dialogue came out.
#[derive(Debug, Eq, PartialEq)]
pub(in crate::fetch) enum Outcome {
    /// The server gave the go-ahead; what was said to it, and how many of its bytes were left.
    Agreed { said: String, left: usize },
    /// The dialogue ended without.
    Refused(Refusal),
    /// The server has said all, and the dialogue waits for more.
    Waiting,
}

impl Outcome {
    pub(in crate::fetch) fn refused(kind: FetchErrorKind, words: &str) -> Self {
        Self::Refused(Refusal::new(kind).saying(words.as_bytes()))
    }

    pub(in crate::fetch) fn kind(&self) -> Option<FetchErrorKind> {
        match self {
            Self::Refused(refusal) => Some(refusal.kind),
            Self::Agreed { .. } | Self::Waiting => None,
        }
    }

    /// What was said to a server that has agreed.
    #[track_caller]
    pub(in crate::fetch) fn said(self) -> String {
        match self {
            Self::Agreed { said, .. } => said,
            other => panic!("{other:?}"),
        }
    }
}

/// Holds the dialogue with a server that says `server`: all at once, and byte by byte. Both have
/// to come out alike.
///
/// Binary bytes of the client are shown as Latin-1.
#[track_caller]
pub(in crate::fetch) fn hold<D: Dialogue>(
    dialogue: impl Fn() -> D,
    server: impl AsRef<[u8]>,
) -> Outcome {
    let server = server.as_ref();
    let at_once = run(&mut dialogue(), [server].into_iter());
    let dripped = run(&mut dialogue(), server.chunks(1));
    assert_eq!(at_once, dripped, "all at once, and byte by byte");
    at_once
}

/// Holds the dialogue with a server that says those pieces.
pub(super) fn run<'a>(
    dialogue: &mut dyn Dialogue,
    mut pieces: impl Iterator<Item = &'a [u8]>,
) -> Outcome {
    let mut pending = Vec::new();
    let mut said = String::new();
    loop {
        match dialogue.proceed(&pending) {
            Err(refusal) => return Outcome::Refused(refusal),
            Ok(Step::Wait) => match pieces.next() {
                Some(piece) => pending.extend_from_slice(piece),
                None => return Outcome::Waiting,
            },
            Ok(Step::Answer { taken, reply }) => {
                pending.drain(..taken);
                said.extend(reply.iter().copied().map(char::from));
            }
            Ok(Step::Done { taken }) => {
                let rest: usize = pieces.map(<[u8]>::len).sum();
                return Outcome::Agreed { said, left: pending.len() - taken + rest };
            }
        }
    }
}
