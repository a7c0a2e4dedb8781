//! A lesson as its `lesson.toml` declares it.
//!
//! The structure below documents the format: unknown keys are errors.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use explain::{ExitStatus, Explain};
use protocol::GuestFile;
use serde::Deserialize;

use crate::between::Between;
use crate::expect::Expectation;
use crate::experiment::Experiment;
use crate::value_name::ValueName;

/// The file in a lesson's folder that declares it.
pub const FILE: &str = "lesson.toml";

/// The only `format` that this lab understands.
pub const FORMAT: u32 = 1;

/// A lesson's name, which is its slug: `kill-pid`. Its folder, its Cargo package and its
/// program have this name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// The name as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The lesson that a folder of a student's work belongs to: `kill-pid`, or
    /// `lesson-03-kill-pid` in the old form.
    pub fn of_work(folder: &str) -> Option<Name> {
        match Name::numbered(folder) {
            Some((_, name)) => Some(name),
            None => folder.parse().ok(),
        }
    }

    /// Splits a name in the old form, such as `lesson-03-kill-pid`, into number and name.
    pub fn numbered(folder: &str) -> Option<(usize, Name)> {
        let (number, slug) = folder.strip_prefix("lesson-")?.split_once('-')?;
        let digits = number.bytes().all(|b| b.is_ascii_digit());
        Some((number.parse().ok().filter(|_| digits)?, slug.parse().ok()?))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Name {
    type Err = ();

    /// Accepts lower-case words and digits joined by hyphens. Refuses `3` and `lesson-3`,
    /// which are places in the course.
    fn from_str(s: &str) -> Result<Name, ()> {
        let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let place = s.strip_prefix("lesson-").unwrap_or(s);
        let well_formed = s.split('-').all(|word| !word.is_empty() && word.bytes().all(letters))
            && place.starts_with(|c: char| c.is_ascii_lowercase());
        if well_formed { Ok(Name(s.to_owned())) } else { Err(()) }
    }
}

/// A lesson: everything that `lesson.toml` says, after checking.
#[derive(Debug, Clone)]
pub struct Lesson {
    pub name: Name,
    /// The folder that contains `lesson.toml`.
    pub folder: PathBuf,
    /// The text of its `lesson.toml`.
    pub text: String,
    /// The question that the lesson answers.
    pub title: String,
    /// One line for the command `list`.
    pub summary: String,
    /// What a run is given, and what it records.
    pub experiment: Experiment,
    /// The facts that the record must show.
    pub expect: Vec<Expectation>,
    /// Reports in the kernel log that a program causes on purpose.
    pub report: Vec<Report>,
    /// Values that differ from host to host.
    pub host: Vec<HostValue>,
    /// Tasks that run side by side.
    pub concurrent: Vec<Concurrent>,
    /// Tasks that are interchangeable.
    pub alike: Vec<Alike>,
}

/// A kernel report that is part of a lesson. On the debug kernel, any other report fails
/// the lesson's test.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The program that causes it.
    pub program: GuestFile,
    /// Text in its first line. The report ends with the stack that the kernel prints.
    pub text: String,
    /// Why the program causes it.
    pub why: String,
}

/// A value that depends on the host's compilers or QEMU. A story only says that it is
/// there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostValue {
    /// An event's field, such as `irq_handler_entry.irq`. Or `output`, for what the
    /// program prints between `‹` and `›`.
    pub value: ValueName,
    /// Why the value differs.
    pub why: String,
}

/// Tasks that run side by side without waiting for each other. A story tells what each of
/// them does in turn, see [`crate::text`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concurrent {
    /// The tasks' names in the story, in the order of telling.
    pub tasks: Vec<String>,
    /// Starts at the first mark that begins like this. Default: at the start of the run.
    pub after: Option<String>,
    /// Ends at the next mark that begins like this. Default: at the end of the run.
    pub before: Option<String>,
    /// Pairs of events whose order must hold anyway, the earlier one first. Each is the
    /// beginning of a line of the story, such as `[child 1] forks child 1.1`.
    #[serde(default)]
    pub order: Vec<[String; 2]>,
    /// Why these tasks have no order.
    pub why: String,
}

