//! What a debug kernel reported about a student's module, in a person's words.
//!
//! [`crate::findings`] asks whether there is any report at all. This module tells reports
//! apart. A line that only looks like the title of a report has no stack after it, and is
//! passed over.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A report about a bug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub kind: Kind,
    /// The kernel's title for it.
    pub title: String,
    /// The first place in the module that it names.
    pub place: Option<Place>,
}

/// A place in a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The function, as the kernel writes it, such as `lab_send.isra.0`.
    pub function: String,
    /// Offset of the instruction from the start of the function, bytes.
    pub offset: u64,
}

/// What a report is about. A mutant names it as in JSON, `lock-twice`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A lock is taken by code that holds it.
    LockTwice,
    /// A lock that an interrupt handler takes is held with interrupts enabled.
    LockInterrupt,
    /// Two locks are taken in both orders.
    LockOrder,
    /// A lock is not released, or by somebody else, or freed while it is held.
    LockUse,
    /// Something sleeps in an interrupt handler or under a spinlock.
    Sleep,
    /// Something that RCU protects is used outside of a reader.
    Rcu,
    /// An access to freed memory or beyond an object's end; a corrupt list.
    Memory,
    /// An access to an address where there is nothing.
    Fault,
    /// Memory that nothing points to any more.
    Leak,
    /// WARN(), by the module or by a kernel function.
    Warning,
    /// Any other report.
    Other,
}

/// What titles contain. The first that fits counts.
const TITLES: &[(&str, Kind)] = &[
    ("possible recursive locking detected", Kind::LockTwice),
    ("BUG: spinlock recursion", Kind::LockTwice),
    ("inconsistent lock state", Kind::LockInterrupt),
    ("possible irq lock inversion", Kind::LockInterrupt),
    ("-unsafe lock order detected", Kind::LockInterrupt),
    ("possible circular locking dependency", Kind::LockOrder),
    ("lock held when returning to user space", Kind::LockUse),
    ("bad unlock balance", Kind::LockUse),
    ("held lock freed", Kind::LockUse),
    ("DEBUG_LOCKS_WARN_ON", Kind::LockUse),
    ("BUG: spinlock ", Kind::LockUse),
    ("BUG: Invalid wait context", Kind::Sleep),
    ("BUG: sleeping function called from invalid context", Kind::Sleep),
    ("BUG: scheduling while atomic", Kind::Sleep),
    ("suspicious RCU usage", Kind::Rcu),
    ("BUG: KASAN: null-ptr-deref", Kind::Fault),
    ("BUG: KASAN: ", Kind::Memory),
    ("list_add corruption", Kind::Memory),
    ("list_del corruption", Kind::Memory),
    ("BUG: kernel NULL pointer dereference", Kind::Fault),
    ("BUG: unable to handle ", Kind::Fault),
    ("general protection fault", Kind::Fault),
    ("WARNING: CPU: ", Kind::Warning),
    ("BUG: ", Kind::Other),
    ("WARNING: ", Kind::Other),
    ("INFO: trying to register non-static key", Kind::LockUse),
    ("INFO: ", Kind::Other),
    ("kernel BUG at ", Kind::Other),
];

/// What lines with titles begin with.
const BEGINS: &[&str] = &[
    "BUG: ",
    "[ BUG: ",
    "WARNING: ",
    "INFO: trying to register non-static key",
    "INFO: task ",
    "INFO: rcu",
    "list_add corruption",
    "list_del corruption",
    "kernel BUG at ",
    "general protection fault",
];

/// The line in front of the message of a WARN() or a BUG().
const CUT_HERE: &str = "------------[ cut here ]------------";
/// Stands in each report.
const STACK: &str = "Call Trace:";
/// Begins what kmemleak says about an object.
const LOST: &str = "unreferenced object ";

impl Place {
    /// The place in a line such as `RIP: 0010:f+0x1/0x2 [lab_x]`, ` f+0x1/0x2 [lab_x]` or
    /// `at: f+0x1/0x2 [lab_x]`. A stack has the addresses after calls; a line with a question
    /// mark is only a value on the stack.
    pub fn in_line(line: &str, module: &str) -> Option<Place> {
        let (before, _) = line.split_once(&format!(" [{module}]"))?;
        let place = before.rsplit([' ', ':']).next()?;
        let (function, rest) = place.split_once("+0x")?;
        let offset = rest.split('/').next()?;
        let offset = u64::from_str_radix(offset, 16).ok()?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        if line.trim_start().starts_with("? ")
            || function.is_empty()
            || !function.chars().all(is_name)
        {
            return None;
        }
        let is_exact = line.starts_with("RIP: ") || line.starts_with("WARNING: CPU: ");
        let offset = if is_exact { offset } else { offset.saturating_sub(1) };
        Some(Place { function: function.to_owned(), offset })
    }
}

