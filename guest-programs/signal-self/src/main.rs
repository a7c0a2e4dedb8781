//! When does a process see a signal sent to itself in a system call?
//!
//! This program asks `kmods/signal_self` to send it a signal, in an ioctl: look
//! in the timeline for what the module does *after* that. Then it sleeps in a
//! read of the module's device, and a signal ends the sleep in four ways.
//!
//! Documented in signal(7), sigaction(2) and restart_syscall(2); the device in
//! QEMU's docs/specs/edu.rst.

use std::ffi::CStr;
use std::hint::black_box;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicI32, AtomicI64, Ordering::Relaxed};

use marker::{check, mark};
use nix::errno::Errno;
use nix::libc::{self, c_int, c_void, siginfo_t, ucontext_t};
use nix::sys::prctl::{get_name, set_name};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, kill, sigaction, sigprocmask,
};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, read, write};
use signal_self as lab;
use signal_self::{ASK, CAUSE_WAKE, GO_ON, SLEEP, Send, Target, raise_later};
use steps::wait_until_asleep;

/// What the module's ioctl returns when it runs to its end.
const RESULT: i32 = 1234;

/// What the handlers saw: how often one ran, and the register RAX of what it
/// interrupted, which holds a system call's result.
static RUNS: AtomicI32 = AtomicI32::new(0);
static RAX: AtomicI64 = AtomicI64::new(0);

/// The device, for the handler of SIGUSR2.
static DEVICE: AtomicI32 = AtomicI32::new(-1);

/// Only what signal-safety(7) allows: loads, stores and write(2).
extern "C" fn on_signal(_signal: c_int, _info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes an SA_SIGINFO handler a valid ucontext_t: what
    // it will go back to.
    let rax = unsafe { (*context.cast::<ucontext_t>()).uc_mcontext.gregs[libc::REG_RAX as usize] };
    RAX.store(rax, Relaxed);
    RUNS.fetch_add(1, Relaxed);
    mark!("handler: rax {}", rax);
}

/// As above. What it interrupted was looping, with anything in RAX.
extern "C" fn on_signal_while_spinning(_: c_int, _: *mut siginfo_t, _: *mut c_void) {
    mark!("handler of the spinner");
    RUNS.fetch_add(1, Relaxed);
}

/// As above, and sees to it that a read that is made again ends.
extern "C" fn on_signal_in_sleep(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    on_signal(signal, info, context);
    // SAFETY: `main` keeps the device open as long as the handler can run.
    let device = unsafe { BorrowedFd::borrow_raw(DEVICE.load(Relaxed)) };
    // What goes wrong here shows as a read that does not end.
    let _ = wake(device);
}

fn main() -> nix::Result<()> {
    marker::open_trace();
    let device = lab::open_device()?;
    DEVICE.store(device.as_raw_fd(), Relaxed);

    handle(Signal::SIGUSR1, on_signal, SaFlags::empty())?;
    the_ioctl_runs_to_its_end(&device)?;
    the_module_asks(&device)?;
    a_sleep_ends_at_once(&device)?;
    a_blocked_signal_is_not_pending_enough(&device)?;
    sigkill_waits_too(&device)?;
    no_system_call_at_all(&device)?;
    four_ways_to_end_a_sleep(&device)?;

    // The deliberate failure: there is no such signal, and nothing was sent.
    let nonsense = Send { signal: 65, then: GO_ON, result: RESULT, padding: 0 };
    let error = lab::send(&device, nonsense).expect_err("no such signal");
    check!("sending signal 65", error, Errno::EINVAL);
    println!("9. asking for signal 65 fails: {error}");
    Ok(())
}

/// The signal is pending from the moment it is sent. Nothing of it is seen until
/// the ioctl is done; then the handler comes first, and the result second.
fn the_ioctl_runs_to_its_end(device: &OwnedFd) -> nix::Result<()> {
    mark!("1. ioctl: sends SIGUSR1 to its caller");
    check!("result", send(device, Signal::SIGUSR1, GO_ON), Ok(RESULT));
    mark!("1. the ioctl has returned {}", RESULT);
    check!("handler", handler(), (1, RESULT.into()));
    println!("1. ioctl: sends SIGUSR1, goes on, returns {RESULT}");
    println!("   handler: runs before the ioctl returns, sees {RESULT} in RAX");
    Ok(())
}

/// signal_pending() in the module is true at once. So it can stop, if it asks.
fn the_module_asks(device: &OwnedFd) -> nix::Result<()> {
    mark!("2. ioctl: sends SIGUSR1, asks signal_pending()");
    check!("result", send(device, Signal::SIGUSR1, ASK), Err(Errno::EINTR));
    mark!("2. the ioctl has failed");
    check!("handler", handler(), (1, -(Errno::EINTR as i64)));
    println!("2. ioctl: sends, asks signal_pending(): stops there, EINTR");
    println!("   handler: sees {} in RAX, -EINTR", -(Errno::EINTR as i64));
    Ok(())
}

