//! Kubeconfigs: the CAs of clusters and the certificates of users, or the files that hold them.

use super::tree::Node;
use super::{Encoding, Object, public_key};
use crate::escape::short;
use crate::source::{Found, MOST_PROBLEMS, Place, Reference, ReferenceTarget, SkippedKind};
use crate::target::Purpose;

impl Object<'_> {
    pub(super) fn kubeconfig(&self, found: &mut Found) {
        for (list, inner, purpose, name) in [
            ("clusters", "cluster", Purpose::Ca, "certificate-authority"),
            ("users", "user", Purpose::Client, "client-certificate"),
        ] {
            let entries = self.node.get(list).map(Node::items).unwrap_or_default();
            for (entry, number) in entries.iter().zip(0_usize..) {
                if found.problems.len() >= MOST_PROBLEMS {
                    return;
                }
                let called = entry.get("name").and_then(Node::text);
                let called = called.map_or_else(|| number.to_string(), |name| short(&name));
                let path = format!("{list}[{called}].{inner}");
                let Some(entry) = entry.get(inner) else { continue };
                if let Some(data) = entry.filled(&format!("{name}-data")) {
                    let first = found.chains.len();
                    self.certificate(&format!("{path}.{name}-data"), data, Some(purpose), found);
                    if purpose == Purpose::Client {
                        self.key(&path, entry, first, found);
                    }
                } else if let Some(file) = entry.filled(name).and_then(Node::text) {
                    let locator = self.locator.at(Place::Key(format!("{path}.{name}")));
                    if self.is_inside {
                        // A file of the pod that the kubeconfig is for.
                        found.pass_over(locator, SkippedKind::Other);
                        continue;
                    }
                    let target = ReferenceTarget::File(file.to_owned());
                    found.references.push(Reference { locator, target, purpose: Some(purpose) });
                }
            }
        }
    }

    /// Holds the key of a user against the certificate, which the cluster's own CA has issued.
    fn key(&self, path: &str, user: &Node, first: usize, found: &mut Found) {
        let place = self.locator.at(Place::Key(format!("{path}.client-key-data")));
        let spki = user
            .filled("client-key-data")
            .and_then(|key| self.bytes(&place, key, Encoding::Base64, found))
            .and_then(|key| public_key(place.clone(), &key, found));
        for chain in &mut found.chains[first..] {
            *chain = chain.clone().with_subject(|subject| match &spki {
                Some(spki) => subject.known_by_itself().with_public_key(spki.as_slice()),
                None => subject.known_by_itself(),
            });
        }
    }
}
