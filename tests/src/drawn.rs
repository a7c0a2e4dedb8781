//! Figures that are drawn by hand name functions and system calls that are there. The rest
//! of what they say is for people to check.

use std::collections::BTreeSet;
use std::path::Path;

use book::figures;
use builder::kernel::functions::{self, defined};
use libtest_mimic::Failed;

use crate::functions::mentions;
use crate::runs::Runs;

/// What figures name besides functions: local variables of `do_select`, a field of
/// `struct sighand_struct`, and what io_uring(7) is about.
const OTHERS: &[&str] = &["io_uring", "res_ex", "res_in", "res_out", "signalfd_wqh"];

/// A name in a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name<'a> {
    Function(&'a str),
    SystemCall(&'a str),
}

/// Each name is in the kernel's source or in that of a module.
pub fn check(runs: &Runs) -> Result<(), Failed> {
    let root = &runs.lab.course.root;
    let sources = Sources::new(runs)?;
    let mut faults = Vec::new();
    let mut unused: BTreeSet<&str> = OTHERS.iter().copied().collect();
    for file in figures::all(root)?.iter().filter(|file| figures::of_a_run(file).is_none()) {
        let svg = std::fs::read_to_string(root.join(file))?;
        for name in names(&texts(&svg)) {
            faults.push(match name {
                Name::Function(name) if OTHERS.contains(&name) => {
                    unused.remove(name);
                    continue;
                }
                Name::Function(name) if !sources.has(name) => {
                    format!("{file}: nothing defines `{name}`")
                }
                Name::SystemCall(name) if !sources.has_call(name) => {
                    format!("{file}: the kernel has no system call `{name}`")
                }
                _ => continue,
            });
        }
    }
    faults.extend(unused.iter().map(|other| format!("no figure names `{other}`")));
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

/// What the names are compared with.
struct Sources {
    /// The kernel's functions, in the files that it was compiled from or in its image.
    functions: BTreeSet<String>,
    /// The kernel's headers, and all files of the modules.
    headers: Vec<String>,
    kmods: Vec<String>,
}

impl Sources {
    fn new(runs: &Runs) -> Result<Sources, Failed> {
        let (lab, machine) = (&runs.lab, &runs.machine);
        let known = functions::files(&lab.cache, &machine.kernel, lab.progress)?;
        let symbols = machine.symbols.kallsyms();
        let symbols = symbols.lines().filter_map(|line| line.split_whitespace().last());
        Ok(Sources {
            functions: known.into_keys().chain(symbols.map(str::to_owned)).collect(),
            headers: read_all(&machine.kernel.source.dir.join("include"))?,
            kmods: read_all(&lab.course.root.join("kmods"))?,
        })
    }

    /// Whether there is such a system call. What libc calls pread is pread64 in the kernel.
    fn has_call(&self, name: &str) -> bool {
        let call = format!("__x64_sys_{name}");
        self.functions.contains(&call) || self.functions.contains(&(call + "64"))
    }

    /// Whether there is such a function. A module may also have such a label.
    fn has(&self, name: &str) -> bool {
        let inline = |text: &String| text.contains(name) && defined(text).iter().any(|f| f == name);
        self.functions.contains(name)
            || self.kmods.iter().any(|text| mentions(text, name))
            || self.headers.iter().any(inline)
    }
}

/// The texts of all files below a folder.
fn read_all(folder: &Path) -> Result<Vec<String>, Failed> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            texts.extend(read_all(&entry.path())?);
        } else {
            texts.push(String::from_utf8_lossy(&std::fs::read(entry.path())?).into_owned());
        }
    }
    Ok(texts)
}

/// The words of a figure.
fn texts(svg: &str) -> String {
    let texts = svg.split("<text").skip(1).filter_map(|text| text.split_once('>'));
    let lines: Vec<&str> = texts.filter_map(|(_, text)| Some(text.split_once('<')?.0)).collect();
    lines.join("\n")
}

/// The names in a text, once each: `name(2)`, `name()`, and whatever has an underscore and
/// is no constant, but for what is libc's, such as `name(3)`, and a siginfo's fields.
fn names(text: &str) -> BTreeSet<Name<'_>> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names = BTreeSet::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        rest = &rest[start..];
        let (word, after) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
        rest = after;
        let begins = word.starts_with(|c: char| c == '_' || c.is_ascii_lowercase());
        if after.starts_with("(2)") {
            names.insert(Name::SystemCall(word));
        } else if begins
            && (word.contains('_') || after.starts_with("()"))
            && !after.starts_with("(3)")
            && !word.starts_with("si_")
        {
            names.insert(Name::Function(word));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_names_functions_and_calls() {
        let svg = "<title>no_title</title><text x=\"1\">get_signal: and schedule()</text>\n\
                   <text class=\"name\" x=\"2\">read(2), aio_read(3), si_code; TIF_X, plain</text>\n\
                   <text>io_submit(2)</text>";
        use Name::{Function, SystemCall};
        let expected = [
            Function("get_signal"),
            Function("schedule"),
            SystemCall("io_submit"),
            SystemCall("read"),
        ];
        assert_eq!(names(&texts(svg)), expected.into());
    }
}
