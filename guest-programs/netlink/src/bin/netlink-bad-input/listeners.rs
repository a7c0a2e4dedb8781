//! Groups that do not exist, and users who may not join.

use std::io;

use marker::{check, mark};
use netlink::{
    COUNT, Family, INTERRUPT, RAISE, RAISE_LATER, Refusal, attribute, command, event, get,
    open_socket,
};
use netlink_sys::Socket;
use nix::errno::Errno;
use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Uid, fork, setuid};
use steps::errno;

pub fn bad_groups(asking: &Socket, family: Family) -> io::Result<()> {
    mark!("bad groups");
    let socket = open_socket()?;
    check!("group 0", socket.add_membership(0).map_err(errno), Err(Errno::EINVAL));
    check!("a group of nobody", socket.add_membership(100_000).map_err(errno), Err(Errno::EINVAL));
    check!(
        "leaving what one is not in",
        socket.drop_membership(family.group).map_err(errno),
        Ok(())
    );
    // Whoever joins twice gets each event once.
    socket.add_membership(family.group)?;
    socket.add_membership(family.group)?;
    check!("raise", command(asking, family, RAISE, vec![attribute(COUNT, 1)])?, Ok(()));
    check!("an event", event(&socket, libc::MSG_DONTWAIT)?.get(INTERRUPT), Some(2));
    check!(
        "a second event",
        event(&socket, libc::MSG_DONTWAIT).map_err(errno).err(),
        Some(Errno::EAGAIN)
    );
    Ok(())
}

/// Root raises, anybody may ask.
pub fn without_permission(family: Family) -> io::Result<()> {
    mark!("without permission");
    // SAFETY: this program has one thread, so the child may do as it likes.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => {
            check!("child", waitpid(child, None)?, WaitStatus::Exited(child, 0));
        }
        ForkResult::Child => {
            let refused = || -> io::Result<bool> {
                setuid(Uid::from_raw(1000))?;
                let socket = open_socket()?;
                let eperm =
                    Err(Refusal { errno: Errno::EPERM, message: String::new(), missing: 0 });
                let raise = command(&socket, family, RAISE, vec![attribute(COUNT, 1)])?;
                let later = command(&socket, family, RAISE_LATER, Vec::new())?;
                Ok(raise == eperm && later == eperm && get(&socket, family).is_ok())
            };
            let status = i32::from(!matches!(refused(), Ok(true)));
            // SAFETY: it does not return, and so leaves nothing half done.
            unsafe { libc::_exit(status) }
        }
    }
    Ok(())
}
