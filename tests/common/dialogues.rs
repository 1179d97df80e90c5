//! What is said before TLS, scheme by scheme, up to and including the go-ahead.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A scheme whose servers are asked for TLS in plain text, and what is said.
pub(crate) struct Scheme {
    pub(crate) name: &'static str,
    pub(crate) turns: &'static [Turn],
    /// How a server goes on for ever, where the protocol lets it: what comes first, and what
    /// comes again and again.
    pub(crate) endless: Option<(&'static [u8], &'static [u8])>,
}

/// What one side says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Turn {
    Says(&'static [u8]),
    Hears(&'static [u8]),
}

use Turn::{Hears, Says};

impl Scheme {
    /// Whether its client waits for a greeting.
    pub(crate) fn greets(&self) -> bool {
        matches!(self.turns, [Says(_), ..])
    }

    /// All that the server says.
    pub(crate) fn said(&self) -> Vec<&'static [u8]> {
        let said = |turn: &Turn| match turn {
            Says(words) => Some(*words),
            Hears(_) => None,
        };
        self.turns.iter().filter_map(said).collect()
    }

    /// Where a server may stop: before each of its turns, in the middle of it, and after the
    /// go-ahead. The number of whole turns, and that of bytes of the next.
    pub(crate) fn stops(&self) -> Vec<(usize, usize)> {
        let mut stops = Vec::new();
        for (index, turn) in self.turns.iter().enumerate() {
            if let Says(words) = turn {
                stops.push((index, 0));
                if words.len() > 1 {
                    stops.push((index, words.len() / 2));
                }
            }
        }
        stops.push((self.turns.len(), 0));
        stops
    }

    /// Plays the server up to one of the [`stops`](Self::stops).
    pub(crate) async fn play_to<IO>(
        &self,
        stream: &mut IO,
        (whole, bytes): (usize, usize),
    ) -> io::Result<()>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        play(stream, &self.turns[..whole]).await?;
        match self.turns.get(whole) {
            Some(Says(words)) => stream.write_all(&words[..bytes]).await,
            _ => Ok(()),
        }
    }
}

/// Plays the server, and holds the client to its part.
pub(crate) async fn play<IO>(stream: &mut IO, turns: &[Turn]) -> io::Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    for turn in turns {
        match turn {
            Says(words) => stream.write_all(words).await?,
            Hears(words) => {
                let mut heard = vec![0; words.len()];
                stream.read_exact(&mut heard).await?;
                assert_eq!(heard.escape_ascii().to_string(), words.escape_ascii().to_string());
            }
        }
    }
    Ok(())
}

/// Every scheme with a dialogue of its own, for the host `example.com`.
pub(crate) const SCHEMES: [Scheme; 15] = [
    Scheme { name: "ftp", turns: FTP, endless: Some((b"", b"220-welcome\r\n")) },
    Scheme { name: "imap", turns: IMAP, endless: Some((b"", b"* OK still here\r\n")) },
    Scheme { name: "irc", turns: IRC, endless: Some((b"", b":irc.example NOTICE * :wait\r\n")) },
    Scheme { name: "ldap", turns: LDAP, endless: Some((b"", UNSOLICITED)) },
    Scheme { name: "lmtp", turns: LMTP, endless: Some((b"", b"220-welcome\r\n")) },
    Scheme { name: "mysql", turns: MYSQL, endless: None },
    Scheme { name: "nntp", turns: NNTP, endless: Some((b"200 news\r\n101 list\r\n", b"OVER\r\n")) },
    Scheme { name: "pop3", turns: POP3, endless: Some((b"+OK pop\r\n+OK list\r\n", b"TOP\r\n")) },
    Scheme { name: "postgres", turns: POSTGRES, endless: Some((b"E", b"a")) },
    Scheme { name: "rdp", turns: RDP, endless: None },
    Scheme { name: "sieve", turns: SIEVE, endless: Some((b"", b"\"SASL\" \"PLAIN\"\r\n")) },
    Scheme { name: "smtp", turns: SMTP, endless: Some((b"", b"220-welcome\r\n")) },
    Scheme { name: "submission", turns: SMTP, endless: Some((b"", b"220-welcome\r\n")) },
    Scheme { name: "xmpp", turns: XMPP, endless: Some((STREAM, b"<a/>")) },
    Scheme { name: "xmpp-server", turns: XMPP_SERVER, endless: Some((STREAM, b"<a/>")) },
];

