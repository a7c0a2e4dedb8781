//! Many programs in one go, each in a machine of its own, as `exec` runs them.
//!
//! ```text
//! folder or list → Entry → Request → exec → Tested → Document
//! ```
//!
//! Nothing of a suite runs on the host.

mod head;
pub mod list;

use std::path::PathBuf;
use std::time::Duration;

use explain::{ExitStatus, Explain};
use protocol::User;
use protocol::session::Frame;
use similar::TextDiff;
use vm::command::Accel;

use crate::error::Error;
use crate::exec::remains::Fallen;
use crate::exec::request::Carry;
use crate::exec::{Executed, Join, Kmod, Output, Request, Status};
use crate::exercise::ending::Fault;
use crate::parallel;
use crate::record_file::RecordFile;
use crate::run::{Lab, Machine};
use crate::tested::{Outcome, Tested};
use list::Entry;

/// What every program of a suite is given.
#[derive(Debug, Clone)]
pub struct Given {
    pub env: Vec<(String, String)>,
    pub kmods: Vec<Kmod>,
    pub files: Vec<Carry>,
    /// Programs of the host that come along, with everything that they need.
    pub with: Vec<PathBuf>,
    /// Guest time after which a program is killed.
    pub timeout: Duration,
    /// Memory that a program wants, bytes.
    pub memory: u64,
    pub user: User,
}

/// Why a suite cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("there is nothing to run in `{}`", path.display())]
    Empty { path: PathBuf },
}

impl Explain for SuiteError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }
}

/// One run of a program.
struct Once {
    outcome: Outcome,
    status: Option<u8>,
    said: Option<String>,
    output: String,
    record: Option<RecordFile>,
}

impl Lab<'_> {
    /// Runs each program `repeat` times, on `jobs` machines at a time. Returns the results
    /// in the order of the programs, each with the record of its run if `records`: of the
    /// first run that did not pass, or of the first.
    ///
    /// If the lab is asked to end in the meantime, some results are missing. An error is
    /// returned only if nothing can be run at all.
    pub fn suite(
        &self,
        machine: &Machine,
        entries: &[Entry],
        given: &Given,
        repeat: usize,
        jobs: usize,
        records: bool,
    ) -> Result<Vec<(Tested, Option<RecordFile>)>, Error> {
        // Make this once, before the first of them.
        self.saved(machine, Accel::TCG)?;
        let work: Vec<&Entry> =
            entries.iter().flat_map(|entry| std::iter::repeat_n(entry, repeat)).collect();
        let runs = parallel::each(
            &work,
            jobs,
            self.progress,
            "suite",
            |entry| &entry.name,
            |entry| self.run_once(machine, entry, given, records),
        );
        let mut runs = runs.into_iter();
        let tested = entries.iter().map_while(|entry| {
            let runs: Vec<Once> = runs.by_ref().take(repeat).collect();
            (!runs.is_empty()).then(|| of_runs(&entry.name, runs))
        });
        Ok(tested.collect())
    }

    fn run_once(&self, machine: &Machine, entry: &Entry, given: &Given, record: bool) -> Once {
        let executed = self.execute(machine, entry, given);
        let kept = record.then(|| RecordFile::of_exec(self, machine, &executed));
        let once = Once::new(&executed, entry, given);
        match kept.transpose() {
            Ok(record) => Once { record: record.flatten(), ..once },
            Err(error) => Once { outcome: Outcome::Error, said: Some(error.to_string()), ..once },
        }
    }

    fn execute(&self, machine: &Machine, entry: &Entry, given: &Given) -> Result<Executed, Error> {
        let Given { env, kmods, files, with, timeout, memory, user } = given.clone();
        let program = entry.program.to_string_lossy();
        let request = Request {
            env,
            kmods,
            files,
            with,
            guest_timeout: Some(timeout),
            memory,
            user,
            ..Request::new(&program, entry.args.clone())?
        };
        self.exec(machine, &request, Join::Nothing)
    }
}

