//! Drives the student's `lab_kill_pid`: has processes register with it, makes
//! edu interrupt, and looks at what is left of them in the end.
//!
//! Usage: harness SIGNAL CAUSE INTERRUPTS
//!
//! All processes that register, but one, live in a PID namespace of their own. A
//! `struct pid` holds its namespace, so a namespace that outlives its only
//! process says that somebody still holds the process's `struct pid`: that is
//! how a reference which was never put is seen from outside.

use std::fs;
use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::ptr;
use std::thread::sleep;
use std::time::Duration;

use kill_pid as lab;
use kill_pid::{DEVICE, MODULE, REFERENCE, Target};
use marker::{Arg, mark};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getppid, pause};
use student::edu::Edu;
use student::module;

const NEW_NAMESPACE: u64 = libc::CLONE_NEWPID as u64;

fn main() -> io::Result<()> {
    marker::open_trace();
    let [signal, cause, interrupts] = arguments()?;
    block(signal as libc::c_int)?;
    // MSI: an interrupt that is not acknowledged is a stale cause then, and
    // not a handler that runs for ever.
    if module::load("lab_kill_pid", c"msi=1").is_err() {
        return Ok(());
    }
    let mut lesson = Harness { edu: Edu::map()?, signal, cause, held: namespaces()? };
    lesson.registers_and_unregisters(interrupts)?;
    // A module that puts references which are not its own corrupts memory:
    // better not go on with it.
    if !module::kernel_warned()? {
        lesson.registers_twice()?;
    }
    if !module::kernel_warned()? {
        lesson.registers_and_dies()?;
    }
    if !module::kernel_warned()? {
        lesson.is_held()?;
    }
    // What came of it is in the trace already.
    let _ = module::remove(MODULE);
    Ok(())
}

fn arguments() -> io::Result<[u32; 3]> {
    let numbers: Result<Vec<u32>, _> = std::env::args().skip(1).map(|n| n.parse()).collect();
    let numbers = numbers.map_err(io::Error::other)?;
    numbers.try_into().map_err(|_| io::Error::other("usage: harness SIGNAL CAUSE INTERRUPTS"))
}

struct Harness {
    edu: Edu,
    signal: u32,
    /// What the device raises.
    cause: u32,
    /// Namespaces that were there before.
    held: usize,
}

impl Harness {
    /// The whole life of a registration: some interrupts while it lasts, and
    /// one more after its end.
    fn registers_and_unregisters(&mut self, interrupts: u32) -> io::Result<()> {
        let Some(file) = open_device() else { return Ok(()) };
        let mut process = Process::start(&file, self.signal, NEW_NAMESPACE)?;
        process.registers(1)?;
        for n in 0..interrupts {
            self.interrupt(self.cause << n);
        }
        mark!("1. it unregisters: {}", told(process.order(UNREGISTER)?));
        self.interrupt(self.cause);
        mark!("1. it exits, and the file is closed");
        process.end()?;
        drop(file);
        process.let_go()?;
        self.look_what_is_held(1)
    }

    /// A second registration is refused, and leaves nothing behind; the first is
    /// ended by the last close.
    fn registers_twice(&mut self) -> io::Result<()> {
        let Some(file) = open_device() else { return Ok(()) };
        let mut process = Process::start(&file, self.signal, NEW_NAMESPACE)?;
        process.registers(2)?;
        self.interrupt(self.cause);
        mark!("2. it registers once more: {}", told(process.order(REGISTER)?));
        mark!("2. it exits, and the file is closed");
        process.end()?;
        drop(file);
        process.let_go()?;
        self.look_what_is_held(2)
    }

    /// The process goes and its number is somebody else's, while the file
    /// stays open, and so the registration stays.
    fn registers_and_dies(&mut self) -> io::Result<()> {
        let Some(file) = open_device() else { return Ok(()) };
        let mut process = Process::start(&file, self.signal, 0)?;
        process.registers(3)?;
        self.interrupt(self.cause);
        process.end()?;
        mark!("3. it exits and is reaped");
        self.interrupt(self.cause);
        let impostor = idle(0, Some(process.pid))?;
        mark!("3. its number is another process's");
        self.interrupt(self.cause);
        mark!("3. the file is closed");
        drop(file);
        end(impostor)?;
        process.let_go()
    }

    /// The process goes, and nobody has its `struct pid` but the module.
    fn is_held(&mut self) -> io::Result<()> {
        let Some(file) = open_device() else { return Ok(()) };
        let mut process = Process::start(&file, self.signal, NEW_NAMESPACE)?;
        process.registers(4)?;
        process.end()?;
        mark!("4. it exits and is reaped");
        process.let_go()?;
        self.look_what_is_held(4)
        // The file is closed, and nobody makes the device interrupt any more:
        // a module that holds nothing would use freed memory.
    }

    /// Makes the device interrupt, and looks whether that was acknowledged.
    fn interrupt(&self, causes: u32) {
        self.edu.raise(causes);
        // Any system call will do: the handler has run when it returns.
        getppid();
        match self.edu.causes() {
            0 => mark!("acknowledged: {}", Arg::Address(causes.into())),
            left => {
                mark!("not acknowledged: {}", Arg::Address(left.into()));
                self.edu.acknowledge(left);
            }
        }
    }

    /// Counts the namespaces that are left; before that, asks the kernel whether it saw
    /// a reference put too often.
    fn look_what_is_held(&mut self, life: u32) -> io::Result<()> {
        grace_periods();
        if module::kernel_warned()? {
            mark!("{}. its struct pid was put too often", life);
            return Ok(());
        }
        let held = namespaces()?;
        if held > self.held {
            mark!("{}. its struct pid is still held", life);
        } else {
            mark!("{}. nobody holds its struct pid", life);
        }
        self.held = held;
        Ok(())
    }
}

