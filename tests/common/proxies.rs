//! Proxies on loopback that follow a script, and write down what they were asked for.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use notafter::fetch::Proxy;
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use super::pki::Issued;
use super::server::Server;

/// A proxy that follows a script.
pub(crate) struct Scripted {
    pub(crate) server: Server,
    asked: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Scripted {
    /// One that reads a header, and answers by what it asked for; where that is a go-ahead, what
    /// follows is passed on to `to`.
    pub(crate) fn http(
        to: SocketAddr,
        answer: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        Self::new(move |mut stream, log| {
            let Some(head) = read_head(&mut stream) else { return };
            log(head.as_bytes());
            let answer = answer(&head);
            // The client may have had enough before the last byte.
            if stream.write_all(answer.as_bytes()).is_ok() && answer.starts_with("HTTP/1.1 2") {
                relay(&stream, to);
            }
            let _ = stream.shutdown(Shutdown::Write);
            let _ = io::copy(&mut stream, &mut io::sink());
        })
    }

    /// One that connects, whatever it was asked for.
    pub(crate) fn agreeing(to: SocketAddr) -> Self {
        Self::http(to, |_| "HTTP/1.1 200 OK\r\n\r\n".to_owned())
    }

    /// One that answers every request so, and passes nothing on.
    pub(crate) fn answering(answer: &'static str) -> Self {
        Self::http(super::server::refusing(), move |_| answer.to_owned())
    }

    /// As `agreeing`, in TLS, with that certificate.
    pub(crate) fn https(to: SocketAddr, leaf: &Issued, chain: &[&Issued]) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let chain = chain.iter().map(|certificate| certificate.der.clone()).collect();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, leaf.private_key())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::new(move |stream, log| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                stream.set_nonblocking(true).unwrap();
                let stream = tokio::net::TcpStream::from_std(stream).unwrap();
                let Ok(mut tls) = acceptor.accept(stream).await else { return };
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(tls.read_u8().await.unwrap());
                }
                log(&head);
                tls.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                let mut target = tokio::net::TcpStream::connect(to).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut tls, &mut target).await;
            });
        })
    }

    /// One that speaks SOCKS5, and takes that method of authentication (and any credentials that
    /// come with it) and answers with that reply.
    pub(crate) fn socks(to: SocketAddr, method: u8, reply: u8) -> Self {
        Self::new(move |mut stream, log| {
            let [version, count] = read(&mut stream);
            let mut asked = vec![version, count];
            asked.extend(read_many(&mut stream, count));
            stream.write_all(&[5, method]).unwrap();
            if method == 2 {
                let [_version, length] = read(&mut stream);
                asked.extend(read_many(&mut stream, length));
                let [length] = read(&mut stream);
                asked.extend(read_many(&mut stream, length));
                stream.write_all(&[1, 0]).unwrap();
            }
            let head: [u8; 4] = read(&mut stream);
            asked.extend(head);
            let length = match head[3] {
                1 => 4,
                4 => 16,
                _ => {
                    let [length] = read(&mut stream);
                    asked.push(length);
                    length
                }
            };
            asked.extend(read_many(&mut stream, length + 2));
            log(&asked);
            stream.write_all(&[5, reply, 0, 1, 127, 0, 0, 1, 0, 1]).unwrap();
            if reply == 0 {
                relay(&stream, to);
            }
        })
    }

    /// One that does with each connection what `handle` does, which writes down what it was asked.
    pub(crate) fn new(handle: impl Fn(TcpStream, &dyn Fn(&[u8])) + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let server = Server::script(move |stream| {
            handle(stream, &|request: &[u8]| log.lock().unwrap().push(request.to_vec()));
        });
        Self { server, asked }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Itself, by that scheme.
    pub(crate) fn proxy(&self, scheme: &str) -> Proxy {
        format!("{scheme}://{}", self.address()).parse().unwrap()
    }

    /// What it was asked for, as text.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|request| String::from_utf8_lossy(request).into_owned()).collect()
    }

    /// What it was asked for, byte for byte.
    pub(crate) fn asked_bytes(&self) -> Vec<Vec<u8>> {
        self.asked.lock().unwrap().clone()
    }

    /// Every first line that it was asked.
    pub(crate) fn request_lines(&self) -> Vec<String> {
        let first = |request: String| request.lines().next().unwrap_or_default().to_owned();
        self.asked().into_iter().map(first).collect()
    }
}

/// The bytes up to the first empty line; `None` where the client has gone before.
pub(crate) fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    Some(String::from_utf8(head).unwrap())
}

/// Passes everything on, in both directions, until both have ended.
pub(crate) fn relay(client: &TcpStream, to: SocketAddr) {
    let server = TcpStream::connect(to).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| pass_on(client, &server));
        pass_on(&server, client);
    });
}

fn pass_on(mut from: &TcpStream, mut to: &TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

fn read<const N: usize>(stream: &mut TcpStream) -> [u8; N] {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

fn read_many(stream: &mut TcpStream, count: u8) -> Vec<u8> {
    let mut bytes = vec![0; count.into()];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}
