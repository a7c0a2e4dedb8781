//! QMP, QEMU's monitor protocol: `qapi`'s types over a socket with a deadline.
//!
//! `qapi` alone can neither wait for an event nor give up waiting.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, BufWriter, IoSlice, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use process::interrupt;
use qapi::qmp;
use qapi::{Command, ExecuteError};

use super::tolerant::Tolerant;

/// A connection to the monitor of one machine.
pub struct Monitor {
    qmp: qapi::Qmp<qapi::Stream<Tolerant<BufReader<Deadlined>>, BufWriter<UnixStream>>>,
    events: Vec<qmp::Event>,
    /// QEMU's major version, from its greeting.
    major: i64,
    /// When waiting for it ends.
    deadline: Rc<Cell<Instant>>,
}

/// Why waiting for QEMU ended without an answer.
#[derive(Debug)]
pub enum MonitorError {
    /// QEMU is gone.
    Closed,
    /// The deadline has passed.
    TimedOut,
    /// A person pressed Ctrl-C, or the lab was asked to end.
    Interrupted,
    /// The person of a session left the machine.
    Left,
    /// QEMU refused a command, or sent something that is not QMP.
    Failed(String),
}

impl Monitor {
    /// Shakes hands with QEMU. Every later wait ends at `deadline`, or when `leave` is
    /// readable.
    pub fn connect(
        socket: UnixStream,
        deadline: Instant,
        leave: Option<OwnedFd>,
    ) -> Result<Monitor, MonitorError> {
        let writer = socket.try_clone().map_err(|e| MonitorError::Failed(e.to_string()))?;
        let deadline = Rc::new(Cell::new(deadline));
        let mut reader =
            BufReader::new(Deadlined { socket, deadline: Rc::clone(&deadline), leave });
        // qapi panics if QEMU dies before it sends its greeting, so check first.
        if reader.fill_buf().map_err(classify)?.is_empty() {
            return Err(MonitorError::Closed);
        }
        let reader = Tolerant::new(reader);
        let mut qmp = qapi::Qmp::new(qapi::Stream::new(reader, BufWriter::new(writer)));
        let major = qmp.handshake().map_err(refused)?.version.qemu.major;
        Ok(Monitor { qmp, events: Vec::new(), major, deadline })
    }

    /// Sends a command and waits for its answer.
    pub fn execute<C: Command>(&mut self, command: &C) -> Result<C::Ok, MonitorError> {
        let answer = self.qmp.execute(command).map_err(refused)?;
        self.events.extend(self.qmp.events());
        Ok(answer)
    }

    /// Stops a machine whose time is over, and extends the deadline by `more`, so that it
    /// can be examined.
    pub fn halt(&mut self, more: Duration) -> Result<(), MonitorError> {
        self.deadline.set(Instant::now() + more);
        self.execute(&qmp::stop {}).map(drop)
    }

    /// Makes QEMU write all memory of the machine, which must be stopped, to a file.
    pub fn save_memory(&mut self, memory_mib: u32, path: &str) -> Result<(), MonitorError> {
        let size = u64::from(memory_mib) << 20;
        self.execute(&qmp::pmemsave { val: 0, size, filename: path.to_owned() }).map(drop)
    }

    /// Sends a command with a descriptor, as `getfd` requires.
    pub fn execute_with<C: Command>(
        &mut self,
        command: &C,
        fd: BorrowedFd<'_>,
    ) -> Result<C::Ok, MonitorError> {
        let failed = |e: &dyn std::fmt::Display| MonitorError::Failed(e.to_string());
        let mut line =
            serde_json::to_vec(&qapi::Execute::<&C>::from(command)).map_err(|e| failed(&e))?;
        line.push(b'\n');
        let socket = self.qmp.inner().get_ref_write().get_ref().as_raw_fd();
        let fds = [fd.as_raw_fd()];
        sendmsg::<()>(
            socket,
            &[IoSlice::new(&line)],
            &[ControlMessage::ScmRights(&fds)],
            MsgFlags::empty(),
            None,
        )
        .map_err(|e| failed(&e))?;
        let answer = self.qmp.read_response::<C>().map_err(refused)?;
        self.events.extend(self.qmp.events());
        Ok(answer)
    }

