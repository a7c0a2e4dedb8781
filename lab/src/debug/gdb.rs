//! Starts gdb, tells it where the symbols are, and always ends it.

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

/// The program to run, which the host needs to have.
pub const GDB: &str = "gdb";

/// Names of files in the session's private folder.
pub const SOCKET: &str = "socket";
const SETUP: &str = "setup.gdb";
const MODULES: &str = "modules";

/// What gdb is told about a machine.
pub struct Session<'a> {
    /// The kernel, with debug information and its own scripts for gdb.
    pub kernel: &'a Kernel,
    pub modules: &'a [PayloadFile],
    /// The folders that contain the modules' sources. The first is searched first.
    pub sources: Vec<PathBuf>,
    /// A file of commands to run instead of talking to a person.
    pub batch: Option<&'a Script>,
}

/// A file of commands for gdb that is known to be readable. If gdb cannot read its
/// script, it only warns and succeeds.
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
    /// Makes gdb's working folder, which no other user may open.
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

    /// The commands that gdb runs first.
    fn setup(&self, folder: &Path) -> String {
        let mut text = String::from("set breakpoint pending on\n");
        // gdb puts each in front of those that it knows.
        for source in self.sources.iter().rev() {
            text += &format!("directory {}\n", source.display());
        }
        text += &format!("target remote {}\n", folder.join(SOCKET).display());
        // The kernel's own command (scripts/gdb/linux/symbols.py). When the kernel has
        // loaded a module, and before the module's init runs, it makes gdb read the
        // symbols. It also searches gdb's current folder for modules.
        text += &format!(
            "cd {0}\nlx-symbols {0}/{MODULES}\ncd {1}\n",
            folder.display(),
            std::env::current_dir().unwrap_or_default().display(),
        );
        text
    }

    /// Runs gdb to its end. Returns its exit status, or 128 + N for signal N. Ctrl-C
    /// belongs to gdb, which stops the machine on it.
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
            // A script must do the same for everybody, so gdb reads no configuration.
            command.args(["-batch", "-nx"]).stdin(Stdio::null());
        }
        // gdb runs the scripts next to a kernel only if it is told to trust them.
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

/// Copies a module, with all its sections at address 0.
///
/// The linker puts some sections elsewhere, which means nothing in a relocatable file.
/// But gdb does not treat the file as relocatable and would look for the module's
/// variables in its code.
fn place_at_zero(module: &Path, copy: &Path) -> Result<(), Error> {
    let mut objcopy = Command::new("objcopy");
    objcopy.args(["--change-section-address", "*=0"]).args([module, copy]);
    let output = objcopy.output().and_then(|output| match output.ended.status.success() {
        true => Ok(()),
        false => Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
    });
    output.map_err(Error::file("copy", module))
}
