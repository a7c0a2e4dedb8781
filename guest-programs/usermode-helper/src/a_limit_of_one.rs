//! A core handler that crashes must not be handled by another, and so on. So each begins
//! with RLIMIT_CORE 1 (`umh_coredump_setup`, fs/coredump.c), and whoever dies with it
//! starts nobody.

use std::io;

use marker::scene;
use nix::sys::resource::{Resource, setrlimit};
use steps::start;

use crate::crash::{crash, has_crashed};
use crate::setting::with_core_handler;

pub fn run() -> io::Result<()> {
    with_core_handler("|/lab/core-handler %P %s", || {
        scene!("11. a child dies of SIGABRT; RLIMIT_CORE is 1");
        let child = start(|| {
            setrlimit(Resource::RLIMIT_CORE, 1, 1)?;
            crash()
        })?;
        has_crashed(child, false)?;
        println!("11. RLIMIT_CORE 1: no program, no core");
        Ok(())
    })
}
