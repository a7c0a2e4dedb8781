//! select asks the same `.poll` as poll does, and has three sets for what it says:
//! POLLHUP and POLLERR become "readable", POLLERR becomes "writable" too
//! (`POLLIN_SET` and `POLLOUT_SET` in fs/select.c).

use std::io;

use marker::{check, scene};
use nix::unistd::pipe;

use crate::calls::select;
use crate::sets::{self, members, nfds, numbers};

pub fn run() -> io::Result<()> {
    let (ended, ended_in) = pipe()?;
    let (unread, unread_in) = pipe()?;
    drop((ended_in, unread));

    scene!("8. select: no writer, no reader");
    let [mut reads, mut writes, mut excepts] = [sets::of(&[&ended, &unread_in]); 3];
    let nfds = nfds(&[&ended, &unread_in]);
    let ready = select(nfds, Some(&mut reads), Some(&mut writes), Some(&mut excepts), None);
    check!("select", ready, Ok(3));
    check!("reads", members(&reads), numbers(&[&ended, &unread_in]));
    check!("writes", members(&writes), numbers(&[&unread_in]));
    check!("excepts", members(&excepts), vec![]);
    println!("8. select, no writer: readable; no reader: readable and writable");
    println!("   neither is exceptional");
    Ok(())
}