impl Report {
    /// Reads the reports in a kernel log, and what kmemleak found. Each kind is reported
    /// once: later reports are mostly consequences of the first.
    pub fn read(log: &str, leaks: &str, module: &str) -> Vec<Report> {
        let lines: Vec<&str> = log.lines().map(message).collect();
        let titles: Vec<(usize, Kind)> =
            (0..lines.len()).filter_map(|n| Some((n, kind_of(&lines, n)?))).collect();
        let mut reports: Vec<Report> = Vec::new();
        let mut titles = titles.into_iter().peekable();
        while let Some((first, mut kind)) = titles.next() {
            // The message of a WARN() or BUG() stands in front of the line that is in each.
            if let Some((_, said)) = titles.next_if(|&(next, _)| next == first + 1)
                && kind == Kind::Other
            {
                kind = said;
            }
            let end = titles.peek().map_or(lines.len(), |&(next, _)| next);
            let report = &lines[first..end];
            // Whoever asks for memory and may sleep takes this lock, in lockdep's eyes.
            if report.iter().any(|line| line.contains("(fs_reclaim)")) {
                kind = Kind::Sleep;
            }
            let has_stack = report.iter().any(|line| line.contains(STACK));
            if has_stack && reports.iter().all(|report| report.kind != kind) {
                let title = report[0].trim_matches(['[', ']', ' ']);
                // What follows are a process id and the place, which is known.
                let title = title.split(" CPU: ").next().unwrap_or(title).trim_end_matches(':');
                // Of two places that do not fit together, the handler is not the wrong one.
                let wrong = report
                    .iter()
                    .position(|line| line.contains("-ON-W} state was registered at:"))
                    .unwrap_or(0);
                let place = place(&report[wrong..], module).or_else(|| place(report, module));
                reports.push(Report { kind, title: title.to_owned(), place });
            }
        }
        let lost: Vec<&str> = leaks.lines().collect();
        if let Some(first) = lost.iter().find(|line| line.starts_with(LOST)) {
            let count = lost.iter().filter(|line| line.starts_with(LOST)).count();
            let size =
                first.split_once("(size ").map_or("?", |(_, size)| size.trim_end_matches("):"));
            let title = format!("unreferenced objects: {count}, the first of {size} bytes");
            reports.push(Report { kind: Kind::Leak, title, place: place(&lost, module) });
        }
        reports
    }
}

/// The kind of the report whose title is in line `n`, if there is one.
fn kind_of(lines: &[&str], n: usize) -> Option<Kind> {
    let line = lines[n];
    // What a WARN() or BUG() says may be anything.
    let in_frame = n > 0 && lines[n - 1] == CUT_HERE;
    if !in_frame && !BEGINS.iter().any(|begin| line.starts_with(begin)) {
        return None;
    }
    let kind = TITLES.iter().find(|(text, _)| line.contains(text)).map(|&(_, kind)| kind);
    kind.or(in_frame.then_some(Kind::Other))
}

/// The first place in the module that lines name.
fn place(lines: &[&str], module: &str) -> Option<Place> {
    lines.iter().find_map(|line| Place::in_line(line, module))
}

/// A line of the log without its time.
fn message(line: &str) -> &str {
    let is_time = |text: &str| text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '.'));
    let timed = line.strip_prefix('[').and_then(|line| line.split_once("] "));
    timed.filter(|(time, _)| is_time(time)).map_or(line, |(_, message)| message)
}

