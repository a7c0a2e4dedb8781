//! Asks the student's `lab_errno` for what it has to refuse, and marks how it
//! says no.
//!
//! Usage: harness REQUEST PADDING BYTES

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::exit;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use errno as lab;
use errno::{Answer, DEVICE, IOC, MODULE, ROOM};
use marker::mark;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use student::module;

/// Long enough for everything that is to happen at once; guest time.
const PATIENCE: Duration = Duration::from_millis(300);

/// An address that no program has: the kernel's.
const NOWHERE: usize = usize::MAX << 47;

fn main() -> io::Result<()> {
    marker::open_trace();
    let arguments: Result<Vec<u32>, _> = std::env::args().skip(1).map(|n| n.parse()).collect();
    let [request, padding, bytes] = arguments
        .map_err(io::Error::other)?
        .try_into()
        .map_err(|_| io::Error::other("usage: harness REQUEST PADDING BYTES"))?;
    if module::load("lab_errno", c"").is_err() {
        return Ok(());
    }
    match open_device(OFlag::O_NONBLOCK) {
        Ok(device) => {
            requests(&device, request as libc::c_ulong, padding);
            queue(&device, bytes as usize);
            use_count()?;
        }
        Err(error) => mark!("the device cannot be opened: {}", error),
    }
    a_read_that_is_interrupted()?;
    // What came of it is in the trace already.
    let _ = module::remove(MODULE);
    Ok(())
}

fn open_device(flags: OFlag) -> nix::Result<OwnedFd> {
    open(DEVICE, OFlag::O_RDWR | OFlag::O_CLOEXEC | flags, Mode::empty())
}

/// Requests that are unknown, that point nowhere, that mean nothing.
fn requests(device: &OwnedFd, request: libc::c_ulong, padding: u32) {
    let fd = device.as_raw_fd();
    let unknown = nix::request_code_none!(IOC, request);
    // SAFETY: no module of the lab takes this request, nor its argument.
    mark!("unknown request: {}", told(unsafe { libc::ioctl(fd, unknown, 0) }.into()));
    let known = nix::request_code_write!(IOC, 1, size_of::<Answer>());
    // SAFETY: the kernel checks every address that it is given.
    mark!("bad address: {}", told(unsafe { libc::ioctl(fd, known, NOWHERE) }.into()));
    let answer = |value: i64, padding: u32| {
        let answer = Answer {
            value: AtomicI64::new(value),
            signal: AtomicU32::new(0),
            padding: AtomicU32::new(padding),
        };
        // SAFETY: the module reads one Answer, which lives through the call.
        match unsafe { lab::answer(fd, &answer) } {
            Ok(value) => value.to_string(),
            Err(error) => format!("{error:?}"),
        }
    };
    mark!("padding: {}", answer(1, padding));
    mark!("no padding: {}", answer(padding.into(), 0));

    // SAFETY: a request without an argument.
    let claim = |fd: RawFd| match unsafe { lab::claim(fd) } {
        Ok(_) => "ok".to_owned(),
        Err(error) => format!("{error:?}"),
    };
    mark!("claim: {}", claim(fd));
    match open_device(OFlag::empty()) {
        Ok(other) => mark!("claim by another: {}", claim(other.as_raw_fd())),
        Err(error) => mark!("it cannot be opened twice: {}", error),
    }
}

/// Reads and writes that fail, or do only a part.
fn queue(device: &OwnedFd, bytes: usize) {
    let fd = device.as_raw_fd();
    let from = vec![b'x'; bytes];
    let mut to = [0_u8; ROOM];
    // SAFETY: as many bytes as are asked for are there; of a bad address, the
    // kernel finds out.
    unsafe {
        mark!("read, empty: {}", told(libc::read(fd, to.as_mut_ptr().cast(), 1) as i64));
        mark!("write, bad address: {}", told(libc::write(fd, NOWHERE as *const _, 1) as i64));
        mark!("write, too much: {}", told(libc::write(fd, from.as_ptr().cast(), bytes) as i64));
        mark!("write, full: {}", told(libc::write(fd, from.as_ptr().cast(), 1) as i64));
        mark!("read: {}", told(libc::read(fd, to.as_mut_ptr().cast(), ROOM) as i64));
    }
}

/// How many users the kernel sees while a file is open.
fn use_count() -> io::Result<()> {
    let count = fs::read_to_string("/sys/module/lab_errno/refcnt")?;
    mark!("use count: {}", count.trim());
    Ok(())
}

/// What the handler writes to, so that the read that it interrupted has
/// something to return.
static DEVICE_FD: AtomicI32 = AtomicI32::new(-1);

/// Does only what signal-safety(7) allows.
extern "C" fn on_signal(_: libc::c_int) {
    // SAFETY: one byte of a string that lives for ever. A descriptor of -1 is
    // an error, and harmless.
    unsafe { libc::write(DEVICE_FD.load(Ordering::Relaxed), c"x".as_ptr().cast(), 1) };
}

/// A timer with a handler with SA_RESTART interrupts a read that waits.
fn a_read_that_is_interrupted() -> io::Result<()> {
    mark!("a read is interrupted");
    // SAFETY: this program has one thread, so the child may do as it likes.
    let child = match unsafe { fork()? } {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            if let Err(error) = read_interrupted() {
                mark!("the read cannot be tried: {}", error);
            }
            exit(0)
        }
    };
    let start = Instant::now();
    while waitpid(child, Some(WaitPidFlag::WNOHANG))? == WaitStatus::StillAlive {
        if start.elapsed() > PATIENCE {
            mark!("it sleeps on, and gets a byte");
            let device = open_device(OFlag::O_NONBLOCK)?;
            // What the write returns is of no interest: it was tried before.
            let _ = nix::unistd::write(&device, b"x");
            waitpid(child, None)?;
            return Ok(());
        }
        sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn read_interrupted() -> nix::Result<()> {
    let device = open_device(OFlag::empty())?;
    DEVICE_FD.store(device.as_raw_fd(), Ordering::Relaxed);
    let action =
        SigAction::new(SigHandler::Handler(on_signal), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows.
    unsafe { sigaction(Signal::SIGALRM, &action) }?;
    let timer = libc::itimerval {
        it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 },
        it_value: libc::timeval { tv_sec: 0, tv_usec: 10_000 },
    };
    // SAFETY: the timer lives through the call.
    Errno::result(unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, ptr::null_mut()) })?;
    let mut byte = 0_u8;
    // SAFETY: there is room for the one byte.
    let read = unsafe { libc::read(device.as_raw_fd(), (&raw mut byte).cast(), 1) };
    mark!("the read returns: {}", told(read as i64));
    Ok(())
}

/// What a call returned, as a program sees it.
fn told(result: i64) -> String {
    match result {
        -1 => format!("{:?}", Errno::last()),
        result => result.to_string(),
    }
}
