//! How long a fetch may take.

use std::time::Duration;

use tokio::time::Instant;

/// How long a fetch may take: as a whole, and each phase of it.
///
/// One deadline, [`total`](Self::total) after the start, ends everything, however slowly the peer
/// drips its bytes. Each phase ends at the earlier of that deadline and its own share, so that a
/// slow phase leaves the later ones some time. Where `total` is set shorter than a share, it is
/// `total` that counts; where it is set longer, the shares still hold.
///
/// | | default |
/// |---|---|
/// | total | 10 s |
/// | resolve | 4 s |
/// | connect | 5 s |
/// | proxy: reaching it, and its answer | 5 s |
/// | starttls: the dialogue before TLS | 5 s |
/// | handshake | 8 s |
///
/// Durations beyond a year are taken as a year.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Timeouts {
    total: Duration,
    resolve: Duration,
    connect: Duration,
    proxy: Duration,
    starttls: Duration,
    handshake: Duration,
}

impl Timeouts {
    /// The defaults in the table above.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            total: Duration::from_secs(10),
            resolve: Duration::from_secs(4),
            connect: Duration::from_secs(5),
            proxy: Duration::from_secs(5),
            starttls: Duration::from_secs(5),
            handshake: Duration::from_secs(8),
        }
    }

    /// Sets the time for the whole fetch.
    #[must_use]
    pub const fn with_total(mut self, total: Duration) -> Self {
        self.total = total;
        self
    }

    /// Sets the share of the name's resolution.
    #[must_use]
    pub const fn with_resolve(mut self, resolve: Duration) -> Self {
        self.resolve = resolve;
        self
    }

    /// Sets the share of connecting, all addresses together.
    #[must_use]
    pub const fn with_connect(mut self, connect: Duration) -> Self {
        self.connect = connect;
        self
    }

    /// Sets the share of the proxy: reaching it, and what is said until it has connected.
    #[must_use]
    pub const fn with_proxy(mut self, proxy: Duration) -> Self {
        self.proxy = proxy;
        self
    }

    /// Sets the share of the dialogue in plain text until the server agrees to TLS.
    #[must_use]
    pub const fn with_starttls(mut self, starttls: Duration) -> Self {
        self.starttls = starttls;
        self
    }

    /// Sets the share of the TLS handshake.
    #[must_use]
    pub const fn with_handshake(mut self, handshake: Duration) -> Self {
        self.handshake = handshake;
        self
    }

    /// The time for the whole fetch.
    #[must_use]
    pub const fn total(&self) -> Duration {
        self.total
    }

    /// The share of the name's resolution.
    #[must_use]
    pub const fn resolve(&self) -> Duration {
        self.resolve
    }

    /// The share of connecting, all addresses together.
    #[must_use]
    pub const fn connect(&self) -> Duration {
        self.connect
    }

    /// The share of the proxy.
    #[must_use]
    pub const fn proxy(&self) -> Duration {
        self.proxy
    }

    /// The share of the dialogue before TLS.
    #[must_use]
    pub const fn starttls(&self) -> Duration {
        self.starttls
    }

    /// The share of the TLS handshake.
    #[must_use]
    pub const fn handshake(&self) -> Duration {
        self.handshake
    }

    /// Starts the clock of one fetch.
    pub(super) fn start(&self) -> Deadline {
        Deadline(after(Instant::now(), self.total))
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::new()
    }
}

/// The instant at which a fetch ends, whatever it is doing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// The end of a phase that starts now and may take as long as `share`.
    pub(super) fn phase(self, share: Duration) -> Instant {
        self.0.min(after(Instant::now(), share))
    }
}

fn after(instant: Instant, duration: Duration) -> Instant {
    // Adding an unbounded duration to an instant can panic.
    instant + duration.min(LONGEST)
}

const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_phase_ends_at_the_earlier_of_its_share_and_the_deadline() {
        let start = Instant::now();
        let deadline = Timeouts::new().with_total(Duration::from_secs(3)).start();

        assert_eq!(deadline.phase(Duration::from_secs(2)), start + Duration::from_secs(2));
        assert_eq!(deadline.phase(Duration::from_secs(8)), start + Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_durations_do_not_overflow() {
        let start = Instant::now();
        let deadline = Timeouts::new().with_total(Duration::MAX).start();

        assert_eq!(deadline.phase(Duration::MAX), start + LONGEST);
    }
}
