//! Who sends SIGWINCH?
//!
//! This program is a terminal: it holds the master of a pty and changes its
//! size. On the other side are a shell, two processes in the foreground and
//! one in the background. Look in the timeline at who sends each SIGWINCH, and
//! to whom: `tty_do_resize` (drivers/tty/tty_io.c) does it, in the ioctl.
//!
//! Documented in ioctl_tty(2), pty(7), tcsetpgrp(3) and signal(7).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write, stdin};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use marker::{Arg, check, mark};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc::{self, c_int, c_void, siginfo_t};
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, killpg, sigaction, sigprocmask,
};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{
    ForkResult, Pid, dup2_stdin, fork, pipe2, setpgid, setsid, tcgetpgrp, tcsetpgrp,
};

nix::ioctl_read_bad!(
    /// Asks for the size of a terminal.
    tiocgwinsz, libc::TIOCGWINSZ, Winsize);
nix::ioctl_write_ptr_bad!(
    /// Sets it.
    tiocswinsz, libc::TIOCSWINSZ, Winsize);
nix::ioctl_write_int_bad!(
    /// Makes a terminal the one that controls the caller's session.
    tiocsctty, libc::TIOCSCTTY);

/// What the handler saw: how often it ran, the siginfo of its last run, and the
/// size that it found. Every process has its own.
static RUNS: AtomicI32 = AtomicI32::new(0);
static CODE: AtomicI32 = AtomicI32::new(0);
static PID: AtomicI32 = AtomicI32::new(0);
static ROWS: AtomicI32 = AtomicI32::new(0);
static COLUMNS: AtomicI32 = AtomicI32::new(0);

/// The signal says that there is a new size, not which: the handler asks.
///
/// ioctl(2) is not on signal-safety(7)'s list. It may be called here because
/// SIGWINCH is blocked except in sigsuspend(2): this handler interrupts nothing.
extern "C" fn on_sigwinch(_signal: c_int, info: *mut siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler, and
    // for SI_USER and SI_KERNEL it holds a pid.
    let (code, pid) = unsafe { ((*info).si_code, (*info).si_pid()) };
    let mut size = size(0, 0);
    // SAFETY: the kernel writes one Winsize, any content of which is valid. If
    // it fails, the size stays 0x0, which the program's checks notice.
    let _ = unsafe { tiocgwinsz(libc::STDIN_FILENO, &mut size) };
    RUNS.fetch_add(1, Relaxed);
    CODE.store(code, Relaxed);
    PID.store(pid, Relaxed);
    ROWS.store(size.ws_row.into(), Relaxed);
    COLUMNS.store(size.ws_col.into(), Relaxed);
    mark!("handler: {} si_pid {}, {}x{}", name_of(code), Arg::Task(pid), size.ws_row, size.ws_col);
}

fn name_of(code: c_int) -> &'static str {
    match code {
        libc::SI_USER => "SI_USER",
        libc::SI_KERNEL => "SI_KERNEL",
        _ => "another si_code",
    }
}

