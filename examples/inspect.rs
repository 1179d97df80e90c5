//! Looks at certificates at rest: a file that is about to be installed, a bundle in a repository, a
//! key that signs documents. Many an outage could not have been seen in a TLS handshake.
//!
//! ```sh
//! cargo run --example inspect -- --name example.com /etc/ssl/example.com.pem
//! ```

mod support {
    pub(crate) mod args;
    pub(crate) mod file;
    pub(crate) mod outcome;
}

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::prelude::*;
use notafter::target::{Host, Purpose, Subject};
use notafter::{Inspector, Status};
use time::OffsetDateTime;

use support::outcome::{Outcome, Printer};
use support::{args, file};

const USAGE: &str = "\
Usage: inspect [OPTIONS] FILE…

Inspects the certificates of each FILE, PEM or DER, as one chain: the first is taken as the
end-entity certificate. A FILE of - is standard input.

  --name NAME          the server that the certificate must name; may be repeated
  --purpose PURPOSE    what the certificate is for: server (default), client or signing
  --roots PEM          trust the certificates in this file instead of Mozilla's; may be repeated, and
                       then each file is a trust store with a verdict and a horizon of its own
  --intermediates PEM  know these intermediates beside those in FILE
  --at INSTANT         judge as of this instant (RFC 3339) instead of now
  --json               print one JSON object a line
  -h, --help           print this

Exit code: 0 pass, 1 warn, 2 fail, 3 unknown, the worst of all; 64 for a mistake in the command line.
";

fn main() -> ExitCode {
    let options = Options::read().unwrap_or_else(|error| args::refuse("inspect", &error));
    let mut printer = Printer::new(options.json);
    for path in &options.files {
        if let Err(error) = printer.show(None, &options.look(path)) {
            eprintln!("inspect: {error}");
            return Status::Unknown.exit_code().into();
        }
    }
    printer.worst().exit_code().into()
}

struct Options {
    inspector: Inspector,
    purpose: Purpose,
    names: Vec<Host>,
    at: OffsetDateTime,
    json: bool,
    files: Vec<PathBuf>,
}

impl Options {
    fn read() -> Result<Self, lexopt::Error> {
        let mut options = Self {
            inspector: Inspector::new(),
            purpose: Purpose::Server,
            names: Vec::new(),
            // The library reads no clock to inspect: what is looked at together is judged as of
            // the same instant.
            at: OffsetDateTime::now_utc(),
            json: false,
            files: Vec::new(),
        };
        let mut stores = Vec::new();
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Long("name") => options.names.push(args::value(&mut parser, "--name")?),
                Long("purpose") => options.purpose = args::value(&mut parser, "--purpose")?,
                Long("roots") => stores.push(args::anchors(&mut parser)?),
                Long("intermediates") => {
                    let add = |_: &_, pem| options.inspector.with_intermediates(pem);
                    options.inspector = args::file(&mut parser, "--intermediates", add)?;
                }
                Long("at") => options.at = args::instant(&mut parser)?,
                Long("json") => options.json = true,
                Short('h') | Long("help") => args::help(USAGE),
                Value(path) => options.files.push(path.into()),
                _ => return Err(arg.unexpected()),
            }
        }
        for (index, store) in stores.into_iter().enumerate() {
            options.inspector = match index {
                0 => options.inspector.with_anchors(store),
                _ => options.inspector.and_anchors(store),
            };
        }
        if options.files.is_empty() {
            return Err("no FILE is given".into());
        }
        // A name that is not looked at would look as if it had been found.
        if !options.names.is_empty() && options.purpose != Purpose::Server {
            return Err("--name is for servers only".into());
        }
        Ok(options)
    }

    fn look(&self, path: &Path) -> Outcome {
        let chain = match file::chain(path) {
            Ok(chain) => chain,
            Err(outcome) => return outcome,
        };
        let label = path.to_string_lossy();
        let subject = match self.purpose {
            Purpose::Server => Subject::server(label, self.names.iter().cloned()),
            purpose => Subject::new(label, purpose),
        };
        self.inspector.inspect(&chain, &subject, self.at).into()
    }
}
