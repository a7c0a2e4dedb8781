//! The story of a run: what happens, in which order, and which task does it.
//!
//! The story is the same on every host, whatever its kernel's patch level, compilers,
//! QEMU and speed. So it has no times and no process ids, and names tasks by their place
//! in the tree of forks. Of a stack it has only the functions that the lesson's facts
//! name. Of a value that the lesson declares to be the host's it says only that it is
//! there.

mod order;

use std::ops::Range;

use explain::visible;
use trace::record::Record;
use trace::{Context, EventName, Frame, Kind};

use crate::between::NoMark;
use crate::lesson::{Alike, HostValue, Lesson};
use crate::narrow::UnknownTask;
use crate::render::ink::{Ink, Inked};
use crate::render::text::{Row, render_untimed};
use crate::timeline::{Cell, Entry, Roles, Teller, Timeline, own};
use crate::value_name::ValueName;
use crate::verdict::Verdict;
use crate::view::{Section, View};

use order::Line;

/// Replaces a value that depends on the host.
const HOST: &str = "‹host›";

/// The whole story as text of 80 columns: the lesson's question, the program's output, the
/// timeline, and each fact with whether it held.
pub fn text(lesson: &Lesson, record: &Record, timeline: &Timeline, verdict: &Verdict) -> String {
    let story = shown(lesson, record, timeline, verdict, &View::default());
    story.expect("no task was asked for").to_string()
}

/// What a person wants to see of the story.
pub fn shown(
    lesson: &Lesson,
    record: &Record,
    timeline: &Timeline,
    verdict: &Verdict,
    view: &View,
) -> Result<Inked, UnknownTask> {
    let mut sections = Vec::new();
    let title = format!("{}\n", lesson.title);
    if view.scenes.is_none() {
        for (name, bytes) in [("output", &record.stdout), ("stderr", &record.stderr)] {
            if name == "output" || !bytes.is_empty() {
                let output = unmeasured(lesson, &String::from_utf8_lossy(bytes));
                sections.push(Section::of_output(name, &output));
            }
        }
    }
    // Without a trace, the program's output is the only evidence.
    if timeline.births.is_empty() {
        return Ok(view.report(&title, sections, None));
    }
    let (mut rows, arranged) = rows(lesson, timeline);
    let told: Vec<(usize, String)> =
        rows.iter().map(|(entry, row)| (*entry, visible(&row.sentence()))).collect();
    let chosen = |entry: usize| view.scenes.as_ref().is_none_or(|scenes| scenes.entries[entry]);
    rows.retain(|(entry, _)| chosen(*entry));
    let narrowed = view.narrow.apply(timeline, rows)?;
    let mut content = render_untimed(&narrowed.rows, view.columns);
    content.append(narrowed.left_out());
    sections.push(Section { name: "timeline", content });
    let facts = match &view.scenes {
        Some(scenes) => verdict.of_scene(scenes).facts(&told, view.columns),
        None => verdict.facts(&told, view.columns),
    };
    let facts = Section { name: "facts", content: facts };
    let mut report = view.report(&title, sections, Some(facts));
    if let Err(problem) = arranged
        && view.scenes.is_none()
    {
        report.push_str("\n--- what is declared to run side by side\n");
        report.push(Ink::Failed, &format!("✗ {problem}"));
        report.push_str("\n");
    }
    Ok(report)
}

/// An event of the story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its place in the timeline.
    pub entry: usize,
    /// The role of the task that acts, or the kernel.
    pub lifeline: String,
    /// Whether it is a program's mark.
    pub is_mark: bool,
    /// The text for it.
    pub cells: Vec<Cell>,
}

/// The events of the story whose place in the timeline is wanted, in the story's order.
pub fn told(lesson: &Lesson, timeline: &Timeline, wanted: impl Fn(usize) -> bool) -> Vec<Told> {
    let spans = spans(lesson, timeline).unwrap_or_default();
    let mut lines = lines(lesson, timeline, &spans);
    // What is wrong with a declaration is said by the story itself.
    let _ = order::arrange(&mut lines, &lesson.concurrent);
    let roles = Roles::new(&timeline.births);
    let told = |line: Line<(usize, Row)>| {
        let (entry, row) = line.row;
        let lifeline = timeline.entries[entry].lifeline(Some(&roles));
        Told { entry, lifeline, is_mark: line.mark.is_some(), cells: row.cells }
    };
    lines.into_iter().map(told).filter(|told| wanted(told.entry)).collect()
}

