//! Looks at TLS servers: what do they present, and for how long can it be relied on?
//!
//! ```sh
//! cargo run --example check -- example.com 'https://example.org;connect=192.0.2.10:8443'
//! ```
//!
//! Without a target it looks at loopback servers of its own.

mod support {
    pub(crate) mod args;
    pub(crate) mod demo;
    pub(crate) mod looks;
    pub(crate) mod outcome;
    pub(crate) mod pki;
}

use std::error::Error;
use std::io::{self, Write as _};
use std::num::NonZero;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::*;
use notafter::checker::{Checker, CheckerBuilder, SurveyOptions};
use notafter::fetch::{AddressPolicy, ClientIdentity, Timeouts};
use notafter::target::TargetError;
use notafter::{Status, Target};
use time::OffsetDateTime;

use support::looks::Outcomes;
use support::outcome::{Outcome, Printer, Reason};
use support::{args, demo};

const USAGE: &str = "\
Usage: check [OPTIONS] [TARGET…]

Looks at each TARGET: [SCHEME://]HOST[:PORT][;connect=HOST:PORT][;sni=NAME][;no-sni][;name=HOST]
SCHEME is https, tls, h3, smtp, submission, imap, postgres, ldaps …: the README has the table.
Without one, it starts four loopback servers under a root of their own and looks at those.

  --roots PEM          trust the certificates in this file instead of Mozilla's; may be repeated, and
                       then each file is a trust store with a verdict and a horizon of its own
  --intermediates PEM  know these intermediates beside those that servers send
  --at INSTANT         judge as of this instant (RFC 3339) instead of now
  --timeout SECONDS    what each look may take in all (default: 10)
  --survey             look at every address, by RSA and by ECDSA, instead of the first that answers
  --without-sni        in a survey, look without a server name too
  --client-cert PEM    show this certificate, and those above it, to servers that ask for one
  --client-key PEM     its private key; needed with --client-cert
  --proxy URL          reach targets through this proxy: http://, https://, socks5:// or socks5h://,
                       as in http://user:password@proxy.example:3128; 'env' takes HTTPS_PROXY,
                       ALL_PROXY and NO_PROXY
  --public-only        connect to public addresses only
  --json               print one JSON object a line
  -h, --help           print this

Exit code: 0 pass, 1 warn, 2 fail, 3 unknown, the worst of all; 64 for a mistake in the command line.
";

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::read().unwrap_or_else(|error| args::refuse("check", &error));
    let status = run(options).await.unwrap_or_else(|error| {
        eprintln!("check: {}", args::with_causes(error.as_ref()));
        Status::Unknown
    });
    status.exit_code().into()
}

struct Options {
    checker: CheckerBuilder,
    at: Option<OffsetDateTime>,
    json: bool,
    survey: bool,
    targets: Vec<String>,
}

