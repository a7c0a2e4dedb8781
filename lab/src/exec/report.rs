//! Reports a program that was run by hand to other programs.

use serde_json::{Value, json};

use super::remains::left;
use super::{Executed, Ran, Status};
use crate::error::Error;

/// One JSON document:
///
/// ```json
/// {"version": 1, "program": "./program", "args": [], "ending": "ended",
///  "status": 0, "said": null, "stdout": "…", "stderr": "",
///  "timeline": {"entries": []}}
/// ```
///
/// `ending` is `ended`, `halted`, `left`, `timed-out`, `refused`, `not-started` or
/// `failed`. `status` is there if it is `ended`, and `said` is the reason for the last
/// three. `timeline` is null if no events were recorded or they could not be read. It is
/// documented at [`story::timeline::Timeline::to_json`].
pub fn json(executed: Result<&Executed, &Error>) -> Value {
    let (ran, timeline) = left(executed);
    let (ending, status, said) = match executed {
        Ok(executed) => {
            let (status, said) = match &executed.status {
                Status::Ended(status) => (Some(*status), None),
                Status::Refused(reason) | Status::NotStarted(reason) => {
                    (None, Some(reason.clone()))
                }
                Status::Unrecorded(error) => (None, Some(error.to_string())),
                Status::Halted | Status::Left | Status::TimedOut { .. } => (None, None),
            };
            (executed.status.name(), status, said)
        }
        Err(error) => ("failed", None, Some(error.to_string())),
    };
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let job = ran.map(|ran| &ran.returned.job);
    let session = job.and_then(|job| job.session.as_ref());
    let stream = |of: fn(&Ran) -> Vec<u8>| ran.map(of).map(text);
    json!({
        "version": 1,
        "program": session.map(|session| &session.argv0),
        "args": job.map(|job| &job.args),
        "ending": ending,
        "status": status,
        "said": said,
        "stdout": stream(|ran| ran.output.stdout()),
        "stderr": stream(|ran| ran.output.stderr()),
        "timeline": timeline.map(|timeline| timeline.to_json()),
    })
}
