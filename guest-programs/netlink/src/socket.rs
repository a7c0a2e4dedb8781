//! Asking the kernel: one system call to send, one to receive.

use std::io;

use netlink_packet_core::{
    DefaultNla, NLM_F_ACK, NLM_F_REQUEST, NetlinkDeserializable, NetlinkMessage, NetlinkPayload,
    NetlinkSerializable,
};
use netlink_packet_generic::ctrl::nlas::{GenlCtrlAttrs, McastGrpAttrs};
use netlink_packet_generic::ctrl::{GenlCtrl, GenlCtrlCmd};
use netlink_packet_generic::{GenlHeader, GenlMessage};
use netlink_sys::protocols::NETLINK_GENERIC;
use netlink_sys::{Socket, SocketAddr};

use crate::answer::acknowledgement;
use crate::{GET, GROUP, Message, NAME, Refusal};

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
    // A refusal says why, and does not send the whole request back.
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
            return Ok(Err(
                acknowledgement(payload)?.expect_err("no acknowledgement was asked for")
            ));
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
    acknowledgement(receive::<GenlMessage<Message>>(socket, 0)?.payload)
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
    M: NetlinkSerializable + Into<NetlinkPayload<M>>,
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
    M: NetlinkDeserializable,
{
    let mut bytes = Vec::with_capacity(8192);
    socket.recv(&mut bytes, flags)?;
    NetlinkMessage::deserialize(&bytes).map_err(io::Error::other)
}
