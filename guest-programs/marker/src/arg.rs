//! The values of a mark.

use std::fmt;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

/// A value in a mark, with its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arg<'a> {
    /// A process or a thread, by its number in the first pid namespace.
    Task(i32),
    /// A count, a size or any other plain number.
    Count(i128),
    /// An address or a set of bits, shown in hexadecimal.
    Address(u64),
    /// Why a call failed, by its errno.
    Errno(i32),
    /// Words.
    Text(&'a str),
}

/// A value is borrowed, as in `println!`.
impl<'a> From<&Arg<'a>> for Arg<'a> {
    fn from(arg: &Arg<'a>) -> Self {
        *arg
    }
}

impl From<&Pid> for Arg<'_> {
    fn from(pid: &Pid) -> Self {
        Arg::Task(pid.as_raw())
    }
}

impl From<&Errno> for Arg<'_> {
    fn from(errno: &Errno) -> Self {
        Arg::Errno(*errno as i32)
    }
}

impl<'a> From<&&'a str> for Arg<'a> {
    fn from(text: &&'a str) -> Self {
        Arg::Text(text)
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Arg::Text(text)
    }
}

impl<'a> From<&&'a String> for Arg<'a> {
    fn from(text: &&'a String) -> Self {
        Arg::Text(text)
    }
}

impl From<&Signal> for Arg<'_> {
    fn from(signal: &Signal) -> Self {
        Arg::Text(signal.as_str())
    }
}

macro_rules! counts {
    ($($number:ty),*) => {$(
        impl From<&$number> for Arg<'_> {
            fn from(count: &$number) -> Self {
                Arg::Count(*count as i128)
            }
        }
    )*};
}
counts!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, isize);

/// A measured value that differs from host to host, such as a count of instructions:
/// shown between `‹` and `›`, in output as in marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured(pub u64);

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("‹{}›", self.0))
    }
}
