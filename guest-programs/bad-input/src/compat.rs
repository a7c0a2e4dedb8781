//! Requests as a 32-bit program makes them.

use std::arch::asm;
use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;

/// ioctl(2) by the entry for 32-bit programs, which a 64-bit program may use, too:
/// a driver without `.compat_ioctl` answers it with ENOTTY, whatever is asked.
/// `argument` is a number, or an address below 4 GiB.
pub fn ioctl_of_32_bits(fd: &impl AsFd, request: u64, argument: u32) -> nix::Result<i32> {
    /// Of arch/x86/entry/syscalls/syscall_32.tbl.
    const IOCTL: u64 = 54;
    let fd = fd.as_fd().as_raw_fd() as u64;
    let result: u64;
    // SAFETY: the kernel reads and writes nothing but what the argument says, and
    // finds out if nothing is there. RBX is the compiler's own, so it is put back.
    unsafe {
        asm!(
            "xchg rbx, {fd}",
            "int 0x80",
            "xchg rbx, {fd}",
            fd = inout(reg) fd => _,
            inlateout("rax") IOCTL => result,
            in("rcx") request,
            in("rdx") u64::from(argument),
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    let result = result as i32;
    if result < 0 { Err(Errno::from_raw(-result)) } else { Ok(result) }
}
