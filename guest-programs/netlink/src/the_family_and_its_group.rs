//! `genl_register_family` (net/netlink/genetlink.c) gives out numbers as modules come.
//! Only the names of families and groups are the same tomorrow.

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
