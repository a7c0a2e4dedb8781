//! An exercise, as its `exercise/exercise.toml` declares it.
//!
//! ```text
//! exercise/exercise.toml   the task, what varies, checks with points, hints
//! exercise/stub/           what a student starts from
//! exercise/solution/       what is shown after a pass, with its reasoning
//! exercise/mutants/NAME/   a mistake that people make; each must be caught
//! exercise/harness.rs      what acts on the student's program (optional)
//! ```
//!
//! The structures below are the format's documentation: unknown keys are
//! errors. Any string may hold `{name}`, where `name` varies with the seed:
//! see [`values`].

pub mod attempt;
pub mod compile;
pub mod ending;
pub mod marks;
pub mod report;
pub mod submission;
pub mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use explain::{ExitStatus, Explain};
use protocol::TraceEvent;
use serde::Deserialize;
use story::expect::Expectation;
use story::lesson::{Device, Lesson, Load};

use crate::course::Course;
use crate::error::Error;
use crate::plan::{Options, Plan};
use values::{Range, Seed, Values};

/// The only `format` understood.
pub const FORMAT: u32 = 1;

/// The folder of an exercise, in its lesson's.
pub const FOLDER: &str = "exercise";

/// An exercise whose values are chosen.
#[derive(Debug, Clone)]
pub struct Exercise {
    pub lesson: Lesson,
    /// The folder that `exercise.toml` lies in.
    pub folder: PathBuf,
    /// What varies, for this seed.
    pub values: Values,
    /// What the student is asked to do, in Markdown.
    pub task: String,
    /// The one file that the student writes.
    pub file: StudentFile,
    /// From a nudge to nearly the answer.
    pub hints: Vec<String>,
    /// What earns points, in the order of printing.
    pub checks: Vec<Check>,
    /// Mistakes that people make.
    pub mutants: Vec<Mutant>,
    raw: RawExercise,
}

/// What a student writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StudentFile {
    /// A program: `main.rs`, compiled as one file.
    Program { name: String },
    /// A module: `lab_<topic>.c`.
    Module { name: String },
}

impl StudentFile {
    pub fn name(&self) -> &str {
        match self {
            StudentFile::Program { name } | StudentFile::Module { name } => name,
        }
    }
}

/// Something that earns points, all or none of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Lower-case words with hyphens between.
    pub name: String,
    /// What a right submission does, as a sentence: lower-case, no final
    /// period.
    pub what: String,
    pub points: u32,
    /// Facts that the record has to show, all of them.
    #[serde(default)]
    pub expect: Vec<Expectation>,
    /// Lines that the program's standard output consists of. Default: it is
    /// not looked at.
    pub stdout: Option<Vec<String>>,
}

/// A wrong submission: a mistake that people make.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// Its folder in `mutants/`.
    pub name: String,
    /// The mistake, as a sentence: lower-case, no final period.
    pub mistake: String,
    /// The names of the checks that it fails, and no other.
    pub fails: BTreeSet<String>,
    /// Facts that tell it from the stub, or from another mutant, where these
    /// fail the same checks. Default: none.
    #[serde(default)]
    pub expect: Vec<Expectation>,
    /// How the sentence on the run's end begins, where that tells it apart:
    /// see [`ending`]. Default: no matter how.
    pub ending: Option<String>,
    /// What a student is told who fails just these checks, while the record
    /// shows these facts.
    pub hint: String,
}

/// `exercise.toml`, before checking.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExercise {
    /// The version of this format: 1.
    format: u32,
    task: String,
    file: String,
    hints: Vec<String>,
    /// Guest time after which the run is ended. Default: 5 seconds.
    #[serde(default = "default_timeout_ms")]
    timeout_ms: u64,
    /// Default: a lesson's.
    #[serde(default = "story::lesson::default_trace_buffer_kib")]
    trace_buffer_kib: u32,
    #[serde(default)]
    devices: Vec<Device>,
    /// Folders of `kmods/`: modules that the payload carries.
    #[serde(default)]
    kmods: Vec<String>,
    /// Modules that PID 1 loads before the harness starts. The student's own is
    /// loaded by the harness.
    #[serde(default)]
    load: Vec<Load>,
    /// Folders of `kmods/` whose headers a student's module may include.
    #[serde(default)]
    headers: Vec<String>,
    /// Arguments of the harness; without one, of the student's program.
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    trace: Vec<TraceEvent>,
    #[serde(rename = "check")]
    checks: Vec<Check>,
    #[serde(rename = "mutant", default)]
    mutants: Vec<Mutant>,
}

