//! Every lesson, booted instead of restored: the same verdict, and the same
//! timeline in the same order. Times differ: the machine is as old as its boot,
//! and takes some microseconds more or less. So may process ids: in a machine of
//! another age the kernel makes a thread of its own at another moment, which
//! takes a number. Tasks are therefore numbered in the order of appearance.

use std::collections::BTreeMap;

use std::sync::Arc;

use lab::error::Error;
use lab::plan::{Options, Plan};
use lab::run::{Lab, Machine, Run};
use lab::timeline::Entry;
use libtest_mimic::Failed;

use crate::Test;

/// One test a lesson.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let mut tests = Vec::new();
    for name in &lab.course.names {
        let lesson = lab.course.read(name)?;
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        tests.push(Test::new(format!("cold::{name}"), move || {
            let run = |cold| {
                let options = Options { cold, ..Options::default() };
                lab.run(&machine, &Plan::new(lesson.clone(), options))
            };
            same(&lesson.name.slug, &run(false)?, &run(true)?)
        }));
    }
    Ok(tests)
}

/// Lessons in which two tasks run at the same time without waiting for one
/// another. Which of them gets how far is decided by the clock tick, and a few
/// microseconds move it: there each task's own order is compared.
const CONCURRENT: &[&str] = &["fork-return"];

/// Whether two runs show the same, but for their times.
pub fn same(lesson: &str, restored: &Run, booted: &Run) -> Result<(), Failed> {
    let (mut one, mut other) = (shown(restored), shown(booted));
    if CONCURRENT.contains(&lesson) {
        // By task; the order within each stays.
        one.sort_by_key(|line| line.task);
        other.sort_by_key(|line| line.task);
    }
    let mut pairs = one.iter().zip(&other).enumerate();
    if let Some((at, (one, other))) = pairs.find(|(_, (one, other))| one != other) {
        let (one, other) = (&one.text, &other.text);
        return Err(format!("line {at}:\nrestored: {one}\nbooted:   {other}").into());
    }
    if one.len() != other.len() {
        let (one, other) = (one.len(), other.len());
        return Err(format!("{one} lines if restored, but {other} if booted").into());
    }
    Ok(())
}

/// A line that is compared.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    /// The task's number, in the order of appearance; 0 for what no task did.
    task: usize,
    text: String,
}

/// A run's facts, with whether each held, and its timeline, a line an event.
fn shown(run: &Run) -> Vec<Line> {
    let mut lines = vec![Line { task: 0, text: format!("{:?}", run.verdict.ended) }];
    let facts = &run.verdict.expectations;
    lines.extend(facts.iter().map(|f| Line { task: 0, text: format!("{}: {}", f.fact, f.passed) }));
    let mut tasks = BTreeMap::new();
    for entry in &run.timeline.entries {
        for pid in pids(entry) {
            let next = tasks.len() + 1;
            tasks.entry(pid).or_insert(next);
        }
        let cells: Vec<_> = entry.cells.iter().map(|cell| (cell.lane, &cell.lines)).collect();
        let text = format!("{} {} {cells:?}", entry.subject(), entry.event());
        lines.push(Line { task: tasks[&entry.pid], text: renumbered(&text, &tasks) });
    }
    lines
}

/// The tasks that an event names: its own, and those of its fields.
fn pids(entry: &Entry) -> Vec<i32> {
    let fields = ["pid", "child_pid", "parent_pid"];
    let named = fields.iter().filter_map(|field| entry.fields.get(*field)?.as_int());
    let named = named.filter_map(|pid| i32::try_from(pid).ok());
    std::iter::once(entry.pid).chain(named).collect()
}

/// A text in which every number of a task is its place in the order of
/// appearance, told apart from other numbers by a sign.
fn renumbered(text: &str, tasks: &BTreeMap<i32, usize>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(at);
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        out += before;
        match number[..end].parse().ok().and_then(|number: i32| tasks.get(&number)) {
            Some(task) => out += &format!("#{task}"),
            None => out += &number[..end],
        }
        rest = &number[end..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_numbered_in_the_order_of_appearance() {
        let tasks = BTreeMap::from([(20, 1), (23, 2)]);
        assert_eq!(
            renumbered("[23] forks 20, not 203 (x23)", &tasks),
            "[#2] forks #1, not 203 (x#2)"
        );
    }
}
