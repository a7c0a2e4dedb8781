//! A new lesson, complete and passing, for its author to change bit by bit.
//!
//! What it consists of is worked out first ([`Scaffold::files`]), without IO,
//! and then written: everything, or nothing if a part of it is there already.

mod chapter;
mod template;

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use explain::{ExitStatus, Explain};
use story::lesson::Name;
use xshell::{Shell, cmd};

use crate::course::Course;

/// The course's text, in its tree.
const COURSE: &str = "course.md";

/// A slug's greatest length, bytes: file names and lines that hold it stay
/// readable.
const SLUG_BYTES: usize = 40;

/// A lesson to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaffold {
    pub name: Name,
    /// Whether it has a kernel module of its own.
    pub kmod: bool,
}

/// Why a lesson could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    #[error("there is lesson {} already: `{name}`", name.number)]
    Number { name: Name },
    #[error("there is a lesson `{}` already: `{name}`", name.slug)]
    Slug { name: Name },
    #[error("`{}` is there already", path.display())]
    Exists { path: PathBuf },
    #[error("failed to {verb} `{}`: {source}", path.display())]
    File { verb: &'static str, path: PathBuf, source: std::io::Error },
    #[error("failed to run cargo: {0}")]
    Cargo(#[source] xshell::Error),
    #[error("failed to add the lesson to `Cargo.lock`")]
    Lock {
        /// What cargo printed.
        output: String,
    },
}

impl Explain for ScaffoldError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            ScaffoldError::Number { .. }
            | ScaffoldError::Slug { .. }
            | ScaffoldError::Exists { .. } => ExitStatus::Usage,
            ScaffoldError::File { .. } | ScaffoldError::Cargo(_) | ScaffoldError::Lock { .. } => {
                ExitStatus::Build
            }
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            ScaffoldError::Number { .. }
            | ScaffoldError::Slug { .. }
            | ScaffoldError::Exists { .. } => {
                Some("nothing was written; choose another number or slug".to_owned())
            }
            ScaffoldError::Lock { .. } => Some(
                "the lesson's files are there; `cargo update --workspace` with a network does the \
                 rest"
                    .to_owned(),
            ),
            ScaffoldError::File { .. } | ScaffoldError::Cargo(_) => None,
        }
    }

    fn details(&self) -> Option<&str> {
        match self {
            ScaffoldError::Lock { output } => Some(output),
            _ => None,
        }
    }
}

/// The part of a lesson's name that people give: `16-hello`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewName(pub Name);

impl FromStr for NewName {
    type Err = String;

    fn from_str(s: &str) -> Result<NewName, String> {
        let name: Option<Name> = format!("lesson-{s}").parse().ok();
        let words = |slug: &str| slug.split('-').all(|word| !word.is_empty());
        match name.filter(|name| words(&name.slug) && name.slug.len() <= SLUG_BYTES) {
            Some(name) => Ok(NewName(name)),
            None => Err(format!(
                "`{s}` is not NN-slug: a number from 01 to 99, and lower-case words with hyphens \
                 between, {SLUG_BYTES} letters at most"
            )),
        }
    }
}

impl Scaffold {
    /// The name of its folder in `kmods/`: its slug, as C can spell it.
    pub fn topic(&self) -> Option<String> {
        self.kmod.then(|| self.name.slug.replace('-', "_"))
    }

    /// Its files: paths in the course's tree, and what is in them.
    pub fn files(&self) -> Vec<(PathBuf, String)> {
        let lesson = Path::new("guest-programs").join(self.name.to_string());
        let files = template::lesson(self).into_iter();
        let mut files: Vec<_> = files.map(|(path, text)| (lesson.join(path), text)).collect();
        if let Some(topic) = self.topic() {
            let folder = Path::new("kmods").join(&topic);
            files.extend(
                template::module(self, &topic)
                    .into_iter()
                    .map(|(path, text)| (folder.join(path), text)),
            );
        }
        files
    }

    /// Writes the lesson into a course's tree: its files, a chapter, and its
    /// package in `Cargo.lock`, without which it cannot be built. Nothing that
    /// is there is overwritten.
    ///
    /// Returns the files that are new, relative to the tree.
    pub fn write(&self, course: &Course) -> Result<Vec<PathBuf>, ScaffoldError> {
        self.refuse_what_is_there(course)?;
        let text_path = course.root.join(COURSE);
        let text = fs::read_to_string(&text_path).map_err(failed("read", &text_path))?;
        let mut written = Vec::new();
        for (path, text) in self.files() {
            let file = course.root.join(&path);
            let folder = file.parent().unwrap_or(&course.root);
            fs::create_dir_all(folder).map_err(failed("create", folder))?;
            fs::write(&file, text).map_err(failed("write", &file))?;
            written.push(path);
        }
        let text = chapter::insert(&text, self.name.number, &template::chapter(self));
        fs::write(&text_path, text).map_err(failed("write", &text_path))?;
        lock(&course.root)?;
        Ok(written)
    }

    fn refuse_what_is_there(&self, course: &Course) -> Result<(), ScaffoldError> {
        if let Some(name) = course.names.iter().find(|name| name.number == self.name.number) {
            return Err(ScaffoldError::Number { name: name.clone() });
        }
        if let Some(name) = course.names.iter().find(|name| name.slug == self.name.slug) {
            return Err(ScaffoldError::Slug { name: name.clone() });
        }
        let lesson = Path::new("guest-programs").join(self.name.to_string());
        let module = self.topic().map(|topic| Path::new("kmods").join(topic));
        for folder in std::iter::once(lesson).chain(module) {
            // A dangling link is there, too.
            if course.root.join(&folder).symlink_metadata().is_ok() {
                return Err(ScaffoldError::Exists { path: folder });
            }
        }
        Ok(())
    }
}

/// Adds to `Cargo.lock` what is new in the workspace, and changes no version
/// of what is there. A lesson's dependencies are those of other lessons, so
/// nothing has to be fetched.
fn lock(root: &Path) -> Result<(), ScaffoldError> {
    let sh = Shell::new().map_err(ScaffoldError::Cargo)?;
    sh.change_dir(root);
    let output = cmd!(sh, "cargo update --workspace --offline --quiet")
        .quiet()
        .ignore_status()
        .output()
        .map_err(ScaffoldError::Cargo)?;
    if output.status.success() {
        return Ok(());
    }
    Err(ScaffoldError::Lock { output: String::from_utf8_lossy(&output.stderr).into_owned() })
}

fn failed(verb: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> ScaffoldError {
    let path = path.to_owned();
    move |source| ScaffoldError::File { verb, path, source }
}

#[cfg(test)]
mod tests;
