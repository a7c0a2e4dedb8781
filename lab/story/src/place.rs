//! Errors about a part of a file of TOML, which the lab finds after the parser is done.

use std::convert::Infallible;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer, Visitor};
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};

/// An error about a part of a file. Only a value that is being read can give its error a
/// place, so this reads one that says nothing but the error.
pub fn error_at(span: Range<usize>, message: &str) -> Error {
    struct Refuse<'a>(&'a str);
    impl Visitor<'_> for Refuse<'_> {
        type Value = Infallible;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Infallible, E> {
            Err(E::custom(self.0))
        }
    }
    let value = ValueDeserializer::from(Spanned::new(span, DeValue::Boolean(false)));
    let Err(error) = value.deserialize_any(Refuse(message));
    error
}
