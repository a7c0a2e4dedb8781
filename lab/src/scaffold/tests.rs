use story::lesson::Lesson;

use super::*;
use crate::exercise::Exercise;
use crate::exercise::values::Seed;

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

/// What `lesson.toml` and `exercise.toml` say makes sense, and each file that
/// they name is there.
#[test]
fn a_new_lesson_is_complete() {
    for kmod in [false, true] {
        let files = scaffold("16-two-words", kmod).files();
        let folder = Path::new("guest-programs/lesson-16-two-words");
        let text = |path: &Path| {
            let file = files.iter().find(|(found, _)| found == path);
            &file.unwrap_or_else(|| panic!("there is no {}", path.display())).1
        };
        let lesson = Lesson::parse(folder, text(&folder.join("lesson.toml"))).unwrap();
        assert_eq!(lesson.title, "Which question does two words answer?");
        assert_eq!(lesson.kmods.last().map(String::as_str), kmod.then_some("two_words"));
        let exercise = text(&folder.join("exercise/exercise.toml"));
        let exercise = Exercise::parse(&lesson, Seed::default(), exercise).unwrap();
        assert_eq!((exercise.hints.len(), exercise.mutants.len()), (3, 3));
        use crate::exercise::Sample;
        assert!(text(&exercise.sample(&Sample::Stub)).contains("TODO"));
        let solution = text(&exercise.sample(&Sample::Solution));
        for mutant in &exercise.mutants {
            assert_ne!(text(&exercise.sample(&Sample::Mutant(mutant.name.clone()))), solution);
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
