use super::*;
use crate::exercise::ending::{Ending, Kind};
use crate::exercise::marks::Marks;

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
    let given = Given { marks, ignored: vec!["build.rs".to_owned()], feedback: String::new() };
    let lesson = "x".to_owned();
    vec![
        Graded { student: "=1+1, \"eve\"".to_owned(), lesson: lesson.clone(), result: Ok(given) },
        Graded { student: "bob".to_owned(), lesson, result: Err("no QEMU".to_owned()) },
    ]
}

#[test]
fn a_table_holds_no_formula() {
    assert_eq!(
        csv(&graded()),
        "student,lesson,points,of,ending,error\r\n\
         \"'=1+1, \"\"eve\"\"\",x,3,6,timed-out,\r\n\
         bob,x,,,,no QEMU\r\n"
    );
}

#[test]
fn json_says_everything() {
    let json = json(Seed(7), &graded());
    assert_eq!((&json["version"], &json["seed"]), (&1.into(), &7.into()));
    let first = &json["results"][0];
    assert_eq!((&first["points"], &first["of"]), (&3.into(), &6.into()));
    assert_eq!((&first["ending"], &first["ignored"][0]), (&"timed-out".into(), &"build.rs".into()));
    assert_eq!(first["checks"][1]["points"], 0);
    assert_eq!(json["results"][1]["error"], "no QEMU");
}

#[test]
fn junit_has_a_test_a_check() {
    let junit = junit(&graded());
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
