//! The values that an expectation wants in a field.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use trace::{Field, Fields, Value};

/// The value that a field must have: a number, a number's name, or text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// This number.
    Int(i64),
    /// The number with this name, such as `SIGCHLD`, `CLD_EXITED`, `already-pending`,
    /// `ioctl` or `-EINTR`. In a text field, this text. A `*` at the end matches
    /// anything.
    Text(String),
}

impl Wanted {
    /// Whether the field of an event has this value.
    pub(super) fn is_in(&self, field: &Field, fields: &Fields) -> bool {
        let value = field.value(fields);
        match self {
            Wanted::Int(n) => value.and_then(Value::as_int) == Some(*n),
            Wanted::Text(wanted) => {
                let found = match value {
                    Some(Value::Text(text)) => Some(text.clone()),
                    _ => field.number_name(fields),
                };
                found.is_some_and(|found| match wanted.strip_suffix('*') {
                    Some(start) => found.starts_with(start),
                    None => found == *wanted,
                })
            }
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wanted::Int(n) => write!(f, "{n}"),
            Wanted::Text(text) => f.write_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Wanted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Wanted, D::Error> {
        struct IntOrText;
        impl Visitor<'_> for IntOrText {
            type Value = Wanted;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer or a string")
            }

            fn visit_i64<E: Error>(self, n: i64) -> Result<Wanted, E> {
                Ok(Wanted::Int(n))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Wanted, E> {
                Ok(Wanted::Text(text.to_owned()))
            }
        }
        deserializer.deserialize_any(IntOrText)
    }
}
