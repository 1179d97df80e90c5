//! Reports and snapshots as text that other programs read: pure functions, no framework.
//!
//! Text that came from peers is escaped by the rules of each format; facts keep it raw.

pub mod attributes;
pub mod health;
pub mod html;
pub mod nagios;
pub mod openmetrics;
pub mod text;

mod words;
