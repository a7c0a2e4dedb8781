//! The whole table, from what a driver returns to what a program sees. For libc,
//! -1 to -4095 are errors and all else is a result. The driver's function and the
//! system call return a long, but `vfs_ioctl` (fs/ioctl.c) in between keeps an int.

use std::os::fd::OwnedFd;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc;

use crate::answer::ask;

pub fn run(device: &OwnedFd) -> nix::Result<()> {
    println!("8. the driver returns        ioctl returns  errno");
    for (what, value, returned, errno) in [
        ("0", 0, 0, 0),
        ("1234", 1234, 1234, 0),
        ("EINVAL", 22, 22, 0),
        ("-1", -1, -1, libc::EPERM),
        ("-EINVAL", -22, -1, libc::EINVAL),
        ("-ENOIOCTLCMD", -515, -1, libc::ENOTTY),
        ("-ERESTARTSYS", -512, -1, 512),
        ("-ERESTARTNOINTR", -513, -1, 513),
        ("-ERESTARTNOHAND", -514, -1, 514),
        ("-ERESTART_RESTARTBLOCK", -516, -1, 516),
        ("-ENOTSUPP", -524, -1, 524),
        ("-4095", -4095, -1, 4095),
        ("-4096", -4096, -4096, 0),
        ("2^32", 1 << 32, 0, 0),
        ("2^31", 1 << 31, i32::MIN, 0),
    ] {
        scene!("8. say {}", value);
        check!(what, ask(device, value, 0), (returned, errno));
        // What has no name in this list is said so by strerror(3) too.
        let name = match Errno::from_raw(errno) {
            _ if errno == 0 => String::new(),
            Errno::UnknownErrno => "no name".to_owned(),
            known => format!("{known:?}"),
        };
        let line = format!("   {what:<26}{returned:<15}{errno:<5}{name}");
        println!("{}", line.trim_end());
    }
    mark!("8. done");
    Ok(())
}
