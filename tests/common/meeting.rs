//! Meetings with peers that misbehave, and what comes of them.

use std::fmt::Debug;
use std::time::Duration;

use notafter::fetch::{FetchError, FetchErrorKind, Fetcher, Phase};
use notafter::target::Target;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// What comes of a server over a stream inside the test, and after how long.
///
/// A server that returns has closed the connection.
pub(crate) async fn meet(
    scheme: &str,
    room: usize,
    server: impl AsyncFnOnce(DuplexStream),
) -> (FetchError, Duration) {
    let target: Target = format!("{scheme}://example.com").parse().unwrap();
    let (ours, theirs) = duplex(room);
    let fetcher = Fetcher::new().unwrap();
    let start = Instant::now();
    let serving = async {
        server(theirs).await;
        std::future::pending().await
    };
    let met = tokio::select! {
        met = fetcher.handshake(ours, &target) => met,
        () = serving => unreachable!("it waits for the client"),
    };
    (met.unwrap_err(), start.elapsed())
}

/// The same with a server on a socket, which is told what to do with each connection.
pub(crate) async fn meet_on_a_socket(
    scheme: &str,
    server: impl AsyncFnOnce(TcpStream),
) -> FetchError {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let target: Target = format!("{scheme}://example.com;connect={address}").parse().unwrap();
    let fetcher = Fetcher::new().unwrap();
    let serving = async {
        server(listener.accept().await.unwrap().0).await;
        std::future::pending().await
    };
    let met = tokio::select! {
        // The client first: it is to find itself connected before the server can reset that.
        biased;
        met = fetcher.fetch(&target) => met.unwrap_err(),
        () = serving => unreachable!("it waits for the client"),
    };
    assert_eq!(met.address(), Some(address));
    met
}

/// Says nothing more, and keeps the connection open.
pub(crate) async fn falls_silent(mut stream: DuplexStream) {
    stream.read_to_end(&mut Vec::new()).await.unwrap();
    std::future::pending().await
}

/// Says the same for ever, and how many bytes of it were taken before the client had enough.
pub(crate) async fn says_for_ever<W: AsyncWrite + Unpin>(
    stream: &mut W,
    first: &[u8],
    again: &[u8],
) -> usize {
    let mut taken = 0;
    let mut words = first;
    loop {
        match stream.write(words).await {
            Ok(length) => {
                taken += length;
                words = if length < words.len() { &words[length..] } else { again };
            }
            Err(_) => return taken,
        }
    }
}

#[track_caller]
pub(crate) fn assert_met(
    error: &FetchError,
    phase: Phase,
    kind: FetchErrorKind,
    context: &dyn Debug,
) {
    assert_eq!((error.phase(), error.kind()), (phase, kind), "{context:?}: {error:?}");
}

/// How late a deadline may be met.
#[track_caller]
pub(crate) fn assert_within(elapsed: Duration, deadline: Duration) {
    let late = elapsed.saturating_sub(deadline);
    assert!(late <= Duration::from_millis(100), "{elapsed:?} in place of {deadline:?}");
}

/// How long the phases may take, and all of them together, unless it is set.
pub(crate) const STARTTLS: Duration = Duration::from_secs(5);
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(8);
pub(crate) const TOTAL: Duration = Duration::from_secs(10);
