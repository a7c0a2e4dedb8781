//! Uses the student's `lab_signal_self`, and sends signals to those who are in
//! it.
//!
//! Usage: harness BYTES

use std::fs::{self, File};
use std::io::{self, PipeReader, Read as _, Write as _};
use std::os::fd::{AsFd, AsRawFd};
use std::process::exit;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use marker::mark;
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use signal_self::{DEVICE, MODULE};
use student::edu::Edu;
use student::module;

/// Long enough for everything that is to happen at once; guest time.
const PATIENCE: Duration = Duration::from_millis(300);

fn main() -> io::Result<()> {
    marker::open_trace();
    let bytes: usize = std::env::args()
        .nth(1)
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| io::Error::other("usage: harness BYTES"))?;
    if module::load("lab_signal_self", c"").is_err() {
        return Ok(());
    }
    let edu = Edu::map()?;
    without_a_signal(&edu, bytes)?;
    a_handler_without_restart(&edu)?;
    a_handler_with_restart(&edu)?;
    a_kill(&edu)?;
    a_signal_while_it_writes(bytes)?;
    // What came of it is in the trace already.
    let _ = module::remove(MODULE);
    Ok(())
}

/// Nobody sends anything: both calls do their work.
fn without_a_signal(edu: &Edu, bytes: usize) -> io::Result<()> {
    mark!("1. no signal");
    let reader = Reader::start(1, SaFlags::empty())?;
    reader.sleeps()?;
    edu.raise(1);
    reader.wait_or_wake(edu)?;
    let writer = start(|| {
        mark!("1. write: {}", told(write(&vec![0; bytes])?));
        Ok(())
    })?;
    waitpid(writer, None)?;
    Ok(())
}

/// The read fails with EINTR.
fn a_handler_without_restart(edu: &Edu) -> io::Result<()> {
    mark!("2. a handler without SA_RESTART");
    let reader = Reader::start(2, SaFlags::empty())?;
    reader.sleeps()?;
    kill(reader.pid, Signal::SIGUSR1)?;
    reader.wait_or_wake(edu)
}

/// The read goes on when the handler has run, and returns when it is woken.
fn a_handler_with_restart(edu: &Edu) -> io::Result<()> {
    mark!("3. a handler with SA_RESTART");
    let reader = Reader::start(3, SaFlags::SA_RESTART)?;
    reader.sleeps()?;
    kill(reader.pid, Signal::SIGUSR1)?;
    let mut handled = [PollFd::new(reader.handled.as_fd(), PollFlags::POLLIN)];
    let patience = PollTimeout::try_from(PATIENCE).map_err(io::Error::other)?;
    match poll(&mut handled, patience)? {
        0 => mark!("3. the handler does not run"),
        _ => mark!("3. the handler has run, and nobody has woken the read"),
    }
    // If its read was not called again, it has ended, and there is nobody to wake.
    if reader.sleeps()? {
        edu.raise(1);
    }
    reader.wait_or_wake(edu)
}

fn a_kill(edu: &Edu) -> io::Result<()> {
    mark!("4. SIGKILL");
    let reader = Reader::start(4, SaFlags::empty())?;
    reader.sleeps()?;
    kill(reader.pid, Signal::SIGKILL)?;
    reader.wait_or_wake(edu)
}

/// A timer expires while the device takes bytes.
fn a_signal_while_it_writes(bytes: usize) -> io::Result<()> {
    mark!("5. a signal while it writes");
    let writer = start(|| {
        handle(Signal::SIGALRM, SaFlags::empty())?;
        let timer = libc::itimerval {
            it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 },
            it_value: libc::timeval { tv_sec: 0, tv_usec: 5_000 },
        };
        // SAFETY: the timer lives through the call.
        Errno::result(unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, ptr::null_mut()) })?;
        match write(&vec![0; bytes])? {
            Ok(written) if written == bytes => mark!("5. write: goes on to its end"),
            Ok(written) if (1..bytes).contains(&written) => mark!("5. write: cut short, some done"),
            result => mark!("5. write: {}", told(result)),
        }
        Ok(())
    })?;
    waitpid(writer, None)?;
    Ok(())
}

