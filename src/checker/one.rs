//! One target: fetched, judged, and told of.

use time::OffsetDateTime;

use super::Checker;
use crate::chain::PresentedChain;
use crate::fetch::FetchError;
use crate::report::Report;
use crate::target::{Subject, Target};
use crate::telemetry::Look;

impl Checker {
    /// Fetches and judges, and tells of it.
    pub(super) async fn look(
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

    pub(super) fn judge_as(
        &self,
        chain: &PresentedChain,
        subject: &Subject,
        at: OffsetDateTime,
    ) -> Report {
        let mut report = self.inspector.inspect(chain, subject, at);
        report.client = self.client.as_ref().map(|client| Box::new(client.report(at)));
        report
    }
}
