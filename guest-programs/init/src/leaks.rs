//! What the job left behind in the kernel's memory, on a kernel with kmemleak
//! (Documentation/dev-tools/kmemleak.rst).
//!
//! kmemleak looks for memory that nothing points to any more. It is asked after
//! the modules are removed, so that it also finds what only their variables
//! pointed to, such as a `struct pid` that was never put. The addresses of their
//! functions have no names by then; the host knows them from the record.

use std::fs;
use std::time::Duration;

use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, delete_module};

use crate::machine::{self, KMEMLEAK};
use crate::watchdog;

/// A little more than the 5 s (MSECS_MIN_AGE, mm/kmemleak.c) below which kmemleak
/// does not report memory. This is guest time, so sleeping costs nothing.
const AGE: Duration = Duration::from_secs(6);

/// What was found, as kmemleak writes it; empty for nothing. `None` on a kernel
/// without kmemleak.
pub fn find() -> Result<Option<String>, String> {
    if !fs::exists(KMEMLEAK).map_err(|e| format!("failed to look for `{KMEMLEAK}`: {e}"))? {
        return Ok(None);
    }
    // A scan looks at every word of memory, which takes minutes on a processor that
    // needs 32 ns for an instruction. The host's own limit still holds.
    watchdog::stop()?;
    remove_modules()?;
    scan().map(Some)
}

/// Waits until everything is old enough, then scans twice: kmemleak takes what has
/// changed since the last scan to be in use, and at the first scan everything has.
fn scan() -> Result<String, String> {
    std::thread::sleep(AGE);
    for _ in 0..2 {
        machine::write(KMEMLEAK, "scan")?;
    }
    fs::read_to_string(KMEMLEAK).map_err(|e| format!("failed to read `{KMEMLEAK}`: {e}"))
}

/// Removes every module that can be removed. The list begins with the module
/// loaded last, so a module goes before those that it needs.
fn remove_modules() -> Result<(), String> {
    let path = "/proc/modules";
    let loaded = fs::read_to_string(path).map_err(|e| format!("failed to read `{path}`: {e}"))?;
    for name in loaded.lines().filter_map(|line| line.split(' ').next()) {
        let name = std::ffi::CString::new(name).expect("a line of a file has no NUL");
        match delete_module(&name, DeleteModuleFlags::O_NONBLOCK) {
            // In use for good, which a lesson may be about. The lessons' programs
            // themselves prove that their modules can be removed.
            Ok(()) | Err(Errno::EWOULDBLOCK | Errno::EBUSY) => {}
            Err(e) => return Err(format!("failed to remove {name:?}: {e}")),
        }
    }
    Ok(())
}
