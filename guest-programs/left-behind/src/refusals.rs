//! What the calls refuse. One area and one list are all that a task has, and another's list
//! would say where its memory is: who may not trace a task may not ask for it.

use std::ptr;

use marker::{check, scene};
use nix::errno::Errno;
use nix::unistd::{Pid, Uid, getppid, setuid};
use steps::{ended_well, start};

use crate::futex::{List, get_robust_list, set_robust_list};
use crate::rseq::{Rseq, SIGNATURE};
use crate::sharer;

const USER: Uid = Uid::from_raw(1000);

pub fn run() -> nix::Result<()> {
    static RSEQ: Rseq = Rseq::new();
    static OTHER: Rseq = Rseq::new();
    scene!("19. registers a struct rseq, and again");
    sharer::run(|| {
        RSEQ.call(0, SIGNATURE)?;
        check!("the same", RSEQ.call(0, SIGNATURE), Err(Errno::EBUSY));
        check!("another", OTHER.call(0, SIGNATURE), Err(Errno::EINVAL));
        check!("another signature", RSEQ.call(0, !SIGNATURE), Err(Errno::EPERM));
        // SAFETY: it is refused.
        let short = unsafe { set_robust_list(ptr::null(), size_of::<List>() - 1) };
        check!("a short list", short, Err(Errno::EINVAL));
        check!("nobody's list", get_robust_list(Pid::from_raw(-1)), Err(Errno::ESRCH));
        Ok(())
    })?;
    let child = start(|| {
        setuid(USER)?;
        check!("root's list", get_robust_list(getppid()), Err(Errno::EPERM));
        Ok(())
    })?;
    ended_well(child)?;
    println!("19. rseq again: EBUSY; another: EINVAL; with another signature: EPERM");
    println!("    a list of another length: EINVAL; nobody's: ESRCH; another user's: EPERM");
    Ok(())
}
