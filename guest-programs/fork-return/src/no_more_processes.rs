//! The number of a user's processes is limited: `copy_process` (kernel/fork.c)
//! counts them, and a zombie counts until its parent waits for it.

use marker::{mark, scene};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Gid, Uid, setgid, setgroups, setuid};
use steps::{ended_well, start};

use crate::one_child_too_many;
use crate::raw_fork::STUDENT;

pub fn run() -> nix::Result<()> {
    scene!("3. RLIMIT_NPROC");
    let user = start(|| {
        mark!("3. a child of root, two of a user");
        // Root may have any number, whatever the limit.
        setrlimit(Resource::RLIMIT_NPROC, 0, 3)?;
        ended_well(start(|| Ok(()))?)?;

        setrlimit(Resource::RLIMIT_NPROC, 3, 3)?;
        setgroups(&[])?;
        setgid(Gid::from_raw(STUDENT))?;
        setuid(Uid::from_raw(STUDENT))?;
        // The first of the user's three is this process itself.
        let first = start(|| Ok(()))?;
        let second = start(|| Ok(()))?;
        // They exit at once, but count until this process waits for them.
        for zombie in [first, second] {
            waitid(Id::Pid(zombie), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
        }

        one_child_too_many::run()?;

        ended_well(first)?;
        mark!("3. one zombie has been waited for");
        ended_well(start(|| Ok(()))?)?;
        ended_well(second)?;
        println!("   after a wait for one of the zombies there is room again");
        Ok(())
    })?;
    ended_well(user)
}
