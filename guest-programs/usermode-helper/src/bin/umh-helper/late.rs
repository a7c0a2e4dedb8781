//! A core handler that looks at /proc/pid too late.
//!
//! Usage: late-handler %P %s

use std::io::{self, Read};
use std::path::Path;

use marker::mark;

use crate::lesson;

pub fn run() -> io::Result<()> {
    let pid = std::env::args().nth(1).unwrap_or_default();
    io::stdin().read_to_end(&mut Vec::new())?;
    lesson::wait()?;
    if !Path::new("/proc").join(pid).exists() {
        mark!("handler: /proc has it no more");
    }
    Ok(())
}
