//! Works out what a run will do, before any of it is done.
//!
//! A plan is made from the lesson alone, without IO, so that it can be printed and
//! compared in tests.

mod document;

use std::fmt;

use builder::guest::kmods::{TRACE as TRACE_KMOD, module_file};
use builder::guest::programs::OptLevel;
use builder::kernel::{self, Additions, Kind};
use host::QEMU;
use protocol::{Job, LAB, Marks, Module, TraceEvent, WAKES_US};
use serde::{Deserialize, Serialize};
use story::experiment::{self, Experiment};
use story::lesson::Lesson;
use trace::EventName;

use vm::command::{self, Accel, Device, Files, Flag, Start};
use vm::room::Room;

/// A person's choices for the run of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    pub accel: Accel,
    /// Boot instead of resuming from a checkpoint.
    pub cold: bool,
    /// Record the lesson's trace events.
    pub trace: bool,
    /// Which kernel to boot.
    pub kernel: Kind,
    /// What that kernel has besides.
    #[serde(default, skip_serializing_if = "Additions::is_empty")]
    pub with: Additions,
    /// The optimisation level of the lesson's programs.
    pub programs: OptLevel,
}

impl Default for Options {
    /// TCG, from a checkpoint, with trace, on the lessons' kernel.
    fn default() -> Options {
        Options {
            accel: Accel::TCG,
            cold: false,
            trace: true,
            kernel: Kind::Lesson,
            with: Additions::new(),
            programs: OptLevel::default(),
        }
    }
}

/// Everything that a run will do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The lesson, or the one that the exercise belongs to.
    pub lesson: Lesson,
    pub experiment: Experiment,
    pub options: Options,
    /// What must be built first, in this order. Each part comes from the cache unless one
    /// of its inputs has changed.
    pub build: Vec<BuildStep>,
    /// PID 1's instructions, except the nonce, which is new in each run.
    pub job: Job,
}

/// Something that must be built before the machine starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildStep {
    Kernel { kind: Kind, with: Additions },
    Init,
    Program { package: String },
    Module { kmod: String },
    Checkpoint,
}

impl fmt::Display for BuildStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildStep::Kernel { kind, with } => {
                let name = match kind {
                    Kind::Lesson => "guest",
                    Kind::Debug => "debug",
                };
                let files = kernel::fragment_files(*kind, with);
                let files: Vec<_> = files.iter().map(|file| format!("images/{file}")).collect();
                write!(f, "the {name} kernel, from {}", files.join(" and "))
            }
            BuildStep::Init => write!(f, "PID 1, from guest-programs/init"),
            BuildStep::Program { package } => {
                write!(f, "the program, from guest-programs/{package}")
            }
            BuildStep::Module { kmod } => {
                write!(f, "the module {}, from kmods/{kmod}", module_file(kmod))
            }
            BuildStep::Checkpoint => write!(f, "the checkpoint: the machine, booted and saved"),
        }
    }
}

impl Plan {
    /// Plans a run of a lesson.
    pub fn new(lesson: Lesson, options: Options) -> Plan {
        let experiment = lesson.experiment.clone();
        Plan::of(experiment, lesson, options)
    }

    /// Plans a run of an experiment that belongs to a lesson.
    pub fn of(experiment: Experiment, lesson: Lesson, options: Options) -> Plan {
        let package = lesson.name.to_string();
        let mut build = vec![
            BuildStep::Kernel { kind: options.kernel, with: options.with.clone() },
            BuildStep::Init,
            BuildStep::Program { package: package.clone() },
        ];
        build.extend(experiment.kmods.iter().map(|kmod| BuildStep::Module { kmod: kmod.clone() }));
        if !options.cold {
            build.push(BuildStep::Checkpoint);
        }
        let job = Job {
            program: package.into(),
            args: Vec::new(),
            env: vec![("PATH".to_owned(), LAB.to_owned())],
            modules: experiment
                .load
                .iter()
                .map(|load| Module {
                    file: module_file(&load.kmod),
                    params: load.params.clone(),
                    optional: false,
                })
                .collect(),
            trace: if options.trace { traced(&experiment) } else { Vec::new() },
            trace_buffer_kib: experiment.trace_buffer_kib,
            timeout_ms: experiment.timeout_ms * u64::from(options.kernel.patience()),
            marks: Marks::Anyone,
            nonce: String::new(),
            wakes_us: WAKES_US,
            session: None,
        };
        Plan { lesson, experiment, options, build, job }
    }

    /// Events that are traced although the experiment did not ask for them.
    pub fn unasked(&self) -> impl Iterator<Item = EventName> {
        own_events(&self.experiment)
    }

    /// How the machine starts.
    pub fn start(&self) -> Start {
        if self.options.cold { Start::Cold } else { Start::Restore }
    }

