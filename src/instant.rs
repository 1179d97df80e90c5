//! Instants in RFC 3339, in UTC, for serde.

use serde::{Deserialize as _, Deserializer, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

pub(crate) fn serialize<S: Serializer>(
    instant: &OffsetDateTime,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let text = instant.to_offset(UtcOffset::UTC).format(&Rfc3339);
    serializer.serialize_str(&text.map_err(serde::ser::Error::custom)?)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<OffsetDateTime, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    let instant = OffsetDateTime::parse(&text, &Rfc3339).map_err(serde::de::Error::custom)?;
    // At either end of time an offset leads out of the years that can be written again.
    let utc =
        instant.checked_to_offset(UtcOffset::UTC).filter(|utc| (0..=9999).contains(&utc.year()));
    utc.ok_or_else(|| {
        serde::de::Error::custom("the instant is not within the years 0 to 9999 of UTC")
    })
}

/// The same for an instant that may be unknown.
pub(crate) mod option {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use time::OffsetDateTime;

    #[derive(Deserialize, Serialize)]
    struct Instant(#[serde(with = "super")] OffsetDateTime);

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(crate) fn serialize<S: Serializer>(
        instant: &Option<OffsetDateTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        instant.map(Instant).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<OffsetDateTime>, D::Error> {
        Ok(Option::<Instant>::deserialize(deserializer)?.map(|Instant(instant)| instant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize, serde::Serialize)]
    struct Written(#[serde(with = "super")] OffsetDateTime);

    #[test]
    fn what_is_read_in_any_offset_is_written_in_utc() {
        let read: Written = serde_json::from_str("\"2026-12-01T01:00:00+01:00\"").unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"2026-12-01T00:00:00Z\"");
    }

    #[test]
    fn an_instant_beyond_the_last_year_of_utc_is_refused_and_not_kept_to_panic_later() {
        for text in ["\"9999-12-31T23:59:59-01:00\"", "\"0000-01-01T00:00:00+01:00\""] {
            serde_json::from_str::<Written>(text).unwrap_err();
        }
    }
}
