//! select returns the number of bits in the three sets, not of descriptors:
//! `do_select` (fs/select.c) counts each that it sets.

use std::io;
use std::os::fd::OwnedFd;

use marker::{check, scene};
use poll_select::{ORDINARY, URGENT, causes};

use crate::calls::select;
use crate::sets::{self, members, nfds, numbers};

/// The device has what the last scene left: both causes are still to be read.
pub fn run(device: &OwnedFd) -> io::Result<()> {
    scene!("12. select: one descriptor in three sets");
    let [mut reads, mut writes, mut excepts] = [sets::of(&[device]); 3];
    let nfds = nfds(&[device]);
    let ready = select(nfds, Some(&mut reads), Some(&mut writes), Some(&mut excepts), None);
    check!("select", ready, Ok(3));
    for set in [&reads, &writes, &excepts] {
        check!("a set", members(set), numbers(&[device]));
    }
    check!("causes", causes(device), Ok(ORDINARY | URGENT));
    println!("12. the device, with both pending, in three sets: returns 3");
    Ok(())
}
