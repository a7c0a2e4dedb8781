//! The kernel log of a run of a student's module: what the module printed, and what the
//! kernel reports about it. This is only for people: marks come from the trace.

use story::reports::Place;
use vm::panic::message;

/// The lines of a run that a student wants to read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KernelLog {
    /// The log without what every run has. Of a report only its title is left.
    pub short: Vec<String>,
    /// The same with the whole reports.
    pub whole: Vec<String>,
    /// The kernel's reports, in order.
    pub reports: Vec<Report>,
}

/// A report of the kernel about a bug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub kind: Kind,
    /// The place in the module that it is about, if the report names one.
    pub place: Option<Place>,
    /// The line of the student's file, if the report names one.
    pub line: Option<u32>,
}

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// WARN() in the module.
    Warning,
    /// WARN() in a kernel function, because of the module.
    CalleeWarning,
    /// The module slept in an interrupt handler or under a spinlock.
    ScheduledWhileAtomic,
    /// Everything else, such as an oops.
    Bug,
}

/// What the kernel says in every run. None of it is about the student's code.
const ALWAYS: &[&str] = &[
    "PCI: setting IRQ ",
    ": enabling device (",
    ": found PCI INT ",
    ": loading out-of-tree module taints kernel.",
    "reboot: ",
];

const BEGIN: &str = "------------[ cut here ]------------";
const END: &str = "---[ end trace ";
const WARNING: &str = "WARNING: ";
const ATOMIC: &str = "BUG: scheduling while atomic: ";
/// Titles of reports that begin without [`BEGIN`].
const TITLES: &[&str] = &["BUG: ", "kernel BUG at ", "Oops: ", "general protection fault", PANIC];
const PANIC: &str = "Kernel panic - ";
/// Within so many lines a report says on which processor it happened.
const HEAD_LINES: usize = 8;
const END_OF_STACK: &str = " </TASK>";

impl KernelLog {
    /// Reads a log. `file` is the name of the student's file, which is its module's, too.
    pub fn read(log: &str, file: &str) -> KernelLog {
        let module = file.strip_suffix(".c").unwrap_or(file);
        let mut read = KernelLog::default();
        // The module is compiled in a folder that a student does not know.
        let log = log.replace(&format!("module/{file}:"), &format!("{file}:"));
        let lines: Vec<&str> = log.lines().map(message).collect();
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            let rest = &lines[at..];
            let report = &rest[..report_length(rest)];
            at += report.len().max(1);
            if report.is_empty() {
                if !ALWAYS.iter().any(|always| line.contains(always)) {
                    read.short.push((*line).to_owned());
                    read.whole.push((*line).to_owned());
                }
                continue;
            }
            read.whole.extend(report.iter().map(|&line| line.to_owned()));
            let title = report.iter().find(|&&line| line != BEGIN).unwrap_or(line);
            read.short.push(short(title));
            read.reports.push(Report::read(report, file, module));
        }
        read
    }
}

/// How many lines the report has that these begin with; 0 if they begin with none.
fn report_length(lines: &[&str]) -> usize {
    let title = lines[0];
    let is_titled = title == BEGIN || TITLES.iter().any(|begin| title.starts_with(begin));
    // A line that only looks like a title does not go on like a report.
    let head = &lines[..lines.len().min(HEAD_LINES)];
    if !is_titled || !head.iter().any(|line| line.starts_with("CPU: ") || line.contains(" CPU: ")) {
        return 0;
    }
    let ends = |line: &&str| match title.starts_with(ATOMIC) {
        true => *line == END_OF_STACK,
        false => line.starts_with(END) || line.starts_with(PANIC),
    };
    // The machine may have ended before the report did.
    let Some(end) = lines.iter().position(ends) else { return lines.len() };
    // A panic follows the report of its reason, and repeats it in between.
    let next = lines[end + 1..].iter().position(|line| line.starts_with(PANIC) || *line == BEGIN);
    match next {
        Some(next) if lines[end + 1 + next].starts_with(PANIC) => end + 1 + next + 1,
        _ => end + 1,
    }
}

impl Report {
    fn read(lines: &[&str], file: &str, module: &str) -> Report {
        let warning = lines.iter().find_map(|line| line.strip_prefix(WARNING));
        let within = format!(" at {file}:");
        let line = warning.and_then(|warning| {
            let (_, rest) = warning.split_once(&within)?;
            rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        });
        let kind = match warning {
            Some(_) if line.is_some() => Kind::Warning,
            Some(_) => Kind::CalleeWarning,
            None if lines[0].starts_with(ATOMIC) => Kind::ScheduledWhileAtomic,
            None => Kind::Bug,
        };
        let place = lines.iter().find_map(|line| Place::in_line(line, module));
        Report { kind, place, line }
    }

    /// The function of the module that it is about.
    pub fn function(&self) -> Option<&str> {
        // Without the compiler's suffixes.
        self.place.as_ref()?.function.split('.').next()
    }
}

