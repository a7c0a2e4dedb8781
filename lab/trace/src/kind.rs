//! What happened, as types: turns an event's fields into a [`Kind`].

use super::TraceError;
use super::event_name::EventName;
use super::mark::Mark;
use super::symbols::Symbols;
use super::value::{Fields, Value};

/// The kernel's name for a mark, whether a program or the kernel wrote it.
const PRINT: &str = "print";

/// include/uapi/linux/sched.h
const CLONE_THREAD: u64 = 0x0001_0000;

/// The state in `sched_switch` of a task that another has pushed aside: TASK_REPORT_MAX in
/// include/linux/sched.h.
pub const PREEMPTED: i64 = 0x100;

/// What happened, as far as the lab understands it. Fields have the kernel's names.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A program wrote into `trace_marker`.
    Mark(Mark),
    /// Kernel code wrote a mark (`trace_puts`) in this function.
    KernelMark { function: Option<String>, text: String },
    /// A lab module took a step (`lab:lab_step`).
    Step { what: String, value: i64 },
    /// A module is being loaded. Its code, including the exit code, starts at `text`
    /// (`lab:lab_module`).
    LoadModule { name: String, text: u64 },
    /// A signal was sent to the task `comm`, `pid`. `group` means to its whole process.
    /// For `result` see [`super::names::result`].
    SignalGenerate {
        sig: i32,
        errno: i32,
        code: i32,
        comm: String,
        pid: i32,
        group: bool,
        result: i32,
    },
    /// A signal takes effect on the current task.
    SignalDeliver { sig: i32, errno: i32, code: i32, sa_handler: u64, sa_flags: u64 },
    /// A task was created.
    Fork { parent_comm: String, parent_pid: i32, child_comm: String, child_pid: i32 },
    /// The current task created a task that has not run yet (`task_newtask`). `thread`
    /// means that both are in the same process.
    NewTask { pid: i32, thread: bool },
    /// The current task executes another program.
    Exec { filename: String, pid: i32, old_pid: i32 },
    /// The current task started to exit.
    Exit { comm: String, pid: i32 },
    /// An interrupt handler was called. `name` is the one that the driver gave to
    /// `request_irq`.
    IrqEntry { irq: i32, name: String },
    /// An interrupt handler returned. `handled` means that it claimed the interrupt.
    IrqExit { irq: i32, handled: bool },
    /// A system call started.
    SysEnter { id: i64, args: Vec<u64> },
    /// A system call ended; `ret` is a result or a negative errno.
    SysExit { id: i64, ret: i64 },
    /// The processor could not reach memory at `address`, for the program or, if not
    /// `user`, for the kernel itself. For `error_code` see [`super::names::access`].
    PageFault { user: bool, address: u64, error_code: u64 },
    /// The current task starts to wake another task.
    Waking { comm: String, pid: i32 },
    /// A task became runnable.
    Wakeup { comm: String, pid: i32 },
    /// The current task gives up the processor. `state` is 0 or [`PREEMPTED`] if it could go
    /// on; otherwise it sleeps: 1 until a signal comes at the latest (S), 2 whatever signal
    /// comes, but that SIGKILL may end it (D).
    Switch { state: i64 },
    /// A task is called `newcomm` now.
    Rename { pid: i32, newcomm: String },
    /// The current task asks for a module, and with `wait` it sleeps until the program that
    /// the kernel starts for that has ended.
    ModuleRequest { name: String, wait: bool },
    /// A process is killed because memory ran out.
    OomVictim { pid: i32 },
    /// Any other event. Its data is in [`crate::Event::fields`].
    Other { name: String },
}

impl Kind {
    /// Interprets the fields of the event that the kernel calls `name`.
    pub(super) fn new(name: &str, fields: &Fields, symbols: &Symbols) -> Result<Kind, TraceError> {
        Reader { event: name, fields }.kind(symbols)
    }

    /// The name of the event.
    pub fn name(&self) -> EventName {
        match self {
            Kind::Mark(_) => EventName::Mark,
            Kind::KernelMark { .. } => EventName::KernelMark,
            Kind::Step { .. } => EventName::Step,
            Kind::LoadModule { .. } => EventName::LoadModule,
            Kind::SignalGenerate { .. } => EventName::SignalGenerate,
            Kind::SignalDeliver { .. } => EventName::SignalDeliver,
            Kind::Fork { .. } => EventName::Fork,
            Kind::NewTask { .. } => EventName::NewTask,
            Kind::Exec { .. } => EventName::Exec,
            Kind::Exit { .. } => EventName::Exit,
            Kind::IrqEntry { .. } => EventName::IrqEntry,
            Kind::IrqExit { .. } => EventName::IrqExit,
            Kind::SysEnter { .. } => EventName::SysEnter,
            Kind::SysExit { .. } => EventName::SysExit,
            Kind::PageFault { user: true, .. } => EventName::PageFaultUser,
            Kind::PageFault { user: false, .. } => EventName::PageFaultKernel,
            Kind::Waking { .. } => EventName::Waking,
            Kind::Wakeup { .. } => EventName::Wakeup,
            Kind::Switch { .. } => EventName::Switch,
            Kind::Rename { .. } => EventName::Rename,
            Kind::ModuleRequest { .. } => EventName::ModuleRequest,
            Kind::OomVictim { .. } => EventName::OomVictim,
            Kind::Other { name } => EventName::Other(name.clone()),
        }
    }
}

