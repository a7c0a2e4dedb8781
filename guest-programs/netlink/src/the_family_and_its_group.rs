//! Numbers of families and groups are given out as modules come: only the
//! names are the same tomorrow.

use std::io;

use marker::scene;
use netlink::{Family, resolve};
use netlink_sys::Socket;

pub fn run(asking: &Socket) -> io::Result<Family> {
    scene!("2. asks for the family by its name");
    let family = resolve(asking)?.map_err(|refusal| io::Error::from(refusal.errno))?;
    println!("2. family lab_netlink is {}, its group events is {}", family.id, family.group);
    Ok(family)
}
