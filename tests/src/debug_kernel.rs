//! Every lesson on the debug kernel: its facts hold there too, and the kernel finds no
//! fault with the modules.
//!
//! Nothing is compared with a snapshot, because everything takes longer on that kernel.

use std::sync::Arc;

use builder::kernel::Kind;
use lab::error::Error;
use lab::plan::{Options, Plan};
use lab::record_file::RecordFile;
use lab::report;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use story::findings::Findings;
use vm::VmError;
use vm::command::Accel;

use crate::{Test, kept, lessons};

/// One test per lesson and per program of bad input. `machine` must have the debug
/// kernel.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    lab.saved(machine, Accel::TCG)?;
    let test = |plan: Plan| {
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        Test::new(format!("debug-kernel::{}", plan.job.program), move || {
            check(&lab, &machine, &plan)
        })
    };
    let options = Options { kernel: Kind::Debug, ..Options::default() };
    Ok(lessons::plans(lab, options)?.into_iter().map(test).collect())
}

fn check(lab: &Lab<'_>, machine: &Machine, plan: &Plan) -> Result<(), Failed> {
    let declared: Vec<_> =
        plan.lesson.report.iter().filter(|report| report.program == plan.job.program).collect();
    let run = lab.run(machine, plan);
    let record = RecordFile::of_run(lab, machine, plan, &run);
    let test = format!("debug-kernel::{}", plan.job.program);
    kept::keeping(&test, &record, || {
        let run = run.map_err(|error| {
            // A kernel that continued after a report may not have got far.
            let log = error.downcast_ref().and_then(VmError::log).unwrap_or_default();
            format!("{error}\n{}", Findings::new(log, "", &declared))
        })?;
        let leaks = run.leaks.as_deref().ok_or("the kernel did not look for lost memory")?;
        let findings = Findings::new(&run.returned.log, leaks, &declared);
        if !findings.is_empty() {
            return Err(Failed::from(findings));
        }
        if run.verdict.passed() { Ok(()) } else { Err(Failed::from(report::text(plan, &run))) }
    })
}
