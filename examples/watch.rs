//! A terminal program that follows a list of targets, and prints what changes.
//!
//! ```sh
//! cargo run --example watch -- --every 5m example.com smtp://mail.example.com /etc/tls
//! cargo run --example watch -- --list targets.txt
//! ```
//!
//! The list is read again and again: a line that is added is watched, one that is deleted is not.

mod support {
    pub(crate) mod args;
    pub(crate) mod demo;
    pub(crate) mod pki;
    pub(crate) mod watched;
}

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::*;
use notafter::Target;
use notafter::checker::{Checker, CheckerBuilder};
use notafter::render::text;
use notafter::watch::{Event, Missed, Source, Watch};
use time::OffsetDateTime;

use support::watched::Watched;
use support::{args, demo};

const USAGE: &str = "\
Usage: watch [OPTIONS] [TARGET or FILE…]

Looks at targets and files again and again, and prints what changes. Without any it starts loopback
servers and looks at those. Ends with ctrl-c.

  --list FILE         also the targets in this file, one a line, # begins a comment; read again
                      whenever it changes
  --every DURATION    how often to look: 30s, 5m, 1h (default: 1h)
  --remind DURATION   say again, each such time, what is not pass
  --once              look once, print the table, and end with the exit code of the worst
  --roots PEM         trust the certificates in this file instead of Mozilla's
  --at INSTANT        judge as of this instant (RFC 3339) instead of now
  --json              one event a line, and no table
  -h, --help          print this
";

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::read().unwrap_or_else(|error| args::refuse("watch", &error));
    match run(options).await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("watch: {}", args::with_causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

struct Options {
    checker: CheckerBuilder,
    list: Option<PathBuf>,
    every: Duration,
    remind: Option<Duration>,
    once: bool,
    at: Option<OffsetDateTime>,
    json: bool,
    watched: Watched,
}

impl Options {
    fn read() -> Result<Self, lexopt::Error> {
        let mut options = Self {
            checker: Checker::builder(),
            list: None,
            every: Duration::from_secs(3600),
            remind: None,
            once: false,
            at: None,
            json: false,
            watched: Watched::default(),
        };
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Long("list") => options.list = Some(parser.value()?.into()),
                Long("every") => options.every = args::duration(&mut parser, "--every")?,
                Long("remind") => options.remind = Some(args::duration(&mut parser, "--remind")?),
                Long("once") => options.once = true,
                Long("roots") => {
                    options.checker = options.checker.anchors(args::anchors(&mut parser)?);
                }
                Long("at") => options.at = Some(args::instant(&mut parser)?),
                Long("json") => options.json = true,
                Short('h') | Long("help") => args::help(USAGE),
                Value(name) => options.watched.add(&name)?,
                _ => return Err(arg.unexpected()),
            }
        }
        Ok(options)
    }
}

async fn run(options: Options) -> Result<u8, Box<dyn Error>> {
    let Options { mut checker, list, every, remind, once, at, json, mut watched } = options;
    if watched.is_empty() && list.is_none() {
        let demo = demo::start(at.unwrap_or_else(OffsetDateTime::now_utc)).await?;
        checker = checker.anchors(demo.anchors);
        watched.targets.extend(demo.servers.into_iter().map(|(_, target)| target));
    }
    let named = watched.targets.clone();
    let mut read = list.as_ref().map(read_list).transpose()?;
    watched.targets.extend(read.iter().flatten().cloned());
    let mut builder = Watch::builder(checker.build()?).every(every).targets(watched.targets);
    for path in watched.files {
        let files = notafter::source::Files::new();
        builder = builder.source(Source::files(path.as_str(), files, [&path]));
    }
    if let Some(remind) = remind {
        builder = builder.remind_every(remind);
    }
    if let Some(at) = at {
        builder = builder.clock(move || at);
    }
    let watch = builder.start();
    let mut events = watch.subscribe();
    if once || !json {
        watch.looked().await;
        println!("{}", text::table(&watch.snapshot()));
        // The table has told what the first looks showed.
        events = watch.subscribe();
    }
    if once {
        return Ok(watch.snapshot().status().exit_code());
    }
    let mut rereads = tokio::time::interval(Duration::from_secs(2));
    let mut complaint = None;
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(event) => print(event, json)?,
                None => break,
            },
            _ = rereads.tick(), if list.is_some() => {
                let Some(path) = &list else { continue };
                match read_list(path) {
                    Ok(targets) if read.as_ref() != Some(&targets) => {
                        let all = named.iter().chain(&targets).cloned();
                        let (added, removed) = watch.reconcile(all);
                        eprintln!("watch: {added} added, {removed} removed");
                        (read, complaint) = (Some(targets), None);
                    }
                    Ok(_) => complaint = None,
                    // An editor may be about to write it: what is watched stays.
                    Err(error) => {
                        let error = Some(args::with_causes(error.as_ref()));
                        if complaint != error {
                            eprintln!("watch: {}", error.as_deref().unwrap_or_default());
                            complaint = error;
                        }
                    }
                }
            }
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    watch.shutdown().await;
    if !json {
        println!("{}", text::table(&watch.snapshot()));
    }
    Ok(0)
}

/// The targets in a list. One that can't be read refuses the list: half of it would be watched
/// otherwise, and nobody would know.
fn read_list(path: impl Into<PathBuf>) -> Result<Vec<Target>, Box<dyn Error>> {
    let path = path.into();
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut targets = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let target = line.split('#').next().unwrap_or_default().trim();
        if !target.is_empty() {
            let named = |error| format!("{}, line {}: {error}", path.display(), number + 1);
            targets.push(target.parse().map_err(named)?);
        }
    }
    Ok(targets)
}

fn print(event: Result<Event, Missed>, json: bool) -> Result<(), serde_json::Error> {
    match event {
        Ok(event) if json => println!("{}", serde_json::to_string(&event)?),
        Ok(event) => {
            let at = event.at;
            let (date, time) = (at.date(), at.time());
            println!("{date} {:02}:{:02}:{:02} {event}", time.hour(), time.minute(), time.second());
        }
        Err(missed) => eprintln!("watch: {missed}"),
    }
    Ok(())
}
