//! The machine: one QEMU, from its start to its end.
//!
//! QMP says how a machine ended. Neither the kernel log nor a program's output is used
//! for that.

pub mod accel;
pub mod checkpoint;
pub mod command;
mod console;
mod memory;
mod monitor;
pub mod panic;
mod qemu;
mod qtest;
pub mod registers;
pub mod room;
mod tolerant;

use std::cell::OnceCell;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use explain::{ExitStatus, Explain};
use process::limits;
use qapi::qmp;

use command::{Accel, Clock, Device, Files, RECORD_BYTES, Start};
use memory::Memory;
use monitor::{Monitor, MonitorError};
use qemu::Qemu;
use room::Room;

/// A megabyte, in which people measure.
pub const MB: u64 = 1_000_000;

/// How many of the kernel log's last lines an error shows.
const LOG_LINES: usize = 15;

/// How much host time reading a machine's memory may take after the machine's own time is
/// over.
const LOOK: Duration = Duration::from_secs(10);

/// Why a machine did not end properly.
#[derive(Debug, thiserror::Error)]
pub enum VmError {
    #[error("failed to start {}: {source}", host::QEMU)]
    Start { source: std::io::Error },
    #[error("failed to prepare the machine's memory: {0}")]
    Memory(#[source] std::io::Error),
    #[error("the payload is {} MB, but its device holds {} MB", len.div_ceil(MB), device / MB)]
    Payload { len: u64, device: u64 },
    #[error("failed to follow the kernel log: {0}")]
    Log(#[source] std::io::Error),
    #[error("the guest kernel panicked{}", panic::told(reason))]
    Panicked {
        /// The reason in the kernel log. Empty if there is none.
        reason: String,
        /// The kernel's report. Empty if there is none.
        report: String,
        log: String,
    },
    #[error("the machine did not end within {} s", limit.as_secs())]
    Hung { limit: Duration, log: String },
    #[error("the machine ran away: nothing in it could stop the program in time")]
    RanAway { log: String },
    #[error("QEMU ended by itself ({status}){}", what_it_said(message))]
    Lost { status: String, message: String, log: String },
    #[error("the machine ended by {reason} instead of powering off")]
    Odd { by: EndedBy, reason: String, log: String },
    #[error("interrupted; the machine was ended")]
    Interrupted { log: String },
    #[error("the monitor failed: {message}")]
    Monitor { message: String, log: String },
    #[error("failed to restore the checkpoint: {message}")]
    Restore { message: String },
    #[error("failed to save the machine: {message}")]
    Save { message: String },
    #[error("failed to open `{}`: {source}", path.display())]
    State { path: std::path::PathBuf, source: std::io::Error },
}

fn what_it_said(message: &str) -> String {
    if message.trim().is_empty() { String::new() } else { format!(": {message}") }
}

/// What ended a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedBy {
    /// Something in the guest.
    Guest,
    /// Something on the host other than the lab: a signal or a command.
    Host,
}

impl VmError {
    /// The whole kernel log, if there is one.
    pub fn log(&self) -> Option<&str> {
        match self {
            VmError::Panicked { log, .. }
            | VmError::Hung { log, .. }
            | VmError::RanAway { log }
            | VmError::Lost { log, .. }
            | VmError::Odd { log, .. }
            | VmError::Interrupted { log }
            | VmError::Monitor { log, .. } => Some(log.as_str()).filter(|log| !log.is_empty()),
            VmError::Start { .. }
            | VmError::Memory(_)
            | VmError::Log(_)
            | VmError::Payload { .. }
            | VmError::Restore { .. }
            | VmError::Save { .. }
            | VmError::State { .. } => None,
        }
    }
}

impl Explain for VmError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Vm
    }

    fn hint(&self) -> Option<String> {
        match self {
            VmError::Start { source } if source.kind() == std::io::ErrorKind::NotFound => {
                Some("`cargo xtask doctor` shows what the host lacks".to_owned())
            }
            // QEMU's message, if any, may be about a limit that it met.
            VmError::Lost { .. } => limits::met(),
            VmError::Hung { .. } => Some(
                "a module that never returns, or a host that is very slow: see the kernel log"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    fn details(&self) -> Option<&str> {
        match self {
            VmError::Panicked { report, .. } if !report.is_empty() => Some(report),
            _ => self.log().map(last_lines),
        }
    }
}

/// The parts that every machine needs.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    pub accel: Accel,
    pub room: Room,
    /// The guest kernel, in the form for QEMU's `-kernel`.
    pub kernel: &'a Path,
    pub initramfs: &'a Path,
}

/// A machine that ran a job to its end.
#[derive(Debug)]
pub struct Finished {
    /// The contents of the record device, as far as they were written.
    pub record: Vec<u8>,
    /// The kernel log.
    pub log: String,
    /// Accesses to registers, as QEMU logs them; see [`registers`]. Empty without
    /// [`Device::RegisterLog`].
    pub registers: String,
    /// Whether the person of a session or a debugger left the machine before it ended.
    pub left: bool,
    /// The time from the start of QEMU to its end.
    pub elapsed: Duration,
}

/// Connects a person to a running machine.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// QEMU's end of a socket. [`protocol::session`] defines what is sent over it.
    pub socket: BorrowedFd<'a>,
    pub clock: Clock,
    /// Readable when the person leaves, whatever the machine does.
    pub leave: BorrowedFd<'a>,
    /// Receives what is left of a machine that ends, panics, runs away or does not end in
    /// time.
    pub remains: Option<&'a OnceCell<Remains>>,
    /// Whether a record is cut off. Only then does a machine that ends leave anything,
    /// because saving the memory takes as much of the host's.
    pub is_cut_off: fn(&[u8]) -> bool,
    /// Receives each line of the kernel log as it comes.
    pub console: Option<&'a (dyn Fn(&str) + Sync)>,
}