/// What sleeps interruptibly asks as well, and does not sleep at all.
fn a_sleep_ends_at_once(device: &OwnedFd) -> nix::Result<()> {
    mark!("3. ioctl: sends SIGUSR1, sleeps for 10 ms");
    check!("result", send(device, Signal::SIGUSR1, SLEEP), Ok(RESULT));
    mark!("3. the ioctl has returned {}", RESULT);
    check!("handler", handler(), (1, RESULT.into()));
    println!("3. ioctl: sends, sleeps: -ERESTARTSYS at once; goes on: {RESULT}");
    Ok(())
}

/// A blocked signal is for later: it stops nothing, and ends no sleep.
fn a_blocked_signal_is_not_pending_enough(device: &OwnedFd) -> nix::Result<()> {
    let mut usr1 = SigSet::empty();
    usr1.add(Signal::SIGUSR1);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&usr1), None)?;

    mark!("4. SIGUSR1 is blocked: sends, asks, then sends, sleeps");
    check!("result of asking", send(device, Signal::SIGUSR1, ASK), Ok(RESULT));
    check!("result of sleeping", send(device, Signal::SIGUSR1, SLEEP), Ok(RESULT));
    check!("runs of the handler", RUNS.load(Relaxed), 0);
    mark!("4. SIGUSR1 is unblocked");
    // Unblocks and waits; so it is this call that the handler interrupts.
    SigSet::empty().suspend()?;
    check!("handler", handler(), (1, -(Errno::EINTR as i64)));
    sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&usr1), None)?;
    println!("4. SIGUSR1 blocked: asks, goes on; sleeps 10 ms, goes on: {RESULT}");
    println!("   handler: runs when unblocked, once, in sigsuspend");
    Ok(())
}

/// Not even SIGKILL stops the module in the middle. The child only never sees
/// what the ioctl returned.
fn sigkill_waits_too(device: &OwnedFd) -> nix::Result<()> {
    for (step, then, how) in [(5, GO_ON, "goes on"), (6, ASK, "asks signal_pending()")] {
        mark!("{}. a child: sends SIGKILL, {}", step, how);
        let child = start(|| {
            // Whatever it would return: it does not return here.
            let _ = send(device, Signal::SIGKILL, then);
            mark!("{}. after the ioctl", step);
            0
        })?;
        let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
        check!("the child", waitpid(child, None)?, killed);
        mark!("{}. the child is dead", step);
        println!("{step}. a child: ioctl sends SIGKILL, {how}; then it is dead");
    }
    Ok(())
}

/// Every way back to user space will do, and an interrupt is one. This program
/// counts, makes no system call, and is in a handler all the same.
fn no_system_call_at_all(device: &OwnedFd) -> nix::Result<()> {
    handle(Signal::SIGUSR1, on_signal_while_spinning, SaFlags::empty())?;
    register(device, Signal::SIGUSR1, lab::RESTARTSYS)?;
    let name = get_name()?;
    // Of a process of this name, the lesson traces every system call.
    set_name(c"spinner")?;
    raise_later(device)?;
    mark!("7. spins, makes no system call; edu interrupts in 100 ms");
    // Not spin_loop(): its PAUSE is costly in an emulator.
    let mut turns = 0_u64;
    while RUNS.load(Relaxed) == 0 {
        turns = black_box(turns.wrapping_add(1));
    }
    mark!("7. the handler has run");
    set_name(&name)?;
    check!("runs of the handler", RUNS.swap(0, Relaxed), 1);
    println!("7. a loop without system calls: the handler runs after an interrupt");
    Ok(())
}

/// How a process sees the end of its sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The call was made once more, and nobody knows.
    Again,
    /// It failed with EINTR.
    Eintr,
    /// As `Again`: which call was made is for the trace to tell.
    GoesOn,
}

