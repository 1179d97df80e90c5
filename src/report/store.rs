//! What the clients of one trust store make of a chain.

use std::sync::Arc;

use time::OffsetDateTime;

use super::{Gap, Horizon, Trust};

/// What the clients of one trust store make of a chain.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct StoreVerdict {
    #[cfg_attr(feature = "serde", serde(default, with = "name"))]
    store: Arc<str>,
    trust: Trust,
    #[cfg_attr(feature = "serde", serde(default))]
    horizon: Horizon,
}

impl StoreVerdict {
    pub(crate) const fn new(store: Arc<str>, trust: Trust, horizon: Horizon) -> Self {
        Self { store, trust, horizon }
    }

    /// Says until when it goes on together with those that it takes turns with.
    pub(crate) fn go_on(&mut self, until: OffsetDateTime, gap: Option<Gap>) {
        if self.horizon.until != Some(until) {
            self.horizon.until = Some(until);
            self.horizon.limited_by = None;
            self.horizon.anchors.clear();
        }
        self.horizon.gaps = gap.into_iter().collect();
    }

    /// The store's name: see [`TrustAnchors::name`](crate::inspect::TrustAnchors::name).
    #[must_use]
    pub fn store(&self) -> &str {
        &self.store
    }

    /// Whether a path leads to one of its anchors.
    #[must_use]
    pub const fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Until when its clients go on.
    #[must_use]
    pub const fn horizon(&self) -> &Horizon {
        &self.horizon
    }
}

/// serde shares no text by itself.
#[cfg(feature = "serde")]
mod name {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        name: &Arc<str>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(name)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<str>, D::Error> {
        String::deserialize(deserializer).map(Into::into)
    }
}
