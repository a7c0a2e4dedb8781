//! Registers with the student's `lab_siginfo` and takes the signals that it
//! sends, in each of the ways in which a signal can be taken.
//!
//! Usage: harness SIGNAL VALUE
//!
//! Another process makes the device interrupt: the task that is interrupted is
//! not the one to signal.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::exit;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use marker::mark;
use nix::errno::Errno;
use nix::libc::{self, c_int, c_void, siginfo_t};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use siginfo as lab;
use siginfo::{MODULE, QUEUE, Target};
use student::edu::Edu;
use student::module;

/// How many signals may be pending when some are to be lost.
const ROOM: u64 = 2;
/// How many are lost.
const LOST: u32 = 3;

fn main() -> io::Result<()> {
    marker::open_trace();
    let mut arguments =
        std::env::args().skip(1).map(|n| n.parse::<i32>().map_err(io::Error::other));
    let mut argument = || arguments.next().unwrap_or(Err(io::ErrorKind::InvalidInput.into()));
    let (signal, value) = (argument()?, argument()?);
    let signals = signal_set(signal);
    change_mask(libc::SIG_BLOCK, &signals)?;
    if module::load("lab_siginfo", c"").is_err() {
        return Ok(());
    }
    let edu = Edu::map()?;
    let target = Target { signal: signal as u32, send: QUEUE, value, padding: 0 };

    mark!("1. three signals, each taken in another way");
    if let Some(device) = register(target) {
        interrupt(&edu, 3)?;
        take_each_in_another_way(signal, &signals)?;
        drop(device);
    }
    mark!("2. more signals than there is room for");
    if let Some(device) = register(target) {
        some_are_lost(&edu, &signals)?;
        drop(device);
    }
    // What came of it is in the trace already.
    let _ = module::remove(MODULE);
    Ok(())
}

/// The open file that the registration belongs to; that there is none is the
/// student's doing.
fn register(target: Target) -> Option<OwnedFd> {
    let device = lab::open_device();
    let registered = device.and_then(|device| lab::register(&device, target).map(|()| device));
    match registered {
        Ok(device) => {
            mark!("registered");
            Some(device)
        }
        Err(error) => {
            mark!("not registered: {}", error);
            None
        }
    }
}

/// Makes the device interrupt, while another process has the processor.
fn interrupt(edu: &Edu, times: u32) -> io::Result<()> {
    // SAFETY: this program has one thread.
    match unsafe { fork()? } {
        ForkResult::Child => {
            for _ in 0..times {
                edu.raise(1);
            }
            exit(0)
        }
        ForkResult::Parent { child } => waitpid(child, None)?,
    };
    Ok(())
}

fn take_each_in_another_way(signal: c_int, signals: &libc::sigset_t) -> io::Result<()> {
    mark!("1. sigwaitinfo: {}", told(wait(signals)?));
    mark!("1. signalfd: {}", told(read_signalfd(signals)?));
    let action = libc::sigaction {
        sa_sigaction: on_signal as *const () as usize,
        sa_mask: *signals,
        sa_flags: libc::SA_SIGINFO,
        sa_restorer: None,
    };
    // SAFETY: the handler has the type that SA_SIGINFO asks for, and does only
    // what signal-safety(7) allows.
    Errno::result(unsafe { libc::sigaction(signal, &action, ptr::null_mut()) })?;
    change_mask(libc::SIG_UNBLOCK, signals)?;
    change_mask(libc::SIG_BLOCK, signals)?;
    Ok(())
}

/// More interrupts come than signals may be pending; the next one that arrives
/// shows by its value how many are missing.
fn some_are_lost(edu: &Edu, signals: &libc::sigset_t) -> io::Result<()> {
    setrlimit(Resource::RLIMIT_SIGPENDING, ROOM, ROOM)?;
    interrupt(edu, ROOM as u32 + LOST)?;
    let first = wait(signals)?;
    mark!("2. first: {}", told(first));
    let mut more = 0;
    while wait(signals)?.is_some() {
        more += 1;
    }
    mark!("2. and {} more", more);
    interrupt(edu, 1)?;
    match (first, wait(signals)?) {
        (Some(first), Some(last)) => mark!("2. the next is {} further", last.wrapping_sub(first)),
        (_, last) => mark!("2. the next: {}", told(last)),
    }
    Ok(())
}

fn told(value: Option<i32>) -> String {
    value.map_or("no signal".to_owned(), |value| value.to_string())
}

/// Marks the first run only: a module may send any number.
extern "C" fn on_signal(_: c_int, info: *mut siginfo_t, _: *mut c_void) {
    static RUNS: AtomicI32 = AtomicI32::new(0);
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler, in
    // which the place of the value is always readable.
    let value = unsafe { (*info).si_value().sival_ptr.addr() } as i32;
    if RUNS.fetch_add(1, Ordering::Relaxed) == 0 {
        mark!("1. handler: {}", value);
    }
}

/// sigwaitinfo(2), but for its waiting: the value of a pending signal.
fn wait(signals: &libc::sigset_t) -> nix::Result<Option<i32>> {
    let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let mut info = MaybeUninit::<siginfo_t>::zeroed();
    // SAFETY: all three live through the call.
    let taken = unsafe { libc::sigtimedwait(signals, info.as_mut_ptr(), &now) };
    match Errno::result(taken) {
        // SAFETY: the kernel has filled it in.
        Ok(_) => Ok(Some(unsafe { info.assume_init().si_value().sival_ptr.addr() } as i32)),
        Err(Errno::EAGAIN) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The value of a pending signal, as a signalfd gives it.
fn read_signalfd(signals: &libc::sigset_t) -> nix::Result<Option<i32>> {
    // SAFETY: the set lives through the call; what it returns is ours.
    let file = unsafe {
        let flags = libc::SFD_NONBLOCK | libc::SFD_CLOEXEC;
        OwnedFd::from_raw_fd(Errno::result(libc::signalfd(-1, signals, flags))?)
    };
    let mut info = MaybeUninit::<libc::signalfd_siginfo>::zeroed();
    let size = size_of_val(&info);
    // SAFETY: there is room for as much as is asked for.
    let read = unsafe { libc::read(file.as_raw_fd(), info.as_mut_ptr().cast(), size) };
    match Errno::result(read) {
        // SAFETY: any bytes are a valid one.
        Ok(_) => Ok(Some(unsafe { info.assume_init() }.ssi_int)),
        Err(Errno::EAGAIN) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The set of one signal; nix's names standard ones only.
fn signal_set(signal: c_int) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset fills it in, and a wrong signal adds nothing.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), signal);
        set.assume_init()
    }
}

fn change_mask(how: c_int, signals: &libc::sigset_t) -> nix::Result<()> {
    // SAFETY: the set lives through the call, and the old one is not asked for.
    Errno::result(unsafe { libc::sigprocmask(how, signals, ptr::null_mut()) }).map(drop)
}
