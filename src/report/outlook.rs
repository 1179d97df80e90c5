//! The horizon in one sentence for people.

use std::fmt;

use time::{Duration, OffsetDateTime};

use super::horizon::{Gap, Limit};
use super::span::{Instant, Span};
use super::{Report, Trust};
use crate::escape::Escaped;
use crate::target::Purpose;

/// When clients start failing, and why; of a report without a path, that nobody trusts it.
pub(super) struct Sentence<'a>(pub(super) &'a Report);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (horizon, at) = (self.0.horizon(), self.0.checked_at);
        if let Some(reason) = horizon.undetermined {
            return write!(f, "until when clients go on is unknown: {reason}");
        }
        let Some(until) = horizon.until else {
            return match (horizon.gaps.first(), self.0.trust()) {
                (Some(gap), _) => write!(f, "clients fail until {}", Instant(gap.to)),
                // A path that the calendar allows, were it not for the anchor's.
                (None, trust) if trust.path().is_some() && horizon.anchors_ignored.is_some() => {
                    f.write_str("no path ever holds, by the dates of the trust anchor")
                }
                (None, trust) if trust.path().is_some() => {
                    f.write_str("until when clients go on is not known")
                }
                (None, trust) => NoPath { trust, end: horizon.end_entity, at }.fmt(f),
            };
        };
        // Nothing begins after the last second that there is.
        let failing = Instant(until.saturating_add(Duration::SECOND));
        let holds = horizon.holds(at);
        let away = Span(until.unix_timestamp().saturating_add(1) - at.unix_timestamp());
        if holds {
            write!(f, "clients start failing on {failing}, in {away}")?;
        } else {
            write!(f, "clients have been failing since {failing}")?;
            if until.unix_timestamp() + 1 < at.unix_timestamp() {
                write!(f, ", for {away}")?;
            }
        }
        let own = match self.0.purpose {
            Purpose::Ca => "the CA certificate",
            Purpose::Server => "the server's own certificate",
            Purpose::Client => "the client's own certificate",
            Purpose::Signing => "the signing certificate",
        };
        if let Some(limit) = &horizon.limited_by {
            let ends = if holds { "ends" } else { "ended" };
            write!(f, ", because {} {ends}", Named { limit, own })?;
        }
        if let Some(end_entity) = horizon.end_entity.filter(|end_entity| *end_entity > until) {
            write!(f, "; {own} would last until {}", Instant(end_entity))?;
        }
        match horizon.gaps.first() {
            Some(Gap { to, .. }) => {
                let again = Instant(to.saturating_add(Duration::SECOND));
                write!(f, "; they go on from {again}")
            }
            None => Ok(()),
        }
    }
}

/// Without a path there is no horizon; a certificate that is known by itself still ends.
struct NoPath<'a> {
    trust: &'a Trust,
    end: Option<OffsetDateTime>,
    at: OffsetDateTime,
}

impl fmt::Display for NoPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no path leads to a trust anchor")?;
        if let Trust::Untrusted { reason } = self.trust {
            write!(f, ", as {reason}")?;
        }
        let Some(end) = self.end else { return Ok(()) };
        let lasts = if self.at <= end { "lasts" } else { "lasted" };
        write!(f, "; the certificate itself {lasts} until {}", Instant(end))
    }
}

/// A certificate, as one speaks of it.
struct Named<'a> {
    limit: &'a Limit,
    /// The end-entity certificate.
    own: &'a str,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = self.limit.subject();
        let name = Escaped(common_name(&subject).unwrap_or(&subject));
        match self.limit.position() {
            Some(0) => f.write_str(self.own),
            Some(_) => write!(f, "intermediate \"{name}\""),
            None => write!(f, "trust anchor \"{name}\""),
        }
    }
}

/// The common name in a subject that is written as RFC 4514 has it.
fn common_name(subject: &str) -> Option<&str> {
    let mut escaped = false;
    let mut attributes = subject.split(|character| {
        let separates = matches!(character, ',' | '+') && !escaped;
        escaped = character == '\\' && !escaped;
        separates
    });
    attributes.find_map(|attribute| attribute.strip_prefix("CN=")).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_name_is_found_among_the_attributes_and_not_within_one() {
        let cases = [
            ("CN=R3", Some("R3")),
            ("CN=R3,O=Let's Encrypt,C=US", Some("R3")),
            ("O=Let's Encrypt+CN=R3", Some("R3")),
            (r"O=a\,CN=b", None),
            (r"O=a\\,CN=b", Some("b")),
            (r"CN=a\,b,O=c", Some(r"a\,b")),
            ("O=nobody", None),
            ("CN=,O=c", None),
            ("", None),
        ];
        for (subject, name) in cases {
            assert_eq!(common_name(subject), name, "{subject}");
        }
    }
}
