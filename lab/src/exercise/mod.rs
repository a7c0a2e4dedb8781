//! An exercise as its `exercise/exercise.toml` declares it.
//!
//! ```text
//! exercise/exercise.toml   the task and the stub, what varies, checks with points, hints
//! exercise/frame.rs        the solution, with its regions named; frame.c for a module
//! exercise/mutants.toml    mistakes that people make; each must be caught
//! exercise/harness/        what acts on the student's program (optional): main.rs and
//!                          its modules
//! ```
//!
//! A student starts from the stub. After passing, the student is shown the solution with
//! its comments. Stub and mutants say which regions of the frame they change: see
//! [`frame`].
//!
//! The structures below document the format: unknown keys are errors. Any string may
//! contain `{name}` for a value that varies with the seed: see [`values`].

pub mod attempt;
pub mod compile;
mod crash;
pub mod diff;
pub mod ending;
pub mod frame;
pub mod headline;
pub mod kernel_log;
mod lines;
pub mod marks;
mod mutant;
pub mod report;
mod source;
pub mod submission;
pub mod thorough;
pub mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use builder::guest::kmods::TRACE;
use builder::kernel::Kind;
use explain::{ExitStatus, Explain};
use protocol::{GuestFile, TraceEvent};
use serde::Deserialize;
use story::expect::Expectation;
use story::experiment::{Experiment, Load};
use story::lesson::Lesson;
use trace::EventName;

use crate::course::Course;
use crate::error::Error;
use crate::plan::{Options, Plan};
use frame::{Change, Frame};
pub use mutant::Mutant;
use mutant::RawMutants;
use source::{Place, Source};
use values::{Range, Seed, Values};

/// The only `format` that this lab understands.
pub const FORMAT: u32 = 1;

/// The folder of an exercise, in its lesson's folder.
pub const FOLDER: &str = "exercise";

/// The file that declares the exercise, in that folder.
const EXERCISE: &str = "exercise.toml";

/// The file with the mistakes, in that folder.
const MUTANTS: &str = "mutants.toml";

/// The folder with the source of the harness, in that folder.
const HARNESS: &str = "harness";

/// An exercise with the values of a seed.
#[derive(Debug, Clone)]
pub struct Exercise {
    pub lesson: Lesson,
    /// What a run is given, and what it records. The harness loads the student's own
    /// module.
    pub experiment: Experiment,
    /// The folder that contains `exercise.toml`.
    pub folder: PathBuf,
    /// The values for this seed.
    pub values: Values,
    /// The student's task, in Markdown.
    pub task: String,
    /// The one file that the student writes.
    pub file: StudentFile,
    /// The hints, from vague to nearly the answer.
    pub hints: Vec<String>,
    /// The checks that earn points, in the order of printing.
    pub checks: Vec<Check>,
    /// Mistakes that people make.
    pub mutants: Vec<Mutant>,
    /// The frame of stub, solution and mutants.
    pub frame: Frame,
    pub seed: Seed,
    /// The files that the above was read from, by name.
    pub texts: Texts,
    raw: RawExercise,
}

/// Texts of files, by name.
pub type Texts = BTreeMap<String, String>;

/// The file that a student writes.
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

    /// The file name of its frame.
    pub fn frame(&self) -> &'static str {
        match self {
            StudentFile::Program { .. } => "frame.rs",
            StudentFile::Module { .. } => "frame.c",
        }
    }
}

/// A condition that earns all of its points or none.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Lower-case words with hyphens between.
    pub name: String,
    /// What a correct submission does, as a sentence: lower-case, no final period.
    pub what: String,
    /// What it earns.
    pub points: u32,
    /// The facts that the record must show, all of them.
    #[serde(default)]
    pub expect: Vec<Expectation>,
    /// The exact lines of the program's standard output. Default: the output does not
    /// matter.
    pub stdout: Option<Vec<String>>,
    /// Names of checks, one of which must pass, too. For a check that holds before any
    /// work is done. Default: none.
    #[serde(default)]
    pub with_one_of: BTreeSet<String>,
}

/// What `exercise.toml` says besides its experiment, unchecked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExercise {
    /// The version of this format: 1.
    format: u32,
    /// The student's task, in Markdown.
    task: String,
    /// The one file that the student writes: `main.rs`, or `lab_….c` for a module.
    file: String,
    /// The hints, from vague to nearly the answer.
    hints: Vec<String>,
    /// The content of the frame's regions that a student starts from.
    stub: Change,
    /// Folders in `kmods/` whose headers a student's module may include.
    #[serde(default)]
    headers: Vec<String>,
    /// Arguments of the harness, or of the student's program if there is no harness.
    #[serde(default)]
    args: Vec<String>,
    /// The ranges of the values that vary with the seed, by name.
    // They are not needed once the values are chosen.
    #[serde(rename = "vary", default)]
    _vary: BTreeMap<String, Range>,
    /// The checks that earn points, in the order of printing.
    #[serde(rename = "check")]
    checks: Vec<Check>,
}

