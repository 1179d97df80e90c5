//! The client certificate that we show, judged beside the server's.

use time::OffsetDateTime;

use crate::chain::PresentedChain;
use crate::fetch::ClientIdentity;
use crate::inspect::{Inspector, TrustAnchors};
use crate::report::{Code, Report};
use crate::target::{Purpose, Subject};

/// The chain of a client certificate, and who judges it.
#[derive(Clone, Debug)]
pub(super) struct Client {
    chain: PresentedChain,
    inspector: Inspector,
}

impl Client {
    /// Judges by what the server's chain is judged by, but for the anchors.
    ///
    /// Whom servers trust is theirs to know. Where the caller does not say, the last certificate
    /// of the chain is taken for the one that they trust, so that the dates of all are looked at;
    /// and that nothing leads further is not told.
    pub(super) fn new(
        identity: &ClientIdentity,
        inspector: &Inspector,
        anchors: Option<TrustAnchors>,
    ) -> Self {
        let chain = identity.chain().clone();
        let inspector = inspector.clone();
        let inspector = match anchors {
            Some(anchors) => inspector.with_anchors(anchors),
            None => {
                let last = chain.entries().last().map(|entry| entry.der().to_vec());
                let inspector = match TrustAnchors::from_der(last) {
                    Ok(anchors) => inspector.with_anchors(anchors.named(OWN)),
                    Err(_) => inspector,
                };
                let policy = NOT_OURS_TO_KNOW
                    .into_iter()
                    .fold(inspector.policy().clone(), |policy, code| policy.off(code));
                inspector.with_policy(policy)
            }
        };
        Self { chain, inspector }
    }

    pub(super) fn report(&self, at: OffsetDateTime) -> Report {
        let subject = Subject::new("client certificate", Purpose::Client);
        self.inspector.inspect(&self.chain, &subject, at)
    }
}

/// The name of the store that holds the last certificate of the client's chain.
const OWN: &str = "the client's own chain";

/// What depends on whom the server trusts.
const NOT_OURS_TO_KNOW: [Code; 4] =
    [Code::AnchorIncluded, Code::IssuerMissing, Code::SelfSigned, Code::UntrustedPath];
