use clap::Args;
use lab::classroom::Work;
use lab::classroom::progress::standing;
use lab::exercise::Exercise;
use lab::exercise::values::Seed;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Show how far you have come
///
/// Example: cargo xtask progress
#[derive(Args)]
pub struct Progress {}

impl Progress {
    pub fn run(self, context: &Context) -> Result {
        let course = context.course()?;
        let work = Work::of(&course.root);
        let progress = work.progress()?;
        let (mut points, mut of) = (0, 0);
        for name in &course.names {
            let lesson = course.read(name)?;
            if !Exercise::exists(&lesson) {
                continue;
            }
            let exercise = Exercise::read(&lesson, Seed::default())?;
            let exercised = progress.of(&exercise);
            outln!("{:<26} {}", name, standing(&work, &exercise, &exercised));
            points += exercised.points;
            of += exercise.points();
        }
        outln!("{points} of {of} points");
        Ok(Outcome::SUCCESS)
    }
}
