//! What several renderings say of targets: in the same words, and in the same order.

use std::cmp::Reverse;

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::escape::Escaped;
use crate::report::{Report, Span, Status};
use crate::snapshot::{Snapshot, Watched};

/// How many targets are how: `2 of 30 targets fail, 1 is unknown, 3 warn`.
pub(super) fn headline(snapshot: &Snapshot) -> String {
    let all = snapshot.len();
    let count = |status| snapshot.count(status);
    let (fail, unknown, warn) = (count(Status::Fail), count(Status::Unknown), count(Status::Warn));
    let parts =
        [(fail, "fails", "fail"), (unknown, "is unknown", "are unknown"), (warn, "warns", "warn")];
    let mut text = String::new();
    for (count, one, more) in parts.into_iter().filter(|(count, ..)| *count > 0) {
        let verb = if count == 1 { one } else { more };
        text += &match (text.is_empty(), all) {
            (true, 1) => format!("1 target {verb}"),
            (true, _) => format!("{count} of {all} targets {verb}"),
            (false, _) => format!(", {count} {verb}"),
        };
    }
    match (text.is_empty(), all) {
        (true, 0) => "nothing is watched".to_owned(),
        (true, 1) => "1 target passes".to_owned(),
        (true, _) => format!("all {all} targets pass"),
        (false, _) => text,
    }
}

/// The headline, and why the target does not pass that needs somebody first; where all pass, which
/// ends first.
pub(super) fn summary(snapshot: &Snapshot) -> String {
    let headline = headline(snapshot);
    let Some((_, first)) = by_urgency(snapshot).into_iter().next() else { return headline };
    let label = Escaped(first.label());
    match (reason(&first), first.until()) {
        (Some(reason), _) => format!("{headline}: {label}: {reason}"),
        (None, Some(until)) if until >= snapshot.taken_at() => {
            let left = Span(seconds_until(until, snapshot.taken_at()));
            format!("{headline}, {label} ends first, in {left}")
        }
        (None, _) => headline,
    }
}

