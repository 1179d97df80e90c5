//! The certificates of one key: which of them are one chain.

use super::super::document::{certificate, within};
use super::super::{Format, Found, FoundChain, Locator, Place, ProblemKind};
use super::walk::Scope;
use crate::chain::{Certificate, Entry, PresentedChain};
use crate::target::Purpose;

/// What a `KeyDescriptor` or a `Signature` holds.
pub(super) struct Key {
    locator: Locator,
    /// Of those that it takes turns with.
    group: Option<String>,
    certificates: Vec<Held>,
    data: usize,
    full: Result<(), ProblemKind>,
}

/// An `X509Certificate`.
struct Held {
    /// Which `X509Data` it stands in.
    data: usize,
    read: Result<Entry, ProblemKind>,
}

impl Key {
    pub(super) const fn new(locator: Locator, group: Option<String>) -> Self {
        Self { locator, group, certificates: Vec::new(), data: 0, full: Ok(()) }
    }

    /// Begins an `X509Data`.
    pub(super) const fn next_data(&mut self) {
        self.data += 1;
    }

    /// Adds an `X509Certificate`, by its text without white space.
    pub(super) fn add(&mut self, read: Result<&str, ProblemKind>) {
        self.full = within("certificates", self.certificates.len() + 1, MOST_CERTIFICATES);
        if self.full.is_ok() {
            let read = read.and_then(|text| certificate(text, Format::Saml));
            self.certificates.push(Held { data: self.data, read });
        }
    }

    /// Makes chains of the certificates, one or more of each `X509Data`.
    pub(super) fn end(self, scope: &Scope, found: &mut Found) {
        let several = self.certificates.len() > 1;
        let at = |index: usize| {
            if several {
                self.locator.at(Place::Certificate(index + 1))
            } else {
                self.locator.clone()
            }
        };
        let mut chains = Vec::new();
        let mut index = 0;
        for data in self.certificates.chunk_by(|a, b| a.data == b.data) {
            let mut readable = Vec::new();
            for held in data {
                match &held.read {
                    Ok(entry) => readable.push((index, entry)),
                    Err(kind) => found.problem(at(index), kind.clone()),
                }
                index += 1;
            }
            let whole = readable.len() == data.len() && self.full.is_ok();
            chains.extend(told_apart(&readable).into_iter().map(|chain| (chain, whole)));
        }
        let alone = chains.len() == 1;
        for (positions, whole) in chains {
            let Some((head, _)) = positions.first() else {
                continue;
            };
            let locator = if alone { self.locator.clone() } else { at(*head) };
            let entries = positions.iter().map(|(_, entry)| Entry::clone(entry));
            let Ok(chain) = PresentedChain::from_entries(entries) else {
                continue;
            };
            // What is left of a chain may be an authority, which would outlive the key's own
            // certificate in its group.
            let group = self.group.clone().filter(|_| whole);
            let chain = FoundChain::new(locator, chain, Purpose::Signing);
            found.chains.push(chain.with_subject(|subject| match group {
                Some(group) => scope.applied_to(subject.in_rollover(group)),
                None => scope.applied_to(subject),
            }));
        }
        if let Err(kind) = self.full {
            found.problem(self.locator, kind);
        }
    }
}

/// The chains in an `X509Data`, whose certificates come in any order (XML Signature section 4.5.4).
///
/// Each certificate that issued none of the others begins one, and those that lead up from it
/// follow. There is more than one where somebody put the old and the new certificate together.
fn told_apart<'e>(entries: &[(usize, &'e Entry)]) -> Vec<Vec<(usize, &'e Entry)>> {
    let issued =
        |issuer: &Entry, subject: &Entry| match (issuer.certificate(), subject.certificate()) {
            (Ok(issuer), Ok(subject)) => names(subject, issuer),
            _ => false,
        };
    let mut left: Vec<_> = entries.to_vec();
    let mut chains = Vec::new();
    for head in entries {
        if entries.iter().any(|(_, other)| issued(head.1, other)) {
            continue;
        }
        let mut chain = vec![*head];
        let mut next = 0;
        while let Some((_, subject)) = chain.get(next).copied() {
            next += 1;
            for issuer in entries {
                if issued(issuer.1, subject) && !chain.iter().any(|known| known.0 == issuer.0) {
                    chain.push(*issuer);
                }
            }
        }
        left.retain(|(index, _)| !chain.iter().any(|known| known.0 == *index));
        chains.push(chain);
    }
    // Those that name each other as issuers in a circle.
    chains.extend(left.into_iter().map(|entry| vec![entry]));
    chains
}

/// Whether a certificate names another as its issuer. One that names itself is at the end.
fn names(subject: &Certificate, issuer: &Certificate) -> bool {
    !subject.is_self_issued() && subject.names_as_issuer(issuer)
}

/// In one key. A chain is shorter; and they are held against each other.
const MOST_CERTIFICATES: usize = 32;
