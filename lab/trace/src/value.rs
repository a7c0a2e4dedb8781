//! The fields of an event, under the kernel's own names.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

/// One field's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// An integer, except an unsigned one of 64 bits.
    Int(i64),
    /// An unsigned 64-bit integer, such as an address.
    Uint(u64),
    /// A character array, up to its NUL. Bytes that are not UTF-8 became U+FFFD.
    Text(String),
    /// Any other array.
    List(Vec<u64>),
}

impl Value {
    /// The integer. `None` for text, for lists and for numbers that do not fit an `i64`.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(n) => Some(*n),
            Value::Uint(n) => i64::try_from(*n).ok(),
            Value::Text(_) | Value::List(_) => None,
        }
    }

    /// The text. `None` for other values.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Int(_) | Value::Uint(_) | Value::List(_) => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Int(n) => write!(f, "{n}"),
            // A large unsigned number is an address or a mask.
            Value::Uint(n) if *n > 0xffff => write!(f, "{n:#x}"),
            Value::Uint(n) => write!(f, "{n}"),
            Value::Text(text) => f.write_str(text),
            Value::List(list) => {
                f.write_str("[")?;
                for (i, n) in list.iter().enumerate() {
                    let comma = if i == 0 { "" } else { "," };
                    write!(f, "{comma}{}", Value::Uint(*n))?;
                }
                f.write_str("]")
            }
        }
    }
}

impl Serialize for Value {
    /// Writes a plain number, string or array.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Int(n) => serializer.serialize_i64(*n),
            Value::Uint(n) => serializer.serialize_u64(*n),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(list) => list.serialize(serializer),
        }
    }
}

/// All fields of one event except the common ones.
pub type Fields = BTreeMap<String, Value>;