/// A process that reads.
struct Reader {
    number: u32,
    pid: Pid,
    /// Something to read as soon as its handler has run.
    handled: PipeReader,
}

/// Where the handler writes to.
static HANDLED: AtomicI32 = AtomicI32::new(-1);

/// Does only what signal-safety(7) allows.
extern "C" fn on_signal(_: libc::c_int) {
    // SAFETY: one byte of a string that lives for ever. A descriptor of -1 is
    // an error, and harmless.
    unsafe { libc::write(HANDLED.load(Ordering::Relaxed), c"x".as_ptr().cast(), 1) };
}

impl Reader {
    fn start(number: u32, flags: SaFlags) -> io::Result<Reader> {
        let (handled, handler) = io::pipe()?;
        let pid = start(|| {
            HANDLED.store(handler.as_raw_fd(), Ordering::Relaxed);
            handle(Signal::SIGUSR1, flags)?;
            let mut wakes = [0; 4];
            match File::open(DEVICE)?.read(&mut wakes) {
                Ok(_) => mark!("{}. read: {} wake-ups", number, u32::from_ne_bytes(wakes)),
                Err(error) => mark!("{}. read: {}", number, told(Err(error))),
            }
            Ok(())
        })?;
        Ok(Reader { number, pid, handled })
    }

    /// Waits until it sleeps in its read(2), system call 0, or has ended; says
    /// whether it sleeps.
    fn sleeps(&self) -> io::Result<bool> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let call = fs::read_to_string(format!("/proc/{}/syscall", self.pid))?;
            if call.starts_with("0 ") {
                return Ok(true);
            }
            if call.starts_with("-1 ") {
                break;
            }
            sleep(Duration::from_millis(1));
        }
        Ok(false)
    }

    /// Waits for its end. If nothing ends it, the device does, so that nobody
    /// sleeps for ever.
    fn wait_or_wake(&self, edu: &Edu) -> io::Result<()> {
        let number = self.number;
        for attempt in ["", " only when it is woken"] {
            let start = Instant::now();
            while start.elapsed() < PATIENCE {
                match waitpid(self.pid, Some(WaitPidFlag::WNOHANG))? {
                    WaitStatus::StillAlive => sleep(Duration::from_millis(1)),
                    WaitStatus::Signaled(_, signal, _) => {
                        mark!("{}. killed by {}{}", number, signal, attempt);
                        return Ok(());
                    }
                    _ => return Ok(()),
                }
            }
            mark!("{}. it still sleeps, and is woken", number);
            edu.raise(1);
        }
        mark!("{}. nothing wakes it", number);
        Ok(())
    }
}

/// Starts a child that does `work`, then exits.
fn start(work: impl FnOnce() -> io::Result<()>) -> io::Result<Pid> {
    // SAFETY: this program has one thread, so the child may do as it likes.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            if let Err(error) = work() {
                mark!("failed: {}", error.to_string());
            }
            exit(0)
        }
    }
}

fn handle(signal: Signal, flags: SaFlags) -> nix::Result<()> {
    let action = SigAction::new(SigHandler::Handler(on_signal), flags, SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows.
    unsafe { sigaction(signal, &action) }.map(drop)
}

/// One write(2) to the device, and what it returns.
fn write(bytes: &[u8]) -> io::Result<io::Result<usize>> {
    let mut device = File::options().write(true).open(DEVICE)?;
    Ok(device.write(bytes))
}

fn told(result: io::Result<usize>) -> String {
    match result {
        Ok(bytes) => format!("{bytes} bytes"),
        Err(error) => match error.raw_os_error() {
            Some(number) => format!("{:?}", Errno::from_raw(number)),
            None => error.to_string(),
        },
    }
}
