//! Manifests and kubeconfigs of Kubernetes, in YAML and JSON. No cluster is asked.

mod kubeconfig;
mod tree;

use data_encoding::BASE64;

use super::MOST_PROBLEMS;
use super::bundle::purpose;
use super::read::read_at;
use super::{
    Arrangement, Format, Found, FoundChain, KeyError, Locator, Place, ProblemKind, ReadOptions,
    SkippedKind, key,
};
use crate::escape::short;
use crate::target::Purpose;
use tree::{Node, Value};

/// Reads the certificates of Secrets, ConfigMaps, kubeconfigs and CertificateSigningRequests, by
/// themselves and in lists; and every `caBundle` of any other object: webhooks, API services,
/// custom resources.
pub(super) fn read(locator: &Locator, bytes: &[u8], options: &ReadOptions) -> Found {
    let mut found = Found::default();
    // A manifest in a ConfigMap is looked into; one in that is not. Each is the value of a key, while
    // objects need have no name.
    let keys = locator.places().iter().filter(|place| matches!(place, Place::Key(_)));
    if keys.count() > 1 {
        found.pass_over(locator.clone(), SkippedKind::Other);
        return found;
    }
    for part in tree::parts(&String::from_utf8_lossy(bytes)) {
        let (documents, stop) = part.documents();
        for document in &documents {
            read_document(locator, document, options, &mut found);
        }
        if let Some(stop) = stop {
            let kind = ProblemKind::Content { format: Format::Kubernetes, reason: stop.reason };
            found.problem(locator.at(Place::Line(stop.line)), kind);
        }
        if found.problems.len() >= MOST_PROBLEMS {
            break;
        }
    }
    found
}

/// An object, or all those of a list.
fn read_document(locator: &Locator, document: &Node, options: &ReadOptions, found: &mut Found) {
    let mut left = vec![(document, "")];
    while let Some((node, implied)) = left.pop() {
        if found.problems.len() >= MOST_PROBLEMS {
            return;
        }
        let kind = node.get("kind").and_then(Node::text).unwrap_or(implied);
        match (kind.strip_suffix("List"), node.get("items")) {
            // As the API server writes it, the items of a `SecretList` do not repeat their kind.
            (Some(implied), Some(items)) => {
                left.extend(items.items().iter().rev().map(|item| (item, implied)));
            }
            _ => Object::new(locator, kind, node, options).read(found),
        }
    }
}

/// An object. In locators its names are cut: they are cloned with each, and those that Kubernetes
/// takes have no more than 253 characters.
struct Object<'a> {
    kind: &'a str,
    node: &'a Node,
    locator: Locator,
    /// Whether it is a value of another.
    is_inside: bool,
    options: &'a ReadOptions,
}

impl<'a> Object<'a> {
    fn new(source: &Locator, kind: &'a str, node: &'a Node, options: &'a ReadOptions) -> Self {
        let metadata = |name| {
            let text = node.at(&["metadata", name]).and_then(Node::text);
            text.map(|text| short(&text))
        };
        let locator = match metadata("name") {
            Some(name) => {
                let (kind, namespace) = (short(&kind), metadata("namespace"));
                source.at(Place::Object { kind, namespace, name })
            }
            // A kubeconfig has none.
            None => source.clone(),
        };
        Self { kind, node, locator, is_inside: !source.places().is_empty(), options }
    }

    fn read(&self, found: &mut Found) {
        match self.kind {
            "Secret" => self.secret(found),
            "ConfigMap" => {
                self.entries("binaryData", Encoding::Base64, found);
                self.entries("data", Encoding::Plain, found);
            }
            "Config" => self.kubeconfig(found),
            "CertificateSigningRequest" => {
                let issued = self.node.get("status").and_then(|it| it.filled("certificate"));
                if let Some(issued) = issued {
                    self.certificate("status.certificate", issued, None, found);
                }
            }
            _ => self.bundles(found),
        }
    }

    fn secret(&self, found: &mut Found) {
        let first = found.chains.len();
        self.entries("data", Encoding::Base64, found);
        self.entries("stringData", Encoding::Plain, found);
        let Some(spki) = self.private_key(found) else {
            return;
        };
        for chain in &mut found.chains[first..] {
            let is_served = chain
                .locator()
                .places()
                .iter()
                .any(|place| matches!(place, Place::Key(key) if key == "tls.crt"));
            if let (true, Ok(head)) = (is_served, chain.chain().end_entity().certificate()) {
                let purpose = purpose(head, true);
                *chain = chain.clone().with_subject(|subject| match &spki {
                    Some(spki) => subject.with_purpose(purpose).with_public_key(spki.as_slice()),
                    None => subject.with_purpose(purpose),
                });
            }
        }
    }

