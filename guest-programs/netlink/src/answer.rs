//! What the kernel says to a request: done, or why not.

use std::io;

use netlink_packet_core::{NetlinkPayload, NlaBuffer, NlasIterator, parse_string, parse_u32};
use nix::errno::Errno;
use nix::libc;

/// `NLMSGERR_ATTR_MSG` and `NLMSGERR_ATTR_MISS_TYPE` of linux/netlink.h: what
/// an error may say beside its number.
const ATTR_MSG: u16 = 1;
const ATTR_MISS_TYPE: u16 = 5;

/// Why the kernel refused a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub errno: Errno,
    /// Why, in words: the extended acknowledgement. Empty for none.
    pub message: String,
    /// The type of an attribute that is missing; 0 for none.
    pub missing: u32,
}

/// The kernel's answer to a request: an acknowledgement is an error message too, with
/// the error 0.
pub fn acknowledgement<M>(payload: NetlinkPayload<M>) -> io::Result<Result<(), Refusal>> {
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
