//! The course: all lessons of a tree, in reading order.
//!
//! A lesson is a folder `guest-programs/<slug>` with a `lesson.toml`. The order and the
//! parts of the course are only in `course.md`, a page for people. Each line there that
//! starts with a link to a lesson's chapter, `- [Who sends it?](…)`, is that lesson's
//! place. So `lesson-3` is the third such line.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use explain::{ExitStatus, Explain};
use fs_err as fs;

use story::lesson::{self, Lesson, LessonError, Name};
use story::map::{self, Line, Map, MapError};

/// The course's first page, in the root of its tree.
pub const FILE: &str = "course.md";

/// The folder in a course's tree that contains the lessons.
pub const LESSONS: &str = "guest-programs";

/// The file in a lesson's folder that contains its chapter.
pub const CHAPTER: &str = "chapter.md";

/// A tree with lessons: this repository, or a miniature of it in tests.
#[derive(Debug, Clone)]
pub struct Course {
    /// The folder that contains `Cargo.toml`, `course.md`, `guest-programs/` and
    /// `kmods/`.
    pub root: PathBuf,
    /// The lessons' names, in the order of the course.
    pub names: Vec<Name>,
}

/// Why the course or one of its lessons cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CourseError {
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("`{FILE}` lists `{name}`, but there is no `{LESSONS}/{name}/{}`", lesson::FILE)]
    NoFolder { name: String },
    #[error("`{}` is not a lesson's name", path.display())]
    Malformed { path: PathBuf },
    #[error("`{FILE}` does not list `{LESSONS}/{name}`")]
    Unlisted { name: Name },
    #[error("`{FILE}` lists `{name}` twice")]
    Twice { name: String },
    #[error("there is no lesson `{asked}`")]
    Unknown {
        asked: String,
        /// The most similar name, if one is similar enough.
        near: Option<Name>,
    },
    #[error(transparent)]
    Lesson(#[from] LessonError),
    #[error(transparent)]
    Map(#[from] MapError),
}

impl Explain for CourseError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            CourseError::Unknown { .. } => ExitStatus::Usage,
            CourseError::File(_)
            | CourseError::NoFolder { .. }
            | CourseError::Malformed { .. }
            | CourseError::Unlisted { .. }
            | CourseError::Twice { .. } => ExitStatus::Build,
            CourseError::Lesson(error) => error.exit_status(),
            CourseError::Map(error) => error.exit_status(),
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
            CourseError::Unlisted { name } => Some(format!(
                "the line `- [its question]({LESSONS}/{name}/{CHAPTER})` gives it its place"
            )),
            CourseError::Malformed { .. } => {
                Some("lower-case words with hyphens between: `kill-pid`".to_owned())
            }
            CourseError::Lesson(error) => error.hint(),
            CourseError::Map(error) => error.hint(),
            CourseError::File(_) | CourseError::NoFolder { .. } | CourseError::Twice { .. } => None,
        }
    }
}

impl Course {
    /// Opens the course in a tree. Its first page must list exactly the lessons that
    /// exist.
    pub fn open(root: &Path) -> Result<Course, CourseError> {
        let text = fs::read_to_string(root.join(FILE))?;
        let mut names = Vec::new();
        let mut folders = folders(&root.join(LESSONS))?;
        for listed in text.lines().filter_map(listed) {
            let name: Name =
                listed.parse().map_err(|()| CourseError::NoFolder { name: listed.to_owned() })?;
            if names.contains(&name) {
                return Err(CourseError::Twice { name: listed.to_owned() });
            }
            if !folders.remove(&name) {
                return Err(CourseError::NoFolder { name: listed.to_owned() });
            }
            names.push(name);
        }
        if let Some(name) = folders.pop_first() {
            return Err(CourseError::Unlisted { name });
        }
        Ok(Course { root: root.to_owned(), names })
    }

    /// A lesson's place in the course, from 1. `None` if it is not in the course.
    pub fn place(&self, name: &Name) -> Option<usize> {
        self.names.iter().position(|other| other == name).map(|index| index + 1)
    }

    /// Finds the lesson that a person means: by place (`lesson-3`, `3`), by name, or by
    /// the old form with a number, `lesson-03-kill-pid`. The number in the old form does
    /// not matter.
    pub fn find(&self, asked: &str) -> Result<Lesson, CourseError> {
        let name = self.meant(asked).ok_or_else(|| CourseError::Unknown {
            asked: asked.to_owned(),
            near: self.near(asked),
        })?;
        self.read(name)
    }

