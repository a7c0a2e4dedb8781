//! Every lesson on guests that differ from the lab's: the facts and the story hold. This
//! stands in for compilers and emulators that are not available here.
//!
//! A declaration that something differs from host to host or has no order must be needed
//! by some perturbation: one that nothing needs hides what it should show. This is
//! checked only on the first reference host, because on other hosts the same
//! perturbations may happen to change nothing.

use std::sync::Arc;

use builder::guest::programs::OptLevel;
use lab::error::Error;
use lab::plan::{Options, Plan};
use lab::report;
use lab::run::Run;
use libtest_mimic::Failed;
use protocol::WAKES_US;
use story::lesson::Lesson;
use vm::command::Accel;

use crate::digests::is_first_reference;
use crate::lessons::plans;
use crate::runs::{Runs, made};
use crate::snapshots::difference;
use crate::{Test, kept};

/// A change to the guest or its programs.
struct Perturbation {
    name: &'static str,
    options: fn(Options) -> Options,
}

/// The guest's processor seems up to four times faster or slower, and programs are
/// compiled at other levels.
const PERTURBATIONS: &[Perturbation] = &[
    Perturbation { name: "a guest 4 times as fast", options: |o| with_shift(o, 3) },
    Perturbation { name: "a guest twice as fast", options: |o| with_shift(o, 4) },
    Perturbation { name: "a guest half as fast", options: |o| with_shift(o, 6) },
    Perturbation { name: "a guest a quarter as fast", options: |o| with_shift(o, 7) },
    Perturbation { name: "programs at opt-level 0", options: |o| with_level(o, 0) },
    Perturbation { name: "programs at opt-level 3", options: |o| with_level(o, 3) },
];

fn with_level(options: Options, level: u8) -> Options {
    Options { programs: OptLevel(level), ..options }
}

fn with_shift(options: Options, shift: u8) -> Options {
    Options { accel: Accel::Tcg { shift }, ..options }
}

/// One test per lesson and per program of bad input.
pub fn all(runs: &Arc<Runs>) -> Result<Vec<Test>, Error> {
    let looks = is_first_reference(&runs.lab, &runs.machine)?;
    let test = |plan: Plan| {
        let runs = Arc::clone(runs);
        let name = format!("perturbed::{}", plan.job.program);
        Test::new(name, move || holds(&runs, &plan, looks))
    };
    Ok(plans(&runs.lab, Options::default())?.into_iter().map(test).collect())
}

/// Facts and story are the same under every perturbation. `looks` says whether to look
/// for unneeded declarations.
fn holds(runs: &Runs, plan: &Plan, looks: bool) -> Result<(), Failed> {
    let usual = runs.of(plan);
    let usual = made(&usual)?;
    // Declarations are about the lesson's program, not the program of bad input.
    let looks = looks && plan.options.trace;
    let mut unneeded = if looks { plan.lesson.without_each_declaration() } else { Vec::new() };
    for Perturbation { name, options } in PERTURBATIONS {
        let options = options(plan.options.clone());
        let test = format!("perturbed::{}", plan.job.program);
        let plan = Plan { options, ..plan.clone() };
        kept::run(&runs.lab, &runs.machine, &plan, &test, |perturbed| {
            if !perturbed.verdict.passed() {
                return Err(format!("with {name}:\n{}", report::text(&plan, &perturbed)).into());
            }
            let [one, other] = [usual, &perturbed].map(|run| report::story(&plan, run));
            if one != other {
                let difference = difference(("as usual", &one), (name, &other));
                return Err(format!("another story with {name}:\n{difference}").into());
            }
            unneeded.retain(|(_, lesson)| told(lesson, usual) == told(lesson, &perturbed));
            Ok(())
        })?;
    }
    beside_a_wakeful_init(runs, plan, usual)?;
    match unneeded.first() {
        None => Ok(()),
        Some((declaration, _)) => {
            Err(format!("nothing needs this declaration of lesson.toml: {declaration}").into())
        }
    }
}

/// The lessons that show an interrupt of the idle task. PID 1 has to sleep then.
const SHOW_THE_IDLE_TASK: [&str; 1] = ["kill-pid"];

/// PID 1 wakes now and then, and an interrupt may find it awake: then it is the current
/// task. Nothing that a lesson shows depends on that, even if PID 1 wakes a thousand times
/// as often as usual. The story may name it where it names the idle task else, but it has
/// as many events: the lesson does not trace PID 1.
fn beside_a_wakeful_init(runs: &Runs, plan: &Plan, usual: &Run) -> Result<(), Failed> {
    if SHOW_THE_IDLE_TASK.contains(&plan.job.program.to_string().as_str()) {
        return Ok(());
    }
    let mut plan = plan.clone();
    plan.job.wakes_us = WAKES_US / 1000;
    let test = format!("perturbed::{}", plan.job.program);
    kept::run(&runs.lab, &runs.machine, &plan, &test, |run| {
        if !run.verdict.passed() {
            return Err(format!("with a wakeful PID 1:\n{}", report::text(&plan, &run)).into());
        }
        let [one, other] = [usual, &run].map(|run| run.timeline.entries.len());
        if one != other {
            return Err(format!("{one} events, but {other} with a wakeful PID 1").into());
        }
        Ok(())
    })
}

/// The story that a lesson tells about a run.
fn told(lesson: &Lesson, run: &Run) -> String {
    story::text(lesson, &run.record, &run.timeline, &run.verdict)
}