/// What is left of a machine that may not have sent a record.
#[derive(Debug)]
pub struct Remains {
    /// The contents of the record device, as far as they were written.
    pub record: Vec<u8>,
    memory: Memory,
}

impl Remains {
    /// Reads the machine's memory, starting at an address. Fails if the end of the memory
    /// is reached.
    pub fn read(&self, address: u64, bytes: &mut [u8]) -> std::io::Result<()> {
        self.memory.read_at(address, bytes)
    }
}

/// A debugger that takes over a machine before the machine does its job.
pub struct Debugger<'a> {
    /// A listening socket on which QEMU's gdb stub answers.
    pub socket: BorrowedFd<'a>,
    /// Called when the machine is stopped at its start. The machine runs when the
    /// debugger lets it, and is ended when this returns.
    pub attend: &'a dyn Fn(),
}

/// Runs one job to its end, without session or debugger. See [`run_joined`].
pub fn run(
    parts: Parts<'_>,
    devices: &[Device],
    payload: &[u8],
    state: Option<&Path>,
    limit: Duration,
) -> Result<Finished, VmError> {
    run_joined(parts, devices, payload, state, limit, None, None)
}

/// Runs one job, connected to a session's person and under a debugger's control if there
/// are any.
///
/// `state` is a checkpoint to resume from. Without one, the machine boots. After `limit`
/// on the host's clock the machine is ended, which is an error.
pub fn run_joined(
    parts: Parts<'_>,
    devices: &[Device],
    payload: &[u8],
    state: Option<&Path>,
    limit: Duration,
    session: Option<Session<'_>>,
    debugger: Option<Debugger<'_>>,
) -> Result<Finished, VmError> {
    let log = Memory::new("log", 0).map_err(VmError::Memory)?;
    let machine = || logged(&log, parts, devices, payload, state, limit, session, debugger);
    match session.and_then(|session| session.console) {
        Some(show) => console::follow(&log, show, machine),
        None => machine(),
    }
}

