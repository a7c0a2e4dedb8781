//! rseq(2), restartable sequences: the memory that a task registers, and the call. The C library
//! registers it for its threads, and has no function for the call.

use std::sync::atomic::{AtomicU32, AtomicU64};

use nix::errno::Errno;
use nix::libc;

/// `RSEQ_CPU_ID_UNINITIALIZED` (linux/rseq.h)
pub const UNINITIALIZED: u32 = u32::MAX;
/// `RSEQ_FLAG_UNREGISTER`
pub const UNREGISTER: u32 = 1;
/// What has to stand in front of the code that the kernel is to go on with: proof that it is
/// meant. Each task names its own.
pub const SIGNATURE: u32 = 0x5305_3053;

/// `struct rseq`, as long as it was in the beginning. The kernel writes it.
#[repr(C, align(32))]
pub struct Rseq {
    pub cpu_id_start: AtomicU32,
    pub cpu_id: AtomicU32,
    /// The address of a [`Section`](crate::section::Section), or 0. The kernel writes 0.
    pub section: AtomicU64,
    pub flags: AtomicU32,
    pub node_id: AtomicU32,
    pub mm_cid: AtomicU32,
    pub end: AtomicU32,
}

impl Rseq {
    /// As a thread has it before it is registered.
    pub const fn new() -> Rseq {
        Rseq {
            cpu_id_start: AtomicU32::new(0),
            cpu_id: AtomicU32::new(UNINITIALIZED),
            section: AtomicU64::new(0),
            flags: AtomicU32::new(0),
            node_id: AtomicU32::new(0),
            mm_cid: AtomicU32::new(0),
            end: AtomicU32::new(0),
        }
    }

    /// The call. From a registration on, the kernel writes here, until this task ends or
    /// unregisters it.
    pub fn call(&'static self, flags: u32, signature: u32) -> nix::Result<()> {
        let length = size_of::<Rseq>();
        // SAFETY: the memory stays, and all of it may change at any time.
        Errno::result(unsafe {
            libc::syscall(libc::SYS_rseq, &raw const *self, length, flags, signature)
        })
        .map(drop)
    }
}
