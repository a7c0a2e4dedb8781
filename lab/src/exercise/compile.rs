//! Compiles everything that a submission's run needs.
//!
//! A student's file is compiled alone and directly by the compiler, so no manifest, build
//! script or other file of the student has any effect. Cargo has compiled the crates that
//! it may use before, from the lab's own sources.

mod blame;
mod harness;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use builder::cache::{Cache, CacheError, Key};
use builder::guest::kmods::{self, KmodError};
use builder::guest::payload::PayloadFile;
use builder::guest::programs::{self, Place, ProgramError};
use builder::host::toolchain::{LD, LIBC, LINKER, Toolchain, ToolchainError};
use builder::kernel::Kernel;
use builder::progress::Progress;
use builder::sandbox::{self, Finished, Sandbox, SandboxError};
use explain::{ExitStatus, Explain};
use fs_err as fs;
use host::HostError;
use protocol::GuestFile;
use serde::Deserialize;

use blame::Source;

use super::{Exercise, Sample, StudentFile};

/// The compiled program's file in its cache entry.
const PROGRAM: &str = "student";

/// The kind of the cache's entries with crates.
const CRATES: &str = "crates";

/// The crate that starts a student's program.
pub const STUDENT: &str = "guest-programs/student";

/// Like the flags of [`programs::build`], but for fast compilation, because a student
/// waits.
const FLAGS: &[&str] = &["--edition=2024", "-Copt-level=1", "-Cstrip=symbols"];

/// Why a submission, or something that it needs, could not be compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    #[error(transparent)]
    Kmod(#[from] KmodError),
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error("`{}` does not compile", file.display())]
    Compile {
        file: PathBuf,
        /// The compiler's output, with the student's path.
        output: String,
    },
    #[error("the exercise's own `{}` does not compile", folder.display())]
    Harness {
        folder: PathBuf,
        /// The compiler's output.
        output: String,
    },
    #[error(
        "compiling `{}` takes more than a compiler gets: {} s, {} MiB of memory, files of {} MiB",
        file.display(), sandbox::CPU_S, sandbox::ADDRESS_SPACE >> 20, sandbox::FILE_SIZE >> 20
    )]
    Excess { file: PathBuf },
    #[error("failed to compile `{}`, which need not be its fault: {reason}", file.display())]
    Unexplained {
        file: PathBuf,
        reason: String,
        /// The compiler's output.
        output: String,
    },
    /// The error names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("failed to understand what cargo built: {0}")]
    Cargo(String),
}

impl Explain for CompileError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            CompileError::Sandbox(SandboxError::Unsupported) => ExitStatus::Unavailable,
            CompileError::Host(error) => error.exit_status(),
            CompileError::Kmod(error) => error.exit_status(),
            _ => ExitStatus::Build,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            CompileError::Sandbox(SandboxError::Unsupported) => Some(
                "Landlock wants Linux 5.13 or newer and `landlock` among its security modules; \
                 without it a stranger's file is not compiled"
                    .to_owned(),
            ),
            CompileError::Host(error) => error.hint(),
            CompileError::Kmod(error) => error.hint(),
            _ => None,
        }
    }

    /// The compiler's output, if the compiler failed.
    fn details(&self) -> Option<&str> {
        match self {
            CompileError::Compile { output, .. }
            | CompileError::Unexplained { output, .. }
            | CompileError::Harness { output, .. }
            | CompileError::Program(ProgramError::Compile { output, .. })
            | CompileError::Kmod(KmodError::Compile { output, .. }) => Some(output),
            _ => None,
        }
    }
}

/// Compiled crates that programs of an exercise may use.
#[derive(Debug, Clone)]
pub struct Crates {
    folder: PathBuf,
    key: Key,
    /// File names in `folder`, keyed by crate name.
    externs: BTreeMap<String, String>,
}

impl Crates {
    /// Reads a cache entry.
    fn read(folder: PathBuf, key: Key) -> Result<Crates, CompileError> {
        let json = fs::read(folder.join(EXTERNS))?;
        let externs =
            serde_json::from_slice(&json).map_err(|e| CompileError::Cargo(e.to_string()))?;
        Ok(Crates { folder, key, externs })
    }

