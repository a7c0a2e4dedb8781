//! `kmods/netlink/lab_netlink.h` in Rust, and how to ask: what this lesson's
//! programs and the module have to agree on.
//!
//! A message is a netlink header, a generic netlink header (the command) and
//! attributes, each with its type and length. Packing and unpacking them is the
//! crates' work; sending and receiving is in sight here.

use std::ffi::CStr;
use std::io;
use std::os::fd::AsFd as _;

use netlink_packet_core::{
    DecodeError, DefaultNla, Emitable, NLM_F_ACK, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
    Nla as _, NlaBuffer, NlasIterator, Parseable as _, ParseableParametrized, parse_string,
    parse_u32,
};
use netlink_packet_generic::ctrl::nlas::{GenlCtrlAttrs, McastGrpAttrs};
use netlink_packet_generic::ctrl::{GenlCtrl, GenlCtrlCmd};
use netlink_packet_generic::{GenlFamily, GenlHeader, GenlMessage};
use netlink_sys::protocols::NETLINK_GENERIC;
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module};
use nix::libc;
use nix::sys::stat::Mode;

/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_netlink.ko";
/// The module, as the kernel calls it.
pub const MODULE: &CStr = c"lab_netlink";

/// `LAB_NETLINK_NAME` and `LAB_NETLINK_GROUP`
pub const NAME: &str = "lab_netlink";
pub const GROUP: &str = "events";

/// `enum lab_netlink_command`
pub const GET: u8 = 1;
pub const RAISE: u8 = 2;
pub const RAISE_LATER: u8 = 3;
pub const EVENT: u8 = 4;

/// `enum lab_netlink_attribute`
pub const COUNT: u16 = 1;
pub const INTERRUPT: u16 = 2;
pub const CAUSES: u16 = 3;
pub const INTERRUPTS: u16 = 4;
pub const EVENTS: u16 = 5;
pub const LOST: u16 = 6;
pub const RESULT: u16 = 7;

/// `NLMSGERR_ATTR_MSG` and `NLMSGERR_ATTR_MISS_TYPE` of linux/netlink.h: what
/// an error may say beside its number.
const ATTR_MSG: u16 = 1;
const ATTR_MISS_TYPE: u16 = 5;

/// Loads the module.
pub fn load() -> nix::Result<()> {
    let file = open(MODULE_FILE, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    finit_module(file.as_fd(), c"", ModuleInitFlags::empty())
}

pub fn remove() -> nix::Result<()> {
    delete_module(MODULE, DeleteModuleFlags::O_NONBLOCK)
}

/// What the kernel answered to a request that it refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub errno: Errno,
    /// Why, in words: the extended acknowledgement. Empty for none.
    pub message: String,
    /// The type of an attribute that is missing; 0 for none.
    pub missing: u32,
}

/// A message of the family, in either direction.
#[derive(Debug, Clone)]
pub struct Message {
    pub command: u8,
    pub attributes: Vec<DefaultNla>,
}

impl Message {
    /// The value of an attribute of 32 bits.
    pub fn get(&self, kind: u16) -> Option<u32> {
        let attribute = self.attributes.iter().find(|attribute| attribute.kind() == kind)?;
        parse_u32(&value(attribute)).ok()
    }
}

fn value(attribute: &DefaultNla) -> Vec<u8> {
    let mut value = vec![0; attribute.value_len()];
    attribute.emit_value(&mut value);
    value
}

impl GenlFamily for Message {
    fn family_name() -> &'static str {
        NAME
    }

    fn command(&self) -> u8 {
        self.command
    }

    fn version(&self) -> u8 {
        1
    }
}

