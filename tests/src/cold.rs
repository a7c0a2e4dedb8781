//! Every lesson, booted instead of restored: the same verdict, and the same
//! timeline in the same order. Times differ: the machine is as old as its boot.

use std::sync::Arc;

use lab::error::Error;
use lab::plan::{Options, Plan};
use lab::run::{Lab, Machine, Run};
use lab::timeline::Entry;
use libtest_mimic::Failed;

use crate::Test;

/// One test a lesson.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let mut tests = Vec::new();
    for name in &lab.course.names {
        let lesson = lab.course.read(name)?;
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        tests.push(Test::new(format!("cold::{name}"), move || {
            let run = |cold| {
                let options = Options { cold, ..Options::default() };
                lab.run(&machine, &Plan::new(lesson.clone(), options))
            };
            same(&run(false)?, &run(true)?)
        }));
    }
    Ok(tests)
}

/// Whether two runs show the same, but for their times.
pub fn same(restored: &Run, booted: &Run) -> Result<(), Failed> {
    let (one, other) = (shown(restored), shown(booted));
    let mut pairs = one.iter().zip(&other).enumerate();
    if let Some((at, (one, other))) = pairs.find(|(_, (one, other))| one != other) {
        return Err(format!("line {at}:\nrestored: {one}\nbooted:   {other}").into());
    }
    if one.len() != other.len() {
        let (one, other) = (one.len(), other.len());
        return Err(format!("{one} lines if restored, but {other} if booted").into());
    }
    Ok(())
}

/// A run's facts, with whether each held, and its timeline, a line an event.
fn shown(run: &Run) -> Vec<String> {
    let mut lines = vec![format!("{:?}", run.verdict.ended)];
    let facts = &run.verdict.expectations;
    lines.extend(facts.iter().map(|fact| format!("{}: {}", fact.fact, fact.passed)));
    let show = |entry: &Entry| {
        let cells: Vec<_> = entry.cells.iter().map(|cell| (cell.lane, &cell.lines)).collect();
        format!("{} {} {cells:?}", entry.subject(), entry.event)
    };
    lines.extend(run.timeline.entries.iter().map(show));
    lines
}
