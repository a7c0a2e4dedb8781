//! `exec`: the lab finds a dynamic program's libraries by reading files. The result is
//! what the program's own linker would say, and nothing of it runs on the host.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use lab::error::Error;
use lab::exec::{ExecutableError, Guest};
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;

use crate::Test;
use crate::exec::{FolderCheck, exec, in_folders, same};

const CHECKS: &[(&str, FolderCheck)] = &[
    ("libraries-are-those-of-the-systems-linker", linkers_own),
    ("libraries-are-found-as-their-builder-said", search_paths),
    ("a-stranger's-linker-is-not-run", planted_linker),
    ("a-library-that-is-not-found-is-named", lost_library),
    ("a-program-may-be-a-link", linked),
    ("a-32-bit-program-has-its-libraries", dynamic_32),
];

/// One test per property, each in its own folder.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    in_folders(lab, machine, "exec", CHECKS)
}

/// For each dynamic program that the distribution installed, the lab finds what the
/// system's linker finds. The linker is asked for the guest's processor.
fn linkers_own(_: &Path) -> Result<(), Failed> {
    let mut wrong = String::new();
    let mut compared = 0;
    for folder in ["/usr/bin", "/usr/sbin", "/usr/libexec", "/usr/games"] {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries {
            // If a linker is called by name, its `$ORIGIN` is the link's folder.
            let Ok(program) = entry?.path().canonicalize() else { continue };
            let Some(linker) = interpreter(&program) else { continue };
            let asked = Command::new(&linker)
                .args(["--glibc-hwcaps-mask", "none", "--list"])
                .arg(&program)
                .env_clear()
                .output()?;
            let theirs = listed(&String::from_utf8_lossy(&asked.stdout));
            let (files, links) = (BTreeMap::new(), BTreeMap::new());
            let guest = Guest { files: &files, links: &links, shell: false };
            let ours = match lab::exec::needs(&program, guest) {
                Ok(files) => Some(
                    files
                        .into_iter()
                        .skip(1)
                        .map(|file| file.path)
                        .filter(|path| *path != linker && path != "/etc/ld.so.cache")
                        .collect(),
                ),
                Err(ExecutableError::NoLibrary { .. }) => None,
                Err(other) => return Err(other.to_string().into()),
            };
            compared += 1;
            if ours != theirs {
                wrong += &format!("{}: {ours:?}, but {theirs:?}\n", program.display());
            }
        }
    }
    match wrong.is_empty() && compared > 100 {
        true => Ok(()),
        false => Err(format!("of {compared} programs:\n{wrong}").into()),
    }
}

/// The linker of a dynamic program, from readelf(1).
fn interpreter(program: &Path) -> Option<String> {
    let output = Command::new("readelf").args(["-l", "-W"]).arg(program).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.split_once("program interpreter: ")?.1.split_once(']')?.0.to_owned())
}

/// The paths in the output of `ld.so --list`, or `None` if a library was not found. Lines
/// look like `libc.so.6 => /lib/libc.so.6 (0x7f…)`.
fn listed(text: &str) -> Option<BTreeSet<String>> {
    let mut paths = BTreeSet::new();
    for line in text.lines().map(str::trim) {
        let (name, place) = line.split_once(" => ").unwrap_or((line, line));
        if place.starts_with("not found") {
            return None;
        }
        let path = place.rsplit_once(" (0x").map_or(place, |(path, _)| path);
        if path.starts_with('/') && !name.starts_with("/lib") && !name.contains("ld-linux") {
            paths.insert(path.to_owned());
        }
    }
    Some(paths)
}

/// Compiles a C text.
fn gcc(text: &str, to: &Path, flags: &[&str]) -> Result<(), Failed> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let source = to.with_extension("c");
    std::fs::write(&source, text)?;
    let output = Command::new("gcc").arg("-o").arg(to).arg(&source).args(flags).output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
    }
}

/// Builds a library whose function `f` returns a number.
fn library(path: &Path, number: u32) -> Result<(), Failed> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let text = format!("int f(void) {{ return {number}; }}");
    gcc(&text, path, &["-shared", "-fPIC", &format!("-Wl,-soname,{name}")])
}

const CALLS_F: &str = "int f(void); int main(void) { return f(); }";

