//! What the command lines of the examples have in common.

use std::error::Error as StdError;
use std::ffi::OsStr;
use std::fmt::Display;
use std::num::NonZero;
use std::path::Path;
use std::process;
use std::str::FromStr;
use std::time::Duration;

use lexopt::{Error, Parser};
use notafter::inspect::TrustAnchors;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// Prints the usage, and ends the program well.
pub(crate) fn help(usage: &str) -> ! {
    print!("{usage}");
    process::exit(0)
}

/// Says what is wrong with the command line, and ends the program with `EX_USAGE` of sysexits.h,
/// which no status has: a script can tell a typing error from a broken certificate.
pub(crate) fn refuse(program: &str, error: &Error) -> ! {
    eprintln!("{program}: {error} (--help shows the usage)");
    process::exit(64)
}

/// The value of an option, parsed.
#[allow(dead_code, reason = "not every example has such")]
pub(crate) fn value<T>(parser: &mut Parser, option: &str) -> Result<T, Error>
where
    T: FromStr,
    T::Err: Display,
{
    let value = parser.value()?;
    value.to_string_lossy().parse().map_err(|error| wrong(option, &value, error))
}

/// The value of an option that is a length of time: `30s`, `5m`, `1h`, `2d`, or seconds.
#[allow(dead_code, reason = "not every example waits")]
pub(crate) fn duration(parser: &mut Parser, option: &str) -> Result<Duration, Error> {
    let value = parser.value()?;
    let text = value.to_string_lossy();
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
        Some(number) => (number, text.chars().next_back()),
        None => (&*text, None),
    };
    let seconds = match unit {
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 86_400,
        _ => 1,
    };
    let number: NonZero<u32> = number
        .parse()
        .map_err(|error| wrong(option, &value, format!("{error}; try 30s, 5m or 1h")))?;
    Ok(Duration::from_secs(u64::from(number.get()) * seconds))
}

/// The value of `--at`, in UTC.
pub(crate) fn instant(parser: &mut Parser) -> Result<OffsetDateTime, Error> {
    let value = parser.value()?;
    let instant = OffsetDateTime::parse(&value.to_string_lossy(), &Rfc3339)
        .map_err(|error| wrong("--at", &value, format!("{error}; try 2026-12-01T00:00:00Z")))?;
    // In UTC it may lie in the year 10000, which no certificate can name.
    let utc = instant.checked_to_offset(UtcOffset::UTC).filter(|utc| utc.year() >= 1);
    utc.ok_or_else(|| wrong("--at", &value, "it lies outside the years 1 to 9999"))
}

/// The value of `--roots`: the trust anchors in a PEM file, called by its path.
pub(crate) fn anchors(parser: &mut Parser) -> Result<TrustAnchors, Error> {
    let anchors = file(parser, "--roots", |path, pem| {
        TrustAnchors::from_pem(pem).map(|anchors| anchors.named(path.to_string_lossy()))
    })?;
    // A broken one does not lose the others, but is not passed over in silence either.
    for problem in anchors.problems() {
        eprintln!("--roots: {problem}");
    }
    Ok(anchors)
}

/// The value of an option that names a file: what `read` makes of its path and its content.
pub(crate) fn file<T, E: StdError>(
    parser: &mut Parser,
    option: &str,
    read: impl FnOnce(&OsStr, Vec<u8>) -> Result<T, E>,
) -> Result<T, Error> {
    let path = parser.value()?;
    let content = std::fs::read(Path::new(&path))
        .map_err(|error| wrong(option, &path, with_causes(&error)))?;
    read(&path, content).map_err(|error| wrong(option, &path, with_causes(&error)))
}

/// The value of `--proxy`: a proxy, or `env` for those of the environment.
#[cfg(feature = "fetch")]
#[allow(dead_code, reason = "not every example connects")]
pub(crate) fn proxy(
    parser: &mut Parser,
    checker: notafter::checker::CheckerBuilder,
) -> Result<notafter::checker::CheckerBuilder, Error> {
    let value = parser.value()?;
    let checker = match value.to_string_lossy().as_ref() {
        "env" => checker.proxy_from_env(),
        proxy => proxy.parse::<notafter::fetch::Proxy>().map(|proxy| checker.proxy(proxy)),
    };
    // The value may hold a password: the error shows none of it.
    checker.map_err(|error| format!("--proxy: {}", with_causes(&error)).into())
}

/// The value of `--password-env`: the password in the environment variable of that name.
#[allow(dead_code, reason = "not every example opens key stores")]
pub(crate) fn password_in_env(parser: &mut Parser) -> Result<String, Error> {
    let name = parser.value()?;
    std::env::var(&name).map_err(|error| wrong("--password-env", &name, error))
}

/// The value of `--password-file`: the first line of that file.
#[allow(dead_code, reason = "not every example opens key stores")]
pub(crate) fn password_in_file(parser: &mut Parser) -> Result<String, Error> {
    file(parser, "--password-file", |_, content| {
        let text = String::from_utf8(content)?;
        Ok::<_, std::string::FromUtf8Error>(text.lines().next().unwrap_or_default().to_owned())
    })
}

/// The content of the file that an option names.
#[allow(dead_code, reason = "not every example reads keys")]
pub(crate) fn content(parser: &mut Parser, option: &str) -> Result<Vec<u8>, Error> {
    file(parser, option, |_, content| Ok::<_, std::io::Error>(content))
}

/// An error and its causes in one line: `Display` alone leaves the causes out.
pub(crate) fn with_causes(error: &dyn StdError) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// An error that names the option, its value and the reason.
fn wrong(option: &str, value: &OsStr, reason: impl Display) -> Error {
    format!("{option} {}: {reason}", value.to_string_lossy()).into()
}
