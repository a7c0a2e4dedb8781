//! System calls of x86-64, syscalls(2).
//!
//! A `raw_syscalls` event does not say which ABI a call used. 32-bit programs have other
//! numbers, which are unknown here.

use std::str::FromStr;

use syscalls::x86_64::Sysno;

/// The name of a system call, or `None` if the number is unknown.
pub fn syscall(number: i64) -> Option<&'static str> {
    Sysno::new(usize::try_from(number).ok()?).map(|call| call.name())
}

/// The number of a system call.
pub fn syscall_number(name: &str) -> Option<i64> {
    Sysno::from_str(name).ok().map(|call| i64::from(call.id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree() {
        for (number, name) in [(0, "read"), (16, "ioctl"), (57, "fork"), (435, "clone3")] {
            assert_eq!(syscall(number), Some(name));
            assert_eq!(syscall_number(name), Some(number));
        }
        assert_eq!(syscall(-1), None);
        assert_eq!(syscall_number("spawn"), None);
    }
}
