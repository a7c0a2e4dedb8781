//! An author's mistakes that only the machine's kernel can see: the run names each.

use std::sync::Arc;

use lab::plan::{Options, Plan};
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use story::lesson::Lesson;

use crate::Test;

/// What is added to a lesson, and how its run is told.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "an-unknown-event",
        "event = \"sched/sched_proces_exit\"",
        "the program was not started: the kernel has no trace event `sched/sched_proces_exit`",
    ),
    (
        "a-bad-filter",
        "event = \"sched/sched_wakeup\"\nfilter = \"pdi == 3\"",
        "the program was not started: the kernel refuses the filter of `sched/sched_wakeup`\n\
         pdi == 3\n    ^\nparse_error: Field not found",
    ),
];

/// One test per mistake.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Vec<Test> {
    let test = |(name, trace, told): &'static (&str, &str, &str)| {
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        Test::new(format!("mistaken::{name}"), move || check(&lab, &machine, trace, told))
    };
    let mut tests: Vec<Test> = MISTAKES.iter().map(test).collect();
    let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
    let marks = move || unknown_mark(&lab, &machine);
    tests.push(Test::new("mistaken::an-unknown-mark".to_owned(), marks));
    tests
}

fn unknown_mark(lab: &Lab<'_>, machine: &Machine) -> Result<(), Failed> {
    let lesson = lab.course.read(&lab.course.names[0])?;
    let fact = "fact = \"f\"\nevent = \"mark\"\nafter = \"1. foks\"";
    let text = format!("{}\n[[expect]]\n{fact}\n", lesson.text);
    let lesson = Lesson::parse(&lesson.folder, &text)?;
    let run = lab.run(machine, &Plan::new(lesson, Options::default()))?;
    let detail = run.verdict.to_json()[run.verdict.expectations.len() - 1]["detail"].to_string();
    match detail.contains("no mark begins with `1. foks`; there are `1. ") {
        true => Ok(()),
        false => Err(detail.into()),
    }
}

fn check(lab: &Lab<'_>, machine: &Machine, trace: &str, told: &str) -> Result<(), Failed> {
    let lesson = lab.course.read(&lab.course.names[0])?;
    let text = format!("{}\n[[trace]]\n{trace}\n", lesson.text);
    let lesson = Lesson::parse(&lesson.folder, &text)?;
    let run = lab.run(machine, &Plan::new(lesson, Options::default()))?;
    let failure = run.verdict.program_failure().unwrap_or_default();
    match failure.trim_end() == told {
        true => Ok(()),
        false => Err(failure.into()),
    }
}