impl Kind {
    /// What a module that is in order does, as a sentence: lower-case, no final period.
    pub fn wanted(self) -> &'static str {
        match self {
            Kind::LockTwice => "it takes no lock that it holds already",
            Kind::LockInterrupt => {
                "a lock that the interrupt handler takes is taken with interrupts off"
            }
            Kind::LockOrder => "its locks are always taken in the same order",
            Kind::LockUse => "every lock is released once, by who took it",
            Kind::Sleep => "nothing sleeps in an interrupt handler or under a spinlock",
            Kind::Rcu => "what RCU protects is used between rcu_read_lock() and rcu_read_unlock()",
            Kind::Memory => "it touches only memory that is there and is its own",
            Kind::Fault => "every pointer that it follows leads to something",
            Kind::Leak => "memory that it has used is freed or still known in the end",
            Kind::Warning => "the kernel has nothing to warn of",
            Kind::Other => "the kernel finds no other fault",
        }
    }

    /// What a report says, as a sentence without its subject.
    pub fn told(self) -> &'static str {
        match self {
            Kind::LockTwice => {
                "takes a lock that is already held by the same code, and would wait for itself for ever"
            }
            Kind::LockInterrupt => {
                "holds a lock with interrupts on that the interrupt handler takes, too: if the interrupt comes then, the handler waits for ever"
            }
            Kind::LockOrder => {
                "takes a lock while it holds another, and somewhere else it is the other way round: two tasks can wait for each other for ever"
            }
            Kind::LockUse => "does not take and release a lock in pairs",
            Kind::Sleep => "calls something that may sleep, where nothing may",
            Kind::Rcu => "uses what RCU protects where it may be freed at any time",
            Kind::Memory => "touches memory that was freed or is not its own",
            Kind::Fault => "follows a pointer that leads nowhere",
            Kind::Leak => "leaves memory behind to which nothing points any more",
            Kind::Warning => "makes the kernel warn",
            Kind::Other => "is reported by the kernel",
        }
    }
}

impl fmt::Display for Kind {
    /// The name in JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Reports about a module `lab_x`, shortened.

    const TWICE: &str = "\
============================================
WARNING: possible recursive locking detected
harness/20 is trying to acquire lock:
ffffffffa000f018 (lab.lock){-...}-{2:2}, at: lab_x_isr+0x35/0x80 [lab_x]
but task is already holding lock:
ffffffffa000f018 (lab.lock){-...}-{2:2}, at: lab_x_isr+0x29/0x80 [lab_x]
Call Trace:
 ? lab_x_other+0x35/0x80 [lab_x]
 lab_x_isr+0x35/0x80 [lab_x]
";
    const RECLAIM: &str = "\
WARNING: inconsistent lock state
ffffffff81fa8d60 (fs_reclaim){?.+.}-{0:0}, at: __kmalloc_cache_noprof+0x3c/0x2a0
Call Trace:
 ? lab_x_other+0x35/0x80 [lab_x]
 lab_x_isr+0x3f/0x90 [lab_x]
";
    const SLEEP: &str = "\
BUG: sleeping function called from invalid context at include/linux/sched/mm.h:321
in_atomic(): 1, irqs_disabled(): 1, non_block: 0, pid: 20, name: harness
INFO: lockdep is turned off.
Call Trace:
 lab_x_isr+0x3f/0x90 [lab_x]
";
    const CONTEXT: &str = "\
[ BUG: Invalid wait context ]
Call Trace:
 lab_x_isr+0x3f/0x90 [lab_x]
";
    const RCU: &str = "\
WARNING: suspicious RCU usage
kernel/pid.c:434 suspicious rcu_dereference_check() usage!
Call Trace:
 pid_task+0x10/0x20
 lab_x_isr+0x3f/0x90 [lab_x]
";
    const INTERRUPT: &str = "\
WARNING: inconsistent lock state
ffffffffa000f018 (lab.lock){?...}-{2:2}, at: lab_x_isr+0x35/0x80 [lab_x]
{HARDIRQ-ON-W} state was registered at:
  lock_acquire+0x133/0x330
  lab_register+0x55/0x90 [lab_x]
Call Trace:
 lab_x_isr+0x35/0x80 [lab_x]
";
    const KASAN: &str = "\
BUG: KASAN: slab-use-after-free in kill_pid_info_type+0x38/0xd0
Call Trace:
 kill_pid+0x10/0x20
 lab_x_isr.isra.0+0x41/0x90 [lab_x]
";
    const WARN: &str = "\
------------[ cut here ]------------
WARNING: CPU: 0 PID: 20 at module/lab_x.c:50 lab_x_isr+0x10/0x50 [lab_x]
RIP: 0010:lab_x_isr+0x10/0x50 [lab_x]
Call Trace:
---[ end trace 0000000000000000 ]---
";
    const REFCOUNT: &str = "\
------------[ cut here ]------------
refcount_t: underflow; use-after-free.
WARNING: CPU: 0 PID: 20 at lib/refcount.c:28 refcount_warn_saturate+0x9e/0xe0
Call Trace:
 lab_x_release+0x2/0x3 [lab_x]
";
    const LIST: &str = "\
------------[ cut here ]------------
list_del corruption, ffff8880->next is NULL
kernel BUG at lib/list_debug.c:52!
Call Trace:
 lab_x_release+0x2/0x3 [lab_x]
";
    const NULL: &str = "\
BUG: kernel NULL pointer dereference, address: 0000000000000008
RIP: 0010:lab_x_isr+0x10/0x50 [lab_x]
Call Trace:
";
    const LEAK: &str = "\
unreferenced object 0xffff8880003f88c0 (size 24):
  comm \"harness\", pid 20, jiffies 4294908976
  backtrace (crc 6ff55a3b):
    __kmalloc_cache_noprof+0x1aa/0x280
    lab_x_isr+0x40 [lab_x]
unreferenced object 0xffff8880003f88e0 (size 24):
";

