//! A session: the program's standard streams are connected to the host while it
//! runs.
//!
//! ```text
//! program ── pipes, or a pseudo-terminal ──▶ PID 1 ── frames ──▶ host
//! ```
//!
//! The program never has the port itself: a pipe ends, blocks and breaks the
//! way programs expect, and a pseudo-terminal brings job control.

mod input;
mod output;
mod relay;
mod streams;

use std::os::unix::process::CommandExt;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::Pid;
use protocol::session::Streams;
use protocol::{Ended, Job, Session};

use self::relay::Relay;
use crate::port::Port;
use crate::{machine, supervise, trace, watchdog};

/// What poweroff(8), halt(8) and reboot(8) send PID 1. The machine ends then, and has
/// no record.
const TO_END: [Signal; 3] = [Signal::SIGUSR2, Signal::SIGUSR1, Signal::SIGTERM];

/// Runs the job's program, connected to the host, until it ends or its time is up,
/// and until the host has everything that it wrote.
pub fn run(job: &Job, session: &Session) -> Result<Ended, String> {
    let mut watched = supervise::sigchld();
    for signal in TO_END {
        watched.add(signal);
    }
    let exits = SignalFd::with_flags(&watched, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        .map_err(|e| format!("failed to watch for SIGCHLD: {e}"))?;
    let port = Port::open()?;
    let mut begun = supervise::now()?;
    let limit = Duration::from_millis(job.timeout_ms);
    let (program, mut relay) = start(job, session, port)?;
    let ended = loop {
        begun += relay.wait_for_room(begun + limit)?;
        let left = (begun + limit).saturating_sub(supervise::now()?);
        relay.turn(Some(&exits), Some(left))?;
        // Read all that are pending; several of one kind are one signal.
        while let Some(info) =
            exits.read_signal().map_err(|e| format!("failed to read a signal: {e}"))?
        {
            if TO_END.iter().any(|signal| *signal as u32 == info.ssi_signo) {
                machine::power_off()?;
            }
        }
        if let Some(ended) = supervise::reap(program)? {
            break ended;
        }
        if left.is_zero() || relay.time_is_up {
            break supervise::timed_out(begun)?;
        }
    };
    // Ending the rest is the lab's doing, not the program's.
    trace::switch(false)?;
    supervise::end_the_rest()?;
    watchdog::stop()?;
    relay.finish()?;
    watchdog::start(watchdog::rest())?;
    Ok(ended)
}

/// Starts the program on its streams.
fn start(job: &Job, session: &Session, port: Port) -> Result<(Pid, Relay), String> {
    let user = protocol::user(&session.user)
        .ok_or_else(|| format!("there is no user `{}`", session.user))?;
    let mut command = supervise::command(job);
    command.arg0(&session.argv0).uid(user.uid).gid(user.uid);
    let mut relay = match session.streams {
        Streams::Pipes { stdin } => Relay::on_pipes(port, &mut command, stdin, user.uid),
        Streams::Terminal(size) => Relay::on_terminal(port, &mut command, size),
    }
    .map_err(|e| format!("failed to make the program's streams: {e}"))?;
    match command.spawn() {
        Ok(child) => Ok((Pid::from_raw(child.id().cast_signed()), relay)),
        Err(e) => {
            drop(command);
            relay.finish()?;
            Err(format!("failed to start `{}`: {e}", session.argv0))
        }
    }
}
