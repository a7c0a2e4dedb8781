//! What the host tells PID 1 (a [`Job`]) and what PID 1 tells the host (an
//! [`Outcome`]), and where in the machine the two are found.
//!
//! Both travel inside tar archives: the *payload* goes in, the *record* comes
//! out, each through the memory of an `ivshmem-plain` device of its own. The
//! archives are ordinary ones, so `tar tf` shows what a run was given and what
//! it left.
//!
//! There is no version number: PID 1 and the host are always built from the
//! same tree, and the checkpoint is keyed by the hash of both.

pub mod limits;
pub mod session;

mod guest_file;

use serde::{Deserialize, Serialize};

pub use guest_file::{GuestFile, LAB};
pub use session::Session;

/// PCI address of the device whose memory holds the payload.
pub const PAYLOAD_SLOT: &str = "0000:00:05.0";
/// PCI address of the device whose memory takes the record.
pub const RECORD_SLOT: &str = "0000:00:06.0";
/// PCI address of `pvpanic-pci`, with which PID 1 stops its own machine.
pub const PVPANIC_SLOT: &str = "0000:00:07.0";
/// PCI address of the watchdog that ends a machine which has run away.
pub const WATCHDOG_SLOT: &str = "0000:00:08.0";

/// The initramfs's module that says what an idle processor does.
pub const IDLE_FILE: &str = "lab_idle.ko";
/// The module that makes a halted machine end, also in the initramfs.
pub const HALT_FILE: &str = "lab_halt.ko";

/// The payload's [`Job`], as JSON.
pub const JOB_FILE: &str = "job.json";
/// The record's [`Outcome`], as JSON. It is written last: a record without it
/// is a record that was cut off.
pub const OUTCOME_FILE: &str = "outcome.json";
/// What the program wrote to its standard output.
pub const STDOUT_FILE: &str = "stdout";
/// What the program wrote to its standard error.
pub const STDERR_FILE: &str = "stderr";
/// The ring buffer of CPU 0, as `trace_pipe_raw` gives it.
pub const TRACE_FILE: &str = "trace/cpu0";
/// `per_cpu/cpu0/stats` of the trace: how many events were lost.
pub const TRACE_STATS_FILE: &str = "trace/cpu0.stats";
/// `available_events`: all events that the kernel has. It is there if the program was not
/// started, because one that it lacks may be the reason.
pub const EVENTS_FILE: &str = "trace/events";
/// Folder of the `format` files of every event in the record.
pub const FORMATS_FOLDER: &str = "trace/formats";
/// What the kernel's memory leak detector found, as `/sys/kernel/debug/kmemleak`
/// says it; absent where the kernel has none.
pub const LEAKS_FILE: &str = "kmemleak";
/// Load addresses of the modules that were still loaded at the end.
pub const MODULES_FILE: &str = "modules";
/// The same for the modules that were loaded when the program started; absent if
/// it never did.
pub const FIRST_MODULES_FILE: &str = "first-modules";
/// The [`Remains`], as JSON. They are in the record's place until the record is written.
pub const REMAINS_FILE: &str = "remains.json";

/// Kernel parameter that makes PID 1 stop the machine once it is ready.
pub const CHECKPOINT_PARAMETER: &str = "upcall.checkpoint";
/// Kernel parameter that makes PID 1 first wait until the kernel seldom has work of its own.
/// It takes minutes of the guest's clock, so only where an idle guest's clock skips ahead.
pub const SETTLE_PARAMETER: &str = "upcall.settle";

/// A user of the guest. Each has a group of the same name and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    pub name: &'static str,
    pub uid: u32,
    pub home: &'static str,
}

/// The user that a student's program runs as.
pub const STUDENT: User = User { name: "student", uid: 1000, home: "/tmp" };

/// All users of the guest, as its `/etc/passwd` has them.
pub const USERS: &[User] = &[
    User { name: "root", uid: 0, home: "/root" },
    STUDENT,
    User { name: "nobody", uid: 65534, home: "/tmp" },
];

