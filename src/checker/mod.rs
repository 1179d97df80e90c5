//! Fetch and inspect, joined: one target, or many.

mod client;
mod compare;
mod look;
mod many;
#[cfg(feature = "serde")]
mod serial;
mod survey;

use std::sync::{Arc, OnceLock};

use rustls::crypto::CryptoProvider;
use time::OffsetDateTime;

use crate::chain::{ChainError, PresentedChain, RevocationList};
use crate::clock::now;
use crate::fetch::{
    AddressPolicy, BuildError, ClientIdentity, FetchError, Fetcher, FetcherBuilder, ProxyError,
    ProxyRules, Resolver, Timeouts,
};
use crate::inspect::{Inspector, Policy, TrustAnchors};
use crate::report::Report;
use crate::target::{Subject, Target, TargetError};
use crate::telemetry::Look;

use client::Client;
pub use many::{Checked, Checks};
pub use survey::{Outcome, Survey, SurveyOptions, SurveyedView};

/// Looks at TLS servers: fetches the chain that each presents, and judges it.
///
/// Build one and keep it: what it has read and verified before costs next to nothing to look at
/// again. Cheap to clone, and clones share what they know.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use notafter::checker::Checker;
///
/// let checker = Checker::new()?;
/// let report = checker.check(&"example.com".parse()?).await?;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Checker {
    fetcher: Fetcher,
    inspector: Inspector,
    client: Option<Client>,
    survey: SurveyOptions,
    concurrency: usize,
}

impl Checker {
    /// A checker with the defaults of [`builder`](Self::builder).
    ///
    /// # Errors
    ///
    /// [`BuildError`] where there is no crypto provider.
    pub fn new() -> Result<Self, BuildError> {
        Self::builder().build()
    }

    /// A checker to be: Mozilla's trust anchors, the default policy, 10 s a check, 64 at a time.
    pub fn builder() -> CheckerBuilder {
        CheckerBuilder::default()
    }

    /// Looks at one target, now.
    ///
    /// # Errors
    ///
    /// A [`FetchError`] where no chain could be fetched. An expired, untrusted or misnamed
    /// certificate is no error: the report says so.
    pub async fn check(&self, target: &Target) -> Result<Report, FetchError> {
        self.look(target, now).await
    }

