//! A student's progress: `work/progress.json`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use fs_err as fs;
use serde::{Deserialize, Serialize};
use story::lesson::Name;

use super::{Work, WorkError};
use crate::exercise::marks::Marks;
use crate::exercise::{Exercise, report};
use crate::whole;

/// The only `version` that this lab understands.
pub const VERSION: u32 = 1;

/// Everything that is stored about a student.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    version: u32,
    /// The lesson whose exercise the last command was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    /// The exercises by lesson. Lessons that are no longer in the course are kept.
    lessons: BTreeMap<String, Exercised>,
}

/// What is stored about one exercise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercised {
    /// The most points so far.
    pub points: u32,
    /// The maximum number of points at that time.
    pub of: u32,
    /// Hints shown so far.
    pub hints: usize,
    /// Whether the solution was shown before the exercise was solved.
    pub peeked: bool,
}

impl Default for Progress {
    fn default() -> Progress {
        Progress { version: VERSION, last: None, lessons: BTreeMap::new() }
    }
}

impl Exercised {
    /// Whether all points were earned.
    pub fn passed(&self) -> bool {
        self.of > 0 && self.points == self.of
    }
}

impl Progress {
    /// Renames lessons from the old form with a number to their current names.
    fn rename(&mut self) {
        for (old, exercised) in std::mem::take(&mut self.lessons) {
            let name = Name::of_work(&old).map_or(old, |name| name.to_string());
            let best = self.lessons.entry(name).or_default();
            if exercised.points >= best.points {
                *best = exercised;
            }
        }
    }

    /// What is stored about an exercise. Empty if it was never checked.
    pub fn of(&self, exercise: &Exercise) -> Exercised {
        self.lessons.get(exercise.lesson.name.as_str()).copied().unwrap_or_default()
    }

    /// Stores marks if they are the best so far.
    pub fn checked(&mut self, exercise: &Exercise, marks: &Marks) {
        let exercised = self.entry(exercise);
        let marks = &marks.on_the_lessons_kernel();
        // If the exercise has changed, its old points mean nothing.
        if exercised.of != marks.of() || exercised.points < marks.points() {
            (exercised.points, exercised.of) = (marks.points(), marks.of());
        }
    }

    /// Returns the index of the next hint, from 0, and stores that it was shown. If there
    /// are no more hints, returns the last one again.
    pub fn next_hint(&mut self, exercise: &Exercise) -> usize {
        let exercised = self.entry(exercise);
        let last = exercise.hints.len().saturating_sub(1);
        let hint = exercised.hints.min(last);
        exercised.hints = hint + 1;
        hint
    }

    /// Stores that the solution was shown before the exercise was solved.
    pub fn peeked(&mut self, exercise: &Exercise) {
        self.entry(exercise).peeked = true;
    }

    /// Stores that the exercise was started.
    pub fn started(&mut self, exercise: &Exercise) {
        self.entry(exercise);
    }

    /// The exercise that the last command was about.
    pub fn last<'a>(&self, exercises: &'a [Exercise]) -> Option<&'a Exercise> {
        exercises
            .iter()
            .find(|exercise| Some(exercise.lesson.name.as_str()) == self.last.as_deref())
    }

    fn entry(&mut self, exercise: &Exercise) -> &mut Exercised {
        self.last = Some(exercise.lesson.name.to_string());
        self.lessons.entry(exercise.lesson.name.to_string()).or_default()
    }
}

impl Work {
    /// Describes in a few words where a student stands with an exercise: `3 of 6 points,
    /// 1 hint`.
    pub fn standing(&self, exercise: &Exercise, exercised: &Exercised) -> String {
        let mut words = match exercised {
            Exercised { of: 0, .. } if self.is_started(exercise) => "started".to_owned(),
            Exercised { of: 0, .. } if self.is_gone(exercise) => "started".to_owned(),
            Exercised { of: 0, .. } => "not started".to_owned(),
            Exercised { points, of, .. } => format!("{points} of {of} points"),
        };
        match exercised.hints {
            0 => {}
            1 => words += ", 1 hint",
            more => words += &format!(", {more} hints"),
        }
        if exercised.peeked {
            words += ", solution seen";
        }
        if self.is_gone(exercise) {
            words += ", the file is gone";
        }
        words
    }

    /// Stores the marks of a check.
    pub fn remember(&self, exercise: &Exercise, marks: &Marks) -> Result<(), WorkError> {
        let mut progress = self.progress()?;
        progress.checked(exercise, marks);
        self.save(&progress)
    }

    /// Returns the text of the next hint and stores that it was given.
    pub fn next_hint(&self, exercise: &Exercise) -> Result<String, WorkError> {
        let mut progress = self.progress()?;
        let number = progress.next_hint(exercise);
        self.save(&progress)?;
        Ok(report::hint(exercise, number))
    }

    fn progress_file(&self) -> PathBuf {
        self.root().join("progress.json")
    }

    /// Reads the progress. It is empty before the first check.
    pub fn progress(&self) -> Result<Progress, WorkError> {
        let path = self.progress_file();
        let text = match fs::read_to_string(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Progress::default()),
            text => text?,
        };
        let malformed = |reason: String| WorkError::Progress { path: path.clone(), reason };
        let mut progress: Progress =
            serde_json::from_str(&text).map_err(|e| malformed(e.to_string()))?;
        if progress.version != VERSION {
            return Err(malformed(format!(
                "it has version {}, but this lab reads {VERSION}",
                progress.version
            )));
        }
        progress.rename();
        Ok(progress)
    }

    /// Writes the progress. The file always has either the old or the new content.
    pub fn save(&self, progress: &Progress) -> Result<(), WorkError> {
        let path = self.progress_file();
        fs::create_dir_all(self.root())?;
        let json = serde_json::to_vec_pretty(progress)
            .map_err(|e| WorkError::Progress { path: path.clone(), reason: e.to_string() })?;
        Ok(whole::write(&path, &json)?)
    }
}
