//! What can a signal carry from an interrupt?
//!
//! An old and much copied advice lets a driver send a number along with a
//! signal: signal 44, `si_int` 1234, and `si_code` SI_QUEUE, because with
//! SI_KERNEL "the data is not delivered". This program tries it with
//! `kmods/siginfo`, both ways, on everybody who can receive a signal; then it
//! looks at what else may become of the number.
//!
//! Documented in sigaction(2), sigwaitinfo(2), signalfd(2), signal(7),
//! getrlimit(2) and rt_sigqueueinfo(2).

use std::arch::global_asm;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::process::Command;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::{mem, ptr, slice, thread};

use marker::{check, mark};
use nix::errno::Errno;
use nix::libc::{self, SI_KERNEL, SI_QUEUE, SI_USER, SIGUSR1, c_int, c_void, siginfo_t};
use nix::sched::{CloneFlags, unshare};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::SigSet;
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, dup2_stdout, fexecve, fork, getpid, pipe, write};
use siginfo as lab;
use siginfo::{
    KERNEL, KILL_PID, QUEUE, Target, counters, open_device, raise_later, register, unregister,
};

/// The advice's signal, SIGRTMIN + 10, and its value.
const SIGNAL: c_int = 44;
const VALUE: i32 = 1234;

/// What the kernel says of a user that a namespace has no number for:
/// /proc/sys/kernel/overflowuid.
const NOBODY: u32 = 65534;

/// What the handler saw: how often it ran, and the siginfo of its last run.
static RUNS: AtomicI32 = AtomicI32::new(0);
static CODE: AtomicI32 = AtomicI32::new(0);
static INT: AtomicI32 = AtomicI32::new(0);

/// Only what signal-safety(7) allows: loads, stores and one write(2).
extern "C" fn on_signal(_signal: c_int, info: *mut siginfo_t, _context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler.
    let info = Info::from(unsafe { &*info });
    RUNS.fetch_add(1, Relaxed);
    CODE.store(info.code, Relaxed);
    INT.store(info.int, Relaxed);
    mark!("handler: {} si_int {}", name(info.code), info.int);
}

fn name(code: c_int) -> &'static str {
    match code {
        SI_QUEUE => "SI_QUEUE",
        SI_KERNEL => "SI_KERNEL",
        SI_USER => "SI_USER",
        _ => "another si_code",
    }
}

fn main() -> io::Result<()> {
    marker::open_trace();
    // Both signals stay blocked but for the moments in which a handler is
    // waited for: so each arrives where the text says.
    block()?;
    let device = open_device()?;

    println!("Who finds {VALUE}?       SI_QUEUE   SI_KERNEL");
    a_handler(&device)?;
    sigwaitinfo(&device)?;
    signalfd(&device)?;
    a_32_bit_program(&device)?;

    a_thread_or_a_process(&device)?;
    a_queue_or_not(&device)?;
    a_full_queue(&device)?;
    a_pid_that_is_no_number(&device)?;
    a_uid_of_whoever_was_there(&device)?;
    anybody_can_say_so(&device)?;
    drop(device);
    bad_input()
}

/// The advice, word for word: this process has registered, sleeps, and has a
/// handler. The interrupt falls on the idle task.
fn a_handler(device: &OwnedFd) -> io::Result<()> {
    handle()?;
    let mut found = Vec::new();
    for (send, code) in [(QUEUE, SI_QUEUE), (KERNEL, SI_KERNEL)] {
        register(device, Target { send, ..target() })?;
        mark!("1. {}, handler", name(code));
        raise_later(device)?;
        wait_for_handler()?;
        check!("si_code", name(CODE.load(Relaxed)), name(code));
        found.push(INT.load(Relaxed));
        check!("send_sig_info", counters(device)?.result, 0);
        unregister(device)?;
    }
    check!("si_int, for SI_QUEUE and SI_KERNEL", &found, &[VALUE, VALUE]);
    println!("1. handler              {:>8}   {:>9}", found[0], found[1]);
    Ok(())
}

/// The same siginfo, without a handler.
fn sigwaitinfo(device: &OwnedFd) -> io::Result<()> {
    let mut found = Vec::new();
    for (send, code) in [(QUEUE, SI_QUEUE), (KERNEL, SI_KERNEL)] {
        register(device, Target { send, ..target() })?;
        mark!("2. {}, sigwaitinfo", name(code));
        check!("send_sig_info", raise(device)?, 0);
        let info = take(SIGNAL)?.ok_or(Errno::ENOMSG)?;
        check!("si_code", name(info.code), name(code));
        check!("si_pid and si_uid", (info.pid, info.uid), (0, 0));
        found.push(info.int);
        unregister(device)?;
    }
    check!("si_int, for SI_QUEUE and SI_KERNEL", &found, &[VALUE, VALUE]);
    println!("2. sigwaitinfo          {:>8}   {:>9}", found[0], found[1]);
    Ok(())
}

