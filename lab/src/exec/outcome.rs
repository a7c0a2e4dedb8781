//! How a program that was run by hand ended, and the files it left.

use explain::{ExitStatus, Explain};
use protocol::Ended;
use trace::record::Record;

use super::Request;
use crate::error::Error;
use crate::whole;

/// How the program ended, as a shell would tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// By itself or by a signal: 0 to 255, and 128+N for signal N.
    Ended(u8),
    /// It halted the machine, rebooted it or switched it off.
    Halted,
    /// The person left the machine by [`super::LEAVE`].
    Left,
    /// PID 1 killed it when its time was over.
    TimedOut,
    /// It was never started, for this reason.
    NotStarted(String),
}

/// A file that the person wanted is not there.
#[derive(Debug, thiserror::Error)]
#[error("the program left no file `{guest}`")]
struct NotLeft {
    guest: String,
}

impl Explain for NotLeft {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Failed
    }
}

impl Status {
    /// Reads the status off the record, and writes the files that the person
    /// wants to where they are wanted.
    pub(super) fn of(request: &Request, record: &Record) -> Result<Status, Error> {
        let status = Status::new(&record.outcome.ended);
        if matches!(status, Status::NotStarted(_)) {
            return Ok(status);
        }
        for (number, fetch) in request.out.iter().enumerate() {
            let bytes =
                record.out.get(&number).ok_or_else(|| NotLeft { guest: fetch.guest.clone() })?;
            whole::write(&fetch.host, bytes).map_err(Error::file("write", &fetch.host))?;
        }
        Ok(status)
    }

    fn new(ended: &Ended) -> Status {
        match ended {
            // exit(3): only the lowest eight bits reach a parent.
            Ended::Exited(status) => Status::Ended(*status as u8),
            Ended::Signaled(signal) => Status::Ended(128 + *signal as u8),
            Ended::TimedOut => Status::TimedOut,
            Ended::NotStarted(reason) => Status::NotStarted(reason.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_what_a_shell_would_say() {
        assert_eq!(Status::new(&Ended::Exited(255)), Status::Ended(255));
        assert_eq!(Status::new(&Ended::Signaled(9)), Status::Ended(137));
        assert_eq!(Status::new(&Ended::Signaled(64)), Status::Ended(192));
        assert_eq!(Status::new(&Ended::TimedOut), Status::TimedOut);
    }
}
