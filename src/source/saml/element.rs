//! What an element is, and what its attributes say: told by namespaces, never by prefixes.

use quick_xml::XmlVersion;
use quick_xml::events::BytesStart;
use quick_xml::name::{Namespace, NamespaceResolver, ResolveResult};

use super::super::ProblemKind;
use super::super::document::{quoted, within};
use super::content;

/// What an element is, by its name and by where it stands.
#[derive(Clone, Copy)]
pub(super) enum Element {
    Certificate,
    Data,
    Entity,
    /// `EntitiesDescriptor`.
    Group,
    KeyDescriptor,
    KeyInfo,
    /// Nothing that is looked into.
    Other,
    /// No metadata yet: what is wrapped around it.
    Outside,
    Role,
    Signature,
}

impl Element {
    pub(super) fn of(parent: Self, namespace: &ResolveResult<'_>, name: &str) -> Self {
        let uri = match namespace {
            ResolveResult::Bound(Namespace(uri)) => *uri,
            _ => "",
        };
        match (parent, uri, name) {
            (Self::Outside | Self::Group, METADATA, "EntitiesDescriptor") => Self::Group,
            (Self::Outside | Self::Group, METADATA, "EntityDescriptor") => Self::Entity,
            (Self::Entity, METADATA, name) if ROLES.contains(&name) => Self::Role,
            (Self::Role, METADATA, "KeyDescriptor") => Self::KeyDescriptor,
            (Self::Group | Self::Entity | Self::Role, SIGNATURE, "Signature") => Self::Signature,
            (Self::KeyDescriptor | Self::Signature, SIGNATURE, "KeyInfo") => Self::KeyInfo,
            (Self::KeyInfo, SIGNATURE, "X509Data") => Self::Data,
            (Self::Data, SIGNATURE, "X509Certificate") => Self::Certificate,
            (Self::Outside, _, _) => Self::Outside,
            _ => Self::Other,
        }
    }
}

/// The attributes that say something here; long ones are cut.
#[derive(Default)]
pub(super) struct Attributes {
    pub(super) entity_id: Option<String>,
    pub(super) valid_until: Option<String>,
    pub(super) cache_duration: Option<String>,
    pub(super) usage: Option<String>,
    /// The local name of the `xsi:type`.
    pub(super) xsi_type: Option<String>,
}

impl Attributes {
    pub(super) fn read(
        resolver: &NamespaceResolver,
        start: &BytesStart<'_>,
    ) -> Result<Self, ProblemKind> {
        let mut attributes = Self::default();
        // That no name comes twice is no matter here, and takes time to check.
        for (index, attribute) in start.attributes().with_checks(false).enumerate() {
            within("attributes in an element", index + 1, MOST_ATTRIBUTES)?;
            let attribute = attribute.map_err(|error| content(quoted(&error)))?;
            let name = attribute.key.into_inner();
            let wanted = match name {
                "entityID" => &mut attributes.entity_id,
                "validUntil" => &mut attributes.valid_until,
                "cacheDuration" => &mut attributes.cache_duration,
                "use" => &mut attributes.usage,
                _ => match resolver.resolve_attribute(attribute.key) {
                    (ResolveResult::Bound(Namespace(SCHEMA_INSTANCE)), local)
                        if local.as_ref() == "type" =>
                    {
                        &mut attributes.xsi_type
                    }
                    _ => continue,
                },
            };
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|error| content(format!("{name} can't be read: {}", quoted(&error))))?;
            *wanted = Some(value.chars().take(LONGEST_VALUE).collect());
        }
        if let Some((_, local)) = attributes.xsi_type.as_deref().and_then(|it| it.split_once(':')) {
            attributes.xsi_type = Some(local.to_owned());
        }
        Ok(attributes)
    }
}

const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// SAML V2.0 Metadata sections 2.4 and 2.5.
const ROLES: [&str; 7] = [
    "AffiliationDescriptor",
    "AttributeAuthorityDescriptor",
    "AuthnAuthorityDescriptor",
    "IDPSSODescriptor",
    "PDPDescriptor",
    "RoleDescriptor",
    "SPSSODescriptor",
];

/// An entityID has no more than 1024 characters (SAML V2.0 Core section 8.3.6). Each certificate's
/// locator repeats it.
const LONGEST_VALUE: usize = 1024;

const MOST_ATTRIBUTES: usize = 256;
