//! The caller's wait is killable (UMH_KILLABLE): SIGKILL ends it, and no signal with a
//! handler does. The program knows nothing of that. It is not the caller's child.

use std::io;

use marker::{check, mark, scene};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use steps::start;

use crate::meeting::Meeting;
use crate::setting::with_modprobe;
use crate::unknown;

pub fn run() -> io::Result<()> {
    with_modprobe("/lab/patient", || {
        let meeting = Meeting::new()?;
        scene!("7. a child: mount; the program waits for something");
        let child = start(unknown::file_system)?;
        let helper = meeting.wait()?;
        mark!("7. kills the child");
        kill(child, Signal::SIGKILL)?;
        let killed = WaitStatus::Signaled(child, Signal::SIGKILL, false);
        check!("the child", waitpid(child, None)?, killed);
        mark!("7. the child is gone; lets the program go on");
        helper.let_go()?;
        println!("7. the caller is killed: the program runs on");
        Ok(())
    })
}
