use std::path::{Path, PathBuf};

use clap::Args;
use lab::error::Error;
use lab::exercise::Exercise;
use lab::exercise::values::Seed;
use lab::grade::before::Before;
use lab::grade::book::Book;
use lab::grade::class::{Class, Known};
use lab::grade::head::Head;
use lab::grade::settings::Settings;
use lab::grade::{GradeError, lms, pages, results, statistics};
use lab::run::Lab;
use lab::whole;
use process::interrupt;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::shard::Shard;
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
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,

    /// Only this exercise; may be given several times [default: each that a student has
    /// handed in]
    #[arg(long, value_name = "LESSON")]
    lesson: Vec<String>,

    /// Varies the inputs; the same seed gives the same marks
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// How many machines run at the same time [default: one for each core]
    #[arg(long)]
    jobs: Option<usize>,

    /// Grade the Kth of N parts of the class
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,

    /// Write the marks as JSON
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,

    /// Write the marks as a table
    #[arg(long, value_name = "PATH")]
    csv: Option<PathBuf>,

    /// Write a table with one row for each student: totals, and the points in each exercise
    #[arg(long, value_name = "PATH")]
    gradebook: Option<PathBuf>,

    /// Write the gradebook as Canvas imports it
    #[arg(long, value_name = "PATH")]
    canvas: Option<PathBuf>,

    /// Write one exercise as the grading worksheet that Moodle imports
    #[arg(long, value_name = "PATH")]
    moodle: Option<PathBuf>,

    /// Weights, deadlines, overrides and ids for gradebooks: see docs/classroom.md
    #[arg(long, value_name = "CLASS.TOML")]
    class: Option<PathBuf>,

    /// Write the marks as JUnit
    #[arg(long, value_name = "PATH")]
    junit: Option<PathBuf>,

    /// Grade only what this JSON of an earlier call lacks, lists as not graded, or has for
    /// another file of the student's, and add it; other rows stay, and if this is
    /// interrupted, what was graded so far is added
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "junit"])]
    into: Option<PathBuf>,

    /// With --into, grade again everything that is given: after the lab has changed
    #[arg(long, requires = "into")]
    regrade: bool,

    /// Write pages for you: of the class, of each student, and of each run with its timeline
    #[arg(long, value_name = "DIR")]
    html: Option<PathBuf>,

    /// Write what `check` would show into DIR/STUDENT/LESSON.txt
    #[arg(long, value_name = "DIR")]
    feedback: Option<PathBuf>,

    /// The same without anything that reveals the seed's inputs, to show to students
    #[arg(long, value_name = "DIR")]
    for_students: Option<PathBuf>,
}

impl Grade {
    pub fn run(self, context: &Context) -> Result {
        let lab = context.lab("grade")?;
        self.check_outputs()?;
        let settings = match &self.class {
            Some(file) => Settings::read(file, &lab.course)?,
            None => Settings::default(),
        };
        let known = self.exercises(context, &lab)?;
        let file =
            |exercise: &Exercise| (exercise.lesson.name.clone(), exercise.file.name().to_owned());
        let files: Vec<_> = known.iter().map(file).collect();
        let mut class = Class::find(&self.folders, Known { course: &lab.course, files: &files })?;
        let exercises = if self.lesson.is_empty() { class.attempted(known) } else { known };
        // A name that was not understood may be why there is nothing.
        let nothing = exercises.is_empty() || class.students.is_empty();
        let shard = self.shard.map(|shard| (shard.part, shard.of));
        let head = Head::new(Seed(self.seed), &exercises, class.students.len(), shard)?;
        if let Some((part, of)) = shard {
            class = class.shard(part, of);
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
        if self.moodle.is_some() && exercises.len() != 1 {
            return Err(GradeError::Worksheet { count: exercises.len() }.into());
        }
        let machine = lab.machine()?;
        let jobs = self.jobs.unwrap_or(lab.kernel.jobs);
        let graded =
            lab.grade(&machine, &class, &exercises, jobs, &before, self.html.as_deref())?;

        let mut document = before.and(&graded, &head, &class, &exercises);
        let course: Vec<String> = lab.course.names.iter().map(ToString::to_string).collect();
        let book = Book::new(&document, &course, &settings);
        document["gradebook"] = book.json();
        document["statistics"] = statistics::json(&book);
        let json = || format!("{document:#}\n");
        write(self.into.as_deref(), json)?;
        interrupt::check().map_err(Error::file("grade all of", "the class"))?;
        write(self.json.as_deref(), json)?;
        write(self.csv.as_deref(), || results::csv(&document))?;
        write(self.gradebook.as_deref(), || book.csv())?;
        write(self.canvas.as_deref(), || lms::canvas(&book, &settings))?;
        if let Some(file) = &self.moodle {
            write(Some(file), || lms::moodle(&book, &exercises[0].lesson.name.to_string()))?;
            for student in lms::without_number(&book) {
                let student = explain::visible(student);
                lab.progress.note(&format!("{student} has no number on Moodle, and is left out"));
            }
        }
        let students: Vec<&str> = book.students.iter().map(|one| one.name.as_str()).collect();
        for stranger in settings.strangers(&students) {
            lab.progress.note(&format!("`{stranger}` of `class.toml` is nobody in the class"));
        }
        write(self.junit.as_deref(), || results::junit(&graded))?;
        if let Some(folder) = &self.html {
            pages::write(folder, &book)?;
        }
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

    /// Checks that the results can be written before it takes an hour to have them.
    fn check_outputs(&self) -> std::result::Result<(), Error> {
        let books = [&self.gradebook, &self.canvas, &self.moodle];
        let files = [&self.json, &self.csv, &self.junit, &self.into].into_iter().chain(books);
        for file in files.flatten() {
            whole::check(file)?;
        }
        for folder in [&self.feedback, &self.for_students, &self.html].into_iter().flatten() {
            std::fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
            whole::check(&folder.join("student"))?;
        }
        Ok(())
    }
}

fn write(path: Option<&Path>, text: impl FnOnce() -> String) -> std::result::Result<(), Error> {
    let Some(path) = path else { return Ok(()) };
    Ok(whole::write(path, text().as_bytes())?)
}