fn default_timeout_ms() -> u64 {
    5_000
}

/// Why an exercise could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ExerciseError {
    #[error("{lesson} has no exercise yet")]
    None { lesson: String },
    #[error("failed to read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("failed to parse `{}`: {source}", path.display())]
    Parse { path: PathBuf, source: Box<toml::de::Error> },
    #[error("`{}` makes no sense: {problem}", path.display())]
    Problem { path: PathBuf, problem: String },
}

impl Explain for ExerciseError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            ExerciseError::None { .. } => ExitStatus::Usage,
            _ => ExitStatus::Build,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            ExerciseError::None { .. } => {
                Some("`cargo xtask list` shows the lessons that have one".to_owned())
            }
            _ => None,
        }
    }
}

impl Exercise {
    /// Whether a lesson has an exercise.
    pub fn exists(lesson: &Lesson) -> bool {
        lesson.folder.join(FOLDER).join("exercise.toml").is_file()
    }

    /// Reads the exercise of a lesson, with the values of a seed.
    pub fn read(lesson: &Lesson, seed: Seed) -> Result<Exercise, ExerciseError> {
        if !Exercise::exists(lesson) {
            return Err(ExerciseError::None { lesson: lesson.name.to_string() });
        }
        let path = lesson.folder.join(FOLDER).join("exercise.toml");
        let text = std::fs::read_to_string(&path)
            .map_err(|source| ExerciseError::Read { path, source })?;
        Exercise::parse(lesson, seed, &text)
    }

    /// Parses `exercise.toml`'s text.
    pub fn parse(lesson: &Lesson, seed: Seed, text: &str) -> Result<Exercise, ExerciseError> {
        let folder = lesson.folder.join(FOLDER);
        let path = folder.join("exercise.toml");
        let parse = |e| ExerciseError::Parse { path: path.clone(), source: Box::new(e) };
        let problem = |problem: String| ExerciseError::Problem { path: path.clone(), problem };
        let mut table: toml::Table = toml::from_str(text).map_err(parse)?;
        // What varies with the seed, by name; of no more use when it is chosen.
        let ranges: BTreeMap<String, Range> = match table.remove("vary") {
            Some(ranges) => ranges.try_into().map_err(parse)?,
            None => BTreeMap::new(),
        };
        let values = Values::choose(&lesson.name.to_string(), &ranges, seed);
        values::fill_table(&mut table, &values).map_err(problem)?;
        let raw: RawExercise = toml::Value::Table(table).try_into().map_err(parse)?;
        if let Some(fault) = raw.problem() {
            return Err(problem(fault));
        }
        let name = raw.file.clone();
        let file = if name.ends_with(".c") {
            StudentFile::Module { name }
        } else {
            StudentFile::Program { name }
        };
        Ok(Exercise {
            lesson: lesson.clone(),
            folder,
            values,
            task: raw.task.clone(),
            file,
            hints: raw.hints.clone(),
            checks: raw.checks.clone(),
            mutants: raw.mutants.clone(),
            raw,
        })
    }

    /// Points of all checks together.
    pub fn points(&self) -> u32 {
        self.checks.iter().map(|check| check.points).sum()
    }

    /// The harness's source, if the exercise brings one.
    pub fn harness(&self) -> Option<PathBuf> {
        Some(self.folder.join("harness.rs")).filter(|path| path.is_file())
    }

    /// Folders of `kmods/` whose headers a student's module may include.
    pub fn headers(&self) -> &[String] {
        &self.raw.headers
    }

