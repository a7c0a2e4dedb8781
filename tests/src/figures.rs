//! The README's figure is today's.

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
    let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
    vec![Test::new("figures::of-the-readme".to_owned(), move || is_todays(&lab, &machine))]
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
