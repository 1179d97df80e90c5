//! Chains, clocks and loopback servers for tests of your own: does your alerting fire?
//!
//! A [`Server`] presents, on loopback, a certificate that is about to end, and what it presents can
//! be swapped while it runs. Five lines are a test:
//!
//! ```
//! # use notafter::report::{Report, Status};
//! # fn pages_someone(report: &Report) -> bool { report.status() != Status::Pass }
//! # macro_rules! attribute_aside { (#[tokio::test] $($test:tt)*) => { $($test)* } }
//! # #[cfg(all(feature = "fetch", any(feature = "aws-lc-rs", feature = "ring")))]
//! # attribute_aside! {
//! #[tokio::test]
//! async fn somebody_is_paged_before_the_certificate_ends() {
//!     let server = notafter::testing::Server::expiring_in(time::Duration::days(3));
//!     let report = server.checker().check(&server.target()).await.unwrap();
//!     assert!(pages_someone(&report), "nobody is paged: {report}");
//! }
//! # }
//! # #[cfg(all(feature = "fetch", any(feature = "aws-lc-rs", feature = "ring")))]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
//! #     .block_on(somebody_is_paged_before_the_certificate_ends());
//! ```
//!
//! What takes a [`Report`](crate::Report) needs no server. A [`Pki`] makes chains with any dates, and
//! [`Chain::inspect`] judges one at any instant; a [`Clock`] goes on when the test says so:
//!
//! ```
//! # #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
//! # {
//! use notafter::Status;
//! use notafter::report::Code;
//! use notafter::testing::{Clock, Pki};
//! use time::{Duration, macros::datetime};
//!
//! let clock = Clock::at(datetime!(2030-01-01 0:00 UTC));
//! let root = Pki::at(clock.now()).root("Test Root");
//! let chain = root.intermediate("Test CA").server("app.example"); // 60 of 90 days left
//! chain.inspect(clock.now()).assert_pass();
//!
//! clock.advance(Duration::days(57));
//! chain.inspect(clock.now()).assert_status(Status::Warn);
//!
//! clock.advance(Duration::days(4));
//! chain.inspect(clock.now()).assert_finding(Code::Expired);
//! # }
//! ```
//!
//! # What to rely on
//!
//! - The private keys are in this crate, for all to read. They are for tests, never for anything else.
//! - Names, dates, serial numbers and keys are the same in each run; signatures are not, and so
//!   neither are fingerprints.
//! - What is wrong in a test panics, with the line of the test: a name that is no DNS name, a port
//!   that can't be had.
//! - By the default [`Policy`](crate::inspect::Policy) a certificate of 90 days, as they all are here
//!   if the test does not say otherwise, warns with less than 22.5 days left.
//!
//! [`Pki`], [`Authority`] and [`Chain`] need one of the features `aws-lc-rs` and `ring`, [`Server`]
//! also `fetch`.

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod chain;
mod clock;
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod issued;
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod keys;
#[cfg(all(feature = "fetch", any(feature = "aws-lc-rs", feature = "ring")))]
mod loopback;
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod pki;
#[cfg(all(feature = "fetch", any(feature = "aws-lc-rs", feature = "ring")))]
mod server;

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
pub use chain::Chain;
pub use clock::Clock;
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
pub use pki::{Authority, Pki};
#[cfg(all(feature = "fetch", any(feature = "aws-lc-rs", feature = "ring")))]
pub use server::Server;
