//! What `kmods/errno` does with what no well-behaved program asks of it: every
//! refusal with its exact error, and nothing left behind by any.
//!
//! Not a lesson but a test of the module; the lesson is `main.rs`. It runs
//! where that runs: as root, with the module loaded.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use bad_input::{NOWHERE, by_a_user, half_in_memory, ioctl_of_32_bits, remove, start};
use errno as lab;
use errno::{Answer, IOC, ROOM};
use marker::{check, mark};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc::{self, c_int};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::stat::Mode;
use nix::sys::uio::pread;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{alarm, dup, pipe, read, write};

nix::ioctl_none!(
    /// A request that the module does not have.
    unknown, IOC, 99
);
nix::ioctl_write_ptr!(
    /// LAB_ERRNO_ANSWER's number, but with a structure of another size.
    answer_of_another_size, IOC, 1, [u32; 3]
);
nix::ioctl_none!(
    /// LAB_ERRNO_CLAIM's number, but of another driver.
    claim_of_another_driver, IOC - 1, 2
);

/// Where the handler says that it has run.
static TELL: AtomicI32 = AtomicI32::new(-1);

/// Only what signal-safety(7) allows: a load and write(2).
extern "C" fn on_signal(_signal: c_int) {
    // SAFETY: the pipe stays open as long as a signal can come.
    let pipe = unsafe { BorrowedFd::borrow_raw(TELL.load(Relaxed)) };
    // What goes wrong here shows as a read of the pipe that does not end.
    let _ = write(pipe, b"h");
}

fn main() -> io::Result<()> {
    marker::open_trace();
    unknown_requests()?;
    bad_pointers()?;
    bad_values()?;
    lengths_of_all_kinds()?;
    the_queue_is_everybodys()?;
    a_signal_ends_a_sleep()?;
    claims()?;
    only_root_may()?;
    removing_the_module_while_open()?;
    println!("every refusal was the right one");
    Ok(())
}

fn unknown_requests() -> io::Result<()> {
    mark!("unknown requests");
    let device = open_device(OFlag::empty())?;
    let fd = device.as_raw_fd();
    // SAFETY: requests without an argument, or with one that lives long enough.
    unsafe {
        check!("an unknown request", unknown(fd), Err(Errno::ENOTTY));
        check!("another size", answer_of_another_size(fd, &[0; 3]), Err(Errno::ENOTTY));
        check!("another driver's", claim_of_another_driver(fd), Err(Errno::ENOTTY));
    }
    check!("pread of a stream", pread(&device, &mut [0], 0), Err(Errno::ESPIPE));
    // A program of 32 bits asks by another entry, and is heard as well.
    check!(
        "a 32-bit program",
        ioctl_of_32_bits(&device, nix::request_code_write!(IOC, 1, size_of::<Answer>()), 0),
        Err(Errno::EFAULT)
    );
    Ok(())
}

fn bad_pointers() -> io::Result<()> {
    mark!("bad pointers");
    let device = open_device(OFlag::O_NONBLOCK)?;
    let fd = device.as_raw_fd();
    check!("bytes", write(&device, b"12"), Ok(2));
    for address in NOWHERE {
        // SAFETY: the kernel finds out that there is nothing at the address;
        // this program does not touch it.
        unsafe {
            let nothing = ptr::without_provenance(address);
            check!("an answer nowhere", lab::answer(fd, nothing), Err(Errno::EFAULT));
            let nothing: *const libc::c_void = ptr::without_provenance(address);
            let result = Errno::result(libc::write(fd, nothing, 1));
            check!("bytes nowhere", result, Err(Errno::EFAULT));
            let result = Errno::result(libc::read(fd, nothing.cast_mut(), 1));
            check!("room nowhere", result, Err(Errno::EFAULT));
        }
    }

    // What begins in memory and ends beyond it.
    // SAFETY: only the kernel is pointed at them, and it finds out.
    unsafe {
        let half = half_in_memory::<Answer>()?;
        check!("half an answer", lab::answer(fd, half), Err(Errno::EFAULT));
        let end = half_in_memory::<[u8; 6]>()?;
        end.cast::<[u8; 3]>().write(*b"345");
        check!("bytes that end", Errno::result(libc::write(fd, end.cast(), 6)), Ok(3));
    }
    // Nothing has been lost by any of these, and nothing added.
    let mut bytes = [0; ROOM];
    check!("bytes read", read(&device, &mut bytes), Ok(5));
    check!("the bytes", &bytes[..5], b"12345");
    Ok(())
}

