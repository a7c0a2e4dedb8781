//! Reports an attempt to a student.

mod compiler;
mod screen;

use std::fmt::Write;
use std::iter;

use explain::{quoted, visible_lines};
use serde_json::{Value, json};
use story::expect::Checked;
use story::render::detail::rendered;
use story::render::ink::{Ink, Inked};
use story::render::text::{WIDTH, render_by_role};
use story::render::wrap::wrap;

use super::attempt::Attempt;
use super::compile::{MAIN, NAMELESS};
use super::ending;
use super::headline::Headline;
use super::kernel_log::KernelLog;
use super::marks::{Mark, Marks};
use super::{Exercise, StudentFile};
use crate::run::Observed;
use screen::{Cut, Section, fit};

/// The whole report as text of 80 columns: what explains the run, its output, each check
/// with its points, what happened instead of what should have, and the kernel log.
///
/// Each line that a stranger's program printed, or made a compiler or the kernel print,
/// follows a `| `. So it cannot pass for anything else, and it cannot control a terminal.
pub fn text(exercise: &Exercise, attempt: &Attempt) -> Inked {
    let parts = Parts::new(exercise, attempt, WIDTH, true);
    screen::text(&parts.sections(Told::Each)).visible()
}

/// What the run did, step by step: the scenario, with the values that vary with the seed,
/// the harness's steps, and what the kernel did. Empty if there was no run.
pub fn timeline(exercise: &Exercise, attempt: &Attempt) -> String {
    let Some(Observed { timeline, returned, .. }) = &attempt.observed else {
        return String::new();
    };
    let mut text = format!("--- timeline of {}", exercise.lesson.name);
    if !exercise.values.all().is_empty() {
        let _ = write!(text, ", {}", exercise.values.text());
    }
    let started = match (&exercise.file, exercise.harness()) {
        (StudentFile::Program { .. }, None) => "the program's arguments",
        _ => "the harness's arguments",
    };
    let _ = writeln!(text, "\n{started}: {}", returned.job.args.join(" "));
    let roles = timeline.roles_in_an_exercise();
    visible_lines(&(text + &render_by_role(timeline, &roles, WIDTH).to_string()))
}

/// What matters most of the report, in a screen of `rows` and `columns`: the first check
/// that failed is explained, and what does not fit is cut. Returns whether [`text`] says
/// more.
pub fn screen(
    exercise: &Exercise,
    attempt: &Attempt,
    rows: usize,
    columns: usize,
) -> (Inked, bool) {
    let parts = Parts::new(exercise, attempt, columns, false);
    let mut fitted = fit(parts.sections(Told::Each), rows, columns, CUT);
    for told in [Told::FailedOnes, Told::FirstFailed] {
        if fitted.rows > rows {
            fitted = fit(parts.sections(told), rows, columns, CUT);
        }
    }
    (fitted.text.visible(), fitted.is_cut || parts.is_brief())
}

/// Which checks have a line of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Each,
    FailedOnes,
    FirstFailed,
}

/// The places of a report's sections that may be cut, the first one first.
const CUT: &[usize] = &[OUTPUT, LOG, ERRORS, COMPILER, EXPLAINED];
const COMPILER: usize = 1;
const OUTPUT: usize = 2;
const ERRORS: usize = 3;
const EXPLAINED: usize = 5;
const LOG: usize = 7;

/// What a report is made of.
struct Parts<'a> {
    exercise: &'a Exercise,
    attempt: &'a Attempt,
    log: KernelLog,
    columns: usize,
    /// Whether everything is wanted.
    all: bool,
}

