//! One pass over the document. Elements are told by their namespaces, never by prefixes.

use std::collections::HashMap;

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::NamespaceResolver;
use quick_xml::reader::NsReader;
use time::{Duration, OffsetDateTime};

use super::super::MOST_PROBLEMS;
use super::super::document::{quoted, within};
use super::super::{Found, Locator, Place, ProblemKind};
use super::element::{Attributes, Element};
use super::keys::Key;
use super::{content, time as xml_time};
use crate::target::Subject;

/// Adds what the document holds. Where reading can't go on, what came before stands, and a problem
/// says at which byte that is.
pub(super) fn walk(locator: &Locator, text: &str, found: &mut Found) {
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut walk = Walk::new(locator, found);
    loop {
        let position = reader.buffer_position();
        let event = match reader.read_event() {
            Ok(Event::Eof) if walk.open.is_empty() => break,
            Ok(event) => event,
            Err(error) => return walk.stop(position, content(quoted(&error))),
        };
        let step = match &event {
            Event::Start(start) => walk.start(reader.resolver(), start, position),
            Event::DocType(_) => Err(ProblemKind::DocumentType),
            Event::Eof => Err(content("ends early")),
            within => {
                walk.within(within);
                Ok(())
            }
        };
        if let Err(kind) = step {
            return walk.stop(position, kind);
        }
    }
    if !walk.has_entity {
        let reason = "has no EntityDescriptor of SAML metadata";
        found.problem(locator.clone(), content(reason));
    }
}

/// What the open elements say that stand around a key.
#[derive(Clone)]
pub(super) struct Scope {
    locator: Locator,
    valid_until: Option<OffsetDateTime>,
    cache_duration: Option<Duration>,
}

impl Scope {
    pub(super) const fn applied_to(&self, mut subject: Subject) -> Subject {
        if let Some(instant) = self.valid_until {
            subject = subject.valid_until(instant);
        }
        if let Some(duration) = self.cache_duration {
            subject = subject.cache_duration(duration);
        }
        subject
    }
}

struct Walk<'a> {
    document: &'a Locator,
    found: &'a mut Found,
    open: Vec<Element>,
    /// Of the document, then of each open `EntitiesDescriptor`, `EntityDescriptor` and role.
    scopes: Vec<Scope>,
    has_entity: bool,
    /// The open `EntityDescriptor`.
    entity: Locator,
    /// The open role.
    role: String,
    /// How many `KeyDescriptor`s of each role and use the entity has had.
    counts: HashMap<(String, Option<String>), usize>,
    /// The open `KeyDescriptor` or `Signature`.
    key: Option<Key>,
    /// What the open `X509Certificate` holds, without white space.
    text: Result<String, ProblemKind>,
}

impl<'a> Walk<'a> {
    fn new(document: &'a Locator, found: &'a mut Found) -> Self {
        let scope = Scope { locator: document.clone(), valid_until: None, cache_duration: None };
        Self {
            document,
            found,
            open: Vec::new(),
            scopes: vec![scope],
            has_entity: false,
            entity: document.clone(),
            role: String::new(),
            counts: HashMap::new(),
            key: None,
            text: Ok(String::new()),
        }
    }

    /// Ends early: the certificates that are whole stand.
    fn stop(&mut self, position: u64, kind: ProblemKind) {
        self.end_key();
        self.found.problem(self.document.at(Place::Byte(position)), kind);
    }

    fn start(
        &mut self,
        resolver: &NamespaceResolver,
        start: &BytesStart<'_>,
        position: u64,
    ) -> Result<(), ProblemKind> {
        within("levels of elements", self.open.len() + 1, DEEPEST)?;
        within("problems", self.found.problems.len() + 1, MOST_PROBLEMS)?;
        let (namespace, name) = resolver.resolve_element(start.name());
        let name = name.into_inner();
        let parent = self.open.last().copied().unwrap_or(Element::Outside);
        let element = Element::of(parent, &namespace, name);
        self.open.push(element);
        match element {
            Element::Group | Element::Entity | Element::Role => {
                let attributes = Attributes::read(resolver, start)?;
                self.enter(element, name, attributes, position);
            }
            Element::KeyDescriptor => {
                let attributes = Attributes::read(resolver, start)?;
                self.key = Some(self.key_descriptor(attributes.usage));
            }
            Element::Signature => {
                let locator = self.scope().locator.at(Place::Element(name.to_owned()));
                self.key = Some(Key::new(locator, None));
            }
            Element::Data => {
                if let Some(key) = &mut self.key {
                    key.next_data();
                }
            }
            Element::Certificate => self.text = Ok(String::new()),
            Element::KeyInfo | Element::Outside | Element::Other => {}
        }
        Ok(())
    }

