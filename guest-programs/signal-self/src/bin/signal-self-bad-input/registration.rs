//! Registrations: what interrupts do with one and without, what ends it, and what it
//! holds.

use std::io;

use bad_input::{ended, in_a_pid_namespace, pid_namespaces, start, take};
use marker::{check, mark};
use nix::libc::SIGUSR1;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{dup, pipe, read, write};
use signal_self::{
    CAUSE_SIGNAL, CAUSE_WAKE, RESTARTSYS, Target, open_device, raise, register, wake, wake_ups,
};

pub fn run() -> io::Result<()> {
    an_interrupt_for_nobody()?;
    registering_again()?;
    closing_while_registered()?;
    a_registered_process_that_is_gone()?;
    nobody_is_held()
}

fn an_interrupt_for_nobody() -> io::Result<()> {
    mark!("an interrupt for nobody");
    let device = open_device()?;
    raise(&device, CAUSE_SIGNAL)?;
    check!("signal", take(SIGUSR1)?, None);
    // A cause that means nothing here is acknowledged all the same.
    raise(&device, 0x8000_0000)?;
    // Two causes in one interrupt.
    register(&device, Target::new(Signal::SIGUSR1, RESTARTSYS))?;
    raise(&device, CAUSE_SIGNAL | CAUSE_WAKE)?;
    check!("signal", take(SIGUSR1)?, Some(0));
    check!("wake-ups", wake_ups(&device), Ok(1));
    Ok(())
}

/// The last process to register is the one that counts, and wake-ups begin anew.
fn registering_again() -> io::Result<()> {
    mark!("registering again");
    let (device, other) = (open_device()?, open_device()?);
    for _ in 0..3 {
        register(&device, Target::new(Signal::SIGUSR1, RESTARTSYS))?;
        wake(&device)?;
    }
    register(&other, Target::new(Signal::SIGUSR1, RESTARTSYS))?;
    wake(&device)?;
    check!("wake-ups since then", wake_ups(&other), Ok(1));
    // Not the owner any more: its close ends nothing.
    drop(device);
    raise(&other, CAUSE_SIGNAL)?;
    check!("signal", take(SIGUSR1)?, Some(0));
    Ok(())
}

/// The registration ends with the last descriptor, not with the first.
fn closing_while_registered() -> io::Result<()> {
    mark!("closing while registered");
    let other = open_device()?;
    let device = open_device()?;
    register(&device, Target::new(Signal::SIGUSR1, RESTARTSYS))?;
    let copy = dup(&device)?;
    drop(device);
    raise(&other, CAUSE_SIGNAL)?;
    check!("while a copy is open", take(SIGUSR1)?, Some(0));
    drop(copy);
    raise(&other, CAUSE_SIGNAL)?;
    check!("after the last close", take(SIGUSR1)?, None);
    Ok(())
}

/// The file that it registered through is still open, here.
fn a_registered_process_that_is_gone() -> io::Result<()> {
    mark!("a registered process that is gone");
    let device = open_device()?;
    let child = start(|| register(&device, Target::new(Signal::SIGUSR1, RESTARTSYS)))?;
    check!("the child", ended(child)?, Ok(()));
    raise(&device, CAUSE_SIGNAL)?;
    // A sleeper that is killed, with its signal registered.
    let (receiver, sender) = pipe()?;
    let child = start(|| {
        register(&device, Target::new(Signal::SIGKILL, RESTARTSYS))?;
        write(&sender, b"r")?;
        wake_ups(&device).map(drop)
    })?;
    check!("it has registered", read(&receiver, &mut [0])?, 1);
    raise(&device, CAUSE_SIGNAL)?;
    let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
    check!("the child", waitpid(child, None)?, killed);
    raise(&device, CAUSE_SIGNAL)?;
    Ok(())
}

/// The registrant is held until the end of the registration, and no longer: not
/// when another registers, or when the file is closed.
fn nobody_is_held() -> io::Result<()> {
    mark!("nobody is held");
    let before = pid_namespaces()?;
    let device = open_device()?;
    check!(
        "it stays registered",
        in_a_pid_namespace(|| register(&device, Target::new(Signal::SIGUSR1, RESTARTSYS)))?,
        Ok(())
    );
    check!("namespaces after that", pid_namespaces()?, before + 1);
    register(&device, Target::new(Signal::SIGUSR1, RESTARTSYS))?;
    check!("namespaces after another", pid_namespaces()?, before);
    check!(
        "it stays registered",
        in_a_pid_namespace(|| register(&device, Target::new(Signal::SIGUSR1, RESTARTSYS)))?,
        Ok(())
    );
    drop(device);
    check!("namespaces after the last close", pid_namespaces()?, before);
    Ok(())
}
