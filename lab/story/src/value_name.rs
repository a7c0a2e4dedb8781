//! How a lesson names a value that depends on the host.

use std::fmt;

use serde::Deserialize;
use trace::field::NoField;
use trace::{EventName, Field};

/// A value of a run: `output`, or an event's field such as `irq_handler_entry.irq`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum ValueName {
    /// What the program prints between `‹` and `›`.
    Output,
    /// This field of all events with this name.
    Field(EventName, Field),
}

/// Why a text does not name a value.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("`value`: `{0}` is neither `output` nor EVENT.FIELD")]
    Form(String),
    #[error("`value`: {0}")]
    Field(#[from] NoField),
}

impl ValueName {
    /// Whether it names this field of this event.
    pub fn is_field(&self, event: &EventName, field: &str) -> bool {
        matches!(self, ValueName::Field(e, f) if e == event && f.name() == field)
    }
}

impl TryFrom<String> for ValueName {
    type Error = Problem;

    fn try_from(text: String) -> Result<ValueName, Problem> {
        match text.split_once('.') {
            _ if text == "output" => Ok(ValueName::Output),
            Some((event, field)) => {
                let event = EventName::from(event);
                let field = Field::new(&event, field)?;
                Ok(ValueName::Field(event, field))
            }
            None => Err(Problem::Form(text)),
        }
    }
}

impl fmt::Display for ValueName {
    /// Writes it as `lesson.toml` has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueName::Output => f.write_str("output"),
            ValueName::Field(event, field) => write!(f, "{event}.{}", field.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_no_value_is_refused() {
        let read = |text: &str| ValueName::try_from(text.to_owned()).map_err(|e| e.to_string());
        for text in ["output", "irq_handler_entry.irq", "some_event.some_field"] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        let irq = read("irq_handler_entry.irq").unwrap();
        assert!(irq.is_field(&EventName::IrqEntry, "irq"));
        assert!(!irq.is_field(&EventName::IrqExit, "irq"));
        for (text, problem) in [
            ("stdout", "`value`: `stdout` is neither `output` nor EVENT.FIELD"),
            (
                "irq_handler_entry.number",
                "`value`: `irq_handler_entry` has no field `number`; it has irq, name",
            ),
        ] {
            assert_eq!(read(text), Err(problem.to_owned()));
        }
    }
}
