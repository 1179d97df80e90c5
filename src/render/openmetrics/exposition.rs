//! The OpenMetrics text format: families of samples, written by its grammar.

use std::fmt::{self, Write as _};
use std::time::Duration;

use time::OffsetDateTime;

use crate::escape::is_hostile;

/// A metric family: what it is called, what it tells, and its samples.
pub(super) struct Family {
    name: &'static str,
    kind: Kind,
    help: &'static str,
    /// Which of two values stands where two samples have the same labels: the grammar allows one.
    keep: fn(Value, Value) -> Value,
    samples: Vec<(Labels, Value)>,
}

#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
    Info,
    StateSet,
}

impl Family {
    /// Something that goes up and down. `keep` says which of two values stands for the same labels.
    pub(super) const fn gauge(
        name: &'static str,
        help: &'static str,
        keep: fn(Value, Value) -> Value,
    ) -> Self {
        Self { name, kind: Kind::Gauge, help, keep, samples: Vec::new() }
    }

    /// Something that only goes up. The name is that of the family, without `_total`.
    pub(super) const fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Counter, help, keep: Ord::max, samples: Vec::new() }
    }

    /// Labels that say something of other series. The name is that of the family, without `_info`.
    pub(super) const fn info(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Info, help, keep: Ord::max, samples: Vec::new() }
    }

    /// One of several states: a sample for each, the label that is called like the family naming it.
    pub(super) const fn state_set(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::StateSet, help, keep: Ord::max, samples: Vec::new() }
    }

    pub(super) fn add(&mut self, labels: Labels, value: impl Into<Value>) {
        self.samples.push((labels, value.into()));
    }

    /// The same with one sample, where its value is known.
    pub(super) fn with(mut self, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.add(Labels::new(), value);
        }
        self
    }

    /// Writes it, unless it has no samples: they are sorted by their labels.
    pub(super) fn write(mut self, text: &mut String) {
        if self.samples.is_empty() {
            return;
        }
        self.samples.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.samples.dedup_by(|(labels, value), (kept_labels, kept)| {
            let is_same = labels == kept_labels;
            if is_same {
                *kept = (self.keep)(*kept, *value);
            }
            is_same
        });
        // Writing to a String can't fail, here and below.
        let _ = self.write_to(text);
    }

    fn write_to(&self, text: &mut String) -> fmt::Result {
        let Self { name, kind, help, .. } = self;
        let (kind, suffix) = match kind {
            Kind::Counter => ("counter", "_total"),
            Kind::Gauge => ("gauge", ""),
            Kind::Info => ("info", "_info"),
            Kind::StateSet => ("stateset", ""),
        };
        writeln!(text, "# HELP {name} {help}")?;
        writeln!(text, "# TYPE {name} {kind}")?;
        if name.ends_with("_seconds") {
            writeln!(text, "# UNIT {name} seconds")?;
        }
        for (Labels(labels), value) in &self.samples {
            text.extend([*name, suffix]);
            if !labels.is_empty() {
                text.extend(["{", labels, "}"]);
            }
            writeln!(text, " {value}")?;
        }
        Ok(())
    }
}

/// The end of an exposition.
pub(super) const EOF: &str = "# EOF\n";

/// The labels of a sample, as they are written: `target="a",position="0"`.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Labels(String);

impl Labels {
    pub(super) const fn new() -> Self {
        Self(String::new())
    }

    /// Adds a label that is not among them yet.
    pub(super) fn and(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.extend([name, "=\""]);
        let _ = write!(LabelValue(&mut self.0), "{value}");
        self.0.push('"');
        self
    }

    /// The same, unless the value is empty, which says as much as no label.
    pub(super) fn and_known(self, name: &'static str, value: &str) -> Self {
        if value.is_empty() { self } else { self.and(name, value) }
    }
}

/// Escapes as the grammar asks for, and writes hostile characters as `\u{202e}` before: a line feed,
/// which the grammar would allow as `\n`, is among them.
struct LabelValue<'a>(&'a mut String);

impl fmt::Write for LabelValue<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if is_plain(text) {
            self.0.push_str(text);
            return Ok(());
        }
        for char in text.chars() {
            match char {
                '"' | '\\' => self.0.extend(['\\', char]),
                _ if is_hostile(char) => write!(self.0, "\\{}", char.escape_unicode())?,
                _ => self.0.push(char),
            }
        }
        Ok(())
    }
}

/// Whether there is nothing to escape, as in nearly all text. Every byte is looked at, whatever the
/// first ones are: that way many are looked at at a time, and there are millions of them.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| {
        plain & matches!(byte, b' '..=b'~') & (byte != b'"') & (byte != b'\\')
    })
}

/// The value of a sample; in a family they are all of one kind.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Value {
    Integer(i64),
    Seconds(Duration),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Seconds(duration) => write!(f, "{}", duration.as_secs_f64()),
        }
    }
}

/// An instant, in whole Unix seconds.
impl From<OffsetDateTime> for Value {
    fn from(instant: OffsetDateTime) -> Self {
        Self::Integer(instant.unix_timestamp())
    }
}

impl From<Duration> for Value {
    fn from(duration: Duration) -> Self {
        Self::Seconds(duration)
    }
}

impl From<bool> for Value {
    fn from(whether: bool) -> Self {
        Self::Integer(whether.into())
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

/// How many there are.
impl From<usize> for Value {
    fn from(count: usize) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }
}
