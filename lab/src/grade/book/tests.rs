use super::*;
use crate::grade::settings::tests::settings;

fn graded(student: &str, lesson: &str, points: u32, of: u32) -> Value {
    json!({
        "student": student, "id": null, "lesson": lesson, "points": points, "of": of,
        "ending": null, "said": null, "mistake": null, "error": null,
        "checks": [{"name": "a", "passed": points > 0}, {"name": "b", "passed": points == of}],
    })
}

fn ended(student: &str, ending: &str, said: &str) -> Value {
    let mut row = graded(student, "x", 0, 6);
    (row["ending"], row["said"]) = (ending.into(), said.into());
    row
}

/// A document about six students and two lessons.
pub fn document() -> Value {
    let mut ann = graded("ann", "x", 6, 6);
    ann["id"] = "4711".into();
    let mut bob = graded("=bob", "yards", 2, 3);
    bob["mistake"] = "one-wait".into();
    json!({"version": 1, "results": [
        ann,
        graded("ann", "yards", 1, 3),
        ended("=bob", "refused", "`main.rs` is longer than 256 KiB"),
        bob,
        ended("cat", "timed-out", "it did not end in time"),
        graded("cat", "yards", 3, 3),
        ended("dan", "missing", "there is no `x`"),
        ended("dan2", "not-compiled", "1, \"two\""),
        json!({"student": "eve", "id": null, "lesson": "x", "error": "no QEMU"}),
        graded("eve", "yards", 3, 3),
    ]})
}

pub fn book(settings: &Settings) -> Book {
    let course = ["others", "yards", "x"].map(str::to_owned);
    Book::new(&document(), &course, settings)
}

#[test]
fn a_student_is_a_row() {
    let expected = "\
student,id,points,of,percent,yards,x,missing,refused,not compiled,crashed,overridden,not graded,late\r
ann,4711,7,9,77.78,1,6,,,,,,,\r
'=bob,,2,9,22.22,2,0,,x: `main.rs` is longer than 256 KiB,,,,,\r
cat,,3,9,33.33,3,0,,,,x: it did not end in time,,,\r
dan,,,9,,,0,x: there is no `x`,,,,,yards,\r
dan2,,,9,,,0,,,\"x: 1, \"\"two\"\"\",,,yards,\r
eve,,,9,,3,,,,,,,x: no QEMU,\r
";
    assert_eq!(book(&Settings::default()).csv(), expected);
}

#[test]
fn what_the_teacher_decides_is_applied() {
    let text = "[weights]\nx = 10\nyards = 10\n\
        [ids]\n\"=bob\" = \"b12\"\n\
        [deadlines]\nyards = 2026-11-20T23:59:59+01:00\n\
        [late]\ntimes = \"times.csv\"\npercent = 10\n\
        [[override]]\nstudent = \"dan\"\nlesson = \"x\"\npoints = 8\nreason = \"was ill\"\n";
    let times = "ann,yards,2026-11-20T22:00:00Z\n=bob,yards,2026-11-21T22:00:00Z\n\
                 cat,yards,2026-12-30T00:00:00Z\n";
    let book = book(&settings(text, times).unwrap());
    let expected = "\
student,id,points,of,percent,yards,x,missing,refused,not compiled,crashed,overridden,not graded,late\r
ann,4711,13.33,20,66.65,3.33,10,,,,,,,\r
'=bob,b12,6,20,30,6,0,,x: `main.rs` is longer than 256 KiB,,,,,yards: 1 d\r
cat,,0,20,0,0,0,,,,x: it did not end in time,,,yards: 40 d\r
dan,,,20,,,8,,,,,x: was ill,yards,\r
dan2,,,20,,,0,,,\"x: 1, \"\"two\"\"\",,,yards,\r
eve,,,20,,10,,,,,,,x: no QEMU,yards: no time\r
";
    assert_eq!(book.csv(), expected);
}

#[test]
fn json_has_the_same_rows() {
    let json = book(&Settings::default()).json();
    assert_eq!(
        json[0],
        json!({
            "student": "ann", "id": "4711", "points": 7.0, "of": 9, "percent": 77.78,
            "exercises": {
                "yards": {"points": 1.0, "of": 3, "state": "ran", "said": null, "days_late": 0},
                "x": {"points": 6.0, "of": 6, "state": "ran", "said": null, "days_late": 0},
            },
        })
    );
    let states: Vec<&Value> = (0..6).map(|n| &json[n]["exercises"]["x"]["state"]).collect();
    assert_eq!(states, ["ran", "refused", "crashed", "missing", "not compiled", "not graded"]);
    assert_eq!((&json[5]["points"], &json[5]["percent"]), (&Value::Null, &Value::Null));
}

#[test]
fn numbers_are_short_and_exact() {
    let shown = [0, 5, 50, 100, 1005, 1234].map(|n| Hundredths(n).to_string());
    assert_eq!(shown, ["0", "0.05", "0.5", "1", "10.05", "12.34"]);
    assert_eq!([(1, 2), (1, 3), (2, 3), (0, 0)].map(|(a, b)| rounded(a * 100, b)), [50, 33, 67, 0]);
}
