//! Grades a class: folders of strangers' files, from anywhere on disk, offline.
//!
//! ```text
//! DIR/alice/kill-pid/lab_kill_pid.c     a folder of students
//! DIR/kill-pid/lab_kill_pid.c           or one student's
//! ```
//!
//! Nobody is trusted: of each folder only the one file that the exercise names
//! is taken, it is compiled in a sandbox, it runs in a machine of its own, and
//! its marks come from the record of that run.

pub mod before;
pub mod class;
pub mod results;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use builder::progress::Event;
use builder::sandbox::Sandbox;
use explain::{ExitStatus, Explain};
use process::interrupt;

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
use crate::run::{Lab, Machine};

/// One student's work on one exercise, graded.
#[derive(Debug, Clone)]
pub struct Graded {
    pub student: String,
    /// `kill-pid`
    pub lesson: String,
    pub result: Result<Given, String>,
}

/// What was given for a submission.
#[derive(Debug, Clone)]
pub struct Given {
    pub marks: Marks,
    /// Files in the student's folder that nobody looked at.
    pub ignored: Vec<String>,
    /// What `check` would have shown.
    pub feedback: String,
    /// What of it shows nothing of the seed: see [`report::public`].
    pub public: String,
}

impl Lab<'_> {
    /// Grades every student of a class in every exercise, `jobs` at a time, but for
    /// what was graded `before`. The order of the results is the class's, whatever
    /// the order of the runs.
    ///
    /// Where the lab is asked to end meanwhile, the results are those there are.
    ///
    /// An error of the lab or the host with one submission is that submission's
    /// result, and stops no other. An error is a host on which nothing can be
    /// graded.
    pub fn grade(
        &self,
        machine: &Machine,
        class: &Class,
        exercises: &[Exercise],
        jobs: usize,
        before: &Before,
    ) -> Result<Vec<Graded>, Error> {
        // Better said once than for each student.
        Sandbox::check_support().map_err(CompileError::from)?;
        // What all submissions share is built once, before the first of them.
        for exercise in exercises {
            self.prepare(machine, exercise)?;
        }
        let work = pairs(class, exercises)
            .filter(|(student, exercise)| !before.has(&student.name, &lesson(exercise)));
        let work: Vec<_> = work.collect();
        let results: Vec<OnceLock<Graded>> = work.iter().map(|_| OnceLock::new()).collect();
        let (next, done) = (AtomicUsize::new(0), AtomicU64::new(0));
        let total = Some(work.len() as u64);
        self.progress.event(Event::Begin { stage: "grading", total });
        let worker = || loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((student, exercise)) = work.get(index) else { return };
            let graded = self.grade_one(machine, student, exercise);
            // What was cut off is no result.
            if interrupt::signal().is_some() {
                return;
            }
            // Each index is drawn once, so each place is empty.
            results[index].get_or_init(|| graded);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            self.progress.event(Event::Step { done, detail: &student.name });
        };
        std::thread::scope(|scope| {
            for _ in 0..jobs.max(1) {
                scope.spawn(worker);
            }
        });
        self.progress.event(Event::End);
        Ok(results.into_iter().filter_map(OnceLock::into_inner).collect())
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

/// Who is to be graded in what, in the order of the results.
pub fn pairs<'a>(
    class: &'a Class,
    exercises: &'a [Exercise],
) -> impl Iterator<Item = (&'a Student, &'a Exercise)> {
    let students = class.students.iter();
    students.flat_map(|student| exercises.iter().map(move |exercise| (student, exercise)))
}

/// An exercise's lesson, as results name it.
fn lesson(exercise: &Exercise) -> String {
    exercise.lesson.name.to_string()
}

/// The attempt of somebody whose file could not be taken.
fn none(exercise: &Exercise, ending: Ending) -> Attempt {
    let marks = Marks::none(exercise, ending);
    Attempt { marks, observed: None, compiler: None, log: None }
}

/// Why nothing could be graded.
#[derive(Debug, thiserror::Error)]
pub enum GradeError {
    /// It names the folder.
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
            GradeError::Into { .. } => "give the JSON that `grade` wrote, and the seed it had",
            GradeError::List(_) | GradeError::Nobody | GradeError::Twice { .. } => {
                "a student's folder holds `LESSON/FILE`; give that folder, or one with \
                 folders of students"
            }
        };
        Some(hint.to_owned())
    }
}
