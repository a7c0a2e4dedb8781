//! With core_pipe_limit 0, its default, the process ends as soon as the core is in the
//! pipe. What the program wants to know of /proc/pid, it must have asked before it read the
//! last of the core. With a limit, `wait_for_dump_helpers` (fs/coredump.c) waits until
//! nobody has the pipe open any more, as in the scene before.

use std::io;

use marker::{mark, scene};
use steps::start;

use crate::crash::{crash, has_crashed};
use crate::meeting::Meeting;
use crate::setting::with;

pub fn run() -> io::Result<()> {
    with("core_pattern", "|/lab/late-handler %P %s", || {
        let meeting = Meeting::new()?;
        scene!("9. the same with core_pipe_limit 0");
        has_crashed(start(crash)?, true)?;
        mark!("9. the child is gone; lets the program go on");
        meeting.wait()?.let_go()?;
        println!("9. core_pipe_limit 0: the process is gone before the program has ended");
        Ok(())
    })
}
