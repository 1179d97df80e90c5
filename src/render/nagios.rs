//! What a monitoring plugin prints and returns: Nagios, Icinga, Naemon, Checkmk.

use std::fmt::{self, Write as _};

use time::OffsetDateTime;

use super::words;
use crate::escape::{Escaped, is_hostile};
use crate::inspect::Policy;
use crate::report::{Limit, Report, ReportedCertificate, Status};
use crate::snapshot::{Snapshot, Watched};

/// What a plugin tells of a snapshot; `policy` is that of the inspector, for the thresholds.
///
/// The state is [`Snapshot::status`]: critical, else unknown, else warning, else ok.
///
/// The performance data are, in the order of the snapshot, for each target the seconds that are left
/// until its horizon, negative where that is past, or `U` where it has none; and where there is one
/// report in all, before it the days left of each certificate, under the names that `check_ssl_cert`
/// gave them. The thresholds are those that the policy has for the certificate that ends, and the
/// ranges say what they mean: `1944000:` alerts below 1944000, which a plain number does not.
///
/// ```text
/// CERTIFICATES WARNING: 1 target warns: https://a.example:443: the end-entity … | 'days_chain_elem1'=3.5;22.5:;7.5:;; 'https://a.example:443'=302400s;1944000:;648000:;;
/// WARNING https://a.example:443: the end-entity certificate (CN=a.example) expires in 3 days 12 hours, on …
/// ```
///
/// Hostile characters and `|` are escaped as `\u{7c}`, in labels `'`, `=`, `|` and `%` by a percent
/// sign, as `%27`. Text that a peer chose is left in between: keep `illegal_macro_output_chars` and
/// `escape_html_tags` of Nagios as they are. NRPE cuts long output: ask for a few targets in one go.
///
/// Monitoring Plugins development guidelines.
#[must_use]
pub fn plugin(snapshot: &Snapshot, policy: &Policy) -> Plugin {
    let targets = words::by_urgency(snapshot);
    let details = targets.iter().map(|(status, target)| detail(*status, target)).collect();
    let mut performance = Vec::new();
    let mut reports = snapshot.reports();
    if let (Some(report), None) = (reports.next(), reports.next()) {
        performance = elements(report, policy, snapshot.taken_at());
    }
    performance.extend(snapshot.iter().filter_map(|target| seconds_left(&target, policy)));
    Plugin {
        status: snapshot.status(),
        text: plain(&words::summary(snapshot)),
        performance,
        details,
    }
}

/// What a plugin tells. `Display` writes its whole output, without a line break at the end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plugin {
    status: Status,
    text: String,
    performance: Vec<String>,
    details: Vec<String>,
}

impl Plugin {
    /// With what the plugin ends: 0 ok, 1 warning, 2 critical, 3 unknown.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        self.status.exit_code()
    }
}

impl fmt::Display for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CERTIFICATES {}: {}", state(self.status), self.text)?;
        for (index, item) in self.performance.iter().enumerate() {
            write!(f, "{}{item}", if index == 0 { " | " } else { " " })?;
        }
        self.details.iter().try_for_each(|line| write!(f, "\n{line}"))
    }
}

/// A status in the words of the plugin interface.
const fn state(status: Status) -> &'static str {
    match status {
        Status::Pass => "OK",
        Status::Warn => "WARNING",
        Status::Fail => "CRITICAL",
        Status::Unknown => "UNKNOWN",
    }
}

/// A target on a line of the long output.
fn detail(status: Status, target: &Watched<'_>) -> String {
    let mut line = format!("{} {}", state(status), plain(target.label()));
    let first = target.reports().iter().min_by_key(|report| words::end(report));
    if let Some(why) = words::reason(target).or_else(|| first.map(Report::outlook)) {
        let _ = write!(line, ": {}", plain(&why));
    }
    // What is too old has it as its reason.
    if let Some(stale) = words::staleness(target).filter(|_| !target.is_too_old()) {
        let _ = write!(line, " ({})", plain(&stale));
    }
    line
}

/// The days left of each certificate that could be read.
fn elements(report: &Report, policy: &Policy, now: OffsetDateTime) -> Vec<String> {
    let one = |certificate: &ReportedCertificate| {
        let (number, lifetime) = (certificate.position() + 1, lifetime(certificate)?);
        let left = words::seconds_until(certificate.not_after()?, now);
        let limits = policy.limits(Some(certificate.position()), lifetime);
        let (value, warning) = (days(left), below(limits.warning, days));
        let critical = below(limits.critical, days);
        Some(format!("'days_chain_elem{number}'={value};{warning};{critical};;"))
    };
    report.chain().iter().filter_map(one).collect()
}