    /// A note for a name such as `lesson-03-siginfo` if `lesson-3` is now another lesson:
    /// the name counts, not the number.
    pub fn numbered_otherwise(&self, asked: &str) -> Option<String> {
        let (number, name) = Name::numbered(asked)?;
        let there = self.names.get(number.checked_sub(1)?)?;
        (*there != name && self.names.contains(&name))
            .then(|| format!("`{asked}` means {name}; lesson-{number} is {there} now"))
    }

    /// Reads one of this course's lessons.
    pub fn read(&self, name: &Name) -> Result<Lesson, CourseError> {
        let folder = self.root.join(LESSONS).join(name.as_str());
        let text = fs::read_to_string(folder.join(lesson::FILE))?;
        Ok(Lesson::parse(&folder, &text)?)
    }

    /// Reads this course's map. A lesson need not be on it.
    pub fn map(&self) -> Result<Map, CourseError> {
        let mut lessons = Vec::new();
        for name in &self.names {
            let lesson = self.read(name)?;
            let text = if_there(&lesson.folder.join(map::FILE))?;
            let line = text.map(|text| Line::parse(&lesson, &text)).transpose()?;
            lessons.push((lesson, line));
        }
        let path = self.root.join(map::UNBUILT);
        let unbuilt = match if_there(&path)? {
            Some(text) => map::unbuilt(&path, &text, &self.names)?,
            None => Vec::new(),
        };
        Ok(Map { lessons, unbuilt })
    }

    fn meant(&self, asked: &str) -> Option<&Name> {
        if let Ok(place) = asked.strip_prefix("lesson-").unwrap_or(asked).parse::<usize>() {
            return self.names.get(place.checked_sub(1)?);
        }
        let asked = Name::of_work(asked)?;
        self.names.iter().find(|name| **name == asked)
    }

    /// The lesson whose name is most similar to `asked`, if one is similar enough.
    pub fn near(&self, asked: &str) -> Option<Name> {
        let asked = Name::of_work(asked).map_or_else(|| asked.to_owned(), |name| name.to_string());
        let distance = |name: &Name| strsim::levenshtein(&asked, name.as_str());
        let near = self.names.iter().min_by_key(|name| distance(name))?;
        // A name that differs in more than a third of its letters is not similar.
        (distance(near) * 3 <= asked.len()).then(|| near.clone())
    }
}

/// How wide a column of lessons' names is: all names fit.
pub fn width_of_names<'a>(names: impl IntoIterator<Item = &'a Name>) -> usize {
    let widths = names.into_iter().map(|name| name.as_str().len());
    widths.max().unwrap_or(0).max(14)
}

/// The lesson's name in a line of the list. `None` for any other line.
pub fn listed(line: &str) -> Option<&str> {
    let (_, link) = line.trim_start().strip_prefix("- [")?.split_once("](")?;
    let (target, _) = link.split_once(')')?;
    target.strip_prefix(LESSONS)?.strip_prefix('/')?.strip_suffix(CHAPTER)?.strip_suffix('/')
}

