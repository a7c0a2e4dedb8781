//! Measures the numbers that the lab wants to reach.
//!
//! This is a benchmark, not a test: it prints results next to the bars, and no time makes
//! it fail. Times are those of whole processes, because that is how long a person waits.
//! The machine's part of a time has a row of its own.

mod busy;
pub mod class;
mod document;
mod edit;
mod pack;
mod process;
mod repeat;
mod samples;

use std::path::{Path, PathBuf};
use std::time::Instant;

use ::process::Temporary;
use builder::cache::Cache;
use builder::guest::programs::ProgramError;
use builder::host::version_line;
use builder::kernel;
use builder::progress::Progress;
use explain::{ExitStatus, Explain};
use host::QEMU;
use story::lesson::Name;
use vm::command::Accel;

use crate::error::Error;
use crate::run::Lab;

pub use busy::busily;
pub use document::{Document, Measured, Row, Unit};
use process::{Process, Usage};
pub use repeat::repeat;
pub use samples::Samples;

/// The choice of what to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// How often each row is measured; at least 1.
    pub runs: usize,
    /// Also build a kernel, once. This takes minutes.
    pub kernel: bool,
    /// How many students the classes have that are graded.
    pub class: Option<usize>,
    /// How many times each lesson is run, to compare the runs.
    pub repeat: Option<usize>,
    /// How many busy loops run beside the repeated runs. By default, one for each core.
    pub loops: Option<usize>,
    /// If not empty, only these lessons are repeated, and nothing else is measured.
    pub lessons: Vec<Name>,
}

/// Why something could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error("failed to run `{command}`: {source}")]
    Start { command: String, source: std::io::Error },
    #[error("failed to measure `{command}`: it ended with {status}")]
    Failed {
        command: String,
        status: std::process::ExitStatus,
        /// The command's standard error.
        stderr: String,
    },
    #[error("failed to measure `{command}`: its output has no `{missing}`")]
    Output { command: String, missing: &'static str },
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Program(#[from] ProgramError),
}

impl Explain for BenchError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Failed
    }

    fn details(&self) -> Option<&str> {
        match self {
            BenchError::Failed { stderr, .. } => Some(stderr),
            _ => None,
        }
    }
}

/// Measures every row. `xtask` is the command line's executable. Everything that lessons
/// need is built first, so that no row includes the cost of another.
pub fn measure(lab: &Lab<'_>, xtask: &Path, options: &Options) -> Result<Document, Error> {
    let machine = lab.machine()?;
    lab.saved(&machine, Accel::TCG)?;
    let bench = Bench { lab, xtask, runs: options.runs.max(1) };
    let mut rows = Vec::new();
    if options.lessons.is_empty() {
        // Build what `run` and `test` would build on their first use.
        bench.process(&["run", LESSON, "--json"]).run()?;
        rows.push(bench.kernel(options.kernel)?);
        rows.extend(bench.run_warm()?);
        rows.extend(bench.run_cold()?);
        rows.push(bench.lessons()?);
        rows.push(bench.suite()?);
        rows.extend(bench.edits()?);
        rows.push(pack::first_run(&bench)?);
        rows.extend(match options.class {
            Some(students) => bench.classes(students)?,
            None => vec![Row {
                what: "grade classes of programs and of modules".to_owned(),
                unit: Unit::Seconds,
                bar: None,
                measured: Measured::Not { reason: "--class 100".to_owned() },
            }],
        });
    }
    let all = &lab.course.names;
    let lessons = if options.lessons.is_empty() { all } else { &options.lessons };
    rows.extend(match options.repeat {
        Some(times) => {
            let loops = options.loops.unwrap_or(lab.kernel.jobs);
            repeat::rows(lab, &machine, lessons, times, loops)?
        }
        None => vec![Row {
            what: "identical runs of each lesson".to_owned(),
            unit: Unit::Runs,
            bar: Some(1000.0),
            measured: Measured::Not { reason: "--repeat 1000".to_owned() },
        }],
    });
    Ok(Document {
        cpu: cpu(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        qemu: qemu(&lab.cache),
        accel: Accel::TCG,
        runs: bench.runs,
        rows,
    })
}

/// The lesson for rows about one lesson.
const LESSON: &str = "sigchld";
/// The lesson for rows about modules.
const MODULE_LESSON: &str = "kill-pid";

/// The programs of a suite.
const SUITE: usize = 343;

struct Bench<'a> {
    lab: &'a Lab<'a>,
    xtask: &'a Path,
    runs: usize,
}