impl Parts<'_> {
    fn new<'a>(
        exercise: &'a Exercise,
        attempt: &'a Attempt,
        columns: usize,
        all: bool,
    ) -> Parts<'a> {
        Parts { exercise, attempt, log: attempt.kernel_log(exercise), columns, all }
    }

    /// The sections in their order.
    fn sections(&self, told: Told) -> Vec<Section> {
        let Parts { exercise, attempt, log, .. } = self;
        let headline = Headline::of(exercise, attempt, log);
        let explains_all = headline.as_ref().is_some_and(|headline| headline.explains_all);
        // It may contain names or words from a stranger's kernel, so they must not begin a
        // line.
        let headline = headline.map(|headline| self.plain(2, &sentence(&headline.text)));
        let [before, explained, after] = match explains_all && !self.all {
            true => Default::default(),
            false => self.checks(told),
        };
        let streams = attempt.observed.as_ref().map(|seen| {
            [("output", &seen.record.stdout), ("stderr", &seen.record.stderr)]
                .map(|(name, bytes)| output(name, bytes))
        });
        let [output, errors] = streams.unwrap_or_default().map(|lines| titled(self.short(lines)));
        let compiler = attempt.compiler.as_ref().or(attempt.warnings.as_ref());
        let compiler = compiler.map(|output| compiler::section(output));
        let least = if attempt.compiler.is_some() { 10 } else { 5 };
        // The first report is the one that explains the others; what a module printed last
        // is closest to its mistake.
        let cut = if log.reports.is_empty() { Cut::Begin } else { Cut::End };
        let log = if self.all { &log.whole } else { &log.short };
        let log = match log.is_empty() {
            true => Vec::new(),
            false => titled(self.short(quoted_lines("kernel log", log.iter().map(String::as_str)))),
        };
        let hint = attempt.marks.mistake.as_ref();
        let hint = hint.map(|mistake| self.signed(Ink::Warning, "hint:", 6, &mistake.hint));
        let apart = |section| Section { apart: true, ..section };
        vec![
            Section::whole(headline.unwrap_or_default()),
            Section::cut(compiler.unwrap_or_default(), least, Cut::End),
            Section::cut(output, 2, Cut::End),
            Section::cut(errors, 2, Cut::End),
            apart(Section::whole(before)),
            Section::cut(explained, 3, Cut::End),
            Section::whole(after),
            Section::cut(log, 3, cut),
            apart(Section::whole(hint.unwrap_or_default())),
            apart(Section::whole(vec![Inked::from(sum(exercise, &attempt.marks))])),
        ]
    }

    /// The checks up to the first one that failed, what is said of that, and those after
    /// it. If all is wanted, it is all in the first of the three.
    fn checks(&self, told: Told) -> [Vec<Inked>; 3] {
        let marks = &self.attempt.marks;
        let mut parts = [const { Vec::new() }; 3];
        let (passed, failed): (Vec<&Mark>, Vec<&Mark>) =
            marks.checks.iter().partition(|mark| mark.passed);
        if told != Told::Each && !passed.is_empty() {
            let points: u32 = passed.iter().map(|mark| mark.of).sum();
            let passed = format!("{} passed ({points} points)", checks(passed.len()));
            parts[0].extend(self.signed(Ink::Held, "✓", 2, &passed));
        }
        let shown = match told {
            Told::Each => marks.checks.iter().collect(),
            Told::FailedOnes => failed,
            Told::FirstFailed => {
                let others = failed.len().saturating_sub(1);
                let points: u32 = failed.iter().skip(1).map(|mark| mark.of).sum();
                if others > 0 {
                    let others = checks(others);
                    let failed = format!("{others} failed as well (0 of {points} points)");
                    parts[2].extend(self.signed(Ink::Failed, "✗", 2, &failed));
                }
                failed.into_iter().take(1).collect()
            }
        };
        let mut explained = false;
        for mark in shown {
            let part = if explained { &mut parts[2] } else { &mut parts[0] };
            part.extend(self.mark(mark, &mark.what));
            let failed = mark.facts.iter().filter(|fact| !fact.passed);
            if self.all {
                part.extend(failed.flat_map(|fact| self.fact(fact)));
            } else if !mark.passed && !explained {
                parts[1] = failed.take(1).flat_map(|fact| self.fact(fact)).collect();
                explained = true;
            }
        }
        parts
    }

    fn mark(&self, mark: &Mark, what: &str) -> Vec<Inked> {
        let (ink, sign) = if mark.passed { (Ink::Held, "✓") } else { (Ink::Failed, "✗") };
        self.signed(ink, sign, 2, &format!("{what} ({} of {})", mark.points(), mark.of))
    }

    /// What should have happened, and what did.
    fn fact(&self, fact: &Checked) -> Vec<Inked> {
        let told = rendered(&fact.detail.told(), 6, self.columns);
        let told = told.into_iter().map(|line| line.trim_end_matches('\n').to_owned());
        let fact = self.lines("  -", 4, &fact.fact);
        fact.into_iter().chain(told).map(Inked::from).collect()
    }

    /// Whether the whole report has facts or lines of the log that are left out here.
    fn is_brief(&self) -> bool {
        let failed = |mark: &Mark| mark.facts.iter().filter(|fact| !fact.passed).count();
        let KernelLog { short, whole, .. } = &self.log;
        self.attempt.marks.checks.iter().map(failed).sum::<usize>() > 1 || whole != short
    }

    /// The beginnings of lines that are longer than a row, unless all is wanted.
    fn short(&self, lines: Vec<String>) -> Vec<String> {
        let short = |line: String| match line.char_indices().nth(self.columns) {
            Some(_) if !self.all => {
                let begin: String = line.chars().take(self.columns - 1).collect();
                format!("{begin}…")
            }
            _ => line,
        };
        lines.into_iter().map(short).collect()
    }

    /// Wraps words.
    fn plain(&self, indent: usize, words: &str) -> Vec<Inked> {
        self.lines("", indent, words).into_iter().map(Inked::from).collect()
    }

    /// Wraps words after a sign.
    fn signed(&self, ink: Ink, sign: &str, indent: usize, words: &str) -> Vec<Inked> {
        let mut lines = self.lines(sign, indent, words).into_iter();
        let mut first = Inked::of(ink, sign);
        let begun = lines.next().unwrap_or_default();
        first.push_str(begun.strip_prefix(sign).unwrap_or(&begun));
        iter::once(first).chain(lines.map(Inked::from)).collect()
    }

    /// Wraps words. `first` begins the first line.
    fn lines(&self, first: &str, indent: usize, words: &str) -> Vec<String> {
        wrap(first, indent, &[words.to_owned()], self.columns)
    }
}

