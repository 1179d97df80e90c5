//! The protocols that a target can be spoken to in.

use std::fmt;

macro_rules! protocols {
    ($($(#[doc = $doc:literal])+ $name:ident = $scheme:literal $port:tt $opening:ident,)+) => {
        /// What is spoken to a target, by its scheme.
        ///
        /// It decides the default port and how a connection gets to its TLS handshake: see
        /// [`opening`](Self::opening). What is spoken after the handshake is never spoken here.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Protocol {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Protocol {
            /// Every protocol of this version.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The scheme of a target with this protocol, in lower case.
            #[must_use]
            pub const fn scheme(self) -> &'static str {
                match self {
                    $(Self::$name => $scheme,)+
                }
            }

            /// The port of a target that gives none; without one, the port must be given.
            #[must_use]
            pub const fn default_port(self) -> Option<u16> {
                match self {
                    $(Self::$name => protocols!(@port $port),)+
                }
            }

            /// How a connection gets to its TLS handshake.
            #[must_use]
            pub const fn opening(self) -> Opening {
                match self {
                    $(Self::$name => Opening::$opening,)+
                }
            }
        }
    };
    (@port none) => { None };
    (@port $port:literal) => { Some($port) };
}

// Ports are those of the IANA service name registry; those of Redis and Kafka are their projects',
// and those of LMTP and of XMPP over TLS what is in use, as the registry has none of their own.
protocols! {
    /// AMQP over TLS, `amqps://`, port 5671.
    Amqps = "amqps" 5671 Tls,
    /// DNS over TLS, `dot://`, port 853 (RFC 7858).
    Dot = "dot" 853 Tls,
    /// FTP with AUTH TLS, `ftp://`, port 21 (RFC 4217).
    Ftp = "ftp" 21 StartTls,
    /// FTP over TLS, `ftps://`, port 990.
    Ftps = "ftps" 990 Tls,
    /// HTTP/3, which is TLS inside QUIC, `h3://`, port 443 (RFC 9114). Needs the feature `quic`.
    H3 = "h3" 443 Quic,
    /// HTTP over TLS, `https://`, port 443.
    Https = "https" 443 Tls,
    /// IMAP with STARTTLS, `imap://`, port 143 (RFC 9051 section 6.2.1).
    Imap = "imap" 143 StartTls,
    /// IMAP over TLS, `imaps://`, port 993 (RFC 8314).
    Imaps = "imaps" 993 Tls,
    /// IRC with STARTTLS, `irc://`, port 6667.
    Irc = "irc" 6667 StartTls,
    /// IRC over TLS, `ircs://`, port 6697 (RFC 7194).
    Ircs = "ircs" 6697 Tls,
    /// Kafka over TLS, `kafka+tls://`, port 9093.
    KafkaTls = "kafka+tls" 9093 Tls,
    /// LDAP with the StartTLS operation, `ldap://`, port 389 (RFC 4511 section 4.14).
    Ldap = "ldap" 389 StartTls,
    /// LDAP over TLS, `ldaps://`, port 636.
    Ldaps = "ldaps" 636 Tls,
    /// LMTP with STARTTLS, `lmtp://`, port 24 (RFC 2033, RFC 3207).
    Lmtp = "lmtp" 24 StartTls,
    /// MQTT over TLS, `mqtts://`, port 8883.
    Mqtts = "mqtts" 8883 Tls,
    /// MySQL and MariaDB with the SSL request, `mysql://`, port 3306.
    Mysql = "mysql" 3306 StartTls,
    /// NNTP with STARTTLS, `nntp://`, port 119 (RFC 4642).
    Nntp = "nntp" 119 StartTls,
    /// NNTP over TLS, `nntps://`, port 563.
    Nntps = "nntps" 563 Tls,
    /// POP3 with STLS, `pop3://`, port 110 (RFC 2595 section 4).
    Pop3 = "pop3" 110 StartTls,
    /// POP3 over TLS, `pop3s://`, port 995 (RFC 8314).
    Pop3s = "pop3s" 995 Tls,
    /// PostgreSQL with the SSL request, `postgres://`, port 5432.
    Postgres = "postgres" 5432 StartTls,
    /// Remote Desktop with TLS security, `rdp://`, port 3389 ([MS-RDPBCGR] section 5.4.5).
    Rdp = "rdp" 3389 StartTls,
    /// Redis over TLS, `rediss://`, port 6379.
    Rediss = "rediss" 6379 Tls,
    /// ManageSieve with STARTTLS, `sieve://`, port 4190 (RFC 5804).
    Sieve = "sieve" 4190 StartTls,
    /// SIP over TLS, `sips://`, port 5061.
    Sips = "sips" 5061 Tls,
    /// SMTP between mail servers with STARTTLS, `smtp://`, port 25 (RFC 3207).
    Smtp = "smtp" 25 StartTls,
    /// Mail submission over TLS, `smtps://`, port 465 (RFC 8314).
    Smtps = "smtps" 465 Tls,
    /// Mail submission with STARTTLS, `submission://`, port 587 (RFC 6409, RFC 3207).
    Submission = "submission" 587 StartTls,
    /// TLS from the first byte, whatever it carries, `tls://`; the port must be given.
    Tls = "tls" none Tls,
    /// XMPP of clients with STARTTLS, `xmpp://`, port 5222 (RFC 6120 section 5).
    Xmpp = "xmpp" 5222 StartTls,
    /// XMPP between servers with STARTTLS, `xmpp-server://`, port 5269 (RFC 6120 section 5).
    XmppServer = "xmpp-server" 5269 StartTls,
    /// XMPP of clients over TLS, `xmpps://`, port 5223 (XEP-0368).
    Xmpps = "xmpps" 5223 Tls,
}

impl Protocol {
    pub(super) fn from_scheme(scheme: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|protocol| protocol.scheme().eq_ignore_ascii_case(scheme))
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme())
    }
}

/// How a connection gets to its TLS handshake.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Opening {
    /// The handshake is the first thing on a UDP connection (RFC 9001).
    Quic,
    /// A plain-text dialogue on TCP comes first, and asks for it.
    StartTls,
    /// The handshake is the first thing on a TCP connection.
    Tls,
}
