//! Drives the student's `lab_sigio`: asks it for signals, makes edu interrupt, and marks
//! whether the module's files are O_ASYNC. Who is signalled, the kernel's trace says.
//!
//! Usage: harness SIGNAL BIT INTERRUPTS
//!
//! 1. A file becomes O_ASYNC, and interrupts come.
//! 2. The urgent cause.
//! 3. A second file, with another owner.
//! 4. The first is not O_ASYNC any more.
//! 5. The second is closed.

mod file;

use std::io;

use marker::mark;
use nix::libc::{SIGIO, c_int};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getppid};
use sigio::{MODULE, URGENT, is_async};
use steps::{sleep_for_ever, start};
use student::edu::Edu;
use student::module;

use file::{open, wish};

fn main() -> io::Result<()> {
    marker::open_trace();
    let numbers: Result<Vec<u32>, _> = std::env::args().skip(1).map(|n| n.parse()).collect();
    let [signal, bit, interrupts] = numbers.map_err(io::Error::other)?[..] else {
        return Err(io::Error::other("usage: harness SIGNAL BIT INTERRUPTS"));
    };
    // Here and in all children: a signal must end nobody, whoever it is sent to.
    for signal in [signal as c_int, SIGIO] {
        steps::block(signal)?;
    }
    // MSI: an interrupt that is not acknowledged is a stale cause then, and not a handler
    // that runs for ever.
    if module::load("lab_sigio", c"msi=1").is_err() {
        return Ok(());
    }
    // Before a file is open: a child has a copy of each, and the last close is to be the
    // harness's.
    let owners = [start(|| sleep_for_ever())?, start(|| sleep_for_ever())?];
    asks(&Edu::map()?, owners, signal as c_int, 1 << bit, interrupts)?;
    for owner in owners {
        kill(owner, Signal::SIGKILL)?;
        waitpid(owner, None)?;
    }
    // What came of it is in the trace already.
    let _ = module::remove(MODULE);
    module::mark_reports()
}

fn asks(edu: &Edu, owners: [Pid; 2], signal: c_int, cause: u32, interrupts: u32) -> io::Result<()> {
    let Some(first) = open(owners[0], signal)? else { return Ok(()) };
    mark!("1. a file is to be O_ASYNC, and {} interrupts come", interrupts);
    mark!("1. F_SETFL {}", wish(&first, true));
    mark!("1. it is {}O_ASYNC", if is_async(&first)? { "" } else { "not " });
    for _ in 0..interrupts {
        interrupt(edu, cause);
    }

    mark!("2. an urgent one");
    interrupt(edu, URGENT);

    let Some(second) = open(owners[1], signal)? else { return Ok(()) };
    mark!("3. a second file: F_SETFL {}", wish(&second, true));
    interrupt(edu, cause);

    mark!("4. the first is to be O_ASYNC no more: F_SETFL {}", wish(&first, false));
    interrupt(edu, cause);
    if is_async(&first)? {
        // A file that is in the queue when it is gone is freed memory: better not go on.
        mark!("4. the first is O_ASYNC still");
        return Ok(());
    }

    drop(second);
    mark!("5. the second is closed");
    interrupt(edu, cause);
    Ok(())
}

/// Makes the device interrupt. Any system call will do then: the handler has run when it
/// returns.
fn interrupt(edu: &Edu, causes: u32) {
    edu.raise(causes);
    getppid();
    // What the module leaves belongs to this interrupt.
    edu.acknowledge(edu.causes());
}
