//! Runs a compiler on a stranger's file. The compiler may read only what compilers need,
//! write to one folder, and use limited time, memory and disk.
//!
//! Landlock (Documentation/userspace-api/landlock.rst) confines it and everything that it
//! starts, without any privilege. A compiler cannot include what it cannot open, whatever
//! its language offers for that. Landlock forbids sockets only in part, so a system call
//! filter forbids making one.

use std::ffi::OsStr;
use std::io::{self, Read, Seek};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::statvfs::statvfs;
use process::Command;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

/// The folders that contain a distribution's compilers, linkers and shells.
const SYSTEM: &[&str] =
    &["/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives"];

/// Devices that build tools read and write.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/urandom"];

/// Processor time of each process, seconds. Beyond it, SIGXCPU ends the process; a
/// SIGKILL must have come from somewhere else.
pub const CPU_S: u64 = 20;
/// Address space of each process, bytes.
pub const ADDRESS_SPACE: u64 = 1 << 30;
/// The maximum length of a file, bytes.
pub const FILE_SIZE: u64 = 16 << 20;
/// The maximum size of all files of one run, bytes. A compiler writes an object, a
/// program and something besides.
const ALL_FILES: u64 = 4 * FILE_SIZE;
/// The limit on the host's clock for the whole run. The few processes run one after the
/// other, so [`CPU_S`] ends them before this limit does, except on a busy host.
const LIMIT: Duration = Duration::from_secs(240);
/// How much output is kept, bytes.
const OUTPUT: u64 = 64 << 10;

/// The Landlock version whose accesses are forbidden as far as the host's kernel can:
/// files since 5.13, TCP since 6.7.
const KNOWN: ABI = ABI::V4;

/// System calls that no compiler needs. A socket leads to the network and to the person's
/// agents and daemons, and io_uring can make one. Keys are the person's.
const FORBIDDEN: &[libc::c_long] =
    &[libc::SYS_socket, libc::SYS_io_uring_setup, libc::SYS_keyctl, libc::SYS_request_key];

/// Marks the numbers of the same calls in x32 programs, which run wherever 64-bit
/// programs do.
const X32: libc::c_long = 0x4000_0000;

/// What a command may access.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// Files and folders that it may read and execute, in addition to the system's.
    pub read: Vec<PathBuf>,
    /// The only folder that it may write to, also its `TMPDIR`.
    pub write: PathBuf,
}

/// How a command ended.
#[derive(Debug)]
pub struct Finished {
    pub status: Status,
    /// Its stdout and stderr, interleaved. Cut off if very long.
    pub output: String,
}

/// How it ended, as far as that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Ended(ExitStatus),
    /// It was killed after `LIMIT`.
    TimedOut,
}

impl Finished {
    pub fn succeeded(&self) -> bool {
        matches!(self.status, Status::Ended(status) if status.success())
    }

    /// What ended it from outside, if anything did. No input file can explain that.
    pub fn meddled(&self) -> Option<String> {
        let Status::Ended(status) = self.status else {
            return Some(format!("it did not end within {} s", LIMIT.as_secs()));
        };
        if let Some(signal) = status.signal().filter(|signal| !EXCESS.contains(signal)) {
            let name = Signal::try_from(signal).map_or("unknown", Signal::as_str);
            return Some(format!("it was ended by signal {signal} ({name})"));
        }
        // gcc reports in this way what happened to a program that it started.
        let told = |words: &str| {
            let (_, rest) = self.output.split_once(words)?;
            rest.split(' ').next()?.parse().ok()
        };
        let killed = self.output.contains("Killed signal terminated program");
        let signal = if killed { Some(9) } else { told("ld terminated with signal ") };
        let signal = signal.filter(|signal| !EXCESS.contains(signal))?;
        Some(format!("a part of it was ended by signal {signal}"))
    }
}

/// The signals of a compiler that exceeded a limit of the sandbox or its own. A file
/// cannot cause any other signal.
const EXCESS: &[i32] = &[
    Signal::SIGXCPU as i32,
    Signal::SIGXFSZ as i32,
    Signal::SIGABRT as i32,
    Signal::SIGSEGV as i32,
    Signal::SIGILL as i32,
];