    /// Whether a private key stands beside `tls.crt`, and its public half where that can be told.
    fn private_key(&self, found: &mut Found) -> Option<Option<Vec<u8>>> {
        if !self.has_pair() {
            return None;
        }
        let place = self.locator.at(Place::Key("tls.key".to_owned()));
        found.pass_over(place.clone(), SkippedKind::PrivateKey);
        // What is written is put over what is there.
        let plain = self.node.at(&["stringData", "tls.key"]);
        let encoding = if plain.is_some() { Encoding::Plain } else { Encoding::Base64 };
        let node = plain.or_else(|| self.node.at(&["data", "tls.key"]))?;
        let key = self.bytes(&place, node, encoding, found);
        Some(key.and_then(|key| public_key(place, &key, found)))
    }

    fn has_pair(&self) -> bool {
        let has =
            |key| ["data", "stringData"].iter().any(|map| self.node.at(&[map, key]).is_some());
        self.kind == "Secret" && has("tls.crt") && has("tls.key")
    }

    /// Every entry of a map whose values may hold anything.
    fn entries(&self, map: &str, encoding: Encoding, found: &mut Found) {
        let has_pair = self.has_pair();
        for (key, node) in self.node.get(map).into_iter().flat_map(Node::members) {
            if found.problems.len() >= MOST_PROBLEMS {
                return;
            }
            // That is held against the certificate.
            if has_pair && key == "tls.key" {
                continue;
            }
            let locator = self.locator.at(Place::Key(short(&key)));
            let Some(bytes) = self.bytes(&locator, node, encoding, found) else {
                continue;
            };
            let mut held = self.value(&locator, key, &bytes);
            let wanted = is_certificate(key);
            if self.kind == "Secret" || !wanted {
                self.keep_to_certificates(&mut held, wanted);
            }
            // A file `.pem` may be that of a key alone.
            if wanted && !key.to_ascii_lowercase().ends_with(".pem") {
                expect_certificates(&locator, &mut held);
            }
            found.extend(held);
        }
    }

    /// The bytes of an entry, or the problem with them.
    fn bytes(
        &self,
        locator: &Locator,
        node: &Node,
        encoding: Encoding,
        found: &mut Found,
    ) -> Option<Vec<u8>> {
        let (bytes, problem) = match (&node.value, encoding) {
            (Value::Text(text), Encoding::Plain) => (Some(text.as_bytes().to_vec()), None),
            (Value::Text(text), Encoding::Base64) => (decode(text), Some(ProblemKind::Base64)),
            (Value::Alias, _) => (None, Some(alias())),
            (Value::Nothing, _) => (None, None),
            (Value::Map(_) | Value::List(_), _) => (None, Some(ProblemKind::Base64)),
        };
        if let (None, Some(problem)) = (&bytes, problem) {
            found.problem(at_line(locator, node), problem);
        }
        bytes
    }

    fn value(&self, locator: &Locator, key: &str, bytes: &[u8]) -> Found {
        let mut held = match key {
            // As a server presents it.
            "tls.crt" => {
                let options = self.options.clone().arrangement(Arrangement::OneChain);
                read_at(locator, bytes, &options)
            }
            _ => read_at(locator, bytes, self.options),
        };
        if key == "ca.crt" {
            judge_as(Purpose::Ca, &mut held.chains);
        }
        held
    }

    /// Most entries are no certificates, and that is no problem; nor is anything to be told of what
    /// else a Secret holds.
    fn keep_to_certificates(&self, held: &mut Found, wanted: bool) {
        let is_usual = |kind: &ProblemKind| match kind {
            ProblemKind::UnknownFormat
            | ProblemKind::NoCertificate
            | ProblemKind::Certificate(_) => !wanted,
            ProblemKind::Content { format, .. } => {
                matches!(format, Format::Kubernetes | Format::Saml | Format::Jwks)
            }
            _ => false,
        };
        for problem in std::mem::take(&mut held.problems) {
            if is_usual(problem.kind()) {
                held.pass_over(problem.locator().clone(), SkippedKind::Other);
            } else {
                held.problems.push(problem);
            }
        }
    }

