//! One look at one target or source.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use time::OffsetDateTime;

use super::Source;
#[cfg(feature = "fetch")]
use crate::checker::Checker;
use crate::inspect::Inspector;
use crate::report::Report;
use crate::snapshot::Failure;
#[cfg(feature = "fetch")]
use crate::target::Target;

/// What is looked at.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Source(Source),
    #[cfg(feature = "fetch")]
    Target(Target),
}

impl Item {
    pub(super) fn label(&self) -> Arc<str> {
        match self {
            Self::Source(source) => source.shared_label(),
            #[cfg(feature = "fetch")]
            Self::Target(target) => target.to_string().into(),
        }
    }
}

/// What a look shows, to be judged now, and again where later looks fail.
pub(super) struct Facts {
    pub(super) judge: Judge,
    pub(super) problems: Vec<Failure>,
}

/// The reports on what was seen, as of an instant.
pub(super) type Judge = Arc<dyn Fn(OffsetDateTime) -> Vec<Report> + Send + Sync>;

/// Whoever looks: sockets and files, or a script in a test.
pub(super) trait Look: Send + Sync + 'static {
    /// Looks once; `now` is told by failures.
    fn look(&self, item: Item, now: super::Now) -> Looking;
}

pub(super) type Looking = Pin<Box<dyn Future<Output = Result<Facts, Failure>> + Send>>;

/// Looks at what there is.
#[derive(Debug)]
pub(super) struct Eyes {
    #[cfg(feature = "fetch")]
    pub(super) checker: Option<Checker>,
    pub(super) inspector: Inspector,
}

impl Look for Eyes {
    fn look(&self, item: Item, now: super::Now) -> Looking {
        match item {
            #[cfg(feature = "fetch")]
            Item::Target(target) => match self.checker.clone() {
                Some(checker) => Box::pin(async move { fetch(checker, &target, &now).await }),
                None => {
                    let message = format!("{target}: this watch is one of sources alone");
                    let kind = "unsupported";
                    let at = now();
                    let failure = Failure { at, kind, phase: None, message, cause: None };
                    Box::pin(std::future::ready(Err(failure)))
                }
            },
            Item::Source(source) => {
                let inspector = self.inspector.clone();
                Box::pin(async move { read(inspector, source, &now).await })
            }
        }
    }
}

#[cfg(feature = "fetch")]
async fn fetch(checker: Checker, target: &Target, now: &super::Now) -> Result<Facts, Failure> {
    match checker.fetch(target).await {
        Ok(chain) => {
            let target = target.clone();
            let judge = move |at| vec![checker.judge(&chain, &target, at)];
            Ok(Facts { judge: Arc::new(judge), problems: Vec::new() })
        }
        Err(error) => {
            let failure = Failure::new(now(), error.kind().code(), &error);
            Err(Failure { phase: Some(error.phase().as_str()), ..failure })
        }
    }
}

async fn read(inspector: Inspector, source: Source, now: &super::Now) -> Result<Facts, Failure> {
    let found = source.read().await.map_err(|error| Failure::new(now(), FAILED, error.as_ref()))?;
    let at = now();
    let mut problems: Vec<Failure> = found
        .problems
        .iter()
        .map(|problem| Failure {
            at,
            kind: problem.kind().as_str(),
            phase: None,
            message: problem.to_string(),
            cause: None,
        })
        .collect();
    if found.chains.is_empty() {
        // What was there may be gone for good, or half written: that is no reason to forget it.
        return Err(if problems.is_empty() {
            let message = format!("{}: there is no certificate", source.label());
            Failure { at, kind: "no-certificate", phase: None, message, cause: None }
        } else {
            problems.swap_remove(0)
        });
    }
    let chains: Vec<_> = found
        .chains
        .iter()
        .map(|found| (found.chain().clone(), source.subject_of(found)))
        .collect();
    let judge =
        move |at| inspector.inspect_all(chains.iter().map(|(chain, subject)| (chain, subject)), at);
    Ok(Facts { judge: Arc::new(judge), problems })
}

/// What a function of the caller's, or a file, could not give.
const FAILED: &str = "failed";
