//! The marks of a submission: which checks passed, how many points each earned, and the
//! details of those that failed.

use std::collections::BTreeSet;

use story::detail::Detail;
use story::expect::{Checked, Witness};
use story::reports::Report;
use story::timeline::Timeline;
use trace::record::Record;

use super::crash::crash;
use super::ending::{self, Ending};
use super::{Check, Exercise, Mutant};

/// The name of the check for the debug kernel, which only a thorough attempt has.
pub const DEBUG_KERNEL: &str = "debug-kernel";

/// What a submission earned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// The checks, in the exercise's order.
    pub checks: Vec<Mark>,
    /// How the run ended, if it did not simply finish.
    pub ending: Option<Ending>,
    /// The mistake that fails exactly these checks, ends like this, and shows its facts,
    /// if one is known.
    pub mistake: Option<Mutant>,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub name: String,
    pub what: String,
    /// The points that the check is worth.
    pub of: u32,
    pub passed: bool,
    /// The facts of the check, including those that hold. Empty if there was no record.
    pub facts: Vec<Checked>,
}

impl Mark {
    /// The points that were earned.
    pub fn points(&self) -> u32 {
        if self.passed { self.of } else { 0 }
    }

    /// Fails a check that holds without work.
    fn refuse_alone(&mut self) {
        self.passed = false;
        self.facts.push(Checked {
            fact: "something that needs your work holds, too".to_owned(),
            passed: false,
            detail: Detail::Plain("this holds before any work is done".to_owned()),
            evidence: Vec::new(),
        });
    }
}

impl Marks {
    /// Checks a run. A run that did not end properly still earns points for what its
    /// record shows.
    pub fn of_run(exercise: &Exercise, record: &Record, timeline: &Timeline) -> Marks {
        // Roles make the text about a run the same on every host.
        let roles = timeline.roles_in_an_exercise();
        let witness = Witness::ByRole(&roles);
        let mark = |check| mark(check, record, timeline, witness);
        let mut checks: Vec<Mark> = exercise.checks.iter().map(mark).collect();
        refuse_alone(exercise, &mut checks);
        let mut marks = Marks { checks, ending: None, mistake: None };
        marks.ending = Ending::of_run(record, timeline).or_else(|| {
            // A signal may be what the exercise asks for.
            let text = crash(exercise, record, timeline).filter(|_| !marks.passed())?;
            Some(Ending::new(ending::Kind::Crashed, text))
        });
        marks.find_mistake(exercise, |mutant| {
            mutant.expect.iter().all(|expectation| expectation.check(timeline, witness).passed)
        });
        marks
    }

    /// The marks of a submission without a record: no points, for this reason.
    pub fn none(exercise: &Exercise, ending: Ending) -> Marks {
        let failed = |check: &Check| Mark {
            name: check.name.clone(),
            what: check.what.clone(),
            of: check.points,
            passed: false,
            facts: Vec::new(),
        };
        let checks = exercise.checks.iter().map(failed).collect();
        let mut marks = Marks { checks, ending: Some(ending), mistake: None };
        // Without a record, only the way in which the run ended can show a mistake.
        marks.find_mistake(exercise, |mutant| mutant.expect.is_empty());
        marks
    }

    /// Finds the mistake that a run on the debug kernel showed, unless the run on the
    /// lesson's kernel showed one.
    pub fn find_reported(&mut self, exercise: &Exercise, timeline: &Timeline, found: &[Report]) {
        if self.mistake.is_some() {
            return;
        }
        let roles = timeline.roles_in_an_exercise();
        let witness = Witness::ByRole(&roles);
        let failed = self.failed();
        let is_reported =
            |mutant: &Mutant| found.iter().any(|report| Some(report.kind) == mutant.reports);
        let is_it = |mutant: &&Mutant| {
            is_reported(mutant)
                && mutant.fails == failed
                && mutant.expect.iter().all(|fact| fact.check(timeline, witness).passed)
        };
        self.mistake = exercise.mutants.iter().find(is_it).cloned();
    }

    fn find_mistake(&mut self, exercise: &Exercise, shown: impl Fn(&Mutant) -> bool) {
        let failed = self.failed();
        let ending = self.ending.as_ref().map(|ending| ending.kind);
        // Whether a mistake crashes a program, too, depends on the rest of it.
        let may_crash =
            |mutant: &Mutant| mutant.ending.is_none() && ending == Some(ending::Kind::Crashed);
        let is_it = |mutant: &&Mutant| {
            mutant.reports.is_none()
                && mutant.fails == failed
                && (mutant.ending == ending || may_crash(mutant))
                && shown(mutant)
        };
        self.mistake = exercise.mutants.iter().find(is_it).cloned();
    }

    /// Adds the check for the debug kernel, which is worth a third of the others together.
    /// `found` has what is wrong; `None` means that there was nothing to run. It counts only
    /// together with another check, because a module that does nothing has no bugs either.
    pub fn judge_on_the_debug_kernel(&mut self, found: Option<Vec<Checked>>) {
        let passed = found.as_ref().is_some_and(Vec::is_empty);
        let mut mark = Mark {
            name: DEBUG_KERNEL.to_owned(),
            what: "gives the debug kernel nothing to report".to_owned(),
            of: self.of().div_ceil(3),
            passed,
            facts: found.unwrap_or_default(),
        };
        if passed && !self.checks.iter().any(|mark| mark.passed) {
            mark.refuse_alone();
        }
        self.checks.push(mark);
    }

