//! Checks a run against an expectation, and if it fails, finds what came closest.

use std::cmp::Reverse;
use std::ops::Range;

use explain::visible;
use serde::Serialize;

use super::differences::Candidate;
use super::{Expectation, Target, Task, Wanted, Witness};
use crate::between::{Between, NoMark};
use crate::detail::{Detail, Events, Shown, ShownEvent};
use crate::timeline::{Entry, Timeline};

/// The most events that a failure shows.
const SHOWN: usize = 3;

/// The result of comparing an expectation with a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// [`Expectation::fact`].
    pub fact: String,
    /// Whether the run shows it.
    pub passed: bool,
    /// Where the fact was found. Or what was expected, how many events match and which
    /// came closest.
    pub detail: Detail,
    /// The places in the timeline of the events that match. If there are too few, of
    /// those that came closest.
    #[serde(skip)]
    pub evidence: Vec<usize>,
}

impl Expectation {
    /// Compares a run with the expectation. `witness` decides how the detail speaks of
    /// events.
    pub fn check(&self, timeline: &Timeline, witness: Witness<'_>) -> Checked {
        let between = Between { after: self.after.as_deref(), before: self.before.as_deref() };
        let fact = self.fact.clone();
        match between.range(&timeline.entries, Entry::says) {
            Ok(range) => self.check_in(timeline, range, witness),
            Err(NoMark(mark)) => {
                let mut marked = timeline.entries.iter().rev();
                let last = marked.find(|entry| entry.mark().is_some());
                let last = last.map(|entry| witness.words(entry));
                let detail = Detail::Unreached { mark, others: marks(timeline, witness), last };
                Checked { fact, passed: false, detail, evidence: Vec::new() }
            }
        }
    }

    fn check_in(&self, timeline: &Timeline, range: Range<usize>, witness: Witness<'_>) -> Checked {
        let fact = self.fact.clone();
        let first = self.after.as_ref().map(|_| &timeline.entries[range.start - 1]);
        let marker = first.map(|mark| mark.pid);
        let end = self.before.as_ref().map(|_| &timeline.entries[range.end]);
        let (mut found, mut others) = (Vec::new(), Vec::new());
        for index in range {
            let candidate = Candidate { timeline, index, marker, witness };
            if candidate.entry().event() != self.event {
                continue;
            }
            let differences = candidate.differences(self);
            let list = if differences.is_empty() { &mut found } else { &mut others };
            list.push((index, candidate.entry(), differences));
        }
        let places = |events: &[(usize, &Entry, Vec<String>)], most| {
            events.iter().take(most).map(|&(index, ..)| index).collect()
        };
        if self.count.contains(&found.len()) {
            let times = found.iter().take(SHOWN).filter_map(|(_, entry, _)| witness.time(entry));
            let times = times.collect::<Vec<String>>().join(", ");
            let detail = match found.len() {
                0 => "there is none".to_owned(),
                found if times.is_empty() => format!("found {found}"),
                1..=SHOWN => format!("at {times} µs"),
                more => format!("at {times} µs and {} more", more - SHOWN),
            };
            let (detail, evidence) = (Detail::Plain(detail), places(&found, usize::MAX));
            return Checked { fact, passed: true, detail, evidence };
        }
        // The events with the fewest differences come first, then marks that begin like the
        // one that is expected, then the earliest.
        others.sort_by_key(|(_, entry, differences)| {
            (differences.len(), Reverse(self.begins_like(entry)))
        });
        let too_few = found.len() < *self.count.start();
        let events = Events {
            event: self.event.to_string(),
            expected: self.to_string(),
            wanted: self.count.clone(),
            after: first.map(|mark| witness.words(mark)),
            before: end.map(|mark| witness.words(mark)),
            count: found.len(),
            found: shown(&found, witness),
            closest: too_few.then(|| shown(&others, witness)),
        };
        let evidence = if too_few { places(&others, SHOWN) } else { places(&found, usize::MAX) };
        Checked { fact, passed: false, detail: Detail::Events(events), evidence }
    }
}

