//! The write fails here, too, but nobody learns of it: on its way back with -EPIPE the
//! child finds the signal. `get_signal` (kernel/signal.c) knows no handler, and does not
//! return.

use marker::{check, mark, scene};
use nix::sys::signal::{SigHandler, Signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::write;
use steps::start;

use crate::action::set;
use crate::lonely::pipe_without_reader;

pub fn run() -> nix::Result<()> {
    let writer = pipe_without_reader()?;
    scene!("3. a child with SIG_DFL writes to a pipe that nobody reads");
    let child = start(|| {
        set(Signal::SIGPIPE, SigHandler::SigDfl)?;
        let written = write(&writer, b"lost");
        mark!("3. the child looks at the result");
        written.map(drop)
    })?;
    let killed = WaitStatus::Signaled(child, Signal::SIGPIPE, false);
    check!("the child", waitpid(child, None)?, killed);
    println!("3. SIG_DFL: killed, and never sees EPIPE");
    Ok(())
}
