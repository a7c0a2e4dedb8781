//! Kernel AIO, as io_submit(2) describes it: glibc has no function for these
//! system calls. Constants and layouts are those of
//! include/uapi/linux/aio_abi.h; `iocb` is libc's.

use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::libc::{self, c_long, c_ulong, iocb};
use nix::poll::PollFlags;
use nix::sys::eventfd::EventFd;

const IOCB_CMD_PREAD: u16 = 0;
const IOCB_CMD_POLL: u16 = 5;
const IOCB_FLAG_RESFD: u32 = 1;

/// What the kernel calls a completed request: `struct io_event`.
#[repr(C)]
pub struct IoEvent {
    /// `aio_data` of the request.
    pub data: u64,
    /// The request's address.
    pub request: u64,
    /// What the system call would have returned: a result or -errno.
    pub result: i64,
    pub result2: i64,
}

/// The kernel's name for a context: the address of its ring of completions.
pub struct Context(c_ulong);

/// A context for up to so many requests at a time.
pub fn io_setup(requests: u32) -> nix::Result<Context> {
    let mut context = 0;
    // SAFETY: the kernel writes one context to a valid pointer.
    Errno::result(unsafe { libc::syscall(libc::SYS_io_setup, requests, &raw mut context) })?;
    Ok(Context(context))
}

/// Hands one request to the kernel.
///
/// # Safety
/// The request's buffer stays valid until its completion is fetched.
pub unsafe fn io_submit(context: &Context, request: &mut iocb) -> nix::Result<c_long> {
    let mut list = [std::ptr::from_mut(request)];
    // SAFETY: a list of one valid request; its buffer is the caller's duty.
    Errno::result(unsafe { libc::syscall(libc::SYS_io_submit, context.0, 1, list.as_mut_ptr()) })
}

/// Waits for the next completion.
pub fn io_getevents(context: &Context) -> nix::Result<IoEvent> {
    // SAFETY: four integers, for which 0 is a value.
    let mut event: IoEvent = unsafe { mem::zeroed() };
    // SAFETY: room for the one event that is asked for; no timeout.
    Errno::result(unsafe {
        let timeout = std::ptr::null::<libc::timespec>();
        libc::syscall(libc::SYS_io_getevents, context.0, 1, 1, &raw mut event, timeout)
    })?;
    Ok(event)
}

/// Ends the context.
pub fn io_destroy(context: Context) -> nix::Result<()> {
    // SAFETY: the kernel checks the context.
    Errno::result(unsafe { libc::syscall(libc::SYS_io_destroy, context.0) }).map(drop)
}

/// A read from the start of a file, whose completion is added to `eventfd`.
pub fn pread(file: BorrowedFd, buffer: &mut [u8], eventfd: &EventFd) -> iocb {
    let mut request = request(file, eventfd);
    request.aio_lio_opcode = IOCB_CMD_PREAD;
    request.aio_buf = buffer.as_mut_ptr().addr() as u64;
    request.aio_nbytes = buffer.len() as u64;
    request
}

/// A wait for poll(2)'s `events`, whose completion is added to `eventfd`.
pub fn poll(file: BorrowedFd, events: PollFlags, eventfd: &EventFd) -> iocb {
    let mut request = request(file, eventfd);
    request.aio_lio_opcode = IOCB_CMD_POLL;
    request.aio_buf = u64::from(events.bits().cast_unsigned());
    request
}

fn request(file: BorrowedFd, eventfd: &EventFd) -> iocb {
    // SAFETY: integers only; 0 is a value of each, and means "not used".
    let mut request: iocb = unsafe { mem::zeroed() };
    request.aio_fildes = file.as_raw_fd().cast_unsigned();
    request.aio_flags = IOCB_FLAG_RESFD;
    request.aio_resfd = eventfd.as_fd().as_raw_fd().cast_unsigned();
    request
}