/// The story's rows, each with the place of its event in the timeline, and what is wrong
/// with the lesson's declarations, if anything is.
fn rows(lesson: &Lesson, timeline: &Timeline) -> (Vec<(usize, Row)>, Result<(), String>) {
    let (spans, missing) = match spans(lesson, timeline) {
        Ok(spans) => (spans, Ok(())),
        Err(missing) => (Spans::new(), Err(missing.to_string())),
    };
    let mut lines = lines(lesson, timeline, &spans);
    let arranged = missing.and_then(|()| order::arrange(&mut lines, &lesson.concurrent));
    (lines.into_iter().map(|line| line.row).collect(), arranged)
}

/// All events of the timeline with their indices, told without the values of this run.
fn lines(lesson: &Lesson, timeline: &Timeline, spans: &Spans<'_>) -> Vec<Line<(usize, Row)>> {
    let roles = Roles::new(&timeline.births);
    let line = |(place, entry): (usize, &Entry)| {
        let time_ns = entry.time_ns;
        let now = spans.iter().filter(|(_, span)| span.contains(&place)).map(|(alike, _)| *alike);
        let teller = StoryTeller { lesson, roles: &roles, alike: now.collect(), time_ns };
        let (subject, cells) = (entry.subject_told(&teller), entry.told(&teller));
        let told: Vec<String> = cells.iter().flat_map(|cell| cell.lines.clone()).collect();
        let name = |pid| roles.name(pid, entry.time_ns).to_owned();
        Line {
            task: (entry.context == Context::Process).then(|| name(entry.pid)),
            births: match entry.kind {
                Kind::Fork { child_pid, .. } => Some(name(child_pid)),
                _ => None,
            },
            text: format!("{subject} {}", told.join(" ")),
            mark: matches!(entry.kind, Kind::Mark(_)).then(|| told.join(" ")),
            row: (place, Row { time: String::new(), subject, cells }),
        }
    };
    timeline.entries.iter().enumerate().map(line).collect()
}

/// Which tasks are interchangeable, and in which range of the timeline.
type Spans<'a> = Vec<(&'a Alike, Range<usize>)>;

fn spans<'a>(lesson: &'a Lesson, timeline: &Timeline) -> Result<Spans<'a>, NoMark> {
    let span =
        |alike: &'a Alike| Ok((alike, alike.between().range(&timeline.entries, Entry::says)?));
    lesson.alike.iter().map(span).collect()
}

/// Uses names that are the same on every host.
struct StoryTeller<'a> {
    lesson: &'a Lesson,
    roles: &'a Roles,
    /// The tasks that are interchangeable at this time.
    alike: Vec<&'a Alike>,
    /// The time of the event, ns since the first event.
    time_ns: u64,
}

impl Teller for StoryTeller<'_> {
    fn task(&self, pid: i32) -> String {
        let name = self.roles.name(pid, self.time_ns);
        let alike = self.alike.iter().find(|alike| alike.tasks.iter().any(|t| t == name));
        alike.map_or(name, |alike| &alike.name).to_owned()
    }

    fn task_of_number(&self, number: i64) -> Option<String> {
        let pid = i32::try_from(number).ok()?;
        self.roles.in_tree(pid, self.time_ns).map(|_| self.task(pid))
    }

    fn path(&self, event: &EventName, context: Context, stack: &[Frame]) -> String {
        let facts = || self.lesson.expect.iter().filter(|fact| fact.event == *event);
        let named = |name: &&str| facts().any(|fact| fact.stack.iter().any(|f| f == name));
        let told: Vec<&str> =
            own(context, stack).iter().rev().map(Frame::name).filter(named).collect();
        told.join(" → ")
    }

    fn value(&self, event: &EventName, field: &str, value: String) -> String {
        let is_it = |host: &HostValue| host.value.is_field(event, field);
        if self.lesson.host.iter().any(is_it) { HOST.to_owned() } else { value }
    }
}

/// Replaces each value that the program printed between `‹` and `›`, if the lesson
/// declares such values. A right-aligned column of them keeps its width.
fn unmeasured(lesson: &Lesson, output: &str) -> String {
    if lesson.host.iter().all(|host| host.value != ValueName::Output) {
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
        Lesson::parse(std::path::Path::new("x"), &text).unwrap()
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

    #[test]
    fn a_mark_that_never_comes_is_told_of_tasks_that_are_alike() {
        let declared =
            lesson("[[alike]]\ntasks = [\"a\"]\nname = \"b\"\nafter = \"9. \"\nwhy = \"w\"\n");
        let missing = spans(&declared, &Timeline::default()).unwrap_err();
        assert_eq!(missing.to_string(), "no mark begins with `9. `");
    }
}
