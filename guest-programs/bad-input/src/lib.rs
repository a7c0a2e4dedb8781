//! What programs that give a module bad input have in common: addresses where
//! nothing is, children that do something and tell how it went, signals that
//! stay pending, modules that come and go, and how those are interrupted. What
//! they ask of their module, and which error they expect, each spells out for
//! itself.

mod compat;
mod held;

use std::num::NonZero;
use std::path::PathBuf;
use std::{io, ptr};

use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, pipe, read, setuid, write};
use steps::{set_of, sleep_for_ever};

pub use compat::ioctl_of_32_bits;
pub use held::{
    Registration, grace_periods, in_a_pid_namespace, next_eventfd, nobody_is_held, pid_namespaces,
};
pub use steps::{block, ended, exit_of, load, remove};

/// Addresses at which a program has nothing: page 0, and the kernel's half.
pub const NOWHERE: [usize; 2] = [0, 0xffff_8000_0000_0000];

/// Where a `T` would begin in memory and end beyond it. Only the kernel may be
/// pointed at it; it meets a fault halfway.
pub fn half_in_memory<T>() -> nix::Result<*mut T> {
    const PAGE: usize = 4096;
    const TWO_PAGES: NonZero<usize> = NonZero::new(2 * PAGE).unwrap();
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a fresh mapping, of which the second page is unmapped again and the
    // first stays until the program ends; the pointer is into the first.
    unsafe {
        let start = mmap_anonymous(None, TWO_PAGES, access, MapFlags::MAP_PRIVATE)?;
        munmap(start.add(PAGE), PAGE)?;
        Ok(start.add(PAGE - size_of::<T>() / 2).cast().as_ptr())
    }
}

/// Addresses at which no `T` can be read or written: page 0, the kernel's half, and
/// one at which only its first half is in memory.
pub fn nowhere<T>() -> nix::Result<[*mut T; 3]> {
    let [page_0, kernel] = NOWHERE.map(ptr::without_provenance_mut);
    Ok([page_0, kernel, half_in_memory()?])
}

/// Starts a child that does `work`, then exits with its errno or 0.
///
/// # Panics
/// If the program has more than one thread: a child would have only this one,
/// and perhaps locks that another holds.
pub fn start(work: impl FnOnce() -> nix::Result<()>) -> nix::Result<Pid> {
    let threads = std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    assert_eq!(threads, 1, "threads of a program that forks");
    steps::start(work)
}

/// How work goes of a child that keeps what the work made, and is then killed.
pub fn killed_after<T>(work: impl FnOnce() -> nix::Result<T>) -> nix::Result<()> {
    let (receiver, sender) = pipe()?;
    let child = start(|| {
        let _made = work()?;
        write(&sender, b"d")?;
        sleep_for_ever()
    })?;
    drop(sender);
    // One byte when the work is done; none if it failed, which ends the child.
    read(&receiver, &mut [0])?;
    kill(child, Signal::SIGKILL)?;
    match waitpid(child, None)? {
        WaitStatus::Signaled(_, Signal::SIGKILL, _) => Ok(()),
        // Its work failed, or it ended by itself.
        status => Err(exit_of(status).err().unwrap_or(Errno::UnknownErrno)),
    }
}

/// How work goes that user 1000 does.
pub fn by_a_user(work: impl FnOnce() -> nix::Result<()>) -> nix::Result<nix::Result<()>> {
    ended(start(|| {
        setuid(1000.into())?;
        work()
    })?)
}

/// Takes a signal, if it is pending, and returns the value that it brings: 0
/// where the sender gave none.
pub fn take(signal: c_int) -> nix::Result<Option<i32>> {
    let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a siginfo is integers and an address; zeros are valid.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: set, siginfo and timeout are valid.
    let result = unsafe { libc::sigtimedwait(&set_of(signal), &mut info, &now) };
    match Errno::result(result) {
        // SAFETY: it reads memory inside of the siginfo.
        Ok(_) => Ok(Some(unsafe { info.si_value() }.sival_ptr.addr() as i32)),
        Err(Errno::EAGAIN) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The folder, below /sys, of the one PCI device that a driver drives.
pub fn device_of(driver: &str) -> io::Result<PathBuf> {
    for entry in std::fs::read_dir(format!("/sys/bus/pci/drivers/{driver}"))? {
        let path = entry?.path();
        if path.join("vendor").exists() {
            return Ok(path);
        }
    }
    Err(Errno::ENODEV.into())
}

/// By what a device interrupts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// INTx, through the PIC: the lab's kernel has no other way for it.
    Wire,
    /// MSI.
    Message,
}

/// By what a module's handler is called and how often its interrupt has come, as
/// /proc/interrupts says. A line there is "IRQ: count chip ... name", with one
/// count for the one processor; the wire's goes on from one module to the next.
pub fn interrupts_of(module: &str) -> io::Result<(By, u64)> {
    let table = std::fs::read_to_string("/proc/interrupts")?;
    for line in table.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, count, chip, .., name] = words[..] else { continue };
        if name != module {
            continue;
        }
        let by = match chip {
            "XT-PIC" => By::Wire,
            _ if chip.starts_with("PCI-MSI") => By::Message,
            _ => return Err(io::Error::other(format!("interrupts by {chip}"))),
        };
        return Ok((by, count.parse().map_err(io::Error::other)?));
    }
    Err(io::ErrorKind::NotFound.into())
}
