//! Chains and loopback servers for tests of your own.
