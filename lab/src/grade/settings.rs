//! What a teacher decides about a class: `class.toml`.
//!
//! ```toml
//! [weights]                 # what full marks are worth in the total
//! sigchld = 10              # [default: the exercise's own points]
//!
//! [deadlines]
//! default = 2026-11-20T23:59:59+01:00
//! kill-pid = 2026-11-27T23:59:59+01:00
//!
//! [late]
//! times = "times.csv"       # lines `student,lesson,time`
//! percent = 10              # lost of what was earned, for each day that has begun
//!
//! [[override]]
//! student = "bob"
//! lesson = "sigchld"
//! points = 8                # of what full marks are worth
//! reason = "was ill"
//!
//! [ids]                     # a student's number or name on the learning platform
//! alice = "4711"
//!
//! [columns]                 # an assignment's name on the learning platform
//! sigchld = "Reap every child (815)"
//! ```
//!
//! Nothing here changes what a submission has earned: it is applied to the results
//! whenever they are written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};
use explain::{ExitStatus, Explain};
use fs_err as fs;
use serde::Deserialize;
use story::lesson::Name;
use toml::value::Datetime;

use crate::course::Course;

/// What `class.toml` says, with the hand-in times.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What full marks are worth, by lesson.
    pub weights: BTreeMap<String, u32>,
    deadlines: BTreeMap<String, Time>,
    /// When students handed in, by student and lesson.
    times: BTreeMap<(String, String), Time>,
    late_percent: u32,
    overrides: Vec<Override>,
    pub ids: BTreeMap<String, String>,
    pub columns: BTreeMap<String, String>,
}

type Time = DateTime<FixedOffset>;

/// Points that a teacher gives instead of those that were earned.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    pub student: String,
    pub lesson: String,
    pub points: u32,
    pub reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawSettings {
    weights: BTreeMap<String, u32>,
    deadlines: BTreeMap<String, Datetime>,
    late: RawLate,
    #[serde(rename = "override")]
    overrides: Vec<Override>,
    ids: BTreeMap<String, String>,
    columns: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawLate {
    times: Option<PathBuf>,
    percent: u32,
}

/// Why a teacher's decisions cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("failed to parse `{}`: {source}", path.display())]
    Parse { path: PathBuf, source: Box<toml::de::Error> },
    #[error("`{}`: {problem}", path.display())]
    Wrong { path: PathBuf, problem: String },
    #[error("`{}` names a lesson `{lesson}`, which is not in the course", path.display())]
    Lesson { path: PathBuf, lesson: String, near: Option<Name> },
}

impl Explain for SettingsError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }

    fn hint(&self) -> Option<String> {
        match self {
            SettingsError::Lesson { near: Some(near), .. } => {
                Some(format!("did you mean `{near}`?"))
            }
            _ => None,
        }
    }
}

/// The deadline of all exercises that have none of their own.
const DEFAULT: &str = "default";

impl Settings {
    /// Reads a file. The path of the hand-in times is relative to it.
    pub fn read(path: &Path, course: &Course) -> Result<Settings, SettingsError> {
        let text = fs::read_to_string(path)?;
        let raw: RawSettings = toml::from_str(&text)
            .map_err(|e| SettingsError::Parse { path: path.to_owned(), source: Box::new(e) })?;
        let wrong = |problem| SettingsError::Wrong { path: path.to_owned(), problem };
        let lessons = raw.weights.keys().chain(raw.columns.keys());
        let lessons = lessons.chain(raw.deadlines.keys().filter(|&lesson| lesson != DEFAULT));
        for lesson in lessons.chain(raw.overrides.iter().map(|other| &other.lesson)) {
            if !course.names.iter().any(|name| name.as_str() == lesson) {
                let (lesson, near) = (lesson.clone(), course.near(lesson));
                return Err(SettingsError::Lesson { path: path.to_owned(), lesson, near });
            }
        }
        for one in &raw.overrides {
            if one.reason.trim().is_empty() {
                return Err(wrong(format!("the override for {} has no reason", one.student)));
            }
        }
        if raw.late.percent > 100 {
            return Err(wrong("nobody can lose more than 100 percent".to_owned()));
        }
        let mut deadlines = BTreeMap::new();
        for (lesson, time) in raw.deadlines {
            let time = parse_time(&time.to_string())
                .ok_or_else(|| wrong(format!("the deadline `{time}` has no time zone")))?;
            deadlines.insert(lesson, time);
        }
        let times = match &raw.late.times {
            None => BTreeMap::new(),
            Some(file) => {
                let file = path.parent().unwrap_or(Path::new("")).join(file);
                let text = fs::read_to_string(&file)?;
                times(&text).map_err(|problem| SettingsError::Wrong { path: file, problem })?
            }
        };
        Ok(Settings {
            weights: raw.weights,
            deadlines,
            times,
            late_percent: raw.late.percent,
            overrides: raw.overrides,
            ids: raw.ids,
            columns: raw.columns,
        })
    }

    /// What a teacher gave instead of what was earned.
    pub fn override_of(&self, student: &str, lesson: &str) -> Option<&Override> {
        self.overrides.iter().find(|one| one.student == student && one.lesson == lesson)
    }

    /// How many days late a submission was, counting those that have begun. `None` if
    /// there is a deadline but nobody knows when it was handed in.
    pub fn days_late(&self, student: &str, lesson: &str) -> Option<u32> {
        let Some(deadline) = self.deadlines.get(lesson).or_else(|| self.deadlines.get(DEFAULT))
        else {
            return Some(0);
        };
        let time = self.times.get(&(student.to_owned(), lesson.to_owned()))?;
        let seconds = u64::try_from(time.signed_duration_since(deadline).num_seconds());
        Some(seconds.unwrap_or(0).div_ceil(24 * 60 * 60).try_into().unwrap_or(u32::MAX))
    }

