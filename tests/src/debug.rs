//! gdb on a lesson's machine: what it shows of an interrupt's way to a signal, and of a
//! student's own module.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use lab::error::Error;
use lab::exercise::Exercise;
use lab::exercise::values::Seed;
use lab::run::Lab;
use libtest_mimic::Failed;

use crate::{Test, snapshots};

/// Needs the debug kernel.
pub fn all(lab: &Arc<Lab<'static>>) -> Result<Vec<Test>, Error> {
    let exercise = Exercise::read(&lab.course.find("kill-pid")?, Seed::default())?;
    let (backtrace, own) = (Arc::clone(lab), Arc::clone(lab));
    Ok(vec![
        Test::new("debug::kill-pid-backtrace".to_owned(), move || kill_pid_backtrace(&backtrace)),
        Test::new("debug::mine".to_owned(), move || mine(&own, &exercise)),
    ])
}

/// What gdb prints that runs a script of `tests/gdb`.
fn debug(lab: &Lab<'_>, work: &Path, options: &[&str], script: &str) -> Result<String, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    if let Some(source) = &lab.kernel.source {
        command.arg("--kernel-source").arg(source);
    }
    let output = command
        .arg("--work")
        .arg(work)
        .args(["debug", "kill-pid"])
        .args(options)
        .arg("--batch")
        .arg(builder::root().join("tests/gdb").join(script))
        .stdin(Stdio::null())
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.success() {
        true => Ok(told),
        false => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            Err(format!("{}\n{told}\n{stderr}", output.status).into())
        }
    }
}

fn kill_pid_backtrace(lab: &Lab<'_>) -> Result<(), Failed> {
    let work = tempfile::tempdir()?;
    snapshots::compare("debug-kill-pid", &answers(&debug(lab, work.path(), &[], "kill-pid.gdb")?))
}

/// The student's module is the one that runs, and its file the one that is shown.
fn mine(lab: &Lab<'_>, exercise: &Exercise) -> Result<(), Failed> {
    let work = tempfile::tempdir()?;
    // The exercise asks less of a module than the lesson's program does.
    let ours = builder::root().join("kmods/kill_pid").join(exercise.file.name());
    let ours = std::fs::read_to_string(ours)?;
    let isr = "static irqreturn_t lab_kill_pid_isr(int irq, void *data)\n{\n";
    let own = "static noinline void only_in_mine(void)\n{\n\tbarrier(); /* mine */\n}\n\n";
    let text = ours.replacen(isr, &format!("{own}{isr}\tonly_in_mine();\n"), 1);
    if text == ours {
        return Err("the module has another handler".into());
    }
    let folder = work.path().join(exercise.lesson.name.as_str());
    std::fs::create_dir(&folder)?;
    std::fs::write(folder.join(exercise.file.name()), text)?;
    let told = debug(lab, work.path(), &["--mine"], "mine.gdb")?;
    for part in
        ["\n#0  only_in_mine () at lab_kill_pid.c:", "\n#1  lab_kill_pid_isr (", "/* mine */"]
    {
        if !told.contains(part) {
            return Err(format!("no {part:?} in:\n{told}").into());
        }
    }
    Ok(())
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
