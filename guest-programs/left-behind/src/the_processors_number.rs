//! A task that has registered a `struct rseq` finds there on which processor it runs. The
//! kernel writes that on the task's way back to user space, whenever another task may have run
//! or the task may have been moved (`__rseq_handle_notify_resume`, kernel/rseq.c). The first
//! way back is that of the registration. This machine has one processor, number 0.

use std::sync::atomic::Ordering::SeqCst;

use marker::{check, scene};
use nix::sys::prctl::set_name;
use steps::run_second;

use crate::rseq::{Rseq, SIGNATURE, UNINITIALIZED, UNREGISTER};
use crate::sharer;

pub fn run() -> nix::Result<()> {
    static RSEQ: Rseq = Rseq::new();
    scene!("14. a task registers a struct rseq; cpu_id is RSEQ_CPU_ID_UNINITIALIZED");
    sharer::run(|| {
        // No other task runs meanwhile: the kernel writes once.
        run_second()?;
        set_name(c"rseq")?;
        check!("cpu_id before", RSEQ.cpu_id.load(SeqCst), UNINITIALIZED);
        RSEQ.call(0, SIGNATURE)?;
        check!("cpu_id", RSEQ.cpu_id.load(SeqCst), 0);
        RSEQ.call(UNREGISTER, SIGNATURE)?;
        check!("cpu_id after", RSEQ.cpu_id.load(SeqCst), UNINITIALIZED);
        Ok(())
    })?;
    println!("14. rseq: cpu_id is 0 when the registration returns");
    Ok(())
}
