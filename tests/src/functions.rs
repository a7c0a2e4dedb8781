//! Facts may name only functions that no compiler can remove. `tests/functions.toml` says
//! why, and the kernel's source shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lab::exercise::Exercise;
use lab::exercise::values::Seed;
use libtest_mimic::Failed;
use serde::Deserialize;
use story::expect::Expectation;
use story::lesson::Lesson;

/// Keyed by function name: the file that defines the function, and the one that calls it
/// or takes its address.
type Functions = BTreeMap<String, (String, String)>;

/// The content of `tests/functions.toml`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Table {
    called_from_another_file: Functions,
    called_through_a_pointer: Functions,
    called_from_assembly: Functions,
    never_inlined: Functions,
    /// Keyed by function name: its callers in the same file.
    stays_a_call: BTreeMap<String, Vec<String>>,
}

/// The table that has the address of each system call's entry.
const SYSTEM_CALLS: &str = "arch/x86/entry/syscalls/syscall_64.tbl";

/// Faults in the facts' stacks. `source` is the kernel's source.
pub fn check(lessons: &[Lesson], source: &Path) -> Result<Vec<String>, Failed> {
    let table = Table::read()?;
    let system_calls = read(&source.join(SYSTEM_CALLS))?;
    let mut unused: BTreeSet<&String> = table.all().map(|(name, ..)| name).collect();
    let mut faults = unexplained(lessons)?;
    for (lesson, name) in named(lessons)? {
        unused.remove(&name);
        if name.starts_with("lab_") {
            faults.extend(fault_of_a_module(&name)?);
        } else if let Some(call) = name.strip_prefix("__x64_")
            && !mentions(&system_calls, call)
        {
            faults.push(format!("{lesson}: a fact names `{name}`, which is no system call"));
        }
    }
    faults
        .extend(unused.iter().map(|name| format!("tests/functions.toml: no fact names `{name}`")));
    for (name, (defined, used), kind) in table.all() {
        if let Some(fault) = fault(name, defined, used, kind, source)? {
            faults.push(format!("tests/functions.toml: `{name}`: {fault}"));
        }
    }
    Ok(faults)
}

/// A fault for each function that needs a line in `tests/functions.toml` and has none.
pub fn unexplained(lessons: &[Lesson]) -> Result<Vec<String>, Failed> {
    let table = Table::read()?;
    let needs_none = |name: &str| name.starts_with("lab_") || name.starts_with("__x64_");
    let mut faults = Vec::new();
    for (lesson, name) in named(lessons)? {
        if !needs_none(&name) && !table.all().any(|(known, ..)| *known == name) {
            faults.push(format!(
                "{lesson}: a fact names `{name}`, and tests/functions.toml does not say why no \
                 compiler can take it away"
            ));
        }
    }
    Ok(faults)
}

/// Why a function cannot be missing from a stack.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    AnotherFile,
    Pointer,
    Assembly,
    NeverInlined,
}

impl Table {
    pub fn read() -> Result<Table, Failed> {
        let text = std::fs::read_to_string(builder::root().join("tests/functions.toml"))?;
        Ok(toml::from_str(&text)?)
    }

    /// The file that defines a function, if calls from another file are what keeps it.
    pub fn file_of_a_call(&self, function: &str) -> Option<&str> {
        Some(&self.called_from_another_file.get(function)?.0)
    }

    /// Functions with a caller in the same file that does not inline them.
    pub fn stays_a_call(&self) -> impl Iterator<Item = (&str, &str)> {
        self.stays_a_call.iter().flat_map(|(function, callers)| {
            callers.iter().map(move |caller| (function.as_str(), caller.as_str()))
        })
    }

    fn all(&self) -> impl Iterator<Item = (&String, &(String, String), Kind)> {
        [
            (&self.called_from_another_file, Kind::AnotherFile),
            (&self.called_through_a_pointer, Kind::Pointer),
            (&self.called_from_assembly, Kind::Assembly),
            (&self.never_inlined, Kind::NeverInlined),
        ]
        .into_iter()
        .flat_map(|(functions, kind)| functions.iter().map(move |(n, files)| (n, files, kind)))
    }
}

