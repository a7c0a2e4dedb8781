//! The toolchain that compiles and links guest programs. It is looked up at run time,
//! because the lab may have been built on another host.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use host::{RUSTC, on_path};
use process::Command;

use crate::cache::{Cache, CacheError, KeyBuilder};
use crate::host::{told, version_line};
use crate::pack;

/// The program that links. It provides the C library.
pub const LINKER: &str = "gcc";

/// The other parts by their names, besides [`RUSTC`].
pub const LD: &str = "ld";
pub const LIBC: &str = "libc.a";

/// The toolchain for guest programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// The compiler itself, not rustup's program that chooses one.
    pub rustc: PathBuf,
    /// The folder with the compiler and its libraries.
    pub sysroot: PathBuf,
    /// The host's target, such as `x86_64-unknown-linux-gnu`.
    pub target: String,
    /// The commit that the compiler was built from, if it says so.
    pub commit: Option<String>,
    /// Each part with its version: `("ld", "GNU ld (GNU Binutils for Debian) 2.40")`.
    pub parts: Vec<(&'static str, String)>,
}

/// Why the toolchain cannot be determined.
#[derive(Debug, thiserror::Error)]
pub enum ToolchainError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error("failed to find the Rust compiler: there is no `rustc` on the PATH that works")]
    NoRustc,
    #[error("failed to start `{}`: {source}", rustc.display())]
    Start { rustc: PathBuf, source: std::io::Error },
    #[error("failed to ask `{}` for its target", rustc.display())]
    NoTarget { rustc: PathBuf },
}

impl Toolchain {
    /// The toolchain of this host. Runs a program for its version only if its file has
    /// changed.
    pub fn here(cache: &Cache) -> Result<Toolchain, ToolchainError> {
        let rustc = rustc()?;
        let version = told(cache, &rustc, &["-vV"])?;
        let target = version.lines().find_map(|line| line.strip_prefix("host: "));
        let target =
            target.ok_or_else(|| ToolchainError::NoTarget { rustc: rustc.clone() })?.to_owned();
        let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: "));
        let commit = commit.filter(|commit| *commit != "unknown").map(str::to_owned);
        let sysroot = told(cache, &rustc, &["--print=sysroot"])?.trim().into();
        let named = |name| version_line(cache, name).unwrap_or_else(none);
        let libc = match libc(cache)? {
            Some(file) => cache.sha256(&file)?,
            None => none(),
        };
        let parts = vec![
            (RUSTC, version.trim().replace('\n', "; ")),
            (LINKER, named(LINKER)),
            (LD, named(LD)),
            (LIBC, libc),
        ];
        Ok(Toolchain { rustc, sysroot, target, commit, parts })
    }

    /// The toolchain that compiled the lab's own programs in the pack that this lab is in.
    /// It is good for keys alone. `None` in a checkout.
    pub fn of_pack() -> Option<Toolchain> {
        let made = &pack::here()?.toolchain;
        let part = |name| (name, made.get(name).cloned().unwrap_or_else(none));
        let parts = [RUSTC, LINKER, LD, LIBC].map(part).into();
        let (rustc, sysroot) = (PathBuf::new(), PathBuf::new());
        Some(Toolchain { rustc, sysroot, target: String::new(), commit: None, parts })
    }

    /// Whether both have the same Rust compiler, so that each can use what the other made.
    pub fn has_rustc_of(&self, other: &Toolchain) -> bool {
        self.rustc_part() == other.rustc_part()
    }

    /// The first words of what the Rust compiler says about itself.
    pub fn rustc_version(&self) -> &str {
        let told = self.rustc_part();
        told.split(';').next().unwrap_or(told)
    }

    fn rustc_part(&self) -> &str {
        self.parts.iter().find(|(name, _)| *name == RUSTC).map_or("", |(_, version)| version)
    }

    /// The flag that gives the standard library's files the same names everywhere. Where
    /// their source is installed, as rust-analyzer wants it, rustc would name them by their
    /// place there, in panics of programs.
    pub fn flag_for_std(&self) -> Option<String> {
        let source = self.sysroot.join("lib/rustlib/src/rust");
        let commit = self.commit.as_ref()?;
        Some(format!("--remap-path-prefix={}=/rustc/{commit}", source.display()))
    }

