//! Names of events, and what the lab knows about an event by its name.

use std::fmt;

use serde::{Deserialize, Deserializer};

/// One row per event: its name, the system that it belongs to, and the fields from the
/// kernel's `format` file.
macro_rules! events {
    ($($(#[$doc:meta])* $event:ident = $name:literal of $system:literal $fields:expr;)*) => {
        /// An event's name: the kernel's, without the system. The two events that the
        /// kernel calls `print` have names of ours.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub enum EventName {
            $($(#[$doc])* $event,)*
            /// An event that the lab knows nothing about.
            Other(String),
        }

        impl EventName {
            /// `signal_generate`.
            pub fn as_str(&self) -> &str {
                match self {
                    $(EventName::$event => $name,)*
                    EventName::Other(name) => name,
                }
            }

            /// The event's fields, or `None` if they are unknown.
            pub fn fields(&self) -> Option<&'static [&'static str]> {
                match self {
                    $(EventName::$event => Some(&$fields),)*
                    EventName::Other(_) => None,
                }
            }

            /// The event's system: the folder in `/sys/kernel/tracing/events` that
            /// contains it.
            fn system(&self) -> Option<&'static str> {
                match self {
                    $(EventName::$event => Some($system),)*
                    EventName::Other(_) => None,
                }
            }
        }

        impl From<&str> for EventName {
            fn from(name: &str) -> EventName {
                match name {
                    $($name => EventName::$event,)*
                    _ => EventName::Other(name.to_owned()),
                }
            }
        }
    };
}

events! {
    /// A program wrote into `trace_marker`.
    Mark = "mark" of "ftrace" ["text", "source"];
    /// Kernel code wrote a mark.
    KernelMark = "kernel_mark" of "ftrace" ["function", "text"];
    /// A lab module took a step.
    Step = "lab_step" of "lab" ["what", "value"];
    /// A module is being loaded.
    LoadModule = "lab_module" of "lab" ["name", "text"];
    SignalGenerate = "signal_generate" of "signal"
        ["sig", "errno", "code", "comm", "pid", "group", "result"];
    SignalDeliver = "signal_deliver" of "signal"
        ["sig", "errno", "code", "sa_handler", "sa_flags"];
    Fork = "sched_process_fork" of "sched"
        ["parent_comm", "parent_pid", "child_comm", "child_pid"];
    /// A task was created, by any task and in any way.
    NewTask = "task_newtask" of "task" ["pid", "comm", "clone_flags", "oom_score_adj"];
    Exec = "sched_process_exec" of "sched" ["filename", "pid", "old_pid"];
    Exit = "sched_process_exit" of "sched" ["comm", "pid", "prio"];
    IrqEntry = "irq_handler_entry" of "irq" ["irq", "name"];
    IrqExit = "irq_handler_exit" of "irq" ["irq", "ret"];
    SysEnter = "sys_enter" of "raw_syscalls" ["id", "args"];
    SysExit = "sys_exit" of "raw_syscalls" ["id", "ret"];
    /// The processor found no page for a program's access, or one that forbids it.
    PageFaultUser = "page_fault_user" of "exceptions" ["address", "ip", "error_code"];
    /// The same for an access of the kernel's own.
    PageFaultKernel = "page_fault_kernel" of "exceptions" ["address", "ip", "error_code"];
    Waking = "sched_waking" of "sched" ["comm", "pid", "prio", "target_cpu"];
    Wakeup = "sched_wakeup" of "sched" ["comm", "pid", "prio", "target_cpu"];
    /// The processor goes from the current task to another.
    Switch = "sched_switch" of "sched"
        ["prev_comm", "prev_pid", "prev_prio", "prev_state", "next_comm", "next_pid", "next_prio"];
    /// A task has another name.
    Rename = "task_rename" of "task" ["pid", "oldcomm", "newcomm", "oom_score_adj"];
    /// The current task asks for a module, and so for a program that loads it.
    ModuleRequest = "module_request" of "module" ["ip", "wait", "name"];
    /// A process is killed because memory ran out.
    OomVictim = "mark_victim" of "oom"
        ["pid", "comm", "total_vm", "anon_rss", "file_rss", "shmem_rss", "uid", "pgtables",
         "oom_score_adj"];
}

impl EventName {
    /// The path below `/sys/kernel/tracing/events`, such as `signal/signal_generate`. For
    /// an event that the lab does not know, just its name.
    pub fn path(&self) -> String {
        match self.system() {
            Some(system) => format!("{system}/{self}"),
            None => self.to_string(),
        }
    }

    /// Whether every trace has this event without asking for it.
    pub fn is_always_traced(&self) -> bool {
        matches!(self, EventName::Mark | EventName::KernelMark)
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<EventName, D::Error> {
        Ok(EventName::from(String::deserialize(deserializer)?.as_str()))
    }
}
