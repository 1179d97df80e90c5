//! Where something was found, so that a person can go there.

use std::fmt;
use std::sync::Arc;

use crate::escape::Escaped;

/// Where something was found: a source, and the way to it inside.
///
/// `Display` writes what a person can follow: `idp.xml, entity https://idp.example, KeyDescriptor
/// signing #2`; `store.p12, alias "web"`; `app.yaml, Secret shop/tls, key tls.crt, line 3`. Text
/// that came from the source is escaped there, and raw in [`places`](Self::places).
///
/// Cheap to clone.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Locator {
    source: Arc<str>,
    places: Arc<[Place]>,
}

impl Locator {
    /// The source as a whole: a file's path, a URL, anything that people know it by.
    #[must_use]
    pub fn new(source: impl Into<Arc<str>>) -> Self {
        Self { source: source.into(), places: Arc::default() }
    }

    /// A place inside this one.
    #[must_use]
    pub fn at(&self, place: Place) -> Self {
        let places = self.places.iter().cloned().chain([place]).collect();
        Self { source: Arc::clone(&self.source), places }
    }

    /// The same place in what another name leads to.
    #[cfg(feature = "files")]
    pub(crate) fn within(&self, source: &Self) -> Self {
        Self { source: Arc::clone(&source.source), places: Arc::clone(&self.places) }
    }

    /// What the source is called.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The way inside the source, from the outermost place in.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Escaped(&self.source))?;
        self.places.iter().try_for_each(|place| write!(f, ", {place}"))
    }
}

/// One step of the way to what was found.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Place {
    /// An entry of a key store, by its alias or friendly name.
    Alias(String),
    /// A byte, counted from 0.
    Byte(u64),
    /// A certificate of several that stand together, counted from 1.
    Certificate(usize),
    /// An element of an XML document, by its local name; a `RoleDescriptor` of SAML metadata has
    /// that of its `xsi:type` behind it.
    Element(String),
    /// An entity of SAML metadata, by its entityID, which is cut after the 1024 characters that it
    /// may have.
    Entity(String),
    /// An entry of a map or a document: `tls.crt`, `jwks_uri`, `users[0].user.client-certificate-data`.
    Key(String),
    /// A `KeyDescriptor` of SAML metadata.
    KeyDescriptor {
        /// The local name of the role's element, such as `IDPSSODescriptor`; a `RoleDescriptor` has
        /// that of its `xsi:type` behind it.
        role: String,
        /// Its `use`, where it has one: `signing` or `encryption`.
        usage: Option<String>,
        /// Its place among those of the same entity, role and use, counted from 1.
        number: usize,
    },
    /// A key of a JWK Set, by its `kid` where it has one, and by its place, counted from 1.
    Jwk {
        /// Its `kid`, cut where it has more than 256 characters.
        kid: Option<String>,
        /// Its place in the set, counted from 1.
        number: usize,
    },
    /// A line, counted from 1.
    Line(u64),
    /// An object of Kubernetes.
    Object {
        /// Its kind, such as `Secret`.
        kind: String,
        /// Its namespace, where it says one.
        namespace: Option<String>,
        /// Its name.
        name: String,
    },
}

impl Place {
    pub(crate) fn byte(position: usize) -> Self {
        Self::Byte(u64::try_from(position).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alias(alias) => write!(f, "alias \"{}\"", Escaped(alias)),
            Self::Byte(byte) => write!(f, "byte {byte}"),
            Self::Certificate(number) => write!(f, "certificate {number}"),
            Self::Element(name) => write!(f, "element {}", Escaped(name)),
            Self::Entity(entity) => write!(f, "entity {}", Escaped(entity)),
            Self::Key(key) => write!(f, "key {}", Escaped(key)),
            Self::KeyDescriptor { role, usage, number } => {
                write!(f, "{} KeyDescriptor ", Escaped(role))?;
                if let Some(usage) = usage {
                    write!(f, "{} ", Escaped(usage))?;
                }
                write!(f, "#{number}")
            }
            Self::Jwk { kid: Some(kid), .. } => write!(f, "kid \"{}\"", Escaped(kid)),
            Self::Jwk { kid: None, number } => write!(f, "key #{number}"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Object { kind, namespace, name } => {
                write!(f, "{} ", Escaped(kind))?;
                if let Some(namespace) = namespace {
                    write!(f, "{}/", Escaped(namespace))?;
                }
                write!(f, "{}", Escaped(name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_can_follow_a_locator() {
        let signing = Place::KeyDescriptor {
            role: "IDPSSODescriptor".into(),
            usage: Some("signing".into()),
            number: 2,
        };
        let idp = Locator::new("idp.xml").at(Place::Entity("https://idp.example".into()));
        assert_eq!(
            idp.at(signing).to_string(),
            "idp.xml, entity https://idp.example, IDPSSODescriptor KeyDescriptor signing #2",
        );
        let secret = Place::Object {
            kind: "Secret".into(),
            namespace: Some("shop".into()),
            name: "tls".into(),
        };
        let file = Locator::new("app.yaml");
        assert_eq!(
            file.at(secret).at(Place::Key("tls.crt".into())).at(Place::Line(3)).to_string(),
            "app.yaml, Secret shop/tls, key tls.crt, line 3",
        );
        assert_eq!(
            Locator::new("a.p12").at(Place::Alias("we\u{202e}b".into())).to_string(),
            "a.p12, alias \"we\\u{202e}b\"",
        );
    }
}