/// The user of this name, if there is one.
pub fn user(name: &str) -> Option<User> {
    USERS.iter().find(|user| user.name == name).copied()
}

/// What one run has to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The program.
    pub program: GuestFile,
    /// Its arguments, without `argv[0]`.
    pub args: Vec<String>,
    /// Its whole environment: nothing is inherited.
    pub env: Vec<(String, String)>,
    /// Modules to load before it starts, in this order.
    pub modules: Vec<Module>,
    /// Trace events to record.
    pub trace: Vec<TraceEvent>,
    /// Size of the trace's ring buffer, KiB.
    pub trace_buffer_kib: u32,
    /// Guest time after which the program is killed, milliseconds.
    pub timeout_ms: u64,
    /// How often PID 1 wakes meanwhile, to show the watchdog that it still runs,
    /// microseconds. Another number than [`WAKES_US`] is for tests.
    #[serde(default = "usual_wakes_us", skip_serializing_if = "is_usual")]
    pub wakes_us: u64,
    /// The programs whose marks the trace takes.
    pub marks: Marks,
    /// Returned in the outcome; the program never sees it.
    pub nonce: String,
    /// A session with a person; lessons have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
}

/// How often PID 1 wakes while it waits for the program, microseconds: four times in the
/// second after which the watchdog ends the machine.
pub const WAKES_US: u64 = 250_000;

fn usual_wakes_us() -> u64 {
    WAKES_US
}

fn is_usual(wakes_us: &u64) -> bool {
    *wakes_us == WAKES_US
}

/// The programs whose marks the trace takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Marks {
    /// Any program's: the lab wrote them all.
    Anyone,
    /// Root's only: what a stranger's program says is no evidence.
    Root,
}

/// A module that PID 1 loads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// The `.ko`.
    pub file: GuestFile,
    /// Module parameters, as `finit_module(2)` takes them.
    pub params: String,
    /// Whether the program starts even if this cannot be loaded: it is one of several,
    /// and at least one of them has to be loaded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// A trace event that PID 1 switches on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceEvent {
    /// `system/name`, as below `/sys/kernel/tracing/events`.
    pub event: String,
    /// A filter in the kernel's own syntax; empty for none.
    #[serde(default)]
    pub filter: String,
    /// Whether each event carries the kernel stack it was emitted from.
    #[serde(default)]
    pub stack: bool,
}

impl TraceEvent {
    /// An event without a filter and without its stack.
    pub fn plain(event: String) -> TraceEvent {
        TraceEvent { event, filter: String::new(), stack: false }
    }

    /// Its name without the system: `signal_generate`.
    pub fn name(&self) -> &str {
        self.event.rsplit('/').next().unwrap_or(&self.event)
    }

    /// What PID 1 says if the kernel has no such event.
    pub fn is_unknown(&self) -> String {
        format!("the kernel has no trace event `{}`", self.event)
    }

    /// What PID 1 says if the kernel refuses the filter. The kernel's own explanation
    /// follows on lines of its own.
    pub fn has_bad_filter(&self) -> String {
        format!("the kernel refuses the filter of `{}`", self.event)
    }
}

/// How a run went, as PID 1 saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The job's nonce.
    pub nonce: String,
    /// How the program ended.
    pub ended: Ended,
    /// Why optional modules were not loaded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_loaded: Vec<String>,
    /// Files and folders that the host wants, but for which the record has no room.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_room: Vec<String>,
}

/// Where the host finds the trace of a machine that never sent its record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remains {
    /// The job's nonce.
    pub nonce: String,
    /// Numbers of the pages of memory that are the ring buffer of CPU 0, in no particular
    /// order.
    pub trace_pages: Vec<u64>,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ended {
    /// By `exit(2)`, with this status.
    Exited(i32),
    /// By this signal.
    Signaled(i32),
    /// Not within the job's `timeout_ms`, or not before the host said that its time was
    /// up. PID 1 killed it when it had had this much guest time, ms.
    TimedOut { after_ms: u64 },
    /// It never ran: PID 1 could not prepare the run, for this reason.
    NotStarted(String),
}
