//! Every lesson twenty times, while the other tests run: the same bytes each time.
//! `cargo xtask bench --repeat 1000` runs more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use lab::bench::repeat;
use lab::error::Error;
use lab::plan::{Options, Plan};
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;

use crate::Test;
use crate::snapshots::difference;

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
    repeat(lab, machine, plan, TIMES, &|fingerprint, text| {
        sorts.lock().expect("no run panics").entry(fingerprint.to_string()).or_insert(text);
        Ok(())
    })?;
    let texts: Vec<String> = sorts.into_inner().expect("no run panics").into_values().collect();
    match &texts[..] {
        [_] => Ok(()),
        [one, other, ..] => {
            let difference = difference(("one run", one), ("another", other));
            let sorts = texts.len();
            Err(format!("{TIMES} runs came in {sorts} versions:\n{difference}").into())
        }
        [] => Err("there was no run".into()),
    }
}
