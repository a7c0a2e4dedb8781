//! Acts on the student's consumer: makes edu interrupt one by one, many times in a row,
//! and more often than the ring has room for, and marks what the program told.
//!
//! Usage: harness PILE MORE
//!
//! PILE interrupts come while the program is busy, and then as many as the ring holds and
//! MORE. The program inherits the driver's file and an eventfd, so it needs no right to
//! the device.

use std::error::Error;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::Stdio;
use std::time::Duration;

use mapped_ring::{RECORDS, open_device, raise, set_doorbell};
use marker::mark;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::eventfd::{EfdFlags, EventFd};
use student::output::{Output, as_expected};
use student::rest::mark_rest;
use student::wait::system_call;

/// How long the program has for an answer. What is told later does not count.
const ANSWER: Duration = Duration::from_millis(100);
/// How long it takes to start.
const START: Duration = Duration::from_millis(200);
/// What ends the program.
const STOP: u32 = 0x80;

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let numbers: Vec<u32> =
        std::env::args().skip(1).map(|arg| arg.parse()).collect::<Result<_, _>>()?;
    let [pile, more] = numbers[..] else { return Err("usage: harness PILE MORE".into()) };

    let (device, bell) = (open_device()?, EventFd::from_flags(EfdFlags::empty())?);
    set_doorbell(&device, &bell)?;
    // For the program.
    fcntl(&device, FcntlArg::F_SETFD(FdFlag::empty()))?;
    let descriptors = [device.as_raw_fd(), bell.as_fd().as_raw_fd()];
    let mut command = student::command(descriptors.map(|fd| fd.to_string().into()));
    let mut program = student::spawn(command.stdout(Stdio::piped()))?;
    // So interrupts pile up indeed, before the program looks.
    steps::run_until_asleep()?;
    let mut output = Output::of(&mut program)?;
    output.hear(START)?;
    // The number of read(2) on x86-64, and its first argument.
    let reads_bell = format!("0 {:#x} ", descriptors[1]);
    if system_call(&program)?.is_some_and(|call| call.starts_with(&reads_bell)) {
        mark!("it sleeps in a read of the bell");
    }
    let mut driver = Driver { device, interrupts: 0 };

    mark!("one by one");
    let mut right = true;
    for causes in [0x1, 0x2, 0x4] {
        let want = [driver.interrupt(causes)?];
        right &= as_expected(&output.hear(ANSWER)?, &want);
    }
    verdict("one by one", right);

    mark!("a pile");
    let want = driver.pile(pile)?;
    verdict("a pile", as_expected(&output.hear(ANSWER)?, &want));

    mark!("a full ring");
    let want = driver.pile(RECORDS)?;
    verdict("a full ring", as_expected(&output.hear(ANSWER)?, &want));

    mark!("too many");
    let mut want = driver.pile(RECORDS)?;
    driver.pile(more)?;
    want.push(format!("lost {more}"));
    // A program that does not sleep may look for the lost ones first.
    let mut told = output.hear(ANSWER)?;
    want.sort();
    told.sort();
    verdict("too many", as_expected(&told, &want));

    mark_rest(&program, &mut output)?;

    mark!("the last record");
    driver.interrupt(STOP)?;
    output.hear(ANSWER)?;
    if program.try_wait()?.is_none() {
        program.kill()?;
    }
    student::wait(&mut program)?;
    Ok(())
}

/// The driver's file, and how many interrupts have come since it was opened.
struct Driver {
    device: OwnedFd,
    interrupts: u32,
}

impl Driver {
    /// One interrupt, and the line that tells it.
    fn interrupt(&mut self, causes: u32) -> nix::Result<String> {
        raise(&self.device, causes)?;
        self.interrupts += 1;
        Ok(format!("{} {causes:#x}", self.interrupts))
    }

    /// Many.
    fn pile(&mut self, interrupts: u32) -> nix::Result<Vec<String>> {
        (0..interrupts).map(|_| self.interrupt(0x1)).collect()
    }
}

fn verdict(step: &str, right: bool) {
    if right {
        mark!("{}: right", step);
    }
}
