//! How servers are asked to start TLS: a file a protocol, each a dialogue without its I/O.

mod ftp;
mod imap;
mod irc;
mod ldap;
pub(super) mod lines;
mod mysql;
mod nntp;
mod pop3;
mod postgres;
#[cfg(test)]
mod properties;
mod rdp;
#[cfg(test)]
pub(super) mod script;
mod sieve;
mod smtp;
mod xml;
mod xmpp;

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
        Protocol::Ldap => Some(Box::new(ldap::Ldap::default())),
        Protocol::Lmtp => Some(Box::new(smtp::Smtp::lmtp(client))),
        Protocol::Mysql => Some(Box::new(mysql::Mysql::default())),
        Protocol::Nntp => Some(Box::new(nntp::Nntp::new())),
        Protocol::Pop3 => Some(Box::new(pop3::Pop3::new())),
        Protocol::Postgres => Some(Box::new(postgres::Postgres::default())),
        Protocol::Rdp => Some(Box::new(rdp::Rdp::default())),
        Protocol::Sieve => Some(Box::new(sieve::Sieve::new())),
        Protocol::Smtp | Protocol::Submission => Some(Box::new(smtp::Smtp::new(client))),
        Protocol::Xmpp => Some(Box::new(xmpp::Xmpp::client(&domain(target)))),
        Protocol::XmppServer => Some(Box::new(xmpp::Xmpp::server(&domain(target)))),
        _ => None,
    }
}

/// Where a protocol says whom it wants to speak to: the name that TLS sends too, where it does.
fn domain(target: &Target) -> Host {
    target.sni().map_or_else(|| target.host().clone(), |name| name.clone().into())
}
