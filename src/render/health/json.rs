//! The body of an answer.

use serde::Serialize;

use super::Details;
use crate::render::words;
use crate::report::{Finding, Report, Severity, Status};
use crate::snapshot::{Failure, Snapshot, Watched};

/// A health endpoint's answer, on one line of JSON.
///
/// Where details are [hidden](Details::Hidden) it is `{"status":"warn"}` and nothing else; the warning
/// is not hidden with them. Else there is, for each target in the order of the snapshot, an object in
/// the array `checks.certificates`:
///
/// | key | |
/// |---|---|
/// | `componentId` | what it is called, with host and port: [`Watched::label`](Watched::label) |
/// | `componentType` | `component` |
/// | `status` | `pass`, `warn`, `fail` or `unknown` |
/// | `time` | when it was seen last, in RFC 3339 |
/// | `observedValue`, `observedUnit` | the seconds until its horizon, negative where that is past, and `s` |
/// | `output` | why it does not pass, on one line |
/// | `horizon` | the last good second, in RFC 3339 |
/// | `stale` | `true` where a later look failed |
/// | `failure` | why the last look saw nothing: `at`, `kind`, `phase`, `message`, `cause` |
/// | `problems` | what of it could not be read, while the rest could: the same keys |
/// | `findings` | code, severity, message and remedy of each finding but the notes, the most urgent first; and the chain's `target` where it is not the component's |
///
/// What is not known is left out. The text is raw, as facts are: escape it where you show it.
///
/// `unknown` is no word of the draft, which says that `status` SHOULD be one of the other three. It
/// is not folded into them: as `pass` a dead watch would be green, as `fail` a DNS server's trouble
/// would be a broken certificate. A reader that knows only the three must not take it for `pass`. A
/// key of `checks` is one colon-free word, as the draft gives the colon a meaning, and ports and IPv6
/// addresses have some.
///
/// draft-inadarei-api-health-check-06.
#[must_use]
pub fn json(snapshot: &Snapshot, details: Details) -> String {
    let answer = match details {
        Details::Hidden => Answer { status: snapshot.status(), output: None, checks: None },
        Details::Shown => Answer {
            status: snapshot.status(),
            output: output(snapshot),
            checks: Some(Checks { certificates: snapshot.iter().map(Component::new).collect() }),
        },
    };
    // There is nothing in it that JSON has no form for: every key is text.
    serde_json::to_string(&answer).unwrap_or_default()
}

/// What is wrong in one line: how many targets, and the one that needs somebody first.
fn output(snapshot: &Snapshot) -> Option<String> {
    (snapshot.status() != Status::Pass).then(|| words::summary(snapshot))
}

#[derive(Serialize)]
struct Answer<'a> {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Checks<'a>>,
}

#[derive(Serialize)]
struct Checks<'a> {
    certificates: Vec<Component<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Component<'a> {
    component_id: &'a str,
    component_type: &'static str,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_value: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    horizon: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stale: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a Failure>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    problems: &'a [Failure],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Told<'a>>,
}

impl<'a> Component<'a> {
    fn new(target: Watched<'a>) -> Self {
        let left = target.until().map(|until| words::seconds_until(until, target.taken_at()));
        let mut findings: Vec<Told<'a>> = target
            .reports()
            .iter()
            .flat_map(|report| {
                let worth = |finding: &&Finding| finding.severity() > Severity::Note;
                findings(report)
                    .filter(worth)
                    .map(move |finding| Told::new(target.label(), report, finding))
            })
            .collect();
        findings.sort_by_key(|told| std::cmp::Reverse(told.severity));
        Self {
            component_id: target.label(),
            component_type: "component",
            status: target.status(),
            time: target.checked_at().and_then(words::rfc3339),
            observed_value: left,
            observed_unit: left.map(|_| "s"),
            output: words::reason(&target),
            horizon: target.until().and_then(words::rfc3339),
            stale: target.is_stale(),
            failure: target.failure(),
            problems: target.problems(),
            findings,
        }
    }
}

