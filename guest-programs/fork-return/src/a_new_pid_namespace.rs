//! A pid is a number in a namespace: `alloc_pid` (kernel/pid.c) gives one process
//! several. fork returns the one that its caller can use (`pid_vnr`).

use std::fs;

use marker::{check, mark, scene};
use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, getpid, getppid};
use steps::{ended_well, errno, start};

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
            tell_numbers_inside();
            check!("getpid() inside", getpid(), Pid::from_raw(1));
            check!("getppid() inside", getppid(), Pid::from_raw(0));
            let second = start(|| {
                tell_numbers_inside();
                check!("getpid() inside", getpid(), Pid::from_raw(2));
                check!("getppid() inside", getppid(), Pid::from_raw(1));
                Ok(())
            })?;
            check!("fork inside", second, Pid::from_raw(2));
            ended_well(second)
        })?;
        check!("fork returned 1", init == Pid::from_raw(1), false);
        // A zombie has a status as well.
        waitid(Id::Pid(init), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
        let status = fs::read_to_string(format!("/proc/{init}/status")).map_err(errno)?;
        let pids = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
        let pids: Vec<&str> = pids.unwrap_or_default().split_whitespace().collect();
        check!("NSpid", pids.join(" "), format!("{init} 1"));
        ended_well(init)?;
        println!("4. fork into a new pid namespace: returns its pid outside;");
        println!("   inside getpid() is 1, getppid() is 0; NSpid: its pid outside, and 1");
        println!("   fork inside returns 2");

        a_dead_pid_namespace::run()
    })?;
    ended_well(outside)
}

/// Numbers, and no tasks: in the namespace in which the trace names tasks, each
/// of them is somebody else's.
fn tell_numbers_inside() {
    mark!("4. getpid() {}, getppid() {}", getpid().as_raw(), getppid().as_raw());
}
