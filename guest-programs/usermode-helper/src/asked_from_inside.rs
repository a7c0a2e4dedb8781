//! The kworker makes the task, so nothing is inherited from the caller: neither its user,
//! nor its namespaces, nor its root directory. And nobody asks whether it may: an
//! unprivileged process can have the kernel start a program of root's.

use std::io;

use marker::{check, scene};
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Uid, chroot, getpid, setuid};
use steps::{ended_well, start};

use crate::setting::with_modprobe;
use crate::unknown;

pub fn run() -> io::Result<()> {
    with_modprobe("/lab/place", || {
        let outside = start(|| {
            setuid(Uid::from_raw(1000))?;
            unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID)?;
            chroot("/tmp")?;
            // The first in the new pid namespace.
            ended_well(start(ask)?)
        })?;
        ended_well(outside)?;
        println!("3. asked by user 1000, pid 1 of its namespace: it runs as root, outside");
        Ok(())
    })
}

fn ask() -> nix::Result<()> {
    check!("getpid", getpid().as_raw(), 1);
    scene!("3. user 1000 in namespaces and a root directory of its own: socket");
    check!("socket", unknown::family(), Err(Errno::EAFNOSUPPORT));
    Ok(())
}
