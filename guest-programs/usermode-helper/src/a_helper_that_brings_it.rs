//! The open finds no driver, and sleeps. Then there is one: `kobj_lookup`
//! (drivers/base/map.c) looks again after each probe. The caller sees only that the open
//! takes its time.

use std::io;

use marker::{mark, scene};

use crate::device;
use crate::setting::with_modprobe;

pub fn run() -> io::Result<()> {
    with_modprobe("/lab/modprobe", || {
        scene!("5. opens a device that has no driver; the program loads it");
        let device = device::open(240, 7)?;
        mark!("5. the device is open");
        drop(device);
        steps::remove(c"lab_usermode_helper")?;
        println!("5. the program loads the driver: the open that has waited succeeds");
        Ok(())
    })
}