/// signalfd has a structure of its own, which the kernel fills field by field:
/// with those that an si_code is said to have.
fn signalfd(device: &OwnedFd) -> io::Result<()> {
    // SAFETY: an initialised set. That it holds a signal which nix has no name
    // for matters to those functions only that look for names.
    let set = unsafe { SigSet::from_sigset_t_unchecked(signal_set(SIGNAL)) };
    let signals = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    let mut found = Vec::new();
    for (send, code) in [(QUEUE, SI_QUEUE), (KERNEL, SI_KERNEL)] {
        register(device, Target { send, ..target() })?;
        mark!("3. {}, signalfd", name(code));
        check!("send_sig_info", raise(device)?, 0);
        let info = signals.read_signal()?.ok_or(Errno::ENOMSG)?;
        check!("ssi_code", name(info.ssi_code), name(code));
        found.push(info.ssi_int);
        unregister(device)?;
    }
    check!("ssi_int, for SI_QUEUE and SI_KERNEL", &found, &[VALUE, 0]);
    println!("3. signalfd             {:>8}   {:>9}", found[0], found[1]);
    Ok(())
}

/// A 32-bit siginfo is laid out differently, and so filled field by field too.
/// The child registers and becomes a 32-bit program with two signals pending:
/// one to wait for, one for a handler.
fn a_32_bit_program(device: &OwnedFd) -> io::Result<()> {
    let mut found = Vec::new();
    for (send, code) in [(QUEUE, SI_QUEUE), (KERNEL, SI_KERNEL)] {
        let (received, output) = pipe()?;
        mark!("4. {}, 32-bit program", name(code));
        let child = start(|| {
            register(device, Target { send, ..target() })?;
            raise(device)?;
            raise(device)?;
            dup2_stdout(&output)?;
            fexecve(receiver32()?, &[c"receiver32"], &[] as &[&std::ffi::CStr])?;
            Ok(())
        })?;
        drop(output);
        let mut bytes = Vec::new();
        File::from(received).read_to_end(&mut bytes)?;
        ended_well(child)?;
        unregister(device)?;

        // Where a 32-bit siginfo has si_code and si_int, in units of 32 bits.
        let (infos, rest) = bytes.as_chunks::<128>();
        check!("siginfos received", (infos.len(), rest.len()), (2, 0));
        for info in infos {
            let (words, _) = info.as_chunks::<4>();
            check!("si_code", name(i32::from_ne_bytes(words[2])), name(code));
            found.push(i32::from_ne_bytes(words[5]));
        }
    }
    check!("si_int, for SI_QUEUE and SI_KERNEL", &found, &[VALUE, VALUE, 0, 0]);
    println!("4. 32-bit sigwaitinfo   {:>8}   {:>9}", found[0], found[2]);
    println!("   32-bit handler       {:>8}   {:>9}", found[1], found[3]);
    Ok(())
}

/// send_sig_info signals a thread, kill_pid a process. Another thread can take
/// what was sent to the process.
fn a_thread_or_a_process(device: &OwnedFd) -> io::Result<()> {
    for (what, send, code, private) in
        [("send_sig_info", QUEUE, SI_QUEUE, true), ("kill_pid", KILL_PID, SI_KERNEL, false)]
    {
        let shared = !private;
        let value = if send == KILL_PID { 0 } else { VALUE };
        register(device, Target { send, value, ..target() })?;
        mark!("5. to whom? {}", what);
        check!("result", raise(device)?, 0);
        check!("SigPnd", is_pending("SigPnd")?, private);
        check!("ShdPnd", is_pending("ShdPnd")?, shared);
        // A second thread, which blocks the signal as this one does.
        let other = thread::spawn(|| take(SIGNAL)).join().expect("it does not panic")?;
        check!("taken by another thread", other.is_some(), shared);
        let own = take(SIGNAL)?;
        check!("taken by this thread", own.is_some(), private);
        let info = own.or(other).ok_or(Errno::ENOMSG)?;
        check!("siginfo", info, Info { code, pid: 0, uid: 0, int: value });
        let whose = if private {
            "the thread (SigPnd), no other can take it"
        } else {
            "the process (ShdPnd), another thread takes it"
        };
        println!("5. {what}: pending for {whose}");
        unregister(device)?;
    }
    Ok(())
}

