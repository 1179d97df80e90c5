//! A service that tells an orchestrator, a dashboard and a person what certificates are about to do.
//!
//! ```sh
//! cargo run --example health -- --listen 127.0.0.1:8080 example.com /etc/tls &
//! curl -i http://127.0.0.1:8080/health
//! ```
//!
//! | path | says | for |
//! |---|---|---|
//! | `/livez` | that the process answers; no certificate changes that | `livenessProbe` |
//! | `/readyz` | 503 where the certificate that this service serves with is unusable now | `readinessProbe` |
//! | `/health` | application/health+json; 503 where clients of any target fail | people, load balancers |
//! | `/metrics` | OpenMetrics | Prometheus |
//! | `/probe?target=LABEL` | what blackbox_exporter would say of one target | dashboards that exist |
//! | `/certificates` | a page with a picture of every chain | whoever was woken up |
//!
//! All of them are answered from what a watch in the background saw last: a probe has a second to
//! answer, which a slow TLS server elsewhere must not use up.

mod support {
    pub(crate) mod args;
    pub(crate) mod demo;
    pub(crate) mod pki;
    pub(crate) mod watched;
}

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use lexopt::prelude::*;
use notafter::Status;
use notafter::checker::{Checker, CheckerBuilder};
use notafter::render::health::{self, Details};
use notafter::render::{html, openmetrics};
use notafter::watch::{Source, Watch};
use time::OffsetDateTime;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

use support::watched::Watched;
use support::{args, demo};

const USAGE: &str = "\
Usage: health [OPTIONS] [TARGET or FILE…]

Serves /livez, /readyz, /health, /metrics, /probe and /certificates. Without a TARGET or a FILE it
starts loopback servers and looks at those. What names a file or a folder is one; all else is a target.

  --listen ADDR     where to listen (default: 127.0.0.1:0, a free port)
  --every DURATION  how often to look: 30s, 5m, 1h (default: 1m)
  --roots PEM       trust the certificates in this file instead of Mozilla's
  --serving PEM     the chain that this service serves with: where it is unusable, /readyz fails
  --details         /health tells names, findings and errors, to whoever asks
  --unknown CODE    the status code of /health where nothing is known (default: 503)
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
    serving: Option<String>,
    details: Details,
    unknown: StatusCode,
    watched: Watched,
}

impl Options {
    fn read() -> Result<Self, lexopt::Error> {
        let mut options = Self {
            checker: Checker::builder(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            every: Duration::from_secs(60),
            at: None,
            serving: None,
            details: Details::Hidden,
            unknown: StatusCode::SERVICE_UNAVAILABLE,
            watched: Watched::default(),
        };
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Long("listen") => options.listen = args::value(&mut parser, "--listen")?,
                Long("every") => options.every = args::duration(&mut parser, "--every")?,
                Long("roots") => {
                    options.checker = options.checker.anchors(args::anchors(&mut parser)?);
                }
                Long("serving") => options.serving = Some(parser.value()?.string()?),
                Long("details") => options.details = Details::Shown,
                Long("unknown") => options.unknown = args::value(&mut parser, "--unknown")?,
                Long("at") => options.at = Some(args::instant(&mut parser)?),
                Short('h') | Long("help") => args::help(USAGE),
                // A service with a mistake in its configuration had better not start.
                Value(name) => options.watched.add(&name)?,
                _ => return Err(arg.unexpected()),
            }
        }
        Ok(options)
    }
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let Options { mut checker, listen, every, at, serving, details, unknown, mut watched } =
        options;
    if watched.is_empty() && serving.is_none() {
        let demo = demo::start(at.unwrap_or_else(OffsetDateTime::now_utc)).await?;
        checker = checker.anchors(demo.anchors);
        for (heading, target) in demo.servers {
            println!("staged {target}: {heading}");
            watched.targets.push(target);
        }
    }
    let mut watch = Watch::builder(checker.build()?).every(every);
    if let Some(path) = &serving {
        watch = watch.source(Source::file(path).labelled(SERVING));
    }
    watch = watch.targets(watched.targets);
    for path in watched.files {
        watch = watch.source(Source::files(path.as_str(), notafter::source::Files::new(), [&path]));
    }
    if let Some(at) = at {
        watch = watch.clock(move || at);
    }
    let stop = asked_to_stop()?;
    let listener = TcpListener::bind(listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let watch = Arc::new(watch.start());
    let log = tokio::spawn(print_events(Arc::clone(&watch)));
    let routes = Router::new()
        .route("/livez", get(alive))
        .route("/readyz", get(ready))
        .route("/health", get(how_it_is))
        .route("/metrics", get(metrics))
        .route("/probe", get(probe))
        .route("/certificates", get(certificates))
        .with_state(Service { watch: Arc::clone(&watch), details, unknown });
    axum::serve(listener, routes).with_graceful_shutdown(stop).await?;
    watch.shutdown().await;
    log.await?;
    Ok(())
}