impl Once {
    fn new(executed: &Result<Executed, Error>, entry: &Entry, given: &Given) -> Once {
        let error = |said: &str| (Outcome::Error, None, Some(said.to_owned()));
        let (outcome, status, said) = match executed {
            Ok(executed) => match &executed.status {
                Status::Ended(0) => (Outcome::Passed, Some(0), None),
                Status::Ended(status) => {
                    let is_skip = entry.skips.contains(status);
                    let outcome = if is_skip { Outcome::Skipped } else { Outcome::Failed };
                    (outcome, Some(*status), Some(format!("exit status {status}")))
                }
                Status::TimedOut { .. } => {
                    let said = format!("{} s of guest time", given.timeout.as_secs_f64());
                    (Outcome::TimedOut, None, Some(said))
                }
                Status::Halted => {
                    let said = "it halted the machine, rebooted it or switched it off";
                    (Outcome::Failed, None, Some(said.to_owned()))
                }
                Status::Refused(reason) | Status::NotStarted(reason) => error(reason),
                Status::Unrecorded(refused) => error(&refused.to_string()),
                Status::Left => error("the machine was left"),
            },
            Err(failed) => {
                let machines =
                    failed.downcast_ref().map_or(failed, |fallen: &Fallen| &fallen.error);
                let said = failed.to_string();
                match Fault::of(machines) {
                    // The program did that.
                    Fault::Submission(_) => (Outcome::Failed, None, Some(said)),
                    Fault::Host => error(&said),
                }
            }
        };
        let output = match executed {
            Ok(executed) => Some(&executed.ran.output),
            Err(failed) => failed.downcast_ref().map(|fallen: &Fallen| &fallen.ran.output),
        };
        let output = output.map(text).unwrap_or_default();
        Once { outcome, status, said, output, record: None }
    }
}

/// What a program wrote, both streams in the order in which it came, as far as it is kept.
fn text(output: &Output) -> String {
    let bytes = output.frames().iter().flat_map(|frame| match frame {
        Frame::Stdout(bytes) | Frame::Stderr(bytes) => bytes.as_slice(),
        _ => &[],
    });
    let text = String::from_utf8_lossy(&bytes.copied().collect::<Vec<u8>>()).into_owned();
    match output.is_cut {
        true => text + "\n(the rest of the output is not kept)\n",
        false => text,
    }
}

/// The result of some runs of the same program, at least one: of the first that did not
/// pass, or of the first.
fn of_runs(name: &str, mut runs: Vec<Once>) -> (Tested, Option<RecordFile>) {
    let unlike = difference(&runs);
    let told = runs.iter().position(|run| run.outcome != Outcome::Passed).unwrap_or(0);
    let Once { outcome, status, said, output, record } = runs.swap_remove(told);
    let output = (outcome != Outcome::Passed).then_some(output);
    (Tested { name: name.to_owned(), outcome, status, said, output, unlike }, record)
}

/// How the first run and the first that is not like it differ.
fn difference(runs: &[Once]) -> Option<String> {
    let (first, others) = runs.split_first()?;
    let how = |run: &Once| match &run.said {
        None => run.outcome.name().to_owned(),
        Some(said) => format!("{}, {said}", run.outcome.name()),
    };
    let is_other = |run: &&Once| how(run) != how(first) || run.output != first.output;
    let (number, other) = (2..).zip(others).find(|(_, run)| is_other(run))?;
    let count = others.iter().filter(is_other).count();
    let mut text = format!("{count} of {} are not like run 1, run {number} first\n", runs.len());
    if how(other) != how(first) {
        text += &format!("run 1 {}\nrun {number} {}\n", how(first), how(other));
    }
    let diff = TextDiff::from_lines(&first.output, &other.output);
    text += &diff.unified_diff().context_radius(0).to_string();
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn once(outcome: Outcome, said: Option<&str>, output: &str) -> Once {
        let (said, output) = (said.map(str::to_owned), output.to_owned());
        Once { outcome, status: None, said, output, record: None }
    }

    #[test]
    fn repeated_runs_are_compared() {
        let passed = |output| once(Outcome::Passed, None, output);
        let failed = |output| once(Outcome::Failed, Some("exit status 1"), output);
        assert_eq!(difference(&[passed("1\n")]), None);
        assert_eq!(difference(&[passed("1\n"), passed("1\n")]), None);
        assert_eq!(
            difference(&[passed("1\n"), passed("1\n"), passed("2\n")]).as_deref(),
            Some("1 of 3 are not like run 1, run 3 first\n@@ -1 +1 @@\n-1\n+2\n")
        );
        assert_eq!(
            difference(&[passed("1\n"), failed("1\n"), failed("1\n")]).as_deref(),
            Some(
                "2 of 3 are not like run 1, run 2 first\nrun 1 passed\n\
                 run 2 failed, exit status 1\n"
            )
        );
        let (tested, _) = of_runs("a", vec![passed("1\n"), failed("2\n"), passed("1\n")]);
        assert_eq!((tested.outcome, tested.output.as_deref()), (Outcome::Failed, Some("2\n")));
    }
}
