//! Makes a new lesson, complete and passing, for its author to change step by step.
//!
//! Its content is worked out first ([`Scaffold::files`]), without IO. Then everything is
//! written, or nothing if a part of it already exists.

mod template;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use explain::{ExitStatus, Explain};
use fs_err as fs;
use process::Command;
use story::lesson::Name;
use xshell::{Shell, cmd};

use crate::course::{self, CHAPTER, Course, LESSONS};

/// The maximum length of a slug, bytes, which keeps file names and lines readable.
const SLUG_BYTES: usize = 40;

/// Crates that a lesson's program may use, besides the lab's own: the compiler's and one
/// external crate.
const NAMED: &[&str] = &["alloc", "core", "nix", "proc-macro", "std", "test"];

/// A lesson to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaffold {
    pub name: Name,
    /// Whether it has its own kernel module.
    pub kmod: bool,
}

/// Why a lesson cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    #[error("there is already a lesson `{name}`")]
    Name { name: Name },
    #[error("there is already a crate `{name}`, and a lesson is a crate too")]
    Crate { name: Name },
    #[error("`{}` already exists", path.display())]
    Exists { path: PathBuf },
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("failed to run cargo: {0}")]
    Cargo(#[source] std::io::Error),
    #[error("failed to prepare to run cargo: {0}")]
    Shell(#[source] xshell::Error),
    #[error("failed to add the lesson to `Cargo.lock`")]
    Lock {
        /// Cargo's output.
        output: String,
    },
}

impl Explain for ScaffoldError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            ScaffoldError::Name { .. }
            | ScaffoldError::Crate { .. }
            | ScaffoldError::Exists { .. } => ExitStatus::Usage,
            ScaffoldError::File(_)
            | ScaffoldError::Cargo(_)
            | ScaffoldError::Shell(_)
            | ScaffoldError::Lock { .. } => ExitStatus::Build,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            ScaffoldError::Name { .. }
            | ScaffoldError::Crate { .. }
            | ScaffoldError::Exists { .. } => {
                Some("nothing was written; choose another name".to_owned())
            }
            ScaffoldError::Lock { .. } => Some(
                "the lesson's files are there; `cargo update --workspace` with a network does the \
                 rest"
                    .to_owned(),
            ),
            ScaffoldError::File(_) | ScaffoldError::Cargo(_) | ScaffoldError::Shell(_) => None,
        }
    }

    fn details(&self) -> Option<&str> {
        match self {
            ScaffoldError::Lock { output } => Some(output),
            _ => None,
        }
    }
}

/// A person's name for a new lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewName(pub Name);

impl FromStr for NewName {
    type Err = String;

    fn from_str(s: &str) -> Result<NewName, String> {
        let numbered = s.strip_prefix("lesson-").unwrap_or(s).split_once('-');
        if let Some((_, name)) = numbered.filter(|(number, _)| number.parse::<u32>().is_ok()) {
            return Err(format!(
                "`{s}` has a number, but a lesson's place is its line in {}: use `{name}`",
                course::FILE
            ));
        }
        match s.parse().ok().filter(|name: &Name| name.as_str().len() <= SLUG_BYTES) {
            Some(name) => Ok(NewName(name)),
            None => Err(format!(
                "`{s}` is not a lesson's name: lower-case words with hyphens between, at most \
                 {SLUG_BYTES} letters"
            )),
        }
    }
}

impl Scaffold {
    /// The name of its folder in `kmods/`: the slug as a C identifier.
    pub fn topic(&self) -> Option<String> {
        self.kmod.then(|| self.name.as_str().replace('-', "_"))
    }

    /// Its files: their paths in the course's tree and their content.
    pub fn files(&self) -> Vec<(PathBuf, String)> {
        let lesson = Path::new(LESSONS).join(self.name.as_str());
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

    /// Its line in the course's list of chapters.
    fn line(&self) -> String {
        format!("- [{}]({LESSONS}/{}/{CHAPTER})", template::title(self), self.name)
    }

    /// Writes the lesson into a course's tree: its files, its line at the end of the list
    /// of chapters, and its package in `Cargo.lock`, without which it cannot be built.
    /// Overwrites nothing.
    ///
    /// Returns the paths of the new files, relative to the tree.
    pub fn write(&self, course: &Course) -> Result<Vec<PathBuf>, ScaffoldError> {
        self.refuse_what_is_there(course)?;
        let text_path = course.root.join(course::FILE);
        let text = fs::read_to_string(&text_path)?;
        let mut written = Vec::new();
        for (path, text) in self.files() {
            let file = course.root.join(&path);
            let folder = file.parent().unwrap_or(&course.root);
            fs::create_dir_all(folder)?;
            fs::write(&file, text)?;
            written.push(path);
        }
        fs::write(&text_path, listed(&text, &self.line()))?;
        lock(&course.root)?;
        Ok(written)
    }

    fn refuse_what_is_there(&self, course: &Course) -> Result<(), ScaffoldError> {
        if course.names.contains(&self.name) {
            return Err(ScaffoldError::Name { name: self.name.clone() });
        }
        let lesson = Path::new(LESSONS).join(self.name.as_str());
        let module = self.topic().map(|topic| Path::new("kmods").join(topic));
        for folder in std::iter::once(lesson).chain(module) {
            // A dangling link counts as existing.
            if course.root.join(&folder).symlink_metadata().is_ok() {
                return Err(ScaffoldError::Exists { path: folder });
            }
        }
        let lock = course.root.join("Cargo.lock");
        let lock = fs::read_to_string(&lock)?;
        // An external crate may have the same name.
        let own = lock.split("\n\n").filter(|package| !package.contains("\nsource = "));
        let line = format!("name = \"{}\"", self.name);
        let is_own = own.flat_map(str::lines).any(|found| found == line);
        if is_own || NAMED.contains(&self.name.as_str()) {
            return Err(ScaffoldError::Crate { name: self.name.clone() });
        }
        Ok(())
    }
}

/// The course's first page with one more line at the end of its list of chapters.
fn listed(page: &str, line: &str) -> String {
    let mut lines: Vec<&str> = page.lines().collect();
    let end =
        lines.iter().rposition(|line| course::listed(line).is_some()).map_or(lines.len(), |last| {
            // A list entry may continue on indented lines.
            let more = lines[last + 1..].iter().take_while(|line| line.starts_with(' ')).count();
            last + 1 + more
        });
    lines.insert(end, line);
    lines.join("\n") + "\n"
}

/// Adds the new package to `Cargo.lock` without changing the version of any other. A
/// lesson has the dependencies of other lessons, so nothing has to be fetched.
fn lock(root: &Path) -> Result<(), ScaffoldError> {
    let sh = Shell::new().map_err(ScaffoldError::Shell)?;
    sh.change_dir(root);
    let command = cmd!(sh, "cargo update --workspace --offline --quiet");
    let command = Command::from(std::process::Command::from(command));
    let output = command.output().map_err(ScaffoldError::Cargo)?;
    if output.ended.status.success() {
        return Ok(());
    }
    Err(ScaffoldError::Lock { output: String::from_utf8_lossy(&output.stderr).into_owned() })
}

#[cfg(test)]
mod tests;