    /// Looks at one target now, and judges what it presents as of `at`.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub async fn check_at(
        &self,
        target: &Target,
        at: OffsetDateTime,
    ) -> Result<Report, FetchError> {
        self.look(target, || at).await
    }

    /// Looks at many targets, a bounded number at a time, and yields each when it is done.
    ///
    /// Each look is a task of its own: a slow, hostile or broken target holds up no other. The
    /// targets are taken from the iterator as there is room. Dropping the stream ends all looks.
    ///
    /// Has to be polled on a tokio runtime.
    ///
    /// ```no_run
    /// # async fn run(checker: notafter::checker::Checker) -> Result<(), Box<dyn std::error::Error>> {
    /// let targets = ["example.com".parse()?, "example.org:8443".parse()?];
    /// let mut checks = checker.check_many(targets);
    /// while let Some(checked) = checks.next().await {
    ///     match checked.result {
    ///         Ok(report) => println!("{report}"),
    ///         Err(error) => eprintln!("{error}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn check_many<I>(&self, targets: I) -> Checks<I::IntoIter>
    where
        I: IntoIterator<Item = Target>,
    {
        Checks::new(self.clone(), targets.into_iter(), None)
    }

    /// Looks at many targets as [`check_many`](Self::check_many) does, and judges what they
    /// present as of `at`.
    pub fn check_many_at<I>(&self, targets: I, at: OffsetDateTime) -> Checks<I::IntoIter>
    where
        I: IntoIterator<Item = Target>,
    {
        Checks::new(self.clone(), targets.into_iter(), Some(at))
    }

    /// Looks now at every view that clients can have of one target: each address, each type of
    /// key, and, where [`SurveyOptions`] ask for it, without a server name and over QUIC.
    ///
    /// All views are looked at side by side, within the one deadline of a check. For a look once a
    /// day, or where clients complain and [`check`](Self::check) sees nothing: it takes at least
    /// two handshakes for each address.
    ///
    /// ```no_run
    /// # async fn run(checker: notafter::checker::Checker) -> Result<(), Box<dyn std::error::Error>> {
    /// let survey = checker.survey(&"smtp://mail.example.com".parse()?).await?;
    /// if let Some((index, report)) = survey.worst() {
    ///     println!("{} at {}", report.outlook(), survey.views_of(index).next().unwrap());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// A [`FetchError`] where the target has no address that may be connected to. Whatever fails
    /// later is told by the view where it does.
    pub async fn survey(&self, target: &Target) -> Result<Survey, FetchError> {
        self.look_around(target, now()).await
    }

    /// Looks at every view now, and judges what they show as of `at`.
    ///
    /// # Errors
    ///
    /// As [`survey`](Self::survey).
    pub async fn survey_at(
        &self,
        target: &Target,
        at: OffsetDateTime,
    ) -> Result<Survey, FetchError> {
        self.look_around(target, at).await
    }

    /// Fetches and judges, and tells of it.
    async fn look(
        &self,
        target: &Target,
        at: impl FnOnce() -> OffsetDateTime,
    ) -> Result<Report, FetchError> {
        let look = Look::begin(target);
        match look.follow(self.fetch(target)).await {
            Ok(chain) => {
                let report = self.judge(&chain, target, at());
                look.saw(std::slice::from_ref(&report), report.status());
                Ok(report)
            }
            Err(error) => {
                look.failed(error.kind().code(), &error);
                Err(error)
            }
        }
    }

    pub(crate) async fn fetch(&self, target: &Target) -> Result<PresentedChain, FetchError> {
        self.fetcher.fetch(target).await
    }

    /// Judges what a target presents, and our own client certificate.
    pub(crate) fn judge(
        &self,
        chain: &PresentedChain,
        target: &Target,
        at: OffsetDateTime,
    ) -> Report {
        self.judge_as(chain, &Subject::from(target), at)
    }

    fn judge_as(&self, chain: &PresentedChain, subject: &Subject, at: OffsetDateTime) -> Report {
        let mut report = self.inspector.inspect(chain, subject, at);
        report.client = self.client.as_ref().map(|client| Box::new(client.report(at)));
        report
    }

    /// The half that fetches.
    #[must_use]
    pub const fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }

    /// The half that judges.
    #[must_use]
    pub const fn inspector(&self) -> &Inspector {
        &self.inspector
    }
}

/// How a [`Checker`] is to work.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is built before `build`"]
pub struct CheckerBuilder {
    fetcher: FetcherBuilder,
    inspector: Inspector,
    identity: Option<ClientIdentity>,
    client_anchors: Option<TrustAnchors>,
    survey: SurveyOptions,
    concurrency: Option<usize>,
}

impl CheckerBuilder {
    /// Sets whom to trust; Mozilla's anchors otherwise.
    pub fn anchors(mut self, anchors: TrustAnchors) -> Self {
        self.inspector = self.inspector.with_anchors(anchors);
        self
    }

    /// Adds a trust store to look at beside: see [`Inspector::and_anchors`].
    pub fn and_anchors(mut self, anchors: TrustAnchors) -> Self {
        self.inspector = self.inspector.and_anchors(anchors);
        self
    }

