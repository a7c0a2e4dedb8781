//! Settings of the kernel, in /proc/sys.

use std::{fs, io};

/// Does something while a setting has another value.
pub fn with(name: &str, value: &str, work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let file = format!("/proc/sys/kernel/{name}");
    let before = fs::read_to_string(&file)?;
    fs::write(&file, value)?;
    work()?;
    fs::write(&file, before)
}

/// Does something while the kernel starts this program to load a module.
pub fn with_modprobe(path: &str, work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    with("modprobe", path, work)
}

/// Does something while the kernel starts such a program for a core, and the process that
/// dies waits for its end.
pub fn with_core_handler(pattern: &str, work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    with("core_pipe_limit", "1", || with("core_pattern", pattern, work))
}
