//! Why the guest kernel panicked, in its own words. This is for people: that
//! it did panic is known from QMP.

/// How the line that names the reason begins, the most telling first.
const REASONS: &[&str] = &[
    "BUG: ",
    "kernel BUG at ",
    "Oops: ",
    "general protection fault",
    "Kernel panic - not syncing: ",
];

/// Lines of a report that a person is shown, at most: a report with two stacks.
const REPORT_LINES: usize = 80;

/// How lines begin that fill a report and help nobody who has the module's source.
const FILLERS: &[&str] = &["Modules linked in: ", "Code: "];

/// The reason that a kernel log gives for a panic, with the function it
/// happened in where that is said, and the function of a module that led there; empty
/// if there is none.
pub fn reason(log: &str) -> String {
    let messages = || log.lines().map(message);
    let Some(reason) =
        REASONS.iter().find_map(|reason| messages().find(|line| line.starts_with(reason)))
    else {
        return String::new();
    };
    let place = messages().find_map(|line| line.strip_prefix("RIP: 0010:"));
    let place = place.and_then(|place| place.split_once('+'));
    let Some((function, rest)) = place else { return reason.to_owned() };
    let caller = match rest.contains('[') {
        true => None,
        false => log.lines().skip_while(|line| message(line) != "Call Trace:").find_map(of_module),
    };
    let caller = caller.map_or(String::new(), |(function, module)| {
        format!(", reached from {function} of the module {module}")
    });
    format!("{reason}, in {function}{caller}")
}

/// The function of a module that a line of a call trace names: ` f+0x1/0x2 [module]`.
/// A line with a question mark is what the stack held, not who called whom.
fn of_module(line: &str) -> Option<(&str, &str)> {
    let (function, rest) = message(line).trim_start().split_once('+')?;
    let module = rest.split_once('[')?.1.strip_suffix(']')?;
    (!function.contains(' ')).then_some((function, module))
}

/// A reason as the end of a sentence.
pub fn told(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

/// The kernel's report of what it panicked of: from its first line to the end of the
/// call trace, and the last line of all. `None` if the log has no report.
pub fn report(log: &str) -> Option<String> {
    let begins = |line: &&str| REASONS.iter().any(|reason| message(line).starts_with(reason));
    let mut lines = log.lines().skip_while(|line| !begins(line));
    let fills = |line: &&str| FILLERS.iter().any(|filler| message(line).starts_with(filler));
    // Behind it the kernel says the registers once more.
    let ends = |line: &&str| message(line).starts_with("---[ end ");
    let mut report: Vec<&str> = Vec::new();
    for line in lines.by_ref().take_while(|line| !ends(line)).filter(|line| !fills(line)) {
        if report.len() < REPORT_LINES {
            report.push(line);
        }
    }
    report.extend(lines.find(|line| message(line).starts_with("Kernel panic - ")));
    (!report.is_empty()).then(|| report.join("\n"))
}

/// A line of the log without its time.
pub fn message(line: &str) -> &str {
    line.strip_prefix('[')
        .and_then(|line| line.split_once("] "))
        .map_or(line, |(_, message)| message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "[    1.0] lab_x: loaded
[    1.5] BUG: kernel NULL pointer dereference, address: 0000000000000000
[    1.5] #PF: supervisor read access in kernel mode
[    1.5] RIP: 0010:strlen+0x4/0x10
[    1.5] Code: 00 00
[    1.5] RSP: 0018:ffff
[    1.5] Call Trace:
[    1.5]  <TASK>
[    1.5]  ? __die+0x1/0x2 [other]
[    1.5]  lab_x_write+0x1a/0x40 [lab_x]
[    1.5]  vfs_write+0x1/0x2
[    1.5]  </TASK>
[    1.5] Modules linked in: lab_x(O)
[    1.5] ---[ end trace 0000000000000000 ]---
[    1.5] RIP: 0010:strlen+0x4/0x10
[    1.6] Kernel panic - not syncing: Fatal exception
[    1.6] Kernel Offset: disabled
";

    #[test]
    fn the_reason_has_the_modules_function() {
        assert_eq!(
            reason(LOG),
            "BUG: kernel NULL pointer dereference, address: 0000000000000000, in strlen, reached \
             from lab_x_write of the module lab_x"
        );
        let in_module = LOG.replace("strlen+0x4/0x10", "lab_x_isr+0x1a/0x40 [lab_x]");
        assert_eq!(
            reason(&in_module),
            "BUG: kernel NULL pointer dereference, address: 0000000000000000, in lab_x_isr"
        );
        assert_eq!(
            reason("[ 1.6] Kernel panic - not syncing: Attempted to kill init!\n"),
            "Kernel panic - not syncing: Attempted to kill init!"
        );
        assert_eq!(told(&reason("nothing\n")), "");
    }

    #[test]
    fn a_report_is_told_from_its_first_line() {
        let report = report(LOG).unwrap();
        let lines: Vec<&str> = report.lines().map(message).map(str::trim).collect();
        assert_eq!(
            lines,
            [
                "BUG: kernel NULL pointer dereference, address: 0000000000000000",
                "#PF: supervisor read access in kernel mode",
                "RIP: 0010:strlen+0x4/0x10",
                "RSP: 0018:ffff",
                "Call Trace:",
                "<TASK>",
                "? __die+0x1/0x2 [other]",
                "lab_x_write+0x1a/0x40 [lab_x]",
                "vfs_write+0x1/0x2",
                "</TASK>",
                "Kernel panic - not syncing: Fatal exception",
            ]
        );
    }

    #[test]
    fn a_long_report_has_a_bound() {
        let log = format!("[ 1.0] BUG: x\n{}", "[ 1.0]  f+0x1/0x2\n".repeat(1000));
        assert_eq!(report(&log).unwrap().lines().count(), REPORT_LINES);
        assert_eq!(super::report("[ 1.0] nothing\n"), None);
    }
}
