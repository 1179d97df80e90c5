//! The two dates of a validity period: read leniently, kept as UTC, and odd encodings told.

use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

use super::der::{GENERALIZED_TIME, Tlv, UTC_TIME};

/// A date whose encoding is not what RFC 5280 section 4.1.2.5 asks for, but can be understood.
///
/// The instant that was understood stands in [`Validity`](super::Validity). Strict clients, rustls
/// among them, refuse most of these certificates; others read them in ways of their own.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct DateProblem {
    /// Which of the two dates.
    pub field: DateField,
    /// What is odd about it.
    pub quirk: DateQuirk,
    /// The date as it is encoded; what is not printable ASCII is replaced by `?`.
    pub encoded: String,
}

/// One of the two dates of a validity period.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[expect(clippy::exhaustive_enums, reason = "RFC 5280 section 4.1.2.5 has two")]
pub enum DateField {
    /// The first instant of the validity period.
    NotBefore,
    /// The last second of the validity period.
    NotAfter,
}

impl DateField {
    /// The field's name in RFC 5280: `notBefore` or `notAfter`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotBefore => "notBefore",
            Self::NotAfter => "notAfter",
        }
    }
}

/// What is odd about the encoding of a date (RFC 5280 section 4.1.2.5).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum DateQuirk {
    /// Before 1970: legal, but rustls and others that count from 1970 refuse the certificate.
    BeforeUnixEpoch,
    /// A fraction of a second, which was dropped.
    FractionalSeconds,
    /// GeneralizedTime for a year before 2050, which calls for UTCTime.
    #[cfg_attr(feature = "serde", serde(rename = "generalized-time-before-2050"))]
    GeneralizedTimeBefore2050,
    /// Second 60, which was read as second 59.
    LeapSecond,
    /// No time zone, which was read as UTC.
    NoTimeZone,
    /// An offset from UTC, which was applied.
    Offset,
    /// No seconds (or no minutes either), which were read as zero.
    WithoutSeconds,
}

impl DateQuirk {
    /// What is odd, in a few words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BeforeUnixEpoch => "it lies before 1970",
            Self::FractionalSeconds => "it has a fraction of a second",
            Self::GeneralizedTimeBefore2050 => "it is a GeneralizedTime before 2050",
            Self::LeapSecond => "it names second 60",
            Self::NoTimeZone => "it has no time zone",
            Self::Offset => "it has an offset from UTC",
            Self::WithoutSeconds => "it has no seconds",
        }
    }
}

/// An instant in UTC, and the first thing that is odd about its encoding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Read {
    pub(super) instant: OffsetDateTime,
    pub(super) quirk: Option<DateQuirk>,
}

