//! Why a kernel has no function of a name, although somebody thinks that it does: its
//! source tells a function that the compiler has put into its callers from one that this
//! configuration leaves out, and from one that nobody has written.
//!
//! Most of the source is not compiled, and reading it takes from seconds to a minute. So it
//! is searched only for a name that what was compiled does not have.

mod conditions;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fs_err as fs;
use process::Command;

use super::functions::{FOLDERS, SYSCALLS, compiled, definitions, included};
use super::{Kernel, KernelError};
use conditions::{Around, around};

/// What the source says about a name that no function of the kernel has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// A function in a file that the kernel was compiled from. So the compiler has put it
    /// into its callers, unless this directive, which the lab does not understand, leaves
    /// it out.
    Inlined { file: String, unless: Option<String> },
    /// A macro.
    Macro { file: String },
    /// A function that the configuration leaves out, with this directive.
    LeftOut { file: String, directive: String },
    /// A function in a file that is no part of the kernel.
    NotBuilt { file: String },
    /// No file of the source defines it.
    Undefined,
    /// The source is not there.
    Unknown,
}

/// Folders with headers only.
const HEADERS: [&str; 2] = ["include", "arch/x86/include"];

/// Looks for a name in the source of a kernel.
pub fn missing(kernel: &Kernel, name: &str) -> Result<Missing, KernelError> {
    if !kernel.source.dir.is_dir() {
        return Ok(Missing::Unknown);
    }
    let config = fs::read_to_string(kernel.build_dir.join("include/config/auto.conf"))?;
    let set = config.lines().filter_map(|line| Some(line.split_once('=')?.0));
    let search = Search {
        name,
        source: &kernel.source.dir,
        build: &kernel.build_dir,
        compiled: compiled(&kernel.build_dir.join("vmlinux"))?,
        configured: set.map(str::to_owned).collect(),
    };
    search.missing()
}

/// All folders of the source.
fn all() -> Vec<PathBuf> {
    FOLDERS.iter().map(PathBuf::from).collect()
}

fn rank(missing: &Missing) -> usize {
    match missing {
        Missing::Inlined { unless: None, .. } => 0,
        Missing::Macro { .. } => 1,
        Missing::Inlined { unless: Some(_), .. } => 2,
        Missing::LeftOut { .. } => 3,
        Missing::NotBuilt { .. } => 4,
        Missing::Undefined | Missing::Unknown => 5,
    }
}

struct Search<'a> {
    name: &'a str,
    /// The root of the source, and the folder where it was built.
    source: &'a Path,
    build: &'a Path,
    /// The names of the files that the kernel was compiled from, without their folders.
    compiled: BTreeSet<String>,
    /// The symbols of the configuration that are set.
    configured: BTreeSet<String>,
}

