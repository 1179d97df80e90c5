//! Fails a deployment whose chain would not pass, before it is installed.
//!
//! ```sh
//! cargo run --example pipeline -- --name example.com --key key.pem --min-days 14 chain.pem &&
//!     install chain.pem …
//! ```
//!
//! Without a file it shows what it says to a good chain and to an incomplete one.

mod support {
    pub(crate) mod args;
    #[cfg(feature = "fetch")]
    pub(crate) mod deployed;
    pub(crate) mod found;
    pub(crate) mod outcome;
    pub(crate) mod pki;
}

use std::error::Error;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::prelude::*;
use notafter::chain::PresentedChain;
use notafter::inspect::TrustAnchors;
use notafter::source::{self, Arrangement, ReadOptions};
use notafter::target::{Host, Purpose, Subject};
use notafter::{Inspector, Status};
use time::{Duration, OffsetDateTime};

use support::outcome::Printer;
use support::pki::Pki;
use support::{args, found};

const USAGE: &str = "\
Usage: pipeline [OPTIONS] --name NAME… CHAIN.pem
       pipeline [OPTIONS]

Ends with 0 only if the chain would pass with clients that ask for each NAME. Without a file, shows
what it says to two chains of its own, one of them incomplete.

  --name NAME      the server that the certificate must name; may be repeated
  --key PEM        the private key that will be installed beside it; it is not kept
  --min-days DAYS  require that it also passes in so many days
  --expect-served HOST
                   after the installation: require that the target HOST shows the chain of the file
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
    key: Option<Vec<u8>>,
    at: OffsetDateTime,
    min_days: Option<u16>,
    #[cfg(feature = "fetch")]
    expected: Vec<notafter::Target>,
    file: Option<PathBuf>,
}

impl Options {
    fn read() -> Result<Self, lexopt::Error> {
        let mut options = Self {
            inspector: Inspector::new(),
            names: Vec::new(),
            key: None,
            at: OffsetDateTime::now_utc(),
            min_days: None,
            #[cfg(feature = "fetch")]
            expected: Vec::new(),
            file: None,
        };
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Long("name") => options.names.push(args::value(&mut parser, "--name")?),
                Long("key") => {
                    options.key = Some(args::file(&mut parser, "--key", |_, key| {
                        source::public_key_of(key)
                    })?);
                }
                #[cfg(feature = "fetch")]
                Long("expect-served") => {
                    options.expected.push(args::value(&mut parser, "--expect-served")?);
                }
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
            Some(path) => self.gate_file(path),
            None => self.demonstrate(),
        }
    }

    /// Judges the chain of a file, in the order in which a server would present it.
    fn gate_file(&self, path: &Path) -> Result<Status, Box<dyn Error>> {
        let options = ReadOptions::new().arrangement(Arrangement::OneChain);
        let found = found::at(path, &options);
        let mut printer = Printer::new(false);
        for problem in found::problems(path, &found) {
            printer.show(None, &problem)?;
        }
        for found in &found.chains {
            let mut subject = found.subject().clone();
            if let Some(key) = &self.key {
                subject = subject.with_public_key(key.as_slice());
            }
            self.gate(&mut printer, found.chain(), subject, &self.names)?;
            #[cfg(feature = "fetch")]
            for target in &self.expected {
                let label = found.locator().to_string();
                for outcome in support::deployed::compare(target, (&label, found.chain()))? {
                    printer.show(Some("what is served"), &outcome)?;
                }
            }
        }
        self.verdict(&path.to_string_lossy(), &printer)
    }

    /// Judges one chain.
    fn gate(
        &self,
        printer: &mut Printer,
        chain: &PresentedChain,
        subject: Subject,
        names: &[Host],
    ) -> Result<(), Box<dyn Error>> {
        let subject = subject.with_purpose(Purpose::Server).with_names(names.iter().cloned());
        let report = self.inspector.inspect(chain, &subject, self.at);
        printer.show(Some("when it is installed"), &report.into())?;
        // Time is an argument: the question what clients will see then needs no waiting,
        // and no arithmetic with notAfter, which one certificate of several has.
        if let Some(days) = self.min_days {
            let then = self.at.saturating_add(Duration::days(days.into()));
            let report = self.inspector.inspect(chain, &subject, then);
            printer.show(Some(&format!("{days} days later")), &report.into())?;
        }
        Ok(())
    }

    /// Says whether the chain is to be installed.
    fn verdict(&self, label: &str, printer: &Printer) -> Result<Status, Box<dyn Error>> {
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
        let whole = PresentedChain::from_der([&*certificate, &**intermediate.der()])?;
        let lone = PresentedChain::from_der([&*certificate])?;
        let mut worst = Status::Pass;
        for (label, chain) in [("fullchain.pem", whole), ("cert.pem", lone)] {
            let mut printer = Printer::new(false);
            self.gate(&mut printer, &chain, Subject::new(label, Purpose::Server), &names)?;
            worst = worst.max(self.verdict(label, &printer)?);
            writeln!(io::stdout())?;
        }
        Ok(worst)
    }
}
