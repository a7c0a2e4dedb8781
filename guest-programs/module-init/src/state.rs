//! What user space sees of a module, and of the kernel that has loaded it.

use std::{fs, io};

/// Where user space finds the module when it is loaded.
pub const ALL: [&str; 8] = [
    "/sys/bus/pci/drivers",
    "/proc/interrupts",
    "/proc/devices",
    "/sys/class",
    "/sys/dev/char",
    "/dev",
    "/sys/module",
    "/proc/modules",
];

pub const NOTHING: [&str; 0] = [];

/// How many open files and modules keep a module from being removed: the third
/// word of its line.
pub fn use_count(module: &str) -> io::Result<u32> {
    let modules = fs::read_to_string("/proc/modules")?;
    let line = modules.lines().find(|line| line.split(' ').next() == Some(module));
    let count = line.and_then(|line| line.split(' ').nth(2)?.parse().ok());
    count.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

pub fn tainted() -> io::Result<u64> {
    let text = fs::read_to_string("/proc/sys/kernel/tainted")?;
    text.trim().parse().map_err(|_| io::ErrorKind::InvalidData.into())
}
