//! Four receivers look for the number: with SI_QUEUE, and with SI_KERNEL.

mod a_handler;
mod sigwaitinfo;
mod signalfd;
mod a_32_bit_program;

mod handler;
mod receiver32;

use std::io;
use std::os::fd::OwnedFd;

use siginfo::VALUE;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    println!("Who finds {VALUE}?       SI_QUEUE   SI_KERNEL");
    // 1. A process that sleeps and has a handler, as in the advice.
    a_handler::run(device)?;
    // 2. A process that asks for the signal.
    sigwaitinfo::run(device)?;
    // 3. One that reads it as data.
    signalfd::run(device)?;
    // 4. A 32-bit program, in both ways.
    a_32_bit_program::run(device)
}