/// What the host offers less of than a command may use in a folder, or `None` if there is
/// enough. A lack may explain a failure.
pub fn lacking(folder: &Path) -> Option<String> {
    for (resource, most, what) in LIMITS {
        let hard = getrlimit(resource).map_or(u64::MAX, |(_, hard)| hard);
        if hard < most {
            return Some(format!("this session's limit on {what} is {hard}, below {most}"));
        }
    }
    let room = statvfs(folder).ok()?;
    let room = room.blocks_available() * room.fragment_size();
    (room < ALL_FILES).then(|| {
        let (folder, room, all) = (folder.display(), room >> 20, ALL_FILES >> 20);
        format!("`{folder}` has {room} MiB left, and {all} MiB may be needed")
    })
}

/// Why a command could not be run in a sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("this kernel does not enforce Landlock rules")]
    Unsupported,
    #[error("failed to set up Landlock: {0}")]
    Landlock(#[from] RulesetError),
    #[error("failed to set up a filter of system calls: {0}")]
    Filter(#[from] seccompiler::Error),
    #[error("failed to run `{}` in a sandbox: {source}", program.display())]
    Run { program: PathBuf, source: io::Error },
}

impl Sandbox {
    /// Fails if this host does not support what a sandbox needs.
    pub fn check_support() -> Result<(), SandboxError> {
        // Creating a rule set asks the kernel for its Landlock version. Nothing is
        // restricted before `restrict_self`.
        let supported = rules().and_then(Ruleset::create);
        supported.map(drop).map_err(|_| SandboxError::Unsupported)
    }

    /// Runs a command and returns its output. Its environment is exactly `environment`.
    pub fn run(
        &self,
        program: &Path,
        args: impl IntoIterator<Item = impl AsRef<OsStr>>,
        environment: &[(&str, &OsStr)],
        folder: &Path,
    ) -> Result<Finished, SandboxError> {
        Sandbox::check_support()?;
        let failed = |source| SandboxError::Run { program: program.to_owned(), source };
        // The file has no name, or the command could put another file in its place.
        let mut log = tempfile::tempfile_in(&self.write).map_err(failed)?;
        let output = log.try_clone().map_err(failed)?;
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(folder)
            .env_clear()
            .envs(environment.iter().copied())
            .env("TMPDIR", &self.write)
            .stdout(output.try_clone().map_err(failed)?)
            .stderr(output);
        let mut rules = Some(self.rules()?);
        let filter = filter()?;
        // SAFETY: only system calls; the rule set and the filter were made before the fork.
        unsafe {
            command.pre_exec(move || {
                limit()?;
                let rules = rules.take().ok_or(io::ErrorKind::InvalidInput)?;
                let restricted = rules.restrict_self().map_err(|_| io::ErrorKind::Unsupported)?;
                if restricted.ruleset == RulesetStatus::NotEnforced {
                    return Err(io::ErrorKind::Unsupported.into());
                }
                apply_filter(&filter).map_err(|_| io::Error::last_os_error())
            });
        }
        let mut child = command.start().map_err(|source| match source.kind() {
            io::ErrorKind::Unsupported => SandboxError::Unsupported,
            _ => failed(source),
        })?;
        let status = match child.wait_until(Some(Instant::now() + LIMIT)).map_err(failed)? {
            Some(ended) => Status::Ended(ended.status),
            None => Status::TimedOut,
        };
        // After this, no process of the command is left that could write more output.
        child.end().map_err(failed)?;
        let mut bytes = Vec::new();
        log.rewind().map_err(failed)?;
        log.take(OUTPUT).read_to_end(&mut bytes).map_err(failed)?;
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

/// Forbids everything that can be forbidden. Restricting file access is mandatory.
fn rules() -> Result<Ruleset, RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(KNOWN))?
        .handle_access(AccessNet::from_all(KNOWN))?
        // Since Linux 6.12: it can send signals only to its own processes.
        .scope(Scope::Signal)
}

fn filter() -> Result<BpfProgram, seccompiler::Error> {
    let calls = FORBIDDEN.iter().flat_map(|&call| [call, X32 | call]);
    let filter = SeccompFilter::new(
        calls.map(|call| (call, Vec::new())).collect(),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM as u32),
        std::env::consts::ARCH.try_into()?,
    )?;
    Ok(filter.try_into()?)
}