    fn within(&mut self, event: &Event<'_>) {
        match event {
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(text),
            Event::CData(text) => self.text(text),
            Event::GeneralRef(reference) => self.reference(reference),
            _ => {}
        }
    }

    fn end(&mut self) {
        match self.open.pop() {
            Some(Element::Group | Element::Entity | Element::Role) => {
                self.scopes.pop();
            }
            Some(Element::KeyDescriptor | Element::Signature) => self.end_key(),
            Some(Element::Certificate) => {
                if let Some(key) = &mut self.key {
                    key.add(self.text.as_deref().map_err(ProblemKind::clone));
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let (Some(Element::Certificate), Ok(known)) = (self.open.last(), &mut self.text) {
            known.extend(text.split_ascii_whitespace());
        }
    }

    /// Characters by their number and the five names that XML itself knows are text; of others,
    /// only those in a certificate matter.
    fn reference(&mut self, reference: &BytesRef<'_>) {
        match (reference.resolve_char_ref(), resolve_xml_entity(reference)) {
            (Ok(Some(char)), _) => self.text(char.encode_utf8(&mut [0; 4])),
            (Ok(None), Some(text)) => self.text(text),
            _ if matches!(self.open.last(), Some(Element::Certificate)) => {
                let name = quoted(&&**reference);
                self.text = Err(content(format!("the entity &{name}; is not declared")));
            }
            _ => {}
        }
    }

    /// Goes into an element that says how long what it holds is good.
    fn enter(&mut self, element: Element, name: &str, attributes: Attributes, position: u64) {
        let Attributes { entity_id, valid_until, cache_duration, xsi_type, .. } = attributes;
        let mut scope = self.scope().clone();
        match element {
            Element::Entity => {
                let place = entity_id.map_or(Place::Byte(position), Place::Entity);
                self.entity = self.document.at(place);
                scope.locator = self.entity.clone();
                self.has_entity = true;
                self.counts.clear();
            }
            Element::Role => {
                self.role = match xsi_type {
                    Some(kind) if name == "RoleDescriptor" => format!("{name} {kind}"),
                    _ => name.to_owned(),
                };
                scope.locator = self.entity.at(Place::Element(self.role.clone()));
            }
            // The outermost is the document.
            _ if self.scopes.len() > 1 => scope.locator = self.document.at(Place::Byte(position)),
            _ => {}
        }
        if let Some(text) = valid_until {
            match xml_time::date_time(text.trim_ascii()) {
                Some(instant) => scope.valid_until = tightest(scope.valid_until, instant),
                None => self.unreadable(&scope.locator, "validUntil", &text),
            }
        }
        if let Some(text) = cache_duration {
            match xml_time::duration(text.trim_ascii()) {
                Some(duration) => scope.cache_duration = tightest(scope.cache_duration, duration),
                None => self.unreadable(&scope.locator, "cacheDuration", &text),
            }
        }
        self.scopes.push(scope);
    }

    fn unreadable(&mut self, locator: &Locator, attribute: &str, text: &str) {
        let reason = format!("{attribute} can't be read: \"{}\"", quoted(&text));
        self.found.problem(locator.clone(), content(reason));
    }

    fn key_descriptor(&mut self, usage: Option<String>) -> Key {
        let usage = usage.filter(|usage| {
            let known = matches!(usage.as_str(), "signing" | "encryption");
            if !known {
                self.unreadable(&self.scope().locator.clone(), "use", usage);
            }
            known
        });
        let number = self.counts.entry((self.role.clone(), usage.clone())).or_default();
        *number += 1;
        // One that says none is for both uses (SAML V2.0 Metadata section 2.4.1.1). It takes turns
        // with those that sign.
        let turns = usage.as_deref().unwrap_or("signing");
        let group = format!("{}, {} {}", self.entity, self.role, turns);
        let (role, number) = (self.role.clone(), *number);
        Key::new(self.entity.at(Place::KeyDescriptor { role, usage, number }), Some(group))
    }

    fn end_key(&mut self) {
        if let Some(key) = self.key.take() {
            key.end(&self.scope().clone(), self.found);
        }
    }

    fn scope(&self) -> &Scope {
        // The document's own stands below those that are pushed and popped with their elements.
        &self.scopes[self.scopes.len() - 1]
    }
}

fn tightest<T: Ord>(known: Option<T>, new: T) -> Option<T> {
    Some(match known {
        Some(known) => known.min(new),
        None => new,
    })
}

const DEEPEST: usize = 128;