    /// The same with the names that a text uses from the time when lessons had numbers:
    /// `lesson_12_netlink` for `netlink`. A student's file outlives an update of the lab.
    fn with_old_names(&self, text: &str) -> Crates {
        let mut crates = self.clone();
        for numbered in text.split("lesson_").skip(1) {
            let end = numbered.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let numbered = &numbered[..end.unwrap_or(numbered.len())];
            let Some((number, name)) = numbered.split_once('_') else { continue };
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            if let (true, Some(file)) = (is_number, self.externs.get(name)) {
                crates.externs.insert(format!("lesson_{numbered}"), file.clone());
            }
        }
        crates
    }
}

/// Compiles things for exercises.
pub struct Compiler<'a> {
    /// The tree that contains the lessons.
    pub root: &'a Path,
    pub cache: &'a Cache,
    pub progress: &'a dyn Progress,
}

impl Compiler<'_> {
    /// Compiles the crates for a lesson: nix, the lab's own, and the lesson's library
    /// with its dependencies.
    pub fn crates(&self, exercise: &Exercise) -> Result<Crates, CompileError> {
        let folder = &exercise.lesson.folder;
        let package = exercise.lesson.name.to_string();
        let toolchain = Toolchain::here(self.cache)?;
        let packed = Toolchain::of_pack();
        // Whatever links a program, the same compiler can use the same crates.
        if let Some(packed) = packed.as_ref().filter(|packed| packed.has_rustc_of(&toolchain)) {
            let key = self.crates_key(packed, exercise)?;
            if let Some(entry) = self.cache.find(CRATES, &key) {
                return Crates::read(entry, key);
            }
        }
        let key = self.crates_key(&toolchain, exercise)?;
        let entry = self.cache.entry(CRATES, &key, self.progress, |target| {
            if let Some(packed) = &packed {
                self.progress.note(&format!(
                    "compiling the crates of {package}: {}",
                    other_rustc(packed, &toolchain)
                ));
            }
            let _stage = self.progress.begin_at("crates", &package);
            self.build_crates(&toolchain, folder, &package, target)
        })?;
        Crates::read(entry, key)
    }

    /// The hash of everything that the crates are compiled from.
    fn crates_key(&self, toolchain: &Toolchain, exercise: &Exercise) -> Result<Key, CompileError> {
        let student = programs::key(toolchain, &builder::root(), &builder::root().join(STUDENT))?;
        let lesson = programs::key(toolchain, self.root, &exercise.lesson.folder)?;
        let key = Key::builder("crates").text("lesson", &lesson.to_string());
        Ok(key.text("student", &student.to_string()).finish())
    }

    fn build_crates(
        &self,
        toolchain: &Toolchain,
        folder: &Path,
        package: &str,
        target: &Path,
    ) -> Result<(), CompileError> {
        let mut packages = vec!["student", "steps"];
        if folder.join("src/lib.rs").is_file() {
            packages.push(package);
        }
        let mut direct = direct_dependencies(&folder.join("Cargo.toml"))?;
        direct.extend(["student", "marker", "steps", "nix"].map(str::to_owned));
        direct.push(package.replace('-', "_"));
        let mut externs = BTreeMap::new();
        ::host::require(&[LINKER, LD, LIBC])?;
        let place = Place::new(self.root, self.cache, self.progress)?;
        for package in packages {
            for artifact in programs::libraries(&place, toolchain, package, target)? {
                for file in artifact.files {
                    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let to = target.join(&name);
                    fs::copy(&file, &to)?;
                    if direct.contains(&artifact.name) && name.ends_with(".rlib") {
                        externs.insert(artifact.name.clone(), name);
                    }
                }
            }
        }
        let path = target.join(EXTERNS);
        let json = serde_json::to_vec(&externs).map_err(|e| CompileError::Cargo(e.to_string()))?;
        Ok(fs::write(&path, json)?)
    }

    /// Compiles a student's program.
    fn program(&self, source: Source<'_>, crates: &Crates) -> Result<Built, CompileError> {
        let toolchain = Toolchain::here(self.cache)?;
        let flags = flags(FLAGS);
        let key = toolchain
            .add(Key::builder("submission with its warnings"))
            .text("flags", &flags.join("\0"))
            .text("named", NAMELESS)
            .text("crates", &crates.key.to_string())
            .text("file", source.text)
            .finish();
        let entry = self.cache.entry("submissions", &key, self.progress, |target| {
            ::host::require(&[LINKER, LD, LIBC])?;
            let compile = |folder: &Path, text: &str| {
                fs::write(folder.join(MAIN), text)?;
                let crates = crates.with_old_names(text);
                let mut finished = rustc(&toolchain, &flags, folder, &crates)?;
                let named = format!("{NAMELESS}/{MAIN}");
                finished.output =
                    finished.output.replace(&named, &source.path.display().to_string());
                Ok(finished)
            };
            let (folder, output) = source.compile(target, compile, blame::rustc_names_place)?;
            let (program, to) = (folder.path().join(PROGRAM), target.join(PROGRAM));
            fs::copy(&program, &to)?;
            write_warnings(target, &output, source.path)
        })?;
        Built::read(&entry, PROGRAM, source.path)
    }

    /// Compiles one file to a module with the same base name as the exercise's file.
    fn module(
        &self,
        source: Source<'_>,
        exercise: &Exercise,
        kernel: &Kernel,
        lines: Lines,
    ) -> Result<Built, CompileError> {
        let name = exercise.file.name();
        let stem = name.strip_suffix(".c").unwrap_or(name);
        let kmods_folder = builder::root().join("kmods");
        let symbols = kmods::trace_symbols(&builder::root(), kernel, self.cache, self.progress)?;
        let mut key = Key::builder("student module with its warnings")
            .text("kernel", &kernel.key.to_string())
            .tree("include", &kmods_folder.join(kmods::INCLUDE))?
            .file("symbols", &symbols)?
            .text("name", name)
            .text("file", source.text);
        key = kmods::compiled_here(kernel, self.cache, key)?;
        let headers = self.headers(exercise)?;
        for header in &headers {
            key = key.file(&header.file_name().unwrap_or_default().to_string_lossy(), header)?;
        }
        let flags = match lines {
            Lines::AsTheKernel => "",
            Lines::Known => {
                key = key.text("lines", "known");
                " -g"
            }
        };
        let entry = self.cache.entry("submissions", &key.finish(), self.progress, |target| {
            let compile = |folder: &Path, text: &str| {
                let module = folder.join("module");
                let include = folder.join(kmods::INCLUDE);
                kmods::copy_folder(&kmods_folder.join(kmods::INCLUDE), &include)?;
                fs::create_dir(&module)?;
                for header in &headers {
                    let to = module.join(header.file_name().unwrap_or_default());
                    fs::copy(header, &to)?;
                }
                let kbuild =
                    format!("obj-m := {stem}.o\nccflags-y := -I$(src)/../include{flags}\n");
                for (name, text) in [("Kbuild", kbuild.as_str()), (name, text)] {
                    let path = module.join(name);
                    fs::write(&path, text)?;
                }
                let sandbox = Sandbox {
                    read: vec![
                        kernel.build_dir.clone(),
                        kernel.source.dir.clone(),
                        symbols.clone(),
                    ],
                    write: folder.to_owned(),
                };
                let mut args = kmods::make_arguments(kernel, &module, folder, &symbols, "");
                args.push("--silent".to_owned());
                let environment = [
                    ("PATH", OsStr::new("/usr/bin:/bin:/usr/sbin:/sbin")),
                    ("KBUILD_BUILD_TIMESTAMP", OsStr::new("@0")),
                ];
                let make = Path::new("/usr/bin/make");
                let mut finished = sandbox.run(make, &args, &environment, folder)?;
                finished.output = compilers_own(&finished.output)
                    .replace(&format!("{}/", module.display()), &shown_folder(source.path));
                Ok(finished)
            };
            let (folder, output) = source.compile(target, compile, blame::cc_names_place)?;
            let built = folder.path().join("module").join(format!("{stem}.ko"));
            let to = target.join(format!("{stem}.ko"));
            fs::copy(&built, &to)?;
            write_warnings(target, &output, source.path)
        })?;
        Built::read(&entry, &format!("{stem}.ko"), source.path)
    }

    /// Compiles a student's module alone. Returns it and what the compiler said about it.
    pub fn student_module(
        &self,
        exercise: &Exercise,
        path: &Path,
        text: &str,
        kernel: &Kernel,
    ) -> Result<(PayloadFile, Option<String>), CompileError> {
        let right = exercise.sample(&Sample::Solution);
        let source = Source { path, text, right: &right };
        let Built { host, warnings } = self.module(source, exercise, kernel, Lines::AsTheKernel)?;
        let name = host.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((PayloadFile { guest: name.into(), host }, warnings))
    }

    /// Compiles a student's module once more, so that it knows the lines of its
    /// instructions.
    pub(super) fn module_with_lines(
        &self,
        exercise: &Exercise,
        path: &Path,
        text: &str,
        kernel: &Kernel,
    ) -> Result<PathBuf, CompileError> {
        let source = Source { path, text, right: &exercise.sample(&Sample::Solution) };
        Ok(self.module(source, exercise, kernel, Lines::Known)?.host)
    }

    /// The headers that a student's module may include, besides the shared ones.
    fn headers(&self, exercise: &Exercise) -> Result<Vec<PathBuf>, CompileError> {
        let mut headers = Vec::new();
        for kmod in exercise.headers() {
            let folder = self.root.join("kmods").join(kmod);
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.extension().is_some_and(|extension| extension == "h") {
                    headers.push(path);
                }
            }
        }
        headers.sort();
        Ok(headers)
    }

    /// Compiles a student's file. Returns the files for the payload, programs and modules
    /// separately.
    pub fn submission(
        &self,
        exercise: &Exercise,
        path: &Path,
        text: &str,
        kernel: &Kernel,
    ) -> Result<Compiled, CompileError> {
        let harness = self.harness(exercise)?;
        let mut programs = vec![PayloadFile { guest: GuestFile::HARNESS, host: harness }];
        let mut modules = Vec::new();
        let warnings = match &exercise.file {
            StudentFile::Program { .. } => {
                let right = exercise.sample(&Sample::Solution);
                let source = Source { path, text, right: &right };
                let Built { host, warnings } = self.program(source, &self.crates(exercise)?)?;
                programs.push(PayloadFile { guest: GuestFile::STUDENT, host });
                warnings
            }
            StudentFile::Module { .. } => {
                let (file, warnings) = self.student_module(exercise, path, text, kernel)?;
                modules.push(file);
                warnings
            }
        };
        Ok(Compiled { programs, modules, warnings })
    }
}