/// What a student may see of an attempt whose inputs are the teacher's secret: the points
/// and the hint. The program was given the inputs and may have printed them, and facts
/// may reveal them, so neither is shown. `public` is the exercise with the inputs that
/// everybody knows.
pub fn public(public: &Exercise, attempt: &Attempt) -> String {
    let marks = &attempt.marks;
    let parts = Parts::new(public, attempt, WIDTH, true);
    let apart = |lines| Section { apart: true, ..Section::whole(lines) };
    let compiler = attempt.compiler.as_ref();
    let compiler = compiler.map(|output| titled(quoted_lines("compiler", output.lines())));
    let checks = marks.checks.iter().flat_map(|mark| {
        let what = public.checks.iter().find(|check| check.name == mark.name);
        parts.mark(mark, what.map_or(&mark.what, |check| &check.what))
    });
    // A program could crash for one of two inputs, and so tell which one it got.
    let ending = marks.ending.as_ref().filter(|ending| ending.kind != ending::Kind::Crashed);
    let ending = ending.map(|ending| parts.plain(2, &sentence(ending.kind.told())));
    let mistake = marks.mistake.as_ref().map(|mistake| &mistake.name);
    let hint = public.mutants.iter().find(|mutant| Some(&mutant.name) == mistake);
    let hint = hint.map(|mutant| parts.signed(Ink::Warning, "hint:", 6, &mutant.hint));
    let sections = vec![
        Section::whole(compiler.unwrap_or_default()),
        apart(checks.collect()),
        apart(ending.unwrap_or_default()),
        apart(hint.unwrap_or_default()),
        apart(vec![Inked::from(sum(public, marks))]),
    ];
    screen::text(&sections).visible().to_string()
}

/// What a student can do next, as lines of at most `columns` columns. `more` says that
/// there is more to see.
pub fn next(exercise: &Exercise, attempt: &Attempt, more: bool, columns: usize) -> Vec<String> {
    let name = &exercise.lesson.name;
    let more = if more { "; check --all shows everything" } else { "" };
    let next = match attempt.marks.passed() {
        true => vec![
            format!(
                "Well done! cargo xtask solution {name} shows how the lab would do it, and why"
            ),
            format!("cargo xtask start goes on with the next exercise{more}"),
        ],
        false => vec![format!("cargo xtask hint {name} gives the next hint{more}")],
    };
    next.iter().flat_map(|words| wrap("", 2, std::slice::from_ref(words), columns)).collect()
}