/// The default guest time after which the run is ended, ms.
const TIMEOUT_MS: u64 = 5_000;

/// Why an exercise cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ExerciseError {
    #[error("{lesson} has no exercise yet")]
    None { lesson: String },
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
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
        lesson.folder.join(FOLDER).join(EXERCISE).is_file()
    }

    /// Reads a lesson's exercise with the values of a seed.
    pub fn read(lesson: &Lesson, seed: Seed) -> Result<Exercise, ExerciseError> {
        if !Exercise::exists(lesson) {
            return Err(ExerciseError::None { lesson: lesson.name.to_string() });
        }
        Exercise::read_by(lesson, seed, &Source::read)
    }

    /// Reads an exercise from the texts of its declaration; see [`Exercise::texts`].
    pub fn of_texts(lesson: &Lesson, seed: Seed, texts: &Texts) -> Result<Exercise, ExerciseError> {
        Exercise::read_by(lesson, seed, &|folder, name| match texts.get(name) {
            Some(text) => Ok(Source::of(folder, name, text)),
            None => Err(ExerciseError::None { lesson: lesson.name.to_string() }),
        })
    }

    fn read_by(
        lesson: &Lesson,
        seed: Seed,
        read: &dyn Fn(&Path, &str) -> Result<Source, ExerciseError>,
    ) -> Result<Exercise, ExerciseError> {
        let folder = lesson.folder.join(FOLDER);
        let source = read(&folder, EXERCISE)?;
        let values = Values::choose(&lesson.name.to_string(), &source.ranges()?, seed);
        let text = source.filled(&values)?;
        let (mut experiment, raw): (Experiment, RawExercise) =
            Experiment::read_with(&text).map_err(|e| source.unparsed(e))?;
        if !source.table()?.contains_key("timeout_ms") {
            experiment.timeout_ms = TIMEOUT_MS;
        }
        let name = raw.file.clone();
        let file = if name.ends_with(".c") {
            StudentFile::Module { name }
        } else {
            StudentFile::Program { name }
        };
        add_own_events(&mut experiment.trace, &file);
        if let Some(problem) = raw.problem(&experiment) {
            return Err(source.problem(problem));
        }
        let text = read(&folder, file.frame())?;
        let frame = Frame::parse(&text.text).map_err(|problem| text.problem(problem))?;
        source.refuse(&raw.stub, Place::Stub, &frame)?;
        let declared = read(&folder, MUTANTS)?;
        let mutants = Exercise::read_mutants(&declared, &values, &raw, &experiment, &frame)?;
        let texts = [(EXERCISE, source), (MUTANTS, declared), (file.frame(), text)];
        let texts = texts.map(|(name, source)| (name.to_owned(), source.text));
        Ok(Exercise {
            lesson: lesson.clone(),
            experiment,
            folder,
            values,
            task: raw.task.clone(),
            file,
            hints: raw.hints.clone(),
            checks: raw.checks.clone(),
            mutants,
            frame,
            seed,
            texts: texts.into(),
            raw,
        })
    }

    fn read_mutants(
        source: &Source,
        values: &Values,
        raw: &RawExercise,
        experiment: &Experiment,
        frame: &Frame,
    ) -> Result<Vec<Mutant>, ExerciseError> {
        let text = source.filled(values)?;
        let declared: RawMutants = toml::from_str(&text).map_err(|e| source.unparsed(e))?;
        let checks = raw.checks.iter().map(|check| &check.name).collect();
        if let Some(problem) = declared.problem(&checks, |fact| fact.untraced(&experiment.trace)) {
            return Err(source.problem(problem));
        }
        for (index, mutant) in declared.mutants.iter().enumerate() {
            source.refuse(&mutant.change, Place::Mutant(index), frame)?;
        }
        Ok(declared.mutants)
    }

    /// The points of all checks together.
    pub fn points(&self) -> u32 {
        self.checks.iter().map(|check| check.points).sum()
    }

    /// The folder with the harness's source, if the exercise has a harness.
    pub fn harness(&self) -> Option<PathBuf> {
        Some(self.folder.join(HARNESS)).filter(|path| path.is_dir())
    }

    /// Folders in `kmods/` whose headers a student's module may include.
    pub fn headers(&self) -> &[String] {
        &self.raw.headers
    }

    /// Plans a run of a submission.
    pub fn plan(&self, options: Options) -> Plan {
        let mut experiment = self.experiment.clone();
        if options.kernel == Kind::Debug && !experiment.kmods.iter().any(|kmod| kmod == TRACE) {
            // It says where the module was, whose functions a report of lost memory names.
            experiment.kmods.push(TRACE.to_owned());
            experiment.load.insert(0, Load { kmod: TRACE.to_owned(), params: String::new() });
        }
        let mut plan = Plan::of(experiment, self.lesson.clone(), options);
        plan.job.program = GuestFile::HARNESS;
        plan.job.args.clone_from(&self.raw.args);
        plan.job.marks = protocol::Marks::Root;
        plan
    }

    /// The text of the stub, the solution or a mutant.
    ///
    /// # Panics
    ///
    /// If there is no such mutant.
    pub fn sample(&self, sample: &Sample) -> String {
        match sample {
            Sample::Stub => self.frame.with(&self.raw.stub),
            Sample::Solution => self.frame.solution(),
            Sample::Mutant(name) => {
                let mutant = self.mutants.iter().find(|mutant| mutant.name == *name);
                let mutant = mutant.unwrap_or_else(|| panic!("there is no mutant `{name}`"));
                self.frame.with(&mutant.change)
            }
        }
    }

    /// Everything that [`Exercise::sample`] can make from the frame.
    pub fn samples(&self) -> Vec<Sample> {
        let mutants = self.mutants.iter().map(|mutant| Sample::Mutant(mutant.name.clone()));
        [Sample::Stub, Sample::Solution].into_iter().chain(mutants).collect()
    }

    /// The mutant that a sample is.
    pub fn mutant(&self, sample: &Sample) -> Option<&Mutant> {
        self.mutants
            .iter()
            .find(|mutant| matches!(sample, Sample::Mutant(name) if *name == mutant.name))
    }

    /// The names in the folder of an exercise.
    pub fn files(&self) -> [&'static str; 4] {
        [EXERCISE, MUTANTS, HARNESS, self.file.frame()]
    }

    /// The functions that its facts name, by the file that declares them.
    pub fn functions(&self) -> [(&'static str, Vec<&str>); 2] {
        let of_checks = self.checks.iter().flat_map(|check| &check.expect);
        let of_mutants = self.mutants.iter().flat_map(|mutant| &mutant.expect);
        [
            (EXERCISE, of_checks.flat_map(|fact| &fact.stack).map(String::as_str).collect()),
            (MUTANTS, of_mutants.flat_map(|fact| &fact.stack).map(String::as_str).collect()),
        ]
    }

    /// The regions of the frame that neither the stub nor a mutant changes.
    pub fn unchanged(&self) -> Vec<&str> {
        let changes = self.mutants.iter().map(|mutant| &mutant.change);
        let changes: Vec<&Change> = changes.chain([&self.raw.stub]).collect();
        let is_unchanged = |name: &&str| !changes.iter().any(|change| change.contains_key(*name));
        self.frame.names().into_iter().filter(is_unchanged).collect()
    }
}

