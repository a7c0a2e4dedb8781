//! The files of `templates/`, with the lesson's names put in.
//!
//! A name stands there between at-signs: `@topic@`. Programs and modules that
//! differ in one function are one file with `@part@` in its place: what an
//! exercise's stub, solution and mutants share is there once.

use super::Scaffold;

/// A path, below a folder that the caller knows, and the text.
type File = (String, String);

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("templates/", $path))
    };
}

/// What lessons with and without a module differ in.
struct Kind {
    lesson: &'static str,
    main: &'static str,
    exercise: &'static str,
    /// The student's file, around the part that the student writes.
    student: &'static str,
    stub: &'static str,
    solution: &'static str,
    /// With the names of their folders.
    mutants: [(&'static str, &'static str); 3],
    /// What the lesson's program prints.
    output: &'static str,
}

const PROGRAM: Kind = Kind {
    lesson: template!("program/lesson.toml"),
    main: template!("program/main.rs"),
    exercise: template!("program/exercise/exercise.toml"),
    student: template!("program/exercise/main.rs"),
    stub: template!("program/exercise/stub.rs"),
    solution: template!("program/exercise/solution.rs"),
    mutants: [
        ("sigpipe-kills", template!("program/exercise/mutants/sigpipe-kills.rs")),
        ("stops-at-first", template!("program/exercise/mutants/stops-at-first.rs")),
        ("empty-write", template!("program/exercise/mutants/empty-write.rs")),
    ],
    output: template!("program/output"),
};

const MODULE: Kind = Kind {
    lesson: template!("module/lesson.toml"),
    main: template!("module/main.rs"),
    exercise: template!("module/exercise/exercise.toml"),
    student: template!("module/module.c"),
    stub: template!("module/exercise/stub.c"),
    solution: template!("module/exercise/solution.c"),
    mutants: [
        ("no-acknowledge", template!("module/exercise/mutants/no-acknowledge.c")),
        ("sets-one", template!("module/exercise/mutants/sets-one.c")),
        ("never-wakes", template!("module/exercise/mutants/never-wakes.c")),
    ],
    output: template!("module/output"),
};

fn kind(scaffold: &Scaffold) -> &'static Kind {
    if scaffold.kmod { &MODULE } else { &PROGRAM }
}

/// The files of the lesson's folder.
pub fn lesson(scaffold: &Scaffold) -> Vec<File> {
    let kind = kind(scaffold);
    let file = match scaffold.topic() {
        Some(topic) => format!("lab_{topic}.c"),
        None => "main.rs".to_owned(),
    };
    let student = |part: &str| kind.student.replace("@part@", part);
    let mut files = vec![
        ("Cargo.toml".to_owned(), template!("Cargo.toml").to_owned()),
        ("lesson.toml".to_owned(), kind.lesson.to_owned()),
        ("src/main.rs".to_owned(), kind.main.to_owned()),
        ("exercise/exercise.toml".to_owned(), kind.exercise.to_owned()),
        (format!("exercise/stub/{file}"), student(kind.stub)),
        (format!("exercise/solution/{file}"), student(kind.solution)),
    ];
    for (name, part) in kind.mutants {
        files.push((format!("exercise/mutants/{name}/{file}"), student(part)));
    }
    if scaffold.kmod {
        files.push(("src/lib.rs".to_owned(), template!("module/lib.rs").to_owned()));
        let harness = template!("module/exercise/harness.rs");
        files.push(("exercise/harness.rs".to_owned(), harness.to_owned()));
    }
    files.into_iter().map(|(path, text)| (path, fill(scaffold, &text))).collect()
}

/// The files of the module's folder. The module is the exercise's solution.
pub fn module(scaffold: &Scaffold, topic: &str) -> Vec<File> {
    vec![
        ("Kbuild".to_owned(), fill(scaffold, template!("module/Kbuild"))),
        (
            format!("lab_{topic}.c"),
            fill(scaffold, &MODULE.student.replace("@part@", MODULE.solution)),
        ),
        (format!("lab_{topic}.h"), fill(scaffold, template!("module/module.h"))),
    ]
}

/// Its chapter of course.md, all sections in it.
pub fn chapter(scaffold: &Scaffold) -> String {
    let module = match scaffold.topic() {
        Some(topic) => format!(" The module is\n`kmods/{topic}/lab_{topic}.c`."),
        None => String::new(),
    };
    let text = template!("chapter.md").replace("@output@", kind(scaffold).output);
    fill(scaffold, &text.replace("@module@", &module))
}

/// Puts the lesson's names in.
fn fill(scaffold: &Scaffold, text: &str) -> String {
    let name = scaffold.name.to_string();
    let topic = scaffold.topic().unwrap_or_default();
    let title = format!("Which question does {} answer?", scaffold.name.slug.replace('-', " "));
    [
        ("@crate@", name.replace('-', "_")),
        ("@name@", name),
        ("@number@", scaffold.name.number.to_string()),
        ("@NN@", format!("{:02}", scaffold.name.number)),
        ("@title@", title),
        ("@TOPIC@", topic.to_uppercase()),
        ("@topic@", topic),
    ]
    .iter()
    .fold(text.to_owned(), |text, (slot, value)| text.replace(slot, value))
}