/// The seconds until a target's horizon; `None` where it has no name to speak of.
fn seconds_left(target: &Watched<'_>, policy: &Policy) -> Option<String> {
    let label = label(target.label())?;
    let ends = target.reports().iter().filter(|report| report.horizon().until.is_some());
    let first = ends.min_by_key(|report| report.horizon().until);
    let Some((report, until)) = first.and_then(|it| it.horizon().until.map(|until| (it, until)))
    else {
        return Some(format!("'{label}'=U"));
    };
    let left = words::seconds_until(until, target.taken_at());
    let limits =
        report.horizon().limited_by.as_ref().and_then(|limit| {
            Some(policy.limits(limit.position(), lifetime_of_limit(limit, report)?))
        });
    let [warning, critical] = limits.map_or_else(Default::default, |limits| {
        [limits.warning, limits.critical].map(|limit| below(limit, |seconds| seconds.to_string()))
    });
    Some(format!("'{label}'={left}s;{warning};{critical};;"))
}

/// How long the certificate lives whose end is the horizon.
fn lifetime_of_limit(limit: &Limit, report: &Report) -> Option<i64> {
    if let Some(validity) = limit.validity() {
        return Some(validity.lifetime().whole_seconds());
    }
    // The report was read back: it has the dates of all but the trust anchor.
    let mut all = report.chain().iter().chain(report.extra_certificates());
    lifetime(all.find(|certificate| Some(certificate.position()) == limit.position())?)
}

fn lifetime(certificate: &ReportedCertificate) -> Option<i64> {
    let facts = certificate.summary().ok()?;
    // Both ends are in it.
    Some(words::seconds_until(facts.not_after, facts.not_before) + 1)
}

/// The range that alerts below a limit; none where it is switched off.
fn below(limit: i64, write: impl Fn(i64) -> String) -> String {
    if limit > 0 { write(limit) + ":" } else { String::new() }
}

/// Seconds in days, cut to hundredths and never rounded up: 22.5 days are below no limit of 22.5.
fn days(seconds: i64) -> String {
    let hundredths = (i128::from(seconds) * 100).div_euclid(86_400);
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, rest) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    let number = format!("{sign}{whole}.{rest:02}");
    number.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Text on a line of its own: a `|` would begin performance data.
fn plain(text: &str) -> String {
    Escaped(text).to_string().replace('|', "\\u{7c}")
}

/// A label, between its quotes; `None` where nothing of it would be seen.
fn label(text: &str) -> Option<String> {
    let mut label = String::with_capacity(text.len());
    for char in text.chars() {
        if matches!(char, '\'' | '=' | '|' | '%') || is_hostile(char) {
            for octet in char.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(label, "%{octet:02X}");
            }
        } else {
            label.push(char);
        }
    }
    (!label.trim().is_empty()).then_some(label)
}

#[cfg(test)]
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod tests {
    use super::*;
    use crate::snapshot::fixtures::{AT, Scene, refused, report};

    #[test]
    fn what_is_not_known_has_no_number() {
        let snapshot = Scene::new()
            .failing("stale", vec![report("stale", AT)], refused())
            .unseen("new")
            .unseen("")
            .taken();
        let plugin = plugin(&snapshot, &Policy::new());
        assert_eq!(plugin.exit_code(), 3);
        let why = "connect failed for https://down.example:443 at 192.0.2.1:443: the connection \
                   was refused: Connection refused (os error 111)";
        let expected = [
            "CERTIFICATES UNKNOWN: 2 of 3 targets are unknown: new: nothing was seen yet | \
             'days_chain_elem1'=58.99;22.5:;7.5:;; 'days_chain_elem2'=1429.99;180:;60:;; \
             'stale'=5097599s;1944000:;648000:;; 'new'=U"
                .to_owned(),
            "UNKNOWN new: nothing was seen yet".to_owned(),
            "UNKNOWN : nothing was seen yet".to_owned(),
            format!(
                "OK stale: clients start failing on 2030-04-01 00:00:00 UTC, in 59 days, because \
                 the server's own certificate ends (last seen 1 minute ago: {why})"
            ),
        ];
        assert_eq!(plugin.to_string().lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn days_are_cut_and_never_rounded_up() {
        let cases = [
            (0, "0"),
            (86_400, "1"),
            (86_399, "0.99"),
            (1_944_000, "22.5"),
            (1_943_999, "22.49"),
            (-1, "-0.01"),
            (-86_400, "-1"),
            (i64::MAX, "106751991167300.64"),
        ];
        for (seconds, text) in cases {
            assert_eq!(days(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn a_label_keeps_its_quotes_and_its_difference() {
        assert_eq!(label("it's").as_deref(), Some("it%27s"));
        assert_eq!(label("a=b|c%27").as_deref(), Some("a%3Db%7Cc%2527"));
        assert_eq!(label("two\nlines").as_deref(), Some("two%0Alines"));
        assert_eq!(label(" "), None);
    }
}