impl Concurrent {
    /// The part of the run in which they run side by side.
    pub(crate) fn between(&self) -> Between<'_> {
        Between { after: self.after.as_deref(), before: self.before.as_deref() }
    }
}

/// Interchangeable tasks: any of them may do the work, and a story does not say which.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alike {
    /// The tasks' names by their place in the tree of forks.
    pub tasks: Vec<String>,
    /// The name that they all have in the story.
    pub name: String,
    /// Starts at the first mark that begins like this. Default: at the start of the run.
    pub after: Option<String>,
    /// Ends at the next mark that begins like this. Default: at the end of the run.
    pub before: Option<String>,
    /// Why it does not matter which task it is.
    pub why: String,
}

impl Alike {
    /// The part of the run in which they are interchangeable.
    pub(crate) fn between(&self) -> Between<'_> {
        Between { after: self.after.as_deref(), before: self.before.as_deref() }
    }
}

/// Why a `lesson.toml` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LessonError {
    #[error("failed to parse `{}`: {source}", path.display())]
    Parse { path: PathBuf, source: Box<toml::de::Error> },
    #[error("`{}` has format {found}, but this lab reads format {FORMAT}", path.display())]
    Format { path: PathBuf, found: u32 },
    #[error("`{}` is not a lesson's name: lower-case words with hyphens between", folder.display())]
    Name { folder: PathBuf },
    #[error("`{}` loads `{kmod}`, which is not among its kmods", path.display())]
    Load { path: PathBuf, kmod: String },
    #[error("`{}` expects what it does not trace: {problem}", path.display())]
    Untraced { path: PathBuf, problem: String },
}

impl Explain for LessonError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Build
    }
}

/// What `lesson.toml` says besides its experiment, unchecked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLesson {
    /// The version of this format: 1.
    format: u32,
    /// The question that the lesson answers.
    title: String,
    /// One line for the command `list`.
    summary: String,
    /// The facts that the record must show.
    #[serde(default)]
    expect: Vec<Expectation>,
    /// Reports in the kernel log that a program causes on purpose.
    #[serde(default)]
    report: Vec<Report>,
    /// Values that differ from host to host.
    #[serde(default)]
    host: Vec<HostValue>,
    /// Tasks that run side by side.
    #[serde(default)]
    concurrent: Vec<Concurrent>,
    /// Tasks that are interchangeable.
    #[serde(default)]
    alike: Vec<Alike>,
}

impl Lesson {
    /// Parses the text of a lesson's [`FILE`] in `folder`. The folder's name is the
    /// lesson's.
    pub fn parse(folder: &Path, text: &str) -> Result<Lesson, LessonError> {
        let path = folder.join(FILE);
        let name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.parse().ok())
            .ok_or_else(|| LessonError::Name { folder: folder.to_owned() })?;
        let (experiment, raw): (Experiment, RawLesson) = Experiment::read_with(text)
            .map_err(|e| LessonError::Parse { path: path.clone(), source: Box::new(e) })?;
        if raw.format != FORMAT {
            return Err(LessonError::Format { path, found: raw.format });
        }
        if let Some(kmod) = experiment.not_carried() {
            return Err(LessonError::Load { path, kmod: kmod.to_owned() });
        }
        if let Some(problem) = raw.expect.iter().find_map(|e| e.untraced(&experiment.trace)) {
            return Err(LessonError::Untraced { path, problem });
        }
        Ok(Lesson {
            name,
            folder: folder.to_owned(),
            text: text.to_owned(),
            title: raw.title,
            summary: raw.summary,
            experiment,
            expect: raw.expect,
            report: raw.report,
            host: raw.host,
            concurrent: raw.concurrent,
            alike: raw.alike,
        })
    }
}