/// Every function that a fact of a lesson or exercise names, with the name of the lesson.
fn named(lessons: &[Lesson]) -> Result<BTreeSet<(String, String)>, Failed> {
    let mut named = BTreeSet::new();
    for lesson in lessons {
        let exercise = Exercise::read(lesson, Seed::default())?;
        let checks = exercise.checks.iter().flat_map(|check| &check.expect);
        let mutants = exercise.mutants.iter().flat_map(|mutant| &mutant.expect);
        let facts: Vec<&Expectation> = lesson.expect.iter().chain(checks).chain(mutants).collect();
        let names = facts.iter().flat_map(|fact| &fact.stack);
        named.extend(names.map(|name| (lesson.name.to_string(), name.clone())));
    }
    Ok(named)
}

/// The source's objection to a line of the table.
fn fault(
    name: &str,
    defined: &str,
    used: &str,
    kind: Kind,
    source: &Path,
) -> Result<Option<String>, Failed> {
    // A module of the lab is in this repository.
    let file = |path: &str| {
        let root = if path.starts_with("kmods/") { builder::root() } else { source.to_owned() };
        read(&root.join(path))
    };
    let definition = file(defined)?.lines().any(|line| {
        !line.starts_with([' ', '\t', '*'])
            && !line.ends_with(';')
            && mentions(line, name)
            && (kind != Kind::NeverInlined || line.contains("noinstr") || line.contains("noinline"))
    });
    if !definition {
        return Ok(Some(format!("{defined} does not define it as the table says")));
    }
    let users = file(used)?;
    let is_used = match kind {
        Kind::AnotherFile => {
            defined != used && uses(&users, name).any(|next| next == '(' || used.ends_with(".S"))
        }
        Kind::Pointer => uses(&users, name).any(|next| next != '('),
        Kind::Assembly | Kind::NeverInlined => mentions(&users, name),
    };
    Ok((!is_used).then(|| format!("{used} does not use it as the table says")))
}

/// A module's function must have its address taken.
fn fault_of_a_module(name: &str) -> Result<Option<String>, Failed> {
    let kmods = builder::root().join("kmods");
    for folder in std::fs::read_dir(&kmods)? {
        let folder = folder?.path();
        if !folder.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(folder)? {
            if uses(&read(&file?.path())?, name).any(|next| next != '(') {
                return Ok(None);
            }
        }
    }
    Ok(Some(format!("no module takes the address of `{name}`")))
}

/// Whether a text has a name as a word of its own.
pub fn mentions(text: &str, name: &str) -> bool {
    uses(text, name).next().is_some()
}

/// The character after each use of a name, ignoring spaces.
fn uses<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = char> + 'a {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).filter_map(move |(at, _)| {
        let behind = &text[at + name.len()..];
        let alone = !text[..at].ends_with(is_word) && !behind.starts_with(is_word);
        alone.then(|| behind.trim_start_matches(' ').chars().next().unwrap_or('\n'))
    })
}

pub fn read(path: &Path) -> Result<String, Failed> {
    let bytes =
        std::fs::read(path).map_err(|e| format!("failed to read `{}`: {e}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_used_where_it_stands_alone() {
        let text = "x = { .poll = pollwake, };\nmy_pollwake(1); pollwakes(2); pollwake (3)";
        assert_eq!(uses(text, "pollwake").collect::<String>(), ",(");
    }

    #[test]
    fn the_source_is_held_against_the_table() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("a.c", "static int f(void)\n{\n\treturn 0;\n}\nint g(void)\n{\n\treturn f();\n}\n");
        write("b.c", "int h(void)\n{\n\treturn g();\n}\nstruct x y = { .f = h };\n");
        let fault = |name, defined, used, kind| {
            fault(name, defined, used, kind, folder.path()).unwrap().is_some()
        };
        assert!(!fault("g", "a.c", "b.c", Kind::AnotherFile));
        assert!(fault("f", "a.c", "a.c", Kind::AnotherFile));
        assert!(fault("f", "a.c", "b.c", Kind::AnotherFile));
        assert!(fault("g", "b.c", "a.c", Kind::AnotherFile));
        assert!(!fault("h", "b.c", "b.c", Kind::Pointer));
        assert!(fault("g", "a.c", "b.c", Kind::Pointer));
        assert!(fault("f", "a.c", "a.c", Kind::NeverInlined));
    }
}
