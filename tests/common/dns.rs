//! A name server on loopback, as small as can be: UDP, one question, the answers of a closure.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// What is said of a question.
pub(crate) enum Answer {
    /// Records: their type and data.
    Records(Vec<(u16, Vec<u8>)>),
    /// No record, and a response code.
    Code(u8),
    /// Nothing at all.
    Silence,
}

pub(crate) const A: u16 = 1;
pub(crate) const AAAA: u16 = 28;
pub(crate) const MX: u16 = 15;
pub(crate) const SRV: u16 = 33;

pub(crate) const NODATA: Answer = Answer::Code(0);
pub(crate) const SERVFAIL: Answer = Answer::Code(2);
pub(crate) const NXDOMAIN: Answer = Answer::Code(3);

/// A name server on a port of 127.0.0.1.
pub(crate) struct NameServer {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl NameServer {
    /// Answers a question, given by its name in lower case and its type.
    pub(crate) fn start(answer: impl Fn(&str, u16) -> Answer + Send + 'static) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = socket.local_addr().unwrap();
        let stopping = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&stopping);
        let thread = thread::spawn(move || {
            let mut query = [0; 512];
            loop {
                let (length, client) = socket.recv_from(&mut query).unwrap();
                if ends.load(Ordering::SeqCst) {
                    break;
                }
                let (name, kind, end) = question(&query[..length]);
                if let Some(reply) = reply(&query[..end], &answer(&name, kind)) {
                    socket.send_to(&reply, client).unwrap();
                }
            }
        });
        Self { address, stopping, thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let _ = socket.send_to(&[0], self.address);
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join)
            && !thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

/// A name as records hold it (RFC 1035 section 3.1).
pub(crate) fn name(text: &str) -> Vec<u8> {
    let mut name = Vec::new();
    for label in text.split('.').filter(|label| !label.is_empty()) {
        name.push(u8::try_from(label.len()).unwrap());
        name.extend(label.bytes());
    }
    name.push(0);
    name
}

pub(crate) fn mx(preference: u16, host: &str) -> (u16, Vec<u8>) {
    (MX, [&preference.to_be_bytes()[..], &name(host)].concat())
}

pub(crate) fn srv(priority: u16, weight: u16, port: u16, host: &str) -> (u16, Vec<u8>) {
    let numbers = [priority, weight, port].map(u16::to_be_bytes).concat();
    (SRV, [numbers, name(host)].concat())
}

fn question(query: &[u8]) -> (String, u16, usize) {
    let (mut labels, mut at) = (Vec::new(), 12);
    while query[at] != 0 {
        let length = usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..=at + length]).to_ascii_lowercase());
        at += length + 1;
    }
    (labels.join("."), u16::from_be_bytes([query[at + 1], query[at + 2]]), at + 5)
}

/// RFC 1035 section 4.1.
fn reply(query: &[u8], answer: &Answer) -> Option<Vec<u8>> {
    let none = Vec::new();
    let (code, records) = match answer {
        Answer::Records(records) => (0, records),
        Answer::Code(code) => (*code, &none),
        Answer::Silence => return None,
    };
    let mut reply = query.to_vec();
    // A response, recursion available, and as many answers.
    reply[2] = 0x81;
    reply[3] = 0x80 | code;
    reply[6..8].copy_from_slice(&u16::try_from(records.len()).unwrap().to_be_bytes());
    reply[8..12].fill(0);
    for (kind, data) in records {
        // The name of the question, the class IN, a minute to live.
        reply.extend([0xc0, 12]);
        reply.extend(kind.to_be_bytes());
        reply.extend([0, 1, 0, 0, 0, 60]);
        reply.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        reply.extend(data);
    }
    Some(reply)
}
