use story::lesson::Lesson;

use super::*;
use crate::exercise::values::Seed;
use crate::exercise::{Exercise, Sample};

fn scaffold(name: &str, kmod: bool) -> Scaffold {
    let NewName(name) = name.parse().unwrap();
    Scaffold { name, kmod }
}

#[test]
fn names_are_a_number_and_words() {
    assert_eq!("16-hello".parse::<NewName>().unwrap().0.to_string(), "lesson-16-hello");
    let long = format!("16-{}", "x".repeat(41));
    for wrong in ["hello", "16", "1-x", "00-x", "16-", "16-X", "16-a--b", "16-a-", "16-a_b", &long]
    {
        let error = wrong.parse::<NewName>().unwrap_err();
        assert!(error.starts_with(&format!("`{wrong}` is not NN-slug: ")), "{error}");
    }
}

#[test]
fn every_name_is_put_in() {
    for kmod in [false, true] {
        let scaffold = scaffold("16-two-words", kmod);
        let mut files = scaffold.files();
        files.push((PathBuf::from(COURSE), template::chapter(&scaffold)));
        for (path, text) in files {
            assert!(!text.contains('@'), "{} has a slot left", path.display());
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{}", path.display());
        }
    }
}

/// What `lesson.toml` and the exercise's files say makes sense, and all of the
/// frame is used.
#[test]
fn a_new_lesson_is_complete() {
    for kmod in [false, true] {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in scaffold("16-two-words", kmod).files() {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let folder = root.path().join("guest-programs/lesson-16-two-words");
        let text = fs::read_to_string(folder.join("lesson.toml")).unwrap();
        let lesson = Lesson::parse(&folder, &text).unwrap();
        assert_eq!(lesson.title, "Which question does two words answer?");
        assert_eq!(lesson.kmods.last().map(String::as_str), kmod.then_some("two_words"));
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

/// A tree with lesson 3, which has a module.
fn course() -> (tempfile::TempDir, Course) {
    let root = tempfile::tempdir().unwrap();
    for folder in ["guest-programs/lesson-03-kill-pid", "kmods/kill_pid", "kmods/trace"] {
        fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    fs::write(root.path().join(COURSE), "# Course\n").unwrap();
    let course = Course::open(root.path()).unwrap();
    (root, course)
}

#[test]
fn what_is_there_is_refused_and_left_alone() {
    let (root, course) = course();
    for (name, kmod, error) in [
        ("03-other", false, "there is lesson 3 already: `lesson-03-kill-pid`"),
        ("04-kill-pid", false, "there is a lesson `kill-pid` already: `lesson-03-kill-pid`"),
        ("04-trace", true, "`kmods/trace` is there already"),
    ] {
        let refused = scaffold(name, kmod).write(&course).unwrap_err();
        assert_eq!(refused.to_string(), error);
    }
    let lessons = fs::read_dir(root.path().join("guest-programs")).unwrap().count();
    assert_eq!(lessons, 1);
    assert_eq!(fs::read_to_string(root.path().join(COURSE)).unwrap(), "# Course\n");
}
