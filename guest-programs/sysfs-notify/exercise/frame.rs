//! Tells the value of an attribute, and each value that it changes to.
//!
//! Usage: main PATH
//!
//! Ends when the attribute is gone.

use std::fs::File;
// region: imports
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use nix::libc::ENODEV;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
// endregion

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let path = std::env::args().nth(1).ok_or("usage: main PATH")?;
    let file = File::open(path)?;
    let mut told = None;
    while let Some(value) = value(&file)? {
        if told.as_ref() != Some(&value) {
            println!("{value}");
            told = Some(value);
        }
        wait(&file)?;
    }
    println!("gone");
    Ok(())
}

/// The attribute's value now, without the newline at its end. `None`: it is gone.
fn value(file: &File) -> Result<Option<String>> {
    // region: value
    let mut text = [0; 16];
    // region: solution
    // From the beginning: behind the end there is nothing to read, and nobody is asked.
    // endregion
    // region: read
    let read = file.read_at(&mut text, 0);
    // endregion
    // region: gone
    let len = match read {
        Err(error) if error.raw_os_error() == Some(ENODEV) => return Ok(None),
        read => read?,
    };
    // endregion
    Ok(Some(String::from_utf8_lossy(&text[..len]).trim_end().to_owned()))
    // endregion
}

/// Waits until the value may be another than the last one that was read.
fn wait(file: &File) -> Result<()> {
    // region: wait
    // region: before
    // endregion
    // region: solution
    // Not for POLLIN, which an attribute always has. What poll compares is noted by the
    // read, so no change between the two is missed.
    // endregion
    // region: events
    let mut files = [PollFd::new(file.as_fd(), PollFlags::POLLPRI)];
    // endregion
    poll(&mut files, PollTimeout::NONE)?;
    // region: after
    // endregion
    Ok(())
    // endregion
}
