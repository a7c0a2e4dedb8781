//! The refusal. The kernel reads the same address for the program, and has the same
//! fault, in `exc_page_fault` (arch/x86/mm/fault.c). But the instruction is the kernel's
//! own, and it is in the table of those that may fault (`fixup_exception`,
//! arch/x86/mm/extable.c): the copy ends, and the call returns -EFAULT.

use std::os::fd::AsRawFd;

use marker::{check, scene};
use nix::errno::Errno;
use nix::unistd::pipe;

use crate::mapping::{NOTHING, write_from};

pub fn run() -> nix::Result<()> {
    let (_reader, writer) = pipe()?;
    scene!("13. write(2) from where nothing is mapped");
    let error = Errno::result(write_from(writer.as_raw_fd(), NOTHING)).expect_err("a bad address");
    check!("write", error, Errno::EFAULT);
    println!("13. write(2) from {NOTHING:#x} fails: {error}; no signal");
    Ok(())
}
