//! Which source file defines a function of the kernel. The kernel is built without debug
//! information, so the source itself is searched, once for each kernel.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fs_err as fs;
use object::{Object, ObjectSymbol, SymbolKind};

use super::{Kernel, KernelError};
use crate::cache::{Cache, Key};
use crate::progress::Progress;

/// Source files by the functions that they define, relative to the source's root.
pub type Files = BTreeMap<String, String>;

/// The kind of the cache's entries, and the file in an entry.
const KIND: &str = "functions";
const FILE: &str = "files.json";

/// What `SYSCALL_DEFINE` puts before the name of a system call.
pub(super) const SYSCALLS: [&str; 3] = ["__x64_sys_", "__se_sys_", "__do_sys_"];

/// What `TRACE_EVENT` puts before the name of an event.
const EVENTS: [&str; 2] = ["trace_", "trace_event_raw_event_"];

/// The folders in which the kernel's own code is.
pub(super) const FOLDERS: [&str; 14] = [
    "arch/x86", "block", "crypto", "drivers", "fs", "init", "io_uring", "ipc", "kernel", "lib",
    "mm", "net", "security", "virt",
];

/// The files of a kernel's functions. A function that several compiled files define has
/// none. Nothing is known if the kernel's source is not there.
pub fn files(
    cache: &Cache,
    kernel: &Kernel,
    progress: &dyn Progress,
) -> Result<Files, KernelError> {
    let key = Key::builder(KIND).text("kernel", &kernel.key.to_string()).finish();
    if !kernel.source.dir.is_dir() && cache.find(KIND, &key).is_none() {
        return Ok(Files::new());
    }
    let entry = cache.entry(KIND, &key, progress, |folder| {
        let compiled = compiled(&kernel.build_dir.join("vmlinux"))?;
        let mut found = BTreeMap::new();
        for folder in FOLDERS {
            search(&kernel.source.dir, Path::new(folder), &compiled, &mut found)?;
        }
        let files: Files =
            found.into_iter().filter_map(|(name, file)| Some((name, file?))).collect();
        fs::write(folder.join(FILE), serde_json::to_vec(&files).map_err(std::io::Error::from)?)?;
        Ok::<(), KernelError>(())
    })?;
    let text = fs::read(entry.join(FILE))?;
    Ok(serde_json::from_slice(&text).map_err(std::io::Error::from)?)
}

/// The names of the files that a kernel was compiled from, without their folders.
pub(super) fn compiled(vmlinux: &Path) -> Result<BTreeSet<String>, KernelError> {
    let bytes = fs::read(vmlinux)?;
    let elf = object::File::parse(bytes.as_slice()).map_err(std::io::Error::other)?;
    let files = elf.symbols().filter(|symbol| symbol.kind() == SymbolKind::File);
    Ok(files.filter_map(|symbol| symbol.name().ok().map(str::to_owned)).collect())
}

/// Adds what the files of a folder define. `None` is a function that several define.
fn search(
    root: &Path,
    folder: &Path,
    compiled: &BTreeSet<String>,
    found: &mut BTreeMap<String, Option<String>>,
) -> Result<(), KernelError> {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let (name, path) = (entry.file_name(), folder.join(entry.file_name()));
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            search(root, &path, compiled, found)?;
        // An assembler leaves no file's name.
        } else if name.ends_with(".S") || name.ends_with(".c") && compiled.contains(&*name) {
            let text = String::from_utf8_lossy(&fs::read(entry.path())?).into_owned();
            // kernel/sched/build_policy.c includes other files of C.
            for included in included(&text) {
                if let Ok(text) = fs::read(root.join(folder).join(included)) {
                    add(&folder.join(included), &String::from_utf8_lossy(&text), found);
                }
            }
            add(&path, &text, found);
        }
    }
    Ok(())
}

/// Adds what a file defines.
fn add(path: &Path, text: &str, found: &mut BTreeMap<String, Option<String>>) {
    let file = path.display().to_string();
    for function in defined(text) {
        let known = found.entry(function).or_insert_with(|| Some(file.clone()));
        if known.as_ref().is_some_and(|known| *known != file) {
            *known = None;
        }
    }
}

/// The files of C that a file includes.
pub(super) fn included(text: &str) -> impl Iterator<Item = &str> {
    let names = text.lines().filter_map(|line| line.strip_prefix("#include \"")?.split('"').next());
    names.filter(|name| name.ends_with(".c"))
}