/// Three interrupts while the signal is blocked.
fn a_queue_or_not(device: &OwnedFd) -> io::Result<()> {
    for (which, signal, want) in
        [("signal 44", SIGNAL, vec![1, 2, 3]), ("SIGUSR1", SIGUSR1, vec![1])]
    {
        mark!("6. three interrupts, {}", which);
        for value in 1..=3 {
            register(device, Target { signal: signal as u32, value, ..target() })?;
            check!("send_sig_info", raise(device)?, 0);
            unregister(device)?;
        }
        let mut values = Vec::new();
        while let Some(info) = take(signal)? {
            values.push(info.int);
        }
        check!("values", &values, &want);
        println!("6. {which:<9} interrupts with 1, 2, 3: arrives {values:?}");
    }
    Ok(())
}

/// Room for one signal, which is taken.
fn a_full_queue(device: &OwnedFd) -> io::Result<()> {
    check!("signals queued for this user", queued()?, 0);
    let (soft, hard) = getrlimit(Resource::RLIMIT_SIGPENDING)?;
    setrlimit(Resource::RLIMIT_SIGPENDING, 1, hard)?;

    mark!("7. RLIMIT_SIGPENDING: room for one signal");
    let send = |target| {
        register(device, target)?;
        let result = raise(device)?;
        unregister(device)?;
        nix::Result::Ok(result)
    };
    check!("the first", send(target())?, 0);
    check!("signals queued for this user", queued()?, 1);

    println!("7. RLIMIT_SIGPENDING 1: the first is queued");

    mark!("8. the queue is full: send_sig_info");
    check!("send_sig_info", send(Target { value: 2, ..target() })?, -(Errno::EAGAIN as i32));
    let kernel = Target { send: KERNEL, ..target() };
    check!("send_sig_info, SI_KERNEL", send(kernel)?, -(Errno::EAGAIN as i32));
    println!("8. full queue: send_sig_info returns -EAGAIN, nothing is sent");

    mark!("9. the queue is full: kill_pid");
    check!("kill_pid", send(Target { send: KILL_PID, value: 0, ..target() })?, 0);
    // Private signals come first: the one that has found room.
    check!("the first", take(SIGNAL)?.map(|info| (info.code, info.int)), Some((SI_QUEUE, VALUE)));
    let lost = Info { code: SI_USER, pid: 0, uid: 0, int: 0 };
    // Its siginfo is not even that of a kernel's signal any more.
    check!("kill_pid's", take(SIGNAL)?, Some(lost));
    check!("no more", take(SIGNAL)?, None);
    println!("9. full queue: kill_pid returns 0; arrives as SI_USER, si_pid 0");

    // A standard signal is sent in any case. With si_code >= 0 it even exceeds
    // the limit; with SI_QUEUE, which is negative, it loses its siginfo.
    check!("it again", send(target())?, 0);
    mark!("10. the queue is full: a standard signal");
    for (send_as, want) in [(QUEUE, lost), (KERNEL, Info { code: SI_KERNEL, int: VALUE, ..lost })] {
        let target = Target { signal: SIGUSR1 as u32, send: send_as, ..target() };
        check!("send_sig_info", send(target)?, 0);
        check!("SIGUSR1", take(SIGUSR1)?, Some(want));
    }
    println!("10. full queue, SIGUSR1: send_sig_info returns 0");
    println!("    SI_QUEUE: arrives as SI_USER, 0; SI_KERNEL: arrives with {VALUE}");

    check!("the first", take(SIGNAL)?.map(|info| info.int), Some(VALUE));
    setrlimit(Resource::RLIMIT_SIGPENDING, soft, hard)?;
    Ok(())
}

/// A process that calls itself 1 registers. The module does not ask for its
/// number, and so cannot mistake it for the other process that is called 1.
fn a_pid_that_is_no_number(device: &OwnedFd) -> io::Result<()> {
    let child = start(|| {
        unshare(CloneFlags::CLONE_NEWPID)?; // for the children of the caller
        mark!("11. a process with pid 1 in its namespace");
        ended_well(start(|| {
            check!("pid", getpid(), Pid::from_raw(1));
            register(device, target())?;
            raise(device)?;
            check!("si_int", take(SIGNAL)?.map(|info| info.int), Some(VALUE));
            unregister(device)
        })?)
    })?;
    ended_well(child)?;
    println!("11. pid 1 of another pid namespace registers: it gets {VALUE}");
    Ok(())
}