#[derive(Clone)]
struct Service {
    watch: Arc<Watch>,
    details: Details,
    unknown: StatusCode,
}

/// Whether the process answers. Nothing else: a process whose liveness hangs on a certificate is
/// killed when that expires, with all its replicas, again and again, and a restart renews nothing.
async fn alive() -> &'static str {
    "alive\n"
}

/// Whether to send traffic here: not where the certificate that this very service serves with is
/// unusable at this instant, which another replica's may not be. Every other certificate is the same
/// for all replicas, and if it made them all unready, that would be the outage.
async fn ready(State(service): State<Service>) -> (StatusCode, String) {
    let snapshot = service.watch.snapshot();
    let Some(serving) = snapshot.get(SERVING) else {
        return (StatusCode::OK, "ready\n".to_owned());
    };
    match serving.status() {
        Status::Fail => {
            (StatusCode::SERVICE_UNAVAILABLE, "the serving certificate is unusable\n".to_owned())
        }
        // A file that can't be read takes no certificate out of a running server's memory.
        status => (StatusCode::OK, format!("ready; the serving certificate: {status}\n")),
    }
}

/// What is known about all certificates.
async fn how_it_is(State(service): State<Service>) -> impl IntoResponse {
    let snapshot = service.watch.snapshot();
    let code = health::http_status(snapshot.status(), service.unknown.as_u16());
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let headers =
        [(header::CONTENT_TYPE, health::CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")];
    (code, headers, health::json(&snapshot, service.details))
}

/// For a scrape.
async fn metrics(State(service): State<Service>) -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, openmetrics::CONTENT_TYPE)];
    (headers, openmetrics::text(&service.watch.snapshot()))
}

#[derive(serde::Deserialize)]
struct Probe {
    target: String,
}

/// What dashboards that were made for blackbox_exporter ask for, one target at a time.
async fn probe(
    State(service): State<Service>,
    Query(Probe { target }): Query<Probe>,
) -> impl IntoResponse {
    // As it is typed, it may lack the scheme and the port.
    let label = match target.parse::<notafter::Target>() {
        Ok(target) => target.to_string(),
        Err(_) => target,
    };
    let snapshot = service.watch.snapshot();
    match snapshot.get(&label) {
        Some(target) => {
            let headers = [(header::CONTENT_TYPE, openmetrics::CONTENT_TYPE)];
            (StatusCode::OK, headers, openmetrics::blackbox(&target))
        }
        // Whoever asks does not say what is looked at: this is no scanner for everybody.
        None => {
            let headers = [(header::CONTENT_TYPE, "text/plain")];
            (StatusCode::NOT_FOUND, headers, "not watched\n".to_owned())
        }
    }
}

/// For people.
async fn certificates(State(service): State<Service>) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Html(html::page(&service.watch.snapshot())))
}

/// A log of what changes, which begins when everything has been looked at once.
async fn print_events(watch: Arc<Watch>) {
    watch.looked().await;
    let mut events = watch.subscribe();
    println!("looked at all targets: {}", watch.snapshot().status());
    // The events end with the watch, and are to keep it from ending no longer.
    drop(watch);
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => println!("{event}"),
            Err(missed) => println!("{missed}"),
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

/// What the chain is called that this service serves with.
const SERVING: &str = "serving certificate";
