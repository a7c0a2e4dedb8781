//! What `kmods/poll_select` does with what no well-behaved program asks of it:
//! every refusal with its exact error, and nothing left behind by any.
//!
//! Not a lesson but a test of the module; the lesson is `main.rs`, which runs
//! it at its end. It runs where that runs: as root, with the module loaded.

use std::ffi::CStr;
use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::ptr;

use bad_input::{NOWHERE, by_a_user, device_of, ended, exit_of, ioctl_of_32_bits, start};
use marker::check;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc::{self, c_void};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Whence, lseek, read, write};
use poll_select as lab;
use poll_select::{IOC, ORDINARY, URGENT};
use steps::wait_until_asleep;

nix::ioctl_none!(
    /// A request that the module does not have.
    unknown, IOC, 99
);
nix::ioctl_none!(
    /// LAB_POLL_SELECT_RAISE_LATER's number, but of another driver.
    raise_later_of_another_driver, IOC - 1, 1
);

fn main() -> io::Result<()> {
    // The wire, as it was loaded, and then the message.
    each_refusal()?;
    remove()?;
    load(c"msi=1")?;
    each_refusal()?;
    remove()?;
    check!("msi=perhaps", load(c"msi=perhaps"), Err(Errno::EINVAL));
    check!("the device afterwards", open_device(OFlag::O_RDWR).err(), Some(Errno::ENOENT));
    // As it was.
    load(c"")?;
    println!("19. bad input: every refusal was the right one");
    Ok(())
}

fn each_refusal() -> io::Result<()> {
    unknown_requests()?;
    bad_pointers()?;
    bad_lengths_and_values()?;
    the_wrong_way()?;
    two_readers()?;
    signals_for_a_reader()?;
    dying_asleep()?;
    closing_while_watched()?;
    interrupting_twice_at_once()?;
    only_root_may()?;
    removing_the_module_while_open()?;
    removing_the_device_while_open()
}

fn unknown_requests() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    let fd = device.as_raw_fd();
    // SAFETY: requests without an argument.
    unsafe {
        check!("an unknown request", unknown(fd), Err(Errno::ENOTTY));
        check!("another driver's", raise_later_of_another_driver(fd), Err(Errno::ENOTTY));
    }
    // A program of 32 bits asks by another entry, and is heard as well.
    check!(
        "a 32-bit program",
        ioctl_of_32_bits(&device, nix::request_code_none!(IOC, 1), 0),
        Ok(0)
    );
    // What edu raises when a transfer is complete (docs/specs/edu.rst in QEMU).
    check!("its cause", causes(&device), Ok(0x100));
    Ok(())
}

fn bad_pointers() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR | OFlag::O_NONBLOCK)?;
    let fd = device.as_raw_fd();
    raise(&device, ORDINARY)?;
    for address in NOWHERE {
        let nowhere: *mut c_void = ptr::without_provenance_mut(address);
        // SAFETY: the kernel finds out that there is nothing at the address;
        // this program does not touch it.
        unsafe {
            check!(
                "read to nowhere",
                Errno::result(libc::read(fd, nowhere, 4)),
                Err(Errno::EFAULT)
            );
            check!(
                "write from nowhere",
                Errno::result(libc::write(fd, nowhere, 4)),
                Err(Errno::EFAULT)
            );
        }
    }
    // Memory that may be read but not written.
    static CONSTANT: u32 = 0;
    let constant = (&raw const CONSTANT).cast_mut().cast();
    // SAFETY: the kernel does not write there either, which is what is tested.
    let result = unsafe { libc::read(fd, constant, 4) };
    check!("read to a constant", Errno::result(result), Err(Errno::EFAULT));

    // No cause was lost, and none was raised.
    check!("causes afterwards", causes(&device), Ok(ORDINARY));
    check!("and no more", causes(&device), Err(Errno::EAGAIN));
    Ok(())
}

