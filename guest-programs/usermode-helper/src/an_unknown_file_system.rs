//! `get_fs_type` (fs/filesystems.c) does not know the name, and calls `request_module`.
//! That gives work to a kworker, and sleeps: `call_usermodehelper_exec` (kernel/umh.c). The
//! kworker makes a task that executes the program, and waits for its end.

use std::io;

use marker::{check, scene};
use nix::errno::Errno;

use crate::setting::with_modprobe;
use crate::unknown;

pub fn run() -> io::Result<()> {
    with_modprobe("/lab/modprobe", || {
        scene!("1. mount: a file system that the kernel does not know");
        check!("mount", unknown::file_system(), Err(Errno::ENODEV));
        println!("1. mount(2) of \"nosuch\": a program is started; ENODEV when it has ended");
        Ok(())
    })
}
