//! The deliberate failure: a user may have so many processes and no more.
//! `copy_process` (kernel/fork.c) returns -EAGAIN, which is -11; libc makes -1 and
//! errno of it.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc::{self, c_long};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Gid, Uid, setgid, setgroups, setuid};
use steps::{ended_well, exit, start};

use crate::raw_fork::{STUDENT, fork_without_libc};

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
        // They exit at once; and as long as nobody waits for them, they count.
        for zombie in [first, second] {
            waitid(Id::Pid(zombie), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
        }

        mark!("3. one child too many");
        // SAFETY: this program has one thread, so the child may do as it likes.
        let returned = unsafe { libc::fork() };
        let error = Errno::last();
        if returned == 0 {
            exit(0);
        }
        check!("fork", returned, -1);
        check!("errno", error, Errno::EAGAIN);
        println!("3. user {STUDENT}, limit 3: itself and 2 zombies; one more:");
        println!("   fork returns {returned}, errno is {error}");

        mark!("3. the same without libc");
        let raw = fork_without_libc();
        if raw == 0 {
            exit(0);
        }
        check!("fork without libc", raw, -c_long::from(libc::EAGAIN));
        println!("   without libc it returns {raw}");

        ended_well(first)?;
        mark!("3. one zombie has been waited for");
        ended_well(start(|| Ok(()))?)?;
        ended_well(second)?;
        println!("   after a wait for one of the zombies there is room again");
        Ok(())
    })?;
    ended_well(user)
}
