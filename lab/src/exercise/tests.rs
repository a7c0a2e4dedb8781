use protocol::{Ended, Outcome};
use story::timeline::{Entry, Timeline};
use trace::mark::{Mark, Part};
use trace::record::Record;
use trace::{Context, Kind, Value};

use super::compile::{MAIN, NAMELESS};
use super::ending::{self, Ending};
use super::marks::Marks;
use super::*;

const LESSON: &str = "format = 1\ntitle = \"Q?\"\nsummary = \"s\"\n";

const SMALLEST: &str = r#"
format = 1
task = "do it {so}"
file = "main.rs"
hints = ["a", "b", "c"]
args = ["{n}"]
stub.print = "todo!(\"{n}\");"

[vary.n]
from = 4
to = 4

[[check]]
name = "ends"
what = "it ends"
points = 2
expect = [{ fact = "f", event = "mark", where = { text = "the program exited with {n}" }, count = "{n}" }]

[[check]]
name = "prints"
what = "it prints"
points = 3
stdout = ["{n} lines"]
"#;

const FRAME: &str = "\
fn main() {
    // region: print
    // region: solution
    // Why.
    // endregion
    print(); // {
    // endregion
}
";

const MUTANTS: &str = r#"[[mutant]]
name = "silent"
mistake = "it prints nothing"
fails = ["prints"]
hint = "print {n} lines"
change.print = "// {n}"
"#;

/// Reads the exercise in three files. Errors call their folder `-`.
fn read(exercise: &str, mutants: &str, frame: &str) -> Result<Exercise, String> {
    let lesson = tempfile::tempdir().unwrap();
    let folder = lesson.path().join("x");
    std::fs::create_dir_all(folder.join(FOLDER)).unwrap();
    for (name, text) in [(EXERCISE, exercise), (super::MUTANTS, mutants), ("frame.rs", frame)] {
        std::fs::write(folder.join(FOLDER).join(name), text).unwrap();
    }
    let lesson = Lesson::parse(&folder, LESSON).unwrap();
    let shown = format!("{}/", folder.join(FOLDER).display());
    Exercise::read(&lesson, Seed(0)).map_err(|e| e.to_string().replace(&shown, "-/"))
}

fn parse(text: &str) -> Result<Exercise, String> {
    read(text, MUTANTS, FRAME)
}

#[test]
fn values_are_filled_in_but_for_what_students_read() {
    let exercise = parse(SMALLEST).unwrap();
    assert_eq!(exercise.task, "do it {so}");
    assert_eq!(exercise.points(), 5);
    assert_eq!(exercise.checks[0].expect[0].count, 4..=4);
    assert_eq!(exercise.checks[1].stdout, Some(vec!["4 lines".to_owned()]));
    assert_eq!(exercise.file, StudentFile::Program { name: "main.rs".to_owned() });
    let plan = exercise.plan(Options::default());
    assert_eq!(
        (plan.job.program.as_str(), plan.job.args.as_slice()),
        ("harness", &["4".to_owned()][..])
    );
}

#[test]
fn an_experiment_is_declared_among_the_other_keys() {
    let traced = |exercise: &Exercise| -> Vec<String> {
        exercise.experiment.trace.iter().map(|event| event.name().to_owned()).collect()
    };
    let exercise = parse(SMALLEST).unwrap();
    assert_eq!(exercise.experiment.timeout_ms, 5_000);
    let own = ["sched_process_exec", "sched_process_fork", "mark_victim"];
    assert_eq!(traced(&exercise), own);
    let declared =
        "timeout_ms = 7\n[[trace]]\nevent = \"sched/sched_process_fork\"\nstack = true\n";
    let exercise = parse(&SMALLEST.replace("[vary.n]", &format!("{declared}[vary.n]"))).unwrap();
    assert_eq!(exercise.experiment.timeout_ms, 7);
    assert_eq!(traced(&exercise), [own[0], own[2], own[1]]);
    assert_eq!(exercise.plan(Options::default()).experiment, exercise.experiment);
}

