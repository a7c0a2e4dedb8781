//! A student's own files: `work/` in the checkout, which Git ignores.
//!
//! ```text
//! work/kill-pid/lab_kill_pid.c   what the student writes
//! work/kill-pid/TASK.md          what it should do
//! work/progress.json             points, hints taken
//! ```
//!
//! Nothing here is ever overwritten. An update of the lab does not touch `work/`, and a
//! reset keeps the old file.

pub mod choice;
pub mod editors;
pub mod progress;

use std::path::{Path, PathBuf};

use explain::{ExitStatus, Explain};
use fs_err as fs;
use nix::unistd::{AccessFlags, access};
use story::lesson::Name;

use crate::exercise::submission::TASK;
use crate::exercise::{Exercise, Sample};

/// The folder in a course's tree for everything that a student writes.
pub const FOLDER: &str = "work";

/// The folder for the same at home, if many people share a course's tree.
pub const AT_HOME: &str = "upcall-work";

/// A student's files.
#[derive(Debug, Clone)]
pub struct Work {
    root: PathBuf,
}

/// Why a student's files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("{lesson} has not been started")]
    NotStarted { lesson: String },
    #[error("`{}` is gone", path.display())]
    Gone { lesson: String, path: PathBuf },
    #[error("failed to understand `{}`: {reason}", path.display())]
    Progress { path: PathBuf, reason: String },
    #[error("this course has no exercises")]
    NoExercise,
    #[error("{lesson} is not solved yet, and its solution was not shown")]
    Unsolved { lesson: String },
}

impl Explain for WorkError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            WorkError::NotStarted { .. }
            | WorkError::Gone { .. }
            | WorkError::NoExercise
            | WorkError::Unsolved { .. } => ExitStatus::Usage,
            WorkError::File(_) | WorkError::Progress { .. } => ExitStatus::Build,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            WorkError::NotStarted { lesson } => {
                Some(format!("`cargo xtask start {lesson}` begins it"))
            }
            WorkError::Gone { lesson, .. } => {
                Some(format!("put it back, or `cargo xtask start {lesson}` begins it again"))
            }
            WorkError::Progress { .. } => Some("move the file away to begin a new one".to_owned()),
            WorkError::Unsolved { lesson } => Some(format!(
                "`cargo xtask hint {lesson}` helps; `--yes` shows the solution all the same"
            )),
            WorkError::File(_) | WorkError::NoExercise => None,
        }
    }
}

/// The result of `start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    Now,
    /// The file existed before and was not changed.
    Before,
}

/// The path of a student's folder for a lesson, below the folder of all their work. If
/// there is no such folder, the path for a new one.
pub fn folder_of(root: &Path, name: &Name) -> PathBuf {
    root.join(folders_of(root, name).first().map_or(name.as_str(), String::as_str))
}

/// The names of all folders that a student has for a lesson: the lesson's name, or the
/// old form with a number, `lesson-03-kill-pid`. The number does not matter. The first
/// name is the one to use: the one without a number if it exists.
pub fn folders_of(root: &Path, name: &Name) -> Vec<String> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut folders: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    folders.retain(|entry| Name::of_work(entry).as_ref() == Some(name));
    folders.sort_by_key(|entry| (entry != name.as_str(), entry.clone()));
    folders
}

impl Work {
    /// The work of the person who uses this course's tree. If it is a pack that they may
    /// not write to, their work is at home.
    pub fn of(course: &Path) -> Work {
        let is_shared =
            builder::pack::here().is_some() && access(course, AccessFlags::W_OK).is_err();
        match std::env::home_dir().filter(|_| is_shared) {
            Some(home) => Work::at(home.join(AT_HOME)),
            None => Work::at(course.join(FOLDER)),
        }
    }

    /// The work in a folder of its own, outside a course's tree.
    pub fn at(root: PathBuf) -> Work {
        Work { root }
    }

    /// The folder that contains all the work.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder for one exercise.
    pub fn folder(&self, exercise: &Exercise) -> PathBuf {
        folder_of(&self.root, &exercise.lesson.name)
    }

    /// The file that the student writes.
    pub fn file(&self, exercise: &Exercise) -> PathBuf {
        self.folder(exercise).join(exercise.file.name())
    }

    /// Whether an exercise was started.
    pub fn is_started(&self, exercise: &Exercise) -> bool {
        self.file(exercise).exists()
    }

    /// Whether an exercise was started, and its file is no longer there.
    pub fn is_gone(&self, exercise: &Exercise) -> bool {
        !self.is_started(exercise) && self.folder(exercise).join(TASK).exists()
    }

    /// The file that the student writes. Fails if it does not exist.
    pub fn started(&self, exercise: &Exercise) -> Result<PathBuf, WorkError> {
        let (file, lesson) = (self.file(exercise), exercise.lesson.name.to_string());
        match self.is_started(exercise) {
            true => Ok(file),
            false if self.is_gone(exercise) => {
                let path = std::path::absolute(&file).unwrap_or(file);
                Err(WorkError::Gone { lesson, path })
            }
            false => Err(WorkError::NotStarted { lesson }),
        }
    }

    /// Writes the stub and the task. Leaves an existing file alone.
    pub fn start(&self, exercise: &Exercise) -> Result<Started, WorkError> {
        let mut progress = self.progress()?;
        progress.started(exercise);
        self.save(&progress)?;
        let folder = self.folder(exercise);
        fs::create_dir_all(&folder)?;
        let task = folder.join(TASK);
        if !task.exists() {
            fs::write(&task, &exercise.task)?;
        }
        let file = self.file(exercise);
        if file.exists() {
            return Ok(Started::Before);
        }
        fs::write(&file, exercise.sample(&Sample::Stub))?;
        Ok(Started::Now)
    }

    /// Replaces the student's file by the stub. The old file is kept next to it; returns
    /// its path.
    pub fn reset(&self, exercise: &Exercise) -> Result<PathBuf, WorkError> {
        let file = self.started(exercise)?;
        let backup = (1..)
            .map(|n| PathBuf::from(format!("{}.{n}.bak", file.display())))
            .find(|backup| !backup.exists())
            .expect("there are more numbers than files");
        fs::rename(&file, &backup)?;
        fs::write(&file, exercise.sample(&Sample::Stub))?;
        Ok(backup)
    }
}

#[cfg(test)]
mod tests;
