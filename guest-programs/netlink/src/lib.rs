//! `kmods/netlink/lab_netlink.h` in Rust, and how to ask: what this lesson's
//! programs and the module have to agree on.
//!
//! A message is a netlink header, a generic netlink header (the command) and
//! attributes, each with its type and length. The crates pack and unpack them;
//! sending and receiving are in `socket`.

mod answer;
mod message;
mod socket;

use std::ffi::CStr;

pub use answer::Refusal;
pub use message::{Message, attribute};
pub use socket::{Family, command, event, get, open_socket, resolve};

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