/// The fields of one event, while we build a [`Kind`] from them.
struct Reader<'a> {
    event: &'a str,
    fields: &'a Fields,
}

impl Reader<'_> {
    fn kind(&self, symbols: &Symbols) -> Result<Kind, TraceError> {
        if self.event == PRINT {
            return self.mark(symbols);
        }
        Ok(match EventName::from(self.event) {
            EventName::Step => Kind::Step { what: self.text("what")?, value: self.int("value")? },
            EventName::LoadModule => {
                Kind::LoadModule { name: self.text("name")?, text: self.u64("text")? }
            }
            EventName::SignalGenerate => Kind::SignalGenerate {
                sig: self.i32("sig")?,
                errno: self.i32("errno")?,
                code: self.i32("code")?,
                comm: self.text("comm")?,
                pid: self.i32("pid")?,
                group: self.int("group")? != 0,
                result: self.i32("result")?,
            },
            EventName::SignalDeliver => Kind::SignalDeliver {
                sig: self.i32("sig")?,
                errno: self.i32("errno")?,
                code: self.i32("code")?,
                sa_handler: self.u64("sa_handler")?,
                sa_flags: self.u64("sa_flags")?,
            },
            EventName::Fork => Kind::Fork {
                parent_comm: self.text("parent_comm")?,
                parent_pid: self.i32("parent_pid")?,
                child_comm: self.text("child_comm")?,
                child_pid: self.i32("child_pid")?,
            },
            EventName::NewTask => Kind::NewTask {
                pid: self.i32("pid")?,
                thread: self.u64("clone_flags")? & CLONE_THREAD != 0,
            },
            EventName::Exec => Kind::Exec {
                filename: self.text("filename")?,
                pid: self.i32("pid")?,
                old_pid: self.i32("old_pid")?,
            },
            EventName::Exit => Kind::Exit { comm: self.text("comm")?, pid: self.i32("pid")? },
            EventName::IrqEntry => {
                Kind::IrqEntry { irq: self.i32("irq")?, name: self.text("name")? }
            }
            // The field is an irqreturn_t, and zero is IRQ_NONE.
            EventName::IrqExit => {
                Kind::IrqExit { irq: self.i32("irq")?, handled: self.int("ret")? != 0 }
            }
            EventName::SysEnter => Kind::SysEnter { id: self.int("id")?, args: self.list("args")? },
            EventName::SysExit => Kind::SysExit { id: self.int("id")?, ret: self.int("ret")? },
            EventName::PageFaultUser => self.page_fault(true)?,
            EventName::PageFaultKernel => self.page_fault(false)?,
            EventName::Waking => Kind::Waking { comm: self.text("comm")?, pid: self.i32("pid")? },
            EventName::Wakeup => Kind::Wakeup { comm: self.text("comm")?, pid: self.i32("pid")? },
            EventName::Switch => Kind::Switch { state: self.int("prev_state")? },
            EventName::Rename => {
                Kind::Rename { pid: self.i32("pid")?, newcomm: self.text("newcomm")? }
            }
            EventName::ModuleRequest => {
                Kind::ModuleRequest { name: self.text("name")?, wait: self.int("wait")? != 0 }
            }
            EventName::OomVictim => Kind::OomVictim { pid: self.i32("pid")? },
            // The kernel has no event with this name.
            EventName::Mark | EventName::KernelMark => Kind::Other { name: self.event.to_owned() },
            EventName::Other(name) => Kind::Other { name },
        })
    }

    fn page_fault(&self, user: bool) -> Result<Kind, TraceError> {
        let (address, error_code) = (self.u64("address")?, self.u64("error_code")?);
        Ok(Kind::PageFault { user, address, error_code })
    }

    /// A `print` event is a program's mark if the function behind `trace_marker` wrote
    /// it. Any other function is kernel code. A program cannot choose the address, so it
    /// cannot pose as the kernel.
    fn mark(&self, symbols: &Symbols) -> Result<Kind, TraceError> {
        let function = symbols.name(self.u64("ip")?).map(|symbol| symbol.name);
        let text = self.text("buf")?;
        let text = text.strip_suffix('\n').unwrap_or(&text).to_owned();
        Ok(match function.as_deref() {
            Some("tracing_mark_write") => Kind::Mark(Mark::read(&text)),
            _ => Kind::KernelMark { function, text },
        })
    }

    fn get<'a, T>(
        &'a self,
        field: &'static str,
        convert: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T, TraceError> {
        let missing = || TraceError::Field { event: self.event.to_owned(), field };
        self.fields.get(field).and_then(convert).ok_or_else(missing)
    }

    fn int(&self, field: &'static str) -> Result<i64, TraceError> {
        self.get(field, Value::as_int)
    }

    fn i32(&self, field: &'static str) -> Result<i32, TraceError> {
        self.get(field, |value| i32::try_from(value.as_int()?).ok())
    }

    fn u64(&self, field: &'static str) -> Result<u64, TraceError> {
        self.get(field, |value| match value {
            Value::Uint(n) => Some(*n),
            _ => None,
        })
    }

    fn text(&self, field: &'static str) -> Result<String, TraceError> {
        self.get(field, |value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        })
    }

    fn list(&self, field: &'static str) -> Result<Vec<u64>, TraceError> {
        self.get(field, |value| match value {
            Value::List(list) => Some(list.clone()),
            _ => None,
        })
    }
}
