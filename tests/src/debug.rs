//! gdb on a lesson's machine: what it shows of the way of an interrupt to a
//! signal.

use std::process::{Command, Stdio};
use std::sync::Arc;

use lab::run::Lab;
use libtest_mimic::Failed;

use crate::Test;

/// The functions on the stack in the interrupt handler, innermost first.
const ISR: &[&str] = &[
    "lab_kill_pid_isr",
    "__handle_irq_event_percpu",
    "handle_irq_event_percpu",
    "handle_irq_event",
    "handle_level_irq",
    "generic_handle_irq_desc",
    "handle_irq",
    "call_irq_handler",
    "__common_interrupt",
    "common_interrupt",
    "asm_common_interrupt",
];

/// What lies on top of them when the signal is sent.
const SIGNAL: &[&str] = &[
    "__send_signal_locked",
    "send_signal_locked",
    "do_send_sig_info",
    "group_send_sig_info",
    "kill_pid_info_type",
    "kill_pid_info",
    "kill_pid",
];

/// Needs the debug kernel.
pub fn all(lab: &Arc<Lab<'static>>) -> Vec<Test> {
    let lab = Arc::clone(lab);
    vec![Test::new("debug::kill-pid-backtrace".to_owned(), move || kill_pid_backtrace(&lab))]
}

fn kill_pid_backtrace(lab: &Lab<'_>) -> Result<(), Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    if let Some(source) = &lab.kernel.source {
        command.arg("--kernel-source").arg(source);
    }
    let output = command
        .args(["debug", "kill-pid", "--batch"])
        .arg(lab::root().join("tests/gdb/kill-pid.gdb"))
        .stdin(Stdio::null())
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    let shown =
        || format!("{}\n{told}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        return Err(shown().into());
    }
    let expected = [ISR.to_vec(), [SIGNAL, ISR].concat()];
    if backtraces(&told) != expected {
        return Err(format!("expected {expected:#?}, found\n{}", shown()).into());
    }
    // The interrupt's number; then, at either stop, interrupts so far; the
    // signal's number; and the name of the one who spins.
    let values: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with('$'))
        .filter_map(|line| line.split_once(" = "))
        .map(|(_, value)| value)
        .collect();
    if values != ["11", "0", "44", "1", "\"lesson-03-kill-\""] {
        return Err(format!("found {values:?} in\n{}", shown()).into());
    }
    Ok(())
}

/// The functions of each backtrace in what gdb printed, but for frames that
/// have none: behind the kernel's entry is user space.
fn backtraces(text: &str) -> Vec<Vec<&str>> {
    let mut traces: Vec<Vec<&str>> = Vec::new();
    for line in text.lines() {
        // `#1  0xffffffff810da58f in name (…`, or `#0  name (…`.
        let Some((number, rest)) =
            line.strip_prefix('#').and_then(|l| l.split_once("  ").or(l.split_once(' ')))
        else {
            continue;
        };
        let function = rest.split_once(" in ").map_or(rest, |(_, function)| function);
        let function = function.split_once(" (").map_or(function, |(name, _)| name).trim();
        if number == "0" {
            traces.push(Vec::new());
        }
        if let Some(trace) = traces.last_mut()
            && function != "??"
        {
            trace.push(function);
        }
    }
    traces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_with_and_without_addresses() {
        let text =
            "x\n#0  a (b=1) at f.c:1\n#10 0xff in c () at g.c:2\n#11 0x00 in ?? ()\ny\n#0  d ()\n";
        assert_eq!(backtraces(text), [vec!["a", "c"], vec!["d"]]);
    }
}
