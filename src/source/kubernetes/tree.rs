//! YAML and JSON as a tree, within bounds.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::escape::{Escaped, short};

/// A value, and the line on which it stands.
pub(super) struct Node {
    pub(super) line: u64,
    pub(super) value: Value,
}

pub(super) enum Value {
    Map(Vec<(String, Node)>),
    List(Vec<Node>),
    Text(String),
    /// A reference to a value that stands elsewhere. It is not followed: a few lines can make
    /// billions of values of it.
    Alias,
    Nothing,
}

impl Node {
    /// A member of a map; of several with the same name the last.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.members().rev().find(|(key, _)| *key == name).map(|(_, node)| node)
    }

    /// The value at the end of that way through maps.
    pub(super) fn at(&self, way: &[&str]) -> Option<&Self> {
        way.iter().try_fold(self, |node, name| node.get(name))
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn members(&self) -> impl DoubleEndedIterator<Item = (&str, &Self)> {
        let members = match &self.value {
            Value::Map(members) => members.as_slice(),
            _ => &[],
        };
        members.iter().map(|(key, node)| (key.as_str(), node))
    }

    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }
}

/// Why the rest could not be read.
pub(super) struct Stop {
    pub(super) line: u64,
    pub(super) reason: String,
}

/// The documents of a text. Where one can't be read, those before it stand.
pub(super) fn documents(text: &str) -> (Vec<Node>, Option<Stop>) {
    // YAML takes nearly all of JSON, but not all.
    if text.trim_start().starts_with('{') {
        match serde_json::from_str(text) {
            Ok(json) => return (vec![from_json(json)], None),
            Err(error) if error.is_syntax() || error.is_eof() => {}
            Err(error) => {
                let line = u64::try_from(error.line()).unwrap_or(u64::MAX);
                return (Vec::new(), Some(Stop { line, reason: quoted(&error) }));
            }
        }
    }
    from_yaml(text)
}

/// serde_json takes no more than 128 levels.
fn from_json(json: serde_json::Value) -> Node {
    use serde_json::Value as Json;
    let value = match json {
        Json::Object(members) => {
            Value::Map(members.into_iter().map(|(key, json)| (key, from_json(json))).collect())
        }
        Json::Array(items) => Value::List(items.into_iter().map(from_json).collect()),
        Json::String(text) => Value::Text(text),
        Json::Bool(_) | Json::Number(_) | Json::Null => Value::Nothing,
    };
    // Its lines are not told.
    Node { line: 0, value }
}

fn from_yaml(text: &str) -> (Vec<Node>, Option<Stop>) {
    let mut documents = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut parser = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        let (event, span) = match next {
            Ok(next) => next,
            Err(error) => {
                let line = u64::try_from(error.marker().line()).unwrap_or(u64::MAX);
                return (documents, Some(Stop { line, reason: quoted(&error.info()) }));
            }
        };
        let line = line(&span);
        let node = match event {
            Event::MappingStart(..) | Event::SequenceStart(..) if open.len() >= DEEPEST => {
                let reason = format!("has more than {DEEPEST} levels, which is the limit");
                return (documents, Some(Stop { line, reason }));
            }
            Event::MappingStart(..) => {
                open.push(Open { line, inside: Inside::Map(Vec::new(), None) });
                continue;
            }
            Event::SequenceStart(..) => {
                open.push(Open { line, inside: Inside::List(Vec::new()) });
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => match open.pop() {
                Some(open) => open.close(),
                None => continue,
            },
            Event::Scalar(text, style, ..) => {
                let is_null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null");
                let value = if is_null { Value::Nothing } else { Value::Text(text.into_owned()) };
                Node { line, value }
            }
            Event::Alias(_) => Node { line, value: Value::Alias },
            _ => continue,
        };
        match open.last_mut() {
            Some(around) => around.take(node),
            None => documents.push(node),
        }
    }
    (documents, None)
}

/// A collection whose end has not been reached.
struct Open {
    line: u64,
    inside: Inside,
}

enum Inside {
    /// The members, and the key whose value comes next.
    Map(Vec<(String, Node)>, Option<String>),
    List(Vec<Node>),
}

impl Open {
    fn take(&mut self, node: Node) {
        match &mut self.inside {
            Inside::List(items) => items.push(node),
            Inside::Map(members, key) => match key.take() {
                Some(key) => members.push((key, node)),
                // A key that is no text is nothing that we look for.
                None => *key = Some(node.text().unwrap_or_default().to_owned()),
            },
        }
    }

    fn close(self) -> Node {
        let value = match self.inside {
            Inside::Map(members, _) => Value::Map(members),
            Inside::List(items) => Value::List(items),
        };
        Node { line: self.line, value }
    }
}

fn line(span: &Span) -> u64 {
    u64::try_from(span.start.line()).unwrap_or(u64::MAX)
}

fn quoted(text: &impl std::fmt::Display) -> String {
    Escaped(&short(text)).to_string()
}

const DEEPEST: usize = 64;
