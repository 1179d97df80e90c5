//! What looks tell to the facades `tracing` and `metrics`, where those features are on.
//!
//! Nothing of it stands in the public interface; the crate's documentation has the names.

#[cfg(feature = "metrics")]
mod meters;
mod trace;

use std::fmt;

use crate::report::{Report, Status};

use trace::Trace;
#[cfg(feature = "fetch")]
pub(crate) use trace::step;

/// One look: a span, and what it comes to in numbers.
pub(crate) struct Look {
    trace: Trace,
    #[cfg(feature = "metrics")]
    meter: meters::Meter,
}

impl Look {
    /// A look at a target or source begins.
    pub(crate) fn begin(target: &dyn fmt::Display) -> Self {
        Self {
            trace: Trace::begin(target),
            #[cfg(feature = "metrics")]
            meter: meters::Meter::begin(target),
        }
    }

    /// Has what is under way told in the span of this look.
    pub(crate) fn follow<F: Future>(
        &self,
        under_way: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        self.trace.follow(under_way)
    }

    /// It ends with reports, and comes to `status`.
    pub(crate) fn saw(self, reports: &[Report], status: Status) {
        self.trace.saw(reports, status);
        #[cfg(feature = "metrics")]
        self.meter.saw(reports, status);
    }

    /// It ends without.
    pub(crate) fn failed(self, kind: &'static str, error: &dyn fmt::Display) {
        self.trace.failed(kind, error);
        #[cfg(feature = "metrics")]
        self.meter.failed(kind);
    }
}
