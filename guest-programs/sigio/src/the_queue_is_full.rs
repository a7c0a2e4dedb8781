//! RLIMIT_SIGPENDING limits the signals that are queued for a user. If the file's own
//! signal finds no room, `send_sigio_to_task` (fs/fcntl.c) sends plain SIGIO instead,
//! which needs none: something has happened, look at all your files.

use std::io;

use marker::{check, scene};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::getpid;
use sigio::{CAUSE, News, SIGNAL, news, open_device, owner, raise, set_async};
use steps::proc_value;

use crate::info::{PLAIN, take};

pub fn run() -> io::Result<()> {
    scene!("7. room for one signal: three interrupts");
    let device = open_device()?;
    owner::set(&device, getpid())?;
    owner::set_signal(&device, SIGNAL)?;
    set_async(&device, true)?;
    // The file has `queued/limit`.
    check!("nothing queued", proc_value("/proc/self/status", "SigQ")?.starts_with("0/"), true);
    let (soft, hard) = getrlimit(Resource::RLIMIT_SIGPENDING)?;
    setrlimit(Resource::RLIMIT_SIGPENDING, 1, hard)?;

    for _ in 0..3 {
        raise(&device, CAUSE)?;
    }
    setrlimit(Resource::RLIMIT_SIGPENDING, soft, hard)?;
    check!("SIGIO first", take()?, Some(PLAIN));
    check!("then 44", take()?.map(|info| info.signal), Some(SIGNAL));
    check!("no more", take()?, None);
    check!("news", news(&device)?, News { interrupts: 3, causes: CAUSE });
    println!("7. room for one: the second is plain SIGIO, without si_fd; the third lost");
    println!("   read: 3 interrupts");
    Ok(())
}
