//! `do_coredump` (fs/coredump.c) starts the program, and gives it a pipe as its standard
//! input. The process that dies writes its own core there. RLIMIT_CORE limits files, so
//! that it is 0 does not matter.

use std::io;

use marker::{check, mark, scene};
use nix::sys::resource::{Resource, getrlimit};
use steps::start;

use crate::crash::{crash, has_crashed};
use crate::setting::with_core_handler;

pub fn run() -> io::Result<()> {
    with_core_handler("|/lab/core-handler %P %s", || {
        scene!("8. a child dies of SIGABRT; its core goes to a program");
        let child = start(|| {
            check!("RLIMIT_CORE", getrlimit(Resource::RLIMIT_CORE)?.0, 0);
            crash()
        })?;
        has_crashed(child, true)?;
        mark!("8. waitpid says that the child has dumped core");
        println!("8. core_pattern, a pipe: SIGABRT, core dumped, by the program's end");
        Ok(())
    })
}
