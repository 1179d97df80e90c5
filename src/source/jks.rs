//! Key stores of Java, `JKS` and `JCEKS`: their certificates, which are not encrypted.
//!
//! No document specifies them. The layout is that of OpenJDK's `sun.security.provider.JavaKeyStore`
//! and `com.sun.crypto.provider.JceKeyStore`: a magic number, a version, the number of entries, the
//! entries, and a digest over it all that the password keys. Numbers are big-endian.

use std::collections::HashSet;

use sha1::{Digest, Sha1};

use super::bundle::purpose;
use super::{Format, Found, FoundChain, Locator, Place, ProblemKind, ReadOptions, SkippedKind};
use crate::chain::{Entry, PresentedChain};

/// Reads the certificates, with a password or without one. With one the digest is checked too; a
/// store that fails it still shows what it holds, as it does without a password.
pub(super) fn read(locator: &Locator, bytes: &[u8], options: &ReadOptions) -> Found {
    let mut found = Found::default();
    let mut store = Store { bytes, position: 0, at: locator.clone(), version: 0 };
    match store.entries(&mut found, locator) {
        Ok(()) => {
            if let Some(password) = options.password_for(locator)
                && !store.is_keyed_by(&password)
            {
                found.problem(locator.clone(), ProblemKind::Password { given: true });
            }
            if found.is_empty() {
                found.problem(locator.clone(), ProblemKind::NoCertificate);
            }
        }
        // No entry says how long it is: what follows a broken one can't be found.
        Err(reason) => {
            let at = store.at.at(Place::byte(store.position));
            found.problem(at, ProblemKind::Content { format: Format::Jks, reason });
        }
    }
    found
}

struct Store<'a> {
    bytes: &'a [u8],
    position: usize,
    /// The entry that is being read.
    at: Locator,
    version: u32,
}

/// Why the store can't be read on from here.
type Reason = String;

impl<'a> Store<'a> {
    fn entries(&mut self, found: &mut Found, locator: &Locator) -> Result<(), Reason> {
        let _magic = self.u32()?;
        self.version = self.u32()?;
        if !matches!(self.version, 1 | 2) {
            return Err(format!("is of version {}, which is not known here", self.version));
        }
        let mut aliases = HashSet::new();
        // However many it says there are, each takes room: a lie ends with the bytes.
        for _ in 0..self.u32()? {
            self.at = locator.clone();
            let start = self.position;
            let kind = self.u32()?;
            let alias = self.text()?;
            self.at = locator.at(Place::Alias(alias.clone()));
            if !aliases.insert(alias) {
                // Java keeps the last of them; which one a server takes is not ours to know.
                self.at = self.at.at(Place::byte(start));
            }
            let _created = self.take(8)?;
            match kind {
                PRIVATE_KEY => self.private_key(found)?,
                TRUSTED_CERTIFICATE => self.trusted_certificate(found)?,
                SECRET_KEY => {
                    self.sealed_object()?;
                    found.pass_over(self.at.clone(), SkippedKind::Other);
                }
                kind => return Err(format!("has an entry of the kind {kind}, which is unknown")),
            }
        }
        self.at = locator.clone();
        Ok(())
    }

    /// An encrypted key, which is stepped over, and the chain for it.
    fn private_key(&mut self, found: &mut Found) -> Result<(), Reason> {
        self.sized()?;
        found.pass_over(self.at.clone(), SkippedKind::PrivateKey);
        let mut chain = Vec::new();
        let whole = self.chain(found, &mut chain);
        // The key is that of the first certificate, and of none where that can't be read.
        let has_key = chain.first().is_some_and(Option::is_some);
        self.add(found, chain.into_iter().flatten().collect(), has_key);
        whole
    }

    fn chain(&mut self, found: &mut Found, chain: &mut Vec<Option<Entry>>) -> Result<(), Reason> {
        let count = self.u32()?;
        if count == 0 {
            found.problem(self.at.clone(), ProblemKind::NoCertificate);
        }
        for _ in 0..count {
            let at = self.at.at(Place::Certificate(chain.len() + 1));
            chain.push(self.certificate(found, &at)?);
        }
        Ok(())
    }

    fn trusted_certificate(&mut self, found: &mut Found) -> Result<(), Reason> {
        let at = self.at.clone();
        let certificate = self.certificate(found, &at)?;
        self.add(found, certificate.into_iter().collect(), false);
        Ok(())
    }

    fn add(&self, found: &mut Found, chain: Vec<Entry>, has_key: bool) {
        let purpose = match chain.first().map(Entry::certificate) {
            Some(Ok(head)) => purpose(head, has_key),
            _ => return,
        };
        if let Ok(chain) = PresentedChain::from_entries(chain.into_iter()) {
            found.chains.push(FoundChain::new(self.at.clone(), chain, purpose));
        }
    }

