//! SI_USER is more than a word: `group_send_sig_info` (kernel/signal.c) asks
//! `check_kill_permission` whether `current` may do what the siginfo says. So a parent that
//! has become another user since dies in silence, although its child is still waiting for
//! the signal. `send_sig`, for SIGPIPE, asks nobody.

use marker::{check, mark, scene};
use nix::sys::prctl::get_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Uid, setuid};

use crate::heir::of_a_parent;

const USER: Uid = Uid::from_raw(1000);

pub fn run() -> nix::Result<()> {
    scene!("14. the parent of such a child becomes another user, and ends");
    of_a_parent(
        || Ok(()),
        || {
            setuid(USER)?;
            mark!("14. the parent is user 1000 now, and ends");
            Ok(())
        },
        || {
            check!("the signal", get_pdeathsig(), Ok(Some(Signal::SIGTERM)));
            mark!("14. the parent is gone");
            Ok(())
        },
    )?;
    println!("14. the parent may not signal its child: nothing comes");
    Ok(())
}
