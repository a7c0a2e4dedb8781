//! Every lesson, booted instead of restored: the same story. Times differ, since
//! the machine is as old as its boot; so may process ids, since the kernel makes
//! a thread of its own at another moment, which takes a number.

use std::sync::Arc;

use lab::error::Error;
use lab::plan::{Options, Plan};
use lab::report;
use lab::run::{Lab, Machine, Run};
use libtest_mimic::Failed;

use crate::Test;
use crate::snapshots::difference;

/// One test a lesson.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let mut tests = Vec::new();
    for name in &lab.course.names {
        let lesson = lab.course.read(name)?;
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        tests.push(Test::new(format!("cold::{name}"), move || {
            let plan = |cold| Plan::new(lesson.clone(), Options { cold, ..Options::default() });
            let run = |cold| lab.run(&machine, &plan(cold));
            same(&plan(false), &run(false)?, &run(true)?)
        }));
    }
    Ok(tests)
}

/// Whether two runs tell the same story.
pub fn same(plan: &Plan, restored: &Run, booted: &Run) -> Result<(), Failed> {
    let [restored, booted] = [restored, booted].map(|run| report::story(plan, run));
    if restored == booted {
        return Ok(());
    }
    Err(difference(("restored", &restored), ("booted", &booted)).into())
}
