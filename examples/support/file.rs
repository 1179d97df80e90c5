//! Certificates at rest: PEM or DER, told apart by the content.

use std::io::{self, Read as _};
use std::path::Path;

use notafter::chain::{ChainError, PresentedChain};

use super::args::with_causes;
use super::outcome::{Outcome, Reason};

/// Reads a file as one chain, `-` as standard input; or says why there is none.
pub(crate) fn chain(path: &Path) -> Result<PresentedChain, Outcome> {
    let unknown = |kind, error: &dyn std::error::Error| {
        let reason = Reason { kind, phase: "read", message: with_causes(error) };
        Outcome::unknown(path.to_string_lossy(), reason)
    };
    let content = read(path).map_err(|error| unknown("unreadable-file", &error))?;
    parse(content).map_err(|error| unknown("no-certificate", &error))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut content = Vec::new();
        io::stdin().read_to_end(&mut content)?;
        Ok(content)
    } else {
        std::fs::read(path)
    }
}

/// A certificate in DER begins with the tag of a SEQUENCE; all else is text that may hold PEM.
/// A name's ending says nothing: `.crt` and `.cer` stand for both.
fn parse(content: Vec<u8>) -> Result<PresentedChain, ChainError> {
    match content.first() {
        Some(0x30) => PresentedChain::from_der([content]),
        _ => PresentedChain::from_pem(content),
    }
}