impl Lesson {
    /// For each declaration that something differs or has no order: the declaration in
    /// words, and the lesson without it.
    pub fn without_each_declaration(&self) -> Vec<(String, Lesson)> {
        let mut lessons = Vec::new();
        for (at, host) in self.host.iter().enumerate() {
            let mut lesson = self.clone();
            lesson.host.remove(at);
            lessons.push((format!("[[host]] {}", host.value), lesson));
        }
        for (at, concurrent) in self.concurrent.iter().enumerate() {
            let mut lesson = self.clone();
            lesson.concurrent.remove(at);
            lessons.push((format!("[[concurrent]] {}", concurrent.tasks.join(", ")), lesson));
        }
        for (at, alike) in self.alike.iter().enumerate() {
            let mut lesson = self.clone();
            lesson.alike.remove(at);
            lessons.push((format!("[[alike]] {}", alike.tasks.join(", ")), lesson));
        }
        lessons
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Lesson, String> {
        Lesson::parse(Path::new("guest-programs/kill-pid"), text).map_err(|e| e.to_string())
    }

    const SMALLEST: &str = "format = 1\ntitle = \"Q?\"\nsummary = \"s\"\n";

    #[test]
    fn names_are_parsed_strictly() {
        let name: Name = "kill-pid".parse().unwrap();
        assert_eq!(name.to_string(), "kill-pid");
        assert_eq!("lesson-plan".parse::<Name>().unwrap().to_string(), "lesson-plan");
        let places = ["3", "03-x", "lesson-3", "lesson-03-x"];
        let malformed = ["", "kill-", "-kill", "kill--pid", "Kill", "kill_pid"];
        for wrong in places.into_iter().chain(malformed) {
            assert_eq!(wrong.parse::<Name>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn a_students_folder_may_have_a_number() {
        let name = |folder| Name::of_work(folder).map(|name| name.to_string());
        for folder in ["kill-pid", "lesson-03-kill-pid", "lesson-3-kill-pid"] {
            assert_eq!(name(folder).as_deref(), Some("kill-pid"), "{folder}");
        }
        assert_eq!(name("lesson-plan").as_deref(), Some("lesson-plan"));
        for wrong in ["", ".git", "lesson-03-", "lesson-03", "lesson-+3-kill-pid"] {
            assert_eq!(name(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = parse(&format!("{SMALLEST}colour = 1\n")).unwrap_err();
        assert!(error.contains("unknown field `colour`"), "{error}");
    }

    #[test]
    fn another_format_is_refused() {
        let error = parse(&SMALLEST.replace('1', "2")).unwrap_err();
        assert_eq!(
            error,
            "`guest-programs/kill-pid/lesson.toml` has format 2, but this lab reads format 1"
        );
    }

    #[test]
    fn what_is_expected_has_to_be_traced() {
        let expect = "[[expect]]\nfact = \"f\"\nevent = \"sched_process_fork\"\ncount = 0\n";
        let error = parse(&format!("{SMALLEST}{expect}")).unwrap_err();
        assert!(error.contains("expects what it does not trace"), "{error}");
    }

    #[test]
    fn a_misspelt_name_is_told_with_file_line_and_key() {
        let expect = "[[expect]]\nfact = \"f\"\nevent = \"sys_exit\"\nwhere = { rat = 1 }\n";
        let error = parse(&format!("{SMALLEST}{expect}")).unwrap_err();
        let (first, last) =
            (error.lines().next().unwrap(), error.trim_end().lines().last().unwrap());
        assert_eq!(
            first,
            "failed to parse `guest-programs/kill-pid/lesson.toml`: TOML parse error at \
             line 4, column 1"
        );
        assert_eq!(last, "`where`: `sys_exit` has no field `rat`; it has id, ret");
    }

    #[test]
    fn only_kmods_of_the_lesson_are_loaded() {
        let error = parse(&format!("{SMALLEST}load = [{{ kmod = \"kill_pid\" }}]\n")).unwrap_err();
        assert_eq!(
            error,
            "`guest-programs/kill-pid/lesson.toml` loads `kill_pid`, \
             which is not among its kmods"
        );
    }
}
