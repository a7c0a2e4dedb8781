//! Drives the student's `lab_kill_pid`: has processes register with it, makes
//! edu interrupt, and looks at what is left of them in the end.
//!
//! Usage: harness SIGNAL CAUSE INTERRUPTS
//!
//! 1. A process registers and unregisters.
//! 2. One registers twice.
//! 3. One registers and dies, and another gets its number.
//! 4. One registers and dies, and only the module can hold it.

mod device;
mod left;
mod process;

use std::io;

use kill_pid::{MODULE, start_impostor};
use marker::mark;
use nix::libc::c_int;
use nix::sched::CloneFlags;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use student::edu::Edu;
use student::module;

use device::{interrupt, open_device};
use left::Left;
use process::Process;

/// The process lives in a PID namespace of its own: see [`left`].
const NEW_NAMESPACE: CloneFlags = CloneFlags::CLONE_NEWPID;

fn main() -> io::Result<()> {
    marker::open_trace();
    let [signal, cause, interrupts] = arguments()?;
    // Here and in all children: a module that signals the wrong process must not
    // end one of them.
    steps::block(signal as c_int)?;
    // MSI: an interrupt that is not acknowledged is a stale cause then, and
    // not a handler that runs for ever.
    if module::load("lab_kill_pid", c"msi=1").is_err() {
        return Ok(());
    }
    let mut lesson = Harness { edu: Edu::map()?, signal, cause, left: Left::new()? };
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
    module::mark_reports()
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
    left: Left,
}

impl Harness {
    /// The whole life of a registration: some interrupts while it lasts, and
    /// one more after its end.
    fn registers_and_unregisters(&mut self, interrupts: u32) -> io::Result<()> {
        let Some(file) = open_device() else { return Ok(()) };
        let mut process = Process::start(&file, self.signal, NEW_NAMESPACE)?;
        mark!("1. {} registers: {}", process.pid, process.register()?);
        for n in 0..interrupts {
            interrupt(&self.edu, self.cause << n);
        }
        mark!("1. it unregisters: {}", process.unregister()?);
        interrupt(&self.edu, self.cause);
        self.left.look_before()?;
        mark!("1. it exits, and the file is closed");
        process.end()?;
        drop(file);
        process.let_go()?;
        self.left.look(1)
    }

    /// A second registration is refused, and leaves nothing behind; the first is
    /// ended by the last close.
    fn registers_twice(&mut self) -> io::Result<()> {
        let Some(file) = open_device() else { return Ok(()) };
        let mut process = Process::start(&file, self.signal, NEW_NAMESPACE)?;
        mark!("2. {} registers: {}", process.pid, process.register()?);
        interrupt(&self.edu, self.cause);
        mark!("2. it registers once more: {}", process.register()?);
        self.left.look_before()?;
        mark!("2. it exits, and the file is closed");
        process.end()?;
        drop(file);
        process.let_go()?;
        self.left.look(2)
    }

    /// The process goes and its number is somebody else's, while the file
    /// stays open, and so the registration stays.
    fn registers_and_dies(&mut self) -> io::Result<()> {
        let Some(file) = open_device() else { return Ok(()) };
        let mut process = Process::start(&file, self.signal, CloneFlags::empty())?;
        mark!("3. {} registers: {}", process.pid, process.register()?);
        interrupt(&self.edu, self.cause);
        process.end()?;
        mark!("3. it exits and is reaped");
        interrupt(&self.edu, self.cause);
        let impostor = start_impostor(process.pid)?;
        mark!("3. its number is another process's");
        interrupt(&self.edu, self.cause);
        mark!("3. the file is closed");
        drop(file);
        kill(impostor, Signal::SIGKILL)?;
        waitpid(impostor, None)?;
        process.let_go()
    }

    /// The process goes, and nobody has its `struct pid` but the module.
    fn is_held(&mut self) -> io::Result<()> {
        let Some(file) = open_device() else { return Ok(()) };
        let mut process = Process::start(&file, self.signal, NEW_NAMESPACE)?;
        mark!("4. {} registers: {}", process.pid, process.register()?);
        process.end()?;
        mark!("4. it exits and is reaped");
        process.let_go()?;
        self.left.look(4)
        // The file is closed, and nobody makes the device interrupt any more:
        // a module that holds nothing would use freed memory.
    }
}
