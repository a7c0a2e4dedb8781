//! The calls about words that the kernel writes at a task's end. The C library makes them for
//! each thread, and has no functions for them.

use std::ptr;
use std::sync::atomic::AtomicU32;

use nix::errno::Errno;
use nix::libc::{self, c_void};
use nix::unistd::Pid;

/// `struct robust_list_head` (linux/futex.h). Entries are addresses.
#[repr(C)]
pub struct List {
    /// The first entry. The last one's next is the list itself.
    pub first: *const c_void,
    /// From an entry to its lock's word, bytes.
    pub offset: isize,
    /// The entry of a lock that is just being taken or given back.
    pub pending: *const c_void,
}

impl List {
    /// A list without locks. It is empty when it points to itself: it must not be moved then.
    pub fn unlinked() -> List {
        List { first: ptr::null(), offset: 0, pending: ptr::null() }
    }
}

/// set_robust_list(2)
///
/// # Safety
/// The kernel follows the list when this task ends, and writes into its locks.
pub unsafe fn set_robust_list(list: *const List, length: usize) -> nix::Result<()> {
    // SAFETY: the caller's.
    Errno::result(unsafe { libc::syscall(libc::SYS_set_robust_list, list, length) }).map(drop)
}

/// get_robust_list(2): whether a task's list can be asked for.
pub fn get_robust_list(task: Pid) -> nix::Result<()> {
    let (mut list, mut length): (*const List, usize) = (ptr::null(), 0);
    let task = task.as_raw();
    // SAFETY: the call fills in one address and one length.
    Errno::result(unsafe {
        libc::syscall(libc::SYS_get_robust_list, task, &raw mut list, &raw mut length)
    })
    .map(drop)
}

/// set_tid_address(2)
///
/// # Safety
/// The kernel writes 0 there when this task ends, if another has its memory.
pub unsafe fn set_tid_address(word: *const u32) {
    // SAFETY: the caller's. The call cannot fail.
    unsafe { libc::syscall(libc::SYS_set_tid_address, word) };
}

/// FUTEX_WAIT: sleeps as long as the word has this value and nobody wakes.
pub fn wait(word: &AtomicU32, value: u32) -> nix::Result<()> {
    let for_ever = ptr::null::<libc::timespec>();
    // SAFETY: it reads the word, which is there.
    Errno::result(unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, value, for_ever)
    })
    .map(drop)
}
