//! Whether the program sleeps, and whether it does so all the time.

use std::io;
use std::process::Child;

use steps::proc_value;
use student::wait::system_call;

/// Whether the program sleeps, and not because it waits for a "yes".
pub fn is_asleep(program: &Child) -> io::Result<bool> {
    // That is a read, call 0, of its standard input.
    Ok(system_call(program)?.is_some_and(|call| !call.starts_with("0 0x0 ")))
}

/// How often the program has stopped to run, of its own will or not.
pub fn switches(program: &Child) -> io::Result<u64> {
    let status = format!("/proc/{}/status", program.id());
    let mut count = 0;
    for name in ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"] {
        count += proc_value(&status, name)?.parse::<u64>().map_err(io::Error::other)?;
    }
    Ok(count)
}
