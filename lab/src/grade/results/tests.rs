use super::*;
use crate::exercise::ending::{Ending, Kind};
use crate::exercise::marks::Marks;
use crate::exercise::values::Seed;
use crate::grade::head::key_of;
use crate::maker::LAB;

fn head() -> Head {
    let exercises = [("x".to_owned(), "v1".to_owned())].into();
    let class = ["bob", "eve", "joe", "zoe"].map(str::to_owned).into();
    Head { seed: Seed(7), exercises, class, shard: Some("1/2".parse().unwrap()) }
}

fn graded() -> Vec<Graded> {
    let mark = |name: &str, passed| Mark {
        name: name.to_owned(),
        what: format!("does {name}"),
        of: 3,
        passed,
        facts: Vec::new(),
    };
    let ending = Ending { kind: Kind::TimedOut, text: "it did not end in time".to_owned() };
    let marks = Marks {
        checks: vec![mark("a", true), mark("b", false)],
        ending: Some(ending),
        mistake: None,
    };
    let given = Given {
        marks,
        submission: Some("5e2b".to_owned()),
        ignored: vec!["build.rs".to_owned()],
        feedback: String::new(),
        public: String::new(),
    };
    let lesson = "x".to_owned();
    vec![
        Graded {
            student: "=1+1, \"eve\"".to_owned(),
            id: Some("4711".to_owned()),
            lesson: lesson.clone(),
            result: Ok(given),
        },
        Graded { student: "bob".to_owned(), id: None, lesson, result: Err("no QEMU".to_owned()) },
    ]
}

#[test]
fn a_table_holds_no_formula() {
    assert_eq!(
        csv(&json(&head(), &graded())),
        "student,lesson,points,of,ending,error,said,mistake,kernels\r\n\
         \"'=1+1, \"\"eve\"\"\",x,3,6,timed-out,,it did not end in time,,lesson\r\n\
         bob,x,,,,no QEMU,,,\r\n"
    );
}

#[test]
fn a_name_acts_on_nothing() {
    let mut graded = graded();
    graded.truncate(1);
    graded[0].student = "bob\n\x1b[1Aeve  6 of 6".to_owned();
    let named = "bob\\n\\u{1b}[1Aeve  6 of 6";
    assert!(text(&graded).starts_with(&format!("{named}  x")), "{}", text(&graded));
    assert_eq!(text(&graded).lines().count(), 1);
    let table = csv(&json(&head(), &graded));
    assert!(table.contains(&format!("\r\n{named},x,3,6,")), "{table}");
    assert!(junit(&json(&head(), &graded)).contains(&format!("name=\"{named}: x\"")));
}

#[test]
fn json_says_everything() {
    let json = super::json(&head(), &graded());
    assert_eq!((&json["version"], &json["seed"]), (&1.into(), &7.into()));
    assert_eq!((&json["lab"], &json["exercises"]), (&LAB.into(), &json!({"x": "v1"})));
    assert_eq!((&json["students"], &json["shard"]), (&4.into(), &json!([1, 2])));
    assert_eq!(json["class"], key_of(["bob", "eve", "joe", "zoe"]));
    let first = &json["results"][0];
    assert_eq!((&first["submission"], &first["id"]), (&"5e2b".into(), &"4711".into()));
    assert_eq!(first["said"], "it did not end in time");
    assert_eq!((&first["points"], &first["of"]), (&3.into(), &6.into()));
    assert_eq!((&first["ending"], &first["ignored"][0]), (&"timed-out".into(), &"build.rs".into()));
    assert_eq!(first["checks"][1]["points"], 0);
    assert_eq!(first["checks"][1]["what"], "does b");
    assert_eq!(json["results"][1]["error"], "no QEMU");
}

#[test]
fn junit_has_a_test_a_check() {
    let junit = junit(&json(&head(), &graded()));
    assert!(junit.contains("tests=\"3\" failures=\"1\" errors=\"1\""), "{junit}");
    assert!(junit.contains("does b (0 of 3 points)"), "{junit}");
    assert!(!junit.contains("timestamp") && !junit.contains("uuid"), "{junit}");
}

#[test]
fn people_get_a_line_a_result() {
    assert_eq!(
        text(&graded()),
        "=1+1, \"eve\"  x                            3 of 6  it did not end in time  (ignored: build.rs)\n\
         bob          x                          not graded: no QEMU\n"
    );
}
