use std::path::Path;

use story::lesson::Lesson;

use super::progress::Progress;
use super::*;
use crate::exercise::marks::{Mark, Marks};
use crate::exercise::values::Seed;

/// A course in a temporary folder, with one exercise.
fn course() -> (tempfile::TempDir, Exercise) {
    let course = tempfile::tempdir().unwrap();
    let folder = course.path().join("guest-programs/x");
    std::fs::create_dir_all(folder.join("exercise")).unwrap();
    let lesson = Lesson::parse(&folder, "format = 1\ntitle = \"Q?\"\nsummary = \"s\"\n").unwrap();
    let text = "format = 1\ntask = \"do\"\nfile = \"main.rs\"\nhints = [\"a\", \"b\"]\n\
                stub.all = \"stub\"\n\
                [[check]]\nname = \"c\"\nwhat = \"w\"\npoints = 3\nstdout = []\n";
    for (name, text) in [
        ("exercise.toml", text),
        ("frame.rs", "// region: all\nsolution\n// endregion\n"),
        ("mutants.toml", ""),
    ] {
        std::fs::write(folder.join("exercise").join(name), text).unwrap();
    }
    let exercise = Exercise::read(&lesson, Seed::default()).unwrap();
    (course, exercise)
}

fn marks(passed: bool) -> Marks {
    let (name, what) = ("c".to_owned(), "w".to_owned());
    let mark = Mark { name, what, of: 3, passed, facts: Vec::new() };
    Marks { checks: vec![mark], ending: None, mistake: None }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_start_never_overwrites() {
    let (course, exercise) = course();
    let work = Work::of(course.path());
    assert_eq!(work.start(&exercise).unwrap(), Started::Now);
    let file = work.file(&exercise);
    assert_eq!(read(&file), "stub\n");
    std::fs::write(&file, "mine").unwrap();
    assert_eq!(work.start(&exercise).unwrap(), Started::Before);
    assert_eq!(read(&file), "mine");
}

#[test]
fn a_reset_keeps_every_version() {
    let (course, exercise) = course();
    let work = Work::of(course.path());
    let error = work.reset(&exercise).unwrap_err();
    assert_eq!(error.to_string(), "x has not been started");
    work.start(&exercise).unwrap();
    let file = work.file(&exercise);
    for mine in ["first", "second"] {
        std::fs::write(&file, mine).unwrap();
        let backup = work.reset(&exercise).unwrap();
        assert_eq!((read(&backup).as_str(), read(&file).as_str()), (mine, "stub\n"));
    }
}

#[test]
fn progress_is_the_best_so_far() {
    let (course, exercise) = course();
    let work = Work::of(course.path());
    let mut progress = work.progress().unwrap();
    assert_eq!(progress, Progress::default());
    progress.checked(&exercise, &marks(true));
    progress.checked(&exercise, &marks(false));
    work.save(&progress).unwrap();
    let exercised = work.progress().unwrap().of(&exercise);
    assert_eq!((exercised.points, exercised.of, exercised.passed()), (3, 3, true));
}

#[test]
fn hints_come_one_by_one_and_the_last_stays() {
    let (_course, exercise) = course();
    let mut progress = Progress::default();
    let hints: Vec<usize> = (0..4).map(|_| progress.next_hint(&exercise)).collect();
    assert_eq!(hints, [0, 1, 1, 1]);
    assert_eq!(progress.of(&exercise).hints, 2);
}

#[test]
fn progress_of_another_version_is_not_overwritten() {
    let (course, _) = course();
    let work = Work::of(course.path());
    std::fs::create_dir_all(work.root()).unwrap();
    std::fs::write(work.root().join("progress.json"), "{\"version\":2,\"lessons\":{}}").unwrap();
    let error = work.progress().unwrap_err().to_string();
    assert!(error.ends_with("it has version 2, but this lab reads 1"), "{error}");
}

#[test]
fn a_students_folder_is_found_with_or_without_a_number() {
    let root = tempfile::tempdir().unwrap();
    let name: Name = "siginfo".parse().unwrap();
    let found = || folder_of(root.path(), &name).strip_prefix(root.path()).unwrap().to_owned();
    assert_eq!(found(), Path::new("siginfo"));
    std::fs::create_dir(root.path().join("lesson-09-signalfd")).unwrap();
    assert_eq!(found(), Path::new("siginfo"));
    std::fs::create_dir(root.path().join("lesson-03-siginfo")).unwrap();
    assert_eq!(found(), Path::new("lesson-03-siginfo"));
    std::fs::create_dir(root.path().join("siginfo")).unwrap();
    assert_eq!(found(), Path::new("siginfo"));
}

#[test]
fn progress_of_numbered_lessons_is_kept() {
    let root = tempfile::tempdir().unwrap();
    let of = |points: u32| {
        format!("{{\"points\": {points}, \"of\": 6, \"hints\": 0, \"peeked\": false}}")
    };
    let text = format!(
        "{{\"version\": 1, \"lessons\": {{\"lesson-03-kill-pid\": {}, \"kill-pid\": {}}}}}",
        of(5),
        of(3)
    );
    std::fs::write(root.path().join("progress.json"), text).unwrap();
    let progress = Work::at(root.path().to_owned()).progress().unwrap();
    let json: serde_json::Value = serde_json::to_value(&progress).unwrap();
    assert_eq!(json["lessons"].as_object().unwrap().len(), 1);
    assert_eq!(json["lessons"]["kill-pid"]["points"], 5);
}
