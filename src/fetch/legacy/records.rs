//! The record layer: bytes become handshake messages.

use super::cursor::Cursor;
use super::fault::Fault;

/// Puts the handshake messages together that a peer sends in plain text.
///
/// Records and messages don't know each other: a message may be spread over several records, and
/// a record may hold several messages (RFC 5246 section 6.2.1).
#[derive(Debug, Default)]
pub(super) struct Records {
    wire: Vec<u8>,
    /// How much of `wire` is done with.
    done: usize,
    handshake: Vec<u8>,
    idle: usize,
}

/// A handshake message (RFC 5246 section 7.4).
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Message {
    pub(super) kind: u8,
    pub(super) body: Vec<u8>,
}

impl Records {
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        self.wire.drain(..self.done);
        self.done = 0;
        self.wire.extend_from_slice(bytes);
    }

    /// The next message, or none before more bytes are received.
    pub(super) fn message(&mut self) -> Result<Option<Message>, Fault> {
        loop {
            match self.reassembled()? {
                // "may be ignored by the client" (RFC 5246 section 7.4.1.1).
                Some(message) if message.kind == HELLO_REQUEST => self.count_idle()?,
                Some(message) => return Ok(Some(message)),
                None if self.read_record()? => {}
                None => return Ok(None),
            }
        }
    }

    fn reassembled(&mut self) -> Result<Option<Message>, Fault> {
        let mut cursor = Cursor::new(&self.handshake);
        let (Some([kind]), Some(length)) = (cursor.array(), cursor.length::<3>()) else {
            return Ok(None);
        };
        if length > MESSAGE_LIMIT {
            return Err(Fault::TooLarge { what: "message", length, limit: MESSAGE_LIMIT });
        }
        let Some(body) = cursor.bytes(length) else {
            return Ok(None);
        };
        let message = Message { kind, body: body.to_vec() };
        self.handshake.drain(..MESSAGE_HEADER + length);
        Ok(Some(message))
    }

    /// Takes one record off the wire, if it is there as a whole.
    fn read_record(&mut self) -> Result<bool, Fault> {
        let mut cursor = Cursor::new(&self.wire[self.done..]);
        let (Some([content_type]), Some(version), Some(length)) =
            (cursor.array(), cursor.array(), cursor.length::<2>())
        else {
            return Ok(false);
        };
        // The minor version says nothing before the ServerHello does (RFC 5246 appendix E.1).
        if version[0] != MAJOR_VERSION {
            return Err(Fault::RecordVersion(u16::from_be_bytes(version)));
        }
        if !matches!(content_type, ALERT | HANDSHAKE) {
            return Err(Fault::RecordOutOfPlace(content_type));
        }
        if length > RECORD_LIMIT {
            return Err(Fault::TooLarge { what: "record", length, limit: RECORD_LIMIT });
        }
        let Some(fragment) = cursor.bytes(length) else {
            return Ok(false);
        };
        self.done += RECORD_HEADER + length;
        match (content_type, fragment) {
            (ALERT, [WARNING, CLOSE_NOTIFY]) => return Err(Fault::Closed),
            // No record may be empty (RFC 5246 section 6.2.1), but one does no harm.
            (ALERT, [WARNING, _]) | (_, []) => self.count_idle()?,
            (ALERT, [FATAL, description]) => return Err(Fault::Alert(*description)),
            (ALERT, _) => return Err(Fault::Malformed("alert")),
            (_, fragment) => self.handshake.extend_from_slice(fragment),
        }
        Ok(true)
    }

    fn count_idle(&mut self) -> Result<(), Fault> {
        self.idle += 1;
        if self.idle > IDLE_LIMIT { Err(Fault::TooManyIdle) } else { Ok(()) }
    }
}

/// Of records (RFC 5246 section 6.2.1); SSL 3.0 and all versions of TLS have it.
const MAJOR_VERSION: u8 = 3;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const RECORD_HEADER: usize = 5;
const MESSAGE_HEADER: usize = 4;
const HELLO_REQUEST: u8 = 0;

/// Of alerts (RFC 5246 section 7.2).
const WARNING: u8 = 1;
const FATAL: u8 = 2;
const CLOSE_NOTIFY: u8 = 0;

/// The most that any record may hold, an encrypted one (RFC 5246 section 6.2.3).
const RECORD_LIMIT: usize = (1 << 14) + 2048;

/// The one of rustls.
const MESSAGE_LIMIT: usize = 0xffff;

/// How many records and messages may carry nothing; the one of Go's crypto/tls.
const IDLE_LIMIT: usize = 16;
