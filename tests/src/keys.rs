//! Checks that docs/lesson-toml.md says of each key what the type says that reads it.
//!
//! A row is made from the doc comment and the attributes of a field, and its example is
//! the first in the course. Whether all fields were found is checked with what the type
//! itself says when it refuses a key.

use std::path::Path;

use lab::course::Course;
use lab::exercise::values::{Range, Seed};
use lab::exercise::{Check, Exercise, Mutant, Texts};
use libtest_mimic::Failed;
use protocol::TraceEvent;
use serde::de::DeserializeOwned;
use story::expect::Expectation;
use story::experiment::{Experiment, Load};
use story::lesson::{Alike, Concurrent, HostValue, Lesson, Report};
use toml::Value;

use crate::tables::{Page, row, table};

/// The page with the tables.
const PAGE: &str = "docs/lesson-toml.md";

/// What no lesson declares today. It gives examples too, and must be a lesson.
const SPARE: &str = r#"
format = 1
title = "Who comes first?"
summary = "two workers, and nobody cares which"
trace_buffer_kib = 4096

[[expect]]
fact = "one of the workers gets nothing"
event = "mark"
where = { text = "got work" }
at_most = 1

[[concurrent]]
tasks = ["child 1", "child 2"]
order = [["[child 1] forks child 1.1", "[child 2] exits"]]
why = "they do not wait for each other"

[[alike]]
tasks = ["thread 1", "thread 2"]
name = "a worker"
after = "3. "
before = "4. "
why = "the pool gives the work to any thread that is idle"
"#;

/// The files in which a key can stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum File {
    Lesson,
    Exercise,
    Mutants,
}