/// The files in the payload of a run.
#[derive(Debug, Clone)]
pub struct Compiled {
    pub programs: Vec<PayloadFile>,
    pub modules: Vec<PayloadFile>,
    /// What the compiler said about the student's file although it accepted it.
    pub warnings: Option<String>,
}

/// Whether a module knows the lines of its instructions.
#[derive(Debug, Clone, Copy)]
enum Lines {
    /// If its kernel does.
    AsTheKernel,
    Known,
}

/// A student's compiled file.
struct Built {
    host: PathBuf,
    warnings: Option<String>,
}

impl Built {
    /// Reads what is in a cache entry. Messages call the student's file `path`.
    fn read(entry: &Path, file: &str, path: &Path) -> Result<Built, CompileError> {
        let warnings = fs::read_to_string(entry.join(WARNINGS))?;
        let warnings = warnings.replace(ITS_FILE, &path.display().to_string());
        let warnings = Some(warnings).filter(|warnings| !warnings.trim().is_empty());
        Ok(Built { host: entry.join(file), warnings })
    }
}

/// Keeps a compiler's output in a cache entry. The entry is the same for every student, so
/// their file is named by [`ITS_FILE`].
fn write_warnings(entry: &Path, output: &str, path: &Path) -> Result<(), CompileError> {
    let output = output.replace(&path.display().to_string(), ITS_FILE);
    Ok(fs::write(entry.join(WARNINGS), output)?)
}

