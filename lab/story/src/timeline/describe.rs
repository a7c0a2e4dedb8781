//! The text that tells an event, and its lane.

use trace::names::{self, DefaultAction};
use trace::{Kind, Mark, PREEMPTED};

use super::{Cell, Entry, Lane, Teller};

/// The text for one event.
pub(super) fn cells(entry: &Entry, teller: &dyn Teller) -> Vec<Cell> {
    let cell = |lane, lines| Cell { lane, lines };
    let kernel = |text: String| {
        // The path to the event comes first, as it does in time.
        let path = teller.path(&entry.event(), entry.context, &entry.stack);
        let lines = if path.is_empty() { vec![text] } else { vec![format!("{path}:"), text] };
        cell(Lane::Kernel, lines)
    };
    match &entry.kind {
        Kind::Mark(mark) => {
            vec![cell(Lane::User, vec![said(mark, teller)])]
        }
        Kind::IrqEntry { irq, name } => {
            let irq = teller.value(&entry.event(), "irq", irq.to_string());
            let device = format!("{} ▶ irq {irq}", device(name));
            vec![cell(Lane::Device, vec![device]), kernel(name.clone())]
        }
        _ => vec![kernel(in_kernel(entry, teller))],
    }
}

/// The text of a program's mark. Numbers of tasks become their names.
fn said(mark: &Mark, teller: &dyn Teller) -> String {
    mark.text(|pid| teller.task_of_number(pid.into()).unwrap_or_else(|| pid.to_string()))
}

/// The device of an interrupt handler. The lab's modules name their handlers `lab_…` and
/// drive QEMU's `edu`.
fn device(handler: &str) -> &str {
    if handler.starts_with("lab_") { "edu" } else { handler }
}

fn in_kernel(entry: &Entry, teller: &dyn Teller) -> String {
    let task = |pid: &i32| teller.task(*pid);
    match &entry.kind {
        Kind::Mark(mark) => said(mark, teller),
        Kind::KernelMark { function: None, text } => text.clone(),
        Kind::KernelMark { function: Some(function), text } => format!("{function}: {text}"),
        Kind::Step { what, value } => {
            let value = teller.value(&entry.event(), "value", step_value(what, *value));
            format!("{what} {value}")
        }
        Kind::LoadModule { name, text } => format!("loads {name} at {text:#x}"),
        Kind::SignalGenerate { sig, errno, code, pid, group, result, .. } => {
            let (to, pid) = (if *group { "" } else { "thread " }, task(pid));
            let info = siginfo(*sig, *errno, *code);
            format!("{} to {to}{pid}, {info}{}", signal(*sig), outcome(*result))
        }
        Kind::SignalDeliver { sig, errno, code, sa_handler, .. } => {
            format!(
                "delivers {}{}",
                siginfo_delivered(*sig, *errno, *code),
                effect(*sig, *sa_handler)
            )
        }
        Kind::Fork { child_pid, .. } => format!("forks {}", task(child_pid)),
        Kind::NewTask { pid, thread: false } => format!("makes the process {}", task(pid)),
        Kind::NewTask { pid, thread: true } => format!("makes the thread {}", task(pid)),
        Kind::Exec { filename, .. } => format!("executes {filename}"),
        Kind::Exit { .. } => "exits".to_owned(),
        Kind::IrqEntry { name, .. } => name.clone(),
        Kind::IrqExit { irq, handled } => {
            let irq = teller.value(&entry.event(), "irq", irq.to_string());
            format!("irq {irq} {}", if *handled { "handled" } else { "not handled" })
        }
        Kind::SysEnter { id, args } => {
            format!("enters {}{}", syscall(*id), teller.arguments(*id, args))
        }
        Kind::SysExit { id, ret } => {
            let task = returns_task(*id).then(|| teller.task_of_number(*ret)).flatten();
            let ret = || teller.value(&entry.event(), "ret", names::return_value(*ret));
            format!("{} returns {}", syscall(*id), task.unwrap_or_else(ret))
        }
        Kind::PageFault { user, address, error_code } => {
            let whose = if *user { "" } else { " of the kernel's" };
            let (verb, why) = names::access(*error_code);
            format!("page fault{whose}: {verb} {address:#x}, {why}")
        }
        Kind::Waking { pid, .. } => format!("wakes {}", task(pid)),
        Kind::Wakeup { pid, .. } => format!("{} is awake", task(pid)),
        Kind::Switch { state: 0 | PREEMPTED } => "could go on, and another task runs".to_owned(),
        Kind::Switch { state: 1 } => "sleeps (S)".to_owned(),
        Kind::Switch { state: 2 } => "sleeps (D)".to_owned(),
        Kind::Switch { state } => format!("gives up the processor, state {state}"),
        Kind::Rename { pid, newcomm } if *pid == entry.pid => format!("calls itself {newcomm}"),
        Kind::Rename { pid, newcomm } => format!("calls {} {newcomm}", task(pid)),
        Kind::ModuleRequest { name, wait: true } => format!("asks for the module {name}, waits"),
        Kind::ModuleRequest { name, wait: false } => format!("asks for the module {name}"),
        Kind::OomVictim { .. } | Kind::Other { .. } => all_fields(entry, teller),
    }
}

