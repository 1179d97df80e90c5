//! Fetch the certificate chain a TLS server presents and explain, finding by finding,
//! whether and for how long it can be relied on.

pub mod target;
