//! Runs a compiler on a stranger's file: it may read what a compiler reads,
//! write into one folder, and use so much time, memory and disk, no more.
//!
//! Landlock (Documentation/userspace-api/landlock.rst) is what holds it, and
//! all that it starts: no privilege is needed. What it cannot open it cannot
//! include, whatever the language has for that.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus,
};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use wait_timeout::ChildExt;

/// What a distribution's compilers, linkers and shells consist of.
const SYSTEM: &[&str] =
    &["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives"];

/// Devices that build tools write to and read from.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/urandom"];

/// Processor time of each process, seconds.
const CPU_S: u64 = 20;
/// Address space of each process, bytes.
const ADDRESS_SPACE: u64 = 4 << 30;
/// The longest file, bytes.
const FILE_SIZE: u64 = 128 << 20;
/// The host's time for all of it.
const LIMIT: Duration = Duration::from_secs(60);
/// Bytes of output that are kept.
const OUTPUT: u64 = 64 << 10;

/// What is forbidden, as far as the host's kernel can: files since 5.13, TCP
/// since 6.7.
const KNOWN: ABI = ABI::V4;

/// What a command may touch.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// Files and folders that it may read and execute, besides the system's.
    pub read: Vec<PathBuf>,
    /// The folder that it may write to, which is also its `TMPDIR`.
    pub write: PathBuf,
}

/// How a command ended.
#[derive(Debug)]
pub struct Finished {
    pub status: Status,
    /// What it wrote to stdout and stderr, as one; cut if it is very long.
    pub output: String,
}

/// How it ended, as far as that decides what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Ended(ExitStatus),
    /// It was killed after `LIMIT`.
    TimedOut,
}

/// Why a command could not be run in a sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("this kernel does not enforce Landlock rules")]
    Unsupported,
    #[error("failed to set up Landlock: {0}")]
    Landlock(#[from] RulesetError),
    #[error("failed to run `{}` in a sandbox: {source}", program.display())]
    Run { program: PathBuf, source: io::Error },
}

impl Sandbox {
    /// An error if this host lacks what a sandbox takes.
    pub fn check_support() -> Result<(), SandboxError> {
        // Nothing is restricted until a process says `restrict_self`; creating
        // a rule set asks the kernel for its version.
        let supported = rules().and_then(Ruleset::create);
        supported.map(drop).map_err(|_| SandboxError::Unsupported)
    }

    /// Runs a command with its output in one piece; its environment is what
    /// `environment` says and nothing else.
    pub fn run(
        &self,
        program: &Path,
        args: impl IntoIterator<Item = impl AsRef<OsStr>>,
        environment: &[(&str, &OsStr)],
        folder: &Path,
    ) -> Result<Finished, SandboxError> {
        Sandbox::check_support()?;
        let failed = |source| SandboxError::Run { program: program.to_owned(), source };
        let log = self.write.join("output");
        let output = File::create(&log).map_err(failed)?;
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(folder)
            .env_clear()
            .envs(environment.iter().copied())
            .env("TMPDIR", &self.write)
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(failed)?)
            .stderr(output)
            // All that it starts can be ended with it.
            .process_group(0);
        let mut rules = Some(self.rules()?);
        // SAFETY: system calls only; the rule set was made before the fork.
        unsafe {
            command.pre_exec(move || {
                limit()?;
                let rules = rules.take().ok_or(io::ErrorKind::InvalidInput)?;
                let restricted = rules.restrict_self().map_err(|_| io::ErrorKind::Unsupported)?;
                if restricted.ruleset == RulesetStatus::NotEnforced {
                    return Err(io::ErrorKind::Unsupported.into());
                }
                Ok(())
            });
        }
        let mut child = command.spawn().map_err(|source| match source.kind() {
            io::ErrorKind::Unsupported => SandboxError::Unsupported,
            _ => failed(source),
        })?;
        let status = match child.wait_timeout(LIMIT).map_err(failed)? {
            Some(status) => Status::Ended(status),
            None => Status::TimedOut,
        };
        // Nothing of it stays behind, whether it ended or not; there may be
        // nothing left to kill.
        let _ = killpg(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL);
        if status == Status::TimedOut {
            child.wait().map_err(failed)?;
        }
        let mut bytes = Vec::new();
        File::open(&log)
            .and_then(|file| file.take(OUTPUT).read_to_end(&mut bytes))
            .map_err(failed)?;
        Ok(Finished { status, output: String::from_utf8_lossy(&bytes).into_owned() })
    }

    fn rules(&self) -> Result<RulesetCreated, SandboxError> {
        let mut rules = rules()?.create()?;
        let system = SYSTEM.iter().map(Path::new);
        for path in system.chain(self.read.iter().map(PathBuf::as_path)) {
            rules = allow(rules, path, AccessFs::from_read(KNOWN))?;
        }
        for path in DEVICES.iter().map(Path::new) {
            rules = allow(rules, path, AccessFs::ReadFile | AccessFs::WriteFile)?;
        }
        allow(rules, &self.write, AccessFs::from_all(KNOWN))
    }
}

