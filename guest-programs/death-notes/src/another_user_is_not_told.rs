//! Who becomes another user has asked in vain: `commit_creds` (kernel/cred.c) forgets the
//! signal, and setuid(2) does not say so. It is forgotten in a child of fork(2), too, and by
//! execve(2) of a set-user-ID program, but not by that of any other program.

use marker::{check, mark, scene};
use nix::sys::prctl::get_pdeathsig;
use nix::unistd::{Uid, setuid};

use crate::heir::of_a_parent;

const USER: Uid = Uid::from_raw(1000);

pub fn run() -> nix::Result<()> {
    scene!("13. such a child becomes another user; its parent ends");
    of_a_parent(
        || {
            setuid(USER)?;
            mark!("13. has asked for SIGTERM, and is user 1000 now");
            check!("the signal", get_pdeathsig(), Ok(None));
            Ok(())
        },
        || Ok(()),
        || {
            mark!("13. the parent is gone");
            Ok(())
        },
    )?;
    println!("13. setuid(2) after it: nothing comes");
    Ok(())
}