fn bad_lengths_and_values() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR | OFlag::O_NONBLOCK)?;
    for len in 0..4 {
        let mut bytes = [0xff; 3];
        let bytes = &mut bytes[..len];
        check!("a short write", write(&device, bytes), Err(Errno::EINVAL));
        check!("a short read", read(&device, bytes), Err(Errno::EINVAL));
    }
    check!("no cause", raise(&device, 0), Err(Errno::EINVAL));
    check!("nothing was raised", causes(&device), Err(Errno::EAGAIN));

    // More room, or more bytes, than needed: four are used.
    check!("a long write", write(&device, &[1, 0, 0, 0, 2, 0, 0, 0]), Ok(4));
    check!("a long read", read(&device, &mut [0; 8]), Ok(4));
    // Every cause there is.
    raise(&device, u32::MAX)?;
    check!("events", events(&device)?, PollFlags::POLLIN | PollFlags::POLLPRI | PollFlags::POLLOUT);
    check!("causes", causes(&device), Ok(u32::MAX));
    check!("events", events(&device)?, PollFlags::POLLOUT);
    Ok(())
}

fn the_wrong_way() -> io::Result<()> {
    let (reader, writer) = (open_device(OFlag::O_RDONLY)?, open_device(OFlag::O_WRONLY)?);
    check!("write to a reader", raise(&reader, ORDINARY), Err(Errno::EBADF));
    check!("read from a writer", causes(&writer), Err(Errno::EBADF));
    check!("seek", lseek(&reader, 0, Whence::SeekSet), Err(Errno::ESPIPE));
    Ok(())
}

/// Both sleep, one interrupt wakes both, and only one finds it.
fn two_readers() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    let reader =
        || causes(&device).and_then(|got| if got == ORDINARY { Ok(()) } else { Err(Errno::EIO) });
    let (one, other) = (start(reader)?, start(reader)?);
    wait_until_asleep(one)?;
    wait_until_asleep(other)?;
    raise(&device, ORDINARY)?;
    let first = waitpid(None, None)?;
    let (first, second) = if first.pid() == Some(one) { (first, other) } else { (first, one) };
    check!("the first", exit_of(first), Ok(()));
    wait_until_asleep(second)?;
    raise(&device, ORDINARY)?;
    check!("the second", ended(second)?, Ok(()));
    Ok(())
}

extern "C" fn on_signal(_signal: libc::c_int) {}

/// A handler ends the read, or with SA_RESTART does not.
fn signals_for_a_reader() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    for (flags, want) in [(SaFlags::empty(), Err(Errno::EINTR)), (SaFlags::SA_RESTART, Ok(()))] {
        let action = SigAction::new(SigHandler::Handler(on_signal), flags, SigSet::empty());
        // SAFETY: the handler does nothing.
        unsafe { sigaction(Signal::SIGUSR1, &action) }?;
        let child = start(|| causes(&device).map(drop))?;
        wait_until_asleep(child)?;
        kill(child, Signal::SIGUSR1)?;
        if want.is_ok() {
            wait_until_asleep(child)?;
            raise(&device, ORDINARY)?;
        }
        check!("read", ended(child)?, want);
    }
    Ok(())
}

/// Nothing of the dead is left in the wait queue.
fn dying_asleep() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    let by_read = start(|| causes(&device).map(drop))?;
    let by_poll = start(|| wait_for(&device, PollFlags::POLLIN).map(drop))?;
    for child in [by_read, by_poll] {
        wait_until_asleep(child)?;
        kill(child, Signal::SIGKILL)?;
        let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
        check!("a sleeper is killed", waitpid(child, None)?, killed);
    }
    raise(&device, ORDINARY)?;
    check!("causes", causes(&device), Ok(ORDINARY));
    Ok(())
}

/// epoll watches the open file; with its last descriptor that is over.
fn closing_while_watched() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    let watched = open_device(OFlag::O_RDWR)?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(&watched, EpollEvent::new(EpollFlags::EPOLLIN, 0))?;
    raise(&device, ORDINARY)?;
    check!("while it is open", epoll.wait(&mut [EpollEvent::empty()], EpollTimeout::ZERO), Ok(1));
    drop(watched);
    check!("once it is closed", epoll.wait(&mut [EpollEvent::empty()], EpollTimeout::ZERO), Ok(0));
    check!("causes", causes(&device), Ok(ORDINARY));
    raise(&device, URGENT)?;
    check!("causes", causes(&device), Ok(URGENT));
    Ok(())
}

