//! Stacks: the one that is used up, and the alternate one.

use std::ffi::c_void;
use std::fs;
use std::hint::black_box;
use std::ptr;

use nix::errno::Errno;
use nix::libc;
use nix::sys::resource::{Resource, setrlimit};

/// How large the stack may become, bytes.
pub const LIMIT: usize = 512 << 10;

/// Calls itself until the stack is at its limit, and the next page is refused.
pub fn use_up() -> nix::Result<()> {
    setrlimit(Resource::RLIMIT_STACK, LIMIT as u64, LIMIT as u64)?;
    black_box(call(0));
    Ok(())
}

#[expect(unconditional_recursion, reason = "it is to use up the stack")]
fn call(depth: u64) -> u64 {
    // Less than a page for each call, so no page is left out.
    let room = black_box([depth; 32]);
    call(depth + 1) + room[0]
}

/// Where the stack of the process begins: it grows down from there.
pub fn top() -> nix::Result<usize> {
    let maps = fs::read_to_string("/proc/self/maps").map_err(steps::errno)?;
    let line = maps.lines().find(|line| line.ends_with("[stack]")).ok_or(Errno::ENODATA)?;
    let end = line.split([' ', '-']).nth(1).ok_or(Errno::ENODATA)?;
    usize::from_str_radix(end, 16).map_err(|_| Errno::EINVAL)
}

/// Has handlers with SA_ONSTACK run on `memory`, in this thread.
pub fn set_alternate(memory: &'static mut [u8]) -> nix::Result<()> {
    sigaltstack(memory.as_mut_ptr().cast(), 0, memory.len())
}

/// Has all handlers run on the stack that the program uses. Rust's runtime gives the
/// first thread an alternate one.
pub fn set_no_alternate() -> nix::Result<()> {
    sigaltstack(ptr::null_mut(), libc::SS_DISABLE, 0)
}

fn sigaltstack(start: *mut c_void, flags: libc::c_int, size: usize) -> nix::Result<()> {
    let stack = libc::stack_t { ss_sp: start, ss_flags: flags, ss_size: size };
    // SAFETY: the memory lives for ever, and only handlers use it.
    Errno::result(unsafe { libc::sigaltstack(&stack, ptr::null_mut()) }).map(drop)
}