    /// Sets what counts as a finding; the default [`Policy`] otherwise.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.inspector = self.inspector.with_policy(policy);
        self
    }

    /// Adds intermediates that are known beside those that servers send.
    ///
    /// # Errors
    ///
    /// [`ChainError::NoCertificate`] where the PEM text holds none.
    pub fn intermediates(mut self, pem: impl AsRef<[u8]>) -> Result<Self, ChainError> {
        self.inspector = self.inspector.with_intermediates(pem)?;
        Ok(self)
    }

    /// Sets the revocation lists to judge by: see [`Inspector::with_revocation_lists`].
    pub fn revocation_lists(mut self, lists: impl IntoIterator<Item = RevocationList>) -> Self {
        self.inspector = self.inspector.with_revocation_lists(lists);
        self
    }

    /// Shows this client certificate to servers that ask for one, and judges it in every report:
    /// see [`Report::client_report`].
    pub fn client_identity(mut self, identity: ClientIdentity) -> Self {
        self.fetcher = self.fetcher.client_identity(identity.clone());
        self.identity = Some(identity);
        self
    }

    /// Sets whom the servers trust to certify clients.
    ///
    /// Otherwise the last certificate of the client's chain is taken for one that they trust.
    pub fn client_anchors(mut self, anchors: TrustAnchors) -> Self {
        self.client_anchors = Some(anchors);
        self
    }

    /// Sets whether servers that are too old for TLS 1.2 are asked once more in plain text; they are
    /// otherwise. See [`FetcherBuilder::legacy_probe`].
    pub fn legacy_probe(mut self, probe: bool) -> Self {
        self.fetcher = self.fetcher.legacy_probe(probe);
        self
    }

    /// Sets how names become addresses; the system's resolver otherwise.
    pub fn resolver(mut self, resolver: Resolver) -> Self {
        self.fetcher = self.fetcher.resolver(resolver);
        self
    }

    /// Sets the proxy that leads to every target, or the rules by which one is chosen: see
    /// [`FetcherBuilder::proxy`].
    pub fn proxy(mut self, proxy: impl Into<ProxyRules>) -> Self {
        self.fetcher = self.fetcher.proxy(proxy);
        self
    }

    /// Uses the proxies that the environment names now: see [`ProxyRules`].
    ///
    /// # Errors
    ///
    /// A [`ProxyError`] where `HTTPS_PROXY` or `ALL_PROXY` names no proxy.
    pub fn proxy_from_env(mut self) -> Result<Self, ProxyError> {
        self.fetcher = self.fetcher.proxy_from_env()?;
        Ok(self)
    }

    /// Sets which addresses may be connected to: see [`FetcherBuilder::address_policy`].
    pub fn address_policy(mut self, policy: AddressPolicy) -> Self {
        self.fetcher = self.fetcher.address_policy(policy);
        self
    }

    /// Sets the only ports that targets may have: see [`FetcherBuilder::allowed_ports`].
    pub fn allowed_ports(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.fetcher = self.fetcher.allowed_ports(ports);
        self
    }

    /// Sets how long a check may take; 10 seconds in all otherwise.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.fetcher = self.fetcher.timeouts(timeouts);
        self
    }

    /// Sets how many targets [`Checker::check_many`] looks at at a time; 64 otherwise, at least 1.
    pub fn concurrency(mut self, targets: usize) -> Self {
        self.concurrency = Some(targets);
        self
    }

    /// Sets what [`Checker::survey`] looks at; [`SurveyOptions::new`] otherwise.
    pub fn survey(mut self, options: SurveyOptions) -> Self {
        self.survey = options;
        self
    }

    /// Sets the cryptography to use: see [`FetcherBuilder::crypto_provider`].
    ///
    /// Exempt from this crate's promise of stability: `CryptoProvider` is a type of rustls 0.23.
    pub fn crypto_provider(mut self, provider: Arc<CryptoProvider>) -> Self {
        self.fetcher = self.fetcher.crypto_provider(provider);
        self
    }

    /// Builds the checker.
    ///
    /// # Errors
    ///
    /// [`BuildError`] where there is no crypto provider, or the client's key can't be used.
    pub fn build(self) -> Result<Checker, BuildError> {
        let fetcher = self.fetcher.build()?;
        let inspector = self.inspector.with_algorithms(fetcher.signature_algorithms());
        let own = self.identity.as_ref();
        let client = own.map(|own| Client::new(own, &inspector, self.client_anchors));
        let concurrency = self.concurrency.unwrap_or(64).max(1);
        let survey = self.survey;
        Ok(Checker { fetcher, inspector, client, survey, concurrency })
    }
}

/// Looks at one host, now: the first line of everyone's program.
///
/// Takes what [`Target`] parses from: `example.com`, `example.com:8443`, `https://example.com/`.
/// The first call builds a [`Checker`] with the defaults, and the others share it.
///
/// # Errors
///
/// [`CheckError`] where the text is no target, or no chain could be fetched. An expired, untrusted
/// or misnamed certificate is no error: the report says so.
pub async fn check(target: impl AsRef<str>) -> Result<Report, CheckError> {
    static CHECKER: OnceLock<Checker> = OnceLock::new();
    let target: Target = target.as_ref().parse()?;
    let checker = match CHECKER.get() {
        Some(checker) => checker,
        None => {
            let checker = Checker::new()?;
            CHECKER.get_or_init(|| checker)
        }
    };
    Ok(checker.check(&target).await?)
}

/// Why [`check`] has no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// There is no crypto provider.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// No chain could be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The text is no target.
    #[error(transparent)]
    Target(#[from] TargetError),
}
