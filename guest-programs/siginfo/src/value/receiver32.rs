//! A 32-bit program, which needs no 32-bit C library, or any, if it is as small as
//! receiver32.s.

use std::arch::global_asm;
use std::os::fd::OwnedFd;
use std::slice;

use marker::check;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::write;

global_asm!(include_str!("receiver32.s"), options(att_syntax));

/// The program as an executable file that has no name.
pub fn file() -> nix::Result<OwnedFd> {
    unsafe extern "C" {
        static receiver32: u8;
        static receiver32_end: u8;
    }
    // SAFETY: the assembler put the program's bytes between these two labels.
    let program = unsafe {
        let start = &raw const receiver32;
        slice::from_raw_parts(start, (&raw const receiver32_end).offset_from_unsigned(start))
    };
    let file = memfd_create(c"receiver32", MFdFlags::MFD_CLOEXEC)?;
    check!("bytes written", write(&file, program)?, program.len());
    Ok(file)
}