/// What was seen of a chain, and of the client certificate that was shown to its server.
fn findings(report: &Report) -> impl Iterator<Item = &Finding> {
    let own = report.client_report().map(Report::findings).unwrap_or_default();
    report.findings().iter().chain(own)
}

/// A finding, without its evidence.
#[derive(Serialize)]
struct Told<'a> {
    code: &'static str,
    severity: Severity,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    message: String,
    remedy: String,
}

impl<'a> Told<'a> {
    fn new(label: &str, report: &'a Report, finding: &Finding) -> Self {
        Self {
            code: finding.code().as_str(),
            severity: finding.severity(),
            target: Some(report.target()).filter(|target| *target != label),
            message: finding.message(),
            remedy: finding.remedy(),
        }
    }
}

#[cfg(test)]
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json as expected};

    use super::*;
    use crate::snapshot::fixtures::{AT, Scene, refused, report};

    fn certificates(snapshot: &Snapshot) -> Vec<Value> {
        let answer: Value = serde_json::from_str(&json(snapshot, Details::Shown)).unwrap();
        answer["checks"]["certificates"].as_array().unwrap().clone()
    }

    #[test]
    fn what_nobody_has_seen_yet_has_nothing_but_that() {
        let seen = certificates(&Scene::new().unseen("new").taken());
        let new = expected!({
            "componentId": "new",
            "componentType": "component",
            "status": "unknown",
            "output": "nothing was seen yet",
        });
        assert_eq!(seen, [new]);
    }

    #[test]
    fn what_could_not_be_looked_at_says_why() {
        let seen = certificates(&Scene::new().looked("down", &[(0, Err(refused()))]).taken());
        let message = "connect failed for https://down.example:443 at 192.0.2.1:443: the \
                       connection was refused";
        let down = expected!({
            "componentId": "down",
            "componentType": "component",
            "status": "unknown",
            "output": format!("{message}: Connection refused (os error 111)"),
            "failure": {
                "at": "2030-02-01T00:00:00Z",
                "kind": "refused",
                "phase": "connect",
                "message": message,
                "cause": "Connection refused (os error 111)",
            },
        });
        assert_eq!(seen, [down]);
    }

    #[test]
    fn facts_stay_when_a_later_look_fails() {
        let scene = Scene::new().failing("stale", vec![report("stale", AT)], refused());
        let seen = certificates(&scene.taken());
        let stale = &seen[0];
        assert_eq!(stale["status"], "pass");
        assert_eq!(stale["stale"], true);
        assert_eq!(stale["time"], "2030-01-31T23:59:00Z");
        assert_eq!(stale["observedValue"], 5_097_599);
        assert_eq!(stale["horizon"], "2030-03-31T23:59:59Z");
        assert_eq!(stale["failure"]["kind"], "refused");
        assert_eq!(stale.get("output"), None, "it passes");
    }

    #[test]
    fn what_is_too_old_is_unknown_and_keeps_its_facts() {
        let snapshot = Scene::new()
            .seen("old", vec![report("old", AT)], 120)
            .max_age(Duration::from_secs(60))
            .taken();
        let seen = certificates(&snapshot);
        assert_eq!(seen[0]["status"], "unknown");
        assert_eq!(seen[0]["output"], "last seen 2 minutes ago");
        assert_eq!(seen[0]["observedValue"], 5_097_599);
        assert_eq!(seen[0].get("stale"), None);
    }

    #[test]
    fn of_what_could_be_read_in_part_the_rest_is_told_too() {
        let scene = Scene::new()
            .looked("folder", &[(0, Ok((vec![report("folder/a.pem", AT)], vec![refused()])))]);
        let seen = certificates(&scene.taken());
        assert_eq!(seen[0]["status"], "unknown");
        assert_eq!(seen[0]["problems"][0]["kind"], "refused");
        assert_eq!(seen[0].get("failure"), None);
    }
}
