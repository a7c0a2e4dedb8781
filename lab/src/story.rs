//! The story of a run: what happens, in which order, by whom.
//!
//! It is the same on every host, whatever its kernel's patch level, compilers,
//! QEMU and speed. So it has no times, and no process ids: tasks are called by
//! their place in the tree of forks. Of a stack it has what the lesson's facts
//! name, and of a value that the lesson declares to be the host's only that it is
//! there.

use std::fmt::Write as _;

use crate::lesson::Lesson;
use crate::render::text::{Row, render_untimed};
use crate::timeline::{Entry, Roles, Teller, Timeline, own};
use crate::trace::{Context, Frame};
use crate::verdict::Verdict;

/// Stands for a value that is the host's.
const HOST: &str = "‹host›";

/// The story as text of 80 columns: the lesson's question, the program's output,
/// the timeline, and the facts that held.
pub fn text(lesson: &Lesson, stdout: &[u8], timeline: &Timeline, verdict: &Verdict) -> String {
    let mut text = format!("{}\n", lesson.title);
    let output = String::from_utf8_lossy(stdout);
    let _ = write!(text, "\n--- output\n{}", unmeasured(lesson, &output));
    // A program that nobody traces proves itself by its output.
    if !timeline.births.is_empty() {
        let _ = write!(text, "\n--- timeline\n{}", render_untimed(&rows(lesson, timeline)));
        let _ = write!(text, "\n--- facts\n{}", verdict.facts());
    }
    text
}

/// The timeline's rows, each told without what is this run's alone.
fn rows(lesson: &Lesson, timeline: &Timeline) -> Vec<Row> {
    let roles = Roles::new(&timeline.births);
    let row = |entry: &Entry| {
        let teller = StoryTeller { lesson, roles: &roles, time_ns: entry.time_ns };
        let (subject, cells) = (entry.subject_told(&teller), entry.told(&teller));
        Row { time: String::new(), subject, cells }
    };
    timeline.entries.iter().map(row).collect()
}

/// Calls everything by names that hold on every host.
struct StoryTeller<'a> {
    lesson: &'a Lesson,
    roles: &'a Roles,
    /// When what is told happened.
    time_ns: u64,
}

impl Teller for StoryTeller<'_> {
    fn task(&self, pid: i32) -> String {
        self.roles.name(pid, self.time_ns).to_owned()
    }

    fn returned_task(&self, ret: i64) -> Option<String> {
        let pid = i32::try_from(ret).ok()?;
        self.roles.in_tree(pid, self.time_ns).map(str::to_owned)
    }

    fn path(&self, event: &str, context: Context, stack: &[Frame]) -> String {
        let facts = || self.lesson.expect.iter().filter(|fact| fact.event == event);
        let named = |name: &&str| facts().any(|fact| fact.stack.iter().any(|f| f == name));
        let told: Vec<&str> =
            own(context, stack).iter().rev().map(Frame::name).filter(named).collect();
        told.join(" → ")
    }

    fn value(&self, event: &str, field: &str, value: String) -> String {
        if self.lesson.is_the_hosts(&format!("{event}.{field}")) { HOST.to_owned() } else { value }
    }
}

/// An output in which each value that a program has put between `‹` and `›` is
/// the host's, as long as the lesson says that there are any. A column that such
/// values stand in at the right keeps its width.
fn unmeasured(lesson: &Lesson, output: &str) -> String {
    if !lesson.is_the_hosts("output") {
        return output.to_owned();
    }
    let mut text = String::new();
    let mut rest = output;
    while let Some((before, (_, after))) =
        rest.split_once('‹').and_then(|(before, found)| Some((before, found.split_once('›')?)))
    {
        let found = rest.len() - before.len() - after.len();
        let columns = before.len() - before.trim_end_matches(' ').len();
        let width = columns + rest[before.len()..before.len() + found].chars().count();
        text += before.trim_end_matches(' ');
        text += &format!("{HOST:>width$}");
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(host: &str) -> Lesson {
        let text = format!("format = 1\ntitle = \"Q?\"\nsummary = \"s\"\n{host}");
        Lesson::parse(std::path::Path::new("lesson-01-x"), &text).unwrap()
    }

    #[test]
    fn what_is_measured_is_the_hosts_where_it_is_declared() {
        let output = "fast   ‹12›  ‹1234›\nslow  ‹345›     ‹6›\nrest\n";
        assert_eq!(unmeasured(&lesson(""), output), output);
        let declared = lesson("[[host]]\nvalue = \"output\"\nwhy = \"w\"\n");
        assert_eq!(
            unmeasured(&declared, output),
            "fast ‹host›  ‹host›\nslow ‹host›  ‹host›\nrest\n"
        );
    }
}
