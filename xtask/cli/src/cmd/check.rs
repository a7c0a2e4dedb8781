use std::path::{Path, PathBuf};

use builder::kernel::Kind;
use clap::Args;
use lab::classroom::{FOLDER, choice};
use lab::exercise::submission::Submission;
use lab::exercise::thorough::Machines;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, report};
use lab::maker::Maker;
use lab::pages::{self, Background};
use lab::plan::Options;
use lab::record_file::RecordFile;
use lab::whole;
use story::timeline::Timeline;

use crate::context::Context;
use crate::looking::{self, AttemptAs};
use crate::outcome::{self, Result};
use crate::ui::print;

/// Compile, run and judge your work on an exercise
///
/// Exits with 0 only if every check passed.
///
/// Example: cargo xtask check lesson-1
#[derive(Args)]
pub struct Check {
    /// lesson-1, 1 or sigchld [default: where you were]
    lesson: Option<String>,

    /// Show everything: each fact that does not hold, and the whole kernel log
    #[arg(long)]
    all: bool,

    /// Also show the run's timeline: the harness's steps, and what the kernel did with your
    /// program or module
    #[arg(long, conflicts_with = "json")]
    timeline: bool,

    /// Print one JSON document instead
    #[arg(long, conflicts_with = "all")]
    json: bool,

    /// Keep the run in a file, for `show`
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    /// Also write the run as a page of HTML
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Also run a module on a kernel that looks for deadlocks, sleeps in interrupt
    /// handlers, and memory that is lost or misused; it is built first if necessary
    #[arg(long, conflicts_with = "record")]
    thorough: bool,

    /// Vary the inputs as `grade` does with this seed
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl Check {
    pub fn run(self, context: &Context) -> Result {
        outcome::silent_on_interrupt(self.check(context))
    }

    fn check(self, context: &Context) -> Result {
        let lesson = context.lesson_or(self.lesson.as_deref(), choice::here)?;
        let exercise = Exercise::read(&lesson, Seed(self.seed))?;
        let work = context.work()?;
        work.started(&exercise)?;
        let submission = Submission::take(&work.folder(&exercise), exercise.file.name())?;
        let lab = context.lab("check")?;
        let machine = lab.machine()?;
        context.write_for_editors(&work, Some(&machine));
        let shown = Path::new(FOLDER).join(&submission.shown);
        let text = &submission.text;
        let debug = match self.thorough && exercise.has_thorough_check() {
            true => Some(lab.machine_of(Kind::Debug)?),
            false => None,
        };
        let machines = Machines { lesson: &machine, debug: debug.as_ref() };
        let attempt = lab.attempt_on(machines, &exercise, &shown, text)?;

        work.remember(&exercise, &attempt.marks)?;
        let background = if self.record.is_some() || self.html.is_some() {
            let nothing = Timeline::default();
            let timeline = attempt.observed.as_ref().map_or(&nothing, |seen| &seen.timeline);
            Background::of_attempt(&lab, &machine, &exercise, text, timeline)?
        } else {
            Background::default()
        };
        if let Some(path) = &self.record {
            let options = Options::default();
            let file = RecordFile::of_attempt(&lab, &machine, &exercise, options, &attempt)?;
            file.with(&background)?.write(path)?;
        }
        if let Some(file) = &self.html {
            let maker = Maker::here(&lab, &machine);
            let page = pages::of_attempt(&exercise, &attempt, &maker, &background);
            whole::write(file, page.as_bytes())?;
        }
        let shown = match (self.json, self.all) {
            (true, _) => AttemptAs::Json,
            (false, true) => AttemptAs::All,
            (false, false) => AttemptAs::Screen,
        };
        if self.timeline {
            print(&report::timeline(&exercise, &attempt));
        }
        Ok(looking::at_attempt(shown, &exercise, &attempt))
    }
}
