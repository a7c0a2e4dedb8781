//! How does the kernel speak to whoever listens?
//!
//! This program joins the group of `kmods/netlink`, which tells each interrupt
//! of edu to all who have joined it. Look in the timeline at who sends, in
//! whose context, and at what the sending returns.
//!
//! Documented in netlink(7) and in the kernel's
//! Documentation/userspace-api/netlink/intro.rst.

use std::io;

use marker::{check, mark};
use netlink::{
    CAUSES, COUNT, EVENT, EVENTS, Family, GET, INTERRUPT, INTERRUPTS, LOST, Message, RAISE,
    RAISE_LATER, RESULT, Refusal, attribute, command, event, get, load, open_socket, remove,
    resolve,
};
use netlink_packet_core::DefaultNla;
use netlink_sys::protocols::NETLINK_KOBJECT_UEVENT;
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use nix::libc;
use nix::sys::prctl::set_name;

/// What edu raises when a transfer ends, and what RAISE raises.
const CAUSE_DMA: u32 = 0x100;
const CAUSE_RAISE: u32 = 0x1;

/// The smallest receive buffer that the kernel grants: whoever asks for less
/// gets this. The events that it takes are counted in what they occupy, which
/// is far more than their 36 bytes.
const SMALLEST: usize = 1;

/// How many events the smallest buffer takes.
const ROOM: u32 = 2;

fn main() -> io::Result<()> {
    marker::open_trace();
    uevents()?;
    let asking = open_socket()?;
    let family = the_family_and_its_group(&asking)?;
    nobody_listens(&asking, family)?;
    let listener = an_interrupt_is_told(&asking, family)?;
    refusals(&asking, family)?;
    an_overrun(&asking, family, &listener)?;
    another_listener_is_not_concerned(&asking, family, &listener)?;
    the_module_goes(&asking, family, &listener)
}

