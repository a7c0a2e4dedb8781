//! Every lesson, booted instead of restored, tells the same story. Times differ, because
//! the machine's age is that of its boot. Process ids may differ, because the kernel
//! creates one of its threads, which takes a number, at another moment.

use std::sync::Arc;

use lab::error::Error;
use lab::plan::{Options, Plan};
use lab::report;
use lab::run::Run;
use libtest_mimic::Failed;

use crate::runs::{Runs, made};
use crate::snapshots::difference;
use crate::{Test, kept};

/// One test per lesson.
pub fn all(runs: &Arc<Runs>) -> Result<Vec<Test>, Error> {
    let mut tests = Vec::new();
    for name in &runs.lab.course.names {
        let lesson = runs.lab.course.read(name)?;
        let runs = Arc::clone(runs);
        tests.push(Test::new(format!("cold::{name}"), move || {
            let plan = |cold| Plan::new(lesson.clone(), Options { cold, ..Options::default() });
            let restored = runs.of(&plan(false));
            let restored = made(&restored)?;
            let test = format!("cold::{}", lesson.name);
            kept::run(&runs.lab, &runs.machine, &plan(true), &test, |booted| {
                same(&plan(false), restored, &booted)
            })
        }));
    }
    Ok(tests)
}

/// Checks that two runs tell the same story.
pub fn same(plan: &Plan, restored: &Run, booted: &Run) -> Result<(), Failed> {
    let [restored, booted] = [restored, booted].map(|run| report::story(plan, run));
    if restored == booted {
        return Ok(());
    }
    Err(difference(("restored", &restored), ("booted", &booted)).into())
}
