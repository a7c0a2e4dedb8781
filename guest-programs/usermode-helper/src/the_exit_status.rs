//! `request_module` returns the exit status, but few look at it. `base_probe`
//! (fs/char_dev.c) does, and only to ask again by an older name. What counts is whether
//! the driver is there afterwards.

use std::io;

use marker::{check, scene};
use nix::libc;

use crate::device;
use crate::setting::with_modprobe;

pub fn run() -> io::Result<()> {
    with_modprobe("/lab/modprobe", || {
        scene!("4. opens a device that has no driver; the program exits with 1");
        let error = device::open(241, 7).expect_err("there is no driver");
        check!("open", error.raw_os_error(), Some(libc::ENXIO));
        println!("4. its exit status is not the caller's error: ENXIO, after two programs");
        Ok(())
    })
}
