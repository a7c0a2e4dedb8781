//! Filters, as seccomp(2) takes them: programs of classic BPF, which the kernel runs before
//! each system call. They see its number and its arguments, but no memory behind them.

use std::mem::offset_of;

use nix::errno::Errno;
use nix::libc::{self, c_long, c_ulong, seccomp_data, sock_filter, sock_fprog};
use nix::sys::prctl::set_no_new_privs;

/// EM_X86_64, of 64 bits, little-endian (linux/audit.h).
pub const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;

/// The bit in the number of each call of the x32 ABI, which has the same architecture.
const X32_SYSCALL_BIT: u32 = 0x4000_0000;

/// Answers one system call in this way, and allows all others. A number means another call
/// on another architecture, so that is asked for first; and x32 has other numbers, too.
pub fn on(call: c_long, answer: u32) -> [sock_filter; 8] {
    [
        load(offset_of!(seccomp_data, arch)),
        jump(libc::BPF_JEQ, AUDIT_ARCH_X86_64, 0, 2),
        load(offset_of!(seccomp_data, nr)),
        jump(libc::BPF_JGE, X32_SYSCALL_BIT, 0, 1),
        give(libc::SECCOMP_RET_KILL_PROCESS),
        jump(libc::BPF_JEQ, call as u32, 0, 1),
        give(answer),
        give(libc::SECCOMP_RET_ALLOW),
    ]
}

/// An instruction that loads a field of [`seccomp_data`].
fn load(offset: usize) -> sock_filter {
    instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, offset as u32)
}

/// Skips so many instructions if the comparison with `k` is true, and so many if not.
fn jump(comparison: u32, k: u32, if_true: u8, if_false: u8) -> sock_filter {
    instruction(libc::BPF_JMP | comparison | libc::BPF_K, if_true, if_false, k)
}

/// Ends the filter, with an action and its data.
pub fn give(answer: u32) -> sock_filter {
    instruction(libc::BPF_RET | libc::BPF_K, 0, 0, answer)
}

fn instruction(code: u32, jt: u8, jf: u8, k: u32) -> sock_filter {
    sock_filter { code: code as u16, jt, jf, k }
}

/// Installs a filter for this process, for ever, and for what it forks and executes.
pub fn install(filter: &[sock_filter]) -> nix::Result<()> {
    set_no_new_privs()?;
    seccomp(filter, 0).map(drop)
}

/// The system call alone; with SECCOMP_FILTER_FLAG_NEW_LISTENER it returns a descriptor.
pub fn seccomp(filter: &[sock_filter], flags: c_ulong) -> nix::Result<c_long> {
    let program = sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
    // SAFETY: the kernel reads so many instructions, and writes none.
    let result = unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program)
    };
    Errno::result(result)
}