/// The text of a file. `None` if there is no such file.
fn if_there(path: &Path) -> Result<Option<String>, std::io::Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The names of all folders that contain a lesson.
fn folders(path: &Path) -> Result<BTreeSet<Name>, CourseError> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        // A folder without this file is a crate that lessons share.
        if !entry.path().join(lesson::FILE).exists() {
            continue;
        }
        let name = entry.file_name().to_str().and_then(|name| name.parse().ok());
        names.insert(name.ok_or_else(|| CourseError::Malformed { path: entry.path() })?);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Course\n\nSee [the docs](docs/x.md), and\n\
        [one of the last](guest-programs/kill-pid/chapter.md).\n\n## Part\n\n\
        - [Who sends it?](guest-programs/sigchld/chapter.md)\n\
        - [From an interrupt?](guest-programs/kill-pid/chapter.md), and more\n\
        - [Elsewhere](guest-programs/README.md)\n";

    fn tree(page: &str, lessons: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(FILE), page).unwrap();
        for lesson in lessons {
            let folder = root.path().join(LESSONS).join(lesson);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(lesson::FILE), "").unwrap();
        }
        fs::create_dir_all(root.path().join(LESSONS).join("marker")).unwrap();
        root
    }

    #[test]
    fn the_order_is_that_of_the_page() {
        let root = tree(PAGE, &["kill-pid", "sigchld"]);
        let course = Course::open(root.path()).unwrap();
        let names: Vec<&str> = course.names.iter().map(Name::as_str).collect();
        assert_eq!(names, ["sigchld", "kill-pid"]);
        assert_eq!(course.place(&course.names[1]), Some(2));
    }

    #[test]
    fn page_and_folders_have_to_agree() {
        let told = |page: &str, lessons: &[&str]| {
            Course::open(tree(page, lessons).path()).unwrap_err().to_string()
        };
        assert_eq!(
            told(PAGE, &["kill-pid"]),
            "`course.md` lists `sigchld`, but there is no `guest-programs/sigchld/lesson.toml`"
        );
        assert_eq!(
            told(&PAGE.replace("sigchld", "sig_chld"), &["kill-pid", "sigchld"]),
            "`course.md` lists `sig_chld`, but there is no `guest-programs/sig_chld/lesson.toml`"
        );
        assert_eq!(
            told(PAGE, &["kill-pid", "sigchld", "aio"]),
            "`course.md` does not list `guest-programs/aio`"
        );
        assert_eq!(
            told(&format!("{PAGE}{PAGE}"), &["kill-pid", "sigchld"]),
            "`course.md` lists `sigchld` twice"
        );
        let malformed = told(PAGE, &["kill-pid", "sigchld", "lesson-03-aio"]);
        assert!(
            malformed.ends_with("guest-programs/lesson-03-aio` is not a lesson's name"),
            "{malformed}"
        );
    }

    #[test]
    fn the_map_has_what_is_there() {
        let root = tree(PAGE, &["kill-pid", "sigchld"]);
        let kill_pid = root.path().join(LESSONS).join("kill-pid");
        let toml = "format = 1\ntitle = \"Q?\"\nsummary = \"s\"\n";
        for folder in [&kill_pid, &root.path().join(LESSONS).join("sigchld")] {
            fs::write(folder.join(lesson::FILE), toml).unwrap();
        }
        let course = Course::open(root.path()).unwrap();
        let map = course.map().unwrap();
        assert!(map.lessons.iter().all(|(_, line)| line.is_none()));
        assert!(map.unbuilt.is_empty());
        // A file that is there has to be right.
        fs::write(kill_pid.join(map::FILE), "[way]\nreturns = [\"f\"]\n").unwrap();
        let error = course.map().unwrap_err().to_string();
        assert!(error.contains("guest-programs/kill-pid/map.toml"), "{error}");
    }

    fn course() -> Course {
        let names = ["sigchld", "kill-pid"].map(|name| name.parse().unwrap());
        Course { root: PathBuf::new(), names: names.into() }
    }

    #[test]
    fn every_form_of_a_name_is_understood() {
        let course = course();
        for asked in ["lesson-2", "2", "02", "lesson-02", "lesson-03-kill-pid", "kill-pid"] {
            assert_eq!(course.meant(asked).map(Name::as_str), Some("kill-pid"), "{asked}");
        }
        for asked in ["0", "3", "lesson-99", "", "kill", "lesson-"] {
            assert_eq!(course.meant(asked), None, "{asked}");
        }
    }

    #[test]
    fn a_number_that_is_another_lessons_is_said() {
        let course = course();
        assert_eq!(
            course.numbered_otherwise("lesson-01-kill-pid").as_deref(),
            Some("`lesson-01-kill-pid` means kill-pid; lesson-1 is sigchld now")
        );
        // The lesson's own place, a place without a lesson, no number, and an unknown
        // lesson.
        for asked in ["lesson-02-kill-pid", "lesson-09-kill-pid", "kill-pid", "lesson-01-x"] {
            assert_eq!(course.numbered_otherwise(asked), None, "{asked}");
        }
    }

    #[test]
    fn a_near_miss_is_answered_with_the_name() {
        for (asked, near) in [
            ("kil-pid", Some("kill-pid")),
            ("sigchild", Some("sigchld")),
            ("lesson-01-sigchild", Some("sigchld")),
            ("lesson-99", None),
            ("", None),
        ] {
            let Err(CourseError::Unknown { near: found, .. }) = course().find(asked) else {
                panic!("`{asked}` was found");
            };
            assert_eq!(found.as_ref().map(Name::as_str), near, "{asked}");
        }
    }
}