/// Runs one job as [`run_joined`] does. The machine writes the kernel log to `log`.
#[allow(clippy::too_many_arguments, reason = "they are `run_joined`'s, and the log")]
fn logged(
    log: &Memory,
    parts: Parts<'_>,
    devices: &[Device],
    payload: &[u8],
    state: Option<&Path>,
    limit: Duration,
    session: Option<Session<'_>>,
    debugger: Option<Debugger<'_>>,
) -> Result<Finished, VmError> {
    let started = Instant::now();
    let start = if state.is_some() { Start::Restore } else { Start::Cold };
    let (len, device) = (payload.len() as u64, parts.room.payload_bytes);
    if len > device {
        return Err(VmError::Payload { len, device });
    }
    let mut payload_memory = Memory::new("payload", device).map_err(VmError::Memory)?;
    payload_memory.write(payload).map_err(VmError::Memory)?;
    let record = Memory::new("record", RECORD_BYTES).map_err(VmError::Memory)?;
    let registers = Memory::new("registers", 0).map_err(VmError::Memory)?;
    let memory = Memory::new("memory", 0).map_err(VmError::Memory)?;
    let state = state
        .map(|path| {
            State::open(path).map_err(|source| VmError::State { path: path.to_owned(), source })
        })
        .transpose()?;

    let mut qemu = Qemu::new(log)?;
    let mut qtest = None;
    let files = Files {
        kernel: parts.kernel.display().to_string(),
        initramfs: parts.initramfs.display().to_string(),
        log: qemu.path_of(log.as_fd()),
        qtest: if devices.contains(&Device::HostAccess) {
            let (ours, number) = qemu.socket()?;
            qtest = Some(ours);
            number
        } else {
            String::new()
        },
        debugger: debugger
            .as_ref()
            .map_or(String::new(), |debugger| qemu.number_of(debugger.socket)),
        session: session.map_or(String::new(), |session| qemu.number_of(session.socket)),
        payload: qemu.path_of(payload_memory.as_fd()),
        record: qemu.path_of(record.as_fd()),
        registers: qemu.path_of(registers.as_fd()),
        monitor: qemu.monitor(),
    };
    let memory_path = qemu.path_of(memory.as_fd());
    let mut flags = command::saved(parts.accel, parts.room, start, &files);
    flags.extend(command::added(devices, parts.room, start, &files));
    if let Some(session) = session {
        flags.extend(command::session(session.clock, &files));
    }
    if debugger.is_some() {
        flags.extend(command::debugged(&files));
    }
    let remains = session.and_then(|session| session.remains);
    if remains.is_some() {
        flags.extend(command::kept());
    }
    let mut qemu = qemu.start(&flags)?;

    let mut saved = false;
    let leave = session.map(|session| session.leave.try_clone_to_owned()).transpose();
    let leave = leave.map_err(VmError::Memory)?;
    let end = match Monitor::connect(qemu.take_socket(), started + limit, leave) {
        Err(error) => Err(error),
        Ok(mut monitor) => {
            let restored = state.as_ref().map_or(Ok(()), |state| restore(&mut monitor, state));
            match (restored, debugger) {
                (Err(MonitorError::Interrupted), _) => Err(MonitorError::Interrupted),
                (Err(error), _) => {
                    return Err(VmError::Restore { message: qemu.reason(error, limit) });
                }
                (Ok(()), Some(debugger)) => {
                    (debugger.attend)();
                    Ok(End::Left)
                }
                (Ok(()), None) => {
                    let end = go_on(&mut monitor, start)
                        .and_then(|()| watch(&mut monitor, qtest.as_mut()));
                    let is_cut_off = || {
                        let written = record.read_written();
                        session
                            .zip(written.ok())
                            .is_some_and(|(it, record)| (it.is_cut_off)(&record))
                    };
                    let stands = remains.is_some()
                        && match end {
                            Ok(End::PoweredOff) => is_cut_off(),
                            Ok(End::Panicked | End::RanAway) => true,
                            Err(MonitorError::TimedOut) => monitor.halt(LOOK).is_ok(),
                            _ => false,
                        };
                    // If this fails, the machine's end is still reported.
                    saved =
                        stands && monitor.save_memory(parts.room.memory_mib, &memory_path).is_ok();
                    if remains.is_some() && matches!(end, Ok(End::PoweredOff)) {
                        // An error means that QEMU is already gone.
                        let _ = monitor.execute(&qmp::quit {});
                    }
                    end
                }
            }
        }
    };
    let end = match end {
        Err(MonitorError::Left) => Ok(End::Left),
        end => end,
    };
    let left = matches!(end, Ok(End::Left));
    let log = qemu.settle(end, limit);
    let record = record.read_written().map_err(VmError::Memory)?;
    if let Some(remains) = remains.filter(|_| saved) {
        // It was not set before: a machine that got this far is not started again.
        let _ = remains.set(Remains { record: record.clone(), memory });
    }
    let log = log?;
    let registers = registers.read().map_err(VmError::Memory)?;
    let registers = String::from_utf8_lossy(&registers).into_owned();
    Ok(Finished { record, log, registers, left, elapsed: started.elapsed() })
}

