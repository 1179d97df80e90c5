//! Looks at certificates at rest: a file that is about to be installed, a bundle in a repository, a
//! key store, a metadata document. Many an outage could not have been seen in a TLS handshake.
//!
//! ```sh
//! cargo run --example inspect -- --name example.com --key key.pem chain.pem
//! cargo run --example inspect -- /etc/ssl/certs 'conf/*.p12' idp.xml
//! ```

mod support {
    pub(crate) mod args;
    #[cfg(feature = "fetch")]
    pub(crate) mod deployed;
    pub(crate) mod found;
    pub(crate) mod outcome;
}

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::prelude::*;
use notafter::render::text::table;
use notafter::snapshot::Snapshot;
use notafter::source::{self, Arrangement, Found, ReadOptions};
use notafter::target::{Host, Purpose, Subject};
use notafter::{Inspector, Status};
use time::OffsetDateTime;

use support::outcome::{Outcome, Printer};
use support::{args, found};

const USAGE: &str = "\
Usage: inspect [OPTIONS] FILE…

Inspects the certificates in each FILE: a file, a folder, a pattern such as 'conf/*.pem', or - for
standard input. The content says what it is: PEM, DER, PKCS#7, PKCS#12, JKS, JWKS, SAML metadata,
or manifests and a kubeconfig of Kubernetes. Where it does not say what a certificate is for, the
certificate does. Many are shown as a table, what ends first at its top.

  --name NAME          the server that the certificate must name; may be repeated. A FILE is then one
                       chain, in its order, as a server presents it that has it installed
  --key PEM            the private key that must be the certificate's; it is not kept
  --purpose PURPOSE    what all certificates are for: server, client, signing or ca
  --roots PEM          trust the certificates in this file instead of Mozilla's; may be repeated, and
                       then each file is a trust store with a verdict and a horizon of its own
  --intermediates PEM  know these intermediates beside those in FILE
  --password-env VAR   open key stores with the password in this environment variable
  --password-file FILE open key stores with the password in the first line of this file
  --expect-served HOST look at the target HOST, and tell where it shows another certificate than FILE
  --at INSTANT         judge as of this instant (RFC 3339) instead of now
  --json               print one JSON object a line
  -h, --help           print this

Exit code: 0 pass, 1 warn, 2 fail, 3 unknown, the worst of all; 64 for a mistake in the command line.
";

fn main() -> ExitCode {
    let options = Options::read().unwrap_or_else(|error| args::refuse("inspect", &error));
    match options.run() {
        Ok(status) => status.exit_code().into(),
        Err(error) => {
            eprintln!("inspect: {error}");
            Status::Unknown.exit_code().into()
        }
    }
}

struct Options {
    inspector: Inspector,
    read: ReadOptions,
    purpose: Option<Purpose>,
    names: Vec<Host>,
    key: Option<Vec<u8>>,
    #[cfg(feature = "fetch")]
    expected: Vec<notafter::Target>,
    at: OffsetDateTime,
    json: bool,
    files: Vec<PathBuf>,
}

impl Options {
    fn read() -> Result<Self, lexopt::Error> {
        let mut options = Self {
            inspector: Inspector::new(),
            read: ReadOptions::new(),
            purpose: None,
            names: Vec::new(),
            key: None,
            #[cfg(feature = "fetch")]
            expected: Vec::new(),
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
                Long("key") => {
                    options.key = Some(args::file(&mut parser, "--key", |_, key| {
                        source::public_key_of(key)
                    })?);
                }
                Long("purpose") => options.purpose = Some(args::value(&mut parser, "--purpose")?),
                Long("roots") => stores.push(args::anchors(&mut parser)?),
                Long("intermediates") => {
                    let add = |_: &_, pem| options.inspector.with_intermediates(pem);
                    options.inspector = args::file(&mut parser, "--intermediates", add)?;
                }
                Long("password-env") => {
                    options.read = options.read.password(args::password_in_env(&mut parser)?);
                }
                Long("password-file") => {
                    options.read = options.read.password(args::password_in_file(&mut parser)?);
                }
                #[cfg(feature = "fetch")]
                Long("expect-served") => {
                    options.expected.push(args::value(&mut parser, "--expect-served")?);
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
        if !options.names.is_empty() && options.purpose.is_some_and(|it| it != Purpose::Server) {
            return Err("--name is for servers only".into());
        }
        if options.is_to_be_installed() {
            options.read = options.read.arrangement(Arrangement::OneChain);
        }
        Ok(options)
    }

    /// Whether each file is what a server or a client is to present: its order is theirs.
    fn is_to_be_installed(&self) -> bool {
        let presented = matches!(self.purpose, Some(Purpose::Server | Purpose::Client));
        presented || !self.names.is_empty() || self.key.is_some()
    }

    fn run(&self) -> io::Result<Status> {
        let mut printer = Printer::new(self.json);
        let looks: Vec<(Vec<Outcome>, Found)> = self
            .files
            .iter()
            .map(|path| {
                let found = found::at(path, &self.read);
                (found::problems(path, &found), found)
            })
            .collect();
        let many = looks.iter().map(|(_, found)| found.chains.len()).sum::<usize>() > 1;
        let mut all = Vec::new();
        for (problems, found) in &looks {
            for problem in problems {
                printer.show(None, problem)?;
            }
            let subjects: Vec<Subject> = found.chains.iter().map(|it| self.subject(it)).collect();
            let chains = found.chains.iter().map(source::FoundChain::chain).zip(&subjects);
            for report in self.inspector.inspect_all(chains, self.at) {
                // A table says all that there is to say of what passes.
                if self.json || !many || report.status() != Status::Pass {
                    printer.show(None, &report.clone().into())?;
                }
                all.push(report);
            }
        }
        if many && !self.json {
            printer.text(&table(&Snapshot::of(all)))?;
        }
        #[cfg(feature = "fetch")]
        for target in &self.expected {
            let mut chains = looks.iter().flat_map(|(_, found)| &found.chains);
            let served = chains.find(|found| self.subject(found).purpose() == Purpose::Server);
            let Some(served) = served else {
                return Err(io::Error::other("--expect-served: no FILE holds a server's chain"));
            };
            let label = served.locator().to_string();
            for outcome in support::deployed::compare(target, (&label, served.chain()))? {
                printer.show(None, &outcome)?;
            }
        }
        Ok(printer.worst())
    }

    /// What the command line says comes before what the source does.
    fn subject(&self, found: &source::FoundChain) -> Subject {
        let mut subject = found.subject().clone();
        if let Some(purpose) = self.purpose {
            subject = subject.with_purpose(purpose);
        } else if !self.names.is_empty() {
            subject = subject.with_purpose(Purpose::Server);
        }
        if let Some(key) = &self.key {
            subject = subject.with_public_key(key.as_slice());
        }
        subject.with_names(self.names.iter().cloned())
    }
}
