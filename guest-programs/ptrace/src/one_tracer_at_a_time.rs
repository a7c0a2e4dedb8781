//! The deliberate failure: `ptrace_attach` (kernel/ptrace.c) finds that the process has a
//! tracer. A process can be told to one only, and there is no queue for a second.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use steps::{ended_well, start};

use crate::tracee::start_with;

pub fn run() -> nix::Result<()> {
    scene!("16. a traced child");
    let tracee = start_with(Options::empty(), || Ok(()))?;
    mark!("16. another child would trace it, too");
    let second = start(|| {
        let error = ptrace::seize(tracee, Options::empty()).expect_err("it has a tracer");
        check!("PTRACE_SEIZE", error, Errno::EPERM);
        println!("16. PTRACE_SEIZE of a tracee fails: {error}");
        Ok(())
    })?;
    ended_well(second)?;
    ptrace::detach(tracee, None)?;
    ended_well(tracee)
}
