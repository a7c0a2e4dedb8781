//! Every lesson twice: the same bytes both times, its facts, and its story, which is the
//! same on every host.

use std::path::Path;
use std::sync::Arc;

use builder::guest::programs::programs_of;
use lab::error::Error;
use lab::plan::{Options, Plan};
use lab::run::Lab;
use libtest_mimic::Failed;
use story::lesson::Lesson;

use crate::pairs::Pairs;
use crate::snapshots::{compare_in, stories};
use crate::{Test, kept};

/// The end of the name of a lesson's second program, which gives its module bad input.
const BAD_INPUT: &str = "bad-input";

/// One test per lesson and per program of bad input.
pub fn all(lab: &Lab<'_>, pairs: &Arc<Pairs>) -> Result<Vec<Test>, Error> {
    let test = |plan: Plan| {
        let (pairs, stories) = (Arc::clone(pairs), stories(&lab.course.root));
        Test::new(format!("lessons::{}", plan.job.program), move || {
            shows_its_story(&pairs, &plan, &stories)
        })
    };
    Ok(plans(lab, Options::default())?.into_iter().map(test).collect())
}

/// A run whose facts do not hold has no story, so none is recorded.
fn shows_its_story(pairs: &Pairs, plan: &Plan, stories: &Path) -> Result<(), Failed> {
    let pair = pairs.of(plan)?;
    let program = plan.job.program.as_str();
    kept::keeping(&format!("lessons::{program}"), &pair.record, || match pair.passed {
        true => compare_in(stories, &story_name(&plan.lesson, program), &pair.story),
        false => Err(pair.text.clone().into()),
    })
}

/// Named after the lesson's slug, so that a story stays when lessons change places.
pub fn story_name(lesson: &Lesson, program: &str) -> String {
    let slug = lesson.name.as_str();
    if is_bad_input(program) { format!("{slug}-{BAD_INPUT}") } else { slug.to_owned() }
}

fn is_bad_input(program: &str) -> bool {
    program.ends_with(BAD_INPUT)
}

/// One plan per lesson and per program of bad input.
pub fn plans(lab: &Lab<'_>, options: Options) -> Result<Vec<Plan>, Error> {
    let mut plans = Vec::new();
    for name in &lab.course.names {
        let lesson = Plan::new(lab.course.read(name)?, options.clone());
        for program in programs_of(&lab.course.root, &name.to_string()) {
            let mut plan = lesson.clone();
            if is_bad_input(&program) {
                // The program proves itself by its checks. The expectations belong to the
                // lesson.
                plan.job.trace.clear();
                plan.options.trace = false;
            } else if program != plan.job.program.as_str() {
                continue;
            }
            plan.job.program = program.into();
            plans.push(plan);
        }
    }
    Ok(plans)
}
