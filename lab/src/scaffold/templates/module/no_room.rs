//! The deliberate failure: the buffer has no room for the count.

use std::os::fd::OwnedFd;

use marker::{check, scene};
use nix::errno::Errno;
use nix::unistd::read;

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    scene!("2. reads into a buffer of one byte");
    let error = read(device, &mut [0]).expect_err("a count has four bytes");
    check!("read of one byte", error, Errno::EINVAL);
    println!("2. a buffer of one byte: read fails: {error}");
    Ok(())
}
