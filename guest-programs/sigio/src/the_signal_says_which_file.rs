//! With F_SETSIG the signal brings a siginfo: `send_sigio_to_task` (fs/fcntl.c) writes
//! down which descriptor it is about (si_fd), why (si_code), and the same once more as
//! the bits of poll(2) (si_band).

use std::io;
use std::os::fd::AsRawFd;

use marker::{check, scene};
use nix::libc::{POLLIN, POLLPRI, POLLRDBAND, POLLRDNORM, SIGIO};
use nix::unistd::getpid;
use sigio::{CAUSE, SIGNAL, URGENT, news, open_device, owner, raise, set_async};

use crate::info::{Info, POLL_IN, POLL_PRI, take};

pub fn run() -> io::Result<()> {
    let (device, other) = (open_device()?, open_device()?);
    scene!("4. F_SETSIG: two files, one with signal 44, one with SIGIO");
    for (file, signal) in [(&device, SIGNAL), (&other, SIGIO)] {
        owner::set(file, getpid())?;
        owner::set_signal(file, signal)?;
        set_async(file, true)?;
    }
    for (cause, code, band) in
        [(CAUSE, POLL_IN, POLLIN | POLLRDNORM), (URGENT, POLL_PRI, POLLPRI | POLLRDBAND)]
    {
        raise(&device, cause)?;
        let band = band.into();
        let want = Info { signal: SIGIO, code, band, fd: other.as_raw_fd() };
        check!("siginfo of SIGIO", take()?, Some(want));
        let want = Info { signal: SIGNAL, code, band, fd: device.as_raw_fd() };
        check!("siginfo of 44", take()?, Some(want));
        news(&device)?;
    }
    println!("4. F_SETSIG, 2 files: one signal for each, which says si_fd");
    println!("   cause 0x1: POLL_IN, si_band POLLIN; 0x2: POLL_PRI, si_band POLLPRI");
    Ok(())
}
