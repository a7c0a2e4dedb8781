//! `call_modprobe` (kernel/module/kmod.c) writes the arguments and the environment, and
//! they are the same for everybody. Nothing of the caller's goes along but the name, and
//! that is the kernel's: here from a number.

use std::io;

use marker::{check, scene};
use nix::errno::Errno;

use crate::setting::with_modprobe;
use crate::unknown;

pub fn run() -> io::Result<()> {
    with_modprobe("/lab/given", || {
        scene!("2. socket: a family that the kernel does not know");
        check!("socket", unknown::family(), Err(Errno::EAFNOSUPPORT));
        println!("2. the program: a kworker's child, in /, with no open file");
        Ok(())
    })
}
