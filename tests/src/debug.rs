//! gdb on a lesson's machine: what it shows of an interrupt's way to a signal.

use std::process::{Command, Stdio};
use std::sync::Arc;

use lab::run::Lab;
use libtest_mimic::Failed;

use crate::{Test, snapshots};

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
        .arg(builder::root().join("tests/gdb/kill-pid.gdb"))
        .stdin(Stdio::null())
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    let shown =
        || format!("{}\n{told}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        return Err(shown().into());
    }
    snapshots::compare("debug-kill-pid", &answers(&told))
}

/// The answers in gdb's output: the frames of its backtraces and the values that it
/// printed. The folder that it loads modules from differs each time.
fn answers(text: &str) -> String {
    let answers = text.lines().filter(|line| line.starts_with('#') || line.starts_with('$'));
    answers.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_frames_and_values() {
        let text = "loading /tmp/1\n#0  a () at f.c:1\n1\ta = 2;\n$1 = 11\n";
        assert_eq!(answers(text), "#0  a () at f.c:1\n$1 = 11");
    }
}
