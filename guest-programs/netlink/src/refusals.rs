//! The deliberate failures. An errno says that, a message says what.

use std::io;

use marker::{check, scene};
use netlink::{COUNT, Family, GET, RAISE, Refusal, attribute, command};
use netlink_packet_core::DefaultNla;
use netlink_sys::Socket;
use nix::errno::Errno;

pub fn run(asking: &Socket, family: Family) -> io::Result<()> {
    let refused = |errno, message: &str, missing| {
        Err(Refusal { errno, message: message.to_owned(), missing })
    };
    let short = DefaultNla::new(COUNT, vec![1, 0]);
    let nowhere = Family { id: family.id + 1, ..family };
    let range = "integer out of range";
    for (what, family, number, attributes, want) in [
        ("COUNT 0", family, RAISE, vec![attribute(COUNT, 0)], refused(Errno::ERANGE, range, 0)),
        (
            "COUNT 1001",
            family,
            RAISE,
            vec![attribute(COUNT, 1001)],
            refused(Errno::ERANGE, range, 0),
        ),
        (
            "COUNT of 2 bytes",
            family,
            RAISE,
            vec![short],
            refused(Errno::EINVAL, "invalid attribute length", 0),
        ),
        ("no COUNT", family, RAISE, Vec::new(), refused(Errno::EINVAL, "", COUNT.into())),
        (
            "attribute 99",
            family,
            RAISE,
            vec![attribute(COUNT, 1), attribute(99, 1)],
            refused(Errno::EINVAL, "Unknown attribute type", 0),
        ),
        (
            "GET with COUNT",
            family,
            GET,
            vec![attribute(COUNT, 1)],
            refused(Errno::EINVAL, "Attribute failed policy validation", 0),
        ),
        ("command 99", family, 99, Vec::new(), refused(Errno::EOPNOTSUPP, "", 0)),
        ("no such family", nowhere, GET, Vec::new(), refused(Errno::ENOENT, "", 0)),
    ] {
        scene!("5. refused: {}", what);
        let answer = command(asking, family, number, attributes)?;
        check!(what, &answer, &want);
        if let Err(Refusal { errno, message, missing }) = answer {
            let errno = format!("{errno:?}");
            match missing {
                0 if message.is_empty() => println!("5. {what:<17} {errno}"),
                0 => println!("5. {what:<17} {errno:<11} {message}"),
                _ => println!("5. {what:<17} {errno:<11} attribute {missing} is missing"),
            }
        }
    }
    Ok(())
}
