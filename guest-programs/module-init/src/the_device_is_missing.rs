//! A failure without any pretence: edu is unplugged, and `lab_edu_register`
//! (kmods/include/lab_edu.h) finds none.

use std::{fs, io};

use marker::{check, scene};
use module_init::{edu, found, load};
use nix::errno::Errno;

use crate::state::NOTHING;

pub fn run() -> io::Result<()> {
    fs::write(edu()?.join("remove"), "1")?;
    scene!("5. edu is missing");
    check!("loading without edu", load(c""), Err(Errno::ENODEV));
    check!("found after the failure", found()?, NOTHING);
    fs::write("/sys/bus/pci/rescan", "1")?;
    println!("5. edu is unplugged: {}, found nothing", Errno::ENODEV);
    Ok(())
}
