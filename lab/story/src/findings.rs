//! Problems that a kernel found in itself during a run: its reports in the kernel log,
//! and its leaked memory.
//!
//! Reports have no common form. All of them have a line with one of a few words, or at
//! least print a stack. So there is no parser for reports here: any such line is a
//! finding, whatever wrote it, unless it is part of a report that the lesson declares.

use std::fmt;

use trace::Symbols;

use crate::lesson::Report;

/// The words of reports, with what prints them.
const WORDS: &[&str] = &[
    // KASAN, sleeping in atomic context, bad page, spinlocks, list corruption. lockdep
    // prints `[ BUG: …` and `WARNING: …`.
    "BUG: ",
    // WARN(), lockdep, suspicious RCU usage.
    "WARNING: ",
    // lockdep: a lock that was never initialised. RCU: a stall. A hung task.
    "INFO: ",
    // Debug objects: a timer or work item that is freed while in use.
    "ODEBUG: ",
    // CONFIG_DEBUG_LIST.
    "list_add corruption",
    "list_del corruption",
    // A detector that gives up finds nothing more.
    "kmemleak: Kernel memory leak detector disabled",
    "turning off the locking correctness validator",
    // An interrupt that no handler acknowledged.
    "nobody cared",
    // Anything else for which a kernel developer prints a stack.
    "Call Trace:",
];

/// The last line of a stack, which also ends a declared [`Report`].
const END_OF_STACK: &str = "</TASK>";

/// How many lines of the log are shown with a finding.
const SHOWN: usize = 60;

/// What was found in a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// The kernel log from the first finding on. Empty if there is none.
    reports: String,
    /// The report of kmemleak.
    leaks: String,
    /// Declared reports that never came.
    missing: Vec<String>,
}

impl Findings {
    /// Searches the kernel log for reports. `leaks` is what the leak detector found,
    /// `declared` the reports that programs cause on purpose.
    pub fn new(log: &str, leaks: &str, declared: &[&Report]) -> Findings {
        let lines: Vec<&str> = log.lines().collect();
        let mut seen = vec![false; declared.len()];
        let mut excused = false;
        let mut first = None;
        for (number, line) in lines.iter().enumerate() {
            if let Some(which) = declared.iter().position(|report| line.contains(&report.text)) {
                seen[which] = true;
                excused = true;
            }
            if !excused && WORDS.iter().any(|word| line.contains(word)) {
                first = first.or(Some(number));
            }
            excused &= !line.contains(END_OF_STACK);
        }
        let reports = first.map_or(String::new(), |first| {
            // The previous lines may say what a finding is about.
            lines[first.saturating_sub(2)..].iter().take(SHOWN).map(|l| format!("{l}\n")).collect()
        });
        let missing = declared
            .iter()
            .zip(seen)
            .filter(|(_, seen)| !seen)
            .map(|(report, _)| report.text.clone())
            .collect();
        Findings { reports, leaks: leaks.to_owned(), missing }
    }

    /// Whether nothing was found and all declared reports came.
    pub fn is_empty(&self) -> bool {
        *self == Findings::default()
    }
}