/// The file in a cache entry with the compiler's output.
const WARNINGS: &str = "warnings.txt";

/// The student's file in [`WARNINGS`]. No compiler prints this.
const ITS_FILE: &str = "\u{1}";

/// Why crates of a pack are compiled again.
fn other_rustc(packed: &Toolchain, here: &Toolchain) -> String {
    match packed.has_rustc_of(here) {
        true => "the pack has none for these sources".to_owned(),
        false => format!(
            "the pack's are for {}, and this is {}",
            packed.rustc_version(),
            here.rustc_version()
        ),
    }
}

/// The flags for a program, and those that all guest programs are linked with.
fn flags(own: &[&str]) -> Vec<String> {
    own.iter().map(|&flag| flag.to_owned()).chain(programs::flags()).collect()
}

/// Compiles the [`MAIN`] in a folder, with the modules beside it, to [`PROGRAM`] there.
fn rustc(
    toolchain: &Toolchain,
    flags: &[String],
    folder: &Path,
    crates: &Crates,
) -> Result<Finished, CompileError> {
    let mut args = flags.to_owned();
    args.extend([
        format!("--crate-name={PROGRAM}"),
        // The same file gives the same program for every student.
        format!("--remap-path-prefix={}={NAMELESS}", folder.display()),
        format!("-Ldependency={}", crates.folder.display()),
        format!("-o{}", folder.join(PROGRAM).display()),
    ]);
    args.extend(toolchain.flag_for_std());
    for (name, file) in &crates.externs {
        args.push(format!("--extern={name}={}", crates.folder.join(file).display()));
    }
    args.push(folder.join(MAIN).display().to_string());
    let sandbox = Sandbox {
        read: vec![toolchain.sysroot.clone(), crates.folder.clone()],
        write: folder.to_owned(),
    };
    let environment = [("PATH", OsStr::new("/usr/bin:/bin"))];
    Ok(sandbox.run(&toolchain.rustc, &args, &environment, folder)?)
}

