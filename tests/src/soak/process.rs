//! Finds processes, sends them signals and sees them end.
//!
//! A process is held by a descriptor (pidfd_open(2)). Its number alone may belong to
//! somebody else's process by the time the signal is sent.

use std::fs;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

pub struct Process(OwnedFd);

impl Process {
    /// `None` if there is no such process.
    pub fn open(pid: Pid) -> Option<Process> {
        // SAFETY: the call takes two numbers.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
        let fd = i32::try_from(fd).ok().filter(|fd| *fd >= 0)?;
        // SAFETY: the kernel has just made it, so nothing else owns it.
        Some(Process(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Sends a signal. Returns whether the process was still running.
    pub fn signal(&self, signal: Signal) -> nix::Result<bool> {
        // A process that has ended takes signals until its parent has waited for it.
        if self.ends_by(Instant::now())? {
            return Ok(false);
        }
        let (fd, number) = (self.0.as_raw_fd(), signal as i32);
        // SAFETY: no siginfo is given.
        let sent = unsafe {
            libc::syscall(libc::SYS_pidfd_send_signal, fd, number, std::ptr::null::<()>(), 0)
        };
        match Errno::result(sent) {
            Err(Errno::ESRCH) => Ok(false),
            sent => sent.map(|_| true),
        }
    }

    /// Whether the process ends before a deadline.
    pub fn ends_by(&self, deadline: Instant) -> nix::Result<bool> {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        Ok(poll(&mut fds, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX))? > 0)
    }
}

/// The processes that a process started, and those that they started, with the names that
/// the kernel has for them.
pub fn descendants(of: Pid) -> Result<Vec<(Pid, String)>, Failed> {
    let mut processes = Vec::new();
    for pid in all()? {
        // `PID (name) S PARENT …`. The process may have ended.
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        let Some((head, tail)) = stat.rsplit_once(") ") else { continue };
        let Some((_, name)) = head.split_once(" (") else { continue };
        let parent = tail.split(' ').nth(1).and_then(|parent| parent.parse().ok());
        if let Some(parent) = parent {
            processes.push((pid, Pid::from_raw(parent), name.to_owned()));
        }
    }
    let (mut found, mut next) = (vec![(of, String::new())], 0);
    while let Some((parent, _)) = found.get(next).cloned() {
        let children = processes.iter().filter(|(_, of, _)| *of == parent);
        found.extend(children.map(|(pid, _, name)| (*pid, name.clone())));
        next += 1;
    }
    Ok(found.split_off(1))
}

/// Ends all processes that were started with a variable in their environment. An error
/// names those that have not ended by themselves within `patience`.
///
/// This sees keepers, which are forks of the lab. Compilers have no environment, but their
/// keepers outlive them.
pub fn none_has(variable: &str, patience: Duration) -> Result<(), Failed> {
    let deadline = Instant::now() + patience;
    let mut left = Vec::new();
    for pid in all()? {
        // The process may have ended, or be another user's.
        let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { continue };
        if !environment.split(|byte| *byte == 0).any(|one| one == variable.as_bytes()) {
            continue;
        }
        let Some(process) = Process::open(pid) else { continue };
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        if !process.ends_by(deadline)? && process.signal(Signal::SIGKILL)? {
            left.push(format!("{pid} {}", name.trim_end()));
        }
    }
    if left.is_empty() { Ok(()) } else { Err(format!("processes are left: {left:?}").into()) }
}

fn all() -> Result<impl Iterator<Item = Pid>, Failed> {
    let pid = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw);
    Ok(fs::read_dir("/proc")?.flatten().filter_map(pid))
}
