//! The compiler for a kernel and its modules.
//!
//! The default is the host's gcc. Another compiler inlines other functions, so it gives
//! another kernel, but a lesson's facts and story must not depend on that.

use std::str::FromStr;

use super::KernelError;
use crate::cache::Cache;
use crate::host::toolchain::none;
use crate::host::version_line;
use crate::pack;

/// A compiler, by its name on the PATH: `gcc`, `gcc-11`, `clang`, `clang-16`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiler {
    family: Family,
    /// The part after the family's name, such as `-16`. Empty for the host's default.
    suffix: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Gcc,
    /// Also uses LLVM's linker and other tools with the same suffix.
    Clang,
}

/// How to optimise the kernel and its modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Optimize {
    /// `-Os`, as in `make tinyconfig`.
    #[default]
    Size,
    /// `-O2`, as in distributions.
    Speed,
}

impl Default for Compiler {
    fn default() -> Compiler {
        Compiler { family: Family::Gcc, suffix: String::new() }
    }
}

impl FromStr for Compiler {
    type Err = String;

    /// Parses a compiler's name. The error lists the possible names.
    fn from_str(name: &str) -> Result<Compiler, String> {
        let families = [("gcc", Family::Gcc), ("clang", Family::Clang)];
        let is_suffix = |suffix: &str| {
            let is_number =
                |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            suffix.is_empty() || suffix.strip_prefix('-').is_some_and(is_number)
        };
        families
            .into_iter()
            .find_map(|(word, family)| Some((family, name.strip_prefix(word)?)))
            .filter(|(_, suffix)| is_suffix(suffix))
            .map(|(family, suffix)| Compiler { family, suffix: suffix.to_owned() })
            .ok_or_else(|| "a name such as gcc, gcc-11, clang or clang-16 is expected".to_owned())
    }
}

impl Compiler {
    /// Whether it is the default compiler.
    pub fn is_default(&self) -> bool {
        *self == Compiler::default()
    }

    /// The name of its program.
    pub fn program(&self) -> String {
        let family = match self.family {
            Family::Gcc => "gcc",
            Family::Clang => "clang",
        };
        format!("{family}{}", self.suffix)
    }

    /// The variable to pass to the kernel's make, for the kernel and for modules
    /// (Documentation/kbuild/llvm.rst).
    pub fn make_variable(&self) -> Option<String> {
        match (self.family, self.suffix.as_str()) {
            (Family::Gcc, "") => None,
            (Family::Gcc, _) => Some(format!("CC={}", self.program())),
            (Family::Clang, "") => Some("LLVM=1".to_owned()),
            (Family::Clang, suffix) => Some(format!("LLVM={suffix}")),
        }
    }

    /// What compiles the kernel, as [`Compiler::here`] says it. In a pack, the default
    /// compiler is that of the pack's maker, who compiled the kernel.
    pub fn of_kernel(&self, cache: &Cache) -> Result<String, KernelError> {
        match pack::here().filter(|_| self.is_default()) {
            Some(pack) => Ok(pack.compiler.clone()),
            None => self.here(cache),
        }
    }

    /// The first version lines of the compiler and of the assembler and linker that it
    /// uses on this host. Fails if one of them cannot be started.
    pub fn here(&self, cache: &Cache) -> Result<String, KernelError> {
        let tools = match self.family {
            Family::Gcc => vec!["as".to_owned(), "ld".to_owned()],
            // clang has its own assembler.
            Family::Clang => vec![format!("ld.lld{}", self.suffix)],
        };
        let program = self.program();
        let version = version_line(cache, &program).ok_or(KernelError::NoCompiler { program })?;
        let tools = tools.iter().map(|tool| version_line(cache, tool).unwrap_or_else(none));
        Ok([version].into_iter().chain(tools).collect::<Vec<_>>().join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_what_make_is_told() {
        let told = |name: &str| Compiler::from_str(name).map(|compiler| compiler.make_variable());
        assert_eq!(told("gcc"), Ok(None));
        assert_eq!(told("gcc-11"), Ok(Some("CC=gcc-11".to_owned())));
        assert_eq!(told("clang"), Ok(Some("LLVM=1".to_owned())));
        assert_eq!(told("clang-16"), Ok(Some("LLVM=-16".to_owned())));
        for name in ["", "cc", "gcc-", "gcc11", "clang-16 -O3", "/usr/bin/clang"] {
            assert!(told(name).is_err(), "{name}");
        }
    }
}
