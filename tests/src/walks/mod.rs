//! A walk of each of the four people for whom the lab is made, on a real terminal: what
//! `docs/walks.md` quotes.
//!
//! A walk is a list of commands, as a person types them, and of what the person does in
//! between. Its text is everything that is on the terminal in the end.

mod author;
mod explorer;
mod paper;
mod student;
mod teacher;
mod terminal;

use std::path::Path;
use std::sync::Arc;

use lab::error::Error;
use lab::exercise::Exercise;
use lab::exercise::values::Seed;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;

use crate::Test;
use crate::snapshots::compare;

/// What walks need of the lab.
struct Course {
    lab: Arc<Lab<'static>>,
    /// A program that the student writes, and a module.
    sigchld: Exercise,
    kill_pid: Exercise,
}

/// One test per person.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let exercise = |name: &str| -> Result<Exercise, Error> {
        Ok(Exercise::read(&lab.course.find(name)?, Seed::default())?)
    };
    let course = Arc::new(Course {
        lab: Arc::clone(lab),
        sigchld: exercise("sigchld")?,
        kill_pid: exercise("kill-pid")?,
    });
    let walk = |name: &'static str, walk: fn(&Course) -> Result<String, Failed>| {
        let (course, machine) = (Arc::clone(&course), Arc::clone(machine));
        Test::new(format!("walks::{name}"), move || {
            // Build this first, so that no command says that it builds.
            for exercise in [&course.sigchld, &course.kill_pid] {
                course.lab.prepare(&machine, exercise)?;
            }
            compare(&format!("walk-{name}"), &walk(&course)?)
        })
    };
    Ok(vec![
        walk("student", student::walk),
        walk("teacher", teacher::walk),
        walk("author", author::walk),
        walk("explorer", explorer::walk),
    ])
}

/// Writes a file, with the folders that it needs.
fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<(), Failed> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(path, text)?)
}
