//! The README's figure is today's, and each lesson's trace is one that viewers read.

use std::sync::Arc;

use lab::plan::{Options, Plan};
use lab::report;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;

use crate::Test;
use crate::snapshots::difference;

const LESSON: &str = "kill-pid";
const SCENE: &str = "an-interrupt-becomes-a-signal";
const FILE: &str = "docs/kill-pid.svg";

pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Vec<Test> {
    let test = |name: &str, check: fn(&Lab<'_>, &Machine) -> Result<(), Failed>| {
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        Test::new(format!("figures::{name}"), move || check(&lab, &machine))
    };
    vec![test("of-the-readme", is_todays), test("for-perfetto", viewers_read_it)]
}

fn is_todays(lab: &Lab<'_>, machine: &Machine) -> Result<(), Failed> {
    let plan = Plan::new(lab.course.find(LESSON)?, Options::default());
    let run = lab.run(machine, &plan)?;
    let today = report::figure(&plan, &run, Some(SCENE))?;
    let kept = std::fs::read_to_string(lab.course.root.join(FILE))?;
    if kept == today {
        return Ok(());
    }
    let command = format!("cargo xtask run {LESSON} --scene {SCENE} --svg {FILE}");
    Err(format!(
        "`{FILE}` is not today's; make it by\n  {command}\n{}",
        difference(("kept", &kept), ("today", &today))
    )
    .into())
}

fn viewers_read_it(lab: &Lab<'_>, machine: &Machine) -> Result<(), Failed> {
    for name in &lab.course.names {
        let plan = Plan::new(lab.course.read(name)?, Options::default());
        let run = lab.run(machine, &plan)?;
        let document = report::perfetto(&run);
        if let Some(problem) = perfetto::check::problem(&document) {
            return Err(format!("{name}: {problem}").into());
        }
        // Nothing is lost: each event begins a slice or ends one.
        let events = document["traceEvents"].as_array().ok_or("it has no events")?;
        let slices = events.iter().filter(|event| event["ph"] == "X");
        let ends = slices.clone().filter(|slice| slice["dur"] != 0.0).count();
        if slices.count() + ends != run.timeline.entries.len() {
            return Err(format!("{name}: some events are missing").into());
        }
    }
    Ok(())
}