    /// Passes a file to QEMU to save the machine into or read it from. Returns the name
    /// by which a migration refers to it.
    ///
    /// Since 8.2, QEMU migrates to a file by `file:`, and since 11.1 it refuses `fd:` for
    /// one. 7.2 knows only `fd:`. The lab's file may have no name, and the sandbox keeps
    /// QEMU from opening files through another program. So QEMU gets the descriptor
    /// either way.
    pub fn hand_over(&mut self, file: BorrowedFd<'_>) -> Result<String, MonitorError> {
        const NAME: &str = "state";
        const SET: i64 = 1;
        const FILE_SINCE: i64 = 9;
        if self.major < FILE_SINCE {
            self.execute_with(&qmp::getfd { fdname: NAME.into() }, file)?;
            return Ok(format!("fd:{NAME}"));
        }
        self.execute_with(&qmp::add_fd { fdset_id: Some(SET), opaque: None }, file)?;
        Ok(format!("file:/dev/fdset/{SET},offset=0"))
    }

    /// Makes QEMU report the progress of a migration in events.
    pub fn announce_migration(&mut self) -> Result<(), MonitorError> {
        let events = qmp::MigrationCapabilityStatus {
            capability: qmp::MigrationCapability::events,
            state: true,
        };
        self.execute(&qmp::migrate_set_capabilities { capabilities: vec![events] }).map(drop)
    }

    /// Waits until the current migration is complete.
    pub fn migrated(&mut self) -> Result<(), MonitorError> {
        loop {
            if let qmp::Event::MIGRATION { data, .. } = self.event()? {
                match data.status {
                    qmp::MigrationStatus::completed => return Ok(()),
                    qmp::MigrationStatus::failed => {
                        let why = self.execute(&qmp::query_migrate {}).ok();
                        let why = why.and_then(|info| info.error_desc);
                        let why = why.map_or(String::new(), |why| format!(": {why}"));
                        return Err(MonitorError::Failed(format!("the migration failed{why}")));
                    }
                    _ => {}
                }
            }
        }
    }

    /// Waits for the next event.
    pub fn event(&mut self) -> Result<qmp::Event, MonitorError> {
        if !self.events.is_empty() {
            return Ok(self.events.remove(0));
        }
        let mut line = String::new();
        if self.qmp.inner_mut().read_line(&mut line).map_err(classify)? == 0 {
            return Err(MonitorError::Closed);
        }
        serde_json::from_str(&line).map_err(|e| MonitorError::Failed(format!("{e}: {line}")))
    }
}

fn refused(error: ExecuteError) -> MonitorError {
    match error {
        ExecuteError::Io(e) => classify(e),
        ExecuteError::Qapi(e) => MonitorError::Failed(e.to_string()),
    }
}

fn classify(error: io::Error) -> MonitorError {
    match error.kind() {
        io::ErrorKind::TimedOut => MonitorError::TimedOut,
        io::ErrorKind::ConnectionAborted => MonitorError::Interrupted,
        io::ErrorKind::NotConnected => MonitorError::Left,
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::ConnectionReset => MonitorError::Closed,
        _ => MonitorError::Failed(error.to_string()),
    }
}

/// A socket whose reads end at a deadline, when the lab is interrupted, or when a person
/// leaves.
struct Deadlined {
    socket: UnixStream,
    deadline: Rc<Cell<Instant>>,
    leave: Option<OwnedFd>,
}

impl Read for Deadlined {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.deadline.get().saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        let interrupted = interrupt::descriptor();
        let mut fds = vec![
            PollFd::new(self.socket.as_fd(), PollFlags::POLLIN),
            PollFd::new(interrupted, PollFlags::POLLIN),
        ];
        fds.extend(self.leave.as_ref().map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN)));
        let ready = loop {
            match poll(&mut fds, timeout) {
                Err(Errno::EINTR) => {}
                result => break result?,
            }
        };
        if ready == 0 {
            Err(io::ErrorKind::TimedOut.into())
        } else if fds[1].any() == Some(true) {
            // `Interrupted` would make the readers above try again.
            Err(io::ErrorKind::ConnectionAborted.into())
        } else if fds.get(2).is_some_and(|fd| fd.any() == Some(true)) {
            Err(io::ErrorKind::NotConnected.into())
        } else {
            self.socket.read(buffer)
        }
    }
}

impl Write for Deadlined {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.socket.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;
    use std::time::{Duration, Instant};

    use process::interrupt;
    use qapi::qmp;

    use super::{Monitor, MonitorError};

    const DONE: &str = r#"{"return": {}, "seen": "by nobody"}"#;
    const COMPLETED: &str = r#"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "MIGRATION", "data": {"status": "completed"}}"#;
    const TELEPORTED: &str = r#"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "TELEPORTED", "data": {"to": "there"}}"#;
    const FAILING: &str = r#"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "MIGRATION", "data": {"status": "failing"}}"#;
    const FAILED: &str = r#"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "MIGRATION", "data": {"status": "failed", "because": 7}}"#;

