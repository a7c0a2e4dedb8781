//! Reports an attempt to a student.

use std::fmt::Write;

use explain::{quoted, visible_lines};
use serde_json::{Value, json};
use story::render;
use story::render::text::WIDTH;
use story::render::wrap::wrap;

use super::Exercise;
use super::attempt::Attempt;
use super::marks::{Mark, Marks};

/// The whole report as text of 80 columns: the output, each check with its points, and
/// what was found if a check failed.
///
/// Each line that a stranger's program printed, or made a compiler or the kernel print,
/// follows a `| `. So it cannot pass for anything else, and it cannot control a terminal.
pub fn text(exercise: &Exercise, attempt: &Attempt) -> String {
    let marks = &attempt.marks;
    let mut text = String::new();
    if let Some(output) = &attempt.compiler {
        quote(&mut text, "compiler", output.lines());
        text.push('\n');
    }
    if let Some(observed) = &attempt.observed {
        for (name, bytes) in
            [("output", &observed.record.stdout), ("stderr", &observed.record.stderr)]
        {
            if !bytes.is_empty() {
                let output = String::from_utf8_lossy(bytes);
                quote(&mut text, name, output.lines().take(SHOWN));
                match output.lines().count().checked_sub(SHOWN) {
                    None | Some(0) => {}
                    Some(more) => text += &format!("… and {more} more lines\n"),
                }
            }
        }
    }
    for mark in &marks.checks {
        push_mark(&mut text, mark, &mark.what);
        if !mark.passed && attempt.observed.is_some() {
            push_facts(&mut text, mark);
        }
    }
    if let Some(ending) = &marks.ending {
        text.push('\n');
        // The text may contain words from a stranger's kernel, so they must not begin a
        // line.
        paragraph(&mut text, "", 2, &sentence(&ending.text));
    }
    if let Some(log) = &attempt.log {
        let before = log.lines().count().saturating_sub(LOG_LINES);
        quote(&mut text, "the end of the kernel log", log.lines().skip(before));
    }
    if let Some(mistake) = &marks.mistake {
        text.push('\n');
        paragraph(&mut text, "hint:", 6, &mistake.hint);
    }
    push_sum(&mut text, exercise, marks);
    visible_lines(&text)
}

/// What a student may see of an attempt whose inputs are the teacher's secret: the points
/// and the hint. The program was given the inputs and may have printed them, and facts
/// may reveal them, so neither is shown. `public` is the exercise with the inputs that
/// everybody knows.
pub fn public(public: &Exercise, attempt: &Attempt) -> String {
    let marks = &attempt.marks;
    let mut text = String::new();
    if let Some(output) = &attempt.compiler {
        quote(&mut text, "compiler", output.lines());
        text.push('\n');
    }
    for mark in &marks.checks {
        let what = public.checks.iter().find(|check| check.name == mark.name);
        push_mark(&mut text, mark, what.map_or(&mark.what, |check| &check.what));
    }
    if let Some(ending) = &marks.ending {
        text.push('\n');
        paragraph(&mut text, "", 2, &sentence(ending.kind.told()));
    }
    let mistake = marks.mistake.as_ref().map(|mistake| &mistake.name);
    if let Some(mutant) = public.mutants.iter().find(|mutant| Some(&mutant.name) == mistake) {
        text.push('\n');
        paragraph(&mut text, "hint:", 6, &mutant.hint);
    }
    push_sum(&mut text, public, marks);
    visible_lines(&text)
}

/// What a student can do next.
pub fn next(exercise: &Exercise, attempt: &Attempt) -> String {
    let name = &exercise.lesson.name;
    if attempt.marks.passed() {
        format!("cargo xtask solution {name} shows how the lab would do it, and why")
    } else {
        format!("cargo xtask hint {name} gives the next hint")
    }
}

/// A hint as text of 80 columns. `number` counts from 0.
pub fn hint(exercise: &Exercise, number: usize) -> String {
    let mut text = String::new();
    let first = format!("{} of {}:", number + 1, exercise.hints.len());
    paragraph(&mut text, &first, 3, &exercise.hints[number]);
    text.trim_end().to_owned()
}

fn push_sum(text: &mut String, exercise: &Exercise, marks: &Marks) {
    let (name, points, of) = (&exercise.lesson.name, marks.points(), marks.of());
    let _ = writeln!(text, "\n{name}: {points} of {of} points");
}

fn push_mark(text: &mut String, mark: &Mark, what: &str) {
    let sign = if mark.passed { "✓" } else { "✗" };
    paragraph(text, sign, 2, &format!("{what} ({} of {})", mark.points(), mark.of));
}

fn push_facts(text: &mut String, mark: &Mark) {
    for fact in mark.facts.iter().filter(|fact| !fact.passed) {
        paragraph(text, "  -", 4, &fact.fact);
        *text += &render::detail::render(&fact.detail, 4, WIDTH);
    }
}

/// Appends words, wrapped to 80 columns. `first` begins the first line.
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

/// How many lines of a program's output are shown.
const SHOWN: usize = 20;
/// How many lines of the kernel log are shown. A report of a panic is shorter.
const LOG_LINES: usize = 100;

/// Appends lines that a stranger's program wrote, each after a sign that says so.
fn quote<'a>(text: &mut String, what: &str, lines: impl Iterator<Item = &'a str>) {
    let _ = writeln!(text, "--- {what}");
    for line in lines {
        let _ = writeln!(text, "{}", quoted(line));
    }
}

/// The report as one JSON document:
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
/// `ending` says how a run ended that did not simply finish, see [`super::ending::Kind`].
/// `said` is the same as a sentence. `compiler` is the compiler's output if it rejected
/// the file.
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
