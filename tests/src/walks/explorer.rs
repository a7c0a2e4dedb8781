//! An explorer: any program under the kernel's eyes, a shell in the machine, a module of
//! one's own in a lesson, and many programs at once.

use libtest_mimic::Failed;

use super::terminal::{Differs, Terminal, numbers};
use super::{Course, write};

/// The shell's prompt in the machine.
const PROMPT: &str = "upcall:/tmp# ";

/// Programs of a suite: one passes, one fails, one is skipped.
const PROGRAMS: &[(&str, &str)] = &[
    ("passes.sh", "exit 0"),
    ("fails.sh", "echo one is not two; exit 1"),
    ("skips.sh", "echo no such device; exit 4"),
];

pub fn walk(course: &Course) -> Result<String, Failed> {
    let mut terminal = Terminal::new("--work work")?;
    let exec = "cargo xtask exec --events signals -- sh -c 'kill -USR1 $$'";
    terminal.types_differing(exec, 128 + 10, &[numbers()])?;
    let typed = ["insmod /lab/lab_kill_pid.ko", "ls /dev/lab_kill_pid", "exit"];
    let version = Differs { what: "a version", replace: Box::new(without_version) };
    terminal.types_into("cargo xtask shell kill-pid", (PROMPT, &typed), &[version])?;
    // The exercise asks less of a module than the lesson's program does.
    let file = course.kill_pid.file.name();
    let ours = std::fs::read_to_string(course.lab.course.root.join("kmods/kill_pid").join(file))?;
    write(&terminal.folder().join("work/kill-pid").join(file), ours)?;
    terminal.does("copies the lesson's module to work/kill-pid, to change it");
    let change = "s/acknowledged causes/mine: acknowledged causes/";
    terminal.types(&format!("sed -i '{change}' work/kill-pid/{file}"), 0)?;
    let scene = "--scene an-interrupt-becomes-a-signal --story --html mine.html";
    terminal.types(&format!("cargo xtask run kill-pid --mine {scene}"), 0)?;
    terminal.types("head -c 15 mine.html; echo", 0)?;
    for (name, script) in PROGRAMS {
        write(&terminal.folder().join("programs").join(name), format!("#!/bin/sh\n{script}\n"))?;
    }
    terminal.types("chmod +x programs/*; ls programs", 0)?;
    terminal.types("cargo xtask suite programs", 1)?;
    terminal.told()
}

/// The shell's own version.
fn without_version(text: &str) -> String {
    let line = |line: &str| match line.split_once(" built-in shell") {
        Some((_, rest)) if line.starts_with("BusyBox ") => {
            format!("BusyBox ‹version› built-in shell{rest}")
        }
        _ => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
