//! The course: all lessons of a tree, found by looking.
//!
//! There is no list of lessons: a lesson is a folder
//! `guest-programs/lesson-NN-slug` with a `lesson.toml`.

use std::path::{Path, PathBuf};

use explain::{ExitStatus, Explain};

use story::lesson::{self, Lesson, LessonError, Name};

/// A tree with lessons: this repository, or a miniature of it in tests.
#[derive(Debug, Clone)]
pub struct Course {
    /// The folder that holds `Cargo.toml`, `guest-programs/` and `kmods/`.
    pub root: PathBuf,
    /// In the order of their numbers.
    pub names: Vec<Name>,
}

/// Why the course, or a lesson of it, could not be had.
#[derive(Debug, thiserror::Error)]
pub enum CourseError {
    #[error("failed to read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("failed to list `{}`: {source}", path.display())]
    List { path: PathBuf, source: std::io::Error },
    #[error("there is no lesson `{asked}`")]
    Unknown {
        asked: String,
        /// The name that comes nearest, or nothing near.
        near: Option<Name>,
    },
    #[error(transparent)]
    Lesson(#[from] LessonError),
}

impl Explain for CourseError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            CourseError::Unknown { .. } => ExitStatus::Usage,
            CourseError::List { .. } | CourseError::Read { .. } => ExitStatus::Build,
            CourseError::Lesson(error) => error.exit_status(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            CourseError::Unknown { near: Some(near), .. } => {
                Some(format!("did you mean `{near}`?"))
            }
            CourseError::Unknown { near: None, .. } => {
                Some("`cargo xtask list` shows the lessons".to_owned())
            }
            CourseError::Lesson(error) => error.hint(),
            CourseError::List { .. } | CourseError::Read { .. } => None,
        }
    }
}

impl Course {
    /// Looks for the lessons of a tree.
    pub fn open(root: &Path) -> Result<Course, CourseError> {
        let path = root.join("guest-programs");
        let failed = |source| CourseError::List { path: path.clone(), source };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if let Some(name) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
                names.push(name);
            }
        }
        names.sort();
        Ok(Course { root: root.to_owned(), names })
    }

    /// The lesson that a person means by `lesson-3`, `3`, `lesson-03-kill-pid`
    /// or `kill-pid`.
    pub fn find(&self, asked: &str) -> Result<Lesson, CourseError> {
        let name = self.names.iter().find(|name| means(asked, name)).ok_or_else(|| {
            CourseError::Unknown { asked: asked.to_owned(), near: self.nearest(asked) }
        })?;
        self.read(name)
    }

    /// Reads a lesson of this course.
    pub fn read(&self, name: &Name) -> Result<Lesson, CourseError> {
        let folder = self.root.join("guest-programs").join(name.to_string());
        let path = folder.join(lesson::FILE);
        let text =
            std::fs::read_to_string(&path).map_err(|source| CourseError::Read { path, source })?;
        Ok(Lesson::parse(&folder, &text)?)
    }

    fn nearest(&self, asked: &str) -> Option<Name> {
        let distance = |name: &Name| {
            strsim::levenshtein(asked, &name.slug)
                .min(strsim::levenshtein(asked, &name.to_string()))
        };
        let near = self.names.iter().min_by_key(|name| distance(name))?;
        // Farther than a third of its letters, a name is another one.
        (distance(near) * 3 <= asked.len()).then(|| near.clone())
    }
}

fn means(asked: &str, name: &Name) -> bool {
    let number = asked.strip_prefix("lesson-").unwrap_or(asked);
    number.parse() == Ok(name.number) || asked == name.slug || asked == name.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course() -> Course {
        let name = |number, slug: &str| Name { number, slug: slug.to_owned() };
        Course { root: PathBuf::new(), names: vec![name(1, "sigchld"), name(3, "kill-pid")] }
    }

    #[test]
    fn every_form_of_a_name_is_understood() {
        let names = course().names;
        for asked in ["lesson-3", "3", "03", "lesson-03", "lesson-03-kill-pid", "kill-pid"] {
            let meant: Vec<u8> =
                names.iter().filter(|name| means(asked, name)).map(|name| name.number).collect();
            assert_eq!(meant, [3], "{asked}");
        }
    }

    #[test]
    fn a_near_miss_is_answered_with_the_name() {
        for (asked, near) in
            [("kil-pid", Some(3)), ("sigchild", Some(1)), ("lesson-99", None), ("", None)]
        {
            let Err(CourseError::Unknown { near: found, .. }) = course().find(asked) else {
                panic!("`{asked}` was found");
            };
            assert_eq!(found.map(|name| name.number), near, "{asked}");
        }
    }
}