/// Everything that can be forbidden is; without files there is no sandbox.
fn rules() -> Result<Ruleset, RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(KNOWN))?
        .handle_access(AccessNet::from_all(KNOWN))
}

/// Opens a path to the sandbox; one that is not there needs no opening.
fn allow(
    rules: RulesetCreated,
    path: &Path,
    access: impl Into<landlock::BitFlags<AccessFs>>,
) -> Result<RulesetCreated, SandboxError> {
    let Ok(file) = PathFd::new(path) else { return Ok(rules) };
    let mut access = access.into();
    if !path.is_dir() {
        access &= AccessFs::from_file(KNOWN);
    }
    Ok(rules.add_rule(PathBeneath::new(file, access))?)
}

fn limit() -> io::Result<()> {
    for (resource, limit) in [
        (Resource::RLIMIT_CPU, CPU_S),
        (Resource::RLIMIT_AS, ADDRESS_SPACE),
        (Resource::RLIMIT_FSIZE, FILE_SIZE),
        (Resource::RLIMIT_CORE, 0),
    ] {
        setrlimit(resource, limit, limit)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::os::unix::fs::OpenOptionsExt;

    use nix::libc;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    fn shell(script: &str) -> Finished {
        shell_in(tempfile::tempdir().unwrap().path(), script)
    }

    fn shell_in(folder: &Path, script: &str) -> Finished {
        let sandbox = Sandbox { read: Vec::new(), write: folder.to_owned() };
        let environment = [("PATH", OsStr::new("/usr/bin:/bin"))];
        sandbox.run(Path::new("/bin/sh"), ["-c", script], &environment, folder).unwrap()
    }

    fn code(finished: &Finished) -> Option<i32> {
        match finished.status {
            Status::Ended(status) => status.code(),
            Status::TimedOut => None,
        }
    }

    #[test]
    fn it_writes_to_its_folder_and_reads_the_system() {
        let finished = shell("echo hi > here && cat here && test -r /usr/bin/env");
        assert_eq!((code(&finished), finished.output.as_str()), (Some(0), "hi\n"));
    }

    #[test]
    fn it_reads_no_other_file_and_writes_to_no_other_folder() {
        let secret = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(secret.path(), "secret").unwrap();
        let read = shell(&format!("cat {}", secret.path().display()));
        assert_eq!(code(&read), Some(1));
        assert!(read.output.ends_with("Permission denied\n"), "{}", read.output);
        let write = shell(&format!("echo x > {}", secret.path().display()));
        assert_ne!(code(&write), Some(0));
        assert_eq!(std::fs::read(secret.path()).unwrap(), b"secret");
    }

    #[test]
    fn what_it_leaves_behind_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        mkfifo(&path, Mode::S_IRWXU).unwrap();
        let pipe = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
        assert_eq!(code(&shell_in(folder.path(), "exec 3> pipe; sleep 1000 &")), Some(0));
        // The pipe hangs up when the last who could write to it is gone.
        let mut wait = [PollFd::new(pipe.as_fd(), PollFlags::empty())];
        assert_eq!(poll(&mut wait, PollTimeout::from(10_000u16)).unwrap(), 1);
        assert_eq!(wait[0].revents(), Some(PollFlags::POLLHUP));
    }
}
