//! Installing by apt.

use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, ExitStatus, Stdio};

use super::HostError;
use super::examine::on_path;
use super::stream::stream;
use crate::progress::{Event, Progress};

/// Where apt keeps what it knows of the packages to be had.
const LISTS: &str = "/var/lib/apt/lists";

/// Installs packages. On a machine that has never asked what packages there
/// are, or whose knowledge is out of date, asks first.
pub fn install(
    names: &[String],
    packages: &[&str],
    command: &str,
    progress: &dyn Progress,
) -> Result<(), HostError> {
    let apt = Apt::new().ok_or_else(|| HostError::NotRoot {
        names: names.to_owned(),
        command: command.to_owned(),
    })?;
    progress.event(Event::Begin { stage: "packages", total: None });
    let result = apt.install(packages, progress);
    progress.event(Event::End);
    match result? {
        (status, _) if status.success() => Ok(()),
        (status, output) => Err(HostError::Install {
            names: names.to_owned(),
            command: command.to_owned(),
            status,
            output,
        }),
    }
}

/// Whether this process may install packages without `sudo`.
pub fn is_root() -> bool {
    // The owner of a process's folder is its effective user, proc_pid(5).
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

/// apt-get, as root or by sudo.
struct Apt {
    sudo: bool,
}

impl Apt {
    /// `None` means that this process has no way to become root.
    fn new() -> Option<Apt> {
        let root = is_root();
        (root || on_path("sudo").is_some()).then_some(Apt { sudo: !root })
    }

    fn install(
        &self,
        packages: &[&str],
        progress: &dyn Progress,
    ) -> Result<(ExitStatus, String), HostError> {
        let install = [&["install", "--yes", "--no-install-recommends"], packages].concat();
        if has_lists() {
            let result = self.run(&install, progress)?;
            if result.0.success() {
                return Ok(result);
            }
            // Old lists name packages that the archive has replaced since.
        }
        let updated = self.run(&["update"], progress)?;
        if !updated.0.success() {
            return Ok(updated);
        }
        self.run(&install, progress)
    }

    /// Runs apt-get; returns how it ended and its last lines.
    fn run(
        &self,
        args: &[&str],
        progress: &dyn Progress,
    ) -> Result<(ExitStatus, String), HostError> {
        let program = if self.sudo { "sudo" } else { "env" };
        let mut command = Command::new(program);
        if self.sudo {
            // Where nobody can type a password, sudo must not wait for one.
            if !std::io::stdin().is_terminal() {
                command.arg("--non-interactive");
            }
            command.arg("env");
        } else {
            command.stdin(Stdio::null());
        }
        command
            // No questions, from packages or from the tool that restarts services.
            .args(["DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=l", "LC_ALL=C.UTF-8"])
            .args(["apt-get", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120"])
            .args(args);
        let step = |line: &str| {
            progress.event(Event::Step { done: 0, detail: line });
            Ok(())
        };
        stream(command, step)
            .map(|(status, tail)| (status, tail.text()))
            .map_err(|source| HostError::Start { program: program.to_owned(), source })
    }
}

/// Whether apt knows of any package at all.
fn has_lists() -> bool {
    let is_list = |name: &str| name.contains("_Packages");
    std::fs::read_dir(LISTS).is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_str().is_some_and(is_list))
    })
}
