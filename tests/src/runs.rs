//! One run of each lesson, as its plan has it. Several tests look at it; the first one
//! makes it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use lab::error::Error;
use lab::plan::{Options, Plan};
use lab::run::{Lab, Machine, Run};
use libtest_mimic::Failed;
use story::lesson::Name;

/// A run, or why there is none.
pub type Ran = Arc<Result<Run, Error>>;

/// Runs lessons once and keeps the runs.
pub struct Runs {
    pub lab: Arc<Lab<'static>>,
    pub machine: Arc<Machine>,
    /// By program, because each program has one such plan.
    done: Mutex<HashMap<String, Arc<OnceLock<Ran>>>>,
}

impl Runs {
    pub fn new(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Arc<Runs> {
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        Arc::new(Runs { lab, machine, done: Mutex::default() })
    }

    /// The run of a plan with the usual options.
    pub fn of(&self, plan: &Plan) -> Ran {
        let mut done = self.done.lock().expect("nobody panics with the lock held");
        let cell = Arc::clone(done.entry(plan.job.program.to_string()).or_default());
        drop(done);
        Arc::clone(cell.get_or_init(|| Arc::new(self.lab.run(&self.machine, plan))))
    }

    /// The plan and the run of a lesson.
    pub fn of_lesson(&self, name: &Name) -> Result<(Plan, Ran), Failed> {
        let plan = Plan::new(self.lab.course.read(name)?, Options::default());
        let ran = self.of(&plan);
        Ok((plan, ran))
    }
}

/// The run, if there is one.
pub fn made(ran: &Ran) -> Result<&Run, Failed> {
    ran.as_ref().as_ref().map_err(|error| error.to_string().into())
}
