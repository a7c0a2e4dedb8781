//! What the kernel and this program read of one another, as
//! include/uapi/linux/io_uring.h lays it out: requests, completions, and where they
//! are in the shared memory.

use std::os::fd::{AsRawFd, BorrowedFd};

const IORING_OP_NOP: u8 = 0;
const IORING_OP_READ: u8 = 22;

/// A request: `struct io_uring_sqe`.
#[repr(C)]
#[derive(Default)]
pub struct Sqe {
    opcode: u8,
    flags: u8,
    ioprio: u16,
    fd: i32,
    offset: u64,
    address: u64,
    len: u32,
    operation_flags: u32,
    user_data: u64,
    unused: [u64; 3],
}

/// A completion: `struct io_uring_cqe`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cqe {
    /// The request's `user_data`.
    pub user_data: u64,
    /// What the system call would have returned: a result or -errno.
    pub result: i32,
    pub flags: u32,
}

/// Where in the shared memory the submission ring's parts lie, bytes.
#[repr(C)]
#[derive(Default)]
pub struct SqOffsets {
    pub head: u32,
    pub tail: u32,
    pub ring_mask: u32,
    pub ring_entries: u32,
    pub flags: u32,
    pub dropped: u32,
    pub array: u32,
    pub reserved: u32,
    pub user_addr: u64,
}

/// The same for the completion ring.
#[repr(C)]
#[derive(Default)]
pub struct CqOffsets {
    pub head: u32,
    pub tail: u32,
    pub ring_mask: u32,
    pub ring_entries: u32,
    pub overflow: u32,
    pub cqes: u32,
    pub flags: u32,
    pub reserved: u32,
    pub user_addr: u64,
}

/// `struct io_uring_params`: the kernel fills in all but `flags`.
#[repr(C)]
#[derive(Default)]
pub struct Params {
    pub sq_entries: u32,
    pub cq_entries: u32,
    pub flags: u32,
    pub sq_thread_cpu: u32,
    pub sq_thread_idle: u32,
    pub features: u32,
    pub wq_fd: u32,
    pub reserved: [u32; 3],
    pub sq: SqOffsets,
    pub cq: CqOffsets,
}

/// A read of what comes next from a pipe.
pub fn read(file: BorrowedFd, buffer: &mut [u8], user_data: u64) -> Sqe {
    Sqe {
        opcode: IORING_OP_READ,
        fd: file.as_raw_fd(),
        // -1: where the file stands, as read(2) and not pread(2).
        offset: u64::MAX,
        address: buffer.as_mut_ptr().addr() as u64,
        len: buffer.len() as u32,
        user_data,
        ..Sqe::default()
    }
}

/// A request that does nothing but complete.
pub fn nop(user_data: u64) -> Sqe {
    Sqe { opcode: IORING_OP_NOP, user_data, ..Sqe::default() }
}
