//! How does an interrupt become a signal?
//!
//! This program registers itself with `kmods/kill_pid`, whose interrupt handler
//! calls `kill_pid` (kernel/signal.c), and has the edu device interrupt. Look
//! in the timeline at the task that each interrupt falls on.
//!
//! Documented in signal(7), sigaction(2) and clone(2); the device in QEMU's
//! docs/specs/edu.rst.

use std::ffi::CStr;
use std::hint::black_box;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::{fs, io, ptr};

use kill_pid as lab;
use kill_pid::{
    Counters, NUMBER, REFERENCE, Target, counters, open_device, raise_later, register, unregister,
};
use marker::{Arg, check, mark};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module};
use nix::libc::{self, c_int, c_void, siginfo_t};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::stat::Mode;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{ForkResult, Gid, Pid, Uid, fork, pause, setresgid, setresuid};

/// SIGRTMIN + 10. A real-time signal is queued, one for each interrupt.
const SIGNAL: c_int = 44;

/// What edu raises when a transfer ends, and what LAB_KILL_PID_RAISE raises.
const CAUSE_DMA: u32 = 0x100;
const CAUSE_RAISE: u32 = 0x1;

/// Somebody who may not signal a process of root.
const STUDENT: u32 = 1000;

/// What the handler saw: how often it ran, and the siginfo of its last run.
static RUNS: AtomicI32 = AtomicI32::new(0);
static CODE: AtomicI32 = AtomicI32::new(0);
static PID: AtomicI32 = AtomicI32::new(0);

/// Only what signal-safety(7) allows: loads, stores and one write(2).
extern "C" fn on_signal(_signal: c_int, info: *mut siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler, and
    // for SI_USER and SI_KERNEL it holds a pid.
    let (code, pid) = unsafe { ((*info).si_code, (*info).si_pid()) };
    RUNS.fetch_add(1, Relaxed);
    CODE.store(code, Relaxed);
    PID.store(pid, Relaxed);
    mark!("handler: {} si_pid {}", name(code), Arg::Task(pid));
}

fn name(code: c_int) -> &'static str {
    match code {
        libc::SI_KERNEL => "SI_KERNEL",
        libc::SI_USER => "SI_USER",
        _ => "another si_code",
    }
}

fn main() -> io::Result<()> {
    marker::open_trace();
    // The signal is blocked but for the moments in which the program waits for
    // it: so each handler run falls where the text says.
    block()?;
    handle()?;

    load(c"msi=0")?;
    an_interrupt_becomes_a_signal("1. INTx")?;
    delete_module(lab::MODULE, DeleteModuleFlags::O_NONBLOCK)?;
    load(c"msi=1")?;
    an_interrupt_becomes_a_signal("2. MSI")?;

    let device = open_device()?;
    whom_it_falls_on_matters_with_priv_0(&device)?;
    the_target_is_gone(&device)?;
    its_number_is_somebody_elses(&device)?;

    // The deliberate failure: a signal that no handler could take.
    let error = register(&device, Target { signal: libc::SIGKILL as u32, ..target() })
        .expect_err("the module refuses SIGKILL");
    check!("registering for SIGKILL", error, Errno::EINVAL);
    println!("10. registering for SIGKILL fails: {error}");
    Ok(())
}

/// The whole way. This process sleeps; another one, which makes no system call
/// and knows nothing of all this, is the one that gets interrupted.
fn an_interrupt_becomes_a_signal(wire: &str) -> io::Result<()> {
    let device = open_device()?;
    register(&device, target())?;
    let spinner = start(|| {
        // Not spin_loop(): its PAUSE is costly in an emulator.
        let mut turns = 0_u64;
        loop {
            turns = black_box(turns.wrapping_add(1));
        }
    })?;
    mark!("{}: sleeps while {} spins; edu interrupts in 100 ms", wire, spinner);
    raise_later(&device)?;
    wait_for_handler()?;

    // SI_KERNEL and no sender: the kernel itself decided to send this.
    check!("siginfo", siginfo(), (libc::SI_KERNEL, 0));
    let want = Counters { interrupts: 1, causes: CAUSE_DMA, signals: 1, result: 0 };
    check!("counters", counters(&device)?, want);
    println!("{wire}: 1 interrupt, causes 0x100, kill_pid returns 0");
    println!("   handler: SI_KERNEL, si_pid 0");

    kill(spinner, Signal::SIGKILL)?;
    waitpid(spinner, None)?;
    Ok(()) // `device` is closed here, which ends the registration.
}

