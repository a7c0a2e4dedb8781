//! The keeper: the process between the lab and a program that the lab runs.
//!
//! The keeper is forked from a process with threads and never becomes another program. So
//! everything here must be safe between fork and exec (signal-safety(7)), and nothing is
//! allocated.

use std::io;
use std::mem::offset_of;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use crate::terminal::Before;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, killpg, pthread_sigmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::stat::Mode;
use nix::unistd::{ForkResult, Pid, fork, getpid, setpgid, write};

/// What a keeper is told before it is forked.
#[derive(Debug)]
pub struct Orders {
    /// The keeper's end of the socket to the lab.
    pub socket: RawFd,
    /// Readable when the lab is asked to end.
    pub asked_to_end: Option<RawFd>,
    /// All descriptors that the keeper keeps open, sorted: the two above, and the locks
    /// on what its program writes to.
    pub keep: Vec<RawFd>,
    /// The terminal that the lab has in raw mode.
    pub terminal: Option<Before>,
    /// Whether the program stays in the lab's process group and so has the lab's
    /// terminal.
    pub in_foreground: bool,
}

/// The length of a keeper's report: the program's wait(2) status (4 bytes), then the
/// largest resident set among the program and the processes that were waited for (8
/// bytes, KiB).
pub const REPORT_BYTES: usize = 12;

/// How long the keeper waits for processes that it has killed, ms.
const PATIENCE_MS: u32 = 10_000;
const LOOK_AGAIN_MS: u8 = 20;

/// Forks. The call returns in the child, which goes on to become the program. The parent
/// becomes the keeper and never returns.
pub fn part(orders: &Orders) -> io::Result<()> {
    // Signals sent to the lab's process group are not meant for the keeper.
    let mut before = SigSet::empty();
    pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), Some(&mut before))?;
    if !orders.in_foreground {
        setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
    }
    // SAFETY: both processes go on with what is safe between fork and exec.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => keep(orders, child),
        ForkResult::Child => {
            // If the keeper is killed, its program must die too.
            prctl::set_pdeathsig(Signal::SIGKILL)?;
            if !orders.in_foreground {
                setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
            }
            pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?;
            Ok(())
        }
    }
}

fn keep(orders: &Orders, program: Pid) -> ! {
    let ended = attend(orders, program);
    // Keeping the program was this process's only purpose, and nobody reads the error.
    let code = i32::from(ended.is_err());
    // SAFETY: it ends the process and runs nothing of the lab's.
    unsafe { libc::_exit(code) }
}

fn attend(orders: &Orders, program: Pid) -> nix::Result<()> {
    // Among what is closed is what tells the lab that the program was started.
    close_all_but(&orders.keep);
    let _ = prctl::set_name(c"upcall-keeper");
    // An orphaned descendant becomes a child of this process, whatever its group.
    prctl::set_child_subreaper(true)?;
    let mut sigchld = SigSet::empty();
    sigchld.add(Signal::SIGCHLD);
    let exits = SignalFd::with_flags(&sigchld, SfdFlags::SFD_NONBLOCK)?;
    // SAFETY: both descriptors are among those that were kept open.
    let socket = unsafe { BorrowedFd::borrow_raw(orders.socket) };
    // SAFETY: as above.
    let asked = orders.asked_to_end.map(|fd| unsafe { BorrowedFd::borrow_raw(fd) });
    let asked = asked.unwrap_or(socket);

    let mut is_ended = false;
    let status = loop {
        if let Some(status) = reap(program, orders.in_foreground)? {
            break status;
        }
        let mut fds = [
            PollFd::new(exits.as_fd(), PollFlags::POLLIN),
            PollFd::new(socket, PollFlags::POLLIN),
            PollFd::new(asked, PollFlags::POLLIN),
        ];
        // Once the program is being ended, only its exit matters.
        let wanted = if is_ended { 1 } else { fds.len() };
        poll(&mut fds[..wanted], PollTimeout::NONE)?;
        while exits.read_signal()?.is_some() {}
        if !is_ended && fds[1..].iter().any(|fd| fd.any() == Some(true)) {
            end(program, orders.in_foreground);
            is_ended = true;
            // The lab restores the terminal itself unless it was killed.
            if let Some(before) = orders.terminal {
                before.set_back();
            }
        }
    };
    end_the_rest(&exits)?;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let mut report = [0; REPORT_BYTES];
    report[..4].copy_from_slice(&status.to_ne_bytes());
    report[4..].copy_from_slice(&usage.max_rss().to_ne_bytes());
    // The lab may be gone, so the write may fail.
    let _ = write(socket, &report);
    Ok(())
}

/// Kills the program, and with it its group.
fn end(program: Pid, in_foreground: bool) {
    let killed = if in_foreground { kill(program, Signal::SIGKILL) } else { group(program) };
    // The program may not have created its group yet.
    if killed.is_err() {
        let _ = kill(program, Signal::SIGKILL);
    }
}

fn group(program: Pid) -> nix::Result<()> {
    killpg(program, Signal::SIGKILL)
}

