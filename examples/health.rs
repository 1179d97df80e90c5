//! A service that tells an orchestrator and a dashboard what certificates are about to do.
//!
//! ```sh
//! cargo run --example health -- example.com example.org &
//! curl -i http://127.0.0.1:PORT/health
//! ```
//!
//! A background task looks at the targets; requests are answered from what it saw last, as a probe
//! has a second to answer, which a slow TLS server elsewhere must not use up.
//!
//! There is no liveness endpoint. A process whose liveness hangs on a certificate is killed when that
//! expires, with all its replicas, again and again: restarting renews nothing.

mod support {
    pub(crate) mod args;
    pub(crate) mod demo;
    pub(crate) mod pki;
    pub(crate) mod snapshot;
}

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use lexopt::prelude::*;
use notafter::checker::{Checker, CheckerBuilder};
use notafter::fetch::FetchError;
use notafter::target::TargetError;
use notafter::{Report, Status, Target};
use serde_json::json;
use time::OffsetDateTime;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use support::snapshot::Snapshot;
use support::{args, demo};

const USAGE: &str = "\
Usage: health [OPTIONS] [TARGET…]

Serves GET /health and GET /readyz. Without a TARGET it starts loopback servers and looks at those.

  --listen ADDRESS  where to listen (default: 127.0.0.1:0, a free port)
  --every SECONDS   how often to look (default: 60)
  --roots PEM       trust the certificates in this file instead of Mozilla's
  --at INSTANT      judge as of this instant (RFC 3339) instead of now, to see what it will say then
  -h, --help        print this
";

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::read().unwrap_or_else(|error| args::refuse("health", &error));
    if let Err(error) = run(options).await {
        eprintln!("health: {}", args::with_causes(error.as_ref()));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

struct Options {
    checker: CheckerBuilder,
    listen: SocketAddr,
    every: Duration,
    at: Option<OffsetDateTime>,
    targets: Vec<Target>,
}

impl Options {
    fn read() -> Result<Self, lexopt::Error> {
        let mut options = Self {
            checker: Checker::builder(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            every: Duration::from_secs(60),
            at: None,
            targets: Vec::new(),
        };
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Long("listen") => options.listen = args::value(&mut parser, "--listen")?,
                Long("every") => {
                    let seconds: NonZero<u32> = args::value(&mut parser, "--every")?;
                    options.every = Duration::from_secs(seconds.get().into());
                }
                Long("roots") => {
                    options.checker = options.checker.anchors(args::anchors(&mut parser)?);
                }
                Long("at") => options.at = Some(args::instant(&mut parser)?),
                Short('h') | Long("help") => args::help(USAGE),
                // A service with a mistake in its configuration had better not start.
                Value(target) => {
                    let target = target.to_string_lossy().parse();
                    options.targets.push(target.map_err(|error: TargetError| error.to_string())?);
                }
                _ => return Err(arg.unexpected()),
            }
        }
        Ok(options)
    }
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let Options { mut checker, listen, every, at, mut targets } = options;
    if targets.is_empty() {
        let demo = demo::start(at.unwrap_or_else(OffsetDateTime::now_utc)).await?;
        checker = checker.anchors(demo.anchors);
        for (heading, target) in demo.servers {
            println!("staged {target}: {heading}");
            targets.push(target);
        }
    }
    let checker = checker.build()?;
    let stop = asked_to_stop()?;
    let listener = TcpListener::bind(listen).await?;
    println!("listening on http://{}/health", listener.local_addr()?);
    let (publish, seen) = watch::channel(Arc::default());
    let refresher = tokio::spawn(refresh(checker, targets, every, at, publish));
    let routes = Router::new()
        .route("/health", get(health))
        .route("/readyz", get(ready))
        .with_state(Cache { seen, max_age: 3 * every });
    axum::serve(listener, routes).with_graceful_shutdown(stop).await?;
    refresher.abort();
    Ok(())
}

/// The last snapshot: the refresher writes it, the handlers read it.
#[derive(Clone)]
struct Cache {
    seen: watch::Receiver<Arc<Snapshot>>,
    max_age: Duration,
}

/// Looks at all targets, again and again, and publishes each round as a whole.
async fn refresh(
    checker: Checker,
    targets: Vec<Target>,
    every: Duration,
    at: Option<OffsetDateTime>,
    publish: watch::Sender<Arc<Snapshot>>,
) {
    let mut rounds = tokio::time::interval(every);
    // A round that took long is not made up for by several at once.
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        let mut results = BTreeMap::new();
        let targets = targets.iter().cloned();
        let mut checks = match at {
            Some(at) => checker.check_many_at(targets, at),
            None => checker.check_many(targets),
        };
        while let Some(checked) = checks.next().await {
            results.insert(checked.target.to_string(), checked.result);
        }
        let now = Instant::now();
        let snapshot = Snapshot::new(now, results);
        let status = snapshot.status(now, Duration::ZERO);
        publish.send_replace(Arc::new(snapshot));
        println!("looked at all targets: {status}");
    }
}

/// What is known about the certificates: 200 where they work, if only for now.
///
/// 503 says that clients fail, or that nothing is known: a cache that nobody fills any more is no
/// good news. Names and addresses stand in the answer, so don't serve it to the world.
async fn health(State(cache): State<Cache>) -> impl IntoResponse {
    let snapshot = Arc::clone(&cache.seen.borrow());
    let now = Instant::now();
    let status = snapshot.status(now, cache.max_age);
    let code = match status {
        Status::Pass | Status::Warn => StatusCode::OK,
        Status::Fail | Status::Unknown => StatusCode::SERVICE_UNAVAILABLE,
    };
    let targets: Vec<_> = snapshot.results().iter().map(describe).collect();
    let mut body = json!({ "status": status, "targets": targets });
    if let Some(age) = snapshot.age(now) {
        body["age_seconds"] = age.as_secs().into();
    }
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (code, headers, body.to_string())
}

/// Whether to send traffic here: yes, once the first look is done, whatever it saw.
///
/// Every replica sees the same certificates. Where a certificate that is going to expire made them
/// all unready, the outage would come days before the expiry.
async fn ready(State(cache): State<Cache>) -> StatusCode {
    match cache.seen.borrow().age(Instant::now()) {
        Some(_) => StatusCode::OK,
        None => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn describe((target, result): (&String, &Result<Report, FetchError>)) -> serde_json::Value {
    match result {
        Ok(report) => {
            let findings: Vec<_> = report
                .findings()
                .iter()
                .map(|finding| json!({ "code": finding.code().as_str(), "message": finding.message() }))
                .collect();
            json!({ "target": target, "status": report.status(), "findings": findings })
        }
        Err(error) => {
            let error = json!({ "kind": error.kind().code(), "message": args::with_causes(error) });
            json!({ "target": target, "status": Status::Unknown, "error": error })
        }
    }
}

/// Ends with ctrl-c, or with the SIGTERM that orchestrators send: requests under way are answered.
///
/// It is listened to from here on, not when the future is first polled: an orchestrator may change
/// its mind early.
fn asked_to_stop() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}
