//! Instants and durations as XML Schema writes them (XML Schema Part 2, sections 3.2.6 and 3.2.7).

use time::{Date, Duration, Month, OffsetDateTime, Time, UtcOffset};

/// An `xs:dateTime` from year 0001 to 9999; without an offset it is in UTC (SAML V2.0 Core section
/// 1.3.3). Digits below a nanosecond are cut.
pub(super) fn date_time(text: &str) -> Option<OffsetDateTime> {
    let (date, rest) = text.split_at_checked(10)?;
    let date = {
        let [year, month, day] = fields(date, '-', [4, 2, 2])?;
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()?
    };
    let (time, rest) = rest.strip_prefix('T')?.split_at_checked(8)?;
    let [hour, minute, second] = fields(time, ':', [2, 2, 2])?;
    let (nanosecond, offset) = fraction(rest)?;
    // The end of a day may be written as 24:00:00.
    let ends_day = (hour, minute, second, nanosecond) == (24, 0, 0, 0);
    let time = if ends_day {
        Time::MIDNIGHT
    } else {
        let field = |value| u8::try_from(value).ok();
        Time::from_hms_nano(field(hour)?, field(minute)?, field(second)?, nanosecond).ok()?
    };
    let date = if ends_day { date.next_day()? } else { date };
    let instant = date.with_time(time).assume_offset(self::offset(offset)?);
    let instant = instant.checked_to_offset(UtcOffset::UTC)?;
    (1..=9999).contains(&instant.year()).then_some(instant)
}

/// An `xs:duration` that is not negative. A year is taken as 365 days, a month as 30: how long they
/// are depends on the instant that it is added to, which metadata leaves open.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let parts = text.strip_prefix('P')?;
    let (days, time) = match parts.split_once('T') {
        // Where there is a T, a time follows it.
        Some((_, "")) => return None,
        Some(split) => split,
        None => (parts, ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let days = sum(days, &[('Y', 365 * DAY), ('M', 30 * DAY), ('D', DAY)])?;
    let time = sum(time, &[('H', 3600), ('M', 60), ('S', 1)])?;
    days.checked_add(time)
}

/// Numbers, each with the letter of its unit, in the order of the units; any may be missing.
fn sum(mut rest: &str, units: &[(char, i64)]) -> Option<Duration> {
    let mut sum = Duration::ZERO;
    for (unit, seconds) in units {
        let Some((number, after)) = rest.split_once(*unit) else {
            continue;
        };
        let (whole, fraction) = match number.split_once('.') {
            // Nothing but seconds has a fraction.
            Some((whole, fraction)) if *unit == 'S' => (whole, nanoseconds(fraction)?),
            Some(_) => return None,
            None => (number, 0),
        };
        let whole = i64::try_from(digits(whole)?).ok()?.checked_mul(*seconds)?;
        sum = sum.checked_add(Duration::new(whole, i32::try_from(fraction).ok()?))?;
        rest = after;
    }
    rest.is_empty().then_some(sum)
}

/// The fraction of a second that the text begins with, in nanoseconds, and what follows.
fn fraction(text: &str) -> Option<(u32, &str)> {
    let Some(text) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (fraction, rest) = text.split_at(end);
    Some((nanoseconds(fraction)?, rest))
}

/// The digits behind the point of a number of seconds; there is one at least.
fn nanoseconds(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nine = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    Some(nine.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
}

/// `Z`, nothing, or hours and minutes up to 14:00.
fn offset(text: &str) -> Option<UtcOffset> {
    let (sign, offset) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(ahead), _) => (1, ahead),
        (_, Some(behind)) => (-1, behind),
        _ if text.is_empty() || text == "Z" => return Some(UtcOffset::UTC),
        _ => return None,
    };
    let [hours, minutes] = fields(offset, ':', [2, 2])?;
    if minutes > 59 || hours * 60 + minutes > 14 * 60 {
        return None;
    }
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    UtcOffset::from_whole_seconds(sign * seconds).ok()
}

