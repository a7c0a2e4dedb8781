//! The module writes the whole text at the first read. The rest comes from that text,
//! whatever the value is by then. But a pread(2) from the middle has it written anew.

use std::io;

use marker::{check, mark, scene};
use nix::sys::uio::pread;
use nix::unistd::read;
use sysfs_notify::attribute::{NEWS, open, ready};
use sysfs_notify::raise;

pub fn run() -> io::Result<()> {
    let (mut first, mut rest) = ([0; 1], [0; 16]);
    scene!("12. an interrupt: 99; reads one byte");
    let file = open()?;
    raise()?;
    check!("read", read(&file, &mut first)?, 1);
    mark!("12. the next: 100; reads on");
    raise()?;
    let len = read(&file, &mut rest)?;
    check!("value", [&first, &rest[..len]].concat(), b"99\n");
    check!("poll", ready(&file)?, NEWS);

    mark!("12. reads the same rest by pread");
    let len = pread(&file, &mut rest, 1)?;
    check!("no value", [&first, &rest[..len]].concat(), b"900\n");
    println!("12. 99, then 100: a read in two pieces is 99; by pread it is 900");
    Ok(())
}