/// Each program ends with the number of the library that it should find.
fn search_paths(folder: &Path) -> Result<(), Failed> {
    let path = |name: &str| folder.join(name);
    let text = |name: &str| path(name).display().to_string();
    let old = "-Wl,--disable-new-dtags";
    library(&path("lib/libf.so"), 1)?;
    library(&path("bin/x86_64/libf.so"), 2)?;
    library(&path("hwcaps/libf.so"), 3)?;
    // A library that the guest's processor cannot run.
    library(&path("hwcaps/glibc-hwcaps/x86-64-v2/libf.so"), 4)?;
    // A library that needs another, found by its own path or by the path of the object
    // that needs it.
    let lib = text("lib");
    let beside = ["-shared", "-fPIC", "-L", &lib, "-lf", "-Wl,-soname,libg.so"];
    let calls = "int f(void); int g(void) { return 10 + f(); }";
    gcc(calls, &path("plain/libg.so"), &beside)?;
    let own = [&beside[..], &["-Wl,-rpath,$ORIGIN/../lib"]].concat();
    gcc(calls, &path("own/libg.so"), &own)?;
    let calls_g = "int g(void); int main(void) { return g(); }";
    let with =
        |name: &str, flags: &[&str], source: &str, library: &str| -> Result<String, Failed> {
            let program = path("bin").join(name);
            let folder = text(library);
            let flags = [&["-L", &folder, "-Wl,--allow-shlib-undefined"], flags].concat();
            gcc(source, &program, &flags)?;
            Ok(program.display().to_string())
        };
    let (plain, owns) = (text("plain"), text("own"));
    let rpath = |list: &str| format!("-Wl,-rpath,{list}");
    let inherited = rpath(&format!("{plain}:{lib}"));
    let programs = [
        (with("up", &["-lf", &rpath("$ORIGIN/../lib")], CALLS_F, "lib")?, 1),
        (with("braces", &["-lf", &rpath("${ORIGIN}/../lib"), old], CALLS_F, "lib")?, 1),
        // Up from a folder that nothing else needs.
        (with("way", &["-lf", &rpath("$ORIGIN/x86_64/../../lib")], CALLS_F, "lib")?, 1),
        (with("platform", &["-lf", &rpath("$ORIGIN/$PLATFORM")], CALLS_F, "lib")?, 2),
        (with("hwcaps", &["-lf", &rpath("$ORIGIN/../hwcaps")], CALLS_F, "lib")?, 3),
        (with("inherited", &["-lg", &inherited, old], calls_g, "plain")?, 11),
        (with("own", &["-lg", &rpath(&owns)], calls_g, "own")?, 11),
    ];
    for (program, number) in &programs {
        same(&exec(&["--", program], None)?, *number, b"", b"")
            .map_err(|e| format!("{program}: {}", e.message().unwrap_or_default()))?;
    }
    // Folders below folders and `$LIB` differ between distributions and versions of
    // glibc. The result must be that of the host's own linker.
    let below = ["tls/x86_64", "tls", "x86_64", "lib/x86_64-linux-gnu", "lib64", "lib", "."];
    for (number, below) in (20..).zip(below) {
        library(&path("many").join(below).join("libf.so"), number)?;
    }
    for (name, list) in [("below", "$ORIGIN/../many"), ("lib", "$ORIGIN/../many/$LIB")] {
        let program = with(name, &["-lf", &rpath(list)], CALLS_F, "lib")?;
        let status = Command::new(&program).status()?.code().unwrap_or(-1);
        same(&exec(&["--", &program], None)?, status, b"", b"")?;
    }
    // A RUNPATH does not apply to what a library needs.
    let program = with("not-inherited", &["-lg", &inherited], calls_g, "plain")?;
    let message = format!(
        "error: failed to run `{program}`: `{plain}/libg.so` needs `libf.so`, which was not found \
         in: /etc/ld.so.cache, "
    );
    let output = exec(&["--", &program], None)?;
    let found = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.code() == Some(126) && found.starts_with(&message) {
        true => Ok(()),
        false => Err(format!("{}: {found}", output.status).into()),
    }
}

/// A program whose interpreter would write a file where it runs.
fn planted_linker(folder: &Path) -> Result<(), Failed> {
    let written = folder.join("written");
    let text = format!(
        "#include <fcntl.h>\n#include <unistd.h>\n\
         int main(void) {{ return open(\"{}\", O_CREAT | O_WRONLY, 0600) < 0 ? 8 : 7; }}",
        written.display()
    );
    let linker = folder.join("ld-linux-x86-64.so.2");
    gcc(&text, &linker, &["-static-pie"])?;
    let program = folder.join("program");
    let flag = format!("-Wl,--dynamic-linker={}", linker.display());
    gcc("int main(void) { return 0; }", &program, &[&flag])?;
    // In the machine, the kernel starts the interpreter. How it ends there does not
    // matter.
    exec(&["--", &program.to_string_lossy()], None)?;
    if written.exists() {
        return Err("the program's interpreter was run on the host".into());
    }
    // On the host it would have written.
    let status = Command::new(&linker).arg("--list").arg(&program).status()?;
    match (status.code(), written.exists()) {
        (Some(7), true) => Ok(()),
        _ => Err(format!("it shows nothing: {status}").into()),
    }
}