fn main() -> io::Result<()> {
    marker::open_trace();

    // SIGWINCH stays blocked but for the moments in which a process waits for
    // it. Every child inherits this and the handler, so none is ever too late.
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&sigwinch()), None)?;
    set(SigHandler::SigAction(on_sigwinch), SaFlags::SA_SIGINFO)?;

    let OpenptyResult { master, slave } = openpty(None, None)?;
    // What the others have to tell, a line each; and whose turn it is, a byte
    // each.
    let (reports, reporter) = pipe2(OFlag::O_CLOEXEC)?;
    let (turns, turn) = pipe2(OFlag::O_CLOEXEC)?;
    let mut reports = BufReader::new(File::from(reports));
    let mut turn = File::from(turn);

    mark!("1. nobody is on the terminal");
    resize(&master, size(24, 80))?;
    println!("1. 24x80 with nobody on the terminal: no signal");

    let shell = start(move || shell(slave, reporter.into(), turns.into()))?;
    check_reports(&mut reports, &["the shell is ready"])?;
    let front = tcgetpgrp(&master)?;

    mark!("2. resized: group {} is in front", front);
    resize(&master, size(30, 100))?;
    check_reports(
        &mut reports,
        &[
            "front 1: run 1, SI_KERNEL, si_pid 0, 30x100",
            "front 2: run 1, SI_KERNEL, si_pid 0, 30x100",
        ],
    )?;
    println!("2. 30x100: both processes in front get SIGWINCH");
    println!("   SI_KERNEL, si_pid 0; the handlers find 30x100");

    mark!("3. resized to the same size");
    resize(&master, size(30, 100))?;
    println!("3. 30x100 again: no signal");

    mark!("4. only the size in pixels differs");
    resize(&master, Winsize { ws_xpixel: 800, ws_ypixel: 600, ..size(30, 100) })?;
    check_reports(
        &mut reports,
        &[
            "front 1: run 2, SI_KERNEL, si_pid 0, 30x100",
            "front 2: run 2, SI_KERNEL, si_pid 0, 30x100",
        ],
    )?;
    println!("4. 30x100, other pixels: SIGWINCH, although the text fits as before");

    mark!("5. resized twice while {} is stopped", front);
    // From here on they do not run, whether they have noticed yet or not.
    killpg(front, Signal::SIGSTOP)?;
    resize(&master, size(31, 101))?;
    resize(&master, size(32, 102))?;
    killpg(front, Signal::SIGCONT)?;
    check_reports(
        &mut reports,
        &[
            "front 1: run 3, SI_KERNEL, si_pid 0, 32x102",
            "front 2: run 3, SI_KERNEL, si_pid 0, 32x102",
        ],
    )?;
    println!("5. 31x101 and 32x102 while stopped: one run each, which finds 32x102");

    mark!("6. the shell puts another group in front");
    turn.write_all(b"6")?;
    check_reports(&mut reports, &["another group is in front"])?;
    let front = tcgetpgrp(&master)?;
    println!("6. another group comes to the front: no signal");

    mark!("7. resized: group {} is in front", front);
    resize(&master, size(40, 120))?;
    check_reports(&mut reports, &["back: run 1, SI_KERNEL, si_pid 0, 40x120"])?;
    println!("7. 40x120: SIGWINCH, its first, for the group that was behind");

    turn.write_all(b"8")?;
    check_reports(&mut reports, &["back: run 2, SI_KERNEL, si_pid 0, 50x132"])?;
    println!("8. 50x132, set by the group in front itself: SI_KERNEL, si_pid 0 all the same");

    turn.write_all(b"9")?;
    check_reports(&mut reports, &["back has no handler"])?;
    mark!("9. resized: group {} has no handler", front);
    resize(&master, size(24, 80))?;
    println!("9. 24x80 without a handler: dropped, and nobody is disturbed");

    // Everybody has done what was expected, and leaves.
    turn.write_all(b".")?;
    check!("shell", waitpid(shell, None)?, WaitStatus::Exited(shell, 0));

    // The deliberate failure: what is not a terminal has no size.
    mark!("10. the size of a pipe");
    let error = size_of(&turn).expect_err("a pipe has no size");
    check!("TIOCGWINSZ of a pipe", error, Errno::ENOTTY);
    println!("10. TIOCGWINSZ of a pipe fails: {error}");
    Ok(())
}

/// A shell: leads a session that the terminal controls, and says which of its
/// jobs is in front.
fn shell(terminal: OwnedFd, mut reporter: File, mut turns: File) -> io::Result<()> {
    setsid()?;
    // SAFETY: a request whose argument is a number: 0, do not steal it.
    unsafe { tiocsctty(terminal.as_raw_fd(), 0) }?;
    dup2_stdin(terminal)?;
    // From behind, a process may say who is in front only if it blocks or ignores
    // SIGTTOU: see tcsetpgrp(3). Shells do.
    let mut sigttou = SigSet::empty();
    sigttou.add(Signal::SIGTTOU);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&sigttou), None)?;

    // A job is a process group, named after the first in it. This shell is in
    // one of its own.
    let front_1 = start(|| front("front 1", &mut reporter))?;
    let front_2 = start(|| front("front 2", &mut reporter))?;
    let behind = start(|| back(&mut reporter, &mut turns))?;
    for (process, group) in [(front_1, front_1), (front_2, front_1), (behind, behind)] {
        setpgid(process, group)?;
    }
    tcsetpgrp(stdin(), front_1)?;
    report(&mut reporter, "the shell is ready")?;

    // The three that were in front are done when they have reported.
    for process in [front_1, front_2] {
        check!("job in front", waitpid(process, None)?, WaitStatus::Exited(process, 0));
    }
    wait_for_turn(b"6", &mut turns)?;
    tcsetpgrp(stdin(), behind)?;
    report(&mut reporter, "another group is in front")?;
    check!("job behind", waitpid(behind, None)?, WaitStatus::Exited(behind, 0));
    // Behind all the time, the shell itself has never been told.
    check!("SIGWINCH for the shell", is_pending()?, false);
    Ok(())
}

