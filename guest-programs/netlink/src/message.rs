//! Messages of the family, and their attributes.

use netlink_packet_core::{
    DecodeError, DefaultNla, Emitable, Nla as _, NlasIterator, Parseable as _,
    ParseableParametrized, parse_u32,
};
use netlink_packet_generic::{GenlFamily, GenlHeader};

use crate::NAME;

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
        let mut value = vec![0; attribute.value_len()];
        attribute.emit_value(&mut value);
        parse_u32(&value).ok()
    }
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
        let attributes = NlasIterator::new(buffer).map(|nla| DefaultNla::parse(&nla?));
        Ok(Message { command: header.cmd, attributes: attributes.collect::<Result<_, _>>()? })
    }
}

/// An attribute of 32 bits.
pub fn attribute(kind: u16, value: u32) -> DefaultNla {
    DefaultNla::new(kind, value.to_ne_bytes().to_vec())
}