/// How a machine stopped, as far as QMP tells.
enum End {
    PoweredOff,
    Panicked,
    RanAway,
    Odd(EndedBy, String),
    /// The debugger or the person left it, whatever its state.
    Left,
}

/// The file of a saved state, and what tells whether it is as it was when it was opened.
struct State {
    file: File,
    opened: (u64, SystemTime),
}

impl State {
    fn open(path: &Path) -> io::Result<State> {
        let file = File::open(path)?;
        Ok(State { opened: State::seen(&file)?, file })
    }

    fn seen(file: &File) -> io::Result<(u64, SystemTime)> {
        let meta = file.metadata()?;
        Ok((meta.len(), meta.modified()?))
    }

    fn is_unchanged(&self) -> bool {
        State::seen(&self.file).is_ok_and(|seen| seen == self.opened)
    }
}

/// Reads the saved state. The machine stands still then.
fn restore(monitor: &mut Monitor, state: &State) -> Result<(), MonitorError> {
    monitor.announce_migration()?;
    let uri = monitor.hand_over(state.file.as_fd())?;
    monitor.execute(&qmp::migrate_incoming {
        uri: Some(uri),
        channels: None,
        exit_on_error: None,
    })?;
    monitor.migrated()?;
    // Most changes make no difference to QEMU, but one to the machine.
    if state.is_unchanged() {
        Ok(())
    } else {
        Err(MonitorError::Failed("its file changed while it was read".to_owned()))
    }
}

/// Starts a restored machine. A machine that boots starts by itself.
fn go_on(monitor: &mut Monitor, start: Start) -> Result<(), MonitorError> {
    match start {
        Start::Restore => monitor.execute(&qmp::cont {}).map(drop),
        Start::Cold | Start::Save => Ok(()),
    }
}

/// Follows a machine to its end. With host access, the host makes edu interrupt when the
/// guest says that it is ready. The guest says so by pvpanic's one event that does not
/// stop the machine.
fn watch(monitor: &mut Monitor, mut qtest: Option<&mut UnixStream>) -> Result<End, MonitorError> {
    loop {
        match monitor.event()? {
            qmp::Event::SHUTDOWN { data, .. } => {
                return Ok(match data.reason {
                    qmp::ShutdownCause::guest_reset | qmp::ShutdownCause::guest_shutdown => {
                        End::PoweredOff
                    }
                    other => {
                        let reason = format!("{other:?}").replace('_', "-");
                        let by = if reason.starts_with("guest-") {
                            EndedBy::Guest
                        } else {
                            EndedBy::Host
                        };
                        End::Odd(by, reason)
                    }
                });
            }
            qmp::Event::GUEST_PANICKED { .. } => return Ok(End::Panicked),
            qmp::Event::WATCHDOG { .. } => return Ok(End::RanAway),
            qmp::Event::GUEST_CRASHLOADED { .. } => {
                if let Some(qtest) = qtest.as_deref_mut() {
                    qtest::raise_edu(monitor, qtest)?;
                }
            }
            _ => {}
        }
    }
}

/// The last lines of a log, as many as an error shows, without the kernel's messages
/// about PID 1 ending the machine.
pub fn last_lines(log: &str) -> &str {
    let mut log = log.trim_end();
    loop {
        let (before, line) = log.rsplit_once('\n').unwrap_or(("", log));
        match panic::message(line) {
            "reboot: Restarting system" | "reboot: machine restart" => log = before,
            _ => break,
        }
    }
    let before = log.rmatch_indices('\n').nth(LOG_LINES - 1);
    before.map_or(log, |(at, _)| &log[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_of_a_log() {
        let log: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let expected: Vec<String> = (6..=20).map(|n: u32| n.to_string()).collect();
        assert_eq!(last_lines(&log), expected.join("\n"));
        assert_eq!(last_lines("a\n"), "a");
        assert_eq!(last_lines(""), "");
        let ended = "a\n[    1.0] reboot: Restarting system\n[    1.0] reboot: machine restart\n";
        assert_eq!(last_lines(ended), "a");
        assert_eq!(last_lines("[    1.0] reboot: Restarting system\n"), "");
    }
}
