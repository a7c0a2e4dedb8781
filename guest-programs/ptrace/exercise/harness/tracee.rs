//! What the student's program traces: this harness itself, started by it once more.

use std::error::Error;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::libc::{self, c_long};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::getpid;

/// The harness's argument that makes it the traced program.
pub const ROLE: &str = "tracee";

/// What comes before and after the calls that the harness looks for, sched_yield(2): nothing
/// else calls it.
pub const YIELD: &str = "24 = 0";

extern "C" fn on_signal(_: i32) {}

/// Does `what`, with a number that the student's program does not know.
pub fn run(what: &str, number: u8) -> Result<(), Box<dyn Error>> {
    let mask = c_long::from(number);
    // So that the next umask(2) returns it.
    call(libc::SYS_umask, [mask, 0])?;
    for signal in [Signal::SIGUSR1, Signal::SIGTRAP] {
        let handler = SigHandler::Handler(on_signal);
        let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
        // SAFETY: the handler does nothing.
        unsafe { sigaction(signal, &action)? };
    }
    let own_pid = c_long::from(getpid().as_raw());
    let send = |signal: Signal| call(libc::SYS_kill, [own_pid, signal as c_long]);

    call(libc::SYS_sched_yield, [0, 0])?;
    match what {
        "calls" => {
            call(libc::SYS_close, [-1, 0]).expect_err("there is no such descriptor");
            call(libc::SYS_getppid, [0, 0])?;
        }
        "signal" => send(Signal::SIGUSR1)?,
        "trap" => send(Signal::SIGTRAP)?,
        "stop" => send(Signal::SIGSTOP)?,
        "killed" => send(Signal::SIGTERM)?,
        "exec" => {
            let error =
                Command::new("/proc/self/exe").args([ROLE, "nothing", &number.to_string()]).exec();
            return Err(error.into());
        }
        _ => {}
    }
    call(libc::SYS_umask, [0, 0])?;
    call(libc::SYS_sched_yield, [0, 0])?;
    std::process::exit(number.into());
}

/// A system call without libc's wrapper, which might make others.
fn call(number: c_long, [first, second]: [c_long; 2]) -> nix::Result<()> {
    // SAFETY: none of these calls takes an address.
    Errno::result(unsafe { libc::syscall(number, first, second) }).map(drop)
}
