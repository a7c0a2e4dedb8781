//! Each lesson twice: from two independently made checkpoints, one of them on a busy
//! machine.
//!
//! Several tests look at the two runs of a lesson. The first such test makes them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use builder::progress::Silent;
use lab::bench::busily;
use lab::error::Error;
use lab::fingerprint::Fingerprint;
use lab::plan::Plan;
use lab::record_file::RecordFile;
use lab::report;
use lab::run::Lab;
use libtest_mimic::Failed;
use vm::command::Accel;

use crate::kept;
use crate::runs::{Runs, made};
use crate::scratch::Scratch;
use crate::snapshots::difference;

/// What two equal runs of a lesson left.
#[derive(Debug, Clone)]
pub struct Pair {
    pub fingerprint: Fingerprint,
    pub story: String,
    /// Everything that a person sees.
    pub text: String,
    pub passed: bool,
    /// The record of the first run.
    pub record: Arc<Kept>,
}

/// A record that is kept if a test fails.
pub type Kept = Result<Option<RecordFile>, Error>;

/// Runs lessons once more and keeps the results.
pub struct Pairs {
    /// The first runs.
    runs: Arc<Runs>,
    /// A cache with another checkpoint.
    other: OnceLock<Result<Scratch, String>>,
    done: Mutex<HashMap<String, Arc<Once>>>,
}

/// The result of a plan, or how its runs differ.
type Once = OnceLock<Result<Pair, String>>;

impl Pairs {
    pub fn new(runs: &Arc<Runs>) -> Arc<Pairs> {
        let runs = Arc::clone(runs);
        Arc::new(Pairs { runs, other: OnceLock::new(), done: Mutex::default() })
    }

    /// Both runs of a plan. The error says how they differ.
    pub fn of(&self, plan: &Plan) -> Result<Pair, Failed> {
        let mut done = self.done.lock().expect("nobody panics with the lock held");
        let cell = Arc::clone(done.entry(plan.job.program.to_string()).or_default());
        drop(done);
        let pair = cell.get_or_init(|| self.run(plan).map_err(told));
        pair.clone().map_err(Failed::from)
    }

    fn run(&self, plan: &Plan) -> Result<Pair, Failed> {
        let name = format!("lessons::{}", plan.job.program);
        let Runs { lab, machine, .. } = &*self.runs;
        let one = self.runs.of(plan);
        let record = RecordFile::of_run(lab, machine, plan, &one);
        let pair = kept::keeping(&name, &record, || {
            let one = made(&one)?;
            let fingerprint = Fingerprint::new(&one.record)?;
            let (text, story) = (report::text(plan, one), report::story(plan, one));
            let (lab, name) = (self.other_lab()?, format!("{name}-again"));
            kept::run(&lab, machine, plan, &name, |other| {
                if fingerprint == Fingerprint::new(&other.record)? {
                    return Ok(());
                }
                let other = report::text(plan, &other);
                let difference = difference(("one run", &text), ("another", &other));
                Err(format!("two runs from two checkpoints differ:\n{difference}").into())
            })?;
            Ok((fingerprint, story, text, one.verdict.passed()))
        });
        let (fingerprint, story, text, passed) = pair?;
        Ok(Pair { fingerprint, story, text, passed, record: Arc::new(record) })
    }

    /// The lab with another checkpoint, made while the host is busy.
    fn other_lab(&self) -> Result<Lab<'_>, Failed> {
        let Runs { lab, machine, .. } = &*self.runs;
        let made = self.other.get_or_init(|| {
            let make = || -> Result<Scratch, Failed> {
                let scratch = Scratch::without_checkpoints(lab)?;
                let lab = scratch.lab(lab, &Silent)?;
                busily(cores(), || lab.checkpoint(machine, Accel::TCG))?;
                Ok(scratch)
            };
            make().map_err(told)
        });
        made.as_ref().map_err(|e| Failed::from(e.clone()))?.lab(lab, &Silent)
    }
}

/// The text of a failure, kept to be reported again.
fn told(failed: Failed) -> String {
    failed.message().unwrap_or_default().to_owned()
}

/// How many loops keep this machine busy.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