    fn greeting(major: u32) -> String {
        format!(
            r#"{{"QMP": {{"version": {{"qemu": {{"micro": 0, "minor": 0, "major": {major}}}, "package": ""}}, "capabilities": ["oob", "telepathy"], "mood": "good"}}}}"#
        )
    }

    /// A monitor whose QEMU has already sent these lines, and the other end of its
    /// socket, which receives the lab's commands.
    fn made_up(major: u32, said: &[&str]) -> (Monitor, UnixStream) {
        interrupt::listen().unwrap();
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let greeting = greeting(major);
        for line in [&[greeting.as_str(), DONE], said].concat() {
            writeln!(theirs, "{line}").unwrap();
        }
        let monitor =
            Monitor::connect(ours, Instant::now() + Duration::from_secs(10), None).unwrap();
        (monitor, theirs)
    }

    /// The commands that a monitor sent after the handshake, without arguments.
    fn asked(monitor: Monitor, theirs: UnixStream) -> Vec<String> {
        drop(monitor);
        let lines = std::io::read_to_string(theirs).unwrap();
        let name = |line: &str| {
            let command: serde_json::Value = serde_json::from_str(line).unwrap();
            command["execute"].as_str().unwrap().to_owned()
        };
        lines.lines().skip(1).map(name).collect()
    }

    fn failed<T>(result: Result<T, MonitorError>) -> String {
        match result {
            Err(MonitorError::Failed(message)) => message,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("it did not fail"),
        }
    }

    #[test]
    fn a_qemu_from_the_future_saves() {
        let added = r#"{"return": {"fdset-id": 1, "fd": 9, "colour": "red"}}"#;
        let said = [TELEPORTED, added, FAILING, DONE, TELEPORTED, COMPLETED];
        let (mut monitor, theirs) = made_up(99, &said);
        let uri = monitor.hand_over(theirs.as_fd()).unwrap();
        assert_eq!(uri, "file:/dev/fdset/1,offset=0");
        monitor.execute(&qmp::stop {}).unwrap();
        monitor.migrated().unwrap();
        assert_eq!(asked(monitor, theirs), ["add-fd", "stop"]);
    }

    #[test]
    fn an_old_qemu_saves_by_a_descriptor() {
        for (major, command) in [(7, "getfd"), (8, "getfd"), (9, "add-fd"), (11, "add-fd")] {
            let answer =
                if command == "getfd" { DONE } else { r#"{"return": {"fdset-id": 1, "fd": 9}}"# };
            let (mut monitor, theirs) = made_up(major, &[answer]);
            let uri = monitor.hand_over(theirs.as_fd()).unwrap();
            assert_eq!(uri.starts_with("fd:"), command == "getfd", "{uri}");
            assert_eq!(asked(monitor, theirs), [command]);
        }
    }

    #[test]
    fn what_fails_says_why() {
        let why = r#"{"return": {"status": "failed", "error-desc": "no space", "mood": "bad"}}"#;
        let (mut monitor, _theirs) = made_up(99, &[FAILING, FAILED, why]);
        assert_eq!(failed(monitor.migrated()), "the migration failed: no space");

        // A status that `qapi` does not know is neither a reason nor another kind of
        // failure.
        let why = r#"{"return": {"status": "sulking", "error-desc": "no space"}}"#;
        let (mut monitor, _theirs) = made_up(99, &[FAILED, why]);
        assert_eq!(failed(monitor.migrated()), "the migration failed");
    }

    #[test]
    fn an_error_of_an_unknown_class_is_an_error() {
        let error = r#"{"error": {"class": "Unwilling", "desc": "not today", "until": "friday"}}"#;
        let (mut monitor, _theirs) = made_up(99, &[error]);
        assert_eq!(failed(monitor.execute(&qmp::stop {})), "not today");
    }

    #[test]
    fn a_machine_whose_time_is_over_can_be_looked_at() {
        let (mut monitor, mut theirs) = made_up(99, &[]);
        monitor.deadline.set(Instant::now());
        assert!(matches!(monitor.event(), Err(MonitorError::TimedOut)));
        write!(theirs, "{DONE}\n{DONE}\n").unwrap();
        monitor.halt(Duration::from_secs(10)).unwrap();
        monitor.save_memory(64, "/file").unwrap();
        assert_eq!(asked(monitor, theirs), ["stop", "pmemsave"]);
    }

    #[test]
    fn a_qemu_that_is_gone_is_told_from_one_that_refuses() {
        let (mut monitor, theirs) = made_up(99, &[TELEPORTED]);
        drop(theirs);
        assert!(matches!(monitor.migrated(), Err(MonitorError::Closed)));
    }
}