/// The module wrote si_uid 0, and the kernel takes that for a user of the user
/// namespace in which the *current* task lives, whoever that is.
fn a_uid_of_whoever_was_there(device: &OwnedFd) -> io::Result<()> {
    register(device, target())?;
    mark!("12. falls on a child in a user namespace of its own");
    let child = start(|| {
        unshare(CloneFlags::CLONE_NEWUSER)?; // in which no user is known
        raise(device).map(drop)
    })?;
    ended_well(child)?;
    let want = Info { code: SI_QUEUE, pid: 0, uid: NOBODY, int: VALUE };
    check!("siginfo", take(SIGNAL)?, Some(want));
    unregister(device)?;
    println!("12. interrupt falls on another user namespace: si_uid {NOBODY}, not 0");
    Ok(())
}

/// An si_code below 0 may be claimed by anybody who may send a signal at all.
fn anybody_can_say_so(device: &OwnedFd) -> io::Result<()> {
    register(device, target())?;
    mark!("13. the module's siginfo, and a forged one");
    raise(device)?;
    let genuine = take_raw(SIGNAL)?.ok_or(Errno::ENOMSG)?;
    unregister(device)?;
    let parent = getpid();
    ended_well(start(|| queue_signal(parent, SI_QUEUE))?)?;
    let forged = take_raw(SIGNAL)?.ok_or(Errno::ENOMSG)?;
    check!("the forged siginfo", bytes(&forged) == bytes(&genuine), true);
    println!("13. SI_QUEUE forged by a child: the same siginfo, all 128 bytes");

    // The deliberate failure: what the kernel alone may claim, not even root.
    mark!("14. SI_KERNEL, forged: refused");
    let child = start(|| {
        let error = queue_signal(parent, SI_KERNEL).expect_err("SI_KERNEL is the kernel's");
        check!("rt_sigqueueinfo", error, Errno::EPERM);
        println!("14. SI_KERNEL forged by a child, as root: {error}");
        Ok(())
    })?;
    ended_well(child)?;
    check!("signal", take(SIGNAL)?, None);
    Ok(())
}

/// What the module does with what no well-behaved program asks of it is a
/// program of its own. Untraced: it would bury the lesson.
fn bad_input() -> io::Result<()> {
    mark!("15. bad input, untraced");
    let tracing = "/sys/kernel/tracing/tracing_on";
    fs::write(tracing, "0")?;
    let status = Command::new("/lab/siginfo-bad-input").status()?;
    fs::write(tracing, "1")?;
    check!("siginfo-bad-input", status.code(), Some(0));
    Ok(())
}

// ---- siginfo ---------------------------------------------------------------

/// A siginfo, as far as this lesson goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Info {
    code: c_int,
    pid: i32,
    uid: u32,
    int: i32,
}

impl Info {
    fn from(info: &siginfo_t) -> Info {
        // SAFETY: these read memory inside of the siginfo, whatever its si_code
        // is. Whether what is there means something is this lesson's question.
        unsafe {
            Info {
                code: info.si_code,
                pid: info.si_pid(),
                uid: info.si_uid(),
                // si_int is the half of si_value that C calls sival_int.
                int: info.si_value().sival_ptr.addr() as i32,
            }
        }
    }
}

fn bytes(info: &siginfo_t) -> &[u8] {
    // SAFETY: the kernel wrote all of it, padding too.
    unsafe { slice::from_raw_parts(ptr::from_ref(info).cast(), size_of_val(info)) }
}

/// Takes a signal, if it is pending.
fn take(signal: c_int) -> nix::Result<Option<Info>> {
    Ok(take_raw(signal)?.map(|info| Info::from(&info)))
}

fn take_raw(signal: c_int) -> nix::Result<Option<siginfo_t>> {
    let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a siginfo is integers and an address; zeros are valid.
    let mut info: siginfo_t = unsafe { mem::zeroed() };
    // SAFETY: set, siginfo and timeout are valid.
    match Errno::result(unsafe { libc::sigtimedwait(&signal_set(signal), &mut info, &now) }) {
        Ok(_) => Ok(Some(info)),
        Err(Errno::EAGAIN) => Ok(None),
        Err(error) => Err(error),
    }
}

