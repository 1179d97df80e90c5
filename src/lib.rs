//! Fetch the certificate chain a TLS server presents and explain, finding by finding,
//! whether and for how long it can be relied on.
//!
//! ```no_run
//! # #[cfg(feature = "fetch")]
//! # async fn run() -> Result<(), notafter::CheckError> {
//! let report = notafter::check("example.com").await?;
//! for finding in report.findings() {
//!     println!("{finding}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # From a host to a report
//!
//! ```text
//!  Target ──fetch──▶ PresentedChain ──inspect(at)──▶ Report
//!   who     (async)   what was sent      (pure)       what it means
//!           source ─▶ what lies in files, key stores, documents
//! ```
//!
//! - [`Target`] says whom to look at: a host, a port, the names to send and to expect.
//! - [`fetch::Fetcher`] opens the sockets. It brings back what was presented, whatever is wrong
//!   with it, and judges nothing.
//! - [`source`] reads chains from bytes at rest: PEM, PKCS#7, PKCS#12, JKS, JWKS, SAML metadata,
//!   Kubernetes manifests. It brings back what it found and, beside it, what it could not read.
//! - [`chain::PresentedChain`] holds the certificates in wire order as facts. It knows no clock and
//!   trusts nobody.
//! - [`Inspector`] judges a chain at an instant, by a [`Policy`](inspect::Policy) and
//!   [`TrustAnchors`](inspect::TrustAnchors). It opens no socket and reads no clock.
//! - [`Report`] holds what was seen: findings, trust, facts, and the [`Status`] they come to.
//! - [`Checker`] joins the two halves, for one target, for every view of it, or for many at a time.
//! - `Watch` (feature `watch`) looks again and again, and keeps a [`Snapshot`](snapshot::Snapshot) of
//!   what it saw.
//! - [`render`] writes reports and snapshots as what other programs read.
//!
//! # Without a network
//!
//! The right half needs neither sockets nor a clock; chains come from files too.
//!
//! ```
//! use notafter::chain::PresentedChain;
//! use notafter::inspect::{Inspector, TrustAnchors};
//! use notafter::report::{Code, FindingKind, Status};
//! use notafter::target::Subject;
//! use time::macros::datetime;
//!
//! # const CHAIN: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/chain.pem"));
//! # const ROOT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/root.pem"));
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // example.com, valid from 2030-01-01 to 2030-03-31, and the intermediate that signed it
//! let chain = PresentedChain::from_pem(CHAIN)?;
//! let inspector = Inspector::new().with_anchors(TrustAnchors::from_pem(ROOT)?);
//! let subject = Subject::server("chain.pem", ["example.com".parse()?]);
//!
//! let report = inspector.inspect(&chain, &subject, datetime!(2030-02-01 0:00 UTC));
//! assert_eq!(report.status(), Status::Pass);
//!
//! let report = inspector.inspect(&chain, &subject, datetime!(2030-04-01 0:00 UTC));
//! assert_eq!(report.status(), Status::Fail);
//! let worst = report.worst().expect("a failing report has a finding");
//! assert_eq!(worst.code(), Code::Expired);
//! assert!(matches!(worst.kind(), FindingKind::Expired { seconds_ago: 1, .. }));
//! # Ok(())
//! # }
//! ```
//!
//! # Time is an argument
//!
//! Every judgement takes the instant for which it holds. Ask how it will look in 30 days by
//! passing that instant; test your alerting without waiting for a certificate to die. Instants are
//! compared in whole seconds, and both ends of a validity period belong to it (RFC 5280 section
//! 4.1.2.5). Only [`check`], [`Checker::check`], [`Checker::check_many`], [`Checker::survey`] and a
//! `Watch` that is given no other read the system's clock.
//!
//! ```
//! # use notafter::{Inspector, chain::PresentedChain, inspect::TrustAnchors, report::Status, target::Subject};
//! # use time::{Duration, macros::datetime};
//! # const CHAIN: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/chain.pem"));
//! # const ROOT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/root.pem"));
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let chain = PresentedChain::from_pem(CHAIN)?;
//! # let inspector = Inspector::new().with_anchors(TrustAnchors::from_pem(ROOT)?);
//! # let subject = Subject::server("chain.pem", ["example.com".parse()?]);
//! let today = datetime!(2030-02-20 0:00 UTC);
//! assert_eq!(inspector.inspect(&chain, &subject, today).status(), Status::Pass);
//! let in_30_days = today + Duration::days(30);
//! assert_eq!(inspector.inspect(&chain, &subject, in_30_days).status(), Status::Warn);
//! # Ok(())
//! # }
//! ```
//!
//! # Until when?
//!
//! The end-entity certificate's own notAfter is not the answer: something above it may end first, and
//! something that ends may not be needed. Each path to a trust anchor holds from the latest notBefore
//! to the earliest notAfter of its certificates; the [`Horizon`](report::Horizon) is the end of the
//! connected stretch of time, around the instant of the report, in which some path holds. On 30 May
//! 2020 it differed by client:
//!
//! ```text
//!              AddTrust root             USERTrust root
//!              ends 2020-05-30           ends 2038
//!                   │                         │
//!  sent ──▶  USERTrust, signed by AddTrust    │
//!            ends 2020-05-30                  │
//!                   └───────────┬─────────────┘
//!  sent ──▶                  Sectigo
//!                            ends 2030
//!                               │
//!  sent ──▶                example.com
//!                          ends 2020-11-30
//! ```
//!
//! Clients that look for another path had one through USERTrust and went on until November; those
//! that follow the chain as it was sent failed that day, as did those that knew AddTrust alone. The
//! status is judged by [`until`](report::Horizon::until): alternatives considered, anchors held to
//! their dates where those are known.
//!
//! ```
//! # use notafter::{Inspector, chain::PresentedChain, inspect::TrustAnchors, target::Subject};
//! # use time::macros::datetime;
//! # const CHAIN: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/chain.pem"));
//! # const ROOT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/root.pem"));
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let chain = PresentedChain::from_pem(CHAIN)?;
//! # let inspector = Inspector::new().with_anchors(TrustAnchors::from_pem(ROOT)?);
//! # let subject = Subject::server("chain.pem", ["example.com".parse()?]);
//! let report = inspector.inspect(&chain, &subject, datetime!(2030-02-01 0:00 UTC));
//! let horizon = report.horizon();
//! assert_eq!(horizon.until, Some(datetime!(2030-03-31 23:59:59 UTC)));
//! let limit = horizon.limited_by.as_ref().expect("what ends then");
//! assert_eq!(limit.position(), Some(0));
//! assert_eq!(
//!     report.outlook(),
//!     "clients start failing on 2030-04-01 00:00:00 UTC, in 59 days, because the server's own \
//!      certificate ends",
//! );
//! # Ok(())
//! # }
//! ```
//!
//! # Findings are not errors
//!
//! An `Err` means that we could not look; a [`Finding`](report::Finding) means that we looked, and
//! this is what we saw. An expired certificate is never an `Err`. Each finding has its evidence in
//! its [`FindingKind`](report::FindingKind), a stable [`Code`](report::Code), a
//! [`Severity`](report::Severity), the position of the certificate that it is about, a message and
//! a next step. The [`Status`] follows from the severities:
//!
//! | worst severity | means | status |
//! |---|---|---|
//! | none, note | nothing breaks | pass |
//! | warning, critical | it will break soon, or breaks for some | warn |
//! | failure | clients fail at this instant | fail |
//!
//! Where trust or the horizon could not be judged and nothing fails, the status is `unknown`, which is
//! never to be shown as pass.
//!
//! # Choosing what counts
//!
//! By default the certificate's own lifetime says when its end is soon, so that a healthy renewal
//! never warns: see [`Thresholds::lifetime`](inspect::Thresholds::lifetime).
//!
//! ```
//! use std::time::Duration;
//! use notafter::inspect::{Inspector, Policy, Thresholds};
//! use notafter::report::{Code, Severity};
//!
//! const DAY: Duration = Duration::from_secs(86_400);
//! let policy = Policy::new()
//!     .end_entity(Thresholds::durations(DAY.saturating_mul(21), DAY.saturating_mul(7)))
//!     .severity(Code::WeakSignature, Severity::Warning)
//!     .off(Code::AnchorIncluded);
//! let inspector = Inspector::new().with_policy(policy);
//! ```
//!
//! Clients differ in whom they trust: an inspector takes several
//! [`TrustAnchors`](inspect::TrustAnchors) ([`Inspector::and_anchors`]), and the report has a verdict
//! and a horizon for each. What only the rules of public CAs forbid is told where the policy asks
//! ([`Policy::baseline_requirements`](inspect::Policy::baseline_requirements)). A store's own
//! certificates are looked at with [`TrustAnchors::inspect`](inspect::TrustAnchors::inspect).
//!
//! # Every door
//!
//! A target's scheme says how a connection gets to TLS: `smtp://mail.example.com` asks for it by
//! STARTTLS, `postgres://`, `ldap://` and the others each in their own way; see
//! [`Protocol`](target::Protocol). [`Checker::survey`] looks at every address, by each type of key,
//! and tells what they do not agree on:
//!
//! ```no_run
//! # #[cfg(feature = "fetch")]
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use notafter::Checker;
//!
//! let survey = Checker::new()?.survey(&"smtp://mail.example.com".parse()?).await?;
//! for finding in survey.findings() {
//!     println!("{finding}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The [builder](checker::CheckerBuilder) takes a [proxy](fetch::Proxy), a
//! [client certificate](fetch::ClientIdentity), and an [`AddressPolicy`](fetch::AddressPolicy) for
//! targets that somebody else chose. A server too old for TLS 1.2 is read by a probe, and reported
//! as such.
//!
//! # Certificates at rest
//!
//! Of 39 outages that we looked at, 14 had their certificate only in a file, a key store, a metadata
//! document or a binary, where no handshake shows it. [`source::read`] finds those, and says of each
//! what it is to be judged as: a SAML signing certificate by its own dates, those of one entity by turns
//! ([`Inspector::inspect_all`]), a CA's with the long thresholds.
//!
//! ```
//! use notafter::Inspector;
//! use notafter::source::{self, ReadOptions};
//!
//! # fn run(bytes: &[u8], at: time::OffsetDateTime) {
//! let found = source::read("idp.xml", bytes, &ReadOptions::new());
//! let chains = found.chains.iter().map(|found| (found.chain(), found.subject()));
//! for report in Inspector::new().inspect_all(chains, at) {
//!     println!("{report}");
//! }
//! for problem in &found.problems {
//!     eprintln!("{problem}");
//! }
//! # }
//! ```
//!
//! A certificate that was renewed and not deployed is the commonest outage made by people:
//! [`inspect::compare`] holds what is served, or what this process has loaded, against what should be.
//!
//! # In a service, and in its tests
//!
//! A health endpoint has a second to answer, so it reads what a `Watch` saw in the background; the
//! [`render`] functions write it. That what fails can be seen failing is proved by the servers of
//! `testing` (feature `testing`): they show whatever chain a test wants.
//!
//! ```no_run
//! # #[cfg(all(feature = "serde", feature = "watch", feature = "fetch"))]
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use notafter::Checker;
//! use notafter::render::health::{self, Details};
//! use notafter::watch::Watch;
//!
//! let watch = Watch::builder(Checker::new()?).target("example.com".parse()?).start();
//! // For each request:
//! let snapshot = watch.snapshot();
//! let code = health::http_status(snapshot.status(), 503);
//! let body = health::json(&snapshot, Details::Hidden);
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `tracing` each look is a span `look` with the fields `target`, `status` and
//! `kind`, and its phases are events in it, at the level debug; what fails, or is not pass, is a
//! warning. With the feature `metrics` looks are counted (`notafter_target_looks_total`,
//! `notafter_target_failed_looks_total`) and gauges set, by the names that
//! [`render::openmetrics`] has; that facade can't take a gauge back, so of a target that is
//! removed, or has no horizon any more, the last value stays there.
//!
//! # What this crate does not do
//!
//! - It does not authenticate a connection: what it fetched is what a peer claims. Send no data on
//!   the strength of it; that is what rustls with a real verifier is for.
//! - It fetches no revocation lists and asks no OCSP responder: it judges by the lists that you
//!   give it ([`Inspector::with_revocation_lists`]). It does not read Certificate Transparency logs.
//! - It shakes hands in TLS 1.2 and 1.3 only. Of a server that knows no more than older versions
//!   it reads the chain, which proves nothing.
//! - Of the end-entity certificate's key usage it judges only that it signs no certificates.
//! - It fetches no missing intermediates: it names the address, and takes what you give it.
//!
//! # Cargo features
//!
//! | feature | default | adds | why you might turn it off |
//! |---|---|---|---|
//! | `fetch` | yes | [`fetch`](mod@fetch), [`checker`] and [`check`], on tokio and rustls | you inspect chains that you have |
//! | `aws-lc-rs` | yes | AWS-LC as the compiled-in crypto provider: P-521, ML-DSA, P-384 at speed | its C code takes half a minute to build |
//! | `ring` | | ring as the compiled-in crypto provider, where `aws-lc-rs` is off | |
//! | `files` | | `source::Files`: certificates in folders, and by patterns | you read files yourself |
//! | `hickory` | | `fetch::Dns`: name servers of your choice, mail hosts and services of a domain | it is a DNS client with all that belongs to one |
//! | `idn` | | host names in other scripts than ASCII, as targets | |
//! | `jks` | | JKS and JCEKS key stores | you have no Java |
//! | `jwks` | | the certificates of JWK Sets | you have no token issuers |
//! | `kubernetes` | | Secrets, ConfigMaps, webhooks and kubeconfigs, as manifests | you have no Kubernetes |
//! | `metrics` | | counters and gauges, told to the `metrics` crate | you render [`openmetrics`](render::openmetrics) |
//! | `native-roots` | | `TrustAnchors::native`: the trust anchors of the system | it reads files |
//! | `pkcs12` | | PKCS#12 key stores | it brings most crates of all formats |
//! | `psl` | | `Policy::public_suffixes`: wildcards below a public suffix | the list ages with your dependencies |
//! | `quic` | | `h3://` targets, and QUIC in surveys; with `aws-lc-rs` or `ring` | nobody asks you for HTTP/3 |
//! | `saml` | | SAML metadata | you have no single sign-on |
//! | `serde` | | reports, targets and findings as JSON, both ways; `render::health::json` | |
//! | `testing` | | `testing`: chains and loopback servers for your own tests; with `fetch` and a provider | it belongs to your dev-dependencies |
//! | `tracing` | | a span for each look | |
//! | `watch` | | `watch`: reports kept fresh in the background, on tokio; targets with `fetch` | you look when you are asked |
//!
//! Both providers may be on; a provider given to the builder, or installed as the default of the
//! process, comes before either. Nothing here ever installs one.
//!
//! # Minimum Rust version
//!
//! 1.88, which the crate `time` sets.

// 1 WHO: host, port, protocol, names
pub mod target;

// 2 FETCH: the only stage that opens a socket
#[cfg(feature = "fetch")]
pub mod fetch;

// 2 READ: bytes at rest become chains
pub mod source;

// 3 CHAIN: what was presented, as facts
pub mod chain;

// 4 INSPECT: facts, policy, trust anchors and an instant become findings
pub mod inspect;

// 5 REPORT: what it means
pub mod report;

// 6 CHECK: fetch and inspect joined
#[cfg(feature = "fetch")]
pub mod checker;

// 7 WATCH: kept fresh in the background; what is known at one time
pub mod snapshot;
#[cfg(feature = "watch")]
pub mod watch;

// 8 RENDER: written down for other programs
pub mod render;

// For the tests of those who use this crate
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(any(feature = "fetch", feature = "watch"))]
mod clock;
mod escape;
#[cfg(feature = "serde")]
mod instant;
mod recent;
#[cfg(any(feature = "fetch", feature = "watch"))]
mod telemetry;

#[cfg(feature = "fetch")]
pub use checker::{CheckError, Checker, check};
pub use inspect::Inspector;
pub use report::{Report, Status};
pub use target::Target;
