//! Reads and writes.

use std::io;
use std::os::fd::AsRawFd;
use std::sync::atomic::Ordering::Relaxed;

use bad_input::start;
use errno::ROOM;
use marker::{check, mark};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::{SaFlags, Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{alarm, pipe, read, write};

use crate::device::{TELL, handle, open_device};

pub fn lengths_of_all_kinds() -> io::Result<()> {
    mark!("lengths of all kinds");
    let device = open_device(OFlag::O_NONBLOCK)?;
    check!("read of nothing, from nothing", read(&device, &mut []), Ok(0));
    check!("write of nothing", write(&device, &[]), Ok(0));
    check!("read of 1", read(&device, &mut [0]), Err(Errno::EAGAIN));
    let many = vec![7; 1 << 20];
    check!("write of a MiB", write(&device, &many), Ok(ROOM));
    check!("write of 1", write(&device, &[7]), Err(Errno::EAGAIN));
    check!("write of nothing, full", write(&device, &[]), Ok(0));
    let mut many = vec![0; 1 << 20];
    check!("read of a MiB", read(&device, &mut many), Ok(ROOM));
    check!("what was read", &many[..ROOM + 1], [7, 7, 7, 7, 7, 7, 7, 7, 0]);
    // Round and round, past the end of the buffer inside.
    for turn in 0..100 {
        check!("write", write(&device, &[turn, turn, turn]), Ok(3));
        let mut three = [0; 3];
        check!("read", read(&device, &mut three), Ok(3));
        check!("bytes", three, [turn; 3]);
    }
    Ok(())
}

/// A reader sleeps until another process writes.
pub fn the_queue_is_everybodys() -> io::Result<()> {
    mark!("the queue is everybody's");
    let device = open_device(OFlag::empty())?;
    let child = start(|| {
        let mut byte = [0];
        check!("read", read(&device, &mut byte), Ok(1));
        check!("byte", byte, [42]);
        Ok(())
    })?;
    check!("write", write(&device, &[42]), Ok(1));
    check!("the reader", waitpid(child, None)?, WaitStatus::Exited(child, 0));

    // The other way round: a writer waits for room.
    check!("write", write(&device, &[1; ROOM]), Ok(ROOM));
    let child = start(|| {
        check!("write", write(&device, &[2]), Ok(1));
        Ok(())
    })?;
    check!("read", read(&device, &mut [0; ROOM]), Ok(ROOM));
    check!("the writer", waitpid(child, None)?, WaitStatus::Exited(child, 0));
    check!("read", read(&device, &mut [0; ROOM]), Ok(1));
    Ok(())
}

/// A handler without SA_RESTART ends it, and so does SIGKILL. With SA_RESTART it goes on.
pub fn a_signal_ends_a_sleep() -> io::Result<()> {
    mark!("a signal ends a sleep");
    let device = open_device(OFlag::empty())?;
    let (receiver, sender) = pipe()?;
    TELL.store(sender.as_raw_fd(), Relaxed);

    handle(SaFlags::empty())?;
    alarm::set(1);
    check!("read", read(&device, &mut [0]), Err(Errno::EINTR));
    check!("its handler", read(&receiver, &mut [0]), Ok(1));

    handle(SaFlags::SA_RESTART)?;
    let child = start(|| {
        alarm::set(1);
        check!("read with SA_RESTART", read(&device, &mut [0]), Ok(1));
        write(&sender, b"r")?;
        // Nobody is going to write anything for this one.
        read(&device, &mut [0]).map(drop)
    })?;
    check!("the child's handler", read(&receiver, &mut [0]), Ok(1));
    check!("write", write(&device, b"x"), Ok(1));
    check!("the child's read", read(&receiver, &mut [0]), Ok(1));
    kill(child, Signal::SIGKILL)?;
    let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
    check!("the child", waitpid(child, None)?, killed);
    Ok(())
}
