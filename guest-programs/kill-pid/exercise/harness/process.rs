//! A process that registers when it is told to.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use bad_input::grace_periods;
use kill_pid::{REFERENCE, Target};
use nix::errno::Errno;
use nix::libc;
use nix::sched::CloneFlags;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid};

/// What it can be told to do.
const REGISTER: u8 = b'r';
const UNREGISTER: u8 = b'u';
const EXIT: u8 = b'x';

pub struct Process {
    pub pid: Pid,
    orders: PipeWriter,
    answers: PipeReader,
}

impl Process {
    /// Starts it, with flags of clone(2).
    pub fn start(device: &OwnedFd, signal: u32, flags: CloneFlags) -> io::Result<Process> {
        let (mut orders, to_it) = io::pipe()?;
        let (from_it, mut answers) = io::pipe()?;
        // SAFETY: none of the harness's flags shares memory, and it has one thread.
        let pid = match unsafe { kill_pid::fork(flags, None)? } {
            ForkResult::Parent { child } => child,
            ForkResult::Child => {
                drop((to_it, from_it));
                let _ = obey(device, signal, &mut orders, &mut answers);
                steps::exit(0)
            }
        };
        // Two holders of its `struct pid` besides the module: should the module
        // put one reference too many, the process still has a valid one.
        for file in [to_it.as_raw_fd(), from_it.as_raw_fd()] {
            set_owner(file, pid.as_raw())?;
        }
        Ok(Process { pid, orders: to_it, answers: from_it })
    }

    /// Has it register, and returns what became of that.
    pub fn register(&mut self) -> io::Result<String> {
        self.order(REGISTER)
    }

    /// The same for the end of the registration.
    pub fn unregister(&mut self) -> io::Result<String> {
        self.order(UNREGISTER)
    }

    /// `ok`, or the errno of what it was told to do.
    fn order(&mut self, what: u8) -> io::Result<String> {
        self.orders.write_all(&[what])?;
        let mut answer = [0; 4];
        self.answers.read_exact(&mut answer)?;
        Ok(match i32::from_ne_bytes(answer) {
            0 => "ok".to_owned(),
            error => format!("{:?}", Errno::from_raw(error)),
        })
    }

    /// Has it exit, and reaps it.
    pub fn end(&mut self) -> io::Result<()> {
        self.orders.write_all(&[EXIT])?;
        waitpid(self.pid, None)?;
        grace_periods();
        Ok(())
    }

    /// Lets go of its `struct pid`, of which the process itself has none any
    /// more. If the module has put one reference too many, the last of these is
    /// one that nobody had, and the kernel warns. The two calls follow one
    /// another at once: what was freed too early is not in use again by then.
    pub fn let_go(self) -> io::Result<()> {
        let files = [self.orders.as_raw_fd(), self.answers.as_raw_fd()];
        let [first, second] = files.map(|file| set_owner(file, 0));
        first.and(second)?;
        Ok(())
    }
}

/// The process, whose `struct pid` a file then holds, that would get its
/// SIGIO; 0 for none. See F_SETOWN in fcntl(2).
fn set_owner(file: RawFd, pid: i32) -> nix::Result<()> {
    // SAFETY: a call without pointers.
    Errno::result(unsafe { libc::fcntl(file, libc::F_SETOWN, pid) }).map(drop)
}

/// What the process does, until it is told to exit.
fn obey(
    device: &OwnedFd,
    signal: u32,
    orders: &mut PipeReader,
    answers: &mut PipeWriter,
) -> io::Result<()> {
    let target = Target { signal, privileged: 1, remember: REFERENCE, padding: 0 };
    let mut order = [0];
    loop {
        orders.read_exact(&mut order)?;
        if order == [EXIT] {
            return Ok(());
        }
        let result = match order {
            [REGISTER] => kill_pid::register(device, target),
            _ => kill_pid::unregister(device),
        };
        let error = result.err().map_or(0, |error| error as i32);
        answers.write_all(&error.to_ne_bytes())?;
    }
}
