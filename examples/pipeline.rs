//! Fails a deployment whose chain would not pass, before it is installed.
//!
//! ```sh
//! cargo run --example pipeline -- --name example.com --min-days 14 chain.pem && install chain.pem …
//! ```
//!
//! Without a file it shows what it says to a good chain and to an incomplete one.

mod support {
    pub(crate) mod args;
    pub(crate) mod file;
    pub(crate) mod outcome;
    pub(crate) mod pki;
}

use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::prelude::*;
use notafter::chain::PresentedChain;
use notafter::inspect::TrustAnchors;
use notafter::target::{Host, Subject};
use notafter::{Inspector, Status};
use time::{Duration, OffsetDateTime};

use support::outcome::{Outcome, Printer};
use support::pki::Pki;
use support::{args, file};

const USAGE: &str = "\
Usage: pipeline [OPTIONS] --name NAME… CHAIN.pem
       pipeline [OPTIONS]

Ends with 0 only if the chain would pass with clients that ask for each NAME. Without a file, shows
what it says to two chains of its own, one of them incomplete.

  --name NAME      the server that the certificate must name; may be repeated
  --min-days DAYS  require that it also passes in so many days
  --roots PEM      trust the certificates in this file instead of Mozilla's
  --at INSTANT     judge as of this instant (RFC 3339) instead of now
  -h, --help       print this

Exit code: 0 pass, 1 warn, 2 fail, 3 unknown, the worst of all; 64 for a mistake in the command line.
";

fn main() -> ExitCode {
    let options = Options::read().unwrap_or_else(|error| args::refuse("pipeline", &error));
    let status = options.run().unwrap_or_else(|error| {
        eprintln!("pipeline: {}", args::with_causes(error.as_ref()));
        Status::Unknown
    });
    status.exit_code().into()
}

struct Options {
    inspector: Inspector,
    names: Vec<Host>,
    at: OffsetDateTime,
    min_days: Option<u16>,
    file: Option<PathBuf>,
}

impl Options {
    fn read() -> Result<Self, lexopt::Error> {
        let mut options = Self {
            inspector: Inspector::new(),
            names: Vec::new(),
            at: OffsetDateTime::now_utc(),
            min_days: None,
            file: None,
        };
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Long("name") => options.names.push(args::value(&mut parser, "--name")?),
                Long("min-days") => {
                    options.min_days = Some(args::value(&mut parser, "--min-days")?)
                }
                Long("roots") => {
                    options.inspector = options.inspector.with_anchors(args::anchors(&mut parser)?);
                }
                Long("at") => options.at = args::instant(&mut parser)?,
                Short('h') | Long("help") => args::help(USAGE),
                Value(path) if options.file.is_none() => options.file = Some(path.into()),
                _ => return Err(arg.unexpected()),
            }
        }
        // A chain that is never asked for a name passes with any: that is how the wrong file gets
        // installed.
        if options.file.is_some() && options.names.is_empty() {
            return Err("--name is needed: what will clients ask for?".into());
        }
        Ok(options)
    }

    fn run(self) -> Result<Status, Box<dyn Error>> {
        match &self.file {
            Some(path) => {
                let label = path.to_string_lossy();
                self.gate(&label, &self.names, file::chain(path))
            }
            None => self.demonstrate(),
        }
    }

    /// Judges one chain, and says whether it is to be installed.
    fn gate(
        &self,
        label: &str,
        names: &[Host],
        chain: Result<PresentedChain, Outcome>,
    ) -> Result<Status, Box<dyn Error>> {
        let mut printer = Printer::new(false);
        match chain {
            Err(outcome) => printer.show(None, &outcome)?,
            Ok(chain) => {
                let subject = Subject::server(label, names.iter().cloned());
                let report = self.inspector.inspect(&chain, &subject, self.at);
                printer.show(Some("when it is installed"), &report.into())?;
                // Time is an argument: the question what clients will see then needs no waiting,
                // and no arithmetic with notAfter, which one certificate of several has.
                if let Some(days) = self.min_days {
                    let then = self.at.saturating_add(Duration::days(days.into()));
                    let report = self.inspector.inspect(&chain, &subject, then);
                    printer.show(Some(&format!("{days} days later")), &report.into())?;
                }
            }
        }
        let status = printer.worst();
        let verdict = match status {
            Status::Pass => "install it",
            Status::Warn | Status::Fail | Status::Unknown => "do not install it",
        };
        writeln!(io::stdout(), "\n{label}: {status}: {verdict}")?;
        Ok(status)
    }

    fn demonstrate(mut self) -> Result<Status, Box<dyn Error>> {
        let pki = Pki { at: self.at };
        let root = pki.root()?;
        let intermediate = pki.intermediate(&root, "Demo Intermediate", -300..1_500)?;
        let (certificate, _) = pki.server(&intermediate, "www.test", 0..90)?;
        self.inspector = self.inspector.with_anchors(TrustAnchors::from_pem(root.pem())?);

        let names = ["www.test".parse()?];
        let whole = PresentedChain::from_der([&*certificate, &**intermediate.der()]);
        let lone = PresentedChain::from_der([&*certificate]);
        let whole = self.gate("fullchain.pem", &names, Ok(whole?))?;
        writeln!(io::stdout())?;
        let lone = self.gate("cert.pem", &names, Ok(lone?))?;
        Ok(whole.max(lone))
    }
}
