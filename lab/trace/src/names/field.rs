//! Fields of events whose numbers have names.

use super::errno::{errno, is_errno, return_value};
use super::si_code::{is_si_code, si_code};
use super::signal::{signal, signal_number};
use super::syscall::{syscall, syscall_number};
use super::{RESULTS, result};
use crate::value::{Fields, Value};

/// What kind of number a field holds.
#[derive(Clone, Copy)]
enum Numbers {
    Signal,
    Errno,
    SiCode,
    Result,
    Syscall,
    Return,
}

fn numbers(event: &str, field: &str) -> Option<Numbers> {
    Some(match (event, field) {
        ("signal_generate" | "signal_deliver", "sig") => Numbers::Signal,
        ("signal_generate" | "signal_deliver", "errno") => Numbers::Errno,
        ("signal_generate" | "signal_deliver", "code") => Numbers::SiCode,
        ("signal_generate", "result") => Numbers::Result,
        ("sys_enter" | "sys_exit", "id") => Numbers::Syscall,
        ("sys_exit", "ret") => Numbers::Return,
        _ => return None,
    })
}

/// The name of the number in a field: `SIGCHLD` for `sig`, `-EINTR` for `ret`.
/// `None` if the number, or the field, has no names.
pub fn field(event: &str, field: &str, fields: &Fields) -> Option<String> {
    let int = |field: &str| fields.get(field).and_then(Value::as_int);
    let small = |field: &str| i32::try_from(int(field)?).ok();
    match numbers(event, field)? {
        Numbers::Signal => Some(signal(small(field)?)),
        Numbers::Errno => errno(small(field)?),
        Numbers::SiCode => si_code(small("sig")?, small(field)?).map(str::to_owned),
        Numbers::Result => result(int(field)?).map(str::to_owned),
        Numbers::Syscall => syscall(int(field)?).map(str::to_owned),
        Numbers::Return => Some(return_value(int(field)?)),
    }
}

/// Whether [`field`] could ever give this name; true for fields that hold
/// text.
pub fn is_known(event: &str, field: &str, name: &str) -> bool {
    match numbers(event, field) {
        None => true,
        Some(Numbers::Signal) => signal_number(name).is_some(),
        Some(Numbers::Errno) => is_errno(name),
        Some(Numbers::SiCode) => is_si_code(name),
        Some(Numbers::Result) => RESULTS.contains(&name),
        Some(Numbers::Syscall) => syscall_number(name).is_some(),
        Some(Numbers::Return) => name.strip_prefix('-').is_some_and(is_errno),
    }
}
