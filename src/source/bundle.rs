//! Certificates that stand together: which of them are one chain.

use std::collections::{HashMap, HashSet};

use super::{Arrangement, Found, FoundChain, Locator, Place, ProblemKind};
use crate::chain::{
    AltName, Certificate, DistinguishedName, Entry, KeyPurpose, PresentedChain, der,
};
use crate::target::Purpose;

/// The certificates and private keys of one source, in its order.
pub(super) struct Members {
    source: Locator,
    certificates: Vec<Member>,
    pub(super) keys: Vec<Key>,
}

/// A certificate that could be read.
struct Member {
    locator: Locator,
    entry: Entry,
    /// The public half of the private key that the source says is its own.
    key: Option<Vec<u8>>,
}

/// The public half of a private key.
pub(super) struct Key {
    pub(super) locator: Locator,
    /// The SubjectPublicKeyInfo in DER.
    pub(super) spki: Vec<u8>,
}

impl Members {
    pub(super) const fn new(source: Locator) -> Self {
        Self { source, certificates: Vec::new(), keys: Vec::new() }
    }

    /// Adds a certificate in DER, or the problem that it is none.
    pub(super) fn add(&mut self, found: &mut Found, locator: Locator, der: &[u8]) {
        self.add_entry(found, locator, Entry::read(der), None);
    }

    /// Adds a certificate, or the problem that it is none, with the SubjectPublicKeyInfo of the
    /// private key that the source says is its own, whether it is or not.
    pub(super) fn add_entry(
        &mut self,
        found: &mut Found,
        locator: Locator,
        entry: Entry,
        key: Option<Vec<u8>>,
    ) {
        match entry.certificate() {
            Ok(_) => self.certificates.push(Member { locator, entry, key }),
            Err(malformed) => found.problem(locator, ProblemKind::Certificate(malformed.clone())),
        }
    }

    /// Adds the certificate that stands first in `der`, whatever follows it.
    pub(super) fn add_first(&mut self, found: &mut Found, locator: Locator, der: &[u8]) {
        let first = der::Reader::new(der).expect(der::SEQUENCE).map_or(der, |first| first.raw);
        self.add(found, locator, first);
    }

    /// Makes chains of them.
    pub(super) fn arrange(self, found: &mut Found, arrangement: Arrangement) {
        if self.certificates.is_empty() {
            return;
        }
        match arrangement {
            Arrangement::OneChain => {
                let all = (0..self.certificates.len()).collect();
                self.found(found, vec![all]);
            }
            Arrangement::ToldApart => {
                let chains = self.told_apart();
                self.found(found, chains);
            }
        }
    }

    /// The positions that make up each chain.
    ///
    /// A certificate that is no CA's begins a chain, as does one whose private key stands here. The
    /// CA certificates that follow it belong to it, and so do those that lead up from it but follow
    /// on another. Others stand for themselves, as those of a bundle of trust anchors do.
    fn told_apart(&self) -> Vec<Vec<usize>> {
        let heads = self.heads();
        let mut chains: Vec<Vec<usize>> = Vec::new();
        let mut headed = false;
        for (index, head) in heads.iter().enumerate() {
            headed |= head;
            match chains.last_mut() {
                Some(chain) if headed && !head => chain.push(index),
                _ => chains.push(vec![index]),
            }
        }
        if heads.iter().filter(|head| **head).count() > 1 {
            let authorities = Authorities::new(self, &heads);
            for chain in chains.iter_mut().filter(|chain| heads[chain[0]]) {
                authorities.complete(self, chain);
            }
        }
        chains
    }

    /// Puts the certificate that begins a chain before all others, where there is just one: for
    /// sources that have no order.
    #[cfg(feature = "pkcs12")]
    pub(super) fn head_first(&mut self) {
        let heads = self.heads();
        let mut positions = (0..heads.len()).filter(|position| heads[*position]);
        if let (Some(position), None) = (positions.next(), positions.next()) {
            self.certificates[..=position].rotate_right(1);
        }
    }

    /// Which of the certificates begin a chain.
    fn heads(&self) -> Vec<bool> {
        let keys: HashSet<&[u8]> = self.keys.iter().map(|key| &*key.spki).collect();
        let is_head = |(index, member): (usize, &Member)| {
            let certificate = self.certificate(index);
            member.key.is_some()
                || !is_authority(certificate)
                || keys.contains(certificate.public_key().spki())
        };
        self.certificates.iter().enumerate().map(is_head).collect()
    }

