//! A lesson, as its `lesson.toml` declares it.
//!
//! The structure below is the format's documentation: unknown keys are errors.

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

/// What declares a lesson, in its folder.
pub const FILE: &str = "lesson.toml";

/// The only `format` understood.
pub const FORMAT: u32 = 1;

/// A lesson's name, its slug: `kill-pid`. Its folder, its Cargo package and its program
/// are called so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The lesson that a folder of a student's work is for: `kill-pid`, or as such
    /// folders used to be called, `lesson-03-kill-pid`.
    pub fn of_work(folder: &str) -> Option<Name> {
        match Name::numbered(folder) {
            Some((_, name)) => Some(name),
            None => folder.parse().ok(),
        }
    }

    /// The number and the name of what is called as lessons used to be.
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

    /// Lower-case words and digits with hyphens between; not `3` or `lesson-3`, which
    /// are places in the course.
    fn from_str(s: &str) -> Result<Name, ()> {
        let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let place = s.strip_prefix("lesson-").unwrap_or(s);
        let well_formed = s.split('-').all(|word| !word.is_empty() && word.bytes().all(letters))
            && place.starts_with(|c: char| c.is_ascii_lowercase());
        if well_formed { Ok(Name(s.to_owned())) } else { Err(()) }
    }
}

/// A lesson: everything that `lesson.toml` says, checked.
#[derive(Debug, Clone)]
pub struct Lesson {
    pub name: Name,
    /// The folder that `lesson.toml` lies in.
    pub folder: PathBuf,
    /// The driving question.
    pub title: String,
    /// One line for `list`.
    pub summary: String,
    /// What a run is given, and what is recorded of it.
    pub experiment: Experiment,
    /// What the record has to show.
    pub expect: Vec<Expectation>,
    /// What the kernel reports in its log because a program provokes it.
    pub report: Vec<Report>,
    /// What differs from host to host.
    pub host: Vec<HostValue>,
    /// Which tasks run side by side.
    pub concurrent: Vec<Concurrent>,
    /// Which tasks stand for one another.
    pub alike: Vec<Alike>,
}

/// A report of the kernel's that is part of a lesson. Any other makes the test
/// fail that runs the lesson on the debug kernel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The program that provokes it.
    pub program: GuestFile,
    /// What its first line contains. The report goes on to the end of the stack
    /// that the kernel prints with it.
    pub text: String,
    /// Why it is provoked.
    pub why: String,
}

/// A value that is the host's: of its compilers or of its QEMU. A story says only
/// that it is there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostValue {
    /// An event's field, `irq_handler_entry.irq`; or `output`: what the program
    /// prints between `‹` and `›`.
    pub value: ValueName,
    /// Why it differs.
    pub why: String,
}

/// Tasks that run side by side, none of them waiting for another: a story tells
/// what each does in turn; see [`crate::text`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concurrent {
    /// Their names in the story, in the order in which they are told.
    pub tasks: Vec<String>,
    /// From the first mark that begins like this. Default: from the start.
    pub after: Option<String>,
    /// Up to the next that begins like this. Default: to the end.
    pub before: Option<String>,
    /// The order that must hold all the same: pairs of what comes first and what
    /// comes then, each the beginning of a line of the story,
    /// `[child 1] forks child 1.1`.
    #[serde(default)]
    pub order: Vec<[String; 2]>,
    /// Why nothing orders them.
    pub why: String,
}

impl Concurrent {
    /// The part of the run in which they do.
    pub(crate) fn between(&self) -> Between<'_> {
        Between { after: self.after.as_deref(), before: self.before.as_deref() }
    }
}

/// Tasks of which either may do what is to be done: a story does not say which.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alike {
    /// Their names by their place in the tree of forks.
    pub tasks: Vec<String>,
    /// What all of them are called instead.
    pub name: String,
    /// From the first mark that begins like this. Default: from the start.
    pub after: Option<String>,
    /// Up to the next that begins like this. Default: to the end.
    pub before: Option<String>,
    /// Why it does not matter which.
    pub why: String,
}

impl Alike {
    /// The part of the run in which they are.
    pub(crate) fn between(&self) -> Between<'_> {
        Between { after: self.after.as_deref(), before: self.before.as_deref() }
    }
}

/// Why a `lesson.toml` could not be used.
#[derive(Debug, thiserror::Error)]
pub enum LessonError {
    #[error("failed to parse `{}`: {source}", path.display())]
    Parse { path: PathBuf, source: Box<toml::de::Error> },
    #[error("`{}` has format {found}, but this lab reads format {FORMAT}", path.display())]
    Format { path: PathBuf, found: u32 },
    #[error("`{}` is not named as a lesson is: lower-case words with hyphens between", folder.display())]
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

/// What `lesson.toml` says besides its experiment, before checking.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLesson {
    /// The version of this format: 1.
    format: u32,
    title: String,
    summary: String,
    #[serde(default)]
    expect: Vec<Expectation>,
    #[serde(default)]
    report: Vec<Report>,
    #[serde(default)]
    host: Vec<HostValue>,
    #[serde(default)]
    concurrent: Vec<Concurrent>,
    #[serde(default)]
    alike: Vec<Alike>,
}

impl Lesson {
    /// Parses the text of a lesson's [`FILE`]; `folder` names the lesson.
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
    /// For each thing that the lesson declares to differ or to have no order: the
    /// declaration in words, and the lesson without it.
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