/// A hint as text of 80 columns. `number` counts from 0.
pub fn hint(exercise: &Exercise, number: usize) -> String {
    let mut text = String::new();
    let first = format!("{} of {}:", number + 1, exercise.hints.len());
    paragraph(&mut text, &first, 3, &exercise.hints[number]);
    text.trim_end().to_owned()
}

fn checks(count: usize) -> String {
    if count == 1 { "1 check".to_owned() } else { format!("{count} checks") }
}

fn sum(exercise: &Exercise, marks: &Marks) -> String {
    format!("{}: {} of {} points", exercise.lesson.name, marks.points(), marks.of())
}

/// Appends words, wrapped to 80 columns. `first` begins the first line.
pub fn paragraph(text: &mut String, first: &str, indent: usize, words: &str) {
    for line in wrap(first, indent, &[words.to_owned()], WIDTH) {
        let _ = writeln!(text, "{line}");
    }
}

/// A sentence of these words. A name stays as it is.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let is_name = words.split(' ').next().is_some_and(|word| word.contains(['_', '.']));
    match letters.next() {
        Some(_) if is_name => format!("{words}."),
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

/// How many lines of a program's output are shown.
const SHOWN: usize = 20;

/// What a program wrote into one of its streams. Nothing if it wrote nothing.
fn output(name: &str, bytes: &[u8]) -> Vec<String> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(bytes);
    // A student knows the file by its own name.
    let text = text.replace(&format!(" {NAMELESS}/{MAIN}:"), &format!(" {MAIN}:"));
    let mut lines = quoted_lines(name, text.lines().take(SHOWN));
    match text.lines().count().checked_sub(SHOWN) {
        None | Some(0) => {}
        Some(more) => lines.push(format!("… and {more} more lines")),
    }
    lines
}

/// Lines that a stranger's program wrote, each after a sign that says so.
fn quoted_lines<'a>(what: &str, lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    std::iter::once(format!("--- {what}")).chain(lines.map(quoted)).collect()
}

/// Lines of which the first is a title.
fn titled(lines: Vec<String>) -> Vec<Inked> {
    let ink = |number| if number == 0 { Ink::Heading } else { Ink::Plain };
    lines.iter().enumerate().map(|(number, line)| Inked::of(ink(number), line)).collect()
}

/// The report as one JSON document:
///
/// ```json
/// {"version": 1, "lesson": "sigchld", "points": 3, "of": 5,
///  "passed": false, "ending": null, "said": null, "hint": "…",
///  "compiler": null, "warnings": null, "headline": null, "kernel_log": [],
///  "values": {"children": 5}, "timeline": {"entries": []},
///  "checks": [{"name": "…", "what": "…", "points": 0, "of": 2,
///              "passed": false,
///              "facts": [{"fact": "…", "passed": false, "detail": "…"}]}]}
/// ```
///
/// `ending` says how a run ended that did not simply finish, see [`super::ending::Kind`].
/// `said` is the same as a sentence. `compiler` is the compiler's output if it rejected
/// the file, and `warnings` if it did not. `headline` is what explains the run.
/// `kernel_log` has what a module printed and what the kernel reported about it. `values`
/// are those that vary with the seed. `timeline` is null if there was no run, see
/// [`story::timeline::Timeline::to_json`].
pub fn json(exercise: &Exercise, attempt: &Attempt) -> Value {
    let (marks, log) = (&attempt.marks, attempt.kernel_log(exercise));
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
        "warnings": attempt.warnings,
        "headline": Headline::of(exercise, attempt, &log).map(|headline| headline.text),
        "kernel_log": log.whole,
        "values": exercise.values.all(),
        "timeline": attempt.observed.as_ref().map(|seen| seen.timeline.to_json()),
        "checks": marks.checks.iter().map(check).collect::<Vec<_>>(),
    })
}
