//! What a student is shown of an attempt.

use std::fmt::Write;

use serde_json::{Value, json};
use story::render::text::WIDTH;
use story::render::wrap::wrap;

use super::Exercise;
use super::attempt::Attempt;
use super::marks::Mark;

/// Everything, as text of 80 columns: the output, each check with its points,
/// and what was found where one failed.
pub fn text(exercise: &Exercise, attempt: &Attempt) -> String {
    let marks = &attempt.marks;
    let mut text = String::new();
    if let Some(output) = &attempt.compiler {
        let _ = writeln!(text, "{output}");
    }
    if let Some(observed) = &attempt.observed {
        for (name, bytes) in
            [("output", &observed.record.stdout), ("stderr", &observed.record.stderr)]
        {
            if !bytes.is_empty() {
                let _ =
                    write!(text, "--- {name}\n{}\n", shortened(&String::from_utf8_lossy(bytes)));
            }
        }
    }
    for mark in &marks.checks {
        push_mark(&mut text, mark, attempt.observed.is_some());
    }
    if let Some(ending) = &marks.ending {
        text.push('\n');
        paragraph(&mut text, "", 0, &sentence(&ending.text));
    }
    if let Some(log) = &attempt.log {
        text.push_str("the kernel log ends so:\n");
        for line in log.lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    if let Some(mistake) = &marks.mistake {
        text.push('\n');
        paragraph(&mut text, "hint:", 6, &mistake.hint);
    }
    let _ =
        writeln!(text, "\n{}: {} of {} points", exercise.lesson.name, marks.points(), marks.of());
    text
}

/// What a student may do next.
pub fn next(exercise: &Exercise, attempt: &Attempt) -> String {
    let name = &exercise.lesson.name;
    if attempt.marks.passed() {
        format!("cargo xtask solution {name} shows how the lab would do it, and why")
    } else {
        format!("cargo xtask hint {name} gives the next hint")
    }
}

/// A hint, counted from 0, as text of 80 columns.
pub fn hint(exercise: &Exercise, number: usize) -> String {
    let mut text = String::new();
    let first = format!("{} of {}:", number + 1, exercise.hints.len());
    paragraph(&mut text, &first, 3, &exercise.hints[number]);
    text.trim_end().to_owned()
}

fn push_mark(text: &mut String, mark: &Mark, ran: bool) {
    let sign = if mark.passed { "✓" } else { "✗" };
    let points = format!("{} of {}", mark.points(), mark.of);
    paragraph(text, sign, 2, &format!("{} ({points})", mark.what));
    if mark.passed || !ran {
        return;
    }
    for fact in mark.facts.iter().filter(|fact| !fact.passed) {
        paragraph(text, "  -", 4, &fact.fact);
        for line in fact.detail.lines() {
            let trimmed = line.trim_start();
            let indent = 4 + line.len() - trimmed.len();
            paragraph(text, &" ".repeat(indent - 1), indent + 2, trimmed);
        }
    }
}

/// Words, wrapped to 80 columns, behind what the first line begins with.
pub fn paragraph(text: &mut String, first: &str, indent: usize, words: &str) {
    for line in wrap(first, indent, &[words.to_owned()], WIDTH) {
        let _ = writeln!(text, "{line}");
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

/// Lines of a program's output that are shown.
const SHOWN: usize = 20;

fn shortened(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    match lines.len().checked_sub(SHOWN) {
        None | Some(0) => lines.join("\n"),
        Some(more) => format!("{}\n… and {more} lines more", lines[..SHOWN].join("\n")),
    }
}

/// One JSON document:
///
/// ```json
/// {"version": 1, "lesson": "sigchld", "points": 3, "of": 5,
///  "passed": false, "ending": null, "said": null, "hint": "…",
///  "compiler": null,
///  "checks": [{"name": "…", "what": "…", "points": 0, "of": 2,
///              "passed": false,
///              "facts": [{"fact": "…", "passed": false, "detail": "…"}]}]}
/// ```
///
/// `ending` is what became of a run that did not simply end, see
/// [`super::ending::Kind`]; `said` is the same as a sentence. `compiler` is what the compiler printed if it refused the file.
pub fn json(exercise: &Exercise, attempt: &Attempt) -> Value {
    let marks = &attempt.marks;
    let check = |mark: &Mark| {
        json!({
            "name": mark.name,
            "what": mark.what,
            "points": mark.points(),
            "of": mark.of,
            "passed": mark.passed,
            "facts": mark.facts,
        })
    };
    json!({
        "version": 1,
        "lesson": exercise.lesson.name.to_string(),
        "points": marks.points(),
        "of": marks.of(),
        "passed": marks.passed(),
        "ending": marks.ending.as_ref().map(|ending| ending.kind),
        "said": marks.ending.as_ref().map(|ending| &ending.text),
        "hint": marks.mistake.as_ref().map(|mistake| &mistake.hint),
        "compiler": attempt.compiler,
        "checks": marks.checks.iter().map(check).collect::<Vec<_>>(),
    })
}
