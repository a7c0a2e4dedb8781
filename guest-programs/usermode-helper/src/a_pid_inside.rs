//! `format_corename` (fs/coredump.c) replaces `%p` by the pid that the process itself
//! knows, and `%P` by that in the first namespace, where the program runs.

use std::io;

use marker::scene;
use nix::sched::{CloneFlags, unshare};
use steps::{ended_well, errno, start};

use crate::crash::{crash, has_crashed};
use crate::setting::with_core_handler;

pub fn run() -> io::Result<()> {
    with_core_handler("|/lab/core-handler %P %s %p", || {
        let outside = start(|| {
            unshare(CloneFlags::CLONE_NEWPID)?; // for the children of the caller
            // The first would not die: an init is not killed by its own signals.
            let init = start(|| {
                scene!("10. a process that is 2 in its pid namespace dies");
                has_crashed(start(crash)?, true).map_err(errno)
            })?;
            ended_well(init)
        })?;
        ended_well(outside)?;
        println!("10. in a pid namespace: %p is 2, %P is the pid outside");
        Ok(())
    })
}
