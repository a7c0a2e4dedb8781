//! What the job left behind in the kernel's memory, on a kernel that can tell
//! (Documentation/dev-tools/kmemleak.rst).
//!
//! kmemleak looks for memory that nothing points to any more. It is asked when
//! the modules are gone, too: what only their variables pointed to, such as a
//! `struct pid` that was never put, is lost then like everything else that is.
//! The addresses of their functions have no names by then; the host knows them
//! from the record.

use std::fs;
use std::time::Duration;

use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, delete_module};

use crate::watchdog;

/// Reading lists what is lost, writing commands it.
const KMEMLEAK: &str = "/sys/kernel/debug/kmemleak";

/// Memory younger than this is not reported: 5 s (MSECS_MIN_AGE,
/// mm/kmemleak.c), and a little more. Guest time: to sleep costs nothing.
const AGE: Duration = Duration::from_secs(6);

/// What was found, as kmemleak writes it; empty for nothing. `None` on a kernel
/// without kmemleak.
pub fn find() -> Result<Option<String>, String> {
    if !fs::exists(KMEMLEAK).map_err(|e| format!("failed to look for `{KMEMLEAK}`: {e}"))? {
        return Ok(None);
    }
    // A scan looks at every word of memory: minutes, for a processor that takes
    // 32 ns for an instruction. The host's own limit still holds.
    watchdog::stop()?;
    remove_modules()?;
    scan().map(Some)
}

/// Waits until everything is old enough, then scans twice: what has changed
/// since the last scan is in use by somebody, and at first everything has.
fn scan() -> Result<String, String> {
    std::thread::sleep(AGE);
    for _ in 0..2 {
        fs::write(KMEMLEAK, "scan").map_err(|e| format!("failed to write `{KMEMLEAK}`: {e}"))?;
    }
    fs::read_to_string(KMEMLEAK).map_err(|e| format!("failed to read `{KMEMLEAK}`: {e}"))
}

/// Removes every module that lets itself be removed. The last to be loaded
/// comes first in the list, so a module goes before what it needs.
fn remove_modules() -> Result<(), String> {
    let path = "/proc/modules";
    let loaded = fs::read_to_string(path).map_err(|e| format!("failed to read `{path}`: {e}"))?;
    for name in loaded.lines().filter_map(|line| line.split(' ').next()) {
        let name = std::ffi::CString::new(name).expect("a line of a file has no NUL");
        match delete_module(&name, DeleteModuleFlags::O_NONBLOCK) {
            // In use for good: a lesson may be about that. The lessons' programs
            // themselves prove that their modules can be removed.
            Ok(()) | Err(Errno::EWOULDBLOCK | Errno::EBUSY) => {}
            Err(e) => return Err(format!("failed to remove {name:?}: {e}")),
        }
    }
    Ok(())
}
