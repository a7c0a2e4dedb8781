use story::lesson::Lesson;
use story::map::{self, Line};

use super::*;
use crate::exercise::values::Seed;
use crate::exercise::{Exercise, Sample};

fn scaffold(name: &str, kmod: bool) -> Scaffold {
    let NewName(name) = name.parse().unwrap();
    Scaffold { name, kmod }
}

#[test]
fn names_are_words() {
    assert_eq!("two-words".parse::<NewName>().unwrap().0.to_string(), "two-words");
    let long = "x".repeat(41);
    for wrong in ["", "16", "lesson-16", "X", "a--b", "a-", "a_b", &long] {
        let error = wrong.parse::<NewName>().unwrap_err();
        assert!(error.starts_with(&format!("`{wrong}` is not a lesson's name: ")), "{error}");
    }
    for numbered in ["16-hello", "lesson-16-hello"] {
        assert_eq!(
            numbered.parse::<NewName>().unwrap_err(),
            format!(
                "`{numbered}` has a number, but a lesson's place is its line in course.md: use \
                 `hello`"
            )
        );
    }
}

#[test]
fn a_new_lesson_is_the_last_of_the_list() {
    let line = scaffold("two-words", false).line();
    assert_eq!(
        line,
        "- [Which question does two words answer?](guest-programs/two-words/chapter.md)"
    );
    let page = "# C\n\n- [a](guest-programs/a/chapter.md)\n  more\n\nEnd\n";
    assert_eq!(
        listed(page, "- new"),
        "# C\n\n- [a](guest-programs/a/chapter.md)\n  more\n- new\n\nEnd\n"
    );
    assert_eq!(listed("# C\n", "- new"), "# C\n- new\n");
}

#[test]
fn every_name_is_put_in() {
    for kmod in [false, true] {
        let scaffold = scaffold("two-words", kmod);
        for (path, text) in scaffold.files() {
            assert!(!text.contains('@'), "{} has a slot left", path.display());
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{}", path.display());
        }
    }
}

/// The new `lesson.toml` and exercise are valid, and the whole frame is used.
#[test]
fn a_new_lesson_is_complete() {
    for kmod in [false, true] {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in scaffold("two-words", kmod).files() {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let folder = root.path().join("guest-programs/two-words");
        let text = fs::read_to_string(folder.join("lesson.toml")).unwrap();
        let lesson = Lesson::parse(&folder, &text).unwrap();
        assert_eq!(lesson.title, "Which question does two words answer?");
        assert_eq!(lesson.experiment.kmods.last().map(String::as_str), kmod.then_some("two_words"));
        let line = fs::read_to_string(folder.join(map::FILE)).unwrap();
        Line::parse(&lesson, &line).unwrap();
        let exercise = Exercise::read(&lesson, Seed::default()).unwrap();
        assert_eq!((exercise.hints.len(), exercise.mutants.len()), (3, 3));
        assert_eq!(exercise.unchanged(), [""; 0]);
        assert!(exercise.sample(&Sample::Stub).contains("TODO"));
        if kmod {
            let module = root.path().join("kmods/two_words/lab_two_words.c");
            assert_eq!(fs::read_to_string(module).unwrap(), exercise.sample(&Sample::Solution));
        }
    }
}

/// A tree with one lesson that has a module.
fn course() -> (tempfile::TempDir, Course) {
    let root = tempfile::tempdir().unwrap();
    for folder in ["guest-programs/kill-pid", "kmods/kill_pid", "kmods/trace"] {
        fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    fs::write(root.path().join("guest-programs/kill-pid/lesson.toml"), "").unwrap();
    fs::write(root.path().join(course::FILE), PAGE).unwrap();
    fs::write(root.path().join("Cargo.lock"), LOCK).unwrap();
    let course = Course::open(root.path()).unwrap();
    (root, course)
}

const PAGE: &str = "# Course\n\n- [Q?](guest-programs/kill-pid/chapter.md)\n";

const LOCK: &str = "[[package]]\nname = \"vm\"\n\n\
    [[package]]\nname = \"far\"\nversion = \"1\"\nsource = \"registry\"\n";

#[test]
fn what_is_there_is_refused_and_left_alone() {
    let (root, course) = course();
    for (name, kmod, error) in [
        ("kill-pid", false, "there is already a lesson `kill-pid`"),
        ("trace", true, "`kmods/trace` already exists"),
        ("vm", false, "there is already a crate `vm`, and a lesson is a crate too"),
        ("std", false, "there is already a crate `std`, and a lesson is a crate too"),
    ] {
        let refused = scaffold(name, kmod).write(&course).unwrap_err();
        assert_eq!(refused.to_string(), error);
    }
    assert!(scaffold("far", false).refuse_what_is_there(&course).is_ok());
    let lessons = fs::read_dir(root.path().join("guest-programs")).unwrap().count();
    assert_eq!(lessons, 1);
    assert_eq!(fs::read_to_string(root.path().join(course::FILE)).unwrap(), PAGE);
}
