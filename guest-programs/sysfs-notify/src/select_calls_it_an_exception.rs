//! select(2) has three sets and no flags: POLLPRI is in the third. In the first the
//! attribute is always, as POLLIN is.

use std::io;
use std::os::fd::AsFd;

use marker::{check, mark, scene};
use nix::sys::select::{FdSet, select};
use nix::sys::time::{TimeVal, TimeValLike};
use sysfs_notify::attribute::open_and_read;
use sysfs_notify::raise;

pub fn run() -> io::Result<()> {
    scene!("8. reads; select: an exception?");
    let file = open_and_read()?;
    let exceptions = || -> nix::Result<bool> {
        let mut set = FdSet::new();
        set.insert(file.as_fd());
        select(None, None, None, &mut set, &mut TimeVal::zero())?;
        Ok(set.contains(file.as_fd()))
    };
    check!("an exception", exceptions()?, false);
    mark!("8. an interrupt; and now?");
    raise()?;
    check!("an exception", exceptions()?, true);
    println!("8. select: in exceptfds after an interrupt");
    Ok(())
}
