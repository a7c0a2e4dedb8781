//! How a program that was run by hand ended, and the files that it left.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use protocol::{Ended, Job};
use trace::record::{Left, Record};

use super::events::EventError;
use super::{ExecutableError, Request, folder};
use crate::error::Error;
use crate::whole;

/// How the program ended, as a shell would say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// By itself or by a signal: 0 to 255, or 128+N for signal N.
    Ended(u8),
    /// It halted, rebooted or switched off the machine.
    Halted,
    /// The person left the machine with [`super::LEAVE`].
    Left,
    /// PID 1 killed it because its time was up, after so much guest time.
    TimedOut { guest: Duration },
    /// The guest's kernel refused to start it, for this reason.
    Refused(String),
    /// The kernel refused an event to be recorded, so the program was not started.
    Unrecorded(EventError),
    /// PID 1 did not get as far as starting it, for this reason.
    NotStarted(String),
}

/// Exit statuses of the lab where all others belong to a program, the same as in
/// timeout(1) and env(1).
pub const TIMED_OUT: u8 = 124;
pub const FAILED: u8 = 125;
pub const CANNOT_START: u8 = 126;
pub const NOT_FOUND: u8 = 127;

/// The exit status for an error that prevented a host program from running.
pub fn status_of(error: &Error, program: &Path) -> u8 {
    match error.downcast_ref::<ExecutableError>() {
        Some(ExecutableError::NotFound { .. }) => NOT_FOUND,
        Some(ExecutableError::Read { path, source }) if path == program => match source.kind() {
            ErrorKind::NotFound => NOT_FOUND,
            _ => CANNOT_START,
        },
        None | Some(ExecutableError::Read { .. } | ExecutableError::Special { .. }) => FAILED,
        Some(_) => CANNOT_START,
    }
}

/// Writes the files and folders that the person wants from the record. Returns the paths
/// of those that the guest does not have.
pub(super) fn fetch<'a>(
    request: &'a Request,
    status: &Status,
    record: &Record,
) -> Result<Vec<&'a str>, Error> {
    let mut missing = Vec::new();
    if matches!(status, Status::NotStarted(_) | Status::Unrecorded(_) | Status::Refused(_)) {
        return Ok(missing);
    }
    for (number, fetch) in request.out.iter().enumerate() {
        match record.out.get(&number) {
            Some(Left::File(bytes)) => whole::write(&fetch.host, bytes)?,
            Some(Left::Folder(archive)) => folder::unpack(archive, &fetch.host)?,
            None if record.outcome.no_room.contains(&fetch.guest) => {}
            None => missing.push(fetch.guest.as_str()),
        }
    }
    Ok(missing)
}

impl Status {
    /// Reads the status from the record.
    pub(super) fn of(record: &Record, job: &Job, argv0: &str) -> Status {
        let status = Status::new(&record.outcome.ended, argv0);
        if let Status::NotStarted(reason) = &status
            && let Some(error) = EventError::of(reason, &job.trace, &record.events)
        {
            return Status::Unrecorded(error);
        }
        status
    }

    /// A word for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Status::Ended(_) => "ended",
            Status::Halted => "halted",
            Status::Left => "left",
            Status::TimedOut { .. } => "timed-out",
            Status::Refused(_) => "refused",
            Status::Unrecorded(_) | Status::NotStarted(_) => "not-started",
        }
    }

    fn new(ended: &Ended, argv0: &str) -> Status {
        match ended {
            // exit(3): only the lowest eight bits reach the parent.
            Ended::Exited(status) => Status::Ended(*status as u8),
            Ended::Signaled(signal) => Status::Ended(128 + *signal as u8),
            Ended::TimedOut { after_ms } => {
                Status::TimedOut { guest: Duration::from_millis(*after_ms) }
            }
            // The text that PID 1 writes (guest-programs/init/src/session.rs).
            Ended::NotStarted(reason) => {
                match reason.strip_prefix(&format!("failed to start `{argv0}`: ")) {
                    Some(reason) => Status::Refused(reason.to_owned()),
                    None => Status::NotStarted(reason.clone()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_what_a_shell_would_say() {
        let new = |ended| Status::new(&ended, "./program");
        assert_eq!(new(Ended::Exited(255)), Status::Ended(255));
        assert_eq!(new(Ended::Signaled(9)), Status::Ended(137));
        assert_eq!(new(Ended::Signaled(64)), Status::Ended(192));
        let guest = Duration::from_millis(1500);
        assert_eq!(new(Ended::TimedOut { after_ms: 1500 }), Status::TimedOut { guest });
        let not_started = |reason: &str| new(Ended::NotStarted(reason.to_owned()));
        let refused = not_started("failed to start `./program`: Permission denied (os error 13)");
        assert_eq!(refused, Status::Refused("Permission denied (os error 13)".to_owned()));
        let reason = "failed to load `x.ko`: EEXIST";
        assert_eq!(not_started(reason), Status::NotStarted(reason.to_owned()));
    }

    #[test]
    fn what_is_not_there_is_told_from_what_does_not_start() {
        let program = Path::new("/bin/x");
        let status = |error: ExecutableError| status_of(&error.into(), program);
        let read = |path: &str, kind: ErrorKind| ExecutableError::Read {
            path: path.into(),
            source: kind.into(),
        };
        assert_eq!(status(read("/bin/x", ErrorKind::NotFound)), NOT_FOUND);
        assert_eq!(status(read("/bin/x", ErrorKind::PermissionDenied)), CANNOT_START);
        assert_eq!(status(read("/file", ErrorKind::NotFound)), FAILED);
        assert_eq!(status(ExecutableError::NotExecutable { path: program.into() }), CANNOT_START);
    }
}