const FTP: &[Turn] =
    &[Says(b"220 FTP server ready\r\n"), Hears(b"AUTH TLS\r\n"), Says(b"234 go\r\n")];

const IMAP: &[Turn] = &[
    Says(b"* OK ready\r\n"),
    Hears(b"A1 CAPABILITY\r\n"),
    Says(b"* CAPABILITY IMAP4rev1 STARTTLS\r\nA1 OK done\r\n"),
    Hears(b"A2 STARTTLS\r\n"),
    Says(b"A2 OK go\r\n"),
];

const IRC: &[Turn] = &[
    Hears(b"CAP LS\r\nSTARTTLS\r\n"),
    Says(b":irc.example CAP * LS :tls\r\n:irc.example 670 * :go\r\n"),
];

const LDAP: &[Turn] = &[
    Hears(b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"),
    Says(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0"),
];

/// A notification of no meaning to the client (RFC 4511 section 4.4).
const UNSOLICITED: &[u8] = b"\x30\x0c\x02\x01\0\x78\x07\x0a\x01\0\x04\0\x04\0";

const LMTP: &[Turn] = &[
    Says(b"220 mail.example LMTP\r\n"),
    Hears(b"LHLO [127.0.0.1]\r\n"),
    Says(b"250-mail.example\r\n250 STARTTLS\r\n"),
    Hears(b"STARTTLS\r\n"),
    Says(b"220 go\r\n"),
];

/// The request for TLS is not answered.
const MYSQL: &[Turn] = &[
    Says(
        b"\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\
          \0\0ijklmnopqrst\0mysql_native_password\0",
    ),
    Hears(b"\x20\0\0\x01\x01\x8a\0\0\0\0\0\x01\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
];

const NNTP: &[Turn] = &[
    Says(b"200 news.example ready\r\n"),
    Hears(b"CAPABILITIES\r\n"),
    Says(b"101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n"),
    Hears(b"STARTTLS\r\n"),
    Says(b"382 go\r\n"),
];

const POP3: &[Turn] = &[
    Says(b"+OK ready\r\n"),
    Hears(b"CAPA\r\n"),
    Says(b"+OK list\r\nTOP\r\nSTLS\r\n.\r\n"),
    Hears(b"STLS\r\n"),
    Says(b"+OK go\r\n"),
];

const POSTGRES: &[Turn] = &[Hears(b"\0\0\0\x08\x04\xd2\x16\x2f"), Says(b"S")];

const RDP: &[Turn] = &[
    Hears(b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x0b\0\0\0"),
    Says(b"\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\0\x08\0\x01\0\0\0"),
];

const SIEVE: &[Turn] = &[
    Says(b"\"IMPLEMENTATION\" \"a\"\r\n\"STARTTLS\"\r\nOK\r\n"),
    Hears(b"STARTTLS\r\n"),
    Says(b"OK \"go\"\r\n"),
];

const SMTP: &[Turn] = &[
    Says(b"220 mail.example ESMTP\r\n"),
    Hears(b"EHLO [127.0.0.1]\r\n"),
    Says(b"250-mail.example\r\n250 STARTTLS\r\n"),
    Hears(b"STARTTLS\r\n"),
    Says(b"220 go\r\n"),
];

const XMPP: &[Turn] = &[
    Hears(
        b"<?xml version='1.0'?><stream:stream to='example.com' version='1.0' \
          xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
    ),
    Says(STREAM),
    Says(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"),
    Hears(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
    Says(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
];

const XMPP_SERVER: &[Turn] = &[
    Hears(
        b"<?xml version='1.0'?><stream:stream to='example.com' version='1.0' \
          xmlns='jabber:server' xmlns:db='jabber:server:dialback' \
          xmlns:stream='http://etherx.jabber.org/streams'>",
    ),
    Says(STREAM),
    Says(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"),
    Hears(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
    Says(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
];

/// The head of a server's stream, up to its features.
const STREAM: &[u8] = b"<?xml version='1.0'?><stream:stream from='example.com' id='1' \
                        version='1.0' xmlns:stream='http://etherx.jabber.org/streams'>\
                        <stream:features>";
