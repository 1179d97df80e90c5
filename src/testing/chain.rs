//! What a server sends.

use std::ops::RangeInclusive;

use rcgen::{ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType};
use time::OffsetDateTime;

use super::issued::{Issued, pem};
use super::pki::{Authority, Pki};
use crate::Report;
use crate::chain::PresentedChain;
use crate::inspect::{Inspector, TrustAnchors};
use crate::target::{DnsName, Host, Subject, TargetError};

/// What a server sends: its certificate, what leads from it to the root, and the key to prove it.
///
/// It comes from [`Authority::server`]. Each change gives another chain; the key stays.
///
/// ```
/// use notafter::report::Code;
/// use notafter::testing::Pki;
/// use time::{Duration, macros::datetime};
///
/// let now = datetime!(2030-01-01 0:00 UTC);
/// let chain = Pki::at(now).root("Test Root").intermediate("Test CA").server("app.example");
/// chain.inspect(now).assert_pass();
/// chain.ending_at(now - Duration::HOUR).inspect(now).assert_finding(Code::Expired);
/// ```
#[derive(Clone, Debug)]
pub struct Chain {
    leaf: Issued,
    issuer: Authority,
    /// What it is asked for by, the first first.
    names: Vec<Host>,
    /// In DER.
    above: Vec<Vec<u8>>,
}

impl Chain {
    #[track_caller]
    pub(super) fn new(pki: &Pki, name: &str, issuer: &Authority) -> Self {
        let mut params = pki.params(name, -30..=60);
        let (san, host) = named(name);
        params.subject_alt_names = vec![san];
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = Issued::new(pki.clone(), params, pki.next_key(), Some(issuer.clone()));
        let above = leaf.above();
        Self { leaf, issuer: issuer.clone(), names: vec![host], above }
    }

    /// The same for one more name: a DNS name, also one that begins with `*.`, or an IP address.
    ///
    /// # Panics
    ///
    /// Where it is neither.
    #[must_use]
    #[track_caller]
    pub fn and_name(mut self, name: &str) -> Self {
        let (san, host) = named(name);
        self.leaf = self.leaf.again(|params| params.subject_alt_names.push(san));
        self.names.push(host);
        self
    }

    /// The same with other dates of the server's certificate, both ends inclusive, in whole seconds:
    /// any, be they expired or the wrong way round.
    ///
    /// # Panics
    ///
    /// Where the years are not between 0 and 9999.
    #[must_use]
    #[track_caller]
    pub fn valid(mut self, period: RangeInclusive<OffsetDateTime>) -> Self {
        self.leaf = self.leaf.valid(period);
        self
    }

    /// The same, but the server's certificate ends at this instant, which is its last good second,
    /// and lasts as long as before: 90 days, if nothing else was said. A renewal, where the instant
    /// is a later one; more than 90 days from now, it is not valid yet.
    ///
    /// # Panics
    ///
    /// As [`valid`](Self::valid).
    #[must_use]
    #[track_caller]
    pub fn ending_at(mut self, instant: OffsetDateTime) -> Self {
        self.leaf = self.leaf.ending_at(instant);
        self
    }

    /// Sends the server's certificate alone: what a server does that was given the wrong file.
    #[must_use]
    pub fn without_intermediates(mut self) -> Self {
        self.above.clear();
        self
    }

    /// Sends this certificate too, last: a cross-sign, or what does not belong there.
    #[must_use]
    pub fn with(mut self, authority: &Authority) -> Self {
        self.above.push(authority.der().to_vec());
        self
    }

    /// The certificates in DER, the server's first.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(&self.leaf.der).chain(&self.above).map(Vec::as_slice)
    }

    /// The certificates in PEM, the server's first.
    #[must_use]
    pub fn pem(&self) -> String {
        self.certificates().map(|der| pem("CERTIFICATE", der)).collect()
    }

    /// The private key of the server's certificate, in PKCS#8. It is no secret.
    #[must_use]
    pub fn key_der(&self) -> Vec<u8> {
        self.leaf.key.pkcs8()
    }

    /// The private key of the server's certificate, in PEM. It is no secret.
    #[must_use]
    pub fn key_pem(&self) -> String {
        pem("PRIVATE KEY", &self.key_der())
    }

    /// The root under which the server's certificate stands.
    #[must_use]
    pub fn root(&self) -> Authority {
        let mut root = &self.issuer;
        while let Some(above) = &root.issued().issuer {
            root = above;
        }
        root.clone()
    }

    /// Trusts the root, and nothing else.
    #[must_use]
    pub fn anchors(&self) -> TrustAnchors {
        self.root().anchors()
    }

    /// The chain as a fetch brings it back, without a peer.
    #[must_use]
    pub fn presented(&self) -> PresentedChain {
        PresentedChain::from_der(self.certificates())
            .unwrap_or_else(|error| panic!("a chain of ours can't be presented: {error}"))
    }

    /// A server that is asked for by all the names; `www` stands for what begins with `*.`.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject::server(self.host().to_string(), self.names.iter().cloned())
    }

    /// Judges the chain as of this instant, by the default policy, trusting the root.
    ///
    /// For another policy, give [`presented`](Self::presented) and [`subject`](Self::subject) to an
    /// [`Inspector`] of your own.
    #[must_use]
    pub fn inspect(&self, at: OffsetDateTime) -> Report {
        let inspector = Inspector::new().with_anchors(self.anchors());
        inspector.inspect(&self.presented(), &self.subject(), at)
    }

    /// The first of its names.
    pub(super) fn host(&self) -> &Host {
        // It begins with one, and none is taken away.
        &self.names[0]
    }
}

/// The name as a certificate has it, and as a client asks for it.
#[track_caller]
fn named(name: &str) -> (SanType, Host) {
    let parsed = match name.strip_prefix("*.") {
        Some(parent) => wildcard(parent),
        None => name.parse().map(|host: Host| (host.to_string(), host)),
    };
    let Ok((text, host)) = parsed else {
        panic!("{name:?} is neither a DNS name nor an IP address");
    };
    let san = match host {
        Host::Ip(address) => Ok(SanType::IpAddress(address)),
        Host::Dns(_) => text.try_into().map(SanType::DnsName),
    };
    match san {
        Ok(san) => (san, host),
        Err(error) => panic!("a certificate can't say {name:?}: {error}"),
    }
}

fn wildcard(parent: &str) -> Result<(String, Host), TargetError> {
    let parent: DnsName = parent.parse()?;
    Ok((format!("*.{parent}"), Host::Dns(format!("www.{parent}").parse()?)))
}