#[test]
fn what_makes_no_sense_is_named() {
    for (from, to, problem) in [
        ("format = 1", "format = 2", "it has format 2, but this lab reads 1"),
        ("main.rs", "../main.rs", "`../main.rs` is neither a `.rs` nor a `.c` file"),
        ("{n} lines", "{m} lines", "`{m}` is not a value; `[vary]` has n"),
        ("stub.print = \"todo!(\\\"{n}\\\");\"", "stub = {}", "the stub changes nothing"),
        ("name = \"prints\"", "name = \"ends\"", "two checks have the same name"),
        (
            "hints =",
            "load = [{ kmod = \"x\" }]\nhints =",
            "it loads `x`, which is not among its kmods",
        ),
        ("stdout = [\"{n} lines\"]", "", "check `prints` checks nothing"),
        (
            "\"mark\", where",
            "\"signal_deliver\", where",
            "check `ends`: `signal_deliver` is not traced",
        ),
    ] {
        let text = SMALLEST.replace(from, to).replace("text = \"the program exited with {n}\"", {
            // The other event has other fields.
            if to.contains("deliver") { "sig = 1" } else { "text = \"x\"" }
        });
        assert_eq!(
            parse(&text).unwrap_err(),
            format!("`-/exercise.toml` makes no sense: {problem}")
        );
    }
    let with = SMALLEST.replace("points = 3", "points = 3\nwith_one_of = [\"sings\"]");
    let unknown = parse(&with).unwrap_err();
    assert!(unknown.ends_with("check `prints`: there is no check `sings`"), "{unknown}");
    let unknown = parse(&SMALLEST.replace("points = 3", "marks = 3")).unwrap_err();
    assert!(unknown.contains("unknown field `marks`"), "{unknown}");
}

#[test]
fn mutants_that_make_no_sense_are_named() {
    for (from, to, problem) in [
        ("[\"prints\"]", "[\"sings\"]", "mutant `silent`: there is no check `sings`"),
        ("[\"prints\"]", "[]", "mutant `silent` fails nothing"),
        (
            "fails = [\"prints\"]",
            "fails = [\"ends\", \"prints\"]",
            "mutant `silent` fails every check, as does a program that does nothing: it needs a \
             fact that shows it",
        ),
        ("change.print = \"// {n}\"", "change = {}", "mutant `silent` changes nothing"),
        ("{n} lines", "{m} lines", "`{m}` is not a value; `[vary]` has n"),
        ("change.print", "change.pint", "line 6: there is no region `pint`; the frame has print"),
    ] {
        let refused = read(SMALLEST, &MUTANTS.replace(from, to), FRAME).unwrap_err();
        assert_eq!(refused, format!("`-/mutants.toml` makes no sense: {problem}"));
    }
    let ending = MUTANTS.replace("change", "ending = \"it hung\"\nchange");
    let refused = read(SMALLEST, &ending, FRAME).unwrap_err();
    assert!(
        refused.contains("unknown variant `it hung`, expected one of `missing`, `refused`"),
        "{refused}"
    );
    let twice = format!("{MUTANTS}change.print = \"\"\n");
    let refused = read(SMALLEST, &twice, FRAME).unwrap_err();
    assert!(refused.contains("TOML parse error at line 7"), "{refused}");
    let missing = read(SMALLEST, &MUTANTS.replace("change", "changed"), FRAME).unwrap_err();
    assert!(missing.contains("unknown field `changed`"), "{missing}");
}

#[test]
fn errors_have_their_line_and_a_caret() {
    for (from, to, line, column, problem) in [
        ("from = 4", "from = 12", 9, 1, "there is no value from 12 to 4: `from` is the lowest"),
        ("to = 4", "too = 4", 11, 1, "unknown field `too`, expected `from` or `to`"),
        ("points = 2", "point = 2", 16, 1, "unknown field `point`"),
        ("hints", "hint", 5, 1, "unknown field `hint`"),
        ("task", "devices = [\"edo\"]\ntask", 3, 12, "unknown variant `edo`"),
        ("count = \"{n}\"", "count = \"{n}\", at_most = 2", 17, 10, "`count` is exact"),
    ] {
        let refused = parse(&SMALLEST.replace(from, to)).unwrap_err();
        let at = format!(
            "failed to parse `-/exercise.toml`: TOML parse error at line {line}, column {column}\n"
        );
        assert!(refused.starts_with(&at) && refused.contains('^'), "{refused}");
        assert!(refused.contains(problem), "{refused}");
    }
    let mistaken = MUTANTS.replace("mistake", "mistaken");
    let refused = read(SMALLEST, &mistaken, FRAME).unwrap_err();
    assert!(refused.contains("line 3, column 1") && refused.contains('^'), "{refused}");
}

#[test]
fn what_does_not_fit_the_frame_is_named_with_its_line() {
    let refused = parse(&SMALLEST.replace("stub.print", "stub.pint")).unwrap_err();
    assert_eq!(
        refused,
        "`-/exercise.toml` makes no sense: line 7: there is no region `pint`; the frame has print"
    );
    let refused = read(SMALLEST, MUTANTS, &FRAME.replacen("// endregion", "", 1)).unwrap_err();
    assert_eq!(
        refused,
        "`-/frame.rs` makes no sense: line 2: region `print` has no `// endregion`"
    );
}

