//! Who may open an attribute is asked of its mode, as for any file. In sysfs it is asked
//! of root as well: `kernfs_fop_open` (fs/kernfs/file.c). What may be written is the
//! module's decision.

use std::io;

use marker::{check, scene};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::setuid;
use steps::{ended, start};
use sysfs_notify::{BY, INTERRUPTS, open_attribute, set};

pub fn run() -> io::Result<()> {
    scene!("13. opens and writes that are refused");
    let user = start(|| {
        setuid(1000.into())?;
        open_attribute(INTERRUPTS, OFlag::O_WRONLY).map(drop)
    })?;
    check!("open by user 1000", ended(user)?, Err(Errno::EACCES));
    let by = open_attribute(BY, OFlag::O_WRONLY).map(drop);
    check!("open by root, r--r--r--", by, Err(Errno::EACCES));
    check!("no number", set(INTERRUPTS, "many"), Err(Errno::EINVAL));
    check!("too large", set(INTERRUPTS, "4294967296"), Err(Errno::ERANGE));
    println!("13. to write: EACCES, also for root if nobody may; EINVAL, ERANGE by the module");
    Ok(())
}
