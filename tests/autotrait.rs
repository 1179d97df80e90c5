//! Which types go between threads, and which can be cloned: a promise, once made.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fmt::{Debug, Display};
use std::panic::{RefUnwindSafe, UnwindSafe};

#[cfg(feature = "fetch")]
const fn goes_anywhere<T: Send + Sync + Unpin + Debug>() {}
const fn is_cloned<T: Clone + Send + Sync + Unpin + Debug>() {}
const fn is_a_value<T: Copy + Eq + Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug>() {}
const fn is_an_error<T: std::error::Error + Send + Sync + Unpin + Display + 'static>() {}

macro_rules! pin {
    ($check:ident: $($type:ty),+ $(,)?) => { $($check::<$type>();)+ };
}

#[test]
fn targets() {
    use notafter::target::*;
    pin!(is_cloned: DnsName, Host, Protocol, Purpose, PurposeError, Subject, Target, TargetError,
        View);
    pin!(is_a_value: KeyType, Opening, Protocol, Purpose, TargetErrorKind, Transport);
    pin!(is_an_error: PurposeError, TargetError, TargetErrorKind);
}

#[test]
fn chains() {
    use notafter::chain::*;
    pin!(is_cloned: AltName, Certificate, CertificateSummary, DateProblem, DistinguishedName, Entry,
        ExtendedKeyUsage, KeyKind, KeyPurpose, LateFailure, Peer, PresentedChain, PublicKey,
        RevocationList, SignatureAlgorithm, UnreadableExtension);
    pin!(is_a_value: BasicConstraints, ClientCertificate, DateField, DateQuirk, KeyUsage,
        Possession, RevocationReason, SignatureHash, Validity);
    pin!(is_an_error: ChainError, MalformedCertificate, RevocationListError);
    pin!(is_cloned: ChainError, MalformedCertificate, Revocation, RevocationListError);
}

#[test]
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
fn test_helpers() {
    use notafter::testing::*;
    pin!(is_cloned: Authority, Chain, Clock, Pki);
    #[cfg(feature = "fetch")]
    pin!(goes_anywhere: Server);
}

#[test]
fn sources() {
    use notafter::source::*;
    pin!(is_cloned: Found, FoundChain, KeyError, Locator, Place, Problem, ProblemKind, ReadOptions,
        Reference, ReferenceTarget, Skipped);
    pin!(is_a_value: Arrangement, Format, SkippedKind);
    pin!(is_an_error: KeyError);
    #[cfg(feature = "files")]
    pin!(is_cloned: Files, Progress<'_>);
}

#[test]
fn inspectors() {
    use notafter::inspect::*;
    pin!(is_cloned: AnchorError, AnchorProblem, Drift, Inspector, Policy, TrustAnchors);
    pin!(is_a_value: Thresholds);
    pin!(is_an_error: AnchorError, AnchorProblem);
}

#[test]
fn reports() {
    use notafter::report::*;
    pin!(is_cloned: AnchorFault, AnchorHorizon, Disagreement, Finding, FindingKind, Horizon, Limit, Replaced, Replacement, Report, ReportedCertificate, RevocationListFault, Seen, StoreVerdict, UnreachableAddress, Trust, TrustedPath,
        UnknownCode);
    pin!(is_a_value: AuthorityKeyIdentifierFault, Code, DnsNameFault, DocumentEnd, Gap,
        NameConstraintsFault, PolicyConstraintsFault, Profile, Role, SerialNumberFault, Severity, Status,
        SubjectKeyIdentifierFault, Succession, UndeterminedReason, UntrustedReason);
    pin!(is_an_error: UnknownCode);
}

#[test]
#[cfg(feature = "fetch")]
fn fetchers() {
    use notafter::fetch::*;
    pin!(is_cloned: AddressPolicy, ClientIdentity, FetchError, FetchErrorKind, Fetcher,
        FetcherBuilder, NotTls, Phase, Proxy, ProxyError, ProxyRules, Resolver, Timeouts);
    pin!(goes_anywhere: Attempt, BuildError, ClientIdentityError);
    pin!(is_an_error: BuildError, ClientIdentityError, FetchError, ProxyError);
}

#[test]
#[cfg(feature = "hickory")]
fn dns_clients() {
    use notafter::fetch::*;
    pin!(is_cloned: Dns, DnsErrorKind);
    pin!(is_an_error: DnsError, DnsErrorKind);
    fn is_sent<F: Future + Send>(_: F) {}
    let dns = Dns::with_servers([]);
    let domain = "example.com".parse().unwrap();
    is_sent(dns.mail_hosts(&domain));
    is_sent(dns.services(notafter::target::Protocol::Xmpp, &domain));
    is_sent(notafter::Target::mail_hosts("example.com"));
}

#[test]
#[cfg(feature = "fetch")]
fn checkers() {
    use notafter::checker::*;
    pin!(is_cloned: Checker, CheckerBuilder, Outcome, Survey, SurveyOptions, SurveyedView);
    pin!(goes_anywhere: CheckError, Checked);
    pin!(is_an_error: CheckError);
    const fn is_sent<T: Send + Unpin>() {}
    is_sent::<Checks<std::vec::IntoIter<notafter::Target>>>();
}

/// What a task is spawned with.
#[test]
#[cfg(feature = "fetch")]
fn futures() {
    fn is_sent<F: Future + Send>(_: F) {}
    let checker = notafter::Checker::new().unwrap();
    let target: notafter::Target = "example.com".parse().unwrap();
    is_sent(notafter::check("example.com"));
    is_sent(checker.check(&target));
    is_sent(checker.check_at(&target, time::OffsetDateTime::UNIX_EPOCH));
    is_sent(checker.survey(&target));
    is_sent(checker.fetcher().fetch(&target));
    let (stream, _peer) = tokio::io::duplex(1);
    is_sent(checker.fetcher().handshake(stream, &target));
}
