//! Shows teachers an exercise's mutants.

use std::fmt::Write;

use similar::TextDiff;

use super::frame::Change;
use super::report::paragraph;
use super::{Exercise, Mutant};

/// How many lines are shown around each change.
const CONTEXT: usize = 2;

/// For each mutant: the mistake, the checks that it fails, the hint that answers it, and
/// its difference from the solution without the solution's comments.
pub fn text(exercise: &Exercise) -> String {
    let mutants: Vec<String> =
        exercise.mutants.iter().map(|mutant| describe(exercise, mutant)).collect();
    mutants.join("\n")
}

fn describe(exercise: &Exercise, mutant: &Mutant) -> String {
    let mut text = String::new();
    paragraph(&mut text, &format!("{}:", mutant.name), 2, &mutant.mistake);
    for check in exercise.checks.iter().filter(|check| mutant.fails.contains(&check.name)) {
        paragraph(&mut text, "✗", 2, &check.what);
    }
    if let Some(kind) = mutant.reports {
        let told = format!("on the debug kernel: the module {}", kind.told());
        paragraph(&mut text, "✗", 2, &told);
    }
    paragraph(&mut text, "hint:", 6, &mutant.hint);
    let solution = exercise.frame.with(&Change::new());
    let wrong = exercise.frame.with(&mutant.change);
    let diff = TextDiff::from_lines(&solution, &wrong);
    let _ = write!(
        text,
        "{}",
        diff.unified_diff().context_radius(CONTEXT).header("solution", &mutant.name)
    );
    text
}
