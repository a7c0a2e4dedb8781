//! Grades a class: folders of strangers' files anywhere on disk, without a network.
//!
//! ```text
//! DIR/alice/kill-pid/lab_kill_pid.c     a folder of students
//! DIR/kill-pid/lab_kill_pid.c           or one student's
//! class.zip                             or either of them, packed
//! ```
//!
//! No submission is trusted. Of each folder, only the one file that the exercise names is
//! taken. The file is compiled in a sandbox, runs in a machine of its own, and gets its
//! marks from the record of that run.

pub mod before;
pub mod book;
pub mod class;
pub mod download;
pub mod head;
pub mod lms;
pub mod merge;
pub mod pages;
pub mod results;
pub mod settings;
pub mod statistics;
pub mod table;
pub mod unpack;

use std::path::{Path, PathBuf};

use builder::sandbox::Sandbox;
use explain::{ExitStatus, Explain, visible};
use fs_err as fs;
use story::timeline::Timeline;

use before::Before;
use class::{Class, Student};
use unpack::UnpackError;

use crate::error::Error;
use crate::exercise::attempt::Attempt;
use crate::exercise::compile::CompileError;
use crate::exercise::ending::{Ending, Fault};
use crate::exercise::marks::Marks;
use crate::exercise::thorough::Machines;
use crate::exercise::values::Seed;
use crate::exercise::{Exercise, report};
use crate::maker::Maker;
use crate::pages::{Background, of_attempt};
use crate::parallel;
use crate::run::{Lab, Machine};
use crate::whole;

/// One student's work on one exercise, graded.
#[derive(Debug, Clone)]
pub struct Graded {
    pub student: String,
    /// A learning platform's number of the student.
    pub id: Option<String>,
    /// The lesson's name, such as `kill-pid`.
    pub lesson: String,
    pub result: Result<Given, String>,
}

/// The result of grading a submission.
#[derive(Debug, Clone)]
pub struct Given {
    pub marks: Marks,
    /// What was graded: see [`Submission::key`](crate::exercise::submission::Submission::key). `None` if no file was accepted.
    pub submission: Option<String>,
    /// Files in the student's folder that were not looked at.
    pub ignored: Vec<String>,
    /// The report that `check` would have shown.
    pub feedback: String,
    /// The parts of the report that reveal nothing about the seed: see
    /// [`report::public`].
    pub public: String,
}

impl Lab<'_> {
    /// Grades every student of a class in every exercise, `jobs` at a time, except what
    /// was graded `before`. The results are in the order of the class, whatever the order
    /// of the runs. With a debug machine, modules run there, too.
    ///
    /// With `runs`, the page of each run is written into that folder at once: see
    /// [`pages::of_run`].
    ///
    /// If the lab is asked to end in the meantime, it returns the results so far.
    ///
    /// If the lab or the host fails on one submission, that error is the submission's
    /// result, and the others go on. An error is returned only if the host cannot grade
    /// at all.
    pub fn grade(
        &self,
        machines: Machines<'_>,
        class: &Class,
        exercises: &[Exercise],
        jobs: usize,
        before: &Before,
        runs: Option<&Path>,
    ) -> Result<Vec<Graded>, Error> {
        // Report this once instead of for each student.
        Sandbox::check_support().map_err(CompileError::from)?;
        // Build what all submissions share once, before the first of them.
        for exercise in exercises {
            self.prepare(machines.lesson, exercise)?;
            if let Some(debug) = machines.debug.filter(|_| exercise.has_thorough_check()) {
                self.prepare_thorough(debug, exercise)?;
            }
        }
        let is_missing = |(student, exercise): &(&Student, &Exercise)| {
            let submission = student.submission(exercise);
            !submission.is_ok_and(|taken| before.has(&student.name, &lesson(exercise), &taken))
        };
        let work: Vec<_> = pairs(class, exercises).filter(is_missing).collect();
        let (progress, stage) = (self.progress, "grading");
        Ok(parallel::each(
            &work,
            jobs,
            progress,
            stage,
            |(student, _)| &student.name,
            |(student, exercise)| self.grade_one(machines, student, exercise, runs),
        ))
    }

    fn grade_one(
        &self,
        machines: Machines<'_>,
        student: &Student,
        exercise: &Exercise,
        runs: Option<&Path>,
    ) -> Graded {
        let lesson = lesson(exercise);
        let result = self.give(machines, student, exercise, runs).map_err(|e| e.to_string());
        Graded { student: student.name.clone(), id: student.id.clone(), lesson, result }
    }

    fn give(
        &self,
        machines: Machines<'_>,
        student: &Student,
        exercise: &Exercise,
        runs: Option<&Path>,
    ) -> Result<Given, Error> {
        let (attempt, submission, ignored) = match student.submission(exercise) {
            Ok(submission) => {
                let (path, text) = (&submission.shown, &submission.text);
                let attempt = self.attempt_on(machines, exercise, path, text)?;
                if let Some(folder) = runs {
                    let page = self.page(machines.lesson, exercise, &submission.text, &attempt)?;
                    let path = pages::of_run(folder, &student.name, &lesson(exercise));
                    fs::create_dir_all(path.parent().unwrap_or(folder))?;
                    whole::write(&path, page.as_bytes())?;
                }
                (attempt, Some(submission.key()), submission.ignored)
            }
            Err(refused) => {
                let error = refused.into();
                let Fault::Submission(ending) = Fault::of(&error) else { return Err(error) };
                let mut attempt = none(exercise, ending);
                if machines.debug.is_some() && exercise.has_thorough_check() {
                    attempt.marks.judge_on_the_debug_kernel(None);
                }
                (attempt, None, Vec::new())
            }
        };
        let feedback = report::text(exercise, &attempt).to_string();
        let known = Exercise::read(&exercise.lesson, Seed::default())?;
        let public = report::public(&known, &attempt);
        Ok(Given { marks: attempt.marks, submission, ignored, feedback, public })
    }

    /// The page of a run that was graded.
    fn page(
        &self,
        machine: &Machine,
        exercise: &Exercise,
        text: &str,
        attempt: &Attempt,
    ) -> Result<String, Error> {
        let nothing = Timeline::default();
        let timeline = attempt.observed.as_ref().map_or(&nothing, |seen| &seen.timeline);
        let background = Background::of_attempt(self, machine, exercise, text, timeline)?;
        Ok(of_attempt(exercise, attempt, &Maker::here(self, machine), &background))
    }
}

