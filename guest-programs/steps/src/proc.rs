//! Values in files of proc(5) whose lines are a name, a colon and a value.

use std::fs;

use nix::errno::Errno;

use crate::errno;

/// The value that the file gives for a name, such as `SigBlk` in /proc/pid/status.
pub fn proc_value(file: &str, name: &str) -> nix::Result<String> {
    let text = fs::read_to_string(file).map_err(errno)?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.map(|value| value.trim().to_owned()).ok_or(Errno::ENODATA)
}

/// The same for a hexadecimal number, for instance a mask of signals, in which bit 0 is
/// signal 1.
pub fn proc_hex(file: &str, name: &str) -> nix::Result<u64> {
    u64::from_str_radix(&proc_value(file, name)?, 16).map_err(|_| Errno::EINVAL)
}
