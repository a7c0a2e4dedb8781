//! Says what has happened to it, and dies of it.
//!
//! Usage: main first|thread|address|sent ADDRESS
//!
//! The program uses up the stack of its first thread or of another one, reads at an
//! address, or sends itself SIGSEGV. It says so in one line.

use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::os::fd::BorrowedFd;
use std::thread;

use nix::errno::Errno;
use nix::libc::{self, REG_RSP, siginfo_t, ucontext_t};
// region: imports
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, raise, sigaction};
// endregion
use nix::unistd::{getpid, write};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

// region: page
/// The size of a page.
const PAGE: usize = 4096;

// endregion
/// What the handler knows.
struct Seen {
    /// si_code: how the signal came.
    code: c_int,
    /// si_addr: where the fault was, if there was one.
    address: usize,
    /// Where the program's stack pointer was.
    stack_pointer: usize,
}

/// The handler of SIGSEGV. It may only do what signal-safety(7) allows, as `say`,
/// `say_address` and `set_default` do.
// region: attribute
// endregion
extern "C" fn on_fault(_: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let seen = seen(info, context);
    // region: handler
    // region: tell
    // region: solution
    // 0 and below: a process has sent it. Then there is no fault, and no address.
    // endregion
    if seen.code <= 0 {
        say("sent by a process\n");
    // region: solution
    // The stack's next page was refused: it is where the stack pointer is, or less than
    // a page away from it.
    // endregion
    } else if seen.address.abs_diff(seen.stack_pointer) < PAGE {
        say("stack overflow\n");
    } else {
        say_address(seen.address);
    }
    // endregion
    // region: end
    // region: solution
    // The way to die of a fault is to have it again, without a handler. What was sent
    // does not come again: it is sent once more, and waits for the handler's end.
    // endregion
    set_default();
    if seen.code <= 0 {
        let _ = raise(Signal::SIGSEGV);
    }
    // endregion
    // endregion
}

/// Called once, by the first thread, before anything else.
fn begin_program() -> Result<()> {
    // region: program
    // region: flags
    let flags = SaFlags::SA_SIGINFO | SaFlags::SA_ONSTACK;
    // endregion
    let action = SigAction::new(SigHandler::SigAction(on_fault), flags, SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows.
    unsafe { sigaction(Signal::SIGSEGV, &action)? };
    // endregion
    Ok(())
}

/// Called once by each thread, the first one too, before it does anything else.
fn begin_thread() -> Result<()> {
    // region: thread
    // region: solution
    // Each thread has its own. It lives as long as the process: a thread may fault at
    // any time.
    // endregion
    set_alternate_stack(Vec::leak(vec![0; 64 << 10]))?;
    // endregion
    Ok(())
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(what), Some(address)) = (arguments.next(), arguments.next()) else {
        return Err("usage: main first|thread|address|sent ADDRESS".into());
    };
    let address: usize = address.parse()?;
    forget_the_runtimes_stack()?;
    begin_program()?;
    begin_thread()?;
    match &*what {
        "first" => use_up_the_stack(),
        "thread" => {
            let work = || {
                forget_the_runtimes_stack()?;
                begin_thread()?;
                use_up_the_stack()
            };
            let thread = thread::Builder::new().stack_size(256 << 10).spawn(work)?;
            thread.join().map_err(|_| "the thread has panicked")?
        }
        "address" => {
            let byte = std::ptr::with_exposed_provenance::<u8>(address);
            // SAFETY: none, on purpose.
            black_box(unsafe { byte.read_volatile() });
            Ok(())
        }
        _ => Ok(kill(getpid(), Signal::SIGSEGV)?),
    }
}

fn use_up_the_stack() -> Result<()> {
    #[expect(unconditional_recursion, reason = "it is to use up the stack")]
    fn call(depth: u64) -> u64 {
        let room = black_box([depth; 32]);
        call(depth + 1) + room[0]
    }
    black_box(call(0));
    Ok(())
}

/// Takes what the kernel gives to the handler.
fn seen(info: *mut siginfo_t, context: *mut c_void) -> Seen {
    // SAFETY: the kernel passes both, valid, to a handler with SA_SIGINFO.
    unsafe {
        let registers = (*context.cast::<ucontext_t>()).uc_mcontext.gregs;
        Seen {
            code: (*info).si_code,
            address: (*info).si_addr() as usize,
            stack_pointer: registers[REG_RSP as usize] as usize,
        }
    }
}

/// Writes a line to the standard output.
fn say(line: &str) {
    // SAFETY: nobody closes it.
    let output = unsafe { BorrowedFd::borrow_raw(libc::STDOUT_FILENO) };
    let _ = write(output, line.as_bytes());
}

/// Writes `bad address 0x…` and a newline, without allocating memory.
fn say_address(address: usize) {
    let mut line = *b"bad address 0x0000000000000000\n";
    for (place, byte) in line[14..30].iter_mut().enumerate() {
        *byte = b"0123456789abcdef"[address >> (60 - 4 * place) & 0xf];
    }
    say(str::from_utf8(&line).unwrap_or_default());
}

/// From now on SIGSEGV kills.
fn set_default() {
    let action = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: no function of this program runs.
    let _ = unsafe { sigaction(Signal::SIGSEGV, &action) };
}

/// Has handlers with SA_ONSTACK run there if they interrupt the calling thread.
// region: attribute-of-stack
// endregion
fn set_alternate_stack(memory: &'static mut [u8]) -> nix::Result<()> {
    sigaltstack(memory.as_mut_ptr().cast(), 0, memory.len())
}

/// Rust's runtime gives each thread an alternate stack for a handler of its own. A
/// program in C, or a library in one, has none.
fn forget_the_runtimes_stack() -> nix::Result<()> {
    sigaltstack(std::ptr::null_mut(), libc::SS_DISABLE, 0)
}

fn sigaltstack(start: *mut c_void, flags: c_int, size: usize) -> nix::Result<()> {
    let stack = libc::stack_t { ss_sp: start, ss_flags: flags, ss_size: size };
    // SAFETY: the memory lives for ever, and only handlers use it.
    Errno::result(unsafe { libc::sigaltstack(&stack, std::ptr::null_mut()) }).map(drop)
}
