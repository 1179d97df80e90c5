//! Who is looked at: host, port, protocol, names.
