//! One span a look, and events in it.

use std::fmt;

use crate::report::{Report, Status};

/// The span of one look.
pub(super) struct Trace {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

#[cfg(feature = "tracing")]
impl Trace {
    pub(super) fn begin(target: &dyn fmt::Display) -> Self {
        use crate::escape::Escaped;
        use tracing::field::Empty;

        let target = target.to_string();
        let target = Escaped(&target);
        Self { span: tracing::info_span!("look", %target, status = Empty, kind = Empty) }
    }

    pub(super) fn follow<F: Future>(
        &self,
        under_way: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        tracing::Instrument::instrument(under_way, self.span.clone())
    }

    pub(super) fn saw(&self, reports: &[Report], status: Status) {
        self.span.record("status", status.as_str());
        self.span.in_scope(|| {
            let worst = reports.iter().filter_map(Report::worst).max_by_key(|one| one.severity());
            let certificates: usize = reports.iter().map(|report| report.chain().len()).sum();
            match worst {
                Some(worst) if status != Status::Pass => {
                    tracing::warn!(%status, code = %worst.code(), certificates, "judged: {worst}");
                }
                _ => tracing::debug!(%status, certificates, "judged"),
            }
        });
    }

    pub(super) fn failed(&self, kind: &'static str, error: &dyn fmt::Display) {
        self.span.record("status", Status::Unknown.as_str());
        self.span.record("kind", kind);
        self.span.in_scope(|| tracing::warn!(kind, "could not look: {error}"));
    }
}

#[cfg(not(feature = "tracing"))]
#[expect(clippy::unused_self, reason = "there is nothing to tell it to")]
impl Trace {
    pub(super) const fn begin(_: &dyn fmt::Display) -> Self {
        Self {}
    }

    pub(super) const fn follow<F: Future>(&self, under_way: F) -> F {
        under_way
    }

    pub(super) const fn saw(&self, _: &[Report], _: Status) {}

    pub(super) const fn failed(&self, _: &'static str, _: &dyn fmt::Display) {}
}

/// Something of a look is done: told with the phase that it was, and what came of it.
#[cfg(all(feature = "fetch", feature = "tracing"))]
pub(crate) fn step(phase: &'static str, came_of_it: impl fmt::Display) {
    tracing::debug!(phase, "{came_of_it}");
}

/// Something of a look is done.
#[cfg(all(feature = "fetch", not(feature = "tracing")))]
pub(crate) fn step(_: &'static str, _: impl fmt::Display) {}
