//! `genl_unregister_family` (net/netlink/genetlink.c) takes the group away, and the
//! socket does not notice. When the module comes back, the family has another number,
//! and a listener has to join again.

use std::io;

use marker::{check, mark, scene};
use netlink::{Family, GET, MODULE, MODULE_FILE, Refusal, command, event, resolve};
use netlink_sys::Socket;
use nix::errno::Errno;
use nix::libc;
use steps::{errno, load, remove};

use crate::edu::{raise, result};

pub fn run(asking: &Socket, family: Family, listener: &Socket) -> io::Result<()> {
    scene!("11. the module is removed while somebody listens");
    remove(MODULE)?;
    let nothing = event(listener, libc::MSG_DONTWAIT).map_err(errno).err();
    check!("the listener", nothing, Some(Errno::EAGAIN));
    let gone = Refusal { errno: Errno::ENOENT, message: String::new(), missing: 0 };
    check!("GET", command(asking, family, GET, Vec::new())?, Err(gone));
    check!("the family", resolve(asking)?.map_err(|refusal| refusal.errno), Err(Errno::ENOENT));
    println!("11. the module is removed: a listener hears nothing; GET fails: ENOENT");

    mark!("12. and loaded again");
    load(MODULE_FILE, c"")?;
    let again = resolve(asking)?.map_err(|refusal| io::Error::from(refusal.errno))?;
    check!("another number", again.id != family.id, true);
    raise(asking, again, 1)?;
    check!("the sender's result", result(asking, again)?, -(Errno::ESRCH as i32));
    println!("12. loaded again: the family is {} now, and nobody is in its group", again.id);
    Ok(())
}