/// Every student and exercise to grade, in the order of the results.
pub fn pairs<'a>(
    class: &'a Class,
    exercises: &'a [Exercise],
) -> impl Iterator<Item = (&'a Student, &'a Exercise)> {
    let students = class.students.iter();
    students.flat_map(|student| exercises.iter().map(move |exercise| (student, exercise)))
}

/// The name of an exercise's lesson in results.
fn lesson(exercise: &Exercise) -> String {
    exercise.lesson.name.to_string()
}

/// The attempt of a student whose file cannot be accepted.
fn none(exercise: &Exercise, ending: Ending) -> Attempt {
    let marks = Marks::none(exercise, ending);
    Attempt { marks, observed: None, compiler: None, warnings: None, log: None, line: None }
}

/// Why nothing can be graded.
#[derive(Debug, thiserror::Error)]
pub enum GradeError {
    /// The error names the folder.
    #[error(transparent)]
    List(#[from] std::io::Error),
    #[error("there is no submission for an exercise of this course")]
    Nobody,
    #[error("two students are called `{name}`")]
    Twice { name: String },
    #[error("Moodle's worksheet is of one exercise, not of {count}")]
    Worksheet { count: usize },
    #[error("`{}` is neither a folder nor a .zip, .tar, .tar.gz or .tgz", path.display())]
    Unknown { path: PathBuf },
    #[error("failed to unpack `{}`: {error}", path.display())]
    Unpack { path: PathBuf, error: UnpackError },
    #[error("failed to add to `{}`: {reason}", path.display())]
    Into { path: PathBuf, reason: String },
    #[error(
        "failed to add to `{}`: its row of {} in {lesson} is of another version of the exercise",
        path.display(),
        visible(student)
    )]
    OtherVersion {
        path: PathBuf,
        student: String,
        lesson: String,
        /// Whether what is given is graded again, and this is not given.
        again: bool,
    },
}

impl Explain for GradeError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            GradeError::Into { .. } => "give the JSON that `grade` wrote, and the same seed",
            GradeError::OtherVersion { again: false, .. } => {
                "`--regrade` grades again what is given"
            }
            GradeError::OtherVersion { again: true, .. } => "give this student's folder, too",
            GradeError::Worksheet { .. } => "`--lesson` says which one",
            GradeError::Unpack { .. } => "unpack it yourself, and give the folder",
            GradeError::List(_)
            | GradeError::Nobody
            | GradeError::Twice { .. }
            | GradeError::Unknown { .. } => {
                "a student's folder holds `LESSON/FILE`; give that folder, or one with \
                 folders of students"
            }
        };
        Some(hint.to_owned())
    }
}