/// priv=0 tells kill_pid that the signal is sent by the current task. In an
/// interrupt handler that is whoever happened to be there: their pid becomes
/// si_pid, and their permission decides.
fn whom_it_falls_on_matters_with_priv_0(device: &OwnedFd) -> io::Result<()> {
    let priv_0 = Target { privileged: 0, ..target() };

    register(device, priv_0)?;
    mark!("3. priv=0, everybody sleeps: falls on the idle task");
    check!("idle, priv=0", interrupt(device, None)?, Ok((libc::SI_USER, 0)));
    println!("3. priv=0, idle: SI_USER, si_pid 0");

    register(device, priv_0)?;
    let root = spinner(device, Uid::from_raw(0))?;
    mark!("4. priv=0, falls on {} of root", root);
    check!("root, priv=0", interrupt(device, Some(root))?, Ok((libc::SI_USER, root.as_raw())));
    println!("4. priv=0, a process of root: SI_USER, its si_pid, and it sent nothing");

    register(device, priv_0)?;
    let student = spinner(device, Uid::from_raw(STUDENT))?;
    mark!("5. priv=0, falls on {} of user {}: nothing is sent", student, STUDENT);
    check!("user, priv=0", interrupt(device, Some(student))?, Err(Errno::EPERM));
    println!("5. priv=0, a process of user {STUDENT}: kill_pid returns -EPERM");

    register(device, target())?;
    let student = spinner(device, Uid::from_raw(STUDENT))?;
    mark!("6. priv=1, falls on {} of user {}", student, STUDENT);
    check!("user, priv=1", interrupt(device, Some(student))?, Ok((libc::SI_KERNEL, 0)));
    println!("6. priv=1, a process of user {STUDENT}: SI_KERNEL, si_pid 0");
    Ok(())
}

/// The module holds the `struct pid` of a process that is gone.
fn the_target_is_gone(device: &OwnedFd) -> io::Result<()> {
    let child = registrant(device, REFERENCE)?;
    // WNOWAIT waits for the exit and leaves the zombie in place.
    waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
    mark!("7. {} registered and is a zombie: its signal is dropped", child);
    check!("result for a zombie", raise(device)?, 0);

    mark!("8. {} is reaped: nobody to signal", child);
    check!("child", waitpid(child, None)?, WaitStatus::Exited(child, 0));
    check!("result for nobody", raise(device)?, -(Errno::ESRCH as i32));
    println!("7. the target is a zombie: kill_pid returns 0, to no effect");
    println!("8. the target is reaped: kill_pid returns -ESRCH");
    unregister(device)?;
    Ok(())
}

/// Numbers are used again, references are not.
fn its_number_is_somebody_elses(device: &OwnedFd) -> io::Result<()> {
    for (remember, how, result, hit) in
        [(NUMBER, "number", 0, true), (REFERENCE, "struct pid", -(Errno::ESRCH as i32), false)]
    {
        let child = registrant(device, remember)?;
        check!("child", waitpid(child, None)?, WaitStatus::Exited(child, 0));
        // It may take the kernel a day to come round to this number again, or
        // this one call. SIGNAL is blocked in the impostor, as it is here.
        let impostor = impostor_of(child)?;
        check!("pid of the impostor", impostor, child);
        mark!("9. the module kept the {} of {}, which is an impostor now", how, child);
        check!("result", raise(device)?, result);
        check!("signal pending for the impostor", is_pending(impostor)?, hit);
        println!("9. module kept the {how}: kill_pid returns {result}, impostor hit: {hit}");

        kill(impostor, Signal::SIGKILL)?;
        waitpid(impostor, None)?;
        unregister(device)?;
    }
    Ok(())
}

/// One interrupt, while `busy` has the processor or, without it, nobody; then
/// the registration ends. Returns si_code and si_pid as the handler saw them,
/// or why kill_pid sent nothing.
fn interrupt(device: &OwnedFd, busy: Option<Pid>) -> io::Result<Result<(c_int, i32), Errno>> {
    raise_later(device)?;
    match busy {
        Some(busy) => check!("spinner", waitpid(busy, None)?, WaitStatus::Exited(busy, 0)),
        None => wait_for_handler()?,
    }
    let result = counters(device)?.result;
    unregister(device)?;
    if result < 0 {
        return Ok(Err(Errno::from_raw(-result)));
    }
    if busy.is_some() {
        wait_for_handler()?;
    }
    Ok(Ok(siginfo()))
}

/// Starts a process of `user` that is busy until an interrupt has come since the
/// registration.
fn spinner(device: &OwnedFd, user: Uid) -> nix::Result<Pid> {
    let group = Gid::from_raw(user.as_raw());
    start(|| {
        setresgid(group, group, group)?;
        setresuid(user, user, user)?;
        while counters(device)?.interrupts == 0 {}
        Ok(())
    })
}

