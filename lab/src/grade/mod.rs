//! Grades a class: folders of strangers' files anywhere on disk, without a network.
//!
//! ```text
//! DIR/alice/kill-pid/lab_kill_pid.c     a folder of students
//! DIR/kill-pid/lab_kill_pid.c           or one student's
//! ```
//!
//! No submission is trusted. Of each folder, only the one file that the exercise names is
//! taken. The file is compiled in a sandbox, runs in a machine of its own, and gets its
//! marks from the record of that run.

pub mod before;
pub mod class;
pub mod results;

use std::path::PathBuf;

use builder::sandbox::Sandbox;
use explain::{ExitStatus, Explain};

use before::Before;
use class::{Class, Student};

use crate::classroom::folder_of;
use crate::error::Error;
use crate::exercise::attempt::Attempt;
use crate::exercise::compile::CompileError;
use crate::exercise::ending::{Ending, Fault};
use crate::exercise::marks::Marks;
use crate::exercise::submission::Submission;
use crate::exercise::values::Seed;
use crate::exercise::{Exercise, report};
use crate::parallel;
use crate::run::{Lab, Machine};

/// One student's work on one exercise, graded.
#[derive(Debug, Clone)]
pub struct Graded {
    pub student: String,
    /// The lesson's name, such as `kill-pid`.
    pub lesson: String,
    pub result: Result<Given, String>,
}

/// The result of grading a submission.
#[derive(Debug, Clone)]
pub struct Given {
    pub marks: Marks,
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
    /// of the runs.
    ///
    /// If the lab is asked to end in the meantime, it returns the results so far.
    ///
    /// If the lab or the host fails on one submission, that error is the submission's
    /// result, and the others go on. An error is returned only if the host cannot grade
    /// at all.
    pub fn grade(
        &self,
        machine: &Machine,
        class: &Class,
        exercises: &[Exercise],
        jobs: usize,
        before: &Before,
    ) -> Result<Vec<Graded>, Error> {
        // Report this once instead of for each student.
        Sandbox::check_support().map_err(CompileError::from)?;
        // Build what all submissions share once, before the first of them.
        for exercise in exercises {
            self.prepare(machine, exercise)?;
        }
        let work = pairs(class, exercises)
            .filter(|(student, exercise)| !before.has(&student.name, &lesson(exercise)));
        let work: Vec<_> = work.collect();
        let (progress, stage) = (self.progress, "grading");
        Ok(parallel::each(
            &work,
            jobs,
            progress,
            stage,
            |(student, _)| &student.name,
            |(student, exercise)| self.grade_one(machine, student, exercise),
        ))
    }

    fn grade_one(&self, machine: &Machine, student: &Student, exercise: &Exercise) -> Graded {
        let lesson = lesson(exercise);
        let result = self.give(machine, student, exercise).map_err(|e| e.to_string());
        Graded { student: student.name.clone(), lesson, result }
    }

    fn give(
        &self,
        machine: &Machine,
        student: &Student,
        exercise: &Exercise,
    ) -> Result<Given, Error> {
        let taken = match &student.problem {
            Some(problem) => Err(problem.clone()),
            None => {
                let folder = folder_of(&student.folder, &exercise.lesson.name);
                Submission::take(&folder, exercise.file.name())
            }
        };
        let (attempt, ignored) = match taken {
            Ok(submission) => {
                let attempt =
                    self.attempt(machine, exercise, &submission.shown, &submission.text)?;
                (attempt, submission.ignored)
            }
            Err(refused) => {
                let error = refused.into();
                let Fault::Submission(ending) = Fault::of(&error) else { return Err(error) };
                (none(exercise, ending), Vec::new())
            }
        };
        let feedback = report::text(exercise, &attempt);
        let known = Exercise::read(&exercise.lesson, Seed::default())?;
        let public = report::public(&known, &attempt);
        Ok(Given { marks: attempt.marks, ignored, feedback, public })
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
    Attempt { marks, observed: None, compiler: None, warnings: None, log: None }
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
    #[error("failed to add to `{}`: {reason}", path.display())]
    Into { path: PathBuf, reason: String },
}

impl Explain for GradeError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            GradeError::Into { .. } => "give the JSON that `grade` wrote, and the same seed",
            GradeError::List(_) | GradeError::Nobody | GradeError::Twice { .. } => {
                "a student's folder holds `LESSON/FILE`; give that folder, or one with \
                 folders of students"
            }
        };
        Some(hint.to_owned())
    }
}
