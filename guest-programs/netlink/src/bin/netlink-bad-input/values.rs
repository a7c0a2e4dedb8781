//! Requests with bad values and bad bytes.

use std::io;

use bad_input::load;
use marker::{check, mark};
use netlink::{
    COUNT, EVENT, Family, GET, INTERRUPT, INTERRUPTS, MODULE_FILE, RAISE, RAISE_LATER, attribute,
    command, event, get, resolve,
};
use netlink_packet_core::DefaultNla;
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use nix::libc;
use steps::errno;

pub fn loading(socket: &Socket) -> io::Result<Family> {
    mark!("loading");
    check!("the family before", resolve(socket)?.map_err(|r| r.errno), Err(Errno::ENOENT));
    load(MODULE_FILE, c"")?;
    check!("loading it twice", load(MODULE_FILE, c""), Err(Errno::EEXIST));
    resolve(socket)?.map_err(|refusal| refusal.errno.into())
}

pub fn bad_values(socket: &Socket, family: Family) -> io::Result<()> {
    mark!("bad values");
    let bytes = |size| vec![DefaultNla::new(COUNT, vec![1; size])];
    for (what, number, attributes, error) in [
        ("the largest number", RAISE, vec![attribute(COUNT, u32::MAX)], Errno::ERANGE),
        ("no value", RAISE, bytes(0), Errno::EINVAL),
        ("3 bytes", RAISE, bytes(3), Errno::EINVAL),
        ("5 bytes", RAISE, bytes(5), Errno::EINVAL),
        ("8 bytes", RAISE, bytes(8), Errno::EINVAL),
        ("attribute 0", RAISE, vec![attribute(0, 1)], Errno::EINVAL),
        ("another attribute", RAISE, vec![attribute(INTERRUPT, 1)], Errno::EINVAL),
        ("later, with COUNT", RAISE_LATER, vec![attribute(COUNT, 1)], Errno::EINVAL),
        ("command 0", 0, Vec::new(), Errno::EOPNOTSUPP),
        ("the kernel's own command", EVENT, Vec::new(), Errno::EOPNOTSUPP),
        ("command 255", 255, Vec::new(), Errno::EOPNOTSUPP),
    ] {
        let answer = command(socket, family, number, attributes)?;
        check!(what, answer.map_err(|refusal| refusal.errno), Err(error));
    }
    // Given twice, the last one counts: netlink says so, and so it is.
    let twice = vec![attribute(COUNT, 2), attribute(COUNT, 1)];
    check!("COUNT twice", command(socket, family, RAISE, twice)?, Ok(()));
    check!("interrupts", get(socket, family)?.get(INTERRUPTS), Some(1));
    Ok(())
}

/// Messages that no library would pack.
pub fn bad_bytes(socket: &Socket, family: Family) -> io::Result<()> {
    mark!("bad bytes");
    const REQUEST_AND_ACK: u16 = 5;
    let message = |length: u32, flags: u16, generic: [u8; 4], rest: &[u8]| {
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(family.id.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend([0; 8]); // sequence number and port
        bytes.extend(generic);
        bytes.extend(rest);
        bytes
    };
    let raise = [RAISE, 1, 0, 0];
    let half = [12, 0, 1, 0, 1, 0, 0, 0]; // an attribute that claims 12 bytes of 8
    let long = [0xff, 0xff, 1, 0, 1, 0, 0, 0];
    let short = [3, 0, 1, 0, 1, 0, 0, 0]; // shorter than its own header
    let good = [8, 0, 1, 0, 1, 0, 0, 0];
    // Those that the kernel answers.
    for (what, bytes, error) in [
        ("no generic header", message(16, REQUEST_AND_ACK, raise, &[]), libc::EINVAL),
        ("half a generic header", message(18, REQUEST_AND_ACK, raise, &[]), libc::EINVAL),
        ("reserved bytes", message(20, REQUEST_AND_ACK, [GET, 1, 1, 0], &[]), libc::EINVAL),
        ("a cut attribute", message(28, REQUEST_AND_ACK, raise, &half), libc::EINVAL),
        ("a long attribute", message(28, REQUEST_AND_ACK, raise, &long), libc::EINVAL),
        ("a short attribute", message(28, REQUEST_AND_ACK, raise, &short), libc::EINVAL),
        ("half an attribute header", message(22, REQUEST_AND_ACK, raise, &[8, 0]), libc::EINVAL),
    ] {
        socket.send_to(&bytes, &SocketAddr::new(0, 0), 0)?;
        let mut answer = Vec::with_capacity(8192);
        socket.recv(&mut answer, libc::MSG_DONTWAIT)?;
        // Behind the 16 bytes of the header: the error, negative.
        let error_of = i32::from_ne_bytes(answer[16..20].try_into().map_err(io::Error::other)?);
        check!(what, error_of, -error);
    }
    // Those that it drops without a word.
    for (what, bytes) in [
        ("not a request", message(28, 0, raise, &good)),
        ("longer than it is", message(64, REQUEST_AND_ACK, raise, &good)),
        ("shorter than a header", message(8, REQUEST_AND_ACK, raise, &good)),
        ("half a header", message(28, REQUEST_AND_ACK, raise, &good)[..8].to_vec()),
    ] {
        socket.send_to(&bytes, &SocketAddr::new(0, 0), 0)?;
        check!(what, event(socket, libc::MSG_DONTWAIT).map_err(errno).err(), Some(Errno::EAGAIN));
    }
    check!("interrupts", get(socket, family)?.get(INTERRUPTS), Some(1));
    Ok(())
}
