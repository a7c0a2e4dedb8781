//! What `kmods/netlink` does with what no well-behaved program asks of it:
//! every refusal with its exact error, and nothing left behind by any.
//!
//! Not a lesson but a test of the module; the lesson is `main.rs`. It runs
//! where that runs: as root, with edu on the bus and the module not loaded.

use std::{fs, io};

use bad_input::{By, device_of, interrupts_of};
use marker::{check, mark};
use netlink::{
    COUNT, EVENT, EVENTS, Family, GET, INTERRUPT, INTERRUPTS, LOST, MODULE_FILE, RAISE,
    RAISE_LATER, Refusal, attribute, command, event, get, load, open_socket, remove, resolve,
};
use netlink_packet_core::DefaultNla;
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Uid, fork, setuid};

fn main() -> io::Result<()> {
    marker::open_trace();
    let socket = open_socket()?;
    let family = loading(&socket)?;
    bad_values(&socket, family)?;
    bad_bytes(&socket, family)?;
    bad_groups(&socket, family)?;
    without_permission(family)?;
    as_many_as_possible(&socket, family)?;
    the_device_is_busy(&socket, family)?;
    the_device_goes(&socket, family)?;
    removing_the_module(&socket, family)?;
    by_the_wire_and_by_a_message(&socket)?;
    println!("every refusal was the right one");
    Ok(())
}

fn loading(socket: &Socket) -> io::Result<Family> {
    mark!("loading");
    check!("the family before", resolve(socket)?.map_err(|r| r.errno), Err(Errno::ENOENT));
    load()?;
    check!("loading it twice", load(), Err(Errno::EEXIST));
    resolve(socket)?.map_err(|refusal| refusal.errno.into())
}

fn bad_values(socket: &Socket, family: Family) -> io::Result<()> {
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
fn bad_bytes(socket: &Socket, family: Family) -> io::Result<()> {
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
        check!(what, errno(event(socket, libc::MSG_DONTWAIT)), Some(Errno::EAGAIN));
    }
    check!("interrupts", get(socket, family)?.get(INTERRUPTS), Some(1));
    Ok(())
}

fn bad_groups(asking: &Socket, family: Family) -> io::Result<()> {
    mark!("bad groups");
    let socket = open_socket()?;
    check!("group 0", errno(socket.add_membership(0)), Some(Errno::EINVAL));
    check!("a group of nobody", errno(socket.add_membership(100_000)), Some(Errno::EINVAL));
    check!("leaving what one is not in", errno(socket.drop_membership(family.group)), None);
    // Whoever joins twice gets each event once.
    socket.add_membership(family.group)?;
    socket.add_membership(family.group)?;
    check!("raise", command(asking, family, RAISE, vec![attribute(COUNT, 1)])?, Ok(()));
    check!("an event", event(&socket, libc::MSG_DONTWAIT)?.get(INTERRUPT), Some(2));
    check!("a second event", errno(event(&socket, libc::MSG_DONTWAIT)), Some(Errno::EAGAIN));
    Ok(())
}

/// Root raises, anybody may ask.
fn without_permission(family: Family) -> io::Result<()> {
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

fn as_many_as_possible(socket: &Socket, family: Family) -> io::Result<()> {
    mark!("as many as possible");
    let before = get(socket, family)?.get(INTERRUPTS).unwrap_or_default();
    check!("raise", command(socket, family, RAISE, vec![attribute(COUNT, 1000)])?, Ok(()));
    let reply = get(socket, family)?;
    check!("interrupts", reply.get(INTERRUPTS), Some(before + 1000));
    check!("events", reply.get(EVENTS), Some(before + 1000));
    check!("lost", reply.get(LOST), Some(0));
    Ok(())
}

fn the_device_is_busy(socket: &Socket, family: Family) -> io::Result<()> {
    mark!("the device is busy");
    let listener = open_socket()?;
    listener.add_membership(family.group)?;
    check!("later", command(socket, family, RAISE_LATER, Vec::new())?, Ok(()));
    let busy = Refusal {
        errno: Errno::EBUSY,
        message: "edu is about to interrupt".to_owned(),
        missing: 0,
    };
    check!("while it is busy", command(socket, family, RAISE_LATER, Vec::new())?, Err(busy));
    let _event = event(&listener, 0)?;
    check!("only one", errno(event(&listener, libc::MSG_DONTWAIT)), Some(Errno::EAGAIN));
    Ok(())
}

fn the_device_goes(socket: &Socket, family: Family) -> io::Result<()> {
    mark!("the device goes, and comes back");
    fs::write(device_of("lab_netlink")?.join("remove"), "1")?;
    let gone = || Refusal { errno: Errno::ENODEV, message: "edu is gone".to_owned(), missing: 0 };
    let one = || vec![attribute(COUNT, 1)];
    check!("raise", command(socket, family, RAISE, one())?, Err(gone()));
    check!("later", command(socket, family, RAISE_LATER, Vec::new())?, Err(gone()));
    check!("GET", get(socket, family)?.get(LOST), Some(0));
    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("raise when it is back", command(socket, family, RAISE, one())?, Ok(()));
    Ok(())
}

/// With listeners, and with an interrupt under way: the removal waits for that.
fn removing_the_module(socket: &Socket, family: Family) -> io::Result<()> {
    mark!("removing the module");
    let listener = open_socket()?;
    listener.add_membership(family.group)?;
    check!("later", command(socket, family, RAISE_LATER, Vec::new())?, Ok(()));
    check!("removal", remove(), Ok(()));
    check!("removal of what is not there", remove(), Err(Errno::ENOENT));
    check!("joining its group", errno(open_socket()?.add_membership(family.group)), None);
    load()?;
    let again = resolve(socket)?.map_err(|refusal| io::Error::from(refusal.errno))?;
    check!("interrupts", get(socket, again)?.get(INTERRUPTS), Some(0));
    check!("raise", command(socket, again, RAISE, vec![attribute(COUNT, 1)])?, Ok(()));
    check!("removal", remove(), Ok(()));
    Ok(())
}

/// An interrupt arrives by either, and by the one that was asked for.
fn by_the_wire_and_by_a_message(socket: &Socket) -> io::Result<()> {
    mark!("by the wire and by a message");
    let load = |params| bad_input::load(MODULE_FILE, params);
    check!("msi=perhaps", load(c"msi=perhaps"), Err(Errno::EINVAL));
    check!("the family afterwards", resolve(socket)?.map_err(|r| r.errno), Err(Errno::ENOENT));
    for (params, by) in
        [(c"msi=0", By::Wire), (c"msi=1", By::Message), (c"", By::Wire), (c"msi", By::Message)]
    {
        load(params)?;
        let family = resolve(socket)?.map_err(|refusal| io::Error::from(refusal.errno))?;
        let listener = open_socket()?;
        listener.add_membership(family.group)?;
        let (_, before) = interrupts_of("lab_netlink")?;
        check!("raise", command(socket, family, RAISE, vec![attribute(COUNT, 1)])?, Ok(()));
        check!("an event", event(&listener, libc::MSG_DONTWAIT)?.get(INTERRUPT), Some(1));
        check!("/proc/interrupts", interrupts_of("lab_netlink")?, (by, before + 1));
        check!("removal", remove(), Ok(()));
    }
    Ok(())
}

fn errno<T>(result: io::Result<T>) -> Option<Errno> {
    result.err()?.raw_os_error().map(Errno::from_raw)
}
