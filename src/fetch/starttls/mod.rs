//! How servers are asked to start TLS: a file a protocol, each a dialogue without its I/O.

mod ftp;
mod imap;
mod irc;
mod lines;
mod nntp;
mod pop3;
#[cfg(test)]
mod script;
mod sieve;
mod smtp;

use super::dialogue::Dialogue;
use crate::target::{Host, Protocol, Target};

/// The dialogue that comes before TLS in a target's protocol, where one does.
///
/// `client` is what we call ourselves. Every name that gets into a line was validated when it was
/// parsed: it holds no blank, control character or quote.
pub(super) fn dialogue(target: &Target, client: &Host) -> Option<Box<dyn Dialogue>> {
    match target.protocol() {
        Protocol::Ftp => Some(Box::new(ftp::Ftp::new())),
        Protocol::Imap => Some(Box::new(imap::Imap::new())),
        Protocol::Irc => Some(Box::new(irc::Irc::new())),
        Protocol::Lmtp => Some(Box::new(smtp::Smtp::lmtp(client))),
        Protocol::Nntp => Some(Box::new(nntp::Nntp::new())),
        Protocol::Pop3 => Some(Box::new(pop3::Pop3::new())),
        Protocol::Sieve => Some(Box::new(sieve::Sieve::new())),
        Protocol::Smtp | Protocol::Submission => Some(Box::new(smtp::Smtp::new(client))),
        _ => None,
    }
}