/// Replaces the addresses in kmemleak's report with function names. It has addresses
/// because kmemleak ran after the modules were unloaded.
pub fn name_functions(leaks: &str, symbols: &Symbols) -> String {
    let name = |line: &str| {
        let address = line.trim_start().strip_prefix("0x")?;
        let symbol = symbols.caller(u64::from_str_radix(address, 16).ok()?)?;
        let indent = line.len() - line.trim_start().len();
        let module = symbol.module.map_or(String::new(), |module| format!(" [{module}]"));
        Some(format!("{}{}+{:#x}{module}", &line[..indent], symbol.name, symbol.offset))
    };
    leaks.lines().map(|line| name(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.reports.is_empty() {
            write!(f, "the kernel log has a report:\n{}", self.reports)?;
        }
        if !self.leaks.is_empty() {
            write!(f, "memory is lost:\n{}", self.leaks)?;
        }
        for text in &self.missing {
            writeln!(f, "lesson.toml declares a report that never came: {text}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Kernel messages about a module with the mistake named, shortened.

    /// The interrupt handler's lock, also taken elsewhere with interrupts enabled.
    const LOCKDEP: &str = "\
================================
WARNING: inconsistent lock state
inconsistent {IN-HARDIRQ-W} -> {HARDIRQ-ON-W} usage.
 *** DEADLOCK ***
";
    /// A mutex that is taken in the interrupt handler.
    const ATOMIC_SLEEP: &str = "\
BUG: sleeping function called from invalid context at kernel/locking/mutex.c:586
in_atomic(): 1, irqs_disabled(): 1, non_block: 0, pid: 21, name: kill-pid
";
    /// The same mistake as lockdep reports it.
    const WAIT_CONTEXT: &str = "\
=============================
[ BUG: Invalid wait context ]
";
    /// A listener that was freed while the handler's list still had it.
    const KASAN: &str = "\
==================================================================
BUG: KASAN: slab-use-after-free in __list_add_valid_or_report+0x38/0xd0
Read of size 8 at addr ffff8880034e8a00 by task eventfd-bad-inp/20
";
    /// An init function that returned 5.
    const POSITIVE_INIT: &str = "\
do_init_module: 'lab_module_init'->init suspiciously returned 5, it should follow 0/-E convention
do_init_module: loading module anyway...
CPU: 0 UID: 0 PID: 20 Comm: module-init Tainted: G           O       6.12.117 #1
Call Trace:
 <TASK>
 do_init_module+0x15f/0x380
 </TASK>
";
    /// A `struct pid` that was never put, reported after the module was unloaded.
    const LEAK: &str = "\
unreferenced object 0xffff8880003f88c0 (size 240):
  comm \"init\", pid 1, jiffies 4294908976
  backtrace (crc 6ff55a3b):
    kmem_cache_alloc_noprof+0x1aa/0x280
    0xffffffffa0001040
";
    /// Messages of every run.
    const QUIET: &str = "\
lab_trace: loading out-of-tree module taints kernel.
lab_module_init: unknown parameter 'fial_at' ignored
lab_kill_pid 0000:00:04.0: irq 11 by INTx
reboot: Restarting system
";

    fn positive_init() -> Report {
        Report {
            program: "module-init".to_owned().into(),
            text: "'lab_module_init'->init suspiciously returned 5,".to_owned(),
            why: "it is shown".to_owned(),
        }
    }

    #[test]
    fn a_quiet_log_is_no_finding() {
        assert!(Findings::new(QUIET, "", &[]).is_empty());
        assert!(Findings::new("", "", &[]).is_empty());
    }

    #[test]
    fn every_report_is_found() {
        for report in [LOCKDEP, ATOMIC_SLEEP, WAIT_CONTEXT, KASAN, POSITIVE_INIT] {
            let log = format!("{QUIET}{report}{QUIET}");
            let findings = Findings::new(&log, "", &[]);
            assert!(!findings.is_empty(), "{report}");
            let text = findings.to_string();
            assert!(text.starts_with("the kernel log has a report:\n"), "{text}");
            assert!(text.contains(report.lines().nth(1).unwrap()), "{text}");
        }
    }

    #[test]
    fn a_detector_that_gave_up_is_a_finding() {
        for text in [
            "kmemleak: Kernel memory leak detector disabled",
            "INFO: lockdep is turned off.",
            "turning off the locking correctness validator.",
        ] {
            assert!(!Findings::new(text, "", &[]).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_declared_excuses_itself_and_nothing_else() {
        let declared = positive_init();
        let once = format!("{QUIET}{POSITIVE_INIT}{QUIET}");
        assert!(Findings::new(&once, "", &[&declared]).is_empty());
        // Before it, after it, and with another value.
        for log in [
            format!("{KASAN}{POSITIVE_INIT}"),
            format!("{POSITIVE_INIT}{KASAN}"),
            format!("{POSITIVE_INIT}{}", POSITIVE_INIT.replace("returned 5", "returned 6")),
        ] {
            assert!(!Findings::new(&log, "", &[&declared]).is_empty(), "{log}");
        }
        assert!(!Findings::new(&once, LEAK, &[&declared]).is_empty());
    }

    #[test]
    fn what_is_declared_has_to_come() {
        assert_eq!(
            Findings::new(QUIET, "", &[&positive_init()]).to_string(),
            "lesson.toml declares a report that never came: \
             'lab_module_init'->init suspiciously returned 5,\n"
        );
    }

    #[test]
    fn lost_memory_is_a_finding() {
        let findings = Findings::new(QUIET, LEAK, &[]);
        assert_eq!(findings.to_string(), format!("memory is lost:\n{LEAK}"));
    }

    #[test]
    fn functions_of_a_module_that_is_gone_have_their_names() {
        let map = "ffffffffa0001000 t lab_register\nffffffffa0002000 D data\n";
        let named = name_functions(LEAK, &Symbols::parse(map).unwrap());
        assert_eq!(named, LEAK.replace("0xffffffffa0001040", "lab_register+0x40"));
    }
}
