//! A field of an event, and what kind of number it holds.

use crate::event_name::EventName;
use crate::names::{self, RESULTS};
use crate::value::{Fields, Value};

/// A field of an event, under the kernel's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    name: String,
    /// `None` if the field's numbers have no names or if it holds no number.
    numbers: Option<Numbers>,
}

/// What kind of number a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Numbers {
    Signal,
    Errno,
    SiCode,
    Result,
    Syscall,
    Return,
}

/// An event has no field with this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{event}` has no field `{name}`; it has {}", event.fields().unwrap_or_default().join(", "))]
pub struct NoField {
    event: EventName,
    name: String,
}

impl Field {
    /// Finds the field of an event by name. An event that the lab does not know may have
    /// any field.
    pub fn new(event: &EventName, name: &str) -> Result<Field, NoField> {
        if event.fields().is_some_and(|fields| !fields.contains(&name)) {
            return Err(NoField { event: event.clone(), name: name.to_owned() });
        }
        Ok(Field { name: name.to_owned(), numbers: Numbers::of(event, name) })
    }

    /// The kernel's name for the field.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of this field in an event.
    pub fn value<'a>(&self, fields: &'a Fields) -> Option<&'a Value> {
        fields.get(&self.name)
    }

    /// The name of the number in this field: `SIGCHLD` for `sig`, `-EINTR` for `ret`.
    /// `None` if the number or the field has no names.
    pub fn number_name(&self, fields: &Fields) -> Option<String> {
        let int = self.value(fields)?.as_int()?;
        let small = || i32::try_from(int).ok();
        match self.numbers? {
            Numbers::Signal => Some(names::signal(small()?)),
            Numbers::Errno => names::errno(small()?),
            Numbers::SiCode => {
                let sig = i32::try_from(fields.get("sig")?.as_int()?).ok()?;
                names::si_code(sig, small()?).map(str::to_owned)
            }
            Numbers::Result => names::result(int).map(str::to_owned),
            Numbers::Syscall => names::syscall(int).map(str::to_owned),
            Numbers::Return => Some(names::return_value(int)),
        }
    }

    /// Whether a number in this field could have this name. True for a field that holds
    /// text.
    pub fn may_be(&self, name: &str) -> bool {
        match self.numbers {
            None => true,
            Some(Numbers::Signal) => names::signal_number(name).is_some(),
            Some(Numbers::Errno) => names::is_errno(name),
            Some(Numbers::SiCode) => names::is_si_code(name),
            Some(Numbers::Result) => RESULTS.contains(&name),
            Some(Numbers::Syscall) => names::syscall_number(name).is_some(),
            Some(Numbers::Return) => name.strip_prefix('-').is_some_and(names::is_errno),
        }
    }
}

impl Numbers {
    fn of(event: &EventName, field: &str) -> Option<Numbers> {
        use EventName::{SignalDeliver, SignalGenerate, SysEnter, SysExit};
        Some(match (event, field) {
            (SignalGenerate | SignalDeliver, "sig") => Numbers::Signal,
            (SignalGenerate | SignalDeliver, "errno") => Numbers::Errno,
            (SignalGenerate | SignalDeliver, "code") => Numbers::SiCode,
            (SignalGenerate, "result") => Numbers::Result,
            (SysEnter | SysExit, "id") => Numbers::Syscall,
            (SysExit, "ret") => Numbers::Return,
            _ => return None,
        })
    }
}
