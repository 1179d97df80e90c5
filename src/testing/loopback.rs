//! A listener on loopback, with a thread for itself and one for each connection.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A listener on a free port of 127.0.0.1.
///
/// Dropping it ends all connections, waits for its threads, and panics where one of them did.
pub(super) struct Loopback {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl Loopback {
    /// Does with each connection what `handle` does, then waits for the client to go.
    #[track_caller]
    pub(super) fn start(handle: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Self {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = match bound {
            Ok(bound) => bound,
            Err(error) => panic!("there is no port to be had on 127.0.0.1: {error}"),
        };
        let stopping = Arc::new(AtomicBool::new(false));
        let stops = Arc::clone(&stopping);
        let handle = Arc::new(handle);
        let thread = thread::spawn(move || {
            let mut connections = Connections::default();
            let ended = accept(&listener, &stops, &handle, &mut connections);
            connections.end();
            if let Err(error) = ended {
                panic!("connections can't be accepted at {address}: {error}");
            }
        });
        Self { address, stopping, listener: Some(thread) }
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        let Some(listener) = self.listener.take() else {
            return;
        };
        self.stopping.store(true, Ordering::SeqCst);
        // A connection wakes the listener; one that has failed needs none.
        while !listener.is_finished() && TcpStream::connect(self.address).is_err() {
            thread::yield_now();
        }
        if let Err(panic) = listener.join()
            && !thread::panicking()
        {
            resume_unwind(panic);
        }
    }
}

/// Accepts connections until it is to stop.
fn accept<F>(
    listener: &TcpListener,
    stopping: &AtomicBool,
    handle: &Arc<F>,
    connections: &mut Connections,
) -> io::Result<()>
where
    F: Fn(&mut TcpStream) + Send + Sync + 'static,
{
    loop {
        let accepted = listener.accept();
        if stopping.load(Ordering::SeqCst) {
            return Ok(());
        }
        match accepted {
            Ok((stream, _)) => connections.begin(stream, Arc::clone(handle))?,
            // The client went while it was queued.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The connections that may be open, and what was seen of the others.
#[derive(Default)]
struct Connections {
    open: Vec<(TcpStream, JoinHandle<()>)>,
    panic: Option<Box<dyn std::any::Any + Send>>,
}

impl Connections {
    fn begin<F>(&mut self, stream: TcpStream, handle: Arc<F>) -> io::Result<()>
    where
        F: Fn(&mut TcpStream) + Send + Sync + 'static,
    {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let kept = stream.try_clone()?;
        let thread = thread::spawn(move || {
            let Ended(stream) = &mut Ended(stream);
            handle(stream);
            // Closing with bytes unread would reset the connection, and what was sent last with it.
            let _ = stream.shutdown(Shutdown::Write);
            let _ = io::copy(stream, &mut io::sink());
        });
        let (ended, open) =
            std::mem::take(&mut self.open).into_iter().partition(|(_, it)| it.is_finished());
        self.open = open;
        self.open.push((kept, thread));
        self.join(ended);
        Ok(())
    }

    /// Ends all connections, whatever their clients do, and panics where one of them did.
    fn end(mut self) {
        let open = std::mem::take(&mut self.open);
        for (stream, _) in &open {
            // The client may have closed it.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.join(open);
        if let Some(panic) = self.panic {
            resume_unwind(panic);
        }
    }

    fn join(&mut self, ended: Vec<(TcpStream, JoinHandle<()>)>) {
        for (_, thread) in ended {
            let panic = thread.join().err();
            self.panic = self.panic.take().or(panic);
        }
    }
}

/// A connection that ends with its thread, also where that panics: there is another handle to it.
struct Ended(TcpStream);

impl Drop for Ended {
    fn drop(&mut self) {
        // The client may have closed it.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

/// For how long a client may say nothing.
const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn a_panic_of_a_connection_is_that_of_the_drop() {
        let loopback = Loopback::start(|_| panic!("the cat sat on it"));
        // The connection ends with its thread.
        let _ = TcpStream::connect(loopback.address()).unwrap().read(&mut [0]);
        let panic = catch_unwind(AssertUnwindSafe(|| drop(loopback))).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"the cat sat on it"));
    }

    #[test]
    fn a_panic_of_a_connection_that_ended_long_ago_is_not_lost() {
        let loopback = Loopback::start(|stream| {
            let mut said = [0];
            stream.read_exact(&mut said).unwrap();
            assert_ne!(said, [b'!'], "the first client shouts");
        });
        for said in *b"!...." {
            let mut stream = TcpStream::connect(loopback.address()).unwrap();
            stream.write_all(&[said]).unwrap();
            // Until the thread has ended, or is about to.
            let _ = stream.read(&mut [0]);
        }
        let panic = catch_unwind(AssertUnwindSafe(|| drop(loopback))).unwrap_err();
        let said = panic.downcast_ref::<String>().unwrap();
        assert!(said.contains("the first client shouts"), "{said}");
    }

    #[test]
    fn a_panic_does_not_become_two() {
        let panic = catch_unwind(|| {
            let loopback = Loopback::start(|_| panic!("the second"));
            let _ = TcpStream::connect(loopback.address()).unwrap().read(&mut [0]);
            panic!("the first");
        });
        assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"the first"));
    }

    #[test]
    fn a_handler_that_waits_for_its_client_ends_with_the_drop() {
        let loopback = Loopback::start(|stream| {
            stream.write_all(b"?").unwrap();
            assert_eq!(stream.read(&mut [0]).ok(), Some(0), "nobody answers");
        });
        let mut client = TcpStream::connect(loopback.address()).unwrap();
        client.read_exact(&mut [0]).unwrap();
        drop(loopback);
        assert_eq!(client.read(&mut [0]).ok(), Some(0), "it was closed");
    }
}