    /// The devices of the machine.
    pub fn devices(&self) -> Vec<Device> {
        let device = |wanted: &experiment::Device| match wanted {
            experiment::Device::Edu => Device::Edu,
            experiment::Device::HostAccess => Device::HostAccess,
            experiment::Device::RegisterLog => Device::RegisterLog,
        };
        self.experiment.devices.iter().map(device).collect()
    }

    /// The size of the machine: the smallest, for every lesson.
    pub fn room(&self) -> Room {
        Room::small(self.options.kernel.memory_mib())
    }

    /// QEMU's command line, with names instead of files.
    pub fn command_line(&self) -> Vec<Flag> {
        let files = Files::named();
        let (room, start) = (self.room(), self.start());
        let mut flags = command::saved(self.options.accel, room, start, &files);
        flags.extend(command::added(&self.devices(), room, start, &files));
        flags
    }
}

/// The events to record: the experiment's, and those that the lab itself needs.
fn traced(experiment: &Experiment) -> Vec<TraceEvent> {
    let own = own_events(experiment).map(|event| TraceEvent::plain(event.path()));
    own.chain(experiment.trace.iter().map(without_init)).collect()
}

/// No experiment is about PID 1, which looks after the machine now and then. An interrupt
/// that wakes it may come at any moment of a program, so it is not recorded, whatever the
/// filter says.
fn without_init(event: &TraceEvent) -> TraceEvent {
    let mut event = event.clone();
    if matches!(EventName::from(event.name()), EventName::Waking | EventName::Wakeup) {
        event.filter = match event.filter.as_str() {
            "" => "pid != 1".to_owned(),
            filter => format!("({filter}) && pid != 1"),
        };
    }
    event
}

/// The events that the lab itself needs, unless the experiment traces them: every new
/// task, so that a story can name tasks, and where each module is loaded.
fn own_events(experiment: &Experiment) -> impl Iterator<Item = EventName> {
    let modules = experiment.kmods.iter().any(|kmod| kmod == TRACE_KMOD);
    let own = [Some(EventName::NewTask), modules.then_some(EventName::LoadModule)];
    let is_asked =
        |own: &EventName| experiment.trace.iter().any(|traced| traced.event == own.path());
    own.into_iter().flatten().filter(move |own| !is_asked(own))
}

/// Every step, flag and parameter with its reason, for people.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.lesson.name, self.lesson.title)?;
        writeln!(f, "\nbuild what is not in the cache:")?;
        for step in &self.build {
            writeln!(f, "  {step}")?;
        }
        writeln!(f, "\nstart {QEMU}:")?;
        for flag in self.command_line() {
            let words = if flag.words[0] == "-append" {
                "-append <the kernel parameters below>".to_owned()
            } else {
                flag.words.join(" ")
            };
            writeln!(f, "  {words}\n      {}", flag.reason)?;
        }
        writeln!(f, "\nkernel parameters:")?;
        for (parameter, reason) in command::kernel_parameters(self.options.accel, self.start()) {
            writeln!(f, "  {parameter}\n      {reason}")?;
        }
        writeln!(f, "\npayload:")?;
        writeln!(f, "  {}  what PID 1 has to do", protocol::JOB_FILE)?;
        writeln!(f, "  {}", self.job.program)?;
        for kmod in &self.experiment.kmods {
            writeln!(f, "  {}", module_file(kmod))?;
        }
        writeln!(f, "\nin the guest, PID 1:")?;
        for module in &self.job.modules {
            writeln!(f, "  loads {} {}", module.file, module.params)?;
        }
        for event in &self.job.trace {
            write!(f, "  records {}", event.event)?;
            if !event.filter.is_empty() {
                write!(f, " where {}", event.filter)?;
            }
            writeln!(f, "{}", if event.stack { ", with its stack" } else { "" })?;
        }
        writeln!(
            f,
            "  runs {}, for {} s of guest time at most",
            self.job.program,
            self.job.timeout_ms as f64 / 1000.0
        )?;
        if self.options.kernel == Kind::Debug {
            writeln!(f, "  removes the modules and looks for lost memory")?;
        }
        writeln!(f, "  sends the record and ends the machine")?;
        writeln!(f, "\nthen compare the record with {} expectations", self.lesson.expect.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wakes_pid_1_is_not_recorded() {
        let filtered = |event: &str, filter: &str| {
            let plain = TraceEvent::plain(event.to_owned());
            without_init(&TraceEvent { filter: filter.to_owned(), ..plain }).filter
        };
        assert_eq!(filtered("sched/sched_waking", ""), "pid != 1");
        assert_eq!(
            filtered("sched/sched_waking", "a == 1 || b == 2"),
            "(a == 1 || b == 2) && pid != 1"
        );
        assert_eq!(filtered("signal/signal_generate", "sig == 17"), "sig == 17");
    }
}
