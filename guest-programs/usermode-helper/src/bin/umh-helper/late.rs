//! A core handler that looks at /proc/pid too late.
//!
//! Usage: late-handler %P %s

use std::io::{self, Read};
use std::mem::ManuallyDrop;
use std::os::unix::net::UnixStream;
use std::path::Path;

use marker::mark;

pub fn run() -> io::Result<()> {
    let pid = std::env::args().nth(1).unwrap_or_default();
    io::stdin().read_to_end(&mut Vec::new())?;
    // Only this program's end closes it: the lesson's program waits for that.
    let mut lesson = ManuallyDrop::new(UnixStream::connect("/tmp/meeting")?);
    lesson.read_to_end(&mut Vec::new())?;
    if !Path::new("/proc").join(pid).exists() {
        mark!("handler: /proc has it no more");
    }
    Ok(())
}
