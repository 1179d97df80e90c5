//! Instants and lengths of time, written for people.

use std::fmt;

use time::{OffsetDateTime, UtcOffset};

/// A length of time in its two largest units, cut and never rounded up: `3 days 4 hours`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span(pub(crate) i64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.unsigned_abs();
        let mut written = 0;
        for (unit, seconds) in UNITS {
            let count = rest / seconds;
            rest %= seconds;
            match (count, written) {
                // Only neighbouring units stand together: '3 days', not '3 days 7 seconds'.
                (0, 1) => break,
                (0, _) if seconds > 1 => continue,
                _ => {}
            }
            let separator = if written == 0 { "" } else { " " };
            let plural = if count == 1 { "" } else { "s" };
            write!(f, "{separator}{count} {unit}{plural}")?;
            written += 1;
            if written == 2 {
                break;
            }
        }
        Ok(())
    }
}

const UNITS: [(&str, u64); 4] = [("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];

/// An instant to the second: `2026-12-01 00:00:00 UTC`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instant(pub(crate) OffsetDateTime);

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = self.0.to_offset(UtcOffset::UTC);
        let (date, (hour, minute, second)) = (utc.date(), utc.to_hms());
        write!(f, "{date} {hour:02}:{minute:02}:{second:02} UTC")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_largest_units_are_shown_and_nothing_is_rounded_up() {
        let cases = [
            (0, "0 seconds"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (119, "1 minute 59 seconds"),
            (3_599, "59 minutes 59 seconds"),
            (3_600, "1 hour"),
            (3_605, "1 hour"),
            (86_399, "23 hours 59 minutes"),
            (86_400, "1 day"),
            (86_400 + 59 * 60, "1 day"),
            (2 * 86_400 - 1, "1 day 23 hours"),
            (3 * 86_400 + 4 * 3_600 + 3_599, "3 days 4 hours"),
            (-90_000, "1 day 1 hour"),
            (i64::MIN, "106751991167300 days 15 hours"),
        ];
        for (seconds, text) in cases {
            assert_eq!(Span(seconds).to_string(), text, "{seconds}");
        }
    }

    #[test]
    fn an_instant_is_shown_in_utc() {
        let instant = time::macros::datetime!(2026-12-01 01:02:03 +1);
        assert_eq!(Instant(instant).to_string(), "2026-12-01 00:02:03 UTC");
    }
}
