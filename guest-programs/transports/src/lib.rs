//! `kmods/transports/lab_transports.h` in Rust: what this lesson's programs and
//! the module have to agree on. What each request does is said there.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};

use netlink_packet_core::{
    DecodeError, DefaultNla, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload, Nla as _, NlasIterator,
    Parseable as _, ParseableParametrized,
};
use netlink_packet_generic::ctrl::nlas::{GenlCtrlAttrs, McastGrpAttrs};
use netlink_packet_generic::ctrl::{GenlCtrl, GenlCtrlCmd};
use netlink_packet_generic::{GenlHeader, GenlMessage};
use netlink_sys::protocols::NETLINK_GENERIC;
use netlink_sys::{Socket, SocketAddr};
use nix::fcntl::{OFlag, open};
use nix::kmod::{ModuleInitFlags, finit_module};
use nix::sys::stat::Mode;

/// The device.
pub const DEVICE: &str = "/dev/lab_transports";
/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_transports.ko";
/// The module, as the kernel calls it; the family has the same name.
pub const MODULE: &CStr = c"lab_transports";

/// `LAB_TRANSPORTS_IOC`
pub const IOC: u8 = 0xee;

/// `LAB_TRANSPORTS_SIGNAL` and its sisters
pub const SIGNAL: u32 = 1;
pub const EVENTFD: u32 = 2;
pub const NETLINK: u32 = 3;
pub const QUEUE: u32 = 4;

/// `LAB_TRANSPORTS_RECORDS`
pub const RECORDS: usize = 512;

/// `LAB_TRANSPORTS_A_PAYLOAD`
const PAYLOAD: u16 = 2;

/// `struct lab_transports_choice`
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice {
    pub transport: u32,
    pub signal: u32,
    pub eventfd: i32,
    pub padding: u32,
}

/// `struct lab_transports_counters`
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    pub interrupts: u32,
    pub accepted: u32,
    pub refused: u32,
    pub error: i32,
}

/// `struct lab_transports_record`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Record {
    pub number: u32,
    pub payload: u32,
    pub lost: u32,
}

impl Record {
    /// The size of the module's structure, which has a padding at its end.
    pub const SIZE: usize = 16;

    pub fn from_bytes(bytes: &[u8]) -> Record {
        let word = |at: usize| {
            let bytes = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
            u32::from_ne_bytes(bytes)
        };
        Record { number: word(0), payload: word(4), lost: word(8) }
    }
}

nix::ioctl_write_ptr!(
    /// `LAB_TRANSPORTS_CHOOSE`
    choose, IOC, 1, Choice
);
nix::ioctl_write_ptr!(
    /// `LAB_TRANSPORTS_RAISE`
    raise, IOC, 2, u32
);
nix::ioctl_read!(
    /// `LAB_TRANSPORTS_COUNTERS`
    counters, IOC, 3, Counters
);

/// Loads the module, for interrupts by messages. By the wire, which the PIC has
/// to mask and unmask, each would take a seventh longer, and the lesson makes
/// 11,550. What it costs to tell of one is the same by either.
pub fn load() -> nix::Result<()> {
    let file = open(MODULE_FILE, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    finit_module(file.as_fd(), c"msi=1", ModuleInitFlags::empty())
}

pub fn open_device() -> nix::Result<OwnedFd> {
    open(DEVICE, OFlag::O_RDWR | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK, Mode::empty())
}

/// A socket that has joined the module's group, found by its names. The lesson netlink
/// has this in full.
pub fn listen() -> io::Result<Socket> {
    let mut socket = Socket::new(NETLINK_GENERIC)?;
    socket.bind_auto()?;
    let name = MODULE.to_string_lossy().into_owned();
    let mut message = NetlinkMessage::from(GenlMessage::from_payload(GenlCtrl {
        cmd: GenlCtrlCmd::GetFamily,
        nlas: vec![GenlCtrlAttrs::FamilyName(name)],
    }));
    message.header.flags = NLM_F_REQUEST;
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    socket.send_to(&bytes, &SocketAddr::new(0, 0), 0)?;

    let mut bytes = Vec::with_capacity(8192);
    socket.recv(&mut bytes, 0)?;
    let answer: NetlinkMessage<GenlMessage<GenlCtrl>> =
        NetlinkMessage::deserialize(&bytes).map_err(io::Error::other)?;
    let NetlinkPayload::InnerMessage(message) = answer.payload else {
        return Err(io::ErrorKind::NotFound.into());
    };
    let groups = message.payload.nlas.iter().find_map(|attribute| match attribute {
        GenlCtrlAttrs::McastGroups(groups) => Some(groups),
        _ => None,
    });
    // It has one group.
    let id = groups.into_iter().flatten().flatten().find_map(|attribute| match attribute {
        McastGrpAttrs::Id(id) => Some(*id),
        McastGrpAttrs::Name(_) => None,
    });
    socket.add_membership(id.ok_or(io::ErrorKind::NotFound)?)?;
    Ok(socket)
}

/// An event of the group: its payload.
#[derive(Debug)]
struct Event(u32);

impl ParseableParametrized<[u8], GenlHeader> for Event {
    fn parse_with_param(buffer: &[u8], _: GenlHeader) -> Result<Event, DecodeError> {
        for nla in NlasIterator::new(buffer) {
            let nla = DefaultNla::parse(&nla?)?;
            let mut value = [0; 4];
            if nla.kind() == PAYLOAD && nla.value_len() == value.len() {
                nla.emit_value(&mut value);
                return Ok(Event(u32::from_ne_bytes(value)));
            }
        }
        Err("an event without a payload".into())
    }
}

/// Receives the payload of an event, without waiting.
pub fn event(socket: &Socket, buffer: &mut Vec<u8>) -> io::Result<u32> {
    buffer.clear();
    socket.recv(buffer, nix::libc::MSG_DONTWAIT)?;
    let message: NetlinkMessage<GenlMessage<Event>> =
        NetlinkMessage::deserialize(buffer).map_err(io::Error::other)?;
    match message.payload {
        NetlinkPayload::InnerMessage(message) => Ok(message.payload.0),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}