/// Numbers of so many digits each, with a separator between them.
fn fields<const N: usize>(text: &str, separator: char, lengths: [usize; N]) -> Option<[u64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let part = parts.next().filter(|part| part.len() == length)?;
        *number = digits(part)?;
    }
    parts.next().is_none().then_some(numbers)
}

/// A number of decimal digits and nothing else: `parse` would take a sign.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

const DAY: i64 = 24 * 60 * 60;

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn instants_are_in_utc_unless_they_say_otherwise() {
        let cases = [
            ("2014-02-22T00:39:43Z", datetime!(2014-02-22 00:39:43 UTC)),
            ("2014-04-17T18:02:33.910Z", datetime!(2014-04-17 18:02:33.91 UTC)),
            ("2001-02-03T04:05:06.789", datetime!(2001-02-03 04:05:06.789 UTC)),
            ("2015-12-03T01:57:09.123456789Z", datetime!(2015-12-03 01:57:09.123456789 UTC)),
            ("2015-12-03T01:57:09.1234567899", datetime!(2015-12-03 01:57:09.123456789 UTC)),
            ("2026-11-22T01:30:00+02:00", datetime!(2026-11-21 23:30 UTC)),
            ("2026-11-22T23:30:00-05:30", datetime!(2026-11-23 05:00 UTC)),
            ("2026-12-31T24:00:00Z", datetime!(2027-01-01 00:00 UTC)),
            ("2024-02-29T00:00:00+14:00", datetime!(2024-02-28 10:00 UTC)),
            ("0001-01-01T00:00:00Z", datetime!(0001-01-01 00:00 UTC)),
            ("9999-12-31T23:59:59Z", datetime!(9999-12-31 23:59:59 UTC)),
        ];
        for (text, instant) in cases {
            assert_eq!(date_time(text), Some(instant), "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        let cases = [
            "",
            "never",
            "2026-11-22",
            "2026-11-22 00:00:00Z",
            "2026-11-22T00:00Z",
            "2026-13-22T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-11-22T24:00:01Z",
            "2026-11-22T23:59:60Z",
            "2026-11-22T00:00:00.Z",
            "2026-11-22T00:00:00z",
            "2026-11-22T00:00:00\u{e9}",
            "2026-11-22T00:00:00+14:01",
            "2026-11-22T00:00:00+0100",
            "2026-11-22T00:00:00+01:60",
            "+026-11-22T00:00:00Z",
            "-001-11-22T00:00:00Z",
            "12026-11-22T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T24:00:00Z",
            "9999-12-31T23:00:00-02:00",
            "2026-11-2\u{e9}T00:00:00Z",
        ];
        for text in cases {
            assert_eq!(date_time(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_the_sum_of_their_parts() {
        let cases = [
            ("PT6H", Duration::hours(6)),
            ("P7D", Duration::days(7)),
            ("PT604800S", Duration::days(7)),
            ("PT1393462294S", Duration::seconds(1_393_462_294)),
            ("P1M", Duration::days(30)),
            ("P1Y", Duration::days(365)),
            ("P1Y2M3DT4H5M6.5S", Duration::new(36_993_906, 500_000_000)),
            ("PT1M", Duration::minutes(1)),
            ("PT0S", Duration::ZERO),
            ("PT0.0000000019S", Duration::nanoseconds(1)),
        ];
        for (text, duration) in cases {
            assert_eq!(super::duration(text), Some(duration), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        let cases = [
            "",
            "P",
            "PT",
            "P1DT",
            "1D",
            "P1",
            "P1H",
            "PT1D",
            "P1D1M",
            "PT1.5H",
            "PT.5S",
            "PT1.S",
            "PT1.+5S",
            "P-1D",
            "-P1D",
            "P+1D",
            "P1.5D",
            "PTS",
            "P1DT1HT1S",
            "P9223372036854775807D",
            "P18446744073709551616D",
            "PT9223372036854775807S1S",
        ];
        for text in cases {
            assert_eq!(duration(text), None, "{text}");
        }
        assert_eq!(duration("PT9223372036854775807S"), Some(Duration::seconds(i64::MAX)));
        assert_eq!(duration("P1DT9223372036854775807S"), None, "more than there is room for");
    }
}
