//! How servers are asked to start TLS: a file a protocol, each a dialogue without its I/O.

pub(super) mod lines;
#[cfg(test)]
pub(super) mod script;
mod smtp;

use super::dialogue::Dialogue;
use crate::target::{Host, Protocol, Target};

/// The dialogue that comes before TLS in a target's protocol, where one does.
///
/// `client` is what we call ourselves. Every name that gets into a line was validated when it was
/// parsed: it holds no blank, control character or quote.
pub(super) fn dialogue(target: &Target, client: &Host) -> Option<Box<dyn Dialogue>> {
    match target.protocol() {
        Protocol::Lmtp => Some(Box::new(smtp::Smtp::lmtp(client))),
        Protocol::Smtp | Protocol::Submission => Some(Box::new(smtp::Smtp::new(client))),
        _ => None,
    }
}
