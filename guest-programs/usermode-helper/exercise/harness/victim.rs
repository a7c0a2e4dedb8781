//! A process that dies, as an ordinary user.

use std::error::Error;
use std::hint::black_box;
use std::num::NonZero;
use std::{ptr, thread};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, mprotect};
use nix::sys::signal::{Signal, raise};
use nix::unistd::pause;

/// The harness's first argument in this role.
pub const VICTIM: &str = "victim";

/// Where the instruction is that faults.
pub const INSTRUCTION: usize = 0x1000_0000;

/// `movb (%rdi), %al` and `ret`.
const CODE: [u8; 3] = [0x8a, 0x07, 0xc3];

/// More than what pipes between the kernel and the student's program keep, bytes.
const MEMORY: usize = 1 << 20;

/// Dies in this way.
pub fn run(how: &str, address: usize) -> Result<(), Box<dyn Error>> {
    let memory = vec![1_u8; MEMORY];
    let fault = code()?;
    match how {
        "fault" => fault(address),
        "thread" => {
            thread::spawn(move || fault(address));
            pause();
        }
        _ => raise(Signal::SIGABRT)?,
    }
    black_box(memory);
    Err("it is still there".into())
}

/// Puts the function there that reads a byte.
fn code() -> nix::Result<extern "C" fn(usize)> {
    const PAGE: NonZero<usize> = NonZero::new(4096).unwrap();
    let (read, write) = (ProtFlags::PROT_READ, ProtFlags::PROT_WRITE);
    let flags = MapFlags::MAP_PRIVATE | MapFlags::MAP_FIXED_NOREPLACE;
    // SAFETY: nothing is mapped there, or it fails. The page is large enough, and what is in
    // it is a function with this signature.
    unsafe {
        let page = mmap_anonymous(NonZero::new(INSTRUCTION), PAGE, read | write, flags)?;
        ptr::copy_nonoverlapping(CODE.as_ptr(), page.as_ptr().cast(), CODE.len());
        mprotect(page, PAGE.get(), read | ProtFlags::PROT_EXEC)?;
        Ok(std::mem::transmute::<*mut std::ffi::c_void, extern "C" fn(usize)>(page.as_ptr()))
    }
}