/// The folder of a program's source, as it appears in the compiled program.
pub const NAMELESS: &str = "submission";

/// The file in that folder where a program begins.
pub const MAIN: &str = "main.rs";

/// The file in a cache entry that lists the crates.
const EXTERNS: &str = "externs.json";

/// The names under `[dependencies]` in a manifest, in Rust's spelling.
fn direct_dependencies(manifest: &Path) -> Result<Vec<String>, CompileError> {
    #[derive(Deserialize)]
    struct Manifest {
        #[serde(default)]
        dependencies: toml::Table,
    }
    let text = fs::read_to_string(manifest)?;
    let manifest: Manifest =
        toml::from_str(&text).map_err(|e| CompileError::Cargo(e.to_string()))?;
    Ok(manifest.dependencies.keys().map(|name| name.replace('-', "_")).collect())
}

/// The compiler's part of the output, without make's messages: those about its commands,
/// and that another compiler built the kernel, as it did in a pack.
fn compilers_own(output: &str) -> String {
    const MAKES: [&str; 5] = [
        "make: ",
        "make[",
        "warning: the compiler differs from the one used to build the kernel",
        "  The kernel was built by: ",
        "  You are using: ",
    ];
    let is_makes = |line: &&str| MAKES.iter().any(|start| line.starts_with(start));
    output.lines().filter(|line| !is_makes(line)).map(|line| format!("{line}\n")).collect()
}

/// The name of a student's folder in messages.
fn shown_folder(path: &Path) -> String {
    match path.parent().map(|folder| folder.display().to_string()) {
        Some(folder) if !folder.is_empty() => format!("{folder}/"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_make_says_is_no_warning_about_the_file() {
        let output = "warning: the compiler differs from the one used to build the kernel\n  \
                      The kernel was built by: gcc 12\n  You are using:           gcc 14\n\
                      a.c:1:1: warning: unused\nmake[2]: *** [Makefile:1] Error 1\n";
        assert_eq!(compilers_own(output), "a.c:1:1: warning: unused\n");
    }

    #[test]
    fn a_crate_is_known_by_the_name_that_it_had() {
        let externs = [("netlink", "libnetlink.rlib"), ("nix", "libnix.rlib")];
        let externs = externs.map(|(name, file)| (name.to_owned(), file.to_owned())).into();
        let crates = Crates { folder: PathBuf::new(), key: Key::builder("k").finish(), externs };
        let names =
            |text: &str| crates.with_old_names(text).externs.into_keys().collect::<Vec<_>>();
        for text in ["use netlink::x;", "use lesson_netlink::x;", "use lesson_12_other;", "lesson_"]
        {
            assert_eq!(names(text), ["netlink", "nix"], "{text}");
        }
        let found = names("use lesson_12_netlink::{a, b}; lesson_3_netlink::c(lesson_12_netlink)");
        assert_eq!(found, ["lesson_12_netlink", "lesson_3_netlink", "netlink", "nix"]);
    }
}
