//! The terminal of the student's program: shows what it draws, and is resized
//! in the worst moments.
//!
//! Usage: harness ROWS COLUMNS
//!
//! ```text
//! program                    terminal (this harness)
//! picture, "are you done?" ──▶
//!                          ◀── "yes"
//! ```
//!
//! The worst moment of all is the one before the program falls asleep. To hit
//! it, this harness executes the program's instructions one by one (ptrace(2))
//! until the next would be a system call that sleeps.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Child;
use std::time::{Duration, Instant};

use marker::mark;
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{Pid, setsid};
use student::wait::{system_call, until};

nix::ioctl_write_ptr_bad!(tiocswinsz, libc::TIOCSWINSZ, Winsize);
nix::ioctl_write_int_bad!(tiocsctty, libc::TIOCSCTTY);

/// "Are you done?" and "yes": the device status report of ECMA-48.
const DONE: &str = "\x1b[5n";
const YES: &[u8] = b"\x1b[0n";

/// How long a picture may take.
const PATIENCE: Duration = Duration::from_millis(300);

/// How long nothing happens, for the program to sleep, ms.
const QUIET: u16 = 200;

/// So many instructions between "yes" and a sleep are enough for anybody.
const INSTRUCTIONS: u32 = 5_000;

/// System calls that a program sleeps in: read, poll, select, pause, nanosleep,
/// rt_sigtimedwait, rt_sigsuspend, futex, epoll_wait, clock_nanosleep, pselect6,
/// ppoll, epoll_pwait.
const SLEEPS: &[u64] = &[0, 7, 23, 34, 35, 128, 130, 202, 230, 232, 270, 271, 281];

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u16>());
    let (Some(Ok(rows)), Some(Ok(columns))) = (numbers.next(), numbers.next()) else {
        return Err("usage: harness ROWS COLUMNS".into());
    };
    let size = |more| Winsize { ws_row: rows + more, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let (mut terminal, mut program) = Terminal::start(size(0))?;

    let first = terminal.picture()?;
    mark!("0. it drew {}", first);
    terminal.done()?;

    until(&mut program, PATIENCE, is_asleep)?;
    mark!("1. resized while it waits");
    terminal.resize(size(1))?;
    let picture = terminal.picture()?;
    mark!("1. it drew {}", picture);
    terminal.done()?;

    until(&mut program, PATIENCE, is_asleep)?;
    terminal.resize(size(2))?;
    terminal.picture()?;
    mark!("2. resized while it draws");
    terminal.resize(size(3))?;
    terminal.done()?;
    let picture = terminal.picture()?;
    mark!("2. it drew {}", picture);
    terminal.done()?;

    until(&mut program, PATIENCE, is_asleep)?;
    terminal.resize(size(4))?;
    terminal.picture()?;
    terminal.step_to_sleep(&program)?;
    mark!("3. resized in the moment before it falls asleep");
    terminal.resize(size(5))?;
    release(&program)?;
    let picture = terminal.picture()?;
    mark!("3. it drew {}", picture);
    terminal.done()?;

    until(&mut program, PATIENCE, is_asleep)?;
    let before = switches(&program)?;
    mark!("4. nothing happens for {} ms", QUIET);
    terminal.readable(Duration::from_millis(QUIET.into()))?;
    let runs = switches(&program)?.saturating_sub(before);
    let state = match program.try_wait()? {
        Some(_) => "not there any more",
        None if is_asleep(&program)? => "asleep",
        None => "not asleep",
    };
    mark!("4. {}; it ran {} times", state, runs);

    // It is not asked to end.
    program.kill()?;
    student::wait(&mut program)?;
    Ok(())
}

/// A pseudo-terminal.
struct Terminal {
    master: File,
    /// The program's end, kept open: when all have closed it, reading from the
    /// master fails with EIO.
    _slave: OwnedFd,
    /// What was read and not yet looked at.
    text: String,
    /// Whether the program waits to hear that its picture is there.
    asked: bool,
}

impl Terminal {
    /// A terminal with the student's program in front of it.
    fn start(size: Winsize) -> Result<(Terminal, Child), Box<dyn Error>> {
        let OpenptyResult { master, slave } = openpty(Some(&size), None)?;
        // No echo, no lines: bytes.
        let mut raw = tcgetattr(&slave)?;
        cfmakeraw(&mut raw);
        tcsetattr(&slave, SetArg::TCSANOW, &raw)?;

        let mut command = student::command([]);
        command.stdin(slave.try_clone()?).stdout(slave.try_clone()?);
        // SAFETY: two system calls, which a child between fork and exec may make.
        unsafe {
            command.pre_exec(|| {
                setsid()?;
                tiocsctty(libc::STDIN_FILENO, 0)?;
                Ok(())
            })
        };
        let program = student::spawn(&mut command)?;
        Ok((
            Terminal { master: master.into(), _slave: slave, text: String::new(), asked: false },
            program,
        ))
    }

