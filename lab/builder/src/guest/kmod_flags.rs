//! The compiler's flags for a module, for editors: what Kbuild gives to the compiler when
//! it builds one.

use std::path::Path;

use fs_err as fs;

use super::kmods::{KmodError, entry, make, make_arguments, workplace};
use crate::cache::{Cache, Key};
use crate::kernel::Kernel;
use crate::progress::Progress;

/// A module that is built only to see how.
const FILES: [(&str, &str); 2] = [
    ("Kbuild", "obj-m := student.o\n"),
    ("student.c", "#include <linux/module.h>\nMODULE_LICENSE(\"GPL\");\n"),
];

/// The file where Kbuild keeps the command that made an object.
const COMMAND: &str = ".student.o.cmd";

/// The file in the cache entry. Kernel and source may be moved later, so their places are
/// left open in it.
const FLAGS: &str = "flags";
const SOURCE: &str = "{source}";
const BUILD: &str = "{build}";

/// The flags that decide what a module's text means, for any version of clang. Paths are
/// absolute.
pub fn flags(
    kernel: &Kernel,
    cache: &Cache,
    progress: &dyn Progress,
) -> Result<Vec<String>, KmodError> {
    let key = Key::builder("kmod flags").text("kernel", &kernel.key.to_string());
    let entry = entry(kernel, cache, key, progress, |target| {
        let build = workplace(target)?;
        for (name, text) in FILES {
            fs::write(build.path().join(name), text)?;
        }
        let arguments = make_arguments(kernel, build.path(), build.path(), Path::new(""), "");
        let output = make(&arguments, build.path())?;
        if !output.ended.status.success() {
            let output = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(KmodError::Compile { kmod: "student".to_owned(), output });
        }
        let command = fs::read_to_string(build.path().join(COMMAND))?;
        let flags = meaning(&command)
            .into_iter()
            .map(|flag| flag.replace(&kernel.source.dir.display().to_string(), SOURCE))
            .map(|flag| format!("{flag}\n"))
            .collect::<String>();
        Ok(fs::write(target.join(FLAGS), flags)?)
    })?;
    let text = fs::read_to_string(entry.join(FLAGS))?
        .replace(SOURCE, &kernel.source.dir.display().to_string())
        .replace(BUILD, &kernel.build_dir.display().to_string());
    Ok(text.lines().map(str::to_owned).collect())
}

/// The flags in a command file of Kbuild that decide what the text means. The others say
/// what code to make of it, and some of them only gcc knows.
fn meaning(command: &str) -> Vec<String> {
    const LANGUAGE: [&str; 7] = [
        "-nostdinc",
        "-m64",
        "-fno-common",
        "-fno-strict-aliasing",
        "-fms-extensions",
        "-fshort-wchar",
        "-funsigned-char",
    ];
    let command = command.lines().next().unwrap_or_default();
    let command = command.split_once(":= ").map_or("", |(_, command)| command);
    // After the compiler's command, there may be objtool's.
    let command = command.split(" ; ").next().unwrap_or_default();
    let mut words = shlex::split(command).unwrap_or_default().into_iter();
    let mut flags = Vec::new();
    while let Some(word) = words.next() {
        if let Some(folder) = word.strip_prefix("-I./") {
            flags.push(format!("-I{BUILD}/{folder}"));
        } else if word == "-include" {
            flags.extend([Some(word), words.next()].into_iter().flatten());
        } else if LANGUAGE.contains(&word.as_str())
            || ["-I", "-D", "-std=", "-mno-"].iter().any(|start| word.starts_with(start))
            || word.starts_with("-W") && !word.contains(',')
        {
            flags.push(word);
        }
    }
    // Each version of a compiler has warnings that the others do not know.
    flags.push("-Wno-unknown-warning-option".to_owned());
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decides_the_meaning_is_kept() {
        let command = "savedcmd_/m/student.o := gcc -Wp,-MMD,/m/.student.o.d -nostdinc -I/s/include \
                       -I./include -include /s/include/linux/kconfig.h -D__KERNEL__ -std=gnu11 \
                       -funsigned-char -mno-sse -mpreferred-stack-boundary=3 -fconserve-stack -Os \
                       -Wall -DKBUILD_MODNAME='\"student\"' -c -o /m/student.o /m/student.c \
                       ; ./tools/objtool/objtool --module -Dx /m/student.o\n\nsource_ := -Dy\n";
        let flags = [
            "-nostdinc",
            "-I/s/include",
            "-I{build}/include",
            "-include",
            "/s/include/linux/kconfig.h",
            "-D__KERNEL__",
            "-std=gnu11",
            "-funsigned-char",
            "-mno-sse",
            "-Wall",
            "-DKBUILD_MODNAME=\"student\"",
            "-Wno-unknown-warning-option",
        ];
        assert_eq!(meaning(command), flags);
    }
}