/// The keys of one table, read by one structure.
struct Keys {
    /// The table's name for people.
    name: &'static str,
    source: &'static str,
    structure: &'static str,
    /// Where the course uses such tables: the keys that lead there from the root of a
    /// file. `*` is any key.
    used: &'static [(File, &'static [&'static str])],
    /// What the structure says to the unknown key `zzz`.
    refusal: fn() -> String,
}

const KEYS: &[Keys] = &[
    Keys {
        name: "`lesson.toml`",
        source: "lab/story/src/lesson.rs",
        structure: "RawLesson",
        used: &[(File::Lesson, &[])],
        refusal: || refused(Lesson::parse(Path::new("x"), UNKNOWN)),
    },
    Keys {
        name: "both files",
        source: "lab/story/src/experiment.rs",
        structure: "Experiment",
        used: &[(File::Lesson, &[]), (File::Exercise, &[])],
        refusal: refusal::<Experiment>,
    },
    Keys {
        name: "`load`",
        source: "lab/story/src/experiment.rs",
        structure: "Load",
        used: &[(File::Lesson, &["load"]), (File::Exercise, &["load"])],
        refusal: refusal::<Load>,
    },
    Keys {
        name: "`[[trace]]`",
        source: "guest-programs/protocol/src/lib.rs",
        structure: "TraceEvent",
        used: &[(File::Lesson, &["trace"]), (File::Exercise, &["trace"])],
        refusal: refusal::<TraceEvent>,
    },
    Keys {
        name: "`[[expect]]`",
        source: "lab/story/src/expect/declared.rs",
        structure: "Declared",
        used: &[(File::Lesson, &["expect"]), (File::Exercise, &["check", "expect"])],
        refusal: refusal::<Expectation>,
    },
    Keys {
        name: "`[[report]]`",
        source: "lab/story/src/lesson.rs",
        structure: "Report",
        used: &[(File::Lesson, &["report"])],
        refusal: refusal::<Report>,
    },
    Keys {
        name: "`[[host]]`",
        source: "lab/story/src/lesson.rs",
        structure: "HostValue",
        used: &[(File::Lesson, &["host"])],
        refusal: refusal::<HostValue>,
    },
    Keys {
        name: "`[[concurrent]]`",
        source: "lab/story/src/lesson.rs",
        structure: "Concurrent",
        used: &[(File::Lesson, &["concurrent"])],
        refusal: refusal::<Concurrent>,
    },
    Keys {
        name: "`[[alike]]`",
        source: "lab/story/src/lesson.rs",
        structure: "Alike",
        used: &[(File::Lesson, &["alike"])],
        refusal: refusal::<Alike>,
    },
    Keys {
        name: "`exercise.toml`",
        source: "lab/src/exercise/mod.rs",
        structure: "RawExercise",
        used: &[(File::Exercise, &[])],
        refusal: exercise_refusal,
    },
    Keys {
        name: "`[vary.NAME]`",
        source: "lab/src/exercise/values.rs",
        structure: "Declared",
        used: &[(File::Exercise, &["vary", "*"])],
        refusal: refusal::<Range>,
    },
    Keys {
        name: "`[[check]]`",
        source: "lab/src/exercise/mod.rs",
        structure: "Check",
        used: &[(File::Exercise, &["check"])],
        refusal: refusal::<Check>,
    },
    Keys {
        name: "`[[mutant]]`",
        source: "lab/src/exercise/mutant.rs",
        structure: "Mutant",
        used: &[(File::Mutants, &["mutant"])],
        refusal: refusal::<Mutant>,
    },
];

/// Keys with a choice of words: the key, and the enumeration that reads it.
const WORDS: &[(&str, &str, &str)] = &[
    ("`devices`", "lab/story/src/experiment.rs", "Device"),
    ("`context`", "lab/trace/src/event.rs", "Context"),
    ("`task`", "lab/story/src/expect/mod.rs", "Task"),
    ("`target`", "lab/story/src/expect/mod.rs", "Target"),
    ("`ending`", "lab/src/exercise/ending.rs", "Kind"),
];

const UNKNOWN: &str = "zzz = 1\n";

/// Keys that the page lacks or says otherwise, and keys without an example.
pub fn check(_: &[Lesson]) -> Result<Vec<String>, Failed> {
    let files = files()?;
    let (mut page, mut faults) = (Page::read(PAGE)?, Vec::new());
    for keys in KEYS {
        let fields = Item::all(keys.source, keys.structure)?;
        let found: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        let refusal = (keys.refusal)();
        if expected(&refusal) != found {
            faults.push(format!("{} has {found:?}, but: {refusal}", keys.structure));
        }
        let table = keys.table(&fields, &files, &mut faults);
        faults.extend(page.put(&table).err());
    }
    for (key, source, enumeration) in WORDS {
        let mut words = table(&[key, "meaning"]);
        for Item { name, meaning, .. } in Item::all(source, enumeration)? {
            if meaning.is_empty() {
                faults.push(format!("{enumeration}: `{name}` has no doc comment"));
            }
            words += &row(&[&format!("`{name}`"), &meaning]);
        }
        faults.extend(page.put(&words).err());
    }
    faults.extend(page.settle()?);
    Ok(faults)
}

impl Keys {
    fn table(&self, fields: &[Item], files: &[(File, Value)], faults: &mut Vec<String>) -> String {
        let mut text = table(&[&format!("key of {}", self.name), "needed", "meaning", "example"]);
        for Item { name, meaning, needed } in fields {
            let found = files.iter().find_map(|(file, root)| {
                let paths = self.used.iter().filter(|(used, _)| used == file);
                paths.into_iter().find_map(|(_, path)| first(root, path, name))
            });
            if meaning.is_empty() {
                faults.push(format!("{}: `{name}` has no doc comment", self.structure));
            }
            if found.is_none() {
                faults.push(format!("{}: `{name}` has no example", self.structure));
            }
            let example = found.map(|value| example(name, value)).unwrap_or_default();
            let needed = if *needed { "yes" } else { "" };
            text += &row(&[&format!("`{name}`"), needed, meaning, &example]);
        }
        text
    }
}

/// The declarations of the course: of each lesson, then the spare one.
fn files() -> Result<Vec<(File, Value)>, Failed> {
    let course = Course::open(&builder::root())?;
    let mut files = Vec::new();
    for name in &course.names {
        let lesson = course.read(name)?;
        files.push((File::Lesson, toml::from_str(&lesson.text)?));
        if Exercise::exists(&lesson) {
            let texts = Exercise::read(&lesson, Seed::default())?.texts;
            files.push((File::Exercise, toml::from_str(&texts["exercise.toml"])?));
            files.push((File::Mutants, toml::from_str(&texts["mutants.toml"])?));
        }
    }
    Lesson::parse(Path::new("spare"), SPARE)?;
    files.push((File::Lesson, toml::from_str(SPARE)?));
    Ok(files)
}

/// The first value of a key in the tables at the end of a path.
fn first<'a>(value: &'a Value, path: &[&str], name: &str) -> Option<&'a Value> {
    match (value, path.split_first()) {
        (Value::Array(items), _) => items.iter().find_map(|item| first(item, path, name)),
        (Value::Table(table), None) => table.get(name),
        (Value::Table(table), Some((&"*", path))) => {
            table.values().find_map(|value| first(value, path, name))
        }
        (Value::Table(table), Some((key, path))) => first(table.get(*key)?, path, name),
        _ => None,
    }
}

