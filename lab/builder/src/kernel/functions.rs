//! Which source file a kernel function is in. The lab's kernel has no debug information, so
//! this looks the functions up in the source.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fs_err as fs;
use object::{Object, ObjectSymbol, SymbolKind};

use super::{Kernel, KernelError};

/// The folders of the source that x86 kernels are compiled from.
const FOLDERS: &[&str] = &[
    "arch/x86", "block", "crypto", "drivers", "fs", "init", "io_uring", "ipc", "kernel", "lib",
    "mm", "net", "security",
];

impl Kernel {
    /// The source file of each function, relative to the source's folder, as far as it is
    /// known. A function that several compiled files define is left out.
    pub fn files_of(
        &self,
        functions: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>, KernelError> {
        let compiled = compiled(&self.build_dir.join("vmlinux"))?;
        let mut found: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for folder in FOLDERS {
            search(&self.source.dir, Path::new(folder), &compiled, functions, &mut found)?;
        }
        let one = |(function, files): (String, Vec<PathBuf>)| match &files[..] {
            [file] => Some((function, file.display().to_string())),
            _ => None,
        };
        Ok(found.into_iter().filter_map(one).collect())
    }
}

/// The names of the files that a kernel was compiled from, without their folders.
fn compiled(vmlinux: &Path) -> Result<BTreeSet<String>, KernelError> {
    let bytes = fs::read(vmlinux)?;
    // Without symbols there are no names, and so no files.
    let Ok(elf) = object::File::parse(&*bytes) else { return Ok(BTreeSet::new()) };
    let files = elf.symbols().filter(|symbol| symbol.kind() == SymbolKind::File);
    Ok(files.filter_map(|symbol| symbol.name().ok().map(str::to_owned)).collect())
}

fn search(
    root: &Path,
    folder: &Path,
    compiled: &BTreeSet<String>,
    functions: &BTreeSet<String>,
    found: &mut BTreeMap<String, Vec<PathBuf>>,
) -> Result<(), KernelError> {
    let place = root.join(folder);
    if !place.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            search(root, &path, compiled, functions, found)?;
        } else if compiled.contains(&*entry.file_name().to_string_lossy()) {
            let text = String::from_utf8_lossy(&fs::read(entry.path())?).into_owned();
            for function in definitions(&text).filter(|name| functions.contains(name)) {
                let files = found.entry(function).or_default();
                if files.last() != Some(&path) {
                    files.push(path.clone());
                }
            }
        }
    }
    Ok(())
}

/// The functions that C code defines, in the kernel's style: the name begins at most one
/// line after the type, which is not indented, and the brackets are followed by a body.
/// Assembler code names its entries with a macro.
fn definitions(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(definition)
}

/// The function that a line begins to define. Declarations end with a semicolon.
fn definition(line: &str) -> Option<String> {
    if line.trim_end().ends_with(';')
        || !line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
    {
        return None;
    }
    let (before, after) = line.split_once('(')?;
    let first = |after: &str| {
        let end = after.find([',', ')', ' ']).unwrap_or(after.len());
        after[..end].to_owned()
    };
    let is_call = |name: &str| before.starts_with(name) && !before.contains(' ');
    if is_call("SYSCALL_DEFINE") {
        return Some(format!("__x64_sys_{}", first(after)));
    }
    if ["DEFINE_IDTENTRY", "SYM_"].iter().any(|name| is_call(name)) {
        return Some(first(after));
    }
    let name = before.rsplit([' ', '*', '\t']).next()?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_found_and_nothing_else() {
        let text = "\
int kill_pid(struct pid *pid, int sig, int priv)
static __always_inline struct file *get_it(int fd)
SYSCALL_DEFINE2(kill, pid_t, pid, int, sig)
DEFINE_IDTENTRY_IRQ(common_interrupt)
SYM_CODE_START(entry_SYSCALL_64)
extern int elsewhere(void);
EXPORT_SYMBOL(kill_pid);
\tkill_pid(pid, sig, 0);
#define MACRO(x) x
try_to_wake_up(struct task_struct *p, unsigned int state, int wake_flags)
";
        assert_eq!(
            definitions(text).collect::<Vec<_>>(),
            [
                "kill_pid",
                "get_it",
                "__x64_sys_kill",
                "common_interrupt",
                "entry_SYSCALL_64",
                "try_to_wake_up"
            ]
        );
    }
}