    /// A report's kind, title, function and offset.
    type Told = (Kind, String, Option<(String, u64)>);

    fn read(log: &str, leaks: &str) -> Vec<Told> {
        let told = |report: Report| {
            let place = report.place.map(|place| (place.function, place.offset));
            (report.kind, report.title, place)
        };
        Report::read(log, leaks, "lab_x").into_iter().map(told).collect()
    }

    #[test]
    fn each_kind_is_told_with_its_first_place() {
        for (log, kind, title, function, offset) in [
            (
                TWICE,
                Kind::LockTwice,
                "WARNING: possible recursive locking detected",
                "lab_x_isr",
                0x34,
            ),
            (RECLAIM, Kind::Sleep, "WARNING: inconsistent lock state", "lab_x_isr", 0x3e),
            (
                SLEEP,
                Kind::Sleep,
                "BUG: sleeping function called from invalid context at include/linux/sched/mm.h:321",
                "lab_x_isr",
                0x3e,
            ),
            (RCU, Kind::Rcu, "WARNING: suspicious RCU usage", "lab_x_isr", 0x3e),
            (CONTEXT, Kind::Sleep, "BUG: Invalid wait context", "lab_x_isr", 0x3e),
            (
                INTERRUPT,
                Kind::LockInterrupt,
                "WARNING: inconsistent lock state",
                "lab_register",
                0x54,
            ),
            (
                KASAN,
                Kind::Memory,
                "BUG: KASAN: slab-use-after-free in kill_pid_info_type+0x38/0xd0",
                "lab_x_isr.isra.0",
                0x40,
            ),
            (WARN, Kind::Warning, "WARNING", "lab_x_isr", 0x10),
            (REFCOUNT, Kind::Warning, "refcount_t: underflow; use-after-free.", "lab_x_release", 1),
            (LIST, Kind::Memory, "list_del corruption, ffff8880->next is NULL", "lab_x_release", 1),
            (
                NULL,
                Kind::Fault,
                "BUG: kernel NULL pointer dereference, address: 0000000000000008",
                "lab_x_isr",
                0x10,
            ),
        ] {
            let place = Some((function.to_owned(), offset));
            assert_eq!(read(log, ""), [(kind, title.to_owned(), place)]);
        }
    }

    #[test]
    fn lost_memory_is_one_report() {
        let place = Some(("lab_x_isr".to_owned(), 0x3f));
        let title = "unreferenced objects: 2, the first of 24 bytes".to_owned();
        assert_eq!(read("", LEAK), [(Kind::Leak, title, place)]);
        assert_eq!(read("", ""), []);
    }

    #[test]
    fn each_kind_is_reported_once_and_in_order() {
        let kinds = |log: &str| {
            Report::read(log, LEAK, "lab_x").iter().map(|report| report.kind).collect::<Vec<_>>()
        };
        assert_eq!(
            kinds(&format!("{TWICE}{WARN}{TWICE}")),
            [Kind::LockTwice, Kind::Warning, Kind::Leak]
        );
        assert_eq!(kinds(&format!("{RECLAIM}{SLEEP}")), [Kind::Sleep, Kind::Leak]);
    }

    #[test]
    fn what_a_module_prints_is_no_report() {
        let log = "[    1.5] lab_x: BUG: none\nBUG: not at all\nWARNING: nor here\n";
        assert_eq!(read(log, ""), []);
    }

    #[test]
    fn a_time_is_no_part_of_a_title() {
        let log: String = TWICE.lines().map(|line| format!("[   12.345] {line}\n")).collect();
        assert_eq!(read(&log, ""), read(TWICE, ""));
    }
}
