//! The reason for a kernel panic, in the kernel's words. It is only for people: QMP says
//! whether there was a panic.

/// How the line with the reason begins, the most informative first.
const REASONS: &[&str] = &[
    "BUG: ",
    "kernel BUG at ",
    "Oops: ",
    "general protection fault",
    "Kernel panic - not syncing: ",
];

/// The most lines of a report to show: enough for a report with two stacks.
const REPORT_LINES: usize = 80;

/// Beginnings of lines that fill a report and do not help people who have the module's
/// source.
const FILLERS: &[&str] = &["Modules linked in: ", "Code: "];

/// The reason for a panic from a kernel log, the function that it happened in, and the
/// module function that led there, as far as the log says. Empty if the log gives no
/// reason.
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

/// The module function in a line of a call trace: ` f+0x1/0x2 [module]`. A line with a
/// question mark is only a value on the stack, not a caller.
fn of_module(line: &str) -> Option<(&str, &str)> {
    let (function, rest) = message(line).trim_start().split_once('+')?;
    let module = rest.split_once('[')?.1.strip_suffix(']')?;
    (!function.contains(' ')).then_some((function, module))
}

/// Formats a reason as the end of a sentence.
pub fn told(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

/// The kernel's report of a panic: from its first line to the end of the call trace, plus
/// the last line of the panic. `None` if the log has no report.
pub fn report(log: &str) -> Option<String> {
    let begins = |line: &&str| REASONS.iter().any(|reason| message(line).starts_with(reason));
    let mut lines = log.lines().skip_while(|line| !begins(line));
    let fills = |line: &&str| FILLERS.iter().any(|filler| message(line).starts_with(filler));
    // After this line the kernel repeats the registers.
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