/// Reads a `Time`; the error says what can't be understood.
pub(super) fn read(tlv: Tlv<'_>) -> Result<Read, &'static str> {
    let mut text = Cursor(tlv.value);
    let year = match tlv.tag {
        // RFC 5280 section 4.1.2.5.1: 50 to 99 are 1950 to 1999.
        UTC_TIME => match text.two_digits()? {
            short @ 50.. => 1900 + i32::from(short),
            short => 2000 + i32::from(short),
        },
        GENERALIZED_TIME => 100 * i32::from(text.two_digits()?) + i32::from(text.two_digits()?),
        _ => return Err("is neither UTCTime nor GeneralizedTime"),
    };
    let month = Month::try_from(text.two_digits()?).map_err(|_| "names a month that is none")?;
    let day = text.two_digits()?;
    let date = Date::from_calendar_date(year, month, day)
        .map_err(|_| "names a day that does not exist")?;

    let mut quirk = None;
    let hour = text.two_digits()?;
    let minute = text.optional_two_digits(&mut quirk)?;
    let mut second = text.optional_two_digits(&mut quirk)?;
    if second == 60 {
        second = 59;
        quirk = quirk.or(Some(DateQuirk::LeapSecond));
    }
    if text.skip_fraction()? {
        quirk = quirk.or(Some(DateQuirk::FractionalSeconds));
    }
    let offset = match text.0 {
        b"Z" => UtcOffset::UTC,
        b"" => {
            quirk = quirk.or(Some(DateQuirk::NoTimeZone));
            UtcOffset::UTC
        }
        [sign @ (b'+' | b'-'), rest @ ..] => {
            quirk = quirk.or(Some(DateQuirk::Offset));
            Cursor(rest).offset(*sign == b'-')?
        }
        _ => return Err("has something other than a time zone behind the time"),
    };
    let time = Time::from_hms(hour, minute, second).map_err(|_| "names a time that is none")?;
    let instant = date
        .with_time(time)
        .assume_offset(offset)
        .checked_to_offset(UtcOffset::UTC)
        .filter(|instant| (0..=9999).contains(&instant.year()))
        .ok_or("lies outside the years 0000 to 9999 in UTC")?;

    if instant < OffsetDateTime::UNIX_EPOCH {
        quirk = quirk.or(Some(DateQuirk::BeforeUnixEpoch));
    } else if tlv.tag == GENERALIZED_TIME && instant.year() < 2050 {
        quirk = quirk.or(Some(DateQuirk::GeneralizedTimeBefore2050));
    }
    Ok(Read { instant, quirk })
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn two_digits(&mut self) -> Result<u8, &'static str> {
        match self.0 {
            [tens @ b'0'..=b'9', units @ b'0'..=b'9', rest @ ..] => {
                self.0 = rest;
                Ok((tens - b'0') * 10 + (units - b'0'))
            }
            [] => Err("ends early"),
            _ => Err("has something other than digits"),
        }
    }

    fn optional_two_digits(&mut self, quirk: &mut Option<DateQuirk>) -> Result<u8, &'static str> {
        if self.0.first().is_some_and(u8::is_ascii_digit) {
            return self.two_digits();
        }
        *quirk = Some(DateQuirk::WithoutSeconds);
        Ok(0)
    }

    fn skip_fraction(&mut self) -> Result<bool, &'static str> {
        let [b'.' | b',', rest @ ..] = self.0 else {
            return Ok(false);
        };
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return Err("has an empty fraction of a second");
        }
        self.0 = &rest[digits..];
        Ok(true)
    }

    fn offset(&mut self, negative: bool) -> Result<UtcOffset, &'static str> {
        let (hours, minutes) = (i32::from(self.two_digits()?), i32::from(self.two_digits()?));
        if !self.0.is_empty() || hours > 23 || minutes > 59 {
            return Err("has an offset from UTC that is none");
        }
        let seconds = (hours * 60 + minutes) * 60;
        UtcOffset::from_whole_seconds(if negative { -seconds } else { seconds })
            .map_err(|_| "has an offset from UTC that is none")
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn utc(text: &str) -> Result<Read, &'static str> {
        read(Tlv { tag: UTC_TIME, value: text.as_bytes(), raw: &[] })
    }

    fn generalized(text: &str) -> Result<Read, &'static str> {
        read(Tlv { tag: GENERALIZED_TIME, value: text.as_bytes(), raw: &[] })
    }

    fn plain(instant: OffsetDateTime) -> Result<Read, &'static str> {
        Ok(Read { instant, quirk: None })
    }

    fn odd(instant: OffsetDateTime, quirk: DateQuirk) -> Result<Read, &'static str> {
        Ok(Read { instant, quirk: Some(quirk) })
    }

    #[test]
    fn what_rfc_5280_asks_for_is_read_without_remark() {
        assert_eq!(utc("200203235959Z"), plain(datetime!(2020-02-03 23:59:59 UTC)));
        assert_eq!(utc("491231235959Z"), plain(datetime!(2049-12-31 23:59:59 UTC)));
        assert_eq!(utc("700101000000Z"), plain(datetime!(1970-01-01 00:00:00 UTC)));
        assert_eq!(generalized("20500101000000Z"), plain(datetime!(2050-01-01 00:00:00 UTC)));
        assert_eq!(generalized("99991231235959Z"), plain(datetime!(9999-12-31 23:59:59 UTC)));
        assert_eq!(utc("240229000000Z"), plain(datetime!(2024-02-29 00:00:00 UTC)));
    }

    #[test]
    fn lenient_encodings_are_normalised_to_utc_and_remarked() {
        use DateQuirk::*;
        let cases = [
            (utc("500101000000Z"), datetime!(1950-01-01 00:00:00 UTC), BeforeUnixEpoch),
            (generalized("00000101000000Z"), datetime!(0000-01-01 00:00:00 UTC), BeforeUnixEpoch),
            (generalized("00010101000000Z"), datetime!(0001-01-01 00:00:00 UTC), BeforeUnixEpoch),
            (
                generalized("20270101000000Z"),
                datetime!(2027-01-01 00:00:00 UTC),
                GeneralizedTimeBefore2050,
            ),
            (utc("2701011230Z"), datetime!(2027-01-01 12:30:00 UTC), WithoutSeconds),
            (generalized("2027010112Z"), datetime!(2027-01-01 12:00:00 UTC), WithoutSeconds),
            (utc("270101000000+0100"), datetime!(2026-12-31 23:00:00 UTC), Offset),
            (utc("270101000000-0130"), datetime!(2027-01-01 01:30:00 UTC), Offset),
            (
                generalized("20270101000000.999Z"),
                datetime!(2027-01-01 00:00:00 UTC),
                FractionalSeconds,
            ),
            (utc("270101000000"), datetime!(2027-01-01 00:00:00 UTC), NoTimeZone),
            (utc("261231235960Z"), datetime!(2026-12-31 23:59:59 UTC), LeapSecond),
        ];
        for (read, instant, quirk) in cases {
            assert_eq!(read, odd(instant, quirk));
        }
    }

    #[test]
    fn what_names_no_instant_is_refused_with_the_reason() {
        let cases = [
            (utc("271301000000Z"), "names a month that is none"),
            (utc("270229000000Z"), "names a day that does not exist"),
            (utc("270100000000Z"), "names a day that does not exist"),
            (utc("270101240000Z"), "names a time that is none"),
            (utc("270101006000Z"), "names a time that is none"),
            (utc("270101000061Z"), "names a time that is none"),
            (utc(""), "ends early"),
            (utc("            Z"), "has something other than digits"),
            (utc("270101000000X"), "has something other than a time zone behind the time"),
            (utc("270101000000ZZ"), "has something other than a time zone behind the time"),
            (utc("270101000000+2400"), "has an offset from UTC that is none"),
            (utc("270101000000+01"), "ends early"),
            (generalized("20270101000000.Z"), "has an empty fraction of a second"),
            (generalized("99991231235959-0100"), "lies outside the years 0000 to 9999 in UTC"),
            (generalized("00000101000000+0100"), "lies outside the years 0000 to 9999 in UTC"),
        ];
        for (read, reason) in cases {
            assert_eq!(read, Err(reason));
        }
        assert_eq!(
            read(Tlv { tag: 0x0c, value: b"270101000000Z", raw: &[] }),
            Err("is neither UTCTime nor GeneralizedTime"),
        );
    }
}
