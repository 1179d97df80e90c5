//! What is known of a chain under the field names of OpenTelemetry and of the Elastic Common Schema,
//! for spans, logs and events.
//!
//! ```
//! use notafter::Report;
//! use notafter::render::attributes::{self, AttributeValue};
//!
//! fn log(report: &Report) {
//!     for (name, value) in attributes::opentelemetry(report).iter() {
//!         if let AttributeValue::Text(text) = value {
//!             println!("{name}={text:?}");
//!         }
//!     }
//! }
//! ```

mod x509;

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::words;
use crate::chain::Peer;
use crate::report::Report;
use crate::target::Purpose;

/// The end-entity certificate and the handshake as attributes of OpenTelemetry's semantic conventions.
///
/// `tls.server.*` of a server's chain, `tls.client.*` of a client's, both where a client certificate
/// was looked at too; none of chains for other purposes. The distinguished names as RFC 4514 writes
/// them, dates as `2026-12-31T23:59:59.000Z`, the hash in upper-case hexadecimal digits;
/// `tls.protocol.*`, `tls.cipher` under its name at IANA, and `tls.established` where there was a
/// handshake. The certificates themselves are left out, as they are long: the hash says which it is.
///
/// What is not known is left out. There is no attribute for what is wrong: see
/// [`Report::findings`].
///
/// OpenTelemetry semantic conventions, TLS (in development).
#[must_use]
pub fn opentelemetry(report: &Report) -> Attributes {
    let mut attributes = Attributes::default();
    if let Some(side) = Side::of(report.purpose()) {
        attributes.certificate(side, report, |instant| {
            // Validity periods have whole seconds.
            Some(format!("{}.000Z", words::rfc3339(instant)?.strip_suffix('Z')?))
        });
    }
    if let Some(peer) = report.peer() {
        attributes.handshake(peer, ["tls.protocol.name", "tls.protocol.version"]);
    }
    if let Some(own) = report.client_report() {
        attributes.0.extend(opentelemetry(own).0);
    }
    attributes
}

/// The end-entity certificate and the handshake as fields of the Elastic Common Schema.
///
/// `tls.server.*` of a server's chain, `tls.client.*` of a client's, each with `x509.*` below; the
/// fields of the handshake as in [`opentelemetry`], and under the names that the schema has for them.
/// Dates as `2026-12-31T23:59:59Z`, the serial number in upper-case hexadecimal digits, algorithms
/// under their names in Go.
///
/// What is not known is left out: of a report that was read back, the parts of names and of keys.
/// Text of the certificate is raw but in distinguished names.
///
/// Elastic Common Schema, TLS and x509.
#[must_use]
pub fn ecs(report: &Report) -> Attributes {
    let mut attributes = Attributes::default();
    if let Some(side) = Side::of(report.purpose()) {
        attributes.certificate(side, report, words::rfc3339);
        x509::add(&mut attributes, &side.x509, report);
    }
    if let Some(peer) = report.peer() {
        attributes.handshake(peer, ["tls.version_protocol", "tls.version"]);
    }
    if let Some(own) = report.client_report() {
        attributes.0.extend(ecs(own).0);
    }
    attributes
}

/// The first certificate of a chain that was found in a file, as fields of the Elastic Common Schema:
/// `file.x509.*`, whatever its purpose. The values are as in [`ecs`].
///
/// The file's own fields, such as `file.path`, are yours to add: a report knows its place in one only
/// by a [label](Report::target).
#[must_use]
pub fn ecs_file(report: &Report) -> Attributes {
    let mut attributes = Attributes::default();
    x509::add(&mut attributes, &FILE, report);
    attributes
}

/// Values under the names of a convention, in the order of the names.
///
/// With the feature `serde` it is written as one flat map.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Attributes(BTreeMap<&'static str, AttributeValue>);

/// A value of an attribute.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
#[non_exhaustive]
pub enum AttributeValue {
    /// A text, or an instant as text.
    Text(String),
    /// A number.
    Number(i64),
    /// Whether something is so.
    Flag(bool),
    /// Texts; never none.
    List(Vec<String>),
}

impl Attributes {
    /// All of them, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, &AttributeValue)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// The value under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&AttributeValue> {
        self.0.get(name)
    }

    /// Whether there are none: of a chain that is neither a server's nor a client's.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn certificate(
        &mut self,
        side: &Side,
        report: &Report,
        date: impl Fn(OffsetDateTime) -> Option<String>,
    ) {
        let Some(certificate) = report.chain().first() else { return };
        self.text(side.sha256, Some(data_encoding::HEXUPPER.encode(&certificate.sha256())));
        let Ok(facts) = certificate.summary() else { return };
        self.text(side.subject, Some(facts.subject));
        self.text(side.issuer, Some(facts.issuer));
        self.text(side.not_before, date(facts.not_before));
        self.text(side.not_after, date(facts.not_after));
    }

    fn handshake(&mut self, peer: &Peer, [name, version]: [&'static str; 2]) {
        let agreed = peer.protocol().and_then(|protocol| protocol.split_once('v'));
        if let Some((protocol, number)) = agreed {
            self.text(name, Some(protocol.to_ascii_lowercase()));
            self.text(version, Some(number.to_owned()));
        }
        self.text("tls.cipher", peer.cipher_suite().map(registered));
        let broken = peer.late_failure().is_some() || peer.is_legacy_handshake();
        if broken || agreed.is_some() {
            self.0.insert("tls.established", AttributeValue::Flag(!broken));
        }
    }

    fn text(&mut self, name: &'static str, text: Option<String>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.0.insert(name, AttributeValue::Text(text));
        }
    }

    fn number(&mut self, name: &'static str, number: impl TryInto<i64>) {
        if let Ok(number) = number.try_into() {
            self.0.insert(name, AttributeValue::Number(number));
        }
    }

    fn list(&mut self, name: &'static str, list: Vec<String>) {
        if !list.is_empty() {
            self.0.insert(name, AttributeValue::List(list));
        }
    }
}

/// A cipher suite's name in the registry, which has no mark for those of TLS 1.3 (RFC 8446 section
/// B.4).
fn registered(suite: &str) -> String {
    match suite.strip_prefix("TLS13_") {
        Some(name) => format!("TLS_{name}"),
        None => suite.to_owned(),
    }
}

/// The names for one side of a connection; both conventions have the same.
struct Side {
    subject: &'static str,
    issuer: &'static str,
    not_before: &'static str,
    not_after: &'static str,
    sha256: &'static str,
    x509: x509::Names,
}

impl Side {
    const fn of(purpose: Purpose) -> Option<&'static Self> {
        match purpose {
            Purpose::Server => Some(&SERVER),
            Purpose::Client => Some(&CLIENT),
            Purpose::Ca | Purpose::Signing => None,
        }
    }
}

macro_rules! side {
    ($side:literal) => {
        Side {
            subject: concat!($side, ".subject"),
            issuer: concat!($side, ".issuer"),
            not_before: concat!($side, ".not_before"),
            not_after: concat!($side, ".not_after"),
            sha256: concat!($side, ".hash.sha256"),
            x509: x509::names!($side),
        }
    };
}

static SERVER: Side = side!("tls.server");
static CLIENT: Side = side!("tls.client");
static FILE: x509::Names = x509::names!("file");