    /// Every `caBundle`, at any depth.
    fn bundles(&self, found: &mut Found) {
        // The way to a value is put together where it is told, as most are not.
        let mut steps = vec![Step { above: 0, name: String::new() }];
        let mut left: Vec<(usize, &Node)> = vec![(0, self.node)];
        while let Some((above, node)) = left.pop() {
            for (key, member) in node.members() {
                // Empty where a controller is still to fill it in.
                if key == "caBundle" && member.is_filled() {
                    let path = format!("{}caBundle", way(&steps, above));
                    self.certificate(&path, member, Some(Purpose::Ca), found);
                    if found.problems.len() >= MOST_PROBLEMS {
                        return;
                    }
                } else if matches!(member.value, Value::Map(_) | Value::List(_)) {
                    left.push((steps.len(), member));
                    let dot = if matches!(member.value, Value::Map(_)) { "." } else { "" };
                    steps.push(Step { above, name: format!("{}{dot}", short(&key)) });
                }
            }
            for (number, item) in node.items().iter().enumerate() {
                if matches!(item.value, Value::Map(_) | Value::List(_)) {
                    left.push((steps.len(), item));
                    steps.push(Step { above, name: format!("[{number}].") });
                }
            }
        }
    }

    /// A value that is there to hold certificates, in base64.
    fn certificate(&self, path: &str, node: &Node, purpose: Option<Purpose>, found: &mut Found) {
        let locator = self.locator.at(Place::Key(path.to_owned()));
        let Some(bytes) = self.bytes(&locator, node, Encoding::Base64, found) else {
            return;
        };
        let mut held = match purpose {
            Some(Purpose::Client) => {
                let options = self.options.clone().arrangement(Arrangement::OneChain);
                read_at(&locator, &bytes, &options)
            }
            _ => read_at(&locator, &bytes, self.options),
        };
        if let Some(purpose) = purpose {
            judge_as(purpose, &mut held.chains);
        }
        expect_certificates(&locator, &mut held);
        found.extend(held);
    }
}

/// One step of the way to a value.
struct Step {
    /// The step before.
    above: usize,
    name: String,
}

/// The way to a step from the outermost value, which is the first.
fn way(steps: &[Step], mut step: usize) -> String {
    let mut names = Vec::new();
    while step > 0 {
        names.push(steps[step].name.as_str());
        step = steps[step].above;
    }
    names.reverse();
    names.concat()
}

#[derive(Clone, Copy)]
enum Encoding {
    Base64,
    Plain,
}

/// The public half of a private key, or the problem with it.
fn public_key(place: Locator, pem: &[u8], found: &mut Found) -> Option<Vec<u8>> {
    match key::public_key_of(pem) {
        Ok(spki) => return Some(spki),
        Err(KeyError::Encrypted) => found.problem(place, ProblemKind::EncryptedKey),
        Err(error) => found.problem(place, ProblemKind::Key { reason: error.to_string() }),
    }
    None
}

/// A private key, where certificates belong, is passed over like any other: that none is there is
/// still to be told.
fn expect_certificates(locator: &Locator, held: &mut Found) {
    if held.chains.is_empty() && held.problems.is_empty() {
        held.problem(locator.clone(), ProblemKind::NoCertificate);
    }
}

/// Base64 with or without line breaks, as YAML may fold it.
fn decode(text: &str) -> Option<Vec<u8>> {
    let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    BASE64.decode(&packed).ok()
}

/// Whether an entry says by its name that it holds certificates.
fn is_certificate(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    [".crt", ".cer", ".p12", ".pfx", ".jks", ".p7b"].iter().any(|end| key.ends_with(end))
        || (key.ends_with(".pem") && !key.contains("key"))
}

fn judge_as(purpose: Purpose, chains: &mut [FoundChain]) {
    for chain in chains {
        *chain = chain.clone().with_subject(|subject| subject.with_purpose(purpose));
    }
}

fn at_line(locator: &Locator, node: &Node) -> Locator {
    match node.line {
        0 => locator.clone(),
        line => locator.at(Place::Line(line)),
    }
}

fn alias() -> ProblemKind {
    let reason = "an alias stands here, which is not followed".to_owned();
    ProblemKind::Content { format: Format::Kubernetes, reason }
}
