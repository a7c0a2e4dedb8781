//! The bit has its origin outside the processor. `lab_poll_select_isr` stores the
//! cause and wakes the wait queue, in a child that it interrupts; the bit is set
//! later, when `do_select` (fs/select.c) asks `.poll` again in this process.

use std::io;
use std::os::fd::OwnedFd;

use marker::{check, scene};
use poll_select::{ORDINARY, causes, raise};
use steps::{ended_well, start_when_asleep};

use crate::calls::select;
use crate::sets::{self, members, nfds, numbers};

pub fn run(device: &OwnedFd) -> io::Result<()> {
    scene!("10. select sleeps; a child has edu interrupt");
    let child = start_when_asleep(|| raise(device, ORDINARY))?;
    let mut reads = sets::of(&[device]);
    check!("select", select(nfds(&[device]), Some(&mut reads), None, None, None), Ok(1));
    check!("reads", members(&reads), numbers(&[device]));
    check!("causes", causes(device), Ok(ORDINARY));
    ended_well(child)?;
    println!("10. select sleeps, edu interrupts a child: returns 1, reads {{device}}");
    Ok(())
}
