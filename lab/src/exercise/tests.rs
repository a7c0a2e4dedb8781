use std::path::Path;

use super::*;

const LESSON: &str = "format = 1\ntitle = \"Q?\"\nsummary = \"s\"\n";

const SMALLEST: &str = r#"
format = 1
task = "do it {so}"
file = "main.rs"
hints = ["a", "b", "c"]
args = ["{n}"]

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

[[mutant]]
name = "silent"
mistake = "it prints nothing"
fails = ["prints"]
hint = "print"
"#;

fn parse(text: &str) -> Result<Exercise, String> {
    let lesson = Lesson::parse(Path::new("guest-programs/lesson-01-x"), LESSON).unwrap();
    Exercise::parse(&lesson, Seed(0), text).map_err(|e| e.to_string())
}

#[test]
fn values_are_filled_in_but_for_what_students_read() {
    let exercise = parse(SMALLEST).unwrap();
    assert_eq!(exercise.task, "do it {so}");
    assert_eq!(exercise.points(), 5);
    assert_eq!(exercise.checks[0].expect[0].count, Some(4));
    assert_eq!(exercise.checks[1].stdout, Some(vec!["4 lines".to_owned()]));
    assert_eq!(exercise.file, StudentFile::Program { name: "main.rs".to_owned() });
    let plan = exercise.plan(Options::default());
    assert_eq!(
        (plan.job.program.as_str(), plan.job.args.as_slice()),
        ("harness", &["4".to_owned()][..])
    );
}

#[test]
fn what_makes_no_sense_is_named() {
    let path = "`guest-programs/lesson-01-x/exercise/exercise.toml`";
    for (from, to, problem) in [
        ("format = 1", "format = 2", "it has format 2, but this lab reads 1"),
        ("main.rs", "../main.rs", "`../main.rs` is neither a `.rs` nor a `.c` file"),
        ("{n} lines", "{m} lines", "`{m}` is no value; `[vary]` has n"),
        ("[\"prints\"]", "[\"sings\"]", "mutant `silent`: there is no check `sings`"),
        ("[\"prints\"]", "[]", "mutant `silent` fails nothing"),
        ("name = \"prints\"", "name = \"ends\"", "two checks have one name"),
        ("stdout = [\"{n} lines\"]", "", "check `prints` looks at nothing"),
        (
            "\"mark\", where",
            "\"signal_deliver\", where",
            "check `ends`: `signal_deliver` is not traced",
        ),
    ] {
        let text = SMALLEST.replace(from, to).replace("text = \"the program exited with {n}\"", {
            // Another event has other fields.
            if to.contains("deliver") { "sig = 1" } else { "text = \"x\"" }
        });
        assert_eq!(parse(&text).unwrap_err(), format!("{path} makes no sense: {problem}"));
    }
    let unknown = parse(&SMALLEST.replace("points = 3", "marks = 3")).unwrap_err();
    assert!(unknown.contains("unknown field `marks`"), "{unknown}");
}

#[test]
fn mutants_that_nothing_tells_apart_are_refused() {
    let second = SMALLEST[SMALLEST.find("[[mutant]]").unwrap()..].replace("silent", "mute");
    assert_eq!(
        parse(&format!("{SMALLEST}{second}")).unwrap_err(),
        "`guest-programs/lesson-01-x/exercise/exercise.toml` makes no sense: mutant `mute` fails \
         the same checks as another: nothing tells them apart"
    );
}
