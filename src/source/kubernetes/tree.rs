//! YAML and JSON as a tree, within bounds.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

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

    /// A member of a map that is more than null and an empty text: those mean that there is none.
    pub(super) fn filled(&self, name: &str) -> Option<&Self> {
        self.get(name).filter(|node| node.is_filled())
    }

    pub(super) fn is_filled(&self) -> bool {
        match &self.value {
            Value::Nothing => false,
            Value::Text(text) => !text.is_empty(),
            _ => true,
        }
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

/// Why the rest of a part could not be read.
pub(super) struct Stop {
    pub(super) line: u64,
    pub(super) reason: String,
}

impl Stop {
    fn levels(line: u64) -> Self {
        Self { line, reason: format!("has more than {DEEPEST} levels, which is the limit") }
    }

    fn values(line: u64) -> Self {
        Self { line, reason: format!("has more than {MOST_VALUES} values, which is the limit") }
    }
}

/// The parts of a text that lines of `---` divide, each with the lines before it: as kubectl does, so
/// that a document that can't be read takes no other with it. No value may hold such a line (YAML
/// 1.2.2 section 9.1.4).
pub(super) fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let (mut rest, mut lines) = (text, 0);
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (mut end, mut count, mut has_content) = (0, 0, false);
        for line in rest.split_inclusive('\n') {
            // Directives stand before the line that begins their document.
            if has_content && divides(line) {
                break;
            }
            has_content |=
                !divides(line) && !line.trim().is_empty() && !line.starts_with(['#', '%']);
            end += line.len();
            count += 1;
        }
        let (part, after) = rest.split_at(end);
        let part = Part { text: part, lines_before: lines };
        (rest, lines) = (after, lines + count);
        Some(part)
    })
}

/// Whether a line is three hyphens, maybe with a comment behind them.
fn divides(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| {
        rest.trim().is_empty()
            || (rest.starts_with(char::is_whitespace) && rest.trim_start().starts_with('#'))
    })
}

pub(super) struct Part<'t> {
    text: &'t str,
    lines_before: u64,
}

impl Part<'_> {
    /// The documents of a part. Where one can't be read, those before it stand.
    pub(super) fn documents(&self) -> (Vec<Node>, Option<Stop>) {
        // YAML takes nearly all of JSON, but not all.
        let json = self.text.strip_prefix("---").unwrap_or(self.text).trim_start();
        if json.starts_with('{')
            && let Some(read) = self.json(json)
        {
            return read;
        }
        self.yaml()
    }

    /// Values in JSON one after the other; `None` where not even the first is.
    fn json(&self, text: &str) -> Option<(Vec<Node>, Option<Stop>)> {
        let lines_before = self.lines_before + lines(&self.text[..self.text.len() - text.len()]);
        if values(text) > MOST_VALUES {
            return Some((Vec::new(), Some(Stop::values(lines_before + 1))));
        }
        let mut documents = Vec::new();
        for json in serde_json::Deserializer::from_str(text).into_iter() {
            match json {
                Ok(json) => documents.push(from_json(json)),
                Err(_) if documents.is_empty() => return None,
                Err(error) => {
                    let line = lines_before + u64::try_from(error.line()).unwrap_or(u64::MAX);
                    let reason = error.to_string();
                    // The line that it ends with is counted from here.
                    let reason = reason.split(" at line ").next().unwrap_or_default();
                    return Some((documents, Some(Stop { line, reason: quoted(&reason) })));
                }
            }
        }
        Some((documents, None))
    }

    fn yaml(&self) -> (Vec<Node>, Option<Stop>) {
        let mut documents = Vec::new();
        let mut open: Vec<Open> = Vec::new();
        let mut values = 0;
        let mut parser = Parser::new_from_str(self.text);
        while let Some(next) = parser.next_event() {
            let (event, span) = match next {
                Ok(next) => next,
                Err(error) => {
                    let line = self.line(error.marker());
                    return (documents, Some(Stop { line, reason: quoted(&error.info()) }));
                }
            };
            let line = self.line(&span.start);
            values += 1;
            if values > MOST_VALUES {
                return (documents, Some(Stop::values(line)));
            }
            let node = match event {
                Event::MappingStart(..) | Event::SequenceStart(..) if open.len() >= DEEPEST => {
                    return (documents, Some(Stop::levels(line)));
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
                    let is_null =
                        style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null");
                    let value =
                        if is_null { Value::Nothing } else { Value::Text(text.into_owned()) };
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

    fn line(&self, marker: &Marker) -> u64 {
        self.lines_before + u64::try_from(marker.line()).unwrap_or(u64::MAX)
    }
}

/// How many values a text in JSON has at the most: one after each of these marks, strings aside.
fn values(json: &str) -> usize {
    let (mut count, mut in_string) = (1, false);
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => {
                bytes.next();
            }
            b',' | b':' | b'[' | b'{' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

fn lines(text: &str) -> u64 {
    u64::try_from(text.matches('\n').count()).unwrap_or(u64::MAX)
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

fn quoted(text: &impl std::fmt::Display) -> String {
    Escaped(&short(text)).to_string()
}

const DEEPEST: usize = 64;

/// In one part: each takes a hundred bytes or two, when the text needs only two for it.
const MOST_VALUES: usize = 2_000_000;
