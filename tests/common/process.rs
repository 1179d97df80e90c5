//! Programs of the system as servers, on loopback, for the tests that are ignored by default.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use notafter::target::Target;

/// A directory that is removed when it is dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{count}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A key of OpenSSL's own making in `key.pem`, and in `leaf.pem` and `leaf.der` a certificate for
    /// `example.com` that it signs itself.
    #[track_caller]
    pub(crate) fn self_signed(genpkey: &str, req: &str) -> Self {
        let files = Self::new();
        files.run(&format!("openssl genpkey {genpkey} -out key.pem"));
        files.run(&format!(
            "openssl req -x509 -new -key key.pem -subj /CN=example.com -days 30 {req} -out leaf.pem"
        ));
        files.run("openssl x509 -in leaf.pem -outform DER -out leaf.der");
        files
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file, and says where it is.
    pub(crate) fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, contents).unwrap();
        path.into_os_string().into_string().unwrap()
    }

    /// Reads a file.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Runs a program in the directory, its arguments separated by white space.
    #[track_caller]
    pub(crate) fn run(&self, command: &str) {
        let mut words = command.split_whitespace();
        let output = Command::new(words.next().unwrap())
            .args(words)
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {complaint}");
    }

    /// Starts a server in the directory, its arguments separated by white space, and waits until
    /// it accepts connections on the port of 127.0.0.1.
    #[track_caller]
    pub(crate) fn start(&self, command: &str, port: u16) -> Process {
        let mut words = command.split_whitespace();
        let child = Command::new(words.next().unwrap())
            .args(words)
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(self.path("stderr")).unwrap())
            .spawn()
            .unwrap();
        let mut process = Process { child, address: (Ipv4Addr::LOCALHOST, port).into() };
        for _ in 0..200 {
            if TcpStream::connect(process.address).is_ok() {
                return process;
            }
            if process.child.try_wait().unwrap().is_some() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("{command}: {}", String::from_utf8_lossy(&self.read("stderr")));
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server that is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// A target of that host name, and of no other address than the server's.
    pub(crate) fn target(&self, host: &str) -> Target {
        format!("{host};connect={}", self.address).parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago: programs that are told their port can't take port 0.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// The first of so many ports in a row that were free a moment ago. They lie below those that the
/// system gives to clients and to port 0, so that nobody takes them by accident.
pub(crate) fn free_ports(count: u16) -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Test binaries may run side by side.
    let start = std::process::id() % 1_000 * 12;
    loop {
        let first = 20_000 + (start + NEXT.fetch_add(u32::from(count), Ordering::Relaxed)) % 12_000;
        let first = u16::try_from(first).unwrap();
        let is_free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
        if (first..first + count).all(is_free) {
            return first;
        }
    }
}