/// Opens the device; that it is not there is the student's doing.
fn open_device() -> Option<OwnedFd> {
    match open(DEVICE, OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty()) {
        Ok(file) => Some(file),
        Err(error) => {
            mark!("the device cannot be opened: {}", error);
            None
        }
    }
}

fn told(result: i32) -> String {
    match result {
        0 => "ok".to_owned(),
        error => format!("{:?}", Errno::from_raw(error)),
    }
}

/// What a process can be told to do.
const REGISTER: u8 = b'r';
const UNREGISTER: u8 = b'u';
const EXIT: u8 = b'x';

/// A process that registers when it is told to.
struct Process {
    pid: Pid,
    orders: PipeWriter,
    answers: PipeReader,
}

impl Process {
    /// Starts it, with flags of clone(2).
    fn start(device: &OwnedFd, signal: u32, flags: u64) -> io::Result<Process> {
        let (mut orders, to_it) = io::pipe()?;
        let (from_it, mut answers) = io::pipe()?;
        let pid = match fork(flags, None)? {
            Some(pid) => pid,
            None => {
                drop((to_it, from_it));
                let _ = obey(device, signal, &mut orders, &mut answers);
                std::process::exit(0)
            }
        };
        // Two holders of its `struct pid` besides the module: should the module
        // put one reference too many, the process still has a valid one.
        for file in [to_it.as_raw_fd(), from_it.as_raw_fd()] {
            set_owner(file, pid.as_raw())?;
        }
        Ok(Process { pid, orders: to_it, answers: from_it })
    }

    /// Registers, and marks what became of that.
    fn registers(&mut self, life: u32) -> io::Result<()> {
        let result = self.order(REGISTER)?;
        mark!("{}. {} registers: {}", life, self.pid, told(result));
        Ok(())
    }

    /// The errno of what it was told to do, or 0.
    fn order(&mut self, what: u8) -> io::Result<i32> {
        self.orders.write_all(&[what])?;
        let mut answer = [0; 4];
        self.answers.read_exact(&mut answer)?;
        Ok(i32::from_ne_bytes(answer))
    }

    /// Has it exit, and reaps it.
    fn end(&mut self) -> io::Result<()> {
        self.orders.write_all(&[EXIT])?;
        waitpid(self.pid, None)?;
        grace_periods();
        Ok(())
    }

    /// Lets go of its `struct pid`, of which the process itself has none any
    /// more. If the module has put one reference too many, the last of these is
    /// one that nobody had, and the kernel warns. The two calls follow one
    /// another at once: what was freed too early is not in use again by then.
    fn let_go(self) -> io::Result<()> {
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
            [REGISTER] => lab::register(device, target),
            _ => lab::unregister(device),
        };
        let error = result.err().map_or(0, |error| error as i32);
        answers.write_all(&error.to_ne_bytes())?;
    }
}

/// fork(2) with flags of clone(2) and a choice of the number; `None` in the
/// child.
fn fork(flags: u64, number: Option<Pid>) -> nix::Result<Option<Pid>> {
    let set_tid = [number.map_or(0, Pid::as_raw)];
    // SAFETY: all zeros are valid: without flags, this is fork(2).
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.flags = flags;
    args.exit_signal = libc::SIGCHLD as u64;
    if number.is_some() {
        args.set_tid = ptr::from_ref(&set_tid).addr() as u64;
        args.set_tid_size = 1;
    }
    // SAFETY: `args` and what it points to live through the call, and this
    // program has one thread.
    let child = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of_val(&args)) };
    Ok(match Errno::result(child)? {
        0 => None,
        child => Some(Pid::from_raw(child as i32)),
    })
}

/// Starts a process that does nothing.
fn idle(flags: u64, number: Option<Pid>) -> nix::Result<Pid> {
    match fork(flags, number)? {
        Some(pid) => Ok(pid),
        None => loop {
            pause();
        },
    }
}

fn end(process: Pid) -> nix::Result<()> {
    kill(process, Signal::SIGKILL)?;
    waitpid(process, None)?;
    Ok(())
}

/// How many PID namespaces there are besides the first: the lowest limit with
/// which one more can be made, less that one.
fn namespaces() -> io::Result<usize> {
    const LIMIT: &str = "/proc/sys/user/max_pid_namespaces";
    let before = fs::read_to_string(LIMIT)?;
    let mut limit = 0;
    let process = loop {
        limit += 1;
        fs::write(LIMIT, limit.to_string())?;
        match idle(NEW_NAMESPACE, None) {
            Ok(process) => break process,
            Err(Errno::ENOSPC) => {}
            Err(error) => return Err(error.into()),
        }
    };
    fs::write(LIMIT, before.trim())?;
    end(process)?;
    grace_periods();
    Ok(limit - 1)
}

/// Lets the kernel free what it frees after an RCU grace period: a process's
/// own reference to its `struct pid`, and then the namespace. Each period ends
/// when the processor has had nothing to do.
fn grace_periods() {
    sleep(Duration::from_millis(50));
}

/// Blocks the signal here and in all children: a module that signals the wrong
/// process must not end one of them.
fn block(signal: libc::c_int) -> nix::Result<()> {
    // SAFETY: an empty set and a valid signal, so nothing here can fail but
    // the last call, which is checked.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, signal);
        Errno::result(libc::sigprocmask(libc::SIG_BLOCK, &set, ptr::null_mut())).map(drop)
    }
}
