//! A handler of SIGSYS that answers a system call in the kernel's place.

use marker::mark;
use nix::libc::{self, REG_RAX, c_int, c_void, siginfo_t, ucontext_t};
use nix::sys::signal::{SaFlags, SigHandler, Signal};

use crate::filter::AUDIT_ARCH_X86_64;
use crate::handler::set;

/// What the handler answers.
pub const ANSWER: i64 = 4711;

/// si_code of SIGSYS from a filter (asm-generic/siginfo.h).
const SYS_SECCOMP: c_int = 1;

/// What SIGSYS has in its siginfo (sigaction(2)), for which libc has no names.
#[repr(C)]
struct SigsysInfo {
    si_signo: c_int,
    si_errno: c_int,
    si_code: c_int,
    si_call_addr: *const c_void,
    si_syscall: c_int,
    si_arch: u32,
}

/// Only what signal-safety(7) allows: one write(2), and stores into its own arguments.
extern "C" fn on_sigsys(_: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes a siginfo, which is larger, and a ucontext.
    let (info, context) =
        unsafe { (&*info.cast::<SigsysInfo>(), &mut *context.cast::<ucontext_t>()) };
    let code = if info.si_code == SYS_SECCOMP { "SYS_SECCOMP" } else { "another si_code" };
    let arch = if info.si_arch == AUDIT_ARCH_X86_64 { "x86-64" } else { "another" };
    let rip = context.uc_mcontext.gregs[libc::REG_RIP as usize];
    let here =
        if info.si_call_addr.addr() as i64 == rip { "where it returns" } else { "elsewhere" };
    mark!("handler: {}, si_syscall {}, si_arch {}", code, info.si_syscall, arch);
    mark!("handler: si_errno {}, si_call_addr: {}", info.si_errno, here);
    context.uc_mcontext.gregs[REG_RAX as usize] = ANSWER;
}

/// Has SIGSYS handled by it.
pub fn handle_sigsys() -> nix::Result<()> {
    set(Signal::SIGSYS, SigHandler::SigAction(on_sigsys), SaFlags::SA_SIGINFO)
}