fn lost_library(folder: &Path) -> Result<(), Failed> {
    let (library_file, program) = (folder.join("libf.so"), folder.join("program"));
    library(&library_file, 1)?;
    let near = folder.display().to_string();
    gcc(CALLS_F, &program, &["-L", &near, "-lf", "-Wl,-rpath,$ORIGIN:/nowhere"])?;
    let program = program.to_string_lossy();
    same(&exec(&["--", &program], None)?, 1, b"", b"")?;
    std::fs::write(&library_file, "/* a linker's script */\n")?;
    let message = format!(
        "error: failed to run `{program}`: `{near}/libf.so`, which `{program}` needs, is not a library\n"
    );
    same(&exec(&["--", &program], None)?, 126, b"", message.as_bytes())?;
    std::fs::remove_file(&library_file)?;
    let output = exec(&["--", &program], None)?;
    let found = String::from_utf8_lossy(&output.stderr).into_owned();
    let message = format!(
        "error: failed to run `{program}`: `{program}` needs `libf.so`, which was not found in: \
         {near}, /nowhere, /etc/ld.so.cache, "
    );
    let hint = "\nhint: install the library, carry it to one of these places with --file, or link \
                the program statically: `gcc -static`\n";
    if output.status.code() != Some(126) || !found.starts_with(&message) || !found.ends_with(hint) {
        return Err(format!("{}: {found}", output.status).into());
    }
    // Following the hint works.
    library(&folder.join("elsewhere"), 5)?;
    let carried = format!("{near}/elsewhere:/nowhere/libf.so");
    same(&exec(&["--file", &carried, "--", &program], None)?, 5, b"", b"")
}

/// A link to a program needs what the program needs, and `$ORIGIN` is the program's
/// folder. The path may contain `..`.
fn linked(folder: &Path) -> Result<(), Failed> {
    library(&folder.join("app/lib/libf.so"), 6)?;
    let lib = folder.join("app/lib").display().to_string();
    let program = folder.join("app/bin/program");
    gcc(CALLS_F, &program, &["-L", &lib, "-lf", "-Wl,-rpath,$ORIGIN/../lib"])?;
    std::os::unix::fs::symlink("app/bin/program", folder.join("first"))?;
    std::os::unix::fs::symlink(folder.join("first"), folder.join("second"))?;
    let link = folder.join("app/../second").display().to_string();
    same(&exec(&["--", &link], None)?, 6, b"", b"")
}

/// Works without a 32-bit C library to compile with, because the program exits by itself.
fn dynamic_32(folder: &Path) -> Result<(), Failed> {
    let bare = ["-m32", "-nostdlib", "-fno-stack-protector"];
    let flags = [&bare[..], &["-shared", "-fPIC", "-Wl,-soname,libf.so"]].concat();
    gcc("int f(void) { return 9; }", &folder.join("i686/libf.so"), &flags)?;
    let start = "int f(void);\nvoid _start(void) {\n\
                 int status = f();\n\
                 __asm__ volatile (\"int $0x80\" : : \"a\"(1), \"b\"(status));\n}";
    let lib = folder.join("i686").display().to_string();
    let program = folder.join("program");
    let linked = ["-L", &lib, "-lf", "-Wl,-rpath,$ORIGIN/$PLATFORM"];
    let linker = "-Wl,--dynamic-linker=/lib/ld-linux.so.2";
    gcc(start, &program, &[&bare[..], &linked, &[linker, "-fno-pie", "-no-pie"]].concat())?;
    let program = program.to_string_lossy();
    let output = exec(&["--", &program], None)?;
    if Path::new("/lib/ld-linux.so.2").exists() {
        return same(&output, 9, b"", b"");
    }
    let message = format!(
        "error: failed to run `{program}`: the host lacks its interpreter `/lib/ld-linux.so.2`\n"
    );
    let found = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.code() == Some(126) && found.starts_with(&message) {
        true => Ok(()),
        false => Err(format!("{}: {found}", output.status).into()),
    }
}
