//! The bytes that a TLS server answers a client's first message with.

use std::ops::Range;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::server::Tls;

/// Reads the client's first message, and has it answered: the answer is not sent.
pub(crate) async fn answer_to(stream: &mut DuplexStream, tls: &Tls) -> Vec<u8> {
    let hello = read_record(stream).await;
    let (mut near, mut far) = duplex(1024 * 1024);
    near.write_all(&hello).await.unwrap();
    tls.answer_once(&mut far).await;
    drop(far);
    let mut answer = Vec::new();
    near.read_to_end(&mut answer).await.unwrap();
    answer
}

pub(crate) async fn read_record(stream: &mut DuplexStream) -> Vec<u8> {
    let mut record = vec![0; 5];
    stream.read_exact(&mut record).await.unwrap();
    record.resize(5 + number(&record[3..5]), 0);
    stream.read_exact(&mut record[5..]).await.unwrap();
    record
}

/// Where the records are: the whole of each.
pub(crate) fn records(flight: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < flight.len() {
        let end = start + 5 + number(&flight[start + 3..start + 5]);
        found.push(start..end);
        start = end;
    }
    found
}

/// The handshake messages of a flight in plain text, header and all.
pub(crate) fn messages(flight: &[u8]) -> Vec<Vec<u8>> {
    let content: Vec<&[u8]> =
        records(flight).into_iter().map(|record| &flight[record][5..]).collect();
    let content = content.concat();
    let mut found = Vec::new();
    let mut rest = &content[..];
    while !rest.is_empty() {
        let (message, more) = rest.split_at(4 + number(&rest[1..4]));
        found.push(message.to_vec());
        rest = more;
    }
    found
}

/// A record of TLS 1.2 with this content.
pub(crate) fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[kind, 3, 3], &length[..], content].concat()
}

/// Handshake messages as they are, in as many records as they need.
pub(crate) fn handshake_records(messages: &[u8]) -> Vec<u8> {
    messages.chunks(16 * 1024).flat_map(|part| record(HANDSHAKE, part)).collect()
}

/// A number of up to four bytes, the most significant first.
pub(crate) fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// What a length is changed to, of what it is and the most that its field can hold.
pub(crate) type Change = fn(u32, u32) -> u32;

/// One more, one less, nothing, and the most.
pub(crate) const CHANGES: [Change; 4] = [
    |length, most| (length + 1) & most,
    |length, most| length.wrapping_sub(1) & most,
    |_, _| 0,
    |_, most| most,
];

/// Changes a length field of up to three bytes.
pub(crate) fn change(field: &mut [u8], to: Change) {
    let width = field.len();
    let most = (1 << (8 * width)) - 1;
    let changed = to(u32::try_from(number(field)).unwrap(), most).to_be_bytes();
    field.copy_from_slice(&changed[4 - width..]);
}

/// The content type of handshake messages.
pub(crate) const HANDSHAKE: u8 = 22;
