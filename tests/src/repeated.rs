//! Every lesson twenty times, while the other tests run: the same bytes each time.
//! `cargo xtask bench --repeat 1000` runs more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use lab::bench::repeat;
use lab::error::Error;
use lab::fingerprint::Fingerprint;
use lab::plan::{Options, Plan};
use lab::record_file::RecordFile;
use lab::report;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;

use crate::snapshots::difference;
use crate::{Test, kept};

const TIMES: usize = 20;

/// One test per lesson.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let mut tests = Vec::new();
    for name in &lab.course.names {
        let plan = Plan::new(lab.course.read(name)?, Options::default());
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        tests.push(Test::new(format!("repeated::{name}"), move || same(&lab, &machine, &plan)));
    }
    Ok(tests)
}

fn same(lab: &Lab<'_>, machine: &Machine, plan: &Plan) -> Result<(), Failed> {
    let sorts = Mutex::new(BTreeMap::new());
    repeat(lab, machine, plan, TIMES, &|run| {
        let fingerprint = Fingerprint::new(&run.record)?.to_string();
        sorts.lock().expect("no run panics").entry(fingerprint).or_insert(run);
        Ok(())
    })?;
    let mut runs = sorts.into_inner().expect("no run panics").into_values();
    let one = runs.next().ok_or("there was no run")?;
    let Some(other) = runs.next() else { return Ok(()) };
    let versions = 2 + runs.len();
    let difference = difference(
        ("one run", &report::text(plan, &one)),
        ("another", &report::text(plan, &other)),
    );
    let failed = Failed::from(format!("{TIMES} runs came in {versions} versions:\n{difference}"));
    let keep = |name: &str, run, failed| {
        let record = RecordFile::of_run(lab, machine, plan, &Ok(run));
        kept::keeping(&format!("repeated::{}-{name}", plan.lesson.name), &record, || Err(failed))
    };
    keep("one", one, failed).or_else(|failed| keep("another", other, failed))
}
