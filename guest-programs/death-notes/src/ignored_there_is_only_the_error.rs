//! With SIG_IGN, `sig_ignored` (kernel/signal.c) drops the signal as it is sent. Nothing
//! but the result says that the reader is gone, and it says so each time: who does not
//! look writes for ever.

use marker::{check, scene};
use nix::errno::Errno;
use nix::sys::signal::{SigHandler, Signal};
use nix::unistd::write;

use crate::action::set;
use crate::handler;
use crate::lonely::pipe_without_reader;

pub fn run() -> nix::Result<()> {
    set(Signal::SIGPIPE, SigHandler::SigIgn)?;
    let writer = pipe_without_reader()?;
    let before = handler::runs();
    scene!("4. ignores SIGPIPE, and writes twice");
    for _ in 0..2 {
        check!("write", write(&writer, b"lost"), Err(Errno::EPIPE));
    }
    check!("the handler's runs", handler::runs(), before);
    println!("4. SIG_IGN: EPIPE, EPIPE");
    Ok(())
}
