//! PKCS#12: certificates and the keys for some of them, mostly encrypted (RFC 7292).
//!
//! The frame is read here, in BER too, so that a part that can't be opened takes no other with it,
//! and no file says how long its passwords take.

mod budget;
mod frame;
mod open;

use std::collections::{HashMap, HashSet};

use budget::Budget;
use frame::{Attributes, Content, Encrypted, Pfx, Value};
use open::Password;

use super::bundle::{Key, Members, purpose};
use super::{
    Format, Found, FoundChain, KeyError, Locator, Place, ProblemKind, ReadOptions, SkippedKind, key,
};
use crate::chain::{Entry, PresentedChain};

/// Reads what the password opens, and what is not encrypted with a password or without one. Where
/// none is given, the empty one is tried, in both of the ways to write it.
pub(super) fn read(locator: &Locator, bytes: &[u8], options: &ReadOptions) -> Found {
    let mut found = Found::default();
    let pfx = match Pfx::read(bytes) {
        Ok(pfx) => pfx,
        Err(reason) => {
            found.problem(locator.clone(), ProblemKind::Content { format: Format::Pkcs12, reason });
            return found;
        }
    };
    let mut reader = Reader::new(locator, options, &mut found);
    reader.authenticate(&pfx);
    for content in pfx.contents() {
        match content {
            Ok(Content::Plain(contents)) => reader.plain(&contents),
            Ok(Content::Encrypted(encrypted)) => match reader.decrypt(&encrypted) {
                // No MAC said whether the password is right: what comes out does.
                Ok(contents) if reader.is_right.is_none() && !frame::are_bags(&contents) => {
                    reader.problem(ProblemKind::Password { given: reader.is_given });
                }
                Ok(contents) => reader.plain(&contents),
                Err(kind) => reader.problem(kind),
            },
            Err(reason) => reader.content(reason),
        }
    }
    reader.finish(options);
    found
}

struct Reader<'a> {
    locator: &'a Locator,
    found: &'a mut Found,
    password: Password,
    is_given: bool,
    /// Whether the password is right, where that is known.
    is_right: Option<bool>,
    budget: Budget,
    is_password_told: bool,
    certificates: Vec<Held<Entry>>,
    keys: Vec<Held<Vec<u8>>>,
    closed_keys: Vec<Locator>,
}

impl<'a> Reader<'a> {
    fn new(locator: &'a Locator, options: &ReadOptions, found: &'a mut Found) -> Self {
        let password = options.password_for(locator);
        Self {
            locator,
            found,
            is_given: password.is_some(),
            password: Password::new(password.unwrap_or_default()),
            is_right: None,
            budget: Budget::new(),
            is_password_told: false,
            certificates: Vec::new(),
            keys: Vec::new(),
            closed_keys: Vec::new(),
        }
    }

    /// Holds the password against the MAC, where there is one.
    fn authenticate(&mut self, pfx: &Pfx<'_>) {
        let Some(mac) = &pfx.mac else {
            return;
        };
        match self.budget.spend(mac.iterations) {
            Ok(()) => {
                self.is_right = open::is_authentic(pfx, mac, &self.password);
                if !self.is_given && self.is_right == Some(false) {
                    let null = Password::null();
                    if open::is_authentic(pfx, mac, &null) == Some(true) {
                        (self.password, self.is_right) = (null, Some(true));
                    }
                }
            }
            Err(kind) => self.problem(kind),
        }
        if self.is_given && self.is_right == Some(false) {
            self.problem(ProblemKind::Password { given: true });
        }
    }

    fn plain(&mut self, contents: &[u8]) {
        for bag in frame::bags(contents) {
            let (value, attributes) = match bag {
                Ok(bag) => (bag.value, bag.attributes),
                Err(reason) => {
                    self.content(reason);
                    continue;
                }
            };
            match value {
                Value::Certificate(der) => {
                    self.certificates.push((Entry::read(&der), attributes));
                }
                Value::Key(der) => self.key(der, attributes),
                Value::EncryptedKey(encrypted) => match self.decrypt(&encrypted) {
                    Ok(der) => self.key(&der, attributes),
                    Err(kind) => {
                        let at = self.at(&attributes);
                        self.found.pass_over(at.clone(), SkippedKind::PrivateKey);
                        match kind {
                            ProblemKind::Password { given: false } => self.closed_keys.push(at),
                            ProblemKind::Password { .. } => self.problem(kind),
                            kind => self.found.problem(at, kind),
                        }
                    }
                },
                Value::RevocationList => {
                    self.found.pass_over(self.at(&attributes), SkippedKind::RevocationList);
                }
                Value::Other => self.found.pass_over(self.at(&attributes), SkippedKind::Other),
            }
        }
    }

    /// Decrypts a part, if it costs no more than it may.
    fn decrypt(&mut self, encrypted: &Encrypted<'_>) -> Result<Vec<u8>, ProblemKind> {
        let wrong = ProblemKind::Password { given: self.is_given };
        if self.is_right == Some(false) {
            return Err(wrong);
        }
        self.budget.spend_on(encrypted.algorithm)?;
        open::decrypt(encrypted, &self.password).map_err(|reason| match self.is_right {
            Some(true) => ProblemKind::Content { format: Format::Pkcs12, reason },
            // What was decrypted by a wrong password looks like anything.
            _ => wrong,
        })
    }