    fn found(&self, found: &mut Found, chains: Vec<Vec<usize>>) {
        let mut keys: HashMap<&[u8], &Key> =
            self.keys.iter().map(|key| (&*key.spki, key)).collect();
        let alone = chains.len() == 1;
        let first = found.chains.len();
        found.chains.reserve_exact(chains.len());
        for positions in chains {
            let Some(head) = positions.first() else {
                continue;
            };
            let Member { locator, key: own_key, .. } = &self.certificates[*head];
            let head = self.certificate(*head);
            let entries = positions.iter().map(|position| &self.certificates[*position].entry);
            let Ok(chain) = PresentedChain::from_entries(entries.cloned()) else {
                continue;
            };
            let is_named = matches!(locator.places().last(), Some(Place::Alias(_)));
            let locator = if alone && !is_named { &self.source } else { locator };
            let key = match own_key {
                Some(key) => Some(key),
                None => keys.remove(head.public_key().spki()).map(|key| &key.spki),
            };
            let purpose = purpose(head, key.is_some());
            let chain = FoundChain::new(locator.clone(), chain, purpose);
            found.chains.push(match key {
                Some(key) => chain.with_subject(|it| it.with_public_key(key.as_slice())),
                None => chain,
            });
        }
        // In the order of the source, as the map has none.
        let left: Vec<&Key> =
            self.keys.iter().filter(|key| keys.remove(&*key.spki).is_some()).collect();
        match (&mut found.chains[first..], left.as_slice()) {
            // Whose else should it be?
            ([only], [key]) if only.subject().public_key().is_none() => {
                let chain = only.clone();
                *only = chain.with_subject(|it| it.with_public_key(key.spki.as_slice()));
            }
            (_, left) => {
                for key in left {
                    found.problem(key.locator.clone(), ProblemKind::KeyOfNone);
                }
            }
        }
    }

    fn certificate(&self, index: usize) -> &Certificate {
        // `add` takes in those that could be read, and no others.
        self.certificates[index].entry.certificate().expect("a readable certificate")
    }
}

/// The CA certificates of a source, by their names.
struct Authorities<'a>(HashMap<&'a DistinguishedName, Vec<usize>>);

impl<'a> Authorities<'a> {
    fn new(members: &'a Members, heads: &[bool]) -> Self {
        let mut named: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, _) in heads.iter().enumerate().filter(|(_, head)| !**head) {
            named.entry(members.certificate(index).subject()).or_default().push(index);
        }
        Self(named)
    }

    /// Adds to a chain those that lead up from it, and are not in it; no more than a few, as
    /// thousands may share a name, and thousands of chains an issuer.
    fn complete(&self, members: &Members, chain: &mut Vec<usize>) {
        let mut known: HashSet<usize> = chain.iter().copied().collect();
        let most = chain.len() + MOST_ADDED;
        let mut next = 0;
        while let Some(position) = chain.get(next) {
            let certificate = members.certificate(*position);
            next += 1;
            let named = self.0.get(certificate.issuer()).into_iter().flatten();
            for index in named.take(MOST_NAMESAKES) {
                let issuer = members.certificate(*index);
                if chain.len() < most && certificate.names_as_issuer(issuer) && known.insert(*index)
                {
                    chain.push(*index);
                }
            }
        }
    }
}

/// What a certificate is for, as far as it says so itself.
pub(super) fn purpose(certificate: &Certificate, has_key: bool) -> Purpose {
    // Who has a CA's key beside its certificate may be that CA.
    let certifies = certificate.key_usage().is_some_and(|usage| usage.key_cert_sign);
    if is_authority(certificate) && (!has_key || certifies) {
        return Purpose::Ca;
    }
    let Some(usage) = certificate.extended_key_usage() else {
        return Purpose::Server;
    };
    if usage.allows(&KeyPurpose::ServerAuth) || usage.allows(&KeyPurpose::Any) {
        Purpose::Server
    } else if usage.allows(&KeyPurpose::ClientAuth) {
        Purpose::Client
    } else {
        Purpose::Signing
    }
}

/// Whether a certificate is there to issue others. Many a self-signed server has one that says CA,
/// as OpenSSL makes them: those name a host. Before version 3 there was no way to say it.
fn is_authority(certificate: &Certificate) -> bool {
    let names_a_host = certificate.subject_alt_names().is_some_and(|names| {
        names.iter().any(|name| matches!(name, AltName::Dns(_) | AltName::Ip(_)))
    });
    let is_ca = certificate.is_ca() || (certificate.version() < 3 && certificate.is_self_issued());
    is_ca && !names_a_host
}

const MOST_ADDED: usize = 16;
const MOST_NAMESAKES: usize = 16;