    /// What a run of a submission will do.
    pub fn plan(&self, options: Options) -> Plan {
        let raw = &self.raw;
        let mut trace = vec![
            // Which tasks are the student's: see [`story::expect::Task::Student`].
            event("sched/sched_process_exec"),
            event("sched/sched_process_fork"),
            // Who was killed for want of memory.
            event("oom/mark_victim"),
        ];
        trace.retain(|own| raw.trace.iter().all(|theirs| theirs.event != own.event));
        trace.extend(raw.trace.iter().cloned());
        let lesson = Lesson {
            timeout_ms: raw.timeout_ms,
            trace_buffer_kib: raw.trace_buffer_kib,
            devices: raw.devices.clone(),
            kmods: raw.kmods.clone(),
            load: raw.load.clone(),
            trace,
            expect: Vec::new(),
            ..self.lesson.clone()
        };
        let mut plan = Plan::new(lesson, options);
        plan.job.program = compile::HARNESS.to_owned();
        plan.job.args.clone_from(&raw.args);
        plan.job.marks = protocol::Marks::Root;
        plan
    }

    /// The files of the stub, the solution or a mutant.
    pub fn sample(&self, sample: &Sample) -> PathBuf {
        let folder = match sample {
            Sample::Stub => self.folder.join("stub"),
            Sample::Solution => self.folder.join("solution"),
            Sample::Mutant(name) => self.folder.join("mutants").join(name),
        };
        folder.join(self.file.name())
    }
}

impl Course {
    /// Every exercise of the course, with the values of a seed.
    pub fn exercises(&self, seed: Seed) -> Result<Vec<Exercise>, Error> {
        let mut exercises = Vec::new();
        for name in &self.names {
            let lesson = self.read(name)?;
            if Exercise::exists(&lesson) {
                exercises.push(Exercise::read(&lesson, seed)?);
            }
        }
        Ok(exercises)
    }
}

/// A submission that comes with the exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sample {
    Stub,
    Solution,
    Mutant(String),
}

fn event(name: &str) -> TraceEvent {
    TraceEvent { event: name.to_owned(), filter: String::new(), stack: false }
}

impl RawExercise {
    /// Why it makes no sense.
    fn problem(&self) -> Option<String> {
        if self.format != FORMAT {
            return Some(format!("it has format {}, but this lab reads {FORMAT}", self.format));
        }
        let plain = Path::new(&self.file).file_name().is_some_and(|name| name == &*self.file);
        if !plain || !(self.file.ends_with(".rs") || self.file.ends_with(".c")) {
            return Some(format!("`{}` is neither a `.rs` nor a `.c` file", self.file));
        }
        let names: BTreeSet<&String> = self.checks.iter().map(|check| &check.name).collect();
        if names.len() != self.checks.len() {
            return Some("two checks have one name".to_owned());
        }
        for check in &self.checks {
            if check.expect.is_empty() && check.stdout.is_none() {
                return Some(format!("check `{}` looks at nothing", check.name));
            }
            if let Some(problem) = check.expect.iter().find_map(|e| self.untraced(e)) {
                return Some(format!("check `{}`: {problem}", check.name));
            }
        }
        let mut seen = BTreeSet::new();
        for mutant in &self.mutants {
            if let Some(unknown) = mutant.fails.iter().find(|name| !names.contains(name)) {
                return Some(format!("mutant `{}`: there is no check `{unknown}`", mutant.name));
            }
            if mutant.fails.is_empty() {
                return Some(format!("mutant `{}` fails nothing", mutant.name));
            }
            if let Some(problem) = mutant.expect.iter().find_map(|e| self.untraced(e)) {
                return Some(format!("mutant `{}`: {problem}", mutant.name));
            }
            let alone = mutant.expect.is_empty() && mutant.ending.is_none();
            if alone && !seen.insert(&mutant.fails) {
                return Some(format!(
                    "mutant `{}` fails the same checks as another: nothing tells them apart",
                    mutant.name
                ));
            }
        }
        None
    }

    fn untraced(&self, expectation: &Expectation) -> Option<String> {
        // What `plan` adds is traced in any case.
        let mut trace = self.trace.clone();
        trace.push(event("sched/sched_process_exec"));
        trace.push(event("sched/sched_process_fork"));
        expectation.untraced(&trace)
    }
}

#[cfg(test)]
mod tests;