impl Search<'_> {
    fn missing(&self) -> Result<Missing, KernelError> {
        let found = match self.explained(&self.built()?)? {
            None => self.explained(&all())?,
            found => found,
        };
        Ok(found.unwrap_or(Missing::Undefined))
    }

    /// What files and folders say about the name. The likeliest explanation counts.
    fn explained(&self, places: &[PathBuf]) -> Result<Option<Missing>, KernelError> {
        let mut found = Vec::new();
        for file in self.mentions(places)? {
            found.extend(self.file(&file)?);
        }
        Ok(found.into_iter().min_by_key(rank))
    }

    /// The folders with headers, and all files of C beside those that were compiled.
    fn built(&self) -> Result<Vec<PathBuf>, KernelError> {
        let mut files: Vec<PathBuf> = HEADERS.iter().map(PathBuf::from).collect();
        // make made these folders.
        let mut folders = all();
        while let Some(folder) = folders.pop() {
            let Ok(built) = fs::read_dir(self.build.join(&folder)) else { continue };
            for entry in built {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(folder.join(entry.file_name()));
                }
            }
            let Ok(entries) = fs::read_dir(self.source.join(&folder)) else { continue };
            for entry in entries {
                let path = folder.join(entry?.file_name());
                if path.extension().is_some_and(|extension| extension == "c" || extension == "h") {
                    files.push(path);
                }
            }
        }
        Ok(files)
    }

    /// The files in these places that have the name as a word, or define the system call.
    fn mentions(&self, places: &[PathBuf]) -> Result<Vec<PathBuf>, KernelError> {
        let mut grep = Command::new("grep");
        grep.args(["-rls", "--include=*.c", "--include=*.h"]);
        let call = SYSCALLS.iter().find_map(|prefix| self.name.strip_prefix(prefix));
        match call {
            Some(call) => grep.args(["-e", &format!("SYSCALL_DEFINE[0-6]({call}[,)]")]),
            None => grep.args(["-wF", "-e", self.name]),
        };
        grep.arg("--");
        grep.args(places).current_dir(self.source);
        let failed = |source| KernelError::Start { program: "grep".to_owned(), source };
        let found = grep.output().map_err(failed)?;
        let mut files: Vec<_> =
            String::from_utf8_lossy(&found.stdout).lines().map(PathBuf::from).collect();
        files.sort();
        Ok(files)
    }

    /// What a file says about the name.
    fn file(&self, file: &Path) -> Result<Vec<Missing>, KernelError> {
        let text = self.text(file)?;
        let is_part = self.is_part(file)?;
        let shown = file.display().to_string();
        let definitions = definitions(&text).into_iter().filter(|(name, _)| name == self.name);
        let mut found: Vec<Missing> = definitions
            .map(|(_, at)| {
                let file = shown.clone();
                if !is_part {
                    return Missing::NotBuilt { file };
                }
                match around(&text, at, |symbol| self.configured.contains(symbol)) {
                    Around::Kept => Missing::Inlined { file, unless: None },
                    Around::LeftOut(directive) => Missing::LeftOut { file, directive },
                    Around::Unclear(directive) => {
                        Missing::Inlined { file, unless: Some(directive) }
                    }
                }
            })
            .collect();
        if is_part && text.lines().any(|line| defines_macro(line, self.name)) {
            found.push(Missing::Macro { file: shown });
        }
        Ok(found)
    }

    /// Whether the kernel was compiled from a file: a header, or a file that has the name
    /// of one that was, or that such a file of its folder includes. make made the folders
    /// of what it compiled, and there is more than one `core.c`.
    fn is_part(&self, file: &Path) -> Result<bool, KernelError> {
        let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else {
            return Ok(false);
        };
        if file.extension().is_some_and(|extension| extension == "h") {
            return Ok(true);
        }
        if !self.build.join(folder).is_dir() {
            return Ok(false);
        }
        let name = name.to_string_lossy();
        if self.compiled.contains(&*name) {
            return Ok(true);
        }
        for entry in fs::read_dir(self.source.join(folder))? {
            let other = entry?.file_name().to_string_lossy().into_owned();
            if self.compiled.contains(&other)
                && included(&self.text(&folder.join(other))?).any(|included| included == name)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn text(&self, file: &Path) -> Result<String, KernelError> {
        Ok(String::from_utf8_lossy(&fs::read(self.source.join(file))?).into_owned())
    }
}

/// Whether a line is `#define NAME(…`.
fn defines_macro(line: &str, name: &str) -> bool {
    let defined = line.strip_prefix('#').map(str::trim_start);
    let rest = defined.and_then(|line| line.strip_prefix("define")).map(str::trim_start);
    rest.and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| rest.starts_with('('))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORK: &str = "\
static __always_inline void put_inside(void)
{
}
#ifdef CONFIG_COMPAT
int of_another_word_size(void)
{
}
#endif
#if BITS > 32
int of_some_size(void)
{
}
#endif
";

    fn told(name: &str) -> Missing {
        let root = tempfile::tempdir().unwrap();
        let (source, build) = (root.path().join("source"), root.path().join("build"));
        for folder in ["kernel", "kernel/rarely", "include"] {
            fs::create_dir_all(source.join(folder)).unwrap();
        }
        fs::create_dir_all(build.join("kernel")).unwrap();
        for (file, text) in [
            ("kernel/fork.c", FORK),
            ("kernel/rarely/fork.c", "int of_another_fork(void)\n{\n}\n"),
            ("kernel/policy.c", "#include \"idle.c\"\n"),
            ("kernel/idle.c", "static int included(void)\n{\n}\n"),
            ("kernel/odd.c", "SYSCALL_DEFINE2(odd, int, a, int, b)\n{\n}\nint odd(void)\n{\n}\n"),
            ("include/wait.h", "# define wake(x)\t__wake(x)\n#define wake_all() y\n"),
        ] {
            fs::write(source.join(file), text).unwrap();
        }
        let search = Search {
            name,
            source: &source,
            build: &build,
            compiled: ["fork.c", "policy.c"].map(str::to_owned).into(),
            configured: BTreeSet::new(),
        };
        search.missing().unwrap()
    }

    #[test]
    fn each_reason_is_told_from_the_others() {
        let fork = || "kernel/fork.c".to_owned();
        let inlined = |file: &str| Missing::Inlined { file: file.to_owned(), unless: None };
        assert_eq!(told("put_inside"), inlined("kernel/fork.c"));
        assert_eq!(told("included"), inlined("kernel/idle.c"));
        let directive = "#ifdef CONFIG_COMPAT".to_owned();
        assert_eq!(told("of_another_word_size"), Missing::LeftOut { file: fork(), directive });
        let unless = Some("#if BITS > 32".to_owned());
        assert_eq!(told("of_some_size"), Missing::Inlined { file: fork(), unless });
        for (name, file) in [
            ("of_another_fork", "kernel/rarely/fork.c"),
            ("odd", "kernel/odd.c"),
            ("__do_sys_odd", "kernel/odd.c"),
        ] {
            assert_eq!(told(name), Missing::NotBuilt { file: file.to_owned() });
        }
        assert_eq!(told("wake"), Missing::Macro { file: "include/wait.h".to_owned() });
        for name in ["wak", "put", "nothing"] {
            assert_eq!(told(name), Missing::Undefined, "{name}");
        }
    }
}
