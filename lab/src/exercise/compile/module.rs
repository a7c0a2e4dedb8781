//! Compiles one file to a kernel module, by make in the sandbox.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use builder::cache::Key;
use builder::guest::kmods;
use builder::guest::payload::PayloadFile;
use builder::kernel::Kernel;
use builder::sandbox::Sandbox;
use fs_err as fs;

use super::blame::{self, Source};
use super::{Built, CompileError, Compiler, Exercise, Sample, write_warnings};

/// Whether a module knows the lines of its instructions.
#[derive(Debug, Clone, Copy)]
enum Lines {
    /// If its kernel does.
    AsTheKernel,
    Known,
}

impl Compiler<'_> {
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
    pub fn module_with_lines(
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
}