/// What the read returns in the kernel, when a signal ends its sleep, is one of
/// four numbers that user space never sees. What it sees instead depends on who
/// handles the signal, and how.
fn four_ways_to_end_a_sleep(device: &OwnedFd) -> nix::Result<()> {
    use End::{Again, Eintr, GoesOn};
    println!("8. a read that a signal interrupts:");
    println!("                     SA_RESTART  no SA_RESTART  no handler");
    for (restart, value, what, ends) in [
        (lab::RESTARTSYS, -512, "ERESTARTSYS", [Again, Eintr, GoesOn]),
        (lab::RESTARTNOINTR, -513, "ERESTARTNOINTR", [Again, Again, GoesOn]),
        (lab::RESTARTNOHAND, -514, "ERESTARTNOHAND", [Eintr, Eintr, GoesOn]),
        (lab::RESTARTBLOCK, -516, "_RESTARTBLOCK", [Eintr, Eintr, GoesOn]),
    ] {
        mark!("8. {} restart", value);
        check!(what, handled_sleep(device, restart, SaFlags::SA_RESTART)?, ends[0]);
        mark!("8. {} plain", value);
        check!(what, handled_sleep(device, restart, SaFlags::empty())?, ends[1]);
        mark!("8. {} stopped", value);
        check!(what, stopped_sleep(device, restart)?, ends[2]);
        let [a, b, c] = ends.map(|end| match end {
            Again => "again",
            Eintr => "EINTR",
            GoesOn => "goes on",
        });
        println!("   {what:<18}{a:<12}{b:<15}{c}");
    }
    mark!("8. done");
    Ok(())
}

/// A read, a signal, a handler.
fn handled_sleep(device: &OwnedFd, restart: u32, flags: SaFlags) -> nix::Result<End> {
    handle(Signal::SIGUSR2, on_signal_in_sleep, flags)?;
    register(device, Signal::SIGUSR2, restart)?;
    raise_later(device)?;
    let result = named(c"sleeper", || wake_ups(device))?;
    // The handler sees what the kernel is going to do: it has put -EINTR into
    // RAX, or the number of the call (0 is read) to be made again.
    match (result, handler()) {
        (Ok(1), (1, libc::SYS_read)) => Ok(End::Again),
        (Err(Errno::EINTR), (1, rax)) if rax == -(Errno::EINTR as i64) => Ok(End::Eintr),
        other => {
            println!("neither: {other:?}");
            Err(Errno::EINVAL)
        }
    }
}

/// A read, and SIGSTOP, which no process handles; later SIGCONT, which this one
/// does not.
fn stopped_sleep(device: &OwnedFd, restart: u32) -> nix::Result<End> {
    let child = start(|| {
        let result = register(device, Signal::SIGSTOP, restart)
            .and_then(|()| raise_later(device))
            .and_then(|()| named(c"sleeper", || wake_ups(device)));
        // One wake-up: the sleep went on as if nothing had happened.
        (result != Ok(Ok(1))).into()
    })?;
    let stopped = WaitStatus::Stopped(child, Signal::SIGSTOP);
    check!("the child", waitpid(child, Some(WaitPidFlag::WUNTRACED))?, stopped);
    kill(child, Signal::SIGCONT)?;
    wait_until_asleep(child)?;
    wake(device)?;
    check!("the child", waitpid(child, None)?, WaitStatus::Exited(child, 0));
    Ok(End::GoesOn)
}

/// Reads the number of wake-ups, and sleeps until there is one.
fn wake_ups(device: &OwnedFd) -> nix::Result<u32> {
    let mut count = [0; 4];
    read(device, &mut count)?;
    Ok(u32::from_ne_bytes(count))
}

/// Has the device interrupt now, for a wake-up.
fn wake(device: impl AsFd) -> nix::Result<()> {
    write(device, &CAUSE_WAKE.to_ne_bytes()).map(drop)
}

/// Does something under another name, which the lesson's trace looks for.
fn named<T>(name: &CStr, work: impl FnOnce() -> T) -> nix::Result<T> {
    let own_name = get_name()?;
    set_name(name)?;
    let result = work();
    set_name(&own_name)?;
    Ok(result)
}

/// Has the module send this process a signal in an ioctl.
fn send(device: &OwnedFd, signal: Signal, then: u32) -> nix::Result<i32> {
    lab::send(device, Send { signal: signal as u32, then, result: RESULT, padding: 0 })
}

fn register(device: &OwnedFd, signal: Signal, restart: u32) -> nix::Result<()> {
    lab::register(device, Target { signal: signal as u32, restart })
}

/// How often a handler has run since the last call, and what it saw in RAX.
fn handler() -> (i32, i64) {
    (RUNS.swap(0, Relaxed), RAX.load(Relaxed))
}

type Handler = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

fn handle(signal: Signal, handler: Handler, flags: SaFlags) -> nix::Result<()> {
    let handler = SigHandler::SigAction(handler);
    let action = SigAction::new(handler, flags | SaFlags::SA_SIGINFO, SigSet::empty());
    // SAFETY: the handlers do only what signal-safety(7) allows.
    unsafe { sigaction(signal, &action) }.map(drop)
}

/// Starts a child that does `work` and exits with the status it returns.
fn start(work: impl FnOnce() -> c_int) -> nix::Result<Pid> {
    // SAFETY: this program has one thread, so the child may do as it likes.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let status = work();
            // SAFETY: it does not return, and so leaves nothing half done.
            unsafe { libc::_exit(status) }
        }
    }
}