    /// Keeps the public half of a key.
    fn key(&mut self, der: &[u8], attributes: Attributes) {
        let at = self.at(&attributes);
        self.found.pass_over(at.clone(), SkippedKind::PrivateKey);
        match key::public_key_of_der(der) {
            Ok(spki) => self.keys.push((spki, attributes)),
            Err(KeyError::Encrypted) => self.found.problem(at, ProblemKind::EncryptedKey),
            Err(error) => self.found.problem(at, ProblemKind::Key { reason: error.to_string() }),
        }
    }

    /// Makes chains of what was found.
    fn finish(mut self, options: &ReadOptions) {
        let certificates = std::mem::take(&mut self.certificates);
        let keys = std::mem::take(&mut self.keys);
        let pairs = pairs(&certificates, &keys);
        let mut members = Members::new(self.locator.clone());
        for (number, ((entry, attributes), pair)) in (1..).zip(certificates.iter().zip(&pairs)) {
            // Windows names the key alone, and Keychain Access the certificate by its subject.
            let key_name = pair.and_then(|key| keys[key].1.friendly_name.as_ref());
            let at = match key_name.or(attributes.friendly_name.as_ref()) {
                Some(name) => self.locator.at(Place::Alias(name.clone())),
                None => self.locator.at(Place::Certificate(number)),
            };
            match entry.certificate() {
                // Java trusts it for itself, whatever stands around it.
                Ok(certificate) if attributes.is_trusted && pair.is_none() => {
                    if let Ok(chain) = PresentedChain::from_entries([entry.clone()].into_iter()) {
                        let purpose = purpose(certificate, false);
                        self.found.chains.push(FoundChain::new(at, chain, purpose));
                    }
                }
                _ => {
                    let key = pair.map(|key| keys[key].0.clone());
                    members.add_entry(self.found, at, entry.clone(), key);
                }
            }
        }
        let paired: HashSet<usize> = pairs.into_iter().flatten().collect();
        for (position, (spki, attributes)) in keys.into_iter().enumerate() {
            if !paired.contains(&position) {
                members.keys.push(Key { locator: self.at(&attributes), spki });
            }
        }
        members.head_first();
        members.arrange(self.found, options.arranged());
        if !self.is_password_told {
            for locator in std::mem::take(&mut self.closed_keys) {
                self.found.problem(locator, ProblemKind::EncryptedKey);
            }
        }
        if self.found.is_empty() {
            self.problem(ProblemKind::NoCertificate);
        }
    }

    fn at(&self, attributes: &Attributes) -> Locator {
        match &attributes.friendly_name {
            Some(name) => self.locator.at(Place::Alias(name.clone())),
            None => self.locator.clone(),
        }
    }

    fn content(&mut self, reason: String) {
        self.problem(ProblemKind::Content { format: Format::Pkcs12, reason });
    }

    /// Tells what is wrong with the file, and once only that the password is.
    fn problem(&mut self, kind: ProblemKind) {
        if matches!(kind, ProblemKind::Password { .. }) {
            if self.is_password_told {
                return;
            }
            self.is_password_told = true;
        }
        self.found.problem(self.locator.clone(), kind);
    }
}

/// A certificate, or the public half of a key, and what tells what it belongs to.
type Held<T> = (T, Attributes);

/// For each certificate the key that the file says is its own: the one of the same localKeyId, or
/// of the same friendlyName where it has none (RFC 7292 section 4.2).
fn pairs(certificates: &[Held<Entry>], keys: &[Held<Vec<u8>>]) -> Vec<Option<usize>> {
    let mut by_id = HashMap::new();
    let mut by_name = HashMap::new();
    for (position, (_, attributes)) in keys.iter().enumerate() {
        match attributes {
            Attributes { local_key_id: Some(id), .. } => by_id.insert(id, position),
            Attributes { friendly_name: Some(name), .. } => by_name.insert(name, position),
            _ => None,
        };
    }
    let said = |attributes: &Attributes| match &attributes.local_key_id {
        Some(id) => by_id.get(id),
        None => by_name.get(attributes.friendly_name.as_ref()?),
    };
    let is_key_of = |key: usize, entry: &Entry| {
        entry.certificate().is_ok_and(|it| it.public_key().spki() == keys[key].0)
    };
    let mut pairs: Vec<Option<usize>> =
        certificates.iter().map(|(_, attributes)| said(attributes).copied()).collect();
    // Some give a whole chain the attributes of its first certificate. The key is that of those that
    // it fits; where it fits none, of the first.
    let mut settled: HashSet<usize> = HashSet::new();
    for ((entry, _), pair) in certificates.iter().zip(&pairs) {
        settled.extend(pair.filter(|key| is_key_of(*key, entry)));
    }
    for ((entry, _), pair) in certificates.iter().zip(&mut pairs) {
        *pair = pair.filter(|key| is_key_of(*key, entry) || settled.insert(*key));
    }
    pairs
}