/// The targets, those that need somebody first: what fails, what is unknown, what warns, what
/// passes; among those of a status what ends first, and before it what has no end that is known.
pub(super) fn by_urgency(snapshot: &Snapshot) -> Vec<(Status, Watched<'_>)> {
    let mut targets: Vec<(Status, Watched<'_>)> =
        snapshot.iter().map(|target| (target.status(), target)).collect();
    targets.sort_by_cached_key(|(status, target)| {
        (Reverse(urgency(*status)), target.reports().iter().map(end).min().flatten())
    });
    targets
}

/// A failure is worse than what is not known: see [`Snapshot::status`].
const fn urgency(status: Status) -> u8 {
    match status {
        Status::Pass => 0,
        Status::Warn => 1,
        Status::Unknown => 2,
        Status::Fail => 3,
    }
}

/// When a report ends: by its path, else by its own certificate.
pub(super) fn end(report: &Report) -> Option<OffsetDateTime> {
    let horizon = report.horizon();
    horizon.until.or(horizon.end_entity).or(horizon.earliest_presented)
}

/// Why a target does not pass, on one line; `None` where it does.
pub(super) fn reason(target: &Watched<'_>) -> Option<String> {
    let status = target.status();
    if status == Status::Pass {
        return None;
    }
    if target.is_too_old() {
        return staleness(target);
    }
    // A target's status is that of its worst report, unless it is something else that is unknown.
    let mut reports = target.reports().iter();
    if let Some(report) = reports.find(|report| report.status() == status) {
        return Some(match report.worst() {
            Some(worst) if status != Status::Unknown => worst.message(),
            _ => report.outlook(),
        });
    }
    Some(match target.failure().or_else(|| target.problems().first()) {
        Some(failure) => Escaped(&failure.to_string()).to_string(),
        None => "nothing was seen yet".to_owned(),
    })
}

/// That later looks failed, or that there was none for too long; `None` where neither is so.
pub(super) fn staleness(target: &Watched<'_>) -> Option<String> {
    let seen = (target.is_stale() || target.is_too_old()).then(|| age(target))?;
    Some(match target.failure() {
        Some(failure) => format!("{seen}: {}", Escaped(&failure.to_string())),
        None => seen,
    })
}

/// How long ago a target was seen; of what was never seen, that.
fn age(target: &Watched<'_>) -> String {
    match target.age() {
        Some(age) => {
            let seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
            format!("last seen {} ago", Span(seconds))
        }
        None => "never seen".to_owned(),
    }
}

/// An instant in RFC 3339, in UTC; `None` beyond the years that it can write.
pub(super) fn rfc3339(instant: OffsetDateTime) -> Option<String> {
    instant.checked_to_offset(UtcOffset::UTC)?.format(&Rfc3339).ok()
}

/// How many seconds are left until an instant; negative where it is past.
pub(super) const fn seconds_until(instant: OffsetDateTime, now: OffsetDateTime) -> i64 {
    // No two instants are further apart than some 10^12 seconds.
    instant.unix_timestamp() - now.unix_timestamp()
}

#[cfg(test)]
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::snapshot::fixtures::{AT, ENDED, SOON, Scene, refused, report};

    #[test]
    fn targets_are_counted_by_what_is_to_be_done() {
        let of = |instants: &[OffsetDateTime], unseen: usize| {
            let mut scene = Scene::new();
            for (index, at) in instants.iter().enumerate() {
                let label = format!("t{index}");
                scene = scene.seen(&label, vec![report(&label, *at)], 1);
            }
            for index in 0..unseen {
                scene = scene.unseen(&format!("u{index}"));
            }
            headline(&scene.taken())
        };
        assert_eq!(of(&[], 0), "nothing is watched");
        assert_eq!(of(&[AT], 0), "1 target passes");
        assert_eq!(of(&[AT, AT], 0), "all 2 targets pass");
        assert_eq!(of(&[ENDED], 0), "1 target fails");
        assert_eq!(of(&[], 1), "1 target is unknown");
        assert_eq!(of(&[AT, SOON], 0), "1 of 2 targets warns");
        assert_eq!(of(&[AT, SOON, SOON, ENDED], 2), "1 of 6 targets fails, 2 are unknown, 2 warn");
    }

    #[test]
    fn what_needs_somebody_comes_first() {
        let snapshot = Scene::new()
            .seen("fine", vec![report("fine", AT)], 1)
            .seen("soon", vec![report("soon", SOON)], 1)
            .unseen("new")
            .seen("over", vec![report("over", ENDED)], 1)
            .taken();
        let labels: Vec<_> =
            by_urgency(&snapshot).into_iter().map(|(_, target)| target.label()).collect();
        assert_eq!(labels, ["over", "new", "soon", "fine"]);
    }

    #[test]
    fn the_reason_is_that_of_the_status() {
        let snapshot = Scene::new()
            .seen("fine", vec![report("fine", AT)], 1)
            .seen("over", vec![report("fine", AT), report("over", ENDED)], 1)
            .unseen("new")
            .looked("down", &[(0, Err(refused()))])
            .failing("stale", vec![report("stale", AT)], refused())
            .looked("half", &[(0, Ok((vec![report("half", AT)], vec![refused()])))])
            .taken();
        let of = |label: &str| reason(&snapshot.get(label).unwrap());
        let connection = "connect failed for https://down.example:443 at 192.0.2.1:443: the \
                          connection was refused: Connection refused (os error 111)";
        assert_eq!(of("fine"), None);
        let over = of("over").unwrap();
        assert!(over.starts_with("the end-entity certificate (CN=example.com) expired "), "{over}");
        assert_eq!(of("new").as_deref(), Some("nothing was seen yet"));
        assert_eq!(of("down").as_deref(), Some(connection));
        assert_eq!(of("stale"), None, "the facts are fresh enough");
        assert_eq!(of("half").as_deref(), Some(connection));
    }

    #[test]
    fn what_is_too_old_is_told_with_its_age_and_why() {
        let snapshot = Scene::new()
            .seen("idle", vec![report("idle", AT)], 1_800)
            .failing("down", vec![report("down", AT)], refused())
            .max_age(Duration::from_secs(30))
            .taken();
        let of = |label: &str| reason(&snapshot.get(label).unwrap()).unwrap();
        assert_eq!(of("idle"), "last seen 30 minutes ago");
        assert!(of("down").starts_with("last seen 1 minute ago: connect failed for "));
    }

    #[test]
    fn an_instant_is_written_in_utc_or_not_at_all() {
        use time::macros::datetime;
        assert_eq!(
            rfc3339(datetime!(2030-02-01 01:00 +1)).as_deref(),
            Some("2030-02-01T00:00:00Z")
        );
        assert_eq!(rfc3339(datetime!(-0001-01-01 0:00 UTC)), None);
    }
}