/// The longest example, characters.
const LONGEST: usize = 60;

/// A key with its value as a cell: one line, and only the beginning of a long one.
fn example(name: &str, value: &Value) -> String {
    let is_tables = |items: &[Value]| items.first().is_some_and(Value::is_table);
    let text = match value {
        Value::Array(items) if is_tables(items) && name != "load" => format!("[[{name}]]"),
        value => format!("{name} = {value}"),
    };
    let whole: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match whole.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}` …", whole[..end].trim_end()),
        None => format!("`{whole}`"),
    }
}

/// A field of a structure or a value of an enumeration, as files name it.
struct Item {
    name: String,
    meaning: String,
    needed: bool,
}

impl Item {
    /// All that a source file declares under this name, in its order. The source is
    /// formatted by rustfmt: each attribute, field and value has its line.
    fn all(source: &str, name: &str) -> Result<Vec<Item>, Failed> {
        let text = std::fs::read_to_string(builder::root().join(source))?;
        let begins = |line: &&str| {
            let line = line.strip_prefix("pub ").unwrap_or(line);
            line == format!("struct {name} {{") || line == format!("enum {name} {{")
        };
        let body = text.lines().skip_while(|line| !begins(line)).skip(1);
        let (mut items, mut docs, mut attributes) = (Vec::new(), Vec::new(), String::new());
        for line in body.take_while(|line| *line != "}").map(str::trim) {
            if let Some(doc) = line.strip_prefix("///") {
                docs.push(doc.trim());
            } else if line.starts_with('#') {
                attributes += line;
            } else if !line.starts_with("//") {
                let declared = line.strip_prefix("pub ").unwrap_or(line).trim_end_matches(',');
                let renamed = attributes.split_once("rename = \"").map(|(_, rest)| rest);
                let renamed = renamed.and_then(|rest| rest.split('"').next());
                let (own, kind) = declared.split_once(": ").unwrap_or((declared, ""));
                items.push(Item {
                    name: renamed.map_or_else(|| kebab(own), str::to_owned),
                    meaning: docs.join(" ").replace("[`", "`").replace("`]", "`"),
                    needed: !attributes.contains("default") && !kind.starts_with("Option<"),
                });
                (docs, attributes) = (Vec::new(), String::new());
            }
        }
        if items.is_empty() { Err(format!("{source} has no `{name}`").into()) } else { Ok(items) }
    }
}

/// `NotTarget` as `not-target`. A field's name stays as it is.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

fn refusal<T: DeserializeOwned>() -> String {
    refused(toml::from_str::<T>(UNKNOWN))
}

fn exercise_refusal() -> String {
    let lesson = Lesson::parse(Path::new("spare"), SPARE).expect("it was read before");
    let texts = Texts::from([("exercise.toml".to_owned(), UNKNOWN.to_owned())]);
    refused(Exercise::of_texts(&lesson, Seed::default(), &texts))
}

fn refused<T, E: ToString>(read: Result<T, E>) -> String {
    read.err().map(|error| error.to_string()).unwrap_or_default()
}

/// The keys that a refusal names: ``unknown field `zzz`, expected one of `a`, `b` ``.
fn expected(refusal: &str) -> Vec<&str> {
    let named = refusal.split_once("expected ").map_or("", |(_, named)| named);
    named.split('`').skip(1).step_by(2).collect()
}
