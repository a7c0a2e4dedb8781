//! The files of `templates/`, with the lesson's names filled in.
//!
//! Names are placeholders between at-signs, such as `@topic@`.

use story::map;

use super::Scaffold;
use crate::course::CHAPTER;
use crate::exercise::frame::Frame;

/// A path below a folder that the caller knows, and the file's text.
type File = (String, String);

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("templates/", $path))
    };
}

/// What differs between lessons with and without a module.
struct Kind {
    lesson: &'static str,
    map: &'static str,
    main: &'static str,
    /// The program's other files in `src/`, with their texts.
    scenes: &'static [(&'static str, &'static str)],
    exercise: &'static str,
    /// The name and the text of the exercise's frame.
    frame: (&'static str, &'static str),
    mutants: &'static str,
    /// The output of the lesson's program.
    output: &'static str,
}

const PROGRAM: Kind = Kind {
    lesson: template!("program/lesson.toml"),
    map: template!("program/map.toml"),
    main: template!("program/main.rs"),
    scenes: &[
        ("sigpipe.rs", template!("program/sigpipe.rs")),
        ("with_a_handler.rs", template!("program/with_a_handler.rs")),
        ("ignored.rs", template!("program/ignored.rs")),
    ],
    exercise: template!("program/exercise/exercise.toml"),
    frame: ("frame.rs", template!("program/exercise/frame.rs")),
    mutants: template!("program/exercise/mutants.toml"),
    output: template!("program/output"),
};

const MODULE: Kind = Kind {
    lesson: template!("module/lesson.toml"),
    map: template!("module/map.toml"),
    main: template!("module/main.rs"),
    scenes: &[
        ("an_interrupt_ends_a_read.rs", template!("module/an_interrupt_ends_a_read.rs")),
        ("no_room.rs", template!("module/no_room.rs")),
        ("lib.rs", template!("module/lib.rs")),
    ],
    exercise: template!("module/exercise/exercise.toml"),
    frame: ("frame.c", template!("module/exercise/frame.c")),
    mutants: template!("module/exercise/mutants.toml"),
    output: template!("module/output"),
};

fn kind(scaffold: &Scaffold) -> &'static Kind {
    if scaffold.kmod { &MODULE } else { &PROGRAM }
}

/// The files in the lesson's folder.
pub fn lesson(scaffold: &Scaffold) -> Vec<File> {
    let kind = kind(scaffold);
    let (frame, text) = kind.frame;
    let mut files = vec![
        ("Cargo.toml".to_owned(), template!("Cargo.toml").to_owned()),
        ("lesson.toml".to_owned(), kind.lesson.to_owned()),
        (map::FILE.to_owned(), kind.map.to_owned()),
        ("src/main.rs".to_owned(), kind.main.to_owned()),
        ("exercise/exercise.toml".to_owned(), kind.exercise.to_owned()),
        (format!("exercise/{frame}"), text.to_owned()),
        ("exercise/mutants.toml".to_owned(), kind.mutants.to_owned()),
    ];
    files
        .extend(kind.scenes.iter().map(|(name, text)| (format!("src/{name}"), (*text).to_owned())));
    if scaffold.kmod {
        let harness = template!("module/exercise/harness/main.rs");
        files.push(("exercise/harness/main.rs".to_owned(), harness.to_owned()));
    }
    let mut files: Vec<File> =
        files.into_iter().map(|(path, text)| (path, fill(scaffold, &text))).collect();
    files.push((CHAPTER.to_owned(), chapter(scaffold)));
    files
}

/// The files in the module's folder. The module is the exercise's solution.
pub fn module(scaffold: &Scaffold, topic: &str) -> Vec<File> {
    let frame = Frame::parse(MODULE.frame.1).expect("a template is a frame");
    vec![
        ("Kbuild".to_owned(), fill(scaffold, template!("module/Kbuild"))),
        (format!("lab_{topic}.c"), fill(scaffold, &frame.solution())),
        (format!("lab_{topic}.h"), fill(scaffold, template!("module/module.h"))),
    ]
}

/// Its chapter, with all sections.
fn chapter(scaffold: &Scaffold) -> String {
    let module = match scaffold.topic() {
        Some(topic) => format!(" The module is\n`kmods/{topic}/lab_{topic}.c`."),
        None => String::new(),
    };
    let text = template!("chapter.md").replace("@output@", kind(scaffold).output);
    fill(scaffold, &text.replace("@module@", &module))
}

/// The title of a new lesson until its author finds a better question.
pub fn title(scaffold: &Scaffold) -> String {
    format!("Which question does {} answer?", scaffold.name.as_str().replace('-', " "))
}

/// Fills in the lesson's names.
fn fill(scaffold: &Scaffold, text: &str) -> String {
    let name = scaffold.name.to_string();
    let topic = scaffold.topic().unwrap_or_default();
    let title = title(scaffold);
    // The kernel cuts a task's name to 15 bytes.
    let comm = name.chars().take(15).collect();
    [
        ("@crate@", name.replace('-', "_")),
        ("@name@", name),
        ("@comm@", comm),
        ("@title@", title),
        ("@TOPIC@", topic.to_uppercase()),
        ("@topic@", topic),
    ]
    .iter()
    .fold(text.to_owned(), |text, (slot, value)| text.replace(slot, value))
}
