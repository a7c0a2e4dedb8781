//! gdb: told where the symbols are, started, and never left behind.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::str::FromStr;

use builder::kernel::Kernel;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGTERM};
use tempfile::TempDir;

use crate::error::Error;

/// The program that is run; a need of the host's.
pub const GDB: &str = "gdb";

/// Files of the session's private folder.
pub const SOCKET: &str = "socket";
const SETUP: &str = "setup.gdb";
const MODULES: &str = "modules";

/// What gdb is told of a machine.
pub struct Session<'a> {
    /// With debug information and the kernel's own scripts for gdb.
    pub kernel: &'a Kernel,
    /// File names and files.
    pub modules: &'a [(String, PathBuf)],
    /// Folders of the modules' sources.
    pub sources: Vec<PathBuf>,
    /// Commands to follow instead of a person's.
    pub batch: Option<&'a Script>,
}

/// A file of commands for gdb. That it can be read is known: gdb would only
/// warn of one that cannot, and succeed.
#[derive(Debug, Clone)]
pub struct Script(PathBuf);

impl FromStr for Script {
    type Err = String;

    fn from_str(path: &str) -> Result<Script, String> {
        match std::fs::read(path) {
            Ok(_) => Ok(Script(path.into())),
            Err(error) => Err(format!("failed to read `{path}`: {error}")),
        }
    }
}

impl Session<'_> {
    /// Makes the folder that gdb works with: nobody else may open it.
    pub fn prepare(&self) -> Result<TempDir, Error> {
        let folder = tempfile::tempdir().map_err(Error::file("create", "a temporary folder"))?;
        let modules = folder.path().join(MODULES);
        std::fs::create_dir(&modules).map_err(Error::file("create", &modules))?;
        for (name, file) in self.modules {
            place_at_zero(file, &modules.join(name))?;
        }
        let setup = folder.path().join(SETUP);
        std::fs::write(&setup, self.setup(folder.path())).map_err(Error::file("write", &setup))?;
        Ok(folder)
    }

    /// What gdb does before anybody else tells it anything.
    fn setup(&self, folder: &Path) -> String {
        let mut text = String::from("set breakpoint pending on\n");
        for source in &self.sources {
            text += &format!("directory {}\n", source.display());
        }
        text += &format!("target remote {}\n", folder.join(SOCKET).display());
        // The kernel's own command (scripts/gdb/linux/symbols.py): it has gdb
        // read a module's symbols when the kernel has put it into memory, and
        // before its init runs. It also looks for modules where gdb stands.
        text += &format!(
            "cd {0}\nlx-symbols {0}/{MODULES}\ncd {1}\n",
            folder.display(),
            std::env::current_dir().unwrap_or_default().display(),
        );
        text
    }

    /// Runs gdb to its end; returns its exit status, or 128 + N for signal N.
    pub fn run(&self, folder: &Path) -> Result<u8, Error> {
        let failed = || Error::file("start", GDB);
        let mut signals = Signals::listen().map_err(failed())?;
        let mut gdb = self.command(folder).spawn().map(Gdb).map_err(failed())?;
        let status = signals.wait(&mut gdb).map_err(failed())?;
        let status = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
        Ok(u8::try_from(status).unwrap_or(u8::MAX))
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(GDB);
        command.arg("-quiet");
        if self.batch.is_some() {
            // A script does the same for everybody: no configuration is read.
            command.args(["-batch", "-nx"]).stdin(Stdio::null());
        }
        // gdb runs the scripts that lie beside a kernel only where it is told
        // that they may be trusted.
        for trusted in [&self.kernel.build_dir, &self.kernel.source.dir] {
            command
                .arg("-init-eval-command")
                .arg(format!("add-auto-load-safe-path {}", trusted.display()));
        }
        command.arg(self.kernel.build_dir.join("vmlinux"));
        command.arg("-command").arg(folder.join(SETUP));
        if let Some(batch) = self.batch {
            command.arg("-command").arg(&batch.0);
        }
        // SAFETY: prctl is a system call and nothing else.
        unsafe {
            // Should the lab die, gdb dies with it.
            command.pre_exec(|| Ok(set_pdeathsig(Signal::SIGKILL)?));
        }
        command
    }
}

/// Copies a module with all its sections at address 0.
///
/// The linker leaves some elsewhere, which is of no meaning in a file that is
/// still to be relocated. gdb takes it for one that is not, and would look for
/// the module's variables among its code.
fn place_at_zero(module: &Path, copy: &Path) -> Result<(), Error> {
    let output = Command::new("objcopy")
        .args(["--change-section-address", "*=0"])
        .args([module, copy])
        .stdin(Stdio::null())
        .output()
        .and_then(|output| match output.status.success() {
            true => Ok(()),
            false => Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
        });
    output.map_err(Error::file("copy", module))
}

/// A running gdb. Dropping it ends it.
struct Gdb(Child);

impl Drop for Gdb {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the lab waits for while gdb has the terminal: that gdb ends, or that
/// the lab is asked to end. Ctrl-C is gdb's, which stops the machine by it.
struct Signals {
    child: UnixStream,
    end: UnixStream,
}

impl Signals {
    fn listen() -> io::Result<Signals> {
        let (child, writer) = UnixStream::pair()?;
        signal_hook::low_level::pipe::register(SIGCHLD, writer)?;
        let (end, writer) = UnixStream::pair()?;
        for signal in [SIGTERM, SIGHUP] {
            signal_hook::low_level::pipe::register(signal, writer.try_clone()?)?;
        }
        child.set_nonblocking(true)?;
        Ok(Signals { child, end })
    }

    /// Waits for gdb's end, and brings it about where that is asked for.
    fn wait(&mut self, gdb: &mut Gdb) -> io::Result<ExitStatus> {
        loop {
            let mut fds = [
                PollFd::new(self.child.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.end.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut fds, PollTimeout::NONE) {
                Err(Errno::EINTR) => continue,
                result => result?,
            };
            if fds[1].any() == Some(true) {
                gdb.0.kill()?;
                return gdb.0.wait();
            }
            // QEMU is a child, too, and may end first.
            let mut told = [0; 64];
            let _ = self.child.read(&mut told);
            if let Some(status) = gdb.0.try_wait()? {
                return Ok(status);
            }
        }
    }
}
