//! Reports a program that was run by hand to other programs.

use serde_json::{Value, json};

use super::remains::Fallen;
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
pub fn json(executed: &Result<Box<Executed>, Error>) -> Value {
    let (ran, timeline, ending, status, said) = match executed {
        Ok(executed) => {
            let Executed { status, timeline, cut_off, ran } = &**executed;
            let cut_off = cut_off.as_ref().and_then(|trace| trace.as_ref().ok());
            let timeline = timeline.as_ref().or(cut_off.map(|trace| &trace.timeline));
            let (status, said) = match status {
                Status::Ended(status) => (Some(*status), None),
                Status::Refused(reason) | Status::NotStarted(reason) => {
                    (None, Some(reason.clone()))
                }
                Status::Unrecorded(error) => (None, Some(error.to_string())),
                Status::Halted | Status::Left | Status::TimedOut { .. } => (None, None),
            };
            (Some(ran), timeline, executed.status.name(), status, said)
        }
        Err(error) => {
            let fallen = error.downcast_ref::<Fallen>();
            let trace = fallen.and_then(|fallen| fallen.trace.as_ref()?.as_ref().ok());
            let timeline = trace.map(|trace| &trace.timeline);
            (fallen.map(|fallen| &fallen.ran), timeline, "failed", None, Some(error.to_string()))
        }
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
