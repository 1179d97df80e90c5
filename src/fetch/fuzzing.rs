//! Doors for the fuzz targets: what a peer says in plain text, looked at without a connection.

use super::dialogue::{Dialogue, Refusal, Step};
use super::proxy;

/// Reads the bytes as an old server's first flight.
pub fn legacy(bytes: &[u8]) {
    super::legacy::fuzz(bytes);
}

/// Holds the CONNECT dialogue with a proxy that sends these bytes.
pub fn proxy_connect(bytes: &[u8]) {
    hold_twice(proxy::fuzzing::connect, bytes);
}

/// Holds the SOCKS5 dialogue with a proxy that sends these bytes.
pub fn proxy_socks(bytes: &[u8]) {
    hold_twice(proxy::fuzzing::socks, bytes);
}

/// All at once, and byte by byte: the outcome has to be the same.
fn hold_twice<D: Dialogue>(dialogue: impl Fn() -> D, bytes: &[u8]) {
    let at_once = hold(&mut dialogue(), [bytes].into_iter());
    let dripped = hold(&mut dialogue(), bytes.chunks(1));
    assert_eq!(at_once, dripped, "all at once, and byte by byte");
}

/// What was said, and how many bytes were left or why it ended; `None` where it waits for more.
fn hold<'a>(
    dialogue: &mut dyn Dialogue,
    mut pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<u8>, Option<Result<usize, Refusal>>) {
    let mut pending = Vec::new();
    let mut said = Vec::new();
    loop {
        match dialogue.proceed(&pending) {
            Err(refusal) => return (said, Some(Err(refusal))),
            Ok(Step::Wait) => match pieces.next() {
                Some(piece) => pending.extend_from_slice(piece),
                None => return (said, None),
            },
            Ok(Step::Answer { taken, reply }) => {
                assert!(taken > 0 || !reply.is_empty(), "a step goes on");
                pending.drain(..taken);
                said.extend(reply);
            }
            Ok(Step::Done { taken }) => {
                let rest: usize = pieces.map(<[u8]>::len).sum();
                return (said, Some(Ok(pending.len() - taken + rest)));
            }
        }
    }
}
