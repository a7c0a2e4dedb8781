//! What a run shows of a fact.

use std::fmt;
use std::ops::RangeInclusive;

use explain::quoted;
use serde::{Serialize, Serializer};

/// What a run shows about a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// Where the fact was found, or why it was not looked for.
    Plain(String),
    /// The run has no mark that begins like this. `others` are the first of those that it
    /// has. `last` is the last of them, in words.
    Unreached { mark: String, others: Vec<String>, last: Option<String> },
    /// The number of events is not the expected one.
    Events(Events),
    /// A line of the program's output is not the expected one. Lines count from 1; `None`
    /// means that there is no such line.
    Output { line: usize, expected: Option<String>, found: Option<String> },
}

/// The events that were expected and those that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Events {
    /// The kernel's name for the event.
    pub event: String,
    /// What was expected, in the terms of its declaration.
    pub expected: String,
    /// How many events were expected.
    pub wanted: RangeInclusive<usize>,
    /// The marks between which they were expected, in words.
    pub after: Option<String>,
    pub before: Option<String>,
    /// How many events match.
    pub count: usize,
    /// The first events that match.
    pub found: Shown,
    /// If there are too few: the events with the fewest differences. `None` if there are
    /// enough.
    pub closest: Option<Shown>,
}

/// The first of some events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    pub events: Vec<ShownEvent>,
    /// How many more there are.
    pub more: usize,
}

/// An event in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownEvent {
    /// The event in one line.
    pub sentence: String,
    /// How it differs from what was expected.
    pub differences: Vec<String>,
}

/// A line of a detail in the form that people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The indentation, columns.
    pub indent: usize,
    pub text: String,
    /// Whether a stranger's program wrote it. Such a line is not wrapped, because each
    /// output line must follow its sign.
    pub is_quoted: bool,
}

impl Line {
    fn new(indent: usize, text: String) -> Line {
        Line { indent, text, is_quoted: false }
    }
}

impl Detail {
    /// The whole detail as lines for people.
    pub fn lines(&self) -> Vec<Line> {
        match self {
            Detail::Plain(text) => vec![Line::new(0, text.clone())],
            Detail::Unreached { mark, others, .. } => {
                let others = match others.as_slice() {
                    [] => String::new(),
                    others => format!("; there are {}", others.join(", ")),
                };
                vec![Line::new(0, format!("no mark begins with `{mark}`{others}"))]
            }
            Detail::Events(events) => events.lines(),
            Detail::Output { line: number, expected, found } => {
                let expected = Line::new(0, expected_line(*number, expected.as_deref()));
                match found {
                    None => vec![expected, Line::new(0, "found: nothing".into())],
                    Some(found) => vec![
                        expected,
                        Line::new(0, "found:".into()),
                        Line { indent: 0, text: quoted(found), is_quoted: true },
                    ],
                }
            }
        }
    }
}

impl Detail {
    /// What was declared, and how much of it the run shows, without what belongs to this run
    /// only.
    pub fn declared(&self) -> Vec<Line> {
        let text = match self {
            Detail::Unreached { mark, .. } => format!("no mark begins with `{mark}`"),
            Detail::Events(events) => return vec![events.declared()],
            Detail::Output { line, expected, .. } => expected_line(*line, expected.as_deref()),
            Detail::Plain(_) => return Vec::new(),
        };
        vec![Line::new(0, text)]
    }

    /// What happened instead, for people who do not know how the fact was declared.
    pub fn told(&self) -> Vec<Line> {
        match self {
            Detail::Unreached { last, .. } => {
                let last =
                    last.as_ref().map_or(String::new(), |last| format!("; its last is {last}"));
                vec![Line::new(0, format!("the run does not come to this step{last}"))]
            }
            Detail::Events(events) => events.told(),
            Detail::Plain(_) | Detail::Output { .. } => self.lines(),
        }
    }
}

/// The declaration of a line of output.
fn expected_line(number: usize, line: Option<&str>) -> String {
    let line = line.map_or("nothing".into(), |line| format!("`{line}`"));
    format!("expected as line {number}: {line}")
}

impl Events {
    fn declared(&self) -> Line {
        Line::new(0, format!("expected {}, found {}", self.expected, self.count))
    }

    fn told(&self) -> Vec<Line> {
        let (least, most) = (*self.wanted.start(), *self.wanted.end());
        let wanted = match (least, most) {
            (_, 0) => "never".to_owned(),
            (least, most) if least == most => times(least),
            (least, usize::MAX) => format!("{} or more", times(least)),
            (0, most) => format!("{} at most", times(most)),
            (least, most) => format!("{least} to {}", times(most)),
        };
        let text = match self.count {
            0 if least == 1 => "it does not happen".to_owned(),
            0 => format!("it does not happen; expected {wanted}"),
            count => format!("it happens {}; expected {wanted}", times(count)),
        };
        let mut lines = vec![Line::new(0, text)];
        self.found.push_told("what happens:", self.event == "mark", &mut lines);
        if let Some(closest) = &self.closest {
            closest.push_told("what comes closest:", self.event == "mark", &mut lines);
        }
        let place = match (&self.after, &self.before) {
            (None, None) => return lines,
            (Some(after), None) => format!("after {after}"),
            (None, Some(before)) => format!("before {before}"),
            (Some(after), Some(before)) => format!("between {after} and {before}"),
        };
        lines.push(Line::new(0, place));
        lines
    }

    fn lines(&self) -> Vec<Line> {
        let mut lines = vec![self.declared()];
        self.found.push_lines("found:", &mut lines);
        if let Some(closest) = &self.closest {
            closest.push_lines("closest:", &mut lines);
            if self.count == 0 && closest.events.is_empty() {
                let text = format!("there is no `{}` at all", self.event);
                lines.push(Line::new(0, text));
            }
        }
        lines
    }
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    }
}

impl Shown {
    /// Like `push_lines`, with equal events that follow each other told once. What differs
    /// in a mark are its words, which are there anyway.
    fn push_told(&self, heading: &str, marks: bool, lines: &mut Vec<Line>) {
        let mut told: Vec<(ShownEvent, usize)> = Vec::new();
        for event in &self.events {
            match told.last_mut() {
                Some((last, count)) if last == event => *count += 1,
                _ => told.push((event.clone(), 1)),
            }
        }
        let events = told.into_iter().map(|(event, count)| ShownEvent {
            sentence: match count {
                1 => event.sentence,
                count => format!("{}, {}", event.sentence, times(count)),
            },
            differences: if marks { Vec::new() } else { event.differences },
        });
        Shown { events: events.collect(), more: self.more }.push_lines(heading, lines);
    }

    fn push_lines(&self, heading: &str, lines: &mut Vec<Line>) {
        let mut push = |indent, text: String| lines.push(Line::new(indent, text));
        if !self.events.is_empty() {
            push(0, heading.to_owned());
        }
        for event in &self.events {
            push(2, event.sentence.clone());
            for difference in &event.differences {
                push(4, format!("- {difference}"));
            }
        }
        if self.more > 0 {
            push(2, format!("and {} more", self.more));
        }
    }
}

impl fmt::Display for Detail {
    /// Writes the lines without wrapping them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Line { indent, text, .. }) in self.lines().iter().enumerate() {
            let end = if number == 0 { "" } else { "\n" };
            write!(f, "{end}{:indent$}{text}", "")?;
        }
        Ok(())
    }
}

impl Serialize for Detail {
    /// Serializes the detail as text.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