    fn resize(&self, size: Winsize) -> nix::Result<()> {
        // SAFETY: the kernel reads one Winsize.
        unsafe { tiocswinsz(self.master.as_raw_fd(), &size) }.map(drop)
    }

    /// Waits for a picture and returns it; `nothing` if there is none.
    fn picture(&mut self) -> io::Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some((picture, rest)) = self.text.split_once(DONE) {
                let picture = printable(picture);
                self.text = rest.to_owned();
                self.asked = true;
                return Ok(picture);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || !self.readable(left)? {
                return Ok("nothing".to_owned());
            }
            let mut bytes = [0; 1024];
            let count = self.master.read(&mut bytes)?;
            self.text += &String::from_utf8_lossy(&bytes[..count]);
        }
    }

    /// Says that the picture is there, if somebody has asked.
    fn done(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.asked) { self.master.write_all(YES) } else { Ok(()) }
    }

    fn readable(&self, patience: Duration) -> nix::Result<bool> {
        let patience = PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX);
        let mut fds = [PollFd::new(self.master.as_fd(), PollFlags::POLLIN)];
        Ok(poll(&mut fds, patience)? > 0)
    }

    /// Says that the picture is there, and stops the program where its next
    /// instruction is a system call that sleeps. Nothing is done if there was no
    /// picture: then it sleeps already.
    fn step_to_sleep(&mut self, program: &Child) -> Result<(), Box<dyn Error>> {
        if !self.asked {
            return Ok(());
        }
        let pid = pid(program);
        match ptrace::seize(pid, ptrace::Options::empty()) {
            Err(Errno::ESRCH | Errno::EPERM) => return Ok(()), // it has ended
            result => result?,
        }
        ptrace::interrupt(pid)?;
        let mut stopped = state(pid)?;
        self.done()?;
        for _ in 0..INSTRUCTIONS {
            if matches!(stopped, WaitStatus::Exited(..) | WaitStatus::Signaled(..)) {
                return Ok(());
            }
            let registers = ptrace::getregs(pid)?;
            let instruction = ptrace::read(pid, registers.rip as ptrace::AddressType)?;
            // `syscall` is 0f 05. Its number is in rax, and in rdi what read is to
            // read from: from standard input it reads "yes".
            let is_syscall = instruction & 0xffff == 0x050f;
            let reads_yes = registers.rax == 0 && registers.rdi == 0;
            if is_syscall && !reads_yes && SLEEPS.contains(&registers.rax) {
                break;
            }
            // It has drawn another picture, unasked, and waits for another "yes".
            if is_syscall && reads_yes && self.readable(Duration::ZERO)? {
                break;
            }
            // It gets the signal that it was about to get.
            let signal = match stopped {
                WaitStatus::PtraceEvent(_, signal, 0) if signal != Signal::SIGTRAP => Some(signal),
                _ => None,
            };
            ptrace::step(pid, signal)?;
            stopped = state(pid)?;
        }
        Ok(())
    }
}

/// Waits until the program has stopped or ended. A program that has ended can still be
/// waited for.
fn state(program: Pid) -> nix::Result<WaitStatus> {
    let any = WaitPidFlag::WSTOPPED | WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    waitid(Id::Pid(program), any)
}

/// Lets a program go that `step_to_sleep` stopped.
fn release(program: &Child) -> nix::Result<()> {
    match ptrace::detach(pid(program), None) {
        // It has ended.
        Err(Errno::ESRCH) => Ok(()),
        result => result,
    }
}

fn pid(program: &Child) -> Pid {
    Pid::from_raw(program.id() as i32)
}

/// A picture as a mark can show it.
fn printable(picture: &str) -> String {
    let picture = picture.trim();
    if picture.is_empty() || picture.len() > 20 || picture.contains(|c: char| c.is_control()) {
        return "something else".to_owned();
    }
    picture.to_owned()
}

/// Whether the program sleeps, and not because it waits for a "yes".
fn is_asleep(program: &Child) -> io::Result<bool> {
    // That is a read, call 0, of its standard input.
    Ok(system_call(program)?.is_some_and(|call| !call.starts_with("0 0x0 ")))
}

/// How often the program has stopped to run, of its own will or not.
fn switches(program: &Child) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", program.id()))?;
    let counts = status.lines().filter_map(|line| {
        let (name, count) = line.split_once(':')?;
        name.ends_with("ctxt_switches").then(|| count.trim().parse::<u64>().ok()).flatten()
    });
    Ok(counts.sum())
}