/// The functions that a file of C or assembly defines, in the kernel's style: a
/// definition begins at the start of a line.
pub fn defined(text: &str) -> Vec<String> {
    definitions(text).into_iter().map(|(name, _)| name).collect()
}

/// The same, with the offset of the line where each definition begins.
pub(super) fn definitions(text: &str) -> Vec<(String, usize)> {
    let mut functions = Vec::new();
    let mut next = 0;
    for line in text.split_inclusive('\n') {
        let start = next;
        let rest = &text[start..];
        next += line.len();
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let Some((before, arguments)) = line.split_once('(') else { continue };
        if !line.starts_with(is_word) || before.contains('=') {
            continue;
        }
        let words = before.trim_end();
        let name = &words[words.rfind(|c| !is_word(c)).map_or(0, |at| at + 1)..];
        let argument: String = arguments.trim_start().chars().take_while(|&c| is_word(c)).collect();
        if name.starts_with("SYM_") {
            if name.contains("START") || name.contains("INNER_LABEL") {
                functions.push((argument, start));
            }
            continue;
        }
        if name == "TRACE_EVENT" {
            functions.extend(EVENTS.map(|prefix| (format!("{prefix}{argument}"), start)));
            continue;
        }
        // A declaration ends with a semicolon, a definition goes on with its body.
        if rest.find(['{', ';']).is_none_or(|at| rest.as_bytes()[at] == b';') {
            continue;
        }
        match name {
            _ if name.starts_with("SYSCALL_DEFINE") => {
                functions.extend(SYSCALLS.map(|prefix| (format!("{prefix}{argument}"), start)));
            }
            _ if name.starts_with("DEFINE_IDTENTRY") => {
                functions.extend([(format!("__{argument}"), start), (argument, start)]);
            }
            _ => functions.push((name.to_owned(), start)),
        }
    }
    functions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_told_from_declarations_and_calls() {
        let text = "\
int declared(int a,
\t     int b);
static const struct ops ops = {
\t.call = called(1),
};
EXPORT_SYMBOL(exported);
int on_one_line(void) { return called(2); }
static __always_inline struct task_struct *
below(struct pid *pid)
{
\tif (inner(pid))
\t\treturn NULL;
}
void *star_before(void)
{
}
SYSCALL_DEFINE3(write, unsigned int, fd, const char __user *, buf,
\t\tsize_t, count)
{
}
DEFINE_IDTENTRY_IRQ(common_interrupt)
{
}
";
        assert_eq!(
            defined(text),
            [
                "on_one_line",
                "below",
                "star_before",
                "__x64_sys_write",
                "__se_sys_write",
                "__do_sys_write",
                "__common_interrupt",
                "common_interrupt"
            ]
        );
        let assembly = "SYM_CODE_START(entry)\n\tcall f\n\
                        SYM_INNER_LABEL(after, SYM_L_GLOBAL)\nSYM_CODE_END(entry)\n";
        assert_eq!(defined(assembly), ["entry", "after"]);
        let event = "TRACE_EVENT(lab_irq,\n\tTP_PROTO(int irq),\n\tTP_ARGS(irq)\n);\n";
        assert_eq!(defined(event), ["trace_lab_irq", "trace_event_raw_event_lab_irq"]);
    }

    #[test]
    fn a_function_of_two_files_has_none() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("fs/sub")).unwrap();
        for (file, text) in [
            ("fs/a.c", "int one(void)\n{\n}\nint both(void)\n{\n}\n"),
            ("fs/sub/b.c", "int both(void)\n{\n}\nint both(void)\n{\n}\n"),
            ("fs/sub/left_out.c", "int one(void)\n{\n}\n"),
            ("fs/policy.c", "#include \"idle.c\"\n#include \"policy.h\"\n"),
            ("fs/idle.c", "int idle(void)\n{\n}\n"),
        ] {
            fs::write(root.path().join(file), text).unwrap();
        }
        let compiled = ["a.c", "b.c", "policy.c"].map(str::to_owned).into();
        let mut found = BTreeMap::new();
        search(root.path(), Path::new("fs"), &compiled, &mut found).unwrap();
        let expected = [("both", None), ("idle", Some("fs/idle.c")), ("one", Some("fs/a.c"))];
        let expected = expected.map(|(name, file)| (name.to_owned(), file.map(str::to_owned)));
        assert_eq!(found, expected.into());
    }
}
