//! Says who and where it is.

use std::fs::read_link;
use std::io;

use marker::mark;
use nix::unistd::geteuid;
use steps::proc_value;

pub fn run() -> io::Result<()> {
    mark!("helper: it is user {}", geteuid().as_raw());
    let all = proc_value("/proc/1/status", "CapEff")?;
    if proc_value("/proc/self/status", "CapEff")? == all {
        mark!("helper: it has all capabilities");
    }
    for namespace in ["user", "pid"] {
        let of = |process: &str| read_link(format!("/proc/{process}/ns/{namespace}"));
        if of("self")? == of("1")? {
            mark!("helper: its {} namespace is the first", namespace);
        }
    }
    Ok(())
}
