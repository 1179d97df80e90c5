//! Real servers by the recipes that stand beside the repository, for the tests that are ignored by
//! default: `NAME.sh CHAIN KEY PORT WORKDIR` starts one in the foreground, on 127.0.0.1.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use notafter::chain::{Entry, Possession, PresentedChain};
use notafter::fetch::{FetchErrorKind, Fetcher, Phase};
use notafter::target::Target;

use super::pki::{Issued, Pki};
use super::process::{Scratch, free_ports};

/// The recipe of that name; `None`, and a line that says so, where the recipes are not there.
///
/// They are looked for in the repository's own `.ci/peers`, then in `NOTAFTER_PEERS`, else in
/// `../shared/peers`.
pub(crate) fn recipe(name: &str) -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/peers").join(format!("{name}.sh"));
    if own.exists() {
        return Some(own);
    }
    let folder = match std::env::var_os("NOTAFTER_PEERS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/peers"),
    };
    let path = folder.join(format!("{name}.sh"));
    if path.exists() {
        return Some(path);
    }
    println!("SKIPPED: there is no {}", path.display());
    None
}

/// A chain, its key, and the files that servers want them in.
pub(crate) struct Site {
    pub(crate) pki: Pki,
    pub(crate) leaf: Issued,
    pub(crate) files: Scratch,
}

impl Site {
    /// A server called `example.com`.
    pub(crate) fn new() -> Self {
        Self::of(&["example.com"])
    }

    /// A server that goes by those names.
    pub(crate) fn of(names: &[&str]) -> Self {
        let pki = Pki::new();
        let leaf = pki.leaf(names[0]).names(names).issue();
        let files = Scratch::new();
        files.file("chain.pem", format!("{}{}", leaf.pem(), pki.intermediate.pem()));
        files.file("key.pem", leaf.key_pem());
        files.file("root.pem", pki.root.pem());
        Self { pki, leaf, files }
    }

    /// The DER bytes that every door of the server has to show.
    pub(crate) fn chain(&self) -> [&[u8]; 2] {
        [&self.leaf.der, &self.pki.intermediate.der]
    }

    /// Fetches, and looks whether the chain is the site's, from who holds its key.
    pub(crate) async fn assert_shown_at(&self, target: &Target) {
        let chain = Fetcher::new().unwrap().fetch(target).await.unwrap();
        let ders: Vec<_> = chain.entries().iter().map(Entry::der).collect();
        assert_eq!(ders, self.chain(), "{target}");
        assert_eq!(chain.peer().unwrap().possession(), Possession::Proven, "{target}");
    }

    /// Starts a server by its recipe, on the first of six free ports in a row, with those settings
    /// in its environment; waits until the first accepts, and the one `awaited` steps above it:
    /// servers open them in any order.
    #[track_caller]
    pub(crate) fn start(
        &self,
        name: &str,
        settings: &[(&str, &str)],
        awaited: u16,
    ) -> Option<Peer> {
        let recipe = recipe(name)?;
        let port = free_ports(6);
        let child = Command::new("sh")
            .arg(recipe)
            .arg(self.files.path("chain.pem"))
            .arg(self.files.path("key.pem"))
            .arg(port.to_string())
            .arg(self.files.path(&format!("{name}-{port}")))
            .envs(settings.iter().copied())
            // One that crashes at its end (InspIRCd) leaves its memory there.
            .current_dir(self.files.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut peer = Peer { child, port };
        [0, awaited].into_iter().for_each(|above| peer.wait_for(above));
        Some(peer)
    }
}

/// A server, or a proxy, that is ended when it is dropped.
pub(crate) struct Peer {
    child: Child,
    port: u16,
}

impl Peer {
    /// Waits until the port so many steps above the first accepts.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, above: u16) {
        let address = self.address(above);
        for _ in 0..600 {
            if TcpStream::connect(address).is_ok() {
                return;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server for {address} ended with {status}");
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("nobody listens at {address}");
    }

    /// Has it read its files anew.
    pub(crate) fn reload(&self) {
        let kill = Command::new("kill").arg("-HUP").arg(self.child.id().to_string()).status();
        assert!(kill.unwrap().success());
    }

    /// The folder below the site's files that its recipe copies them to.
    pub(crate) fn folder(&self, name: &str) -> String {
        format!("{name}-{}", self.port)
    }

    /// Its address, so many ports above the first.
    pub(crate) fn address(&self, above: u16) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port + above).into()
    }

    /// A target of that scheme and host name, and of no other address than the server's.
    pub(crate) fn target(&self, scheme: &str, host: &str, above: u16) -> Target {
        format!("{scheme}://{host}:{};connect={}", self.port + above, self.address(above))
            .parse()
            .unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Servers that fork end their children when they are asked to end.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        for _ in 0..100 {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Fetches in vain, because the server has no TLS.
pub(crate) async fn assert_withholds(target: &Target, kind: FetchErrorKind) {
    let error = Fetcher::new().unwrap().fetch(target).await.unwrap_err();
    assert_eq!((error.phase(), error.kind()), (Phase::StartTls, kind), "{error:?}");
}

/// What `openssl s_client -showcerts` sees at the address, as DER; `arguments` say how to get to
/// TLS there, such as `-starttls smtp`.
#[track_caller]
pub(crate) fn seen_by_openssl(address: SocketAddr, arguments: &[&str]) -> Vec<Vec<u8>> {
    let output = Command::new("timeout")
        .args(["20", "openssl", "s_client", "-showcerts", "-connect", &address.to_string()])
        .args(["-servername", "example.com"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let chain = PresentedChain::from_pem(&output.stdout);
    let Ok(chain) = chain else {
        panic!("openssl saw none: {}", String::from_utf8_lossy(&output.stderr));
    };
    chain.entries().iter().map(|entry| entry.der().to_vec()).collect()
}
