//! Each lesson twice: from two independently made checkpoints, one of them on a busy
//! machine.
//!
//! Several tests look at the two runs of a lesson. The first such test makes them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use builder::progress::Silent;
use lab::bench::busily;
use lab::fingerprint::Fingerprint;
use lab::plan::Plan;
use lab::report;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use vm::command::Accel;

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
}

/// Runs lessons twice and keeps the results.
pub struct Pairs {
    lab: Arc<Lab<'static>>,
    machine: Arc<Machine>,
    /// A cache with another checkpoint.
    other: OnceLock<Result<Scratch, String>>,
    done: Mutex<HashMap<String, Arc<Once>>>,
}

/// The result of a plan, or how its runs differ.
type Once = OnceLock<Result<Pair, String>>;

impl Pairs {
    pub fn new(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Arc<Pairs> {
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        Arc::new(Pairs { lab, machine, other: OnceLock::new(), done: Mutex::default() })
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
        let one = self.lab.run(&self.machine, plan)?;
        let other = self.other_lab()?.run(&self.machine, plan)?;
        let fingerprint = Fingerprint::new(&one.record)?;
        let (text, other_text) = (report::text(plan, &one), report::text(plan, &other));
        if fingerprint != Fingerprint::new(&other.record)? {
            let difference = difference(("one run", &text), ("another", &other_text));
            return Err(format!("two runs from two checkpoints differ:\n{difference}").into());
        }
        let (story, passed) = (report::story(plan, &one), one.verdict.passed());
        Ok(Pair { fingerprint, story, text, passed })
    }

    /// The lab with another checkpoint, made while the host is busy.
    fn other_lab(&self) -> Result<Lab<'_>, Failed> {
        let made = self.other.get_or_init(|| {
            let make = || -> Result<Scratch, Failed> {
                let scratch = Scratch::without_checkpoints(&self.lab)?;
                let lab = scratch.lab(&self.lab, &Silent)?;
                busily(cores(), || lab.checkpoint(&self.machine, Accel::TCG))?;
                Ok(scratch)
            };
            make().map_err(told)
        });
        made.as_ref().map_err(|e| Failed::from(e.clone()))?.lab(&self.lab, &Silent)
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
