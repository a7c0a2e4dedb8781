//! The program that the student's supervisor runs: this harness itself, started by it.

use std::error::Error;
use std::ffi::CString;
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroUsize;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use nix::errno::Errno;
use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

use crate::{ACT, ACTED, CHANGED, ENDED, INTERRUPTED, KILLED, path};

/// The harness's argument that makes it this program.
pub const ROLE: &str = "caller";

/// The length of the path's memory.
const LENGTH: usize = 64;

/// Where to report.
static REPORT: AtomicI32 = AtomicI32::new(-1);

/// Only what signal-safety(7) allows: one write(2).
extern "C" fn on_signal(_: i32) {
    // SAFETY: it reads one byte of a constant.
    unsafe { libc::write(REPORT.load(Ordering::Relaxed), [ACTED].as_ptr().cast(), 1) };
}

/// For each number of a step that it is told, has a child make that step's directory.
pub fn run(number: &str, orders: RawFd, reports: RawFd) -> Result<(), Box<dyn Error>> {
    // SAFETY: the harness has left these descriptors open for this program.
    let (mut orders, mut reports) =
        unsafe { (File::from_raw_fd(orders), File::from_raw_fd(reports)) };
    REPORT.store(reports.as_raw_fd(), Ordering::Relaxed);
    let handler = SigHandler::Handler(on_signal);
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows.
    unsafe { sigaction(Signal::SIGUSR1, &action)? };
    let size = NonZeroUsize::new(LENGTH).ok_or("it is not empty")?;
    let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping, which replaces none.
    let memory = unsafe { mmap_anonymous(None, size, protection, MapFlags::MAP_SHARED)? };
    let memory = memory.cast::<u8>().as_ptr();
    let store = |path: String| -> Result<(), Box<dyn Error>> {
        let path = CString::new(path)?;
        let bytes = path.to_bytes_with_nul();
        assert!(bytes.len() <= LENGTH, "a path is short");
        // SAFETY: it is large enough, and in this process nobody else uses it.
        unsafe { memory.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Ok(())
    };

    let mut order = [0];
    loop {
        orders.read_exact(&mut order)?;
        let step = order[0];
        store(path(step, number))?;
        // SAFETY: this program has one thread.
        let child = match unsafe { fork()? } {
            ForkResult::Parent { child } => child,
            ForkResult::Child => {
                // SAFETY: the path ends with a zero.
                let made = Errno::result(unsafe { libc::syscall(libc::SYS_mkdir, memory, 0o700) });
                std::process::exit(made.err().map_or(0, |error| error as i32));
            }
        };
        if let CHANGED | INTERRUPTED | KILLED = step {
            orders.read_exact(&mut order)?;
            assert_eq!(order[0], ACT, "the harness orders this only");
            match step {
                CHANGED => store("other".to_owned())?,
                // Its handler reports.
                INTERRUPTED => kill(child, Signal::SIGUSR1)?,
                _ => kill(child, Signal::SIGKILL)?,
            }
        }
        if let KILLED = step {
            waitpid(child, None)?;
        }
        if let CHANGED | KILLED = step {
            reports.write_all(&[ACTED])?;
        }
        if step != KILLED {
            waitpid(child, None)?;
        }
        reports.write_all(&[ENDED])?;
    }
}
