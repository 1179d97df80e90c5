//! Doors to what is private, for the fuzzers.

use super::dialogue::{Dialogue, Refusal, Step};
use super::{proxy, starttls};
use crate::target::Target;

/// Reads the bytes as an old server's first flight.
pub fn legacy(bytes: &[u8]) {
    super::legacy::fuzz(bytes);
}

/// Holds the CONNECT dialogue with a proxy that says these bytes.
pub fn proxy_connect(bytes: &[u8]) {
    hold_twice(|| Box::new(proxy::fuzzing::connect()), bytes);
}

/// Holds the SOCKS5 dialogue with a proxy that says these bytes.
pub fn proxy_socks(bytes: &[u8]) {
    hold_twice(|| Box::new(proxy::fuzzing::socks()), bytes);
}

/// Holds the dialogue of the scheme with a server that says these bytes.
pub fn starttls(scheme: &str, bytes: &[u8]) {
    let target: Target = format!("{scheme}://example.com").parse().expect("the scheme has a port");
    let start = || starttls::dialogue(&target, target.host()).expect("the scheme has a dialogue");
    hold_twice(start, bytes);
}

/// All at once, and in pieces whose lengths the bytes give: both have to come out alike.
fn hold_twice(start: impl Fn() -> Box<dyn Dialogue>, bytes: &[u8]) {
    assert_eq!(hold(&mut *start(), vec![bytes]), hold(&mut *start(), pieces(bytes)));
}

/// What was said, how many bytes were taken, and whether there was a go-ahead.
fn hold(
    dialogue: &mut dyn Dialogue,
    pieces: Vec<&[u8]>,
) -> (Vec<u8>, usize, Result<bool, Refusal>) {
    let mut pending = Vec::new();
    let (mut said, mut total) = (Vec::new(), 0);
    // Each step waits for a piece or takes a byte, save for a client's that speaks first.
    let length: usize = pieces.iter().map(|piece| piece.len()).sum();
    let most_steps = length + pieces.len() + 2;
    let mut pieces = pieces.into_iter();
    for _ in 0..most_steps {
        let taken = match dialogue.proceed(&pending) {
            Err(refusal) => return (said, total, Err(refusal)),
            Ok(Step::Wait) => match pieces.next() {
                Some(piece) => {
                    pending.extend_from_slice(piece);
                    continue;
                }
                None => return (said, total, Ok(false)),
            },
            Ok(Step::Done { taken }) => {
                assert!(taken <= pending.len());
                return (said, total + taken, Ok(true));
            }
            Ok(Step::Answer { taken, reply }) => {
                said.extend(reply);
                taken
            }
        };
        // Panics where there is less than was taken.
        pending.drain(..taken);
        total += taken;
    }
    panic!("more than {most_steps} steps");
}

fn pieces(mut rest: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    while let Some(first) = rest.first() {
        let length = rest.len().min(1 + usize::from(first % 8));
        let (piece, next) = rest.split_at(length);
        pieces.push(piece);
        rest = next;
    }
    pieces
}
