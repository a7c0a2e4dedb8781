//! @title@
//!
//! This program writes to a pipe whose reader is gone. Look in the timeline at
//! who sends the signal (`pipe_write` in the kernel's fs/pipe.c), and when its
//! handler runs.
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

    // The writer sends the signal to itself, and the write fails behind the handler.
    with_a_handler::run(&writer)?;
    // Ignored, there is the error and nothing else.
    ignored::run(&writer)?;
    Ok(())
}
