//! The module's group: to join it, and to hear its events. The lesson netlink has this
//! in full.

use std::io;

use netlink_packet_core::{
    DecodeError, DefaultNla, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload, Nla as _, NlasIterator,
    Parseable as _, ParseableParametrized,
};
use netlink_packet_generic::ctrl::nlas::{GenlCtrlAttrs, McastGrpAttrs};
use netlink_packet_generic::ctrl::{GenlCtrl, GenlCtrlCmd};
use netlink_packet_generic::{GenlHeader, GenlMessage};
use netlink_sys::protocols::NETLINK_GENERIC;
use netlink_sys::{Socket, SocketAddr};
use nix::libc;

use crate::MODULE;

/// `LAB_TRANSPORTS_A_PAYLOAD`
const PAYLOAD: u16 = 2;

/// A socket that has joined the module's group, found by its names.
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
    socket.recv(buffer, libc::MSG_DONTWAIT)?;
    let message: NetlinkMessage<GenlMessage<Event>> =
        NetlinkMessage::deserialize(buffer).map_err(io::Error::other)?;
    match message.payload {
        NetlinkPayload::InnerMessage(message) => Ok(message.payload.0),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}
