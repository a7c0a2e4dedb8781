//! gdb: told where the symbols are, started, and never left behind.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::str::FromStr;

use builder::guest::payload::PayloadFile;
use builder::kernel::Kernel;
use fs_err as fs;
use process::interrupt::CtrlCLeft;
use process::{Command, Temporary};

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
    pub modules: &'a [PayloadFile],
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
    pub fn prepare(&self) -> Result<Temporary, Error> {
        let folder = Temporary::new()?;
        let modules = folder.path().join(MODULES);
        fs::create_dir(&modules)?;
        for PayloadFile { guest, host } in self.modules {
            place_at_zero(host, &modules.join(guest.as_str()))?;
        }
        let setup = folder.path().join(SETUP);
        fs::write(&setup, self.setup(folder.path()))?;
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

    /// Runs gdb to its end; returns its exit status, or 128 + N for signal N. Ctrl-C
    /// is gdb's, which stops the machine by it.
    pub fn run(&self, folder: &Path) -> Result<u8, Error> {
        let _left = CtrlCLeft::to_program();
        let status = self.command(folder).status().map_err(Error::file("start", GDB))?;
        let status = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
        Ok(u8::try_from(status).unwrap_or(u8::MAX))
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(GDB);
        command.in_foreground().arg("-quiet");
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
        command
    }
}

/// Copies a module with all its sections at address 0.
///
/// The linker leaves some elsewhere, which is of no meaning in a file that is
/// still to be relocated. gdb takes it for one that is not, and would look for
/// the module's variables among its code.
fn place_at_zero(module: &Path, copy: &Path) -> Result<(), Error> {
    let mut objcopy = Command::new("objcopy");
    objcopy.args(["--change-section-address", "*=0"]).args([module, copy]);
    let output = objcopy.output().and_then(|output| match output.ended.status.success() {
        true => Ok(()),
        false => Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
    });
    output.map_err(Error::file("copy", module))
}
