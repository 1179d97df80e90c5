//! The watch on a paused clock, with looks that follow a script.

mod events;
mod looks;
mod readers;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{CertificateParams, DnType, KeyPair};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::time::Instant;

use super::look::{Facts, Item, Look, Looking};
use super::{Damping, EventKind, Now, Source, Subscription, Watch, WatchBuilder};
use crate::chain::PresentedChain;
use crate::inspect::Inspector;
use crate::report::{Code, Status};
use crate::snapshot::Failure;
use crate::target::{Purpose, Subject};

/// What one look shows.
#[derive(Clone)]
enum Step {
    Shows(PresentedChain),
    Fails,
    Hangs,
    Panics,
}

/// Answers looks by a function of the label and of how many looks there were at it before.
#[derive(Clone)]
struct Script {
    answer: Arc<Answer>,
    seen: Arc<Mutex<Seen>>,
    now_looking: Arc<AtomicUsize>,
    /// How long each look takes.
    takes: Duration,
}

type Answer = dyn Fn(&str, usize) -> Step + Send + Sync;

#[derive(Default)]
struct Seen {
    /// When each was looked at, since the beginning.
    looks: HashMap<String, Vec<Duration>>,
    most_at_once: usize,
}

impl Script {
    fn new(answer: impl Fn(&str, usize) -> Step + Send + Sync + 'static) -> Self {
        Self {
            answer: Arc::new(answer),
            seen: Arc::default(),
            now_looking: Arc::default(),
            takes: Duration::from_millis(100),
        }
    }

    /// The same for every look at every target.
    fn always(step: Step) -> Self {
        Self::new(move |_, _| step.clone())
    }

    fn watch(&self) -> WatchBuilder {
        WatchBuilder::with_eyes(Arc::new(Began { script: self.clone(), at: Instant::now() }))
            .clock(wall(&Arc::default()))
            .dice(7)
            .every(HOUR)
    }

    /// The seconds at which a target was looked at.
    fn looks_at(&self, label: &str) -> Vec<u64> {
        let seen = self.seen.lock().unwrap();
        seen.looks.get(label).into_iter().flatten().map(Duration::as_secs).collect()
    }

    fn most_at_once(&self) -> usize {
        self.seen.lock().unwrap().most_at_once
    }

    fn now_looking(&self) -> usize {
        self.now_looking.load(Ordering::SeqCst)
    }
}

struct Began {
    script: Script,
    at: Instant,
}

impl Look for Began {
    fn look(&self, item: Item, now: Now) -> Looking {
        let label = item.label();
        let script = self.script.clone();
        let counted = Counted::new(&script.now_looking);
        let before = {
            let mut seen = script.seen.lock().unwrap();
            seen.most_at_once = seen.most_at_once.max(script.now_looking());
            let looks = seen.looks.entry(label.to_string()).or_default();
            looks.push(self.at.elapsed());
            looks.len() - 1
        };
        Box::pin(async move {
            let _counted = counted;
            tokio::time::sleep(script.takes).await;
            match (script.answer)(&label, before) {
                Step::Shows(chain) => {
                    let subject = Subject::new(&*label, Purpose::Signing);
                    let judge = move |at| vec![Inspector::new().inspect(&chain, &subject, at)];
                    Ok(Facts { judge: Arc::new(judge), problems: Vec::new() })
                }
                Step::Fails => Err(Failure {
                    at: now(),
                    kind: "refused",
                    phase: Some("connect"),
                    message: format!("connect failed for {label}"),
                    cause: None,
                }),
                Step::Hangs => std::future::pending().await,
                Step::Panics => panic!("a function of the caller's panics"),
            }
        })
    }
}

/// Counts the looks under way, those that are cut off too.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A clock on the wall that goes on from `START`, and is set by so many seconds.
fn wall(set_by: &Arc<AtomicI64>) -> impl Fn() -> OffsetDateTime + Send + Sync + 'static {
    let (began, set_by) = (Instant::now(), Arc::clone(set_by));
    move || START + began.elapsed() + time::Duration::seconds(set_by.load(Ordering::SeqCst))
}

/// A certificate that is good for a stretch of days around `START`, by an issuer that is itself.
fn days(name: &str, days: Range<i64>) -> PresentedChain {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = START + time::Duration::days(days.start);
    params.not_after = START + time::Duration::days(days.end);
    let key = KeyPair::generate().unwrap();
    PresentedChain::from_der([params.self_signed(&key).unwrap().der().to_vec()]).unwrap()
}

/// One that passes, for a long time.
fn good() -> PresentedChain {
    days("a.example", -30..360)
}

/// One that has ended.
fn ended() -> PresentedChain {
    days("a.example", -90..-1)
}

/// A source that no script reads: the script answers by the label.
fn named(label: &str) -> Source {
    Source::chains(label, || async { Ok(Vec::new()) })
}

async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// What was told by now, each in one line.
async fn told(events: &mut Subscription) -> Vec<String> {
    let mut lines = Vec::new();
    // On a paused clock this ends when nothing else is to be done.
    while let Ok(Some(event)) = tokio::time::timeout(Duration::from_millis(1), events.next()).await
    {
        lines.push(match event {
            Ok(event) => line(&event.target, &event.kind),
            Err(missed) => missed.to_string(),
        });
    }
    lines
}

fn line(target: &str, kind: &EventKind) -> String {
    match kind {
        EventKind::StatusChanged { from, to } => format!("{target}: {from} to {to}"),
        EventKind::FindingAppeared { finding } => {
            format!("{target}: + {} {}", finding.severity(), finding.code())
        }
        EventKind::FindingResolved { finding } => format!("{target}: - {}", finding.code()),
        EventKind::Renewed { .. } => format!("{target}: renewed"),
        EventKind::IssuerChanged { from, to } => format!("{target}: issuer {from} to {to}"),
        EventKind::LookFailed { failure } => format!("{target}: failed, {}", failure.kind),
        EventKind::LookRecovered { .. } => format!("{target}: recovered"),
        EventKind::Reminder { status, .. } => format!("{target}: still {status}"),
    }
}

const START: OffsetDateTime = datetime!(2030-01-01 0:00 UTC);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
