//! With EFD_SEMAPHORE `eventfd_ctx_do_read` (fs/eventfd.c) takes 1 from the count,
//! whatever it is, so that several readers share the interrupts among them.

use std::io;

use eventfd::{CAUSE_1, Target, open_device, raise, register};
use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::eventfd::{EfdFlags, EventFd};

pub fn run() -> io::Result<()> {
    let device = open_device()?;
    let semaphore = EventFd::from_flags(
        EfdFlags::EFD_SEMAPHORE | EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC,
    )?;
    register(&device, Target::of(&semaphore))?;
    scene!("3. EFD_SEMAPHORE: 3 interrupts");
    for _ in 0..3 {
        raise(&device, CAUSE_1)?;
    }
    for _ in 0..3 {
        check!("count", semaphore.read()?, 1);
    }
    check!("a fourth read", semaphore.read(), Err(Errno::EAGAIN));
    println!("3. EFD_SEMAPHORE, 3 interrupts: reads of 1, 1, 1, then EAGAIN");
    Ok(())
}
