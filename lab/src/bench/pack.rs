//! Measures the first run from a pack, as a new user has it: unpacked by its own program,
//! with an empty home folder and an empty cache.

use fs_err as fs;
use process::Temporary;

use super::process::Process;
use super::{Bench, LESSON, Row};
use crate::error::Error;

/// Unpacking and the first run together. Measured once, because it takes long.
pub(super) fn first_run(bench: &Bench<'_>) -> Result<Row, Error> {
    let scratch = Temporary::new()?;
    let path = |name: &str| scratch.path().join(name);
    let (file, folder, home) = (path("class.tar.gz"), path("class"), path("home"));
    fs::create_dir(&home)?;
    // That the program is this one changes little of the time.
    crate::pack::make(bench.lab, &file, Some(bench.xtask))?;
    let new_user = |process: Process| {
        let process = process.env("HOME", &home).env("XDG_CACHE_HOME", &home);
        process.env("UPCALL_SHARED_CACHE", "")
    };
    let [file, folder] = [file, folder].map(|path| path.display().to_string());
    let unpack = Process::new(bench.xtask, &["unpack", &file, &folder]);
    let unpacked = new_user(unpack).run()?;
    let run = Process::new(&path("class").join("upcall"), &["run", LESSON]);
    let ran = new_user(run).run()?;
    let what = "first run from a pack, unpacking with it";
    Ok(Row::seconds(what, Some(20.0), vec![unpacked.seconds + ran.seconds]))
}