    /// Where the submission ran: `lesson` or `lesson+debug`.
    pub fn kernels(&self) -> &'static str {
        let is_debug = |mark: &Mark| mark.name == DEBUG_KERNEL;
        if self.checks.iter().any(is_debug) { "lesson+debug" } else { "lesson" }
    }

    /// The marks without the check for the debug kernel.
    pub fn on_the_lessons_kernel(&self) -> Marks {
        let mut marks = self.clone();
        marks.checks.retain(|mark| mark.name != DEBUG_KERNEL);
        marks
    }

    /// The names of the checks that did not pass.
    pub fn failed(&self) -> BTreeSet<String> {
        self.checks.iter().filter(|mark| !mark.passed).map(|mark| mark.name.clone()).collect()
    }

    pub fn passed(&self) -> bool {
        self.checks.iter().all(|mark| mark.passed)
    }

    /// The points that were earned.
    pub fn points(&self) -> u32 {
        self.checks.iter().map(Mark::points).sum()
    }

    /// The maximum number of points.
    pub fn of(&self) -> u32 {
        self.checks.iter().map(|mark| mark.of).sum()
    }
}

fn mark(check: &Check, record: &Record, timeline: &Timeline, witness: Witness<'_>) -> Mark {
    let mut facts: Vec<Checked> = check.expect.iter().map(|e| e.check(timeline, witness)).collect();
    facts.extend(check.stdout.as_ref().map(|lines| stdout(lines, &record.stdout)));
    Mark {
        name: check.name.clone(),
        what: check.what.clone(),
        of: check.points,
        passed: facts.iter().all(|fact| fact.passed),
        facts,
    }
}

/// Fails checks that hold without work, unless one of those passes that need it.
fn refuse_alone(exercise: &Exercise, marks: &mut [Mark]) {
    let held: BTreeSet<String> =
        marks.iter().filter(|mark| mark.passed).map(|mark| mark.name.clone()).collect();
    for (check, mark) in exercise.checks.iter().zip(marks) {
        if mark.passed && !check.with_one_of.is_empty() && check.with_one_of.is_disjoint(&held) {
            mark.refuse_alone();
        }
    }
}

/// Checks whether the output is exactly these lines, and finds the first difference.
fn stdout(expected: &[String], found: &[u8]) -> Checked {
    let found = String::from_utf8_lossy(found);
    let found: Vec<&str> = found.lines().collect();
    let fact = "the output is as asked for".to_owned();
    let differs = (0..expected.len().max(found.len()))
        .find(|&n| expected.get(n).map(String::as_str) != found.get(n).copied());
    let Some(n) = differs else {
        let detail = Detail::Plain(format!("{} lines", found.len()));
        return Checked { fact, passed: true, detail, evidence: Vec::new() };
    };
    let detail = Detail::Output {
        line: n + 1,
        expected: expected.get(n).cloned(),
        found: found.get(n).map(|&line| line.to_owned()),
    };
    Checked { fact, passed: false, detail, evidence: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(passed: &[bool]) -> Marks {
        let mark = |&passed: &bool| Mark {
            name: "x".to_owned(),
            what: String::new(),
            of: 2,
            passed,
            facts: Vec::new(),
        };
        Marks { checks: passed.iter().map(mark).collect(), ending: None, mistake: None }
    }

    #[test]
    fn the_debug_kernel_gives_a_third_more_to_what_does_something() {
        let reported = || vec![stdout(&["a".to_owned()], b"b")];
        for (others, found, points) in [
            ([true, true], Some(Vec::new()), 4 + 2),
            ([true, false], Some(Vec::new()), 2 + 2),
            ([false, false], Some(Vec::new()), 0),
            ([true, true], Some(reported()), 4),
            ([false, false], None, 0),
        ] {
            let mut marks = marks(&others);
            assert_eq!((marks.of(), marks.kernels()), (4, "lesson"));
            let before = marks.clone();
            marks.judge_on_the_debug_kernel(found);
            assert_eq!((marks.points(), marks.of(), marks.kernels()), (points, 6, "lesson+debug"));
            assert_eq!(marks.on_the_lessons_kernel(), before);
        }
    }

    #[test]
    fn the_first_line_that_differs_is_shown() {
        let lines = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>();
        assert!(stdout(&lines(&["a", "b"]), b"a\nb\n").passed);
        for (found, detail) in [
            (&b"a\nc\n"[..], "expected as line 2: `b`\nfound:\n| c"),
            (b"a\n", "expected as line 2: `b`\nfound: nothing"),
            (b"a\nb\nc\n", "expected as line 3: nothing\nfound:\n| c"),
        ] {
            let checked = stdout(&lines(&["a", "b"]), found);
            assert_eq!((checked.passed, checked.detail.to_string().as_str()), (false, detail));
        }
    }
}
