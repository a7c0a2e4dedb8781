use std::path::PathBuf;

use builder::kernel::Kind;
use clap::Args;
use lab::error::Error;
use lab::exercise::Exercise;
use lab::exercise::thorough::Machines;
use lab::exercise::values::Seed;
use lab::grade::before::Before;
use lab::grade::class::{Class, Known};
use lab::grade::head::Head;
use lab::grade::merge::{Marks, merge};
use lab::grade::{GradeError, results};
use lab::run::Lab;
use lab::shard::Shard;
use lab::whole;
use process::interrupt;

use crate::books::{Books, check_folder, write};
use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Grade submissions: folders of students, or one student's folder
///
/// A student's folder contains `LESSON/FILE`, like `work/`; only that file is used.
/// Archives (.zip, .tar, .tar.gz) and the names that Moodle and Canvas give to downloaded
/// submissions are understood. Needs no network. Exits with 0 if everything was graded,
/// whatever the marks, and with 4 if something was not. Files are written completely, and
/// not at all if grading is interrupted, except with --into.
///
/// Example: cargo xtask grade class/ --seed 42 --csv marks.csv
#[derive(Args)]
pub struct Grade {
    /// Folders or archives of students, or of one student
    #[arg(required_unless_present = "merge", value_name = "DIR")]
    folders: Vec<PathBuf>,

    /// Only this exercise; may be given several times [default: each that a student has
    /// handed in]
    #[arg(long, value_name = "LESSON")]
    lesson: Vec<String>,

    /// Varies the inputs; the same seed gives the same marks
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Also run modules on a kernel that looks for deadlocks, sleeps in interrupt handlers,
    /// and memory that is lost or misused; it is built first if necessary
    #[arg(long)]
    thorough: bool,

    /// How many machines run at the same time [default: one for each core]
    #[arg(long)]
    jobs: Option<usize>,

    /// Grade the Kth of N parts of the class
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,

    #[command(flatten)]
    books: Books,

    /// Grade nothing, but join the JSON of all parts of a class, or of the whole class, and
    /// write what is asked for
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..,
        conflicts_with_all =
            ["folders", "seed", "thorough", "jobs", "shard", "into", "feedback", "for_students"]
    )]
    merge: Vec<PathBuf>,

    /// Grade only what this JSON of an earlier call lacks, lists as not graded, or has for
    /// another file of the student's, and add it; other rows stay, and if this is
    /// interrupted, what was graded so far is added
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    into: Option<PathBuf>,

    /// With --into, grade again everything that is given: after the lab has changed
    #[arg(long, requires = "into")]
    regrade: bool,

    /// Write what `check` would show into DIR/STUDENT/LESSON.txt
    #[arg(long, value_name = "DIR")]
    feedback: Option<PathBuf>,

    /// The same without anything that reveals the seed's inputs, to show to students
    #[arg(long, value_name = "DIR")]
    for_students: Option<PathBuf>,
}