    /// What is left of points after so many days.
    pub fn left(&self, points: u64, days_late: u32) -> u64 {
        let lost = u64::from(self.late_percent) * u64::from(days_late);
        points * 100_u64.saturating_sub(lost) / 100
    }

    /// Students that these settings name and that are not in the class.
    pub fn strangers<'a>(&'a self, students: &[&str]) -> Vec<&'a str> {
        let named = self.overrides.iter().map(|one| one.student.as_str());
        let named = named.chain(self.ids.keys().map(String::as_str));
        let mut strangers: Vec<&str> = named.filter(|name| !students.contains(name)).collect();
        strangers.sort_unstable();
        strangers.dedup();
        strangers
    }
}

/// Reads lines `student,lesson,time`, the last time of each counting. A first line that
/// says so may be there.
fn times(text: &str) -> Result<BTreeMap<(String, String), Time>, String> {
    let mut times = BTreeMap::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let problem = |what: &str| format!("line {}: {what}", number + 1);
        let cells = cells(line);
        let [student, lesson, time] = &cells[..] else {
            return Err(problem("it is not `student,lesson,time`"));
        };
        if number == 0 && time == "time" {
            continue;
        }
        let time = parse_time(time)
            .ok_or_else(|| problem("the time is not one like 2026-11-20T23:59:59+01:00"))?;
        times.insert((student.clone(), lesson.clone()), time);
    }
    Ok(times)
}

/// A time with its time zone.
fn parse_time(text: &str) -> Option<Time> {
    DateTime::parse_from_rfc3339(text).ok()
}

/// The cells of a line of a table as in RFC 4180.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let cell = cells.last_mut().expect("there is always one");
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            c => cell.push(c),
        }
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Settings from texts, for a course of `x` and `yards`.
    pub fn settings(text: &str, times: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("class.toml");
        std::fs::write(&path, text).unwrap();
        std::fs::write(folder.path().join("times.csv"), times).unwrap();
        let names = ["x", "yards"].map(|name| name.parse().unwrap()).to_vec();
        let course = Course { root: PathBuf::new(), names };
        Settings::read(&path, &course).map_err(|error| {
            let hint = error.hint().unwrap_or_default();
            format!("{error} {hint}").replace(&format!("{}/", folder.path().display()), "")
        })
    }

    const DEADLINES: &str = "[deadlines]\ndefault = 2026-11-20T23:59:59+01:00\n\
        yards = 2026-11-21T12:00:00Z\n[late]\ntimes = \"times.csv\"\npercent = 30\n";

    #[test]
    fn a_day_late_has_begun_with_its_first_second() {
        let times = "student,lesson,time\n\
            ann,x,2026-11-20T22:59:59Z\n\
            \"bob, jr.\",x,2026-11-21T00:00:00+01:00\n\
            eve,x,2026-11-21T23:59:59+01:00\neve,x,2026-11-22T00:00:00+01:00\n\
            ann,yards,2026-11-21T13:00:00+01:00\n";
        let settings = settings(DEADLINES, times).unwrap();
        let days = |student, lesson| settings.days_late(student, lesson);
        assert_eq!(days("ann", "x"), Some(0));
        assert_eq!(days("bob, jr.", "x"), Some(1));
        assert_eq!(days("eve", "x"), Some(2));
        assert_eq!(days("ann", "yards"), Some(0));
        assert_eq!(days("bob, jr.", "yards"), None);
        assert_eq!(Settings::default().days_late("ann", "x"), Some(0));
        assert_eq!([0, 1, 3, 4].map(|days| settings.left(600, days)), [600, 420, 60, 0]);
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        for (text, times, told) in [
            (
                "[weights]\nyard = 1\n",
                "",
                "`class.toml` names a lesson `yard`, which is not in the course did you mean `yards`?",
            ),
            (
                "[columns]\nfoo = \"a\"\n",
                "",
                "`class.toml` names a lesson `foo`, which is not in the course ",
            ),
            (
                "[deadlines]\nx = 2026-11-20T23:59:59\n",
                "",
                "`class.toml`: the deadline `2026-11-20T23:59:59` has no time zone ",
            ),
            ("[late]\npercent = 101\n", "", "`class.toml`: nobody can lose more than 100 percent "),
            (
                "[[override]]\nstudent = \"ann\"\nlesson = \"x\"\npoints = 1\nreason = \" \"\n",
                "",
                "`class.toml`: the override for ann has no reason ",
            ),
            (DEADLINES, "ann,x\n", "`times.csv`: line 1: it is not `student,lesson,time` "),
            (
                DEADLINES,
                "a,b,time\nann,x,1 May\n",
                "`times.csv`: line 2: the time is not one like 2026-11-20T23:59:59+01:00 ",
            ),
        ] {
            assert_eq!(settings(text, times).unwrap_err(), told);
        }
        let unknown = settings("[weight]\nx = 1\n", "").unwrap_err();
        assert!(unknown.contains("unknown field `weight`"), "{unknown}");
    }

    #[test]
    fn whoever_is_not_there_is_named() {
        let text = "[ids]\nann = \"1\"\nbob = \"2\"\n[[override]]\nstudent = \"zoe\"\n\
                    lesson = \"x\"\npoints = 1\nreason = \"r\"\n";
        let settings = settings(text, "").unwrap();
        assert_eq!(settings.strangers(&["ann"]), ["bob", "zoe"]);
        assert_eq!(settings.override_of("zoe", "x").unwrap().points, 1);
        assert!(settings.override_of("zoe", "yards").is_none());
    }
}
