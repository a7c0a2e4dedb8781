//! The deliberate failures. An errno says that a request is wrong, a message says what
//! about it is. `genl_family_rcv_msg` (net/netlink/genetlink.c) finds most of it
//! without the module, by the family's commands and policy.

use std::io;

use marker::{check, scene};
use netlink::{COUNT, Family, GET, RAISE, Refusal, attribute, command};
use netlink_packet_core::DefaultNla;
use netlink_sys::Socket;
use nix::errno::Errno::{EINVAL, ENOENT, EOPNOTSUPP, ERANGE};

const UNKNOWN: &str = "Unknown attribute type";
const POLICY: &str = "Attribute failed policy validation";

pub fn run(asking: &Socket, family: Family) -> io::Result<()> {
    let short = DefaultNla::new(COUNT, vec![1, 0]);
    let nowhere = Family { id: family.id + 1, ..family };
    let unknown = attribute(99, 1);
    let count = |count| attribute(COUNT, count);
    for (what, family, number, attributes, errno, message, missing) in [
        ("COUNT 0", family, RAISE, vec![count(0)], ERANGE, "integer out of range", 0),
        ("COUNT 101", family, RAISE, vec![count(101)], ERANGE, "integer out of range", 0),
        ("COUNT of 2 bytes", family, RAISE, vec![short], EINVAL, "invalid attribute length", 0),
        ("no COUNT", family, RAISE, vec![], EINVAL, "", COUNT.into()),
        ("attribute 99", family, RAISE, vec![count(1), unknown], EINVAL, UNKNOWN, 0),
        ("GET with COUNT", family, GET, vec![count(1)], EINVAL, POLICY, 0),
        ("command 99", family, 99, vec![], EOPNOTSUPP, "", 0),
        ("no such family", nowhere, GET, vec![], ENOENT, "", 0),
    ] {
        scene!("5. refused: {}", what);
        let answer = command(asking, family, number, attributes)?;
        let want = Refusal { errno, message: message.to_owned(), missing };
        check!(what, answer, Err(want));
        let errno = format!("{errno:?}");
        match missing {
            0 if message.is_empty() => println!("5. {what:<17} {errno}"),
            0 => println!("5. {what:<17} {errno:<11} {message}"),
            _ => println!("5. {what:<17} {errno:<11} attribute {missing} is missing"),
        }
    }
    Ok(())
}
