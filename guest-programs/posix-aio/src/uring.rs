//! io_uring without a library: three system calls and memory that is shared with the
//! kernel, as io_uring(7) describes it. It does what the lesson needs and no more. It
//! never waits for a completion: that is what the eventfd is for.

mod layout;
mod mapping;

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::Ordering::*;

use nix::errno::Errno;
use nix::libc::{self, c_long, c_void, off_t};
use nix::sys::eventfd::EventFd;

use self::layout::Params;
pub use self::layout::{Cqe, Sqe, nop, read};
use self::mapping::Mapping;

const IORING_FEAT_SINGLE_MMAP: u32 = 1;
const IORING_OFF_SQ_RING: off_t = 0;
const IORING_OFF_SQES: off_t = 0x1000_0000;
const IORING_REGISTER_EVENTFD: u32 = 4;

/// An instance of io_uring.
pub struct Ring {
    fd: OwnedFd,
    params: Params,
    /// Both rings, in one mapping.
    rings: Mapping,
    sqes: Mapping,
}

impl Ring {
    /// An instance for up to `entries` requests at a time; a power of two.
    pub fn new(entries: u32) -> nix::Result<Ring> {
        let mut params = Params::default();
        // SAFETY: the kernel reads and writes one `struct io_uring_params`.
        let fd = Errno::result(unsafe {
            libc::syscall(libc::SYS_io_uring_setup, entries, &raw mut params)
        })?;
        // SAFETY: the kernel has just opened this descriptor for us.
        let fd = unsafe { OwnedFd::from_raw_fd(fd as i32) };
        // Kernels before 5.4 wanted one mapping for each ring.
        if params.features & IORING_FEAT_SINGLE_MMAP == 0 {
            return Err(Errno::ENOSYS);
        }
        let sq_len = params.sq.array as usize + params.sq_entries as usize * size_of::<u32>();
        let cq_len = params.cq.cqes as usize + params.cq_entries as usize * size_of::<Cqe>();
        let sqes_len = params.sq_entries as usize * size_of::<Sqe>();
        let rings = Mapping::new(fd.as_fd(), IORING_OFF_SQ_RING, sq_len.max(cq_len))?;
        let sqes = Mapping::new(fd.as_fd(), IORING_OFF_SQES, sqes_len)?;
        Ok(Ring { fd, params, rings, sqes })
    }

    /// Has the kernel add to `eventfd` when it has posted completions.
    pub fn register_eventfd(&self, eventfd: &EventFd) -> nix::Result<()> {
        let fd = eventfd.as_fd().as_raw_fd();
        // SAFETY: the kernel reads one descriptor from a valid pointer.
        Errno::result(unsafe {
            let ring = self.fd.as_raw_fd();
            libc::syscall(
                libc::SYS_io_uring_register,
                ring,
                IORING_REGISTER_EVENTFD,
                &raw const fd,
                1,
            )
        })
        .map(drop)
    }

    /// Puts a request into the submission ring. The kernel does not look there
    /// before [`Ring::submit`].
    ///
    /// # Safety
    /// The request's buffer stays valid until its completion is fetched, and
    /// the ring is not full.
    pub unsafe fn push(&mut self, request: Sqe) {
        let sq = &self.params.sq;
        // Only this program writes the tail.
        let tail = self.rings.word(sq.tail).load(Relaxed);
        let index = tail & self.rings.word(sq.ring_mask).load(Relaxed);
        // SAFETY: a masked index is below the number of entries, and the kernel
        // does not read an entry before the tail has passed it.
        unsafe { self.sqes.start.cast::<Sqe>().add(index as usize).write(request) };
        self.rings.word(sq.array + index * size_of::<u32>() as u32).store(index, Relaxed);
        // Release: whoever sees the new tail also sees the request.
        self.rings.word(sq.tail).store(tail.wrapping_add(1), Release);
    }

    /// Hands that many requests to the kernel; returns how many it took. It
    /// asks for no completion, so it does not wait.
    pub fn submit(&self, requests: u32) -> nix::Result<c_long> {
        // SAFETY: no pointer is passed, and `push` vouched for the requests.
        Errno::result(unsafe {
            let ring = self.fd.as_raw_fd();
            let no_sigmask = std::ptr::null::<c_void>();
            libc::syscall(libc::SYS_io_uring_enter, ring, requests, 0, 0, no_sigmask, 0)
        })
    }

    /// The next completion, if there is one: no system call, two loads.
    pub fn pop(&mut self) -> Option<Cqe> {
        let cq = &self.params.cq;
        // Only this program writes the head.
        let head = self.rings.word(cq.head).load(Relaxed);
        // Acquire: the completion was written before the tail.
        if head == self.rings.word(cq.tail).load(Acquire) {
            return None;
        }
        let index = head & self.rings.word(cq.ring_mask).load(Relaxed);
        // SAFETY: a masked index is below the number of entries, and the kernel
        // does not reuse an entry before the head has passed it.
        let completion = unsafe {
            let cqes = self.rings.start.byte_add(cq.cqes as usize).cast::<Cqe>();
            cqes.add(index as usize).read()
        };
        self.rings.word(cq.head).store(head.wrapping_add(1), Release);
        Some(completion)
    }
}
