//! Compiles one file to a program, directly by rustc.

use std::ffi::OsStr;
use std::path::Path;

use builder::cache::Key;
use builder::guest::programs;
use builder::host::toolchain::{LD, LIBC, LINKER, Toolchain};
use builder::sandbox::{Finished, Sandbox};
use fs_err as fs;

use super::blame::{self, Source};
use super::crates::Crates;
use super::{Built, CompileError, Compiler, FLAGS, MAIN, NAMELESS, PROGRAM, write_warnings};

impl Compiler<'_> {
    /// Compiles a student's program.
    pub(super) fn program(
        &self,
        source: Source<'_>,
        crates: &Crates,
    ) -> Result<Built, CompileError> {
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
            host::require(&[LINKER, LD, LIBC])?;
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
}

/// The flags for a program, and those that all guest programs are linked with.
pub(super) fn flags(own: &[&str]) -> Vec<String> {
    own.iter().map(|&flag| flag.to_owned()).chain(programs::flags()).collect()
}

/// Compiles the [`MAIN`] in a folder, with the modules beside it, to [`PROGRAM`] there.
pub(super) fn rustc(
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