/// Allows access to a path. A path that does not exist is skipped.
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

/// The limits of each process, with names for people.
const LIMITS: [(Resource, u64, &str); 3] = [
    (Resource::RLIMIT_CPU, CPU_S, "processor time in seconds"),
    (Resource::RLIMIT_AS, ADDRESS_SPACE, "memory in bytes"),
    (Resource::RLIMIT_FSIZE, FILE_SIZE, "a file's length in bytes"),
];

/// Limits the calling process. Lower limits of the host stay in force.
fn limit() -> io::Result<()> {
    for (resource, most, _) in LIMITS {
        let (_, hard) = getrlimit(resource)?;
        // At the hard limit of processor time comes SIGKILL, so that limit is a little
        // later.
        let over = if resource == Resource::RLIMIT_CPU { 5 } else { 0 };
        setrlimit(resource, most.min(hard), (most + over).min(hard))?;
    }
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
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
    fn a_file_is_no_longer_than_it_may_be() {
        let folder = tempfile::tempdir().unwrap();
        let finished = shell_in(folder.path(), "exec head -c 20M /dev/zero > long");
        assert_eq!(std::fs::metadata(folder.path().join("long")).unwrap().len(), FILE_SIZE);
        assert_eq!((finished.succeeded(), finished.meddled()), (false, None));
    }

    #[test]
    fn what_no_limit_does_was_done_from_outside() {
        for (script, told) in [
            ("exit 1", None),
            ("kill -XCPU $$", None),
            ("kill -ABRT $$", None),
            ("kill -KILL $$", Some("it was ended by signal 9 (SIGKILL)")),
            ("kill -BUS $$", Some("it was ended by signal 7 (SIGBUS)")),
            (
                "echo 'collect2: fatal error: ld terminated with signal 7 [Bus error]'; exit 1",
                Some("a part of it was ended by signal 7"),
            ),
            (
                "echo 'gcc: fatal error: Killed signal terminated program cc1'; exit 1",
                Some("a part of it was ended by signal 9"),
            ),
            ("echo 'ld terminated with signal 25 [File size limit exceeded]'; exit 1", None),
        ] {
            assert_eq!(shell(script).meddled().as_deref(), told, "{script}");
        }
    }

    #[test]
    fn what_it_leaves_behind_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        mkfifo(&path, Mode::S_IRWXU).unwrap();
        let pipe = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
        assert_eq!(code(&shell_in(folder.path(), "exec 3> pipe; sleep 1000 &")), Some(0));
        // The pipe hangs up when no process is left that could write to it.
        let mut wait = [PollFd::new(pipe.as_fd(), PollFlags::empty())];
        assert_eq!(poll(&mut wait, PollTimeout::from(10_000u16)).unwrap(), 1);
        assert_eq!(wait[0].revents(), Some(PollFlags::POLLHUP));
    }

    #[test]
    fn its_output_has_no_name() {
        let secret = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(secret.path(), "secret").unwrap();
        let link = format!("ln -sf {} output; ls -A | wc -l; echo hi", secret.path().display());
        assert_eq!(shell(&link).output, "1\nhi\n");
        assert_eq!(std::fs::read(secret.path()).unwrap(), b"secret");
    }

    #[test]
    fn it_makes_no_socket() {
        let folder = tempfile::tempdir().unwrap();
        let source = "\
            #include <errno.h>\n\
            #include <stdio.h>\n\
            #include <unistd.h>\n\
            int main(void) {\n\
                long calls[] = {41, 0x40000029, 425, 0x400001a9, 250};\n\
                for (int i = 0; i < 5; i++) {\n\
                    errno = 0;\n\
                    printf(\"%d \", syscall(calls[i], 1, 1, 0) < 0 ? errno : 0);\n\
                }\n\
            }\n";
        std::fs::write(folder.path().join("calls.c"), source).unwrap();
        let finished = shell_in(folder.path(), "gcc -o calls calls.c && ./calls");
        assert_eq!(finished.output, "1 1 1 1 1 "); // EPERM
    }
}
