//! A student: from the start of an exercise over a wrong try to the next one.

use lab::exercise::Sample;
use libtest_mimic::Failed;

use super::terminal::Terminal;
use super::{Course, write};

pub fn walk(course: &Course) -> Result<String, Failed> {
    let mut terminal = Terminal::new("--work work")?;
    let file = terminal.folder().join("work/sigchld").join(course.sigchld.file.name());
    terminal.types("cargo xtask start", 0)?;
    terminal.types("cargo xtask check", 1)?;
    terminal.types("cargo xtask hint", 0)?;
    let one_wait = course.sigchld.sample(&Sample::Mutant("one-wait".to_owned()));
    write(&file, one_wait)?;
    terminal.does("edits work/sigchld/main.rs: one wait for each signal");
    terminal.types("cargo xtask check", 1)?;
    write(&file, course.sigchld.sample(&Sample::Solution))?;
    terminal.does("edits it again: waits until nobody is left");
    terminal.types("cargo xtask check", 0)?;
    terminal.types("cargo xtask start", 0)?;
    terminal.told()
}
