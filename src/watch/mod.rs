//! Keeping reports fresh in the background.
