//! The one place that reads the system's clock.

use time::OffsetDateTime;

pub(super) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