fn all_fields(entry: &Entry, teller: &dyn Teller) -> String {
    let event = entry.event();
    entry.fields.iter().fold(event.to_string(), |text, (field, value)| {
        let value = match value.as_int().and_then(|n| i32::try_from(n).ok()) {
            Some(pid) if field == "pid" || field.ends_with("_pid") => teller.task(pid),
            _ => teller.value(&event, field, value.to_string()),
        };
        format!("{text} {field}={value}")
    })
}

/// The value of a module's step, in the form in which programs print it: an error by its
/// name, a set of bits in hexadecimal, and any other as a number.
fn step_value(what: &str, value: i64) -> String {
    match value {
        ..0 => names::return_value(value),
        _ if what.ends_with("causes") => format!("{value:#x}"),
        _ => value.to_string(),
    }
}

/// Whether a system call returns a task's number.
fn returns_task(id: i64) -> bool {
    const CALLS: &[&str] = &[
        "fork", "vfork", "clone", "clone3", "wait4", "getpid", "gettid", "getppid", "getpgrp",
        "getpgid", "getsid", "setsid",
    ];
    names::syscall(id).is_some_and(|name| CALLS.contains(&name))
}

/// A signal's name. A real-time signal has its number too, because programs that do not
/// use glibc know it by number.
fn signal(sig: i32) -> String {
    let name = names::signal(sig);
    if name.starts_with("SIGRT") { format!("{name} ({sig})") } else { name }
}

fn siginfo(sig: i32, errno: i32, code: i32) -> String {
    let code = names::si_code(sig, code).map_or_else(|| format!("si_code {code}"), str::to_owned);
    match errno {
        0 => code,
        n => format!("{code}, {}", names::errno(n).unwrap_or_else(|| format!("si_errno {n}"))),
    }
}

fn siginfo_delivered(sig: i32, errno: i32, code: i32) -> String {
    const SIGKILL: i32 = 9;
    // The kernel delivers SIGKILL to a dying process without siginfo, whoever sent it
    // (`get_signal`, kernel/signal.c), so its code 0 means nothing.
    if sig == SIGKILL {
        signal(sig)
    } else {
        format!("{}, {}", signal(sig), siginfo(sig, errno, code))
    }
}

/// The outcome of sending a signal. Empty if it was queued.
fn outcome(result: i32) -> String {
    match names::result(result.into()) {
        Some("delivered") => String::new(),
        Some("ignored") => ": ignored, dropped".to_owned(),
        Some("already-pending") => ": already pending, dropped".to_owned(),
        Some("overflow-fail") => ": queue full, refused".to_owned(),
        Some("lose-info") => ": queue full, sent without its siginfo".to_owned(),
        _ => format!(": result {result}"),
    }
}

/// The effect of a delivered signal.
fn effect(sig: i32, sa_handler: u64) -> &'static str {
    match (sa_handler, names::default_action(sig)) {
        (0, DefaultAction::Terminate) => ": by default, terminates",
        (0, DefaultAction::DumpCore) => ": by default, terminates with a core dump",
        (0, DefaultAction::Ignore) => ": by default, nothing",
        (0, DefaultAction::Stop) => ": by default, stops",
        (0, DefaultAction::Continue) => ": by default, continues",
        (1, _) => ": ignored by SIG_IGN",
        _ => ", to its handler",
    }
}