/// The title of a report without numbers that say nothing about a source.
fn short(title: &str) -> String {
    let words = title.split(' ').filter(|word| !word.is_empty());
    let mut short: Vec<&str> = words.map(|word| word.split("+0x").next().unwrap_or(word)).collect();
    if let ["WARNING:", "CPU:", _, "PID:", ..] = short[..] {
        short.drain(1..5);
    }
    short.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    // Messages of a kernel about a student's module, with fewer registers.

    const WARN: &str = "\
------------[ cut here ]------------
WARNING: CPU: 0 PID: 20 at module/lab_x.c:50 lab_x_isr+0x10/0x50 [lab_x]
Modules linked in: lab_x(O) lab_idle(O)
RIP: 0010:lab_x_isr+0x10/0x50 [lab_x]
Call Trace:
 <TASK>
 ? __handle_irq_event_percpu+0x52/0xf9
 </TASK>
---[ end trace 0000000000000000 ]---
";
    const ATOMIC: &str = "\
BUG: scheduling while atomic: harness/20/0x00010000
CPU: 0 UID: 0 PID: 20 Comm: harness
Call Trace:
 <TASK>
 ? lab_x_other+0x1/0x2 [lab_x]
 msleep+0x16/0x1a
 lab_x_isr+0x1e/0x5b [lab_x]
 </TASK>
";
    const REFCOUNT: &str = "\
------------[ cut here ]------------
refcount_t: underflow; use-after-free.
WARNING: CPU: 0 PID: 20 at lib/refcount.c:28 refcount_warn_saturate+0x9e/0xe0
RIP: 0010:refcount_warn_saturate+0x9e/0xe0
Call Trace:
 put_pid+0x10/0x20
 lab_x_release+0x2/0x3 [lab_x]
---[ end trace 0000000000000000 ]---
";

    /// What is told of reports.
    fn told(reports: &[Report]) -> Vec<(Kind, Option<&str>, Option<u32>)> {
        reports.iter().map(|report| (report.kind, report.function(), report.line)).collect()
    }

    #[test]
    fn what_a_module_prints_is_there_and_what_every_run_has_is_not() {
        let log = "[    1.0] lab_x 0000:00:04.0: enabling device (0000 -> 0002)
PCI: setting IRQ 11 as level-triggered
lab_x 0000:00:04.0: irq 24 by MSI
[    1.5] lab_x: causes 2
reboot: Restarting system
";
        let read = KernelLog::read(log, "lab_x.c");
        assert_eq!(read.short, ["lab_x 0000:00:04.0: irq 24 by MSI", "lab_x: causes 2"]);
        assert_eq!((&read.whole, read.reports.len()), (&read.short, 0));
    }

    #[test]
    fn a_report_is_its_title_and_names_the_modules_function() {
        let log = format!("before\n{WARN}between\n{ATOMIC}{REFCOUNT}after\n");
        let read = KernelLog::read(&log, "lab_x.c");
        assert_eq!(
            read.short,
            [
                "before",
                "WARNING: at lab_x.c:50 lab_x_isr [lab_x]",
                "between",
                "BUG: scheduling while atomic: harness/20/0x00010000",
                "refcount_t: underflow; use-after-free.",
                "after",
            ]
        );
        assert_eq!(read.whole.join("\n") + "\n", log.replace("module/", ""));
        assert_eq!(
            told(&read.reports),
            [
                (Kind::Warning, Some("lab_x_isr"), Some(50)),
                (Kind::ScheduledWhileAtomic, Some("lab_x_isr"), None),
                (Kind::CalleeWarning, Some("lab_x_release"), None),
            ]
        );
    }

    #[test]
    fn a_report_that_is_cut_off_is_read_to_its_end() {
        let log = "BUG: kernel NULL pointer dereference, address: 8\nCPU: 0 UID: 0\n\
                   RIP: 0010:lab_x_isr+0xa/0x57 [lab_x]\n";
        let read = KernelLog::read(log, "lab_x.c");
        assert_eq!(told(&read.reports), [(Kind::Bug, Some("lab_x_isr"), None)]);
        assert_eq!(read.short, ["BUG: kernel NULL pointer dereference, address: 8"]);
    }

    #[test]
    fn a_panic_belongs_to_the_report_before_it() {
        let log = "BUG: kernel NULL pointer dereference, address: 8
CPU: 0 UID: 0 PID: 20 Comm: harness
RIP: 0010:lab_x_isr+0xa/0x57 [lab_x]
---[ end trace 0000000000000000 ]---
RIP: 0010:lab_x_isr+0xa/0x57 [lab_x]
RAX: 0000000000000002
Kernel panic - not syncing: Fatal exception in interrupt
";
        let read = KernelLog::read(log, "lab_x.c");
        assert_eq!(read.short, ["BUG: kernel NULL pointer dereference, address: 8"]);
        assert_eq!(read.whole.len(), 7);
    }

    #[test]
    fn a_line_that_only_looks_like_a_title_takes_no_other() {
        let read = KernelLog::read("BUG: not at all\nlab_x: more\n", "lab_x.c");
        assert_eq!(read.short, ["BUG: not at all", "lab_x: more"]);
        assert_eq!(read.reports, []);
    }

    #[test]
    fn a_modules_own_words_are_no_function() {
        let read = |line: &str| {
            let log = format!("{}harness\nCPU: 0\n{line}\n", super::ATOMIC);
            KernelLog::read(&log, "lab_x.c").reports[0].function().map(str::to_owned)
        };
        assert_eq!(read(" evil words+0x1/0x2 [lab_x]").as_deref(), Some("words"));
        assert_eq!(read(" ?? ::x!+0x1/0x2 [lab_x]"), None);
    }
}