/// Starts a child that registers itself, through the parent's open file, which
/// stays open when the child is gone.
fn registrant(device: &OwnedFd, remember: u32) -> nix::Result<Pid> {
    start(|| register(device, Target { remember, ..target() }))
}

/// Starts a child that does `work`, then exits: with 0 if that went well.
fn start(work: impl FnOnce() -> nix::Result<()>) -> nix::Result<Pid> {
    // SAFETY: this program has one thread, so the child may do as it likes.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => exit(work()),
    }
}

fn exit(result: nix::Result<()>) -> ! {
    // SAFETY: it does not return, and so leaves nothing half done.
    unsafe { libc::_exit(result.is_err().into()) }
}

/// Starts a child that sleeps for ever, with a choice of its number, which only
/// root has. The C library has no wrapper for this call: see "clone3()" in clone(2).
fn impostor_of(pid: Pid) -> nix::Result<Pid> {
    #[repr(C)]
    #[derive(Default)]
    struct CloneArgs {
        flags: u64,
        pidfd: u64,
        child_tid: u64,
        parent_tid: u64,
        exit_signal: u64,
        stack: u64,
        stack_size: u64,
        tls: u64,
        set_tid: u64,
        set_tid_size: u64,
    }
    let set_tid = [pid.as_raw()];
    let args = CloneArgs {
        exit_signal: libc::SIGCHLD as u64,
        set_tid: ptr::from_ref(&set_tid).addr() as u64,
        set_tid_size: 1,
        ..CloneArgs::default()
    };
    // SAFETY: `args` and what it points to live through the call. Without
    // flags it is a fork(2), and this program has one thread.
    let child = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of_val(&args)) };
    match Errno::result(child)? {
        0 => loop {
            pause();
        },
        child => Ok(Pid::from_raw(child as i32)),
    }
}

fn load(params: &CStr) -> nix::Result<()> {
    let file = open(lab::MODULE_FILE, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    finit_module(file.as_fd(), params, ModuleInitFlags::empty())
}

/// What this lesson registers unless it says otherwise.
fn target() -> Target {
    Target { signal: SIGNAL as u32, privileged: 1, remember: REFERENCE, padding: 0 }
}

/// Has the device interrupt now, which falls on this process in its ioctl, and
/// returns what kill_pid returned. With one processor, the handler has run
/// before the next system call.
fn raise(device: &OwnedFd) -> nix::Result<i32> {
    let before = counters(device)?;
    lab::raise(device)?;
    let after = counters(device)?;
    check!("interrupts", after.interrupts, before.interrupts + 1);
    check!("causes", after.causes, CAUSE_RAISE);
    Ok(after.result)
}

/// The set of SIGNAL alone. nix's `Signal` names standard signals only; this
/// and the next two functions are libc's work.
fn signal_set() -> libc::sigset_t {
    let mut set = *SigSet::empty().as_ref();
    // SAFETY: an initialised set and a valid signal number, so it cannot fail.
    unsafe { libc::sigaddset(&mut set, SIGNAL) };
    set
}

fn block() -> nix::Result<()> {
    // SAFETY: the set is valid, and the old mask is not asked for.
    Errno::result(unsafe { libc::sigprocmask(libc::SIG_BLOCK, &signal_set(), ptr::null_mut()) })
        .map(drop)
}

fn handle() -> nix::Result<()> {
    let action = libc::sigaction {
        sa_sigaction: on_signal as *const () as usize,
        sa_mask: signal_set(),
        sa_flags: libc::SA_SIGINFO,
        sa_restorer: None,
    };
    // SAFETY: the handler has the type that SA_SIGINFO asks for, and does only
    // what signal-safety(7) allows.
    Errno::result(unsafe { libc::sigaction(SIGNAL, &action, ptr::null_mut()) }).map(drop)
}

/// Waits until the handler has run once more. sigsuspend(2) unblocks and waits
/// in one step: no signal can slip in between.
fn wait_for_handler() -> nix::Result<()> {
    let before = RUNS.load(Relaxed);
    while RUNS.load(Relaxed) == before {
        SigSet::empty().suspend()?;
    }
    Ok(())
}

/// si_code and si_pid, as the handler last saw them.
fn siginfo() -> (c_int, i32) {
    (CODE.load(Relaxed), PID.load(Relaxed))
}

/// Whether SIGNAL is pending for a process, as the kernel tells in its status:
/// a hexadecimal mask, in which bit 0 is signal 1.
fn is_pending(pid: Pid) -> io::Result<bool> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("ShdPnd:\t"))
        .and_then(|mask| u64::from_str_radix(mask, 16).ok())
        .ok_or(io::ErrorKind::InvalidData)?;
    Ok(mask & 1 << (SIGNAL - 1) != 0)
}