fn interrupting_twice_at_once() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    raise_later(&device)?;
    check!("while it is busy", raise_later(&device), Err(Errno::EBUSY));
    // It is not before the interrupt that it is ready for the next.
    check!("events", wait_for(&device, PollFlags::POLLIN)?, PollFlags::POLLIN);
    check!("causes", causes(&device), Ok(0x100));
    Ok(())
}

fn removing_the_module_while_open() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    check!("removal", remove(), Err(Errno::EWOULDBLOCK));
    check!("loading it twice", load(c""), Err(Errno::EEXIST));
    let child = start(|| wait_for(&device, PollFlags::POLLIN).map(drop))?;
    wait_until_asleep(child)?;
    drop(device);
    check!("removal while only a sleeper is left", remove(), Err(Errno::EWOULDBLOCK));
    let device = open_device(OFlag::O_RDWR)?;
    raise(&device, ORDINARY)?;
    check!("the sleeper", ended(child)?, Ok(()));
    check!("causes", causes(&device), Ok(ORDINARY));
    Ok(())
}

fn only_root_may() -> io::Result<()> {
    check!(
        "open by user 1000",
        by_a_user(|| open_device(OFlag::O_RDWR).map(drop))?,
        Err(Errno::EACCES)
    );
    Ok(())
}

/// The open file outlives the device. Then the device comes back.
fn removing_the_device_while_open() -> io::Result<()> {
    let device = open_device(OFlag::O_RDWR)?;
    let by_read = start(|| causes(&device).map(drop))?;
    let by_poll = start(|| {
        let got = wait_for(&device, PollFlags::POLLIN)?;
        if got == PollFlags::POLLHUP { Ok(()) } else { Err(Errno::EIO) }
    })?;
    wait_until_asleep(by_read)?;
    wait_until_asleep(by_poll)?;
    fs::write(device_of("lab_poll_select")?.join("remove"), "1")?;
    check!("who sleeps in read", ended(by_read)?, Err(Errno::ENODEV));
    check!("who sleeps in poll", ended(by_poll)?, Ok(()));
    check!("read", causes(&device), Err(Errno::ENODEV));
    check!("write", raise(&device, ORDINARY), Err(Errno::ENODEV));
    check!("raise later", raise_later(&device), Err(Errno::ENODEV));
    check!("events", events(&device)?, PollFlags::POLLHUP | PollFlags::POLLOUT);

    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("events when it is back", events(&device)?, PollFlags::POLLOUT);
    check!("write when it is back", raise(&device, ORDINARY), Ok(()));
    check!("read when it is back", causes(&device), Ok(ORDINARY));
    Ok(())
}

fn load(params: &CStr) -> nix::Result<()> {
    bad_input::load(lab::MODULE_FILE, params)
}

fn remove() -> nix::Result<()> {
    bad_input::remove(lab::MODULE)
}

fn open_device(flags: OFlag) -> nix::Result<OwnedFd> {
    open(lab::DEVICE, flags | OFlag::O_CLOEXEC, Mode::empty())
}

fn raise(device: &OwnedFd, causes: u32) -> nix::Result<()> {
    write(device, &causes.to_ne_bytes()).map(drop)
}

fn raise_later(device: &OwnedFd) -> nix::Result<()> {
    // SAFETY: a request without an argument.
    unsafe { lab::raise_later(device.as_raw_fd()) }.map(drop)
}

fn causes(device: &OwnedFd) -> nix::Result<u32> {
    let mut causes = [0; 4];
    read(device, &mut causes)?;
    Ok(u32::from_ne_bytes(causes))
}

/// What poll says now.
fn events(device: &OwnedFd) -> nix::Result<PollFlags> {
    let all = PollFlags::POLLIN | PollFlags::POLLPRI | PollFlags::POLLOUT;
    let mut fds = [PollFd::new(device.as_fd(), all)];
    poll(&mut fds, PollTimeout::ZERO)?;
    Ok(fds[0].revents().unwrap_or(PollFlags::empty()))
}

/// What poll says when something wanted, or unasked, is there to say.
fn wait_for(device: &OwnedFd, wanted: PollFlags) -> nix::Result<PollFlags> {
    let mut fds = [PollFd::new(device.as_fd(), wanted)];
    poll(&mut fds, PollTimeout::NONE)?;
    Ok(fds[0].revents().unwrap_or(PollFlags::empty()))
}