impl Grade {
    pub fn run(self, context: &Context) -> Result {
        self.check_outputs()?;
        if !self.merge.is_empty() {
            return self.merge(context);
        }
        let lab = context.lab("grade")?;
        let settings = self.books.settings(&lab.course)?;
        let known = self.exercises(context, &lab)?;
        let file =
            |exercise: &Exercise| (exercise.lesson.name.clone(), exercise.file.name().to_owned());
        let files: Vec<_> = known.iter().map(file).collect();
        let mut class = Class::find(&self.folders, Known { course: &lab.course, files: &files })?;
        let exercises = if self.lesson.is_empty() { class.attempted(known) } else { known };
        // A name that was not understood may be why there is nothing.
        let nothing = exercises.is_empty() || class.students.is_empty();
        let head = Head::new(Seed(self.seed), &exercises, &class, self.shard)?;
        let head = if self.thorough { head.thorough(&exercises) } else { head };
        if let Some(shard) = self.shard {
            class = class.shard(shard);
        }
        for note in class.notes() {
            lab.progress.note(&note);
        }
        if nothing {
            return Err(GradeError::Nobody.into());
        }
        let before = match &self.into {
            Some(path) => Before::read(path, Seed(self.seed), self.regrade)?,
            None => Before::default(),
        };
        before.check(&head, &class, &exercises)?;
        if self.books.moodle.is_some() && exercises.len() != 1 {
            return Err(GradeError::Worksheet { count: exercises.len() }.into());
        }
        let machine = lab.machine()?;
        let debug = match self.thorough {
            true => Some(lab.machine_of(Kind::Debug)?),
            false => None,
        };
        let machines = Machines { lesson: &machine, debug: debug.as_ref() };
        let jobs = self.jobs.unwrap_or(lab.kernel.jobs);
        let runs = self.books.html.as_deref();
        let graded = lab.grade(machines, &class, &exercises, jobs, &before, runs)?;

        let document = before.and(&graded, &head, &lab.course.names);
        let written = Books::complete(document, &lab.course, settings);
        write(self.into.as_deref(), || written.json())?;
        interrupt::check().map_err(Error::file("grade all of", "the class"))?;
        let lessons: Vec<String> =
            exercises.iter().map(|exercise| exercise.lesson.name.to_string()).collect();
        self.books.write(&written, &lessons, &context.ui)?;
        if let Some(folder) = &self.feedback {
            results::write_feedback(folder, &graded, |given| &given.feedback)?;
        }
        if let Some(folder) = &self.for_students {
            results::write_feedback(folder, &graded, |given| &given.public)?;
        }
        outln!("{}", results::text(&graded).trim_end());
        let failed = graded.iter().any(|graded| graded.result.is_err());
        Ok(if failed { Outcome::NO_VERDICT } else { Outcome::SUCCESS })
    }

    /// The exercises that may be graded, in the order of the course.
    fn exercises(
        &self,
        context: &Context,
        lab: &Lab<'_>,
    ) -> std::result::Result<Vec<Exercise>, Error> {
        if self.lesson.is_empty() {
            return lab.course.exercises(Seed(self.seed));
        }
        let lessons = self.lesson.iter().map(|asked| context.lesson(asked));
        let mut lessons = lessons.collect::<std::result::Result<Vec<_>, _>>()?;
        lessons.sort_by_key(|lesson| lab.course.place(&lesson.name));
        lessons.dedup_by(|a, b| a.name == b.name);
        lessons.iter().map(|lesson| Ok(Exercise::read(lesson, Seed(self.seed))?)).collect()
    }

    /// Joins what was graded elsewhere.
    fn merge(&self, context: &Context) -> Result {
        let course = context.course()?;
        let settings = self.books.settings(&course)?;
        let parts = self.merge.iter().map(|file| Marks::read(file));
        let document = merge(parts.collect::<std::result::Result<_, _>>()?)?;
        let written = Books::complete(document, &course, settings);
        let lessons: Vec<String> = match &self.lesson[..] {
            [] => written.document["exercises"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(lesson, _)| lesson.clone())
                .collect(),
            asked => asked
                .iter()
                .map(|asked| Ok(context.lesson(asked)?.name.to_string()))
                .collect::<std::result::Result<_, Error>>()?,
        };
        self.books.write(&written, &lessons, &context.ui)?;
        let rows = written.document["results"].as_array().map(Vec::as_slice).unwrap_or_default();
        outln!("{} results of {} students", rows.len(), written.document["students"]);
        let failed = rows.iter().any(|row| !row["error"].is_null());
        Ok(if failed { Outcome::NO_VERDICT } else { Outcome::SUCCESS })
    }

    /// Checks that the results can be written before it takes an hour to have them.
    fn check_outputs(&self) -> std::result::Result<(), Error> {
        self.books.check()?;
        if let Some(file) = &self.into {
            whole::check(file)?;
        }
        let folders = [&self.feedback, &self.for_students].into_iter().flatten();
        folders.into_iter().try_for_each(|folder| check_folder(folder))
    }
}