impl Bench<'_> {
    fn process(&self, args: &[&str]) -> Process {
        self.environment(Process::new(self.xtask, args))
    }

    /// Makes a process use the kernel that this benchmark was asked about.
    fn environment(&self, process: Process) -> Process {
        match &self.lab.kernel.source {
            Some(source) => process.env("UPCALL_KERNEL_SOURCE", source),
            None => process,
        }
    }

    /// Does some work as often as each row is measured.
    fn repeat<T>(
        &self,
        what: &str,
        mut once: impl FnMut(usize) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let progress: &dyn Progress = self.lab.progress;
        let stage = progress.begin(what, Some(self.runs as u64));
        (0..self.runs)
            .map(|run| {
                stage.step(run as u64, "");
                once(run)
            })
            .collect()
    }

    fn kernel(&self, wanted: bool) -> Result<Row, Error> {
        let what = "kernel, first build, source at hand";
        let bar = 180.0;
        if !wanted {
            let measured = Measured::Not { reason: "--kernel".to_owned() };
            return Ok(Row {
                what: what.to_owned(),
                unit: Unit::Seconds,
                bar: Some(bar),
                measured,
            });
        }
        let scratch = Temporary::new()?;
        let cache = self.lab.cache.sharing(scratch.path(), &["kernel-source"])?;
        let fragment = builder::root().join("images/kernel.fragment");
        let started = Instant::now();
        kernel::build(&cache, &self.lab.kernel, &[fragment], self.lab.progress)?;
        Ok(Row::seconds(what, Some(bar), vec![started.elapsed().as_secs_f64()]))
    }

    /// As many programs as LTP has for system calls. Measured once, because it takes long.
    fn suite(&self) -> Result<Row, Error> {
        let folder = Temporary::new()?;
        let list = folder.path().join("list");
        let lines: String = (1..=SUITE).map(|number| format!("{number} /bin/true\n")).collect();
        fs_err::write(&list, lines)?;
        let usage = self.process(&["suite", &list.to_string_lossy()]).run()?;
        let what = format!("{SUITE} times /bin/true by suite");
        Ok(Row::seconds(&what, Some(60.0), vec![usage.seconds]))
    }

    fn run_warm(&self) -> Result<Vec<Row>, Error> {
        let args = ["run", LESSON, "--json"];
        let runs = self.repeat("run", |_| Ok(self.process(&args).run()?))?;
        let mut rows = vec![
            whole("run sigchld, whole process", Some(0.5), &runs),
            vm_part("run sigchld, the machine's part", Some(0.25), &runs)?,
        ];
        // Measures the call as people type it. Cargo sets the variable when it runs the
        // lab.
        if let Some(cargo) = std::env::var_os("CARGO") {
            let cargo = PathBuf::from(cargo);
            let args = ["xtask", "run", LESSON, "--json"];
            let runs = self.repeat("run by cargo", |_| {
                Ok(self.environment(Process::new(&cargo, &args)).run()?)
            })?;
            rows.push(whole("cargo xtask run sigchld, cargo's own start with it", None, &runs));
        }
        let mib = runs.iter().map(|run| run.peak_mib).collect();
        rows.push(Row {
            what: "memory of one running lesson, QEMU's largest resident set".to_owned(),
            unit: Unit::Mebibytes,
            bar: Some(150.0),
            measured: Measured::Samples(Samples::new(mib)),
        });
        Ok(rows)
    }

    fn run_cold(&self) -> Result<Vec<Row>, Error> {
        let args = ["run", LESSON, "--json", "--cold"];
        let runs = self.repeat("run --cold", |_| Ok(self.process(&args).run()?))?;
        Ok(vec![
            whole("boot without checkpoint, whole process", Some(1.5), &runs),
            vm_part("boot without checkpoint, the machine's part", None, &runs)?,
        ])
    }

    fn lessons(&self) -> Result<Row, Error> {
        let (what, bar) = ("test: all lessons against their snapshots", Some(10.0));
        let args = ["test", "lessons::"];
        match self.repeat("test lessons", |_| Ok(self.process(&args).run()?)) {
            // Snapshots belong to one kernel, QEMU and compiler. If they do not match,
            // the time would include what a failing test does besides.
            Err(error) if is_failure(&error) => Ok(Row {
                what: what.to_owned(),
                unit: Unit::Seconds,
                bar,
                measured: Measured::Not { reason: "the lessons' tests fail here".to_owned() },
            }),
            runs => Ok(whole(what, bar, &runs?)),
        }
    }

    fn edits(&self) -> Result<Vec<Row>, Error> {
        let desk = edit::Desk::new(self.lab)?;
        let mut rows = Vec::new();
        for (what, bar, lesson) in [
            ("a program's exercise edited, then its verdict", 2.0, LESSON),
            ("a module's exercise edited, then its verdict", 4.0, MODULE_LESSON),
        ] {
            let file = desk.solution(self.lab, lesson)?;
            let run = || self.environment(desk.process(self.xtask, &["check", lesson]));
            // The first verdict compiles everything that the exercise needs.
            edit::touch(&file, self.runs)?;
            run().run()?;
            let runs = self.repeat(what, |round| {
                edit::touch(&file, round)?;
                Ok(run().run()?)
            })?;
            rows.push(whole(what, Some(bar), &runs));
        }
        Ok(rows)
    }
}

/// Whether a command ran and failed.
fn is_failure(error: &Error) -> bool {
    matches!(error.downcast_ref(), Some(BenchError::Failed { .. }))
}

fn whole(what: &str, bar: Option<f64>, runs: &[Usage]) -> Row {
    Row::seconds(what, bar, runs.iter().map(|run| run.seconds).collect())
}

fn vm_part(what: &str, bar: Option<f64>, runs: &[Usage]) -> Result<Row, Error> {
    let seconds = runs.iter().map(Usage::vm_seconds).collect::<Result<Vec<_>, _>>()?;
    Ok(Row::seconds(what, bar, seconds))
}

/// The processor's name in /proc/cpuinfo.
fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    info.lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor".to_owned(), |(_, name)| name.to_owned())
}

/// The first line of QEMU's version output.
fn qemu(cache: &Cache) -> String {
    version_line(cache, QEMU).unwrap_or_else(|| QEMU.to_owned())
}