/// The kernel's own broadcast: what happens to its objects, among them modules
/// and drivers. udev lives on it.
fn uevents() -> io::Result<()> {
    let mut socket = Socket::new(NETLINK_KOBJECT_UEVENT)?;
    // Group 1, joined by the address: here they are bits of a mask.
    socket.bind(&SocketAddr::new(0, 1))?;
    mark!("1. the module is loaded");
    load()?;
    let mut told = Vec::new();
    loop {
        let mut bytes = Vec::with_capacity(8192);
        match socket.recv(&mut bytes, libc::MSG_DONTWAIT) {
            // "add@/module/lab_netlink", then NAME=value, each ended by a 0.
            Ok(_) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                told.push(text.split('\0').next().unwrap_or_default().to_owned());
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    let want = ["bind@/devices/pci", "add@/bus/pci/drivers/lab_netlink", "add@/module/lab_netlink"];
    check!("uevents", told.len(), want.len());
    for (told, want) in told.iter().zip(want) {
        check!("uevent", told.starts_with(want), true);
        println!("1. uevent {told}");
    }
    Ok(())
}

/// Numbers of families and groups are given out as modules come: only the
/// names are the same tomorrow.
fn the_family_and_its_group(asking: &Socket) -> io::Result<Family> {
    mark!("2. asks for the family by its name");
    let family = resolve(asking)?.map_err(|refusal| io::Error::from(refusal.errno))?;
    println!("2. family lab_netlink is {}, its group events is {}", family.id, family.group);
    Ok(family)
}

fn nobody_listens(asking: &Socket, family: Family) -> io::Result<()> {
    mark!("3. nobody listens");
    raise(asking, family, 1)?;
    check!("the sender's result", result(asking, family)?, -(Errno::ESRCH as i32));
    println!("3. nobody listens: the event is sent, the sender gets -ESRCH");
    Ok(())
}

/// The whole way: this process sleeps, edu interrupts the idle task, a worker
/// of the kernel sends.
fn an_interrupt_is_told(asking: &Socket, family: Family) -> io::Result<Socket> {
    let listener = open_socket()?;
    listener.add_membership(family.group)?;
    mark!("4. listens; edu interrupts in 100 ms");
    check!("raise later", command(asking, family, RAISE_LATER, Vec::new())?, Ok(()));
    // So that the trace has nobody else's waking.
    set_name(c"listener")?;
    let told = event(&listener, 0)?;
    set_name(c"netlink")?;
    mark!("4. received");
    check!("command", told.command, EVENT);
    check!("interrupt and causes", number_and_causes(&told), (Some(2), Some(CAUSE_DMA)));
    println!("4. event: interrupt 2, causes 0x100");

    let reply = get(asking, family)?;
    check!("command", reply.command, GET);
    check!("interrupts", reply.get(INTERRUPTS), Some(2));
    check!("events", reply.get(EVENTS), Some(2));
    check!("lost", reply.get(LOST), Some(0));
    check!("result", reply.get(RESULT), Some(0));
    println!("   GET replies: 2 interrupts, 2 events, the last sending returned 0");
    Ok(listener)
}

/// The deliberate failures. An errno says that, a message says what.
fn refusals(asking: &Socket, family: Family) -> io::Result<()> {
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
        mark!("5. refused: {}", what);
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

/// The listener is too slow: its buffer is full, and events are dropped.
fn an_overrun(asking: &Socket, family: Family, listener: &Socket) -> io::Result<()> {
    listener.set_rx_buf_sz(SMALLEST)?;
    let before = interrupts(asking, family)?;
    mark!("6. eight events, and room for {}", ROOM);
    raise(asking, family, 8)?;
    // For the sender it looks as if there were nobody.
    check!("the sender's result", result(asking, family)?, -(Errno::ESRCH as i32));

    // The error comes first, before what arrived before the loss.
    check!("the first recv", errno(event(listener, 0)), Some(Errno::ENOBUFS));
    let told = event(listener, 0)?;
    check!("the second recv", number_and_causes(&told), (Some(before + 1), Some(CAUSE_RAISE)));
    println!("6. eight events, and room for {ROOM}: recv fails with ENOBUFS, then");
    println!("   returns the first of them; the sender gets -ESRCH");

    // Until the queue is empty, everything is dropped, room or not. And that
    // is not told again.
    mark!("7. one more, in the middle of it");
    raise(asking, family, 1)?;
    let told = event(listener, 0)?;
    check!("the other one", told.get(INTERRUPT), Some(before + ROOM));
    let nothing = errno(event(listener, libc::MSG_DONTWAIT));
    check!("after the last", nothing, Some(Errno::EAGAIN));
    println!("7. one more, with room again, but events left to read: dropped too,");
    println!("   and no second ENOBUFS; recv returns the other one");

    // The recovery: now that the queue is empty, ask how things stand.
    mark!("8. asks what it has missed");
    let now = interrupts(asking, family)?;
    let missed = now - (before + ROOM);
    check!("missed", missed, 8 - ROOM + 1);
    println!("8. GET: {now} interrupts; the last event was {}: {missed} missed", before + ROOM);
    raise(asking, family, 1)?;
    check!("the next event", event(listener, 0)?.get(INTERRUPT), Some(now + 1));
    println!("   the next event is {}: nothing missed since", now + 1);
    Ok(())
}

/// Each socket has its own buffer, and its own losses.
fn another_listener_is_not_concerned(
    asking: &Socket,
    family: Family,
    slow: &Socket,
) -> io::Result<()> {
    let other = open_socket()?;
    other.add_membership(family.group)?;
    let before = interrupts(asking, family)?;
    mark!("9. eight events, two listeners");
    raise(asking, family, 8)?;
    check!("the sender's result", result(asking, family)?, 0);
    for number in 1..=8 {
        check!("interrupt", event(&other, 0)?.get(INTERRUPT), Some(before + number));
    }
    println!("9. a second listener with room: it gets all 8, the sender gets 0");
    drop(other);
    drain(slow)?;

    // If the listener wants it so, the sender hears of the overrun.
    slow.set_broadcast_error(true)?;
    mark!("10. eight events, and NETLINK_BROADCAST_ERROR");
    raise(asking, family, 8)?;
    check!("the sender's result", result(asking, family)?, -(Errno::ENOBUFS as i32));
    println!("10. with NETLINK_BROADCAST_ERROR, the sender gets -ENOBUFS");
    drain(slow)?;
    Ok(())
}

/// The group is gone, the socket does not notice. When the module comes back,
/// the family has another number, and who listened has to join again.
fn the_module_goes(asking: &Socket, family: Family, listener: &Socket) -> io::Result<()> {
    mark!("11. the module is removed while somebody listens");
    remove()?;
    let nothing = errno(event(listener, libc::MSG_DONTWAIT));
    check!("the listener", nothing, Some(Errno::EAGAIN));
    let gone = Refusal { errno: Errno::ENOENT, message: String::new(), missing: 0 };
    check!("GET", command(asking, family, GET, Vec::new())?, Err(gone));
    check!("the family", resolve(asking)?.map_err(|refusal| refusal.errno), Err(Errno::ENOENT));
    println!("11. the module is removed: who listens hears nothing; GET fails: ENOENT");

    mark!("12. and loaded again");
    load()?;
    let again = resolve(asking)?.map_err(|refusal| io::Error::from(refusal.errno))?;
    check!("another number", again.id != family.id, true);
    raise(asking, again, 1)?;
    check!("the sender's result", result(asking, again)?, -(Errno::ESRCH as i32));
    println!("12. loaded again: the family is {} now, and nobody is in its group", again.id);
    Ok(())
}

/// Has edu interrupt, and returns when the events are sent.
fn raise(asking: &Socket, family: Family, count: u32) -> io::Result<()> {
    check!("raise", command(asking, family, RAISE, vec![attribute(COUNT, count)])?, Ok(()));
    Ok(())
}

/// What the module's last sending returned.
fn result(asking: &Socket, family: Family) -> io::Result<i32> {
    let result = get(asking, family)?.get(RESULT).ok_or(io::ErrorKind::InvalidData)?;
    Ok(result.cast_signed())
}

/// How many interrupts there were.
fn interrupts(asking: &Socket, family: Family) -> io::Result<u32> {
    Ok(get(asking, family)?.get(INTERRUPTS).ok_or(io::ErrorKind::InvalidData)?)
}

fn number_and_causes(event: &Message) -> (Option<u32>, Option<u32>) {
    (event.get(INTERRUPT), event.get(CAUSES))
}

/// Reads until there is nothing left, whatever there is.
fn drain(listener: &Socket) -> io::Result<()> {
    loop {
        match event(listener, libc::MSG_DONTWAIT) {
            Ok(_) => {}
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn errno<T>(result: io::Result<T>) -> Option<Errno> {
    result.err()?.raw_os_error().map(Errno::from_raw)
}
