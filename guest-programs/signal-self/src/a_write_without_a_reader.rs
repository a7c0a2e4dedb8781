//! No module is needed for this: the kernel signals its caller itself. `pipe_write`
//! (fs/pipe.c) sends SIGPIPE to `current` and then fails, and it says SI_USER, as if the
//! process had called kill(2).

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::sys::signal::{SaFlags, Signal};
use nix::unistd::{pipe, write};

use crate::handler;

pub fn run() -> nix::Result<()> {
    handler::install(Signal::SIGPIPE, handler::on_signal, SaFlags::empty())?;
    let (reader, writer) = pipe()?;
    drop(reader);
    scene!("10. write: to a pipe that nobody reads");
    let error = write(&writer, b"lost").expect_err("nobody can read it");
    mark!("10. the write has failed");
    check!("write", error, Errno::EPIPE);
    check!("handler", handler::seen(), (1, -i64::from(Errno::EPIPE as i32)));
    println!("10. a write without a reader: SIGPIPE to the writer, then {error}");
    Ok(())
}