    /// Adds every part to a key.
    pub fn add(&self, key: KeyBuilder) -> KeyBuilder {
        // Programs from before `flag_for_std` depended on more.
        let key = key.text("std", "named alike");
        self.parts.iter().fold(key, |key, (what, which)| key.text(what, which))
    }
}

/// The version of a part that this host does not have.
pub fn none() -> String {
    "none".to_owned()
}

/// The Rust compiler. If Cargo started this program, the compiler is next to Cargo.
/// Otherwise the `rustc` on the PATH may be rustup's. That file stays the same when the
/// toolchain is updated, so it is asked, once in a process.
pub fn rustc() -> Result<PathBuf, ToolchainError> {
    static ASKED: OnceLock<PathBuf> = OnceLock::new();
    let beside =
        |cargo: PathBuf| Some(cargo.with_file_name("rustc")).filter(|rustc| rustc.is_file());
    if let Some(rustc) = std::env::var_os("CARGO").map(PathBuf::from).and_then(beside) {
        return Ok(rustc);
    }
    if let Some(rustc) = ASKED.get() {
        return Ok(rustc.clone());
    }
    let rustc = on_path("rustc").ok_or(ToolchainError::NoRustc)?;
    let mut command = Command::new(&rustc);
    command.arg("--print=sysroot");
    let output = command.output().map_err(|source| ToolchainError::Start { rustc, source })?;
    let sysroot = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let rustc = Some(Path::new(&sysroot).join("bin/rustc"))
        .filter(|rustc| rustc.is_file())
        .ok_or(ToolchainError::NoRustc)?;
    Ok(ASKED.get_or_init(|| rustc).clone())
}

/// The C library that programs are linked with.
fn libc(cache: &Cache) -> Result<Option<PathBuf>, CacheError> {
    let Some(linker) = on_path(LINKER) else { return Ok(None) };
    let path = told(cache, &linker, &["-print-file-name=libc.a"])?;
    // If gcc has no such file, it prints the bare name.
    Ok(Some(PathBuf::from(path.trim())).filter(|path| path.is_absolute()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A program with a panic of the standard library in it.
    const PROGRAM: &str = "fn main() {
        let names: std::collections::BTreeMap<_, _> =
            std::env::args().enumerate().map(|(n, name)| (name, n)).collect();
        names.keys().for_each(|name| println!(\"{}\", &name[1..]));
    }";

    /// Links everything in a folder into another one.
    fn link_all(from: &Path, to: &Path, except: &str) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name() != except {
                symlink(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
    }

    /// The compiled program where the library's source is installed or not.
    fn compiled(toolchain: &Toolchain, has_source: bool, maps: bool) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let sysroot = folder.path().join("sysroot");
        let rustlib = Path::new("lib/rustlib");
        link_all(&toolchain.sysroot, &sysroot, "lib");
        link_all(&toolchain.sysroot.join("lib"), &sysroot.join("lib"), "rustlib");
        link_all(&toolchain.sysroot.join(rustlib), &sysroot.join(rustlib), "src");
        if has_source {
            let std = sysroot.join("lib/rustlib/src/rust/library/std/src");
            fs::create_dir_all(&std).unwrap();
            fs::write(std.join("lib.rs"), "").unwrap();
        }
        let toolchain = Toolchain { sysroot: sysroot.clone(), ..toolchain.clone() };
        fs::write(folder.path().join("main.rs"), PROGRAM).unwrap();
        let mut rustc = Command::new(&toolchain.rustc);
        rustc.arg("--sysroot").arg(&sysroot).args(["-Copt-level=2", "-Cstrip=symbols"]);
        rustc.args(toolchain.flag_for_std().filter(|_| maps));
        rustc.args(["main.rs", "-omain"]).current_dir(folder.path());
        let output = rustc.output().unwrap();
        assert!(output.ended.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read(folder.path().join("main")).unwrap()
    }

    #[test]
    fn the_source_of_the_library_changes_no_program() {
        let cache = tempfile::tempdir().unwrap();
        let toolchain = Toolchain::here(&Cache::at(cache.path()).unwrap()).unwrap();
        let without = compiled(&toolchain, false, true);
        assert!(compiled(&toolchain, true, true) == without, "it is in the program");
        // It would be there.
        assert!(compiled(&toolchain, true, false) != without, "the test shows nothing");
        assert!(compiled(&toolchain, false, false) == without, "the flag changes a program");
    }
}