#[test]
fn samples_are_the_frame_with_their_regions() {
    let exercise = parse(SMALLEST).unwrap();
    let file = |lines: &str| format!("fn main() {{\n{lines}}}\n");
    for (sample, lines) in [
        (Sample::Stub, "    todo!(\"{n}\");\n"),
        (Sample::Solution, "    // Why.\n    print(); // {\n"),
        (Sample::Mutant("silent".to_owned()), "    // {n}\n"),
    ] {
        assert_eq!(exercise.sample(&sample), file(lines));
    }
    assert_eq!(exercise.mutants[0].hint, "print 4 lines");
    assert_eq!(exercise.unchanged(), [""; 0]);
    let frame = format!("{FRAME}// region: more\n// endregion\n");
    assert_eq!(read(SMALLEST, MUTANTS, &frame).unwrap().unchanged(), ["more"]);
}

#[test]
fn a_mutant_is_shown_as_what_it_breaks_and_what_it_changes() {
    assert_eq!(
        diff::text(&parse(SMALLEST).unwrap()),
        "silent: it prints nothing\n✗ it prints\nhint: print 4 lines\n--- solution\n+++ silent\n\
         @@ -1,3 +1,3 @@\n fn main() {\n-    print(); // {\n+    // {n}\n }\n"
    );
}

#[test]
fn mutants_that_nothing_tells_apart_are_refused() {
    let second = MUTANTS.replace("silent", "mute");
    assert_eq!(
        read(SMALLEST, &format!("{MUTANTS}{second}"), FRAME).unwrap_err(),
        "`-/mutants.toml` makes no sense: mutant `mute` fails the same checks as another: nothing \
         distinguishes them"
    );
}

/// The mistake of a run that printed nothing and ended like this. Four marks say that the
/// program exited.
fn mistake(exercise: &Exercise, ended: Ended) -> Option<String> {
    mistake_told(exercise, ended, "")
}

/// The same for a program that writes this to stderr.
fn mistake_told(exercise: &Exercise, ended: Ended, stderr: &str) -> Option<String> {
    let words = "the program exited with 4".to_owned();
    let fields = [("text".to_owned(), Value::Text(words.clone()))].into();
    let entry = Entry {
        time_ns: 0,
        pid: 20,
        context: Context::Process,
        kind: Kind::Mark(Mark { source: None, scene: None, parts: vec![Part::Words(words)] }),
        fields,
        cells: Vec::new(),
        stack: Vec::new(),
    };
    let timeline = Timeline { entries: vec![entry; 4], births: Vec::new() };
    let (nonce, not_loaded, no_room) = (String::new(), Vec::new(), Vec::new());
    let record = Record {
        outcome: Outcome { nonce, ended, not_loaded, no_room },
        stdout: Vec::new(),
        stderr: stderr.into(),
        trace: Vec::new(),
        trace_stats: String::new(),
        formats: BTreeMap::new(),
        events: String::new(),
        first_modules: Vec::new(),
        modules: Vec::new(),
        leaks: None,
        out: BTreeMap::new(),
    };
    Marks::of_run(exercise, &record, &timeline).mistake.map(|mistake| mistake.name)
}

#[test]
fn a_mistake_is_told_only_if_the_run_ends_as_it_does() {
    let silent = Some("silent".to_owned());
    let timed_out = || Ended::TimedOut { after_ms: 5000 };
    let finishes = parse(SMALLEST).unwrap();
    assert_eq!(mistake(&finishes, Ended::Exited(0)), silent);
    assert_eq!(mistake(&finishes, timed_out()), None);
    let declared = MUTANTS.replace("change", "ending = \"timed-out\"\nchange");
    let hangs = read(SMALLEST, &declared, FRAME).unwrap();
    assert_eq!(mistake(&hangs, timed_out()), silent);
    assert_eq!(mistake(&hangs, Ended::Exited(0)), None);
}

#[test]
fn a_mistake_may_crash_the_program() {
    let silent = Some("silent".to_owned());
    let told = |exercise: &Exercise, stderr| mistake_told(exercise, Ended::Exited(0), stderr);
    let panic = &format!("thread 'main' (21) panicked at {NAMELESS}/{MAIN}:6:43:\n");
    let finishes = parse(SMALLEST).unwrap();
    assert_eq!(told(&finishes, panic), silent);
    let declared = MUTANTS.replace("change", "ending = \"crashed\"\nchange");
    let crashes = read(SMALLEST, &declared, FRAME).unwrap();
    assert_eq!(told(&crashes, panic), silent);
    assert_eq!(told(&crashes, ""), None);
}

#[test]
fn without_a_record_only_the_ending_shows_a_mistake() {
    let fails = MUTANTS.replace("[\"prints\"]", "[\"ends\", \"prints\"]");
    let panics = fails.replace("change", "ending = \"panicked\"\nchange");
    let exercise = read(SMALLEST, &panics, FRAME).unwrap();
    let told = |kind| {
        let marks = Marks::none(&exercise, Ending { kind, text: String::new() });
        marks.mistake.map(|mistake| mistake.name)
    };
    assert_eq!(told(ending::Kind::Panicked), Some("silent".to_owned()));
    assert_eq!(told(ending::Kind::Hung), None);
}
