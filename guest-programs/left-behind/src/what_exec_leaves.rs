//! execve(2) writes onto the new program's stack: the arguments, the environment, and above
//! them the auxiliary vector (`create_elf_tables`, fs/binfmt_elf.c). What the C library knows
//! before its first system call it knows from there.
//!
//! The child has so many arguments that what it writes does not fit on the page with their
//! text. The lab's kernel has no random addresses (`norandmaps`), so the trace can ask for those
//! of the stack.

use std::ffi::CString;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;
use nix::unistd::execv;
use steps::{ended_well, start};

use crate::auxv;

/// Their addresses are more than a page.
const ARGUMENTS: usize = 1000;

pub fn run() -> nix::Result<()> {
    scene!("1. a child executes this program");
    let child = start(|| execute("1"))?;
    ended_well(child)?;
    println!("1. execve: AT_RANDOM, AT_SYSINFO_EHDR and others lie on the new stack");
    Ok(())
}

/// Becomes this program, which is told what to do, and the random bytes of this one.
pub fn execute(scene: &str) -> nix::Result<()> {
    const PROGRAM: &str = "/lab/left-behind";
    let mut arguments = vec![PROGRAM.to_owned(), scene.to_owned(), auxv::random()?];
    arguments.resize(ARGUMENTS, String::new());
    let arguments: Result<Vec<CString>, _> = arguments.into_iter().map(CString::new).collect();
    let arguments = arguments.map_err(|_| Errno::EINVAL)?;
    match execv(&arguments[0], &arguments)? {}
}

/// What the new program does.
pub fn new_program(random_before: &str) -> nix::Result<()> {
    check!("/proc/self/auxv", auxv::in_proc()?, auxv::in_memory());
    // SAFETY: the first is the name that the program was executed by, and the vDSO is a page.
    let (name, vdso) =
        unsafe { (auxv::bytes(libc::AT_EXECFN, 17)?, auxv::bytes(libc::AT_SYSINFO_EHDR, 4)?) };
    check!("AT_EXECFN", name, b"/lab/left-behind\0");
    check!("AT_SYSINFO_EHDR", vdso, b"\x7fELF");
    check!("AT_RANDOM is another", auxv::random()? != random_before, true);
    mark!("1. the new program has 16 random bytes, not its parent's");
    Ok(())
}
