//! RLIMIT_SIGPENDING counts the signals that are queued for a user, and root is not
//! exempt. Without room for one more entry `__send_signal_locked` (kernel/signal.c)
//! refuses a real-time signal that carries a siginfo of its sender's making.

use std::io;
use std::os::fd::OwnedFd;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::sys::resource::{Resource, rlim_t, setrlimit};
use siginfo::{KERNEL, Target};

use super::send;
use super::status::queued;

/// Leaves the first signal pending, and so the queue full.
pub fn run(device: &OwnedFd, hard: rlim_t) -> io::Result<()> {
    check!("signals queued for this user", queued()?, 0);
    setrlimit(Resource::RLIMIT_SIGPENDING, 1, hard)?;

    scene!("7. RLIMIT_SIGPENDING: room for one signal");
    check!("the first", send(device, Target::default())?, 0);
    check!("signals queued for this user", queued()?, 1);
    println!("7. RLIMIT_SIGPENDING 1: the first is queued");

    mark!("8. the queue is full: send_sig_info");
    let second = Target { value: 2, ..Target::default() };
    check!("send_sig_info", send(device, second)?, -(Errno::EAGAIN as i32));
    let kernel = Target::sent_by(KERNEL);
    check!("send_sig_info, SI_KERNEL", send(device, kernel)?, -(Errno::EAGAIN as i32));
    println!("8. full queue: send_sig_info returns -EAGAIN, nothing is sent");
    Ok(())
}