impl Course {
    /// All exercises of the course, with the values of a seed.
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

/// A submission that is part of the exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sample {
    Stub,
    Solution,
    Mutant(String),
}

impl Sample {
    /// `stub`, `solution` or the mutant's name.
    pub fn name(&self) -> &str {
        match self {
            Sample::Stub => "stub",
            Sample::Solution => "solution",
            Sample::Mutant(name) => name,
        }
    }
}

impl RawExercise {
    /// Why the declaration makes no sense.
    fn problem(&self, experiment: &Experiment) -> Option<String> {
        if self.format != FORMAT {
            return Some(format!("it has format {}, but this lab reads {FORMAT}", self.format));
        }
        let plain = Path::new(&self.file).file_name().is_some_and(|name| name == &*self.file);
        if !plain || !(self.file.ends_with(".rs") || self.file.ends_with(".c")) {
            return Some(format!("`{}` is neither a `.rs` nor a `.c` file", self.file));
        }
        let names: BTreeSet<&String> = self.checks.iter().map(|check| &check.name).collect();
        if names.len() != self.checks.len() {
            return Some("two checks have the same name".to_owned());
        }
        for check in &self.checks {
            if check.expect.is_empty() && check.stdout.is_none() {
                return Some(format!("check `{}` checks nothing", check.name));
            }
            if let Some(unknown) = check.with_one_of.iter().find(|name| !names.contains(name)) {
                return Some(format!("check `{}`: there is no check `{unknown}`", check.name));
            }
            if let Some(problem) = check.expect.iter().find_map(|e| e.untraced(&experiment.trace)) {
                return Some(format!("check `{}`: {problem}", check.name));
            }
        }
        if let Some(kmod) = experiment.not_carried() {
            return Some(format!("it loads `{kmod}`, which is not among its kmods"));
        }
        if self.stub.is_empty() {
            return Some("the stub changes nothing".to_owned());
        }
        None
    }
}

/// The kernel has loaded a module, and calls its init next.
const MODULE_LOAD: &str = "module/module_load";

/// Adds the events that every exercise needs, unless it traces them itself. They show
/// which tasks are the student's, see [`story::expect::Task::Student`], which process was
/// killed because memory ran out, and whether the kernel came to call a module's init.
fn add_own_events(trace: &mut Vec<TraceEvent>, file: &StudentFile) {
    let own = [EventName::Exec, EventName::Fork, EventName::OomVictim];
    let mut own = own.map(|event| TraceEvent::plain(event.path())).to_vec();
    if let StudentFile::Module { .. } = file {
        own.push(TraceEvent::plain(MODULE_LOAD.to_owned()));
    }
    own.retain(|own| trace.iter().all(|theirs| theirs.event != own.event));
    trace.splice(0..0, own);
}

#[cfg(test)]
mod tests;
