//! A pid is a number in a namespace: `alloc_pid` (kernel/pid.c) gives one process
//! several. fork returns the one that its caller can use (`pid_vnr`).

use marker::{check, mark, scene};
use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, getpid, getppid};
use steps::{ended_well, proc_value, start};

use crate::a_dead_pid_namespace;

pub fn run() -> nix::Result<()> {
    // A child does it: after unshare(CLONE_NEWPID) a process forks into the new
    // namespace for the rest of its life.
    let outside = start(|| {
        let pid = getpid();
        unshare(CloneFlags::CLONE_NEWPID)?;
        check!("getpid() after unshare", getpid(), pid);

        scene!("4. fork into a new pid namespace");
        let init = start(|| {
            numbers_inside(1, 0);
            let second = start(|| {
                numbers_inside(2, 1);
                Ok(())
            })?;
            check!("fork inside", second, Pid::from_raw(2));
            ended_well(second)
        })?;
        check!("fork returned 1", init == Pid::from_raw(1), false);
        waitid(Id::Pid(init), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?; // a zombie has a status
        let pids = proc_value(&format!("/proc/{init}/status"), "NSpid")?;
        check!("NSpid", pids, format!("{init}\t1"));
        ended_well(init)?;
        println!("4. fork into a new pid namespace: returns its pid outside;");
        println!("   inside getpid() is 1, getppid() is 0; NSpid: its pid outside, and 1");
        println!("   fork inside returns 2");

        a_dead_pid_namespace::run()
    })?;
    ended_well(outside)
}

/// Marks numbers, not tasks: the trace names tasks by their numbers in the first
/// namespace, and there each of these belongs to another task.
fn numbers_inside(pid: i32, parent: i32) {
    mark!("4. getpid() {}, getppid() {}", getpid().as_raw(), getppid().as_raw());
    check!("getpid() inside", getpid().as_raw(), pid);
    check!("getppid() inside", getppid().as_raw(), parent);
}
