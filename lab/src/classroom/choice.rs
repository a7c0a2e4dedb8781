//! Chooses the exercise that a student works on.

use serde_json::{Value, json};

use super::progress::Progress;
use super::{Work, WorkError};
use crate::course::width_of_names;
use crate::exercise::Exercise;

/// The exercise that a student is at: the one of the last command, or else the one to go
/// on with. `None` if there is none.
pub fn here<'a>(
    work: &Work,
    progress: &Progress,
    exercises: &'a [Exercise],
) -> Option<&'a Exercise> {
    progress.last(exercises).or_else(|| current(work, progress, exercises)).or(exercises.first())
}

/// The exercise to work on now: the one of the last command, or if that is solved, the
/// next one. If all are solved, the one of the last command.
pub fn onward<'a>(
    work: &Work,
    progress: &Progress,
    exercises: &'a [Exercise],
) -> Option<&'a Exercise> {
    let here = here(work, progress, exercises)?;
    match progress.of(here).passed() {
        true => next(progress, exercises, here).or(Some(here)),
        false => Some(here),
    }
}

/// The exercise to begin with: the first one that was started but not solved, or else the
/// first unsolved one. `None` if all are solved.
fn current<'a>(
    work: &Work,
    progress: &Progress,
    exercises: &'a [Exercise],
) -> Option<&'a Exercise> {
    let unsolved = || exercises.iter().filter(|exercise| !progress.of(exercise).passed());
    unsolved().find(|exercise| work.is_started(exercise)).or_else(|| unsolved().next())
}

/// The next unsolved exercise after `at`, or from the start again. `None` if all others
/// are solved.
pub fn next<'a>(
    progress: &Progress,
    exercises: &'a [Exercise],
    at: &Exercise,
) -> Option<&'a Exercise> {
    let here = exercises.iter().position(|exercise| exercise.lesson.name == at.lesson.name);
    let (before, behind) = exercises.split_at(here.map_or(0, |index| index + 1));
    behind
        .iter()
        .chain(before)
        .filter(|exercise| exercise.lesson.name != at.lesson.name)
        .find(|exercise| !progress.of(exercise).passed())
}

impl Work {
    /// Shows where a student stands, one line per exercise, then the total. Judges
    /// nothing.
    pub fn overview(&self, exercises: &[Exercise]) -> Result<String, WorkError> {
        let progress = self.progress()?;
        let (mut points, mut of) = (0, 0);
        let mut text = String::new();
        let width = width_of_names(exercises.iter().map(|exercise| &exercise.lesson.name));
        for exercise in exercises {
            let exercised = progress.of(exercise);
            let name = exercise.lesson.name.to_string();
            text += &format!("{name:<width$} {}\n", self.standing(exercise, &exercised));
            points += exercised.points;
            of += exercise.points();
        }
        Ok(text + &format!("{points} of {of} points\n"))
    }

    /// The same as one JSON document:
    ///
    /// ```json
    /// {"version": 1, "points": 6, "of": 13,
    ///  "exercises": [{"lesson": "sigchld", "started": true, "points": 6, "of": 6,
    ///                 "passed": true, "hints": 1, "solution_seen": false}]}
    /// ```
    ///
    /// `points` is the most so far, and `of` the most that there is to earn.
    pub fn overview_json(&self, exercises: &[Exercise]) -> Result<Value, WorkError> {
        let progress = self.progress()?;
        let line = |exercise: &Exercise| {
            let exercised = progress.of(exercise);
            json!({
                "lesson": exercise.lesson.name.as_str(),
                "started": self.is_started(exercise),
                "points": exercised.points,
                "of": exercise.points(),
                "passed": exercised.passed(),
                "hints": exercised.hints,
                "solution_seen": exercised.peeked,
            })
        };
        Ok(json!({
            "version": 1,
            "points": exercises.iter().map(|exercise| progress.of(exercise).points).sum::<u32>(),
            "of": exercises.iter().map(Exercise::points).sum::<u32>(),
            "exercises": exercises.iter().map(line).collect::<Vec<_>>(),
        }))
    }
}
