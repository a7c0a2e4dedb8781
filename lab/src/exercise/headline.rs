//! The one thing about a run that explains everything else, in a sentence: the module did
//! not load, the kernel reported a bug, the program did not end well.
//!
//! A headline has only the lab's own words, and names that cannot be anything else.

use story::timeline::Entry;

use super::attempt::Attempt;
use super::ending::Kind as Ended;
use super::kernel_log::{KernelLog, Kind, Report};
use super::{Exercise, StudentFile};
use crate::run::Observed;

/// What explains a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// A sentence without its final period. It may begin with a place in the student's
    /// file.
    pub text: String,
    /// Whether it explains every check that did not pass.
    pub explains_all: bool,
}

impl Headline {
    /// The headline of an attempt with this log. `None` if nothing special happened.
    pub fn of(exercise: &Exercise, attempt: &Attempt, log: &KernelLog) -> Option<Headline> {
        if let Some(ending) = &attempt.marks.ending {
            let explains_all = attempt.observed.is_none() || ending.kind == Ended::Flooded;
            let report = log.reports.first().filter(|_| ending.kind == Ended::Panicked);
            let text = placed(exercise, report.and_then(|report| report.line), &ending.text);
            return Some(Headline { text, explains_all });
        }
        let report = log.reports.first();
        let report = report.map(|first| reported(exercise, first, log.reports.len() - 1));
        let not_loaded = not_loaded(exercise, attempt);
        let explains_all = not_loaded.is_some();
        let text = not_loaded.or(report).or_else(|| exited(exercise, attempt))?;
        Some(Headline { text, explains_all })
    }
}

/// A sentence with the line of the student's file that it is about, if that is known.
fn placed(exercise: &Exercise, line: Option<u32>, text: &str) -> String {
    match line {
        Some(line) => format!("{}:{line}: {text}", exercise.file.name()),
        None => text.to_owned(),
    }
}

/// Says what a report of the kernel is about.
fn reported(exercise: &Exercise, report: &Report, more: usize) -> String {
    let function = report.function();
    let within = function.map_or(String::new(), |name| format!(" in {name}"));
    let text = match (report.kind, function) {
        (Kind::Warning, _) => format!("the kernel warns (WARN){within}"),
        (Kind::CalleeWarning, Some(function)) => {
            format!("the kernel warns of what {function} does")
        }
        (Kind::CalleeWarning, None) => "the kernel warns".to_owned(),
        (Kind::ScheduledWhileAtomic, _) => format!(
            "{} sleeps where it must not: in an interrupt handler, or under a spinlock \
             (scheduling while atomic)",
            function.unwrap_or("the module")
        ),
        (Kind::Bug, _) => format!("the kernel reports a bug{within}"),
    };
    let text = placed(exercise, report.line, &text);
    // How many there are depends on the moment at which a broken kernel stumbles again, and
    // so on the compiler that made it.
    match more {
        0 => text,
        _ => format!("{text}; more reports follow"),
    }
}

/// The mark of a harness whose module cannot be loaded, up to the error.
const NOT_LOADED: &str = "the module does not load: ";

/// Says why the module was never loaded.
fn not_loaded(exercise: &Exercise, attempt: &Attempt) -> Option<String> {
    let StudentFile::Module { name } = &exercise.file else { return None };
    let entries = &attempt.observed.as_ref()?.timeline.entries;
    let first = entries
        .iter()
        .filter_map(|entry| entry.mark())
        .find(|mark| mark.starts_with(NOT_LOADED) || mark == "the module is loaded")?;
    let error = first.strip_prefix(NOT_LOADED)?;
    let module = name.strip_suffix(".c").unwrap_or(name);
    // The kernel calls init last.
    let called = entries.iter().any(|entry| entry.event().as_str() == "module_load");
    Some(match called {
        true => format!("{module} is not loaded: its init returned -{error}"),
        false => format!("{module} is not loaded: the kernel refuses it ({error})"),
    })
}

/// Says which status the program exited with, if it is a bad one.
fn exited(exercise: &Exercise, attempt: &Attempt) -> Option<String> {
    let StudentFile::Program { .. } = &exercise.file else { return None };
    let Observed { timeline, .. } = attempt.observed.as_ref()?;
    if attempt.marks.passed() {
        return None;
    }
    let status = |mark: String| mark.strip_prefix("the program exited with ").map(str::to_owned);
    let status = timeline.entries.iter().rev().filter_map(Entry::mark).find_map(status)?;
    (status != "0").then(|| format!("the program exits with {status}, not 0"))
}
