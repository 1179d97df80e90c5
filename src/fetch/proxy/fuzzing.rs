//! The dialogues with a proxy that knows us, for the fuzz targets.

use super::http::Connect;
use super::socks::Socks;
use super::{Credentials, Endpoint};

pub(in crate::fetch) fn connect() -> Connect {
    Connect::new(&endpoint(), Some(&credentials()))
}

pub(in crate::fetch) fn socks() -> Socks {
    Socks::new(&endpoint(), Some(&credentials()))
}

fn endpoint() -> Endpoint {
    Endpoint::Address(([192, 0, 2, 1], 443).into())
}

fn credentials() -> Credentials {
    Credentials { user: b"user".to_vec(), password: b"secret".to_vec() }
}