/// Reaps every process that has ended. Returns the program's status if the program was
/// one of them.
fn reap(program: Pid, in_foreground: bool) -> nix::Result<Option<i32>> {
    loop {
        // SAFETY: zeros are a valid siginfo, which the call fills in.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        // SAFETY: the structure is whole.
        Errno::result(unsafe { libc::waitid(libc::P_ALL, 0, &raw mut info, options) })?;
        // SAFETY: waitid fills in these fields, or leaves zeros if no child has ended.
        let pid = Pid::from_raw(unsafe { info.si_pid() });
        if pid.as_raw() == 0 {
            return Ok(None);
        }
        if pid == program && !in_foreground {
            // Until the program is reaped, its process group id cannot be reused.
            let _ = group(program);
        }
        let mut status = 0;
        // SAFETY: the pointer is to a live value.
        Errno::result(unsafe { libc::waitpid(pid.as_raw(), &raw mut status, 0) })?;
        if pid == program {
            return Ok(Some(status));
        }
    }
}

/// Kills everything that is left, until nothing is left or time is up.
fn end_the_rest(exits: &SignalFd) -> nix::Result<()> {
    for _ in 0..PATIENCE_MS / u32::from(LOOK_AGAIN_MS) {
        loop {
            // SAFETY: no status is asked for.
            let pid = unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) };
            match Errno::result(pid) {
                Ok(0) => break,
                Ok(_) => {}
                Err(Errno::ECHILD) => return Ok(()),
                Err(errno) => return Err(errno),
            }
        }
        for_each_child(|pid| {
            let _ = kill(pid, Signal::SIGKILL);
        })?;
        // A killed process may have had children, and they are now children of this
        // process.
        let mut fds = [PollFd::new(exits.as_fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::from(LOOK_AGAIN_MS))?;
        while exits.read_signal()?.is_some() {}
    }
    Ok(())
}

/// Calls `act` for each child of this process, found in /proc. A task's `children` file
/// needs CONFIG_PROC_CHILDREN, which not every kernel has.
fn for_each_child(act: impl Fn(Pid)) -> nix::Result<()> {
    const NAME: usize = offset_of!(libc::dirent64, d_name);
    const LENGTH: usize = offset_of!(libc::dirent64, d_reclen);
    let proc = open_to_read(c"/proc")?;
    let (own, mut buffer) = (getpid(), [0u8; 4096]);
    loop {
        // SAFETY: the kernel writes no more than the buffer holds.
        let read = unsafe {
            let (fd, to) = (proc.as_raw_fd(), buffer.as_mut_ptr());
            libc::syscall(libc::SYS_getdents64, fd, to, buffer.len())
        };
        let mut entries = &buffer[..Errno::result(read)? as usize];
        if entries.is_empty() {
            return Ok(());
        }
        while entries.len() > NAME {
            let length = usize::from(u16::from_ne_bytes([entries[LENGTH], entries[LENGTH + 1]]));
            let (entry, rest) = entries.split_at(length.min(entries.len()));
            entries = rest;
            if let Some(pid) = number(&entry[NAME..])
                && parent(pid) == Some(own)
            {
                act(Pid::from_raw(pid));
            }
        }
    }
}

/// The parent of a process, read from `/proc/PID/stat`: `PID (name) S PARENT …`. The name
/// may contain any character.
fn parent(pid: i32) -> Option<Pid> {
    let (mut path, mut digits) = (*b"/proc/0000000000/stat\0", [0; 10]);
    let mut left = pid;
    let mut count = 0;
    while left > 0 {
        digits[count] = b'0' + (left % 10) as u8;
        left /= 10;
        count += 1;
    }
    digits[..count].reverse();
    path[6..6 + count].copy_from_slice(&digits[..count]);
    path[6 + count..6 + count + 6].copy_from_slice(b"/stat\0");
    let path = std::ffi::CStr::from_bytes_until_nul(&path).ok()?;
    let file = open_to_read(path).ok()?;
    let mut text = [0; 256];
    let read = nix::unistd::read(&file, &mut text).ok()?;
    let behind_name = text[..read].iter().rposition(|&byte| byte == b')')? + 4;
    number(text.get(behind_name..read)?).map(Pid::from_raw)
}

/// The number at the start of a text, if something else follows it.
fn number(text: &[u8]) -> Option<i32> {
    let digits = text.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(text.get(..digits)?).ok()?.parse().ok()
}

fn open_to_read(path: &std::ffi::CStr) -> nix::Result<OwnedFd> {
    open(path, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())
}

/// Closes all descriptors except `keep`, which is sorted.
fn close_all_but(keep: &[RawFd]) {
    let mut first = 0;
    for &fd in keep {
        close_range(first, fd - 1);
        first = fd + 1;
    }
    close_range(first, RawFd::MAX);
}

fn close_range(first: RawFd, last: RawFd) {
    if first > last {
        return;
    }
    // SAFETY: nothing in this process uses these descriptors any more.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    if result == 0 {
        return;
    }
    // Before Linux 5.9 there is no close_range: close one by one, up to the limit.
    let limit = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE);
    let limit = limit.map_or(1024, |(soft, _)| RawFd::try_from(soft).unwrap_or(RawFd::MAX));
    for fd in first..last.min(limit) {
        // SAFETY: as above.
        unsafe { libc::close(fd) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_read_behind_any_name() {
        let parent_id = std::os::unix::process::parent_id().cast_signed();
        let own = i32::try_from(std::process::id()).unwrap();
        assert_eq!(parent(own), Some(Pid::from_raw(parent_id)));
        assert_eq!(parent(i32::MAX), None);
        assert_eq!(number(b"12\0"), Some(12));
        assert_eq!(number(b"self\0"), None);
    }
}