impl Options {
    fn read() -> Result<Self, lexopt::Error> {
        let mut options = Self {
            checker: Checker::builder(),
            at: None,
            json: false,
            survey: false,
            targets: Vec::new(),
        };
        let mut stores = Vec::new();
        let mut client = (None, None);
        let mut without_sni = false;
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Long("roots") => stores.push(args::anchors(&mut parser)?),
                Long("intermediates") => {
                    let add = |_: &_, pem| options.checker.intermediates(pem);
                    options.checker = args::file(&mut parser, "--intermediates", add)?;
                }
                Long("at") => options.at = Some(args::instant(&mut parser)?),
                Long("timeout") => {
                    let seconds = args::value(&mut parser, "--timeout")?;
                    options.checker = options.checker.timeouts(at_most(seconds));
                }
                Long("survey") => options.survey = true,
                Long("without-sni") => without_sni = true,
                Long("client-cert") => {
                    client.0 = Some(args::content(&mut parser, "--client-cert")?)
                }
                Long("client-key") => client.1 = Some(args::content(&mut parser, "--client-key")?),
                Long("proxy") => options.checker = args::proxy(&mut parser, options.checker)?,
                Long("public-only") => {
                    let policy = AddressPolicy::public_only();
                    options.checker = options.checker.address_policy(policy);
                }
                Long("json") => options.json = true,
                Short('h') | Long("help") => args::help(USAGE),
                // Whether it is a target is seen later: one that is not is one line of the output,
                // and keeps nobody from the others.
                Value(target) => options.targets.push(target.to_string_lossy().into_owned()),
                _ => return Err(arg.unexpected()),
            }
        }
        if without_sni && !options.survey {
            return Err("--without-sni goes with --survey".into());
        }
        let views = SurveyOptions::new().without_server_name(without_sni);
        options.checker = options.checker.survey(views);
        match client {
            (None, None) => {}
            (Some(chain), Some(key)) => {
                let identity = ClientIdentity::from_pem(chain, key)
                    .map_err(|error| format!("--client-cert: {}", args::with_causes(&error)))?;
                options.checker = options.checker.client_identity(identity);
            }
            _ => return Err("--client-cert and --client-key go together".into()),
        }
        for (index, store) in stores.into_iter().enumerate() {
            options.checker = match index {
                0 => options.checker.anchors(store),
                _ => options.checker.and_anchors(store),
            };
        }
        Ok(options)
    }
}

async fn run(options: Options) -> Result<Status, Box<dyn Error>> {
    let Options { checker, at, json, survey, targets } = options;
    let is_demo = targets.is_empty();
    let (checker, looks) = if is_demo {
        let demo = demo::start(at.unwrap_or_else(OffsetDateTime::now_utc)).await?;
        let looks = demo.servers.into_iter().map(|(heading, target)| Look::staged(heading, target));
        (checker.anchors(demo.anchors), looks.collect())
    } else {
        (checker, targets.into_iter().map(Look::typed).collect::<Vec<_>>())
    };
    let checker = checker.build()?;

    let mut printer = Printer::new(json);
    let targets = looks.iter().filter_map(|look| look.target.clone().ok());
    let mut outcomes = Outcomes::start(&checker, targets, at, survey);
    // All are looked at at once, and shown in the order of the command line: a script can rely on
    // it. Those that are done early wait for their turn.
    for look in &looks {
        match &look.target {
            Err(error) => printer.show(look.heading, &not_a_target(&look.text, error))?,
            Ok(target) => printer.show(look.heading, outcomes.of(target).await?)?,
        }
    }
    let worst = printer.worst();
    if is_demo && !json {
        let code = worst.exit_code();
        writeln!(io::stdout(), "\nThe worst of them is {worst}: the exit code is {code}.")?;
    }
    Ok(worst)
}

/// What is to be looked at, as it was typed or staged.
struct Look {
    heading: Option<&'static str>,
    text: String,
    target: Result<Target, TargetError>,
}

impl Look {
    fn staged(heading: &'static str, target: Target) -> Self {
        Self { heading: Some(heading), text: target.to_string(), target: Ok(target) }
    }

    fn typed(text: String) -> Self {
        Self { heading: None, target: text.parse(), text }
    }
}

fn not_a_target(text: &str, error: &TargetError) -> Outcome {
    // What stands before an @ may be a password, given by mistake: the error hides it as well.
    let shown = match text.rsplit_once('@') {
        Some((_, host)) => format!("***@{host}"),
        None => text.to_owned(),
    };
    let reason =
        Reason { kind: "invalid-target", phase: "target", message: args::with_causes(error) };
    Outcome::unknown(shown, reason)
}

/// One limit for everything, however it is spent: without this a look also ends when one of its
/// phases has used up its share.
fn at_most(seconds: NonZero<u32>) -> Timeouts {
    let limit = Duration::from_secs(seconds.get().into());
    Timeouts::new()
        .with_total(limit)
        .with_resolve(limit)
        .with_connect(limit)
        .with_proxy(limit)
        .with_starttls(limit)
        .with_handshake(limit)
}
