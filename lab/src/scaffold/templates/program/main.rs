//! @title@
//!
//! This program writes to a pipe whose reader is gone. Look in the timeline for
//! the sender of the signal (`pipe_write` in the kernel's fs/pipe.c), and for the
//! moment when the handler runs.
//!
//! Documented in pipe(7), write(2) and signal(7).

mod sigpipe;

// The scenes, in order.
mod with_a_handler;

mod ignored;

use std::io;

fn main() -> io::Result<()> {
    marker::open_trace();
    let writer = sigpipe::pipe_without_reader()?;

    // The writer sends the signal to itself, and the write fails after the handler.
    with_a_handler::run(&writer)?;
    // If the signal is ignored, only the error is left.
    ignored::run(&writer)?;
    Ok(())
}
