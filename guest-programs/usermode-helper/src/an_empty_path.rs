//! The way to have no such program: `__request_module` (kernel/module/kmod.c) looks for an
//! empty path before it does anything else.

use std::io;

use marker::{check, scene};
use nix::errno::Errno;

use crate::setting::with_modprobe;
use crate::unknown;

pub fn run() -> io::Result<()> {
    with_modprobe("\n", || {
        scene!("12. mount; the path is empty");
        check!("mount", unknown::file_system(), Err(Errno::ENODEV));
        println!("12. an empty path: nobody is asked; ENODEV");
        Ok(())
    })
}