/// rt_sigqueueinfo(2), which has no wrapper: with the siginfo that the module
/// sends, but for the si_code.
fn queue_signal(to: Pid, code: c_int) -> nix::Result<()> {
    /// As libc's, whose union is not for others to fill.
    #[repr(C)]
    struct SigInfo {
        signo: c_int,
        errno: c_int,
        code: c_int,
        padding: c_int,
        pid: i32,
        uid: u32,
        value: i64,
        rest: [u64; 12],
    }
    const { assert!(size_of::<SigInfo>() == size_of::<siginfo_t>()) };
    let info = SigInfo {
        signo: SIGNAL,
        errno: 0,
        code,
        padding: 0,
        pid: 0,
        uid: 0,
        value: VALUE.into(),
        rest: [0; 12],
    };
    // SAFETY: the siginfo is valid, and lives through the call.
    let result =
        unsafe { libc::syscall(libc::SYS_rt_sigqueueinfo, to.as_raw(), SIGNAL, &raw const info) };
    Errno::result(result).map(drop)
}

/// The set of one signal. nix's `Signal` names standard signals only; this and
/// the next two functions are libc's work.
fn signal_set(signal: c_int) -> libc::sigset_t {
    let mut set = *SigSet::empty().as_ref();
    // SAFETY: an initialised set and a valid signal number, so it cannot fail.
    unsafe { libc::sigaddset(&mut set, signal) };
    set
}

fn block() -> nix::Result<()> {
    for signal in [SIGNAL, SIGUSR1] {
        let set = signal_set(signal);
        // SAFETY: the set is valid, and the old mask is not asked for.
        Errno::result(unsafe { libc::sigprocmask(libc::SIG_BLOCK, &set, ptr::null_mut()) })?;
    }
    Ok(())
}

fn handle() -> nix::Result<()> {
    let action = libc::sigaction {
        sa_sigaction: on_signal as *const () as usize,
        sa_mask: signal_set(SIGNAL),
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

/// A line of this thread's status, see proc_pid_status(5).
fn status(field: &str) -> io::Result<String> {
    let status = fs::read_to_string("/proc/thread-self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(":\t"));
    line.map(str::to_owned).ok_or(io::ErrorKind::InvalidData.into())
}

/// Whether SIGNAL is in a hexadecimal mask, in which bit 0 is signal 1.
fn is_pending(field: &str) -> io::Result<bool> {
    let mask = u64::from_str_radix(&status(field)?, 16).map_err(io::Error::other)?;
    Ok(mask & 1 << (SIGNAL - 1) != 0)
}

/// How many signals are queued for this user, of the limit: `queued/limit`.
fn queued() -> io::Result<u64> {
    let both = status("SigQ")?;
    both.split('/').next().and_then(|n| n.parse().ok()).ok_or(io::ErrorKind::InvalidData.into())
}

// ---- The device -------------------------------------------------------------

/// What this lesson registers unless it says otherwise.
fn target() -> Target {
    Target { signal: SIGNAL as u32, send: QUEUE, value: VALUE, padding: 0 }
}

/// Has the device interrupt now, which falls on the caller in its ioctl, and
/// returns what the module's sending returned. With one processor, the handler
/// has run before the next system call.
fn raise(device: &OwnedFd) -> nix::Result<i32> {
    let before = counters(device)?;
    lab::raise(device)?;
    let after = counters(device)?;
    check!("signals sent", after.signals, before.signals + 1);
    Ok(after.result)
}

// ---- Children ---------------------------------------------------------------

/// Starts a child that does `work`, then exits: with 0 if that went well.
fn start(work: impl FnOnce() -> nix::Result<()>) -> nix::Result<Pid> {
    // SAFETY: no other thread runs now, so the child may do as it likes.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let status = work().is_err().into();
            // SAFETY: it does not return, and so leaves nothing half done.
            unsafe { libc::_exit(status) }
        }
    }
}

fn ended_well(child: Pid) -> nix::Result<()> {
    check!("end of a child", waitpid(child, None)?, WaitStatus::Exited(child, 0));
    Ok(())
}

// A 32-bit program needs no 32-bit C library, or any, if it is as small as this.
global_asm!(include_str!("receiver32.s"), options(att_syntax));

/// The 32-bit program, as an executable file that has no name.
fn receiver32() -> nix::Result<OwnedFd> {
    unsafe extern "C" {
        static receiver32: u8;
        static receiver32_end: u8;
    }
    // SAFETY: the assembler put the program's bytes between these two labels.
    let program = unsafe {
        let start = &raw const receiver32;
        slice::from_raw_parts(start, (&raw const receiver32_end).offset_from_unsigned(start))
    };
    let file = memfd_create(c"receiver32", MFdFlags::MFD_CLOEXEC)?;
    check!("bytes written", write(&file, program)?, program.len());
    Ok(file)
}
