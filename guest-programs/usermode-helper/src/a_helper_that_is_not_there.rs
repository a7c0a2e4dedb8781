//! The task is there before its program: `call_usermodehelper_exec_async` (kernel/umh.c)
//! fails to execute it, and ends. That the path is wrong is told to nobody.

use std::io;

use marker::{check, scene};
use nix::errno::Errno;

use crate::setting::with_modprobe;
use crate::unknown;

pub fn run() -> io::Result<()> {
    with_modprobe("/lab/no-such-program", || {
        scene!("6. mount; the program is not there");
        check!("mount", unknown::file_system(), Err(Errno::ENODEV));
        println!("6. the path leads nowhere: ENODEV all the same");
        Ok(())
    })
}