fn syscall(id: i64) -> String {
    names::syscall(id).map_or_else(|| format!("system call {id}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::Timeline;
    use super::super::teller::{AsIs, WithArguments};
    use super::*;
    use trace::{Context, Event, Fields, Symbols, Value};

    /// The text for an event, with `|` between its cells.
    fn told(name: &str, fields: &[(&str, i64)], texts: &[(&str, &str)]) -> String {
        let ints = fields.iter().map(|(field, n)| (field.to_string(), Value::Int(*n)));
        let texts = texts.iter().map(|(field, t)| (field.to_string(), Value::Text(t.to_string())));
        let mut fields: Fields = ints.chain(texts).collect();
        for field in ["sa_handler", "sa_flags"] {
            if let Some(n) = fields.get(field).and_then(Value::as_int) {
                fields.insert(field.to_owned(), Value::Uint(n.cast_unsigned()));
            }
        }
        let mut event = Event::new(name, fields, &Symbols::default()).unwrap();
        event.context = Context::Hardirq;
        let entry = Entry::new(&event, 0);
        let cells = cells(&entry, &AsIs);
        let cells: Vec<String> = cells.iter().map(|cell| cell.lines.join(" ")).collect();
        cells.join(" | ")
    }

    #[test]
    fn what_became_of_a_signal_is_told() {
        let generate = |sig, code, errno, group, result| {
            let fields = [
                ("sig", sig),
                ("code", code),
                ("errno", errno),
                ("group", group),
                ("result", result),
                ("pid", 31),
            ];
            told("signal_generate", &fields, &[("comm", "sh")])
        };
        assert_eq!(generate(17, 1, 0, 1, 0), "SIGCHLD to 31, CLD_EXITED");
        assert_eq!(generate(13, 0, 0, 0, 0), "SIGPIPE to thread 31, SI_USER");
        assert_eq!(generate(44, -1, 11, 1, 0), "SIGRTMIN+10 (44) to 31, SI_QUEUE, EAGAIN");
        assert_eq!(generate(44, 77, 999, 1, 0), "SIGRTMIN+10 (44) to 31, si_code 77, si_errno 999");
        assert_eq!(generate(28, 128, 0, 1, 1), "SIGWINCH to 31, SI_KERNEL: ignored, dropped");
        assert_eq!(generate(17, 1, 0, 1, 2), "SIGCHLD to 31, CLD_EXITED: already pending, dropped");
        assert_eq!(
            generate(44, -1, 0, 1, 3),
            "SIGRTMIN+10 (44) to 31, SI_QUEUE: queue full, refused"
        );
        assert_eq!(
            generate(44, 0, 0, 1, 4),
            "SIGRTMIN+10 (44) to 31, SI_USER: queue full, sent without its siginfo"
        );
        assert_eq!(generate(17, 1, 0, 1, 9), "SIGCHLD to 31, CLD_EXITED: result 9");
    }

    #[test]
    fn what_a_delivered_signal_does_is_told() {
        let deliver = |sig, code, handler| {
            let fields = [
                ("sig", sig),
                ("code", code),
                ("errno", 0),
                ("sa_handler", handler),
                ("sa_flags", 0),
            ];
            told("signal_deliver", &fields, &[])
        };
        assert_eq!(deliver(17, 2, 0x40_1000), "delivers SIGCHLD, CLD_KILLED, to its handler");
        assert_eq!(deliver(17, 2, 1), "delivers SIGCHLD, CLD_KILLED: ignored by SIG_IGN");
        assert_eq!(deliver(17, 2, 0), "delivers SIGCHLD, CLD_KILLED: by default, nothing");
        assert_eq!(deliver(9, 0, 0), "delivers SIGKILL: by default, terminates");
        assert_eq!(
            deliver(11, 1, 0),
            "delivers SIGSEGV, SEGV_MAPERR: by default, terminates with a core dump"
        );
        assert_eq!(deliver(19, 0, 0), "delivers SIGSTOP, SI_USER: by default, stops");
        assert_eq!(deliver(18, 0, 0), "delivers SIGCONT, SI_USER: by default, continues");
    }

    #[test]
    fn devices_have_a_lane() {
        let entry = |name| told("irq_handler_entry", &[("irq", 10)], &[("name", name)]);
        assert_eq!(entry("lab_kill_pid"), "edu ▶ irq 10 | lab_kill_pid");
        assert_eq!(entry("timer"), "timer ▶ irq 10 | timer");
        let exit = |ret| told("irq_handler_exit", &[("irq", 10), ("ret", ret)], &[]);
        assert_eq!((exit(1), exit(0)), ("irq 10 handled".into(), "irq 10 not handled".into()));
    }

    #[test]
    fn only_a_teller_of_arguments_tells_them() {
        let args = Value::List(vec![20, 10, 0, 0, 0, 0]);
        let fields = Fields::from([("id".to_owned(), Value::Int(62)), ("args".to_owned(), args)]);
        let event = Event::new("sys_enter", fields, &Symbols::default()).unwrap();
        let line = |timeline: Timeline| timeline.entries[0].cells[0].lines.join(" ");
        let timeline = Timeline::new(&[event]);
        assert_eq!(line(timeline.clone()), "enters kill");
        assert_eq!(line(timeline.retold(&WithArguments)), "enters kill(20, SIGUSR1)");
    }

    #[test]
    fn the_rest_is_told() {
        let step = told("lab_step", &[("value", -3)], &[("what", "kill_pid returned")]);
        assert_eq!(step, "kill_pid returned -ESRCH");
        let step = told("lab_step", &[("value", 0x101)], &[("what", "acknowledged causes")]);
        assert_eq!(step, "acknowledged causes 0x101");
        let step = told("lab_step", &[("value", 12)], &[("what", "steps that stand")]);
        assert_eq!(step, "steps that stand 12");
        let step = told("lab_step", &[("value", 1 << 32)], &[("what", "the driver returns")]);
        assert_eq!(step, "the driver returns 4294967296");
        assert_eq!(told("sys_exit", &[("id", 57), ("ret", -11)], &[]), "fork returns -EAGAIN");
        assert_eq!(told("sys_exit", &[("id", 999), ("ret", 0)], &[]), "system call 999 returns 0");
        let exec =
            told("sched_process_exec", &[("pid", 31), ("old_pid", 31)], &[("filename", "/x")]);
        assert_eq!(exec, "executes /x");
        assert_eq!(told("sched_process_exit", &[("pid", 31)], &[("comm", "x")]), "exits");
        assert_eq!(told("sched_waking", &[("pid", 31)], &[("comm", "x")]), "wakes 31");
        assert_eq!(told("sched_wakeup", &[("pid", 31)], &[("comm", "x")]), "31 is awake");
        let switch = |state| told("sched_switch", &[("prev_state", state)], &[]);
        assert_eq!(switch(0), "could go on, and another task runs");
        assert_eq!(switch(256), "could go on, and another task runs");
        assert_eq!((switch(1), switch(2)), ("sleeps (S)".into(), "sleeps (D)".into()));
        assert_eq!(switch(16), "gives up the processor, state 16");
        assert_eq!(told("task_rename", &[("pid", 31)], &[("newcomm", "x")]), "calls 31 x");
        assert_eq!(told("task_rename", &[("pid", 0)], &[("newcomm", "x")]), "calls itself x");
        assert_eq!(told("other", &[("a", 1)], &[("b", "x y")]), "other a=1 b=x y");
    }

    #[test]
    fn page_faults_say_what_was_tried() {
        let told = |event, code| {
            let fields = ["address", "error_code", "ip"].map(str::to_owned);
            let fields: Fields = fields.into_iter().zip([16, code, 1].map(Value::Uint)).collect();
            let event = Event::new(event, fields, &Symbols::default()).unwrap();
            let entry = Entry::new(&event, 0);
            cells(&entry, &AsIs)[0].lines.join(" ")
        };
        assert_eq!(told("page_fault_user", 4), "page fault: reads 0x10, no page");
        assert_eq!(told("page_fault_user", 7), "page fault: writes 0x10, protected page");
        assert_eq!(told("page_fault_user", 0x14), "page fault: executes 0x10, no page");
        let told = told("page_fault_kernel", 0);
        assert_eq!(told, "page fault of the kernel's: reads 0x10, no page");
    }
}