impl Expectation {
    /// How many characters at the beginning of a mark are those of the expected one.
    fn begins_like(&self, entry: &Entry) -> usize {
        let wanted = self.fields.iter().find(|(field, _)| field.name() == "text");
        let (Some(mark), Some((_, Wanted::Text(wanted)))) = (entry.mark(), wanted) else {
            return 0;
        };
        mark.chars().zip(wanted.chars()).take_while(|(found, wanted)| found == wanted).count()
    }
}

/// The most marks that are listed.
const MARKS: usize = 12;

/// The marks that there are, for the author of a lesson who has misspelt one. Empty for a
/// student's run.
fn marks(timeline: &Timeline, witness: Witness<'_>) -> Vec<String> {
    let Witness::OfTheRun = witness else { return Vec::new() };
    let marks = timeline.entries.iter().filter_map(Entry::mark);
    let mut marks: Vec<String> = marks.map(|mark| format!("`{}`", visible(&mark))).collect();
    let more = marks.len().saturating_sub(MARKS);
    marks.truncate(MARKS);
    if more > 0 {
        marks.push(format!("{more} more"));
    }
    marks
}

/// The first few events, each with its differences.
fn shown(events: &[(usize, &Entry, Vec<String>)], witness: Witness<'_>) -> Shown {
    let shown = |(_, entry, differences): &(usize, &Entry, Vec<String>)| ShownEvent {
        sentence: witness.sentence(entry),
        differences: differences.iter().map(|difference| visible(difference)).collect(),
    };
    Shown {
        events: events.iter().take(SHOWN).map(shown).collect(),
        more: events.len().saturating_sub(SHOWN),
    }
}

impl std::fmt::Display for Expectation {
    /// Writes what is expected, without the fact: ``exactly 1 `signal_generate` with sig
    /// = SIGCHLD, in process context``.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.count.clone().into_inner() {
            (0, 0) => write!(f, "no `{}`", self.event)?,
            (least, most) if least == most => write!(f, "exactly {least} `{}`", self.event)?,
            (least, usize::MAX) => write!(f, "at least {least} `{}`", self.event)?,
            (0, most) => write!(f, "at most {most} `{}`", self.event)?,
            (least, most) => write!(f, "{least} to {most} `{}`", self.event)?,
        }
        let mut conditions: Vec<String> = Vec::new();
        if !self.fields.is_empty() {
            let fields: Vec<String> = self
                .fields
                .iter()
                .map(|(field, wanted)| format!("{} = {wanted}", field.name()))
                .collect();
            conditions.push(format!(" with {}", fields.join(", ")));
        }
        conditions.extend(self.context.map(|context| format!(" in {} context", context.name())));
        conditions.extend(self.task.map(|task| format!(" by {}", task.description())));
        conditions.extend(self.target.map(|target| format!(" to {}", target.description())));
        if !self.stack.is_empty() {
            let outermost_first: Vec<&str> = self.stack.iter().rev().map(String::as_str).collect();
            conditions.push(format!(" through {}", outermost_first.join(" → ")));
        }
        conditions.extend(self.after.as_ref().map(|mark| format!(" after `{mark}`")));
        conditions.extend(self.before.as_ref().map(|mark| format!(" before `{mark}`")));
        f.write_str(&conditions.join(","))
    }
}

impl Task {
    fn description(self) -> &'static str {
        match self {
            Task::Target => "the target itself",
            Task::NotTarget => "a task other than the target",
            Task::ChildOfTarget => "a child of the target",
            Task::Marker => "the marker",
            Task::NotMarker => "a task other than the marker",
            Task::ChildOfMarker => "a child of the marker",
            Task::Student => "the program",
            Task::NotStudent => "another task than the program's",
            Task::ChildOfStudent => "a child of the program",
        }
    }
}

impl Target {
    fn description(self) -> &'static str {
        match self {
            Target::Marker => "the marker",
            Target::ChildOfMarker => "a child of the marker",
            Target::Student => "the program",
            Target::ChildOfStudent => "a child of the program",
        }
    }
}