    /// A certificate, or `None` where it is none that can be read.
    fn certificate(&mut self, found: &mut Found, at: &Locator) -> Result<Option<Entry>, Reason> {
        // Version 1 knew no other types than X.509.
        let kind = if self.version == 1 { None } else { Some(self.text()?) };
        let entry = Entry::read(self.sized()?);
        match (kind.as_deref(), entry.certificate()) {
            (None | Some("X.509" | "X509"), Ok(_)) => return Ok(Some(entry)),
            (None | Some("X.509" | "X509"), Err(malformed)) => {
                found.problem(at.clone(), ProblemKind::Certificate(malformed.clone()));
            }
            _ => found.pass_over(at.clone(), SkippedKind::Other),
        }
        Ok(None)
    }

    /// A secret key of JCEKS, which is an object as Java serialises it and has no length around it.
    /// There is one class, written in one way; another one's end can't be found.
    fn sealed_object(&mut self) -> Result<(), Reason> {
        let unknown = || "has a secret key that can't be stepped over".to_owned();
        if self.bytes[self.position..].get(..SEALED_OBJECT.len()) != Some(SEALED_OBJECT) {
            return Err(unknown());
        }
        self.take(SEALED_OBJECT.len())?;
        self.sized()?;
        if self.take(NEXT_ARRAY.len())? != NEXT_ARRAY {
            return Err(unknown());
        }
        self.sized()?;
        for _name_of_algorithm in 0..2 {
            match self.take(1)? {
                [STRING] => {
                    let length = self.u16()?;
                    self.take(length.into())?;
                }
                // Its handle, as it was written before.
                [REFERENCE] => {
                    self.take(4)?;
                }
                _ => return Err(unknown()),
            }
        }
        Ok(())
    }

    /// Whether the digest at the end is that of the content and this password.
    fn is_keyed_by(&self, password: &str) -> bool {
        let (content, digest) = self.bytes.split_at(self.position);
        let mut expected = Sha1::new();
        for unit in password.encode_utf16() {
            expected.update(unit.to_be_bytes());
        }
        expected.update(b"Mighty Aphrodite");
        expected.update(content);
        digest.get(..20) == Some(&expected.finalize()[..])
    }

    fn u16(&mut self) -> Result<u16, Reason> {
        Ok(self.take(2)?.iter().fold(0, |number, octet| number << 8 | u16::from(*octet)))
    }

    fn u32(&mut self) -> Result<u32, Reason> {
        Ok(self.take(4)?.iter().fold(0, |number, octet| number << 8 | u32::from(*octet)))
    }

    /// Octets behind their number.
    fn sized(&mut self) -> Result<&'a [u8], Reason> {
        let start = self.position;
        let length = usize::try_from(self.u32()?).unwrap_or(usize::MAX);
        self.take(length).inspect_err(|_| self.position = start)
    }

    /// Text in the UTF-8 of Java: its UTF-16 code units one by one, and U+0000 in two octets.
    fn text(&mut self) -> Result<String, Reason> {
        let start = self.position;
        let length = self.u16()?;
        let octets = self.take(length.into()).inspect_err(|_| self.position = start)?;
        Ok(modified_utf8(octets))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Reason> {
        let rest = &self.bytes[self.position..];
        let taken = rest.get(..length).ok_or_else(|| "ends early".to_owned())?;
        self.position += length;
        Ok(taken)
    }
}

fn modified_utf8(octets: &[u8]) -> String {
    let mut units = Vec::new();
    let mut rest = octets;
    while let [first, after @ ..] = rest {
        let bits = |octet: &u8, mask: u8| u16::from(octet & mask);
        let unit;
        (unit, rest) = match (first, after) {
            (0x01..=0x7f, _) => (bits(first, 0x7f), after),
            (0xc0..=0xdf, [second, after @ ..]) => {
                (bits(first, 0x1f) << 6 | bits(second, 0x3f), after)
            }
            (0xe0..=0xef, [second, third, after @ ..]) => {
                (bits(first, 0x0f) << 12 | bits(second, 0x3f) << 6 | bits(third, 0x3f), after)
            }
            _ => (0xfffd, after),
        };
        units.push(unit);
    }
    let chars = char::decode_utf16(units);
    chars.map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

const PRIVATE_KEY: u32 = 1;
const TRUSTED_CERTIFICATE: u32 = 2;
const SECRET_KEY: u32 = 3;

/// The beginning of a `com.sun.crypto.provider.SealedObjectForKeyProtector`, up to the length of the
/// first of its two arrays of bytes, as the Java Object Serialization Specification has it.
const SEALED_OBJECT: &[u8] = b"\xac\xed\0\x05sr\0\x33com.sun.crypto.provider.\
    SealedObjectForKeyProtector\xcdW\xcaY\xe70\xbbS\x02\0\0xr\0\x19javax.crypto.SealedObject\
    >6=\xa6\xc3\xb7Tp\x02\0\x04[\0\x0dencodedParamst\0\x02[B[\0\x10encryptedContentq\0~\0\x02\
    L\0\x09paramsAlgt\0\x12Ljava/lang/String;L\0\x07sealAlgq\0~\0\x03xp\
    ur\0\x02[B\xac\xf3\x17\xf8\x06\x08T\xe0\x02\0\0xp";
/// TC_ARRAY, whose class is that of the first.
const NEXT_ARRAY: &[u8] = b"uq\0~\0\x05";
const STRING: u8 = 0x74;
const REFERENCE: u8 = 0x71;