fn bad_values() -> io::Result<()> {
    mark!("bad values");
    let device = open_device(OFlag::empty())?;
    for (what, signal, padding) in
        [("signal 65", 65, 0), ("signal 2^32 - 1", u32::MAX, 0), ("padding 1", 0, 1)]
    {
        check!(what, answer(&device, 7, signal, padding), Err(Errno::EINVAL));
    }
    check!("no signal", answer(&device, 7, 0, 0), Ok(7));
    Ok(())
}

fn lengths_of_all_kinds() -> io::Result<()> {
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

/// What one writes another one reads, asleep until then.
fn the_queue_is_everybodys() -> io::Result<()> {
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

/// By a handler without SA_RESTART, and by SIGKILL. With SA_RESTART it goes on.
fn a_signal_ends_a_sleep() -> io::Result<()> {
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
        // What nobody is going to write.
        write(&sender, b"r")?;
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

fn claims() -> io::Result<()> {
    mark!("claims");
    let (device, other) = (open_device(OFlag::empty())?, open_device(OFlag::empty())?);
    check!("claim", claim(&device), Ok(0));
    check!("once more", claim(&device), Ok(0));
    let copy = dup(&device)?;
    check!("by a copy", claim(&copy), Ok(0));
    drop(device);
    check!("while a copy is open", claim(&other), Err(Errno::EBUSY));
    drop(copy);
    check!("after the last close", claim(&other), Ok(0));
    drop(other);

    // By exit and by SIGKILL.
    let child = start(|| claim(&open_device(OFlag::empty())?).map(drop))?;
    check!("a child that exits", waitpid(child, None)?, WaitStatus::Exited(child, 0));
    let child = start(|| {
        let own = open_device(OFlag::empty())?;
        claim(&own)?;
        // Does not return.
        let _ = answer(&own, 0, Signal::SIGKILL as u32, 0);
        Ok(())
    })?;
    let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
    check!("a child that is killed", waitpid(child, None)?, killed);
    check!("claim after both", claim(&open_device(OFlag::empty())?), Ok(0));
    Ok(())
}

fn only_root_may() -> io::Result<()> {
    mark!("only root may open it, or remove it");
    let open = by_a_user(|| open_device(OFlag::empty()).map(drop))?;
    check!("open by user 1000", open, Err(Errno::EACCES));
    check!("removal by user 1000", by_a_user(|| remove(lab::MODULE))?, Err(Errno::EPERM));
    Ok(())
}

fn removing_the_module_while_open() -> io::Result<()> {
    mark!("removing the module while it is open");
    let device = open_device(OFlag::O_NONBLOCK)?;
    check!("write", write(&device, b"x"), Ok(1));
    check!("removal", remove(lab::MODULE), Err(Errno::EWOULDBLOCK));
    check!("loading it twice", load(c""), Err(Errno::EEXIST));
    check!("read all the same", read(&device, &mut [0]), Ok(1));
    check!("write", write(&device, b"x"), Ok(1));
    drop(device);
    check!("removal when closed", remove(lab::MODULE), Ok(()));
    check!("removal of what is not there", remove(lab::MODULE), Err(Errno::ENOENT));
    check!("the device afterwards", open_device(OFlag::empty()).err(), Some(Errno::ENOENT));
    load(c"")?;
    let device = open_device(OFlag::O_NONBLOCK)?;
    check!("a new queue", read(&device, &mut [0]), Err(Errno::EAGAIN));
    Ok(())
}

fn handle(flags: SaFlags) -> nix::Result<()> {
    let action = SigAction::new(SigHandler::Handler(on_signal), flags, SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows.
    unsafe { sigaction(Signal::SIGALRM, &action) }.map(drop)
}

fn load(params: &CStr) -> nix::Result<()> {
    bad_input::load(lab::MODULE_FILE, params)
}

fn open_device(flags: OFlag) -> nix::Result<OwnedFd> {
    open(lab::DEVICE, OFlag::O_RDWR | OFlag::O_CLOEXEC | flags, Mode::empty())
}

fn answer(device: &OwnedFd, value: i64, signal: u32, padding: u32) -> nix::Result<c_int> {
    let answer = Answer { value: value.into(), signal: signal.into(), padding: padding.into() };
    // SAFETY: the module reads one Answer, which lives through the call.
    unsafe { lab::answer(device.as_raw_fd(), &answer) }
}

fn claim(device: &OwnedFd) -> nix::Result<c_int> {
    // SAFETY: a request without an argument.
    unsafe { lab::claim(device.as_raw_fd()) }
}