impl Emitable for Message {
    fn buffer_len(&self) -> usize {
        self.attributes.as_slice().buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        self.attributes.as_slice().emit(buffer);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for Message {
    fn parse_with_param(buffer: &[u8], header: GenlHeader) -> Result<Message, DecodeError> {
        Ok(Message { command: header.cmd, attributes: attributes(buffer)? })
    }
}

fn attributes(buffer: &[u8]) -> Result<Vec<DefaultNla>, DecodeError> {
    NlasIterator::new(buffer).map(|nla| DefaultNla::parse(&nla?)).collect()
}

/// An attribute of 32 bits.
pub fn attribute(kind: u16, value: u32) -> DefaultNla {
    DefaultNla::new(kind, value.to_ne_bytes().to_vec())
}

/// The numbers that the kernel chose for the family and for its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    pub id: u16,
    pub group: u32,
}

/// A socket that speaks generic netlink to the kernel.
pub fn open_socket() -> io::Result<Socket> {
    let mut socket = Socket::new(NETLINK_GENERIC)?;
    socket.bind_auto()?;
    // Who asks wrongly is told why, and not sent the whole request back.
    socket.set_ext_ack(true)?;
    socket.set_cap_ack(true)?;
    Ok(socket)
}

/// Asks the controller, which is a family with a fixed number, for ours.
pub fn resolve(socket: &Socket) -> io::Result<Result<Family, Refusal>> {
    let names = vec![GenlCtrlAttrs::FamilyName(NAME.to_owned())];
    let message = GenlMessage::from_payload(GenlCtrl { cmd: GenlCtrlCmd::GetFamily, nlas: names });
    send(socket, NLM_F_REQUEST, message)?;
    let answer = match receive::<GenlMessage<GenlCtrl>>(socket, 0)?.payload {
        NetlinkPayload::InnerMessage(message) => message.payload.nlas,
        payload => {
            return Ok(Err(refusal(payload)?.expect_err("no acknowledgement was asked for")));
        }
    };
    let (mut id, mut group) = (None, None);
    for attribute in answer {
        match attribute {
            GenlCtrlAttrs::FamilyId(found) => id = Some(found),
            GenlCtrlAttrs::McastGroups(groups) => {
                group = groups.iter().find_map(|group| group_id(group))
            }
            _ => {}
        }
    }
    match (id, group) {
        (Some(id), Some(group)) => Ok(Ok(Family { id, group })),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn group_id(group: &[McastGrpAttrs]) -> Option<u32> {
    let is_ours = group.contains(&McastGrpAttrs::Name(GROUP.to_owned()));
    let id = group.iter().find_map(|attribute| match attribute {
        McastGrpAttrs::Id(id) => Some(*id),
        McastGrpAttrs::Name(_) => None,
    });
    id.filter(|_| is_ours)
}

/// Sends a command, and returns the kernel's acknowledgement.
pub fn command(
    socket: &Socket,
    family: Family,
    command: u8,
    attributes: Vec<DefaultNla>,
) -> io::Result<Result<(), Refusal>> {
    let header = GenlHeader { cmd: command, version: 1 };
    let message = GenlMessage::new(header, Message { command, attributes }, family.id);
    send(socket, NLM_F_REQUEST | NLM_F_ACK, message)?;
    refusal(receive::<GenlMessage<Message>>(socket, 0)?.payload)
}

/// GET: asks for the counters.
pub fn get(socket: &Socket, family: Family) -> io::Result<Message> {
    let message = Message { command: GET, attributes: Vec::new() };
    let header = GenlHeader { cmd: GET, version: 1 };
    send(socket, NLM_F_REQUEST, GenlMessage::new(header, message, family.id))?;
    inner(receive(socket, 0)?)
}

/// Receives an event. The flags are those of recv(2).
pub fn event(socket: &Socket, flags: i32) -> io::Result<Message> {
    inner(receive(socket, flags)?)
}

fn inner(message: NetlinkMessage<GenlMessage<Message>>) -> io::Result<Message> {
    match message.payload {
        NetlinkPayload::InnerMessage(message) => Ok(message.payload),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn send<M>(socket: &Socket, flags: u16, message: M) -> io::Result<()>
where
    M: netlink_packet_core::NetlinkSerializable + Into<NetlinkPayload<M>>,
{
    let mut message = NetlinkMessage::from(message);
    message.header.flags = flags;
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    // Port 0 is the kernel.
    socket.send_to(&bytes, &SocketAddr::new(0, 0), 0)?;
    Ok(())
}

fn receive<M>(socket: &Socket, flags: i32) -> io::Result<NetlinkMessage<M>>
where
    M: netlink_packet_core::NetlinkDeserializable,
{
    let mut bytes = Vec::with_capacity(8192);
    socket.recv(&mut bytes, flags)?;
    NetlinkMessage::deserialize(&bytes).map_err(io::Error::other)
}

/// An acknowledgement is an error message too: with the error 0.
fn refusal<M>(payload: NetlinkPayload<M>) -> io::Result<Result<(), Refusal>> {
    let NetlinkPayload::Error(error) = payload else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let Some(code) = error.code else { return Ok(Ok(())) };
    let mut refusal =
        Refusal { errno: Errno::from_raw(-code.get()), message: String::new(), missing: 0 };
    // Behind the header of the request.
    for attribute in NlasIterator::new(&error.header[size_of::<libc::nlmsghdr>()..]) {
        let attribute: NlaBuffer<&[u8]> = attribute.map_err(io::Error::other)?;
        match attribute.kind() {
            ATTR_MSG => {
                refusal.message = parse_string(attribute.value()).map_err(io::Error::other)?;
            }
            ATTR_MISS_TYPE => {
                refusal.missing = parse_u32(attribute.value()).map_err(io::Error::other)?;
            }
            _ => {}
        }
    }
    Ok(Err(refusal))
}
