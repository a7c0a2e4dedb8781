use std::io::{Cursor, Write};
use std::os::unix::fs::symlink;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::finder::name_of;
use super::*;
use crate::grade::unpack;

/// A class that is made for a test. `x` and `y` are programs, `z` is a module, and
/// `others` has no exercise.
struct Bench {
    root: tempfile::TempDir,
    course: Course,
    files: Vec<(Name, String)>,
}

impl Bench {
    fn new() -> Bench {
        let root = tempfile::tempdir().unwrap();
        let name = |name: &str| name.parse().unwrap();
        let names = ["x", "yards", "zebra", "others"].map(name).to_vec();
        let files = [("x", "main.rs"), ("yards", "main.rs"), ("zebra", "lab_zebra.c")];
        let files = files.map(|(lesson, file)| (name(lesson), file.to_owned())).to_vec();
        Bench { root, course: Course { root: PathBuf::new(), names }, files }
    }

    /// As with `--lesson`.
    fn only(mut self, lesson: &str) -> Bench {
        self.files.retain(|(name, _)| name.as_str() == lesson);
        self
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    /// Makes files, or folders if the path ends with `/`.
    fn make(&self, paths: &[&str]) {
        for path in paths {
            match path.strip_suffix('/') {
                Some(folder) => std::fs::create_dir_all(self.path(folder)).unwrap(),
                None => {
                    let path = self.path(path);
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    std::fs::write(path, "").unwrap();
                }
            }
        }
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        self.make(&[path]);
        std::fs::write(self.path(path), bytes).unwrap();
    }

    fn find(&self, places: &[&str]) -> Result<Class, GradeError> {
        let places: Vec<PathBuf> = places.iter().map(|place| self.path(place)).collect();
        Class::find(&places, Known { course: &self.course, files: &self.files })
    }

    fn class(&self) -> Class {
        self.find(&["class"]).unwrap()
    }
}

fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn names(class: &Class) -> Vec<&str> {
    class.students.iter().map(|student| student.name.as_str()).collect()
}

/// Who handed in what: `ann: x in lesson-1, zebra as lab_zebra.c`.
fn told(class: &Class) -> Vec<String> {
    let told = |student: &Student| {
        let work = student.work.iter().map(|(lesson, handed)| match handed {
            Handed::Folder(path) => format!("{lesson} in {}", name_of(path)),
            Handed::File { path, ignored } if ignored.is_empty() => {
                format!("{lesson} as {}", name_of(path))
            }
            Handed::File { path, ignored } => {
                format!("{lesson} as {} without {}", name_of(path), ignored.join(" "))
            }
        });
        format!("{}: {}", student.name, work.collect::<Vec<_>>().join(", "))
    };
    class.students.iter().map(told).collect()
}

#[test]
fn a_folder_of_students_and_a_students_folder_are_told_apart() {
    let bench = Bench::new();
    bench.make(&["class/bob/lesson-01-x/", "class/alice/", "class/.git/", "carol/x/"]);
    bench.make(&["class/README", "class/__MACOSX/"]);
    let class = bench.find(&["class", "carol"]).unwrap();
    assert_eq!(names(&class), ["alice", "bob", "carol"]);
    assert_eq!(names(&class.clone().shard("1/2".parse().unwrap())), ["alice", "carol"]);
    assert_eq!(names(&class.shard("2/2".parse().unwrap())), ["bob"]);
}

#[test]
fn a_number_that_is_another_lessons_is_said_once_and_a_second_folder_of_each() {
    let bench = Bench::new();
    bench.make(&["class/alice/lesson-02-x/", "class/bob/lesson-02-x/"]);
    bench.make(&["class/carol/x/", "class/carol/lesson-02-x/", "class/dan/yards/"]);
    let class = bench.class();
    assert_eq!(
        class.notes(),
        [
            "`lesson-02-x` means x; lesson-2 is yards now",
            "carol: `x` is graded, and `lesson-02-x` is not"
        ]
    );
}

#[test]
fn a_place_is_understood_and_said_once() {
    let bench = Bench::new();
    bench.make(&["class/ann/lesson-2/", "class/bob/lesson-02/", "class/cat/lesson-2/"]);
    bench.make(&["class/dan/lesson-9/", "class/dan/lesson-2/", "class/dan/yards/"]);
    // 2 may be a student, and lesson-4 has no exercise.
    bench.make(&["class/2/lesson-4/"]);
    let class = bench.class();
    assert_eq!(
        told(&class),
        [
            "2: others in lesson-4",
            "ann: yards in lesson-2",
            "bob: yards in lesson-02",
            "cat: yards in lesson-2",
            "dan: yards in yards"
        ]
    );
    assert_eq!(
        class.notes(),
        [
            "`lesson-02` means yards",
            "`lesson-2` means yards",
            "dan: `lesson-9` is no lesson",
            "dan: `yards` is graded, and `lesson-2` is not",
        ]
    );
}

#[test]
fn a_near_miss_is_answered_with_the_name() {
    let bench = Bench::new();
    bench.make(&["class/ann/zebr/", "class/ann/notes/", "class/bob/lab_zebar.c", "class/yard/"]);
    bench.make(&["class/ann/lesson-03-zebro/"]);
    let class = bench.class();
    assert_eq!(told(&class), ["ann: ", "bob: ", "yard: "]);
    assert_eq!(
        class.notes(),
        [
            "ann: `lesson-03-zebro` is no lesson; did you mean `zebra`?",
            "ann: `zebr` is no lesson; did you mean `zebra`?",
            "bob: `lab_zebar.c` is of no exercise; did you mean `lab_zebra.c`?",
            "yard: taken for a student; did you mean the lesson `yards`?",
        ]
    );
}

#[test]
fn a_file_without_a_folder_is_of_the_only_exercise_that_it_can_be_of() {
    let bench = Bench::new();
    bench.make(&["class/ann/lab_zebra.c", "class/ann/main.rs", "class/ann/.DS_Store"]);
    bench.make(&["class/bob/main.rs", "class/bob/x/", "class/bob/Makefile", "class/bob/TASK.md"]);
    let class = bench.class();
    let expected = [
        "ann: zebra as lab_zebra.c without main.rs",
        "bob: x in x, yards as main.rs without Makefile",
    ];
    assert_eq!(told(&class), expected);
    assert_eq!(
        class.notes(),
        ["ann: `main.rs` may be of several exercises; `--lesson` says of which"]
    );
    let bench = bench.only("x");
    assert_eq!(told(&bench.class())[0], "ann: x as main.rs without lab_zebra.c");
    assert_eq!(bench.class().notes(), Vec::<String>::new());
}

#[test]
fn moodles_folders_are_students() {
    let bench = Bench::new().only("x");
    let folder = |of: &str| format!("class/{of}_assignsubmission_file_");
    bench.make(&[
        &(folder("Ada Lovelace_4711") + "/main.rs"),
        &(folder("Bob_12") + "/x/main.rs"),
        "class/Bob_12_assignsubmission_onlinetext/onlinetext.html",
        "class/Eve_13_assignsubmission_file_main.rs",
    ]);
    bench.write(&(folder("Cat_14") + "/work.zip"), &zipped(&[("cat/x/main.rs", "")]));
    let class = bench.class();
    let expected = [
        "Ada Lovelace_4711: x as main.rs",
        "Bob_12: x in x",
        "Cat_14: x in x",
        "Eve_13: x as Eve_13_assignsubmission_file_main.rs",
    ];
    assert_eq!(told(&class), expected);
    assert_eq!(class.students[0].id.as_deref(), Some("4711"));
    assert_eq!(class.notes(), ["Bob_12: `Bob_12_assignsubmission_onlinetext` holds no files"]);
}

#[test]
fn canvass_files_are_students() {
    let bench = Bench::new().only("x");
    bench.make(&["class/smithbob_LATE_34_28_main-1.rs", "class/smithbob_LATE_34_29_notes.txt"]);
    bench.make(&["class/adams_35_30_Main.rs"]);
    bench.write("class/zoe_36_31_x.zip", &zipped(&[("main.rs", ""), ("__MACOSX/main.rs", "")]));
    let class = bench.class();
    assert_eq!(
        told(&class),
        [
            "adams_35: ",
            "smithbob_34: x as smithbob_LATE_34_28_main-1.rs without notes.txt",
            "zoe_36: x in x"
        ]
    );
    assert_eq!(
        class.notes(),
        [
            "adams_35: `Main.rs` is of no exercise; did you mean `main.rs`?",
            "smithbob_34: `smithbob_LATE_34_28_main-1.rs` was handed in late",
            "smithbob_34: `smithbob_LATE_34_29_notes.txt` was handed in late",
        ]
    );
}

#[test]
fn an_archive_is_taken_for_what_was_packed() {
    let bench = Bench::new();
    let main = "fn main() {}";
    bench.write("one.zip", &zipped(&[("x/main.rs", main), ("__MACOSX/x", "")]));
    let class = [("2026/bob/x/main.rs", main), ("2026/eve/zebra/a", ""), ("__MACOSX/2026", "")];
    bench.write("class.zip", &zipped(&class));
    bench.write("packed/dan.zip", &zipped(&[("work/x/main.rs", main)]));
    let class = bench.find(&["one.zip", "class.zip", "packed"]).unwrap();
    let expected = ["bob: x in x", "dan: x in x", "eve: zebra in zebra", "one: x in x"];
    assert_eq!(told(&class), expected);
    let Handed::Folder(folder) = class.students[0].work.values().next().unwrap() else { panic!() };
    assert_eq!(Submission::take(folder, "main.rs").unwrap().text, main);
    // The unpacked files are there as long as the class is.
    let folder = folder.clone();
    drop(class);
    assert!(!folder.exists());
}

#[test]
fn a_students_archive_that_is_no_archive_is_that_students_problem() {
    let bench = Bench::new().only("x");
    bench.write("class/ann.zip", b"PK, or so");
    bench.write("class/bob.zip", &zipped(&[("../../bin/main.rs", "")]));
    bench.make(&["class/eve/x/main.rs"]);
    let class = bench.class();
    assert_eq!(told(&class), ["ann: ", "bob: ", "eve: x in x"]);
    let problem = |index: usize| class.students[index].problem.as_ref().unwrap().to_string();
    assert!(problem(0).starts_with("`ann.zip` cannot be unpacked: "), "{}", problem(0));
    let leads = "`bob.zip` cannot be unpacked: its `../../bin/main.rs` leads out of it";
    assert_eq!(problem(1), leads);
}

#[test]
fn nothing_blocks_or_fills_the_memory() {
    let bench = Bench::new().only("x");
    bench.make(&["class/ann/notes", "class/eve/x.zip"]);
    let mode = nix::sys::stat::Mode::S_IRWXU;
    nix::unistd::mkfifo(&bench.path("class/ann/work.zip"), mode).unwrap();
    let long = std::fs::File::options().write(true).open(bench.path("class/eve/x.zip")).unwrap();
    long.set_len(unpack::STUDENT.bytes + 1).unwrap();
    let class = bench.class();
    assert_eq!(told(&class), ["ann: ", "eve: "]);
    assert!(class.students[0].problem.is_none());
    let problem = class.students[1].problem.as_ref().unwrap().to_string();
    assert_eq!(problem, "`x.zip` cannot be unpacked: it is longer than 64 MiB");
}

#[test]
fn whoever_has_nothing_that_is_understood_is_told() {
    let bench = Bench::new();
    bench.make(&["class/ann/src/main.rs", "class/ann/b", "class/ann/c", "class/ann/d"]);
    bench.make(&["class/bob/", "class/cat/a.pdf", "class/dan/a.pdf", "class/dan/x/"]);
    assert_eq!(
        bench.class().notes(),
        [
            "ann: nothing is named like an exercise: `b`, `c`, `d`, …",
            "cat: nothing is named like an exercise: `a.pdf`",
        ]
    );
}

#[test]
fn a_linked_folder_is_a_student_without_files() {
    let bench = Bench::new();
    bench.make(&["class/bob/x/"]);
    symlink("/etc", bench.path("class/eve")).unwrap();
    let class = bench.class();
    assert_eq!(names(&class), ["bob", "eve"]);
    let problem = class.students[1].problem.as_ref().unwrap();
    assert_eq!(problem.to_string(), "`eve` is a symbolic link, not a folder");
}

#[test]
fn what_is_no_class_is_an_error() {
    let bench = Bench::new();
    bench.make(&["a/bob/", "b/bob/", "class.rar", "class.zip"]);
    let error = |places: &[&str]| {
        let error = bench.find(places).unwrap_err().to_string();
        error.replace(&format!("{}/", bench.root.path().display()), "")
    };
    assert_eq!(error(&["a", "b"]), "two students are called `bob`");
    let expected = "`class.rar` is neither a folder nor a .zip, .tar, .tar.gz or .tgz";
    assert_eq!(error(&["class.rar"]), expected);
    bench.make(&["...zip"]);
    let expected = "`...zip` is neither a folder nor a .zip, .tar, .tar.gz or .tgz";
    assert_eq!(error(&["...zip"]), expected);
    let empty = error(&["class.zip"]);
    assert!(empty.starts_with("failed to unpack `class.zip`: "), "{empty}");
}

#[test]
fn a_name_acts_on_nothing() {
    let bench = Bench::new();
    bench.make(&["class/bob\n\x1b[1A/zebr/"]);
    let expected = "bob\\n\\u{1b}[1A: `zebr` is no lesson; did you mean `zebra`?";
    assert_eq!(bench.class().notes(), [expected]);
}
