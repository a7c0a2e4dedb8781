//! What a process is refused that installs a filter. A filter stays when a program with more
//! rights is executed. So who is not root first gives up that execve(2) gives more rights:
//! PR_SET_NO_NEW_PRIVS.

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::libc::{self, SECCOMP_RET_ALLOW, SECCOMP_RET_USER_NOTIF};
use nix::sys::prctl::set_no_new_privs;
use nix::unistd::{Uid, setuid};
use steps::{ended_well, start};

use crate::filter::{give, on, seccomp};
use crate::listener::Listener;

pub fn run() -> nix::Result<()> {
    scene!("16. a child that is not root installs a filter");
    let child = start(|| {
        setuid(Uid::from_raw(65534))?;
        let allow = [give(SECCOMP_RET_ALLOW)];
        let rights = seccomp(&allow, 0).expect_err("it might get new rights");
        check!("seccomp", rights, Errno::EACCES);
        mark!("16. it promises never to have more rights; the filter is empty");
        set_no_new_privs()?;
        let empty = seccomp(&[], 0).expect_err("it ends nowhere");
        check!("seccomp", empty, Errno::EINVAL);
        mark!("16. it installs a listener, and another");
        let filter = on(libc::SYS_getuid, SECCOMP_RET_USER_NOTIF);
        let listener = Listener::install(&filter, 0)?;
        let second = Listener::install(&filter, 0).map(drop).expect_err("there is one");
        check!("seccomp", second, Errno::EBUSY);
        drop(listener);
        println!("16. a filter without PR_SET_NO_NEW_PRIVS fails: {rights}");
        println!("    a filter without instructions fails: {empty}");
        println!("    a second listener fails: {second}");
        Ok(())
    })?;
    ended_well(child)
}
