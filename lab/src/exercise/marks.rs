//! The marks of a submission: which checks passed, how many points each earned, and the
//! details of those that failed.

use std::collections::BTreeSet;

use story::detail::Detail;
use story::expect::{Checked, Witness};
use story::timeline::Timeline;
use trace::record::Record;

use super::ending::Ending;
use super::{Check, Exercise, Mutant};

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
        let ending = Ending::of_run(record, timeline);
        let mut marks = Marks { checks, ending, mistake: None };
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

    fn find_mistake(&mut self, exercise: &Exercise, shown: impl Fn(&Mutant) -> bool) {
        let failed = self.failed();
        let ending = self.ending.as_ref().map(|ending| ending.kind);
        let is_it =
            |mutant: &&Mutant| mutant.fails == failed && mutant.ending == ending && shown(mutant);
        self.mistake = exercise.mutants.iter().find(is_it).cloned();
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
            mark.passed = false;
            mark.facts.push(Checked {
                fact: "something that needs your work holds, too".to_owned(),
                passed: false,
                detail: Detail::Plain("this holds before any work is done".to_owned()),
                evidence: Vec::new(),
            });
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