/// A job in front: tells what it sees of the steps 2, 4 and 5.
fn front(name: &str, reporter: &mut File) -> io::Result<()> {
    for _ in 1..=3 {
        tell_next(name, reporter)?;
    }
    Ok(())
}

/// The job behind it: is in front from step 7 on.
fn back(reporter: &mut File, turns: &mut File) -> io::Result<()> {
    tell_next("back", reporter)?;

    wait_for_turn(b"8", turns)?;
    mark!("8. resizes its own terminal");
    resize(stdin(), size(50, 132))?;
    tell_next("back", reporter)?;

    wait_for_turn(b"9", turns)?;
    set(SigHandler::SigDfl, SaFlags::empty())?;
    // While it is blocked, a signal is kept, whatever there is to be done.
    sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&sigwinch()), None)?;
    report(reporter, "back has no handler")?;
    wait_for_turn(b".", turns)
}

/// Waits for the next SIGWINCH and tells what the handler saw.
fn tell_next(name: &str, reporter: &mut File) -> io::Result<()> {
    let before = RUNS.load(Relaxed);
    while RUNS.load(Relaxed) == before {
        // Unblocks and waits in one step: no signal can slip in between.
        SigSet::empty().suspend()?;
    }
    let (run, code, pid) = (RUNS.load(Relaxed), name_of(CODE.load(Relaxed)), PID.load(Relaxed));
    let (rows, columns) = (ROWS.load(Relaxed), COLUMNS.load(Relaxed));
    report(reporter, &format!("{name}: run {run}, {code}, si_pid {pid}, {rows}x{columns}"))
}

/// Tells the terminal something: in one write(2), so that no other line gets
/// into it (pipe(7), PIPE_BUF).
fn report(reporter: &mut File, line: &str) -> io::Result<()> {
    reporter.write_all(format!("{line}\n").as_bytes())
}

/// Reads as many lines as are wanted. Who runs first is for the scheduler to
/// say, so they are compared in alphabetical order.
fn check_reports(reports: &mut BufReader<File>, want: &[&str]) -> io::Result<()> {
    let mut got = reports.lines().take(want.len()).collect::<io::Result<Vec<String>>>()?;
    got.sort();
    check!("reports", got, want);
    Ok(())
}

fn wait_for_turn(turn: &[u8; 1], turns: &mut File) -> io::Result<()> {
    let mut got = [0];
    turns.read_exact(&mut got)?;
    check!("turn", &got, turn);
    Ok(())
}

/// Starts a child that does `work`, then exits: with 0 if that went well.
fn start(work: impl FnOnce() -> io::Result<()>) -> io::Result<Pid> {
    // SAFETY: this program has one thread, so the child may do as it likes.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => exit(work()),
    }
}

/// _exit(2), not exit(3): what the parent registered to be done at its exit is
/// none of the child's business.
fn exit(result: io::Result<()>) -> ! {
    if let Err(error) = &result {
        println!("wrong: a child fails: {error}");
    }
    // SAFETY: it ends the process, and any status will do.
    unsafe { libc::_exit(result.is_err().into()) }
}

/// A size in characters, which leaves the one in pixels open.
fn size(rows: u16, columns: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

fn size_of(terminal: impl AsFd) -> nix::Result<Winsize> {
    let mut size = size(0, 0);
    // SAFETY: the kernel writes one Winsize, any content of which is valid.
    unsafe { tiocgwinsz(terminal.as_fd().as_raw_fd(), &mut size) }?;
    Ok(size)
}

fn resize(terminal: impl AsFd, size: Winsize) -> nix::Result<()> {
    // SAFETY: the kernel reads one Winsize, which lives through the call.
    unsafe { tiocswinsz(terminal.as_fd().as_raw_fd(), &size) }.map(drop)
}

fn set(handler: SigHandler, flags: SaFlags) -> nix::Result<()> {
    let action = SigAction::new(handler, flags, SigSet::empty());
    // SAFETY: the handler does only what may be done where it runs.
    unsafe { sigaction(Signal::SIGWINCH, &action) }.map(drop)
}

fn sigwinch() -> SigSet {
    let mut set = SigSet::empty();
    set.add(Signal::SIGWINCH);
    set
}

fn is_pending() -> nix::Result<bool> {
    let mut pending = SigSet::empty();
    // SAFETY: sigpending writes a signal set to a valid pointer.
    Errno::result(unsafe { libc::sigpending(std::ptr::from_mut(&mut pending).cast()) })?;
    Ok(pending.contains(Signal::SIGWINCH))
}
