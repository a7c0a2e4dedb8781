//! `exec --kmod-src`: a stranger's Makefile builds what its folder contains at that
//! moment, and does nothing else to the host.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lab::error::Error;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use tempfile::TempDir;
use vm::command::Accel;

use crate::Test;
use crate::exec::same;

type Check = fn(&Fixture) -> Result<(), Failed>;

const CHECKS: &[(&str, Check)] = &[
    ("what-is-beside-a-folder-counts", beside),
    ("what-a-folder-has-no-more-is-gone", removed),
    ("the-environment-does-not-count", environment),
    ("a-folder-without-a-module-is-told", no_module),
    ("folders-are-built-as-their-authors-do", as_authors_do),
    ("one-that-fails-does-not-hide-the-others", several),
    ("loading-is-in-the-trace", loading),
    ("the-kernel-log-is-shown-as-it-comes", console),
    ("the-kernel-log-is-whole-at-a-panic", console_at_a_panic),
    ("what-is-built-comes-out", built_out),
    ("a-makefile-writes-nothing-outside", writes),
    ("a-makefile-reads-nothing-of-the-person's", reads),
    ("a-makefile-reaches-nobody", connects),
];

/// One test per property.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    lab.saved(machine, Accel::TCG)?;
    let test = |&(name, check): &(&str, Check)| {
        Test::new(format!("exec::kmod-src::{name}"), move || {
            let folder = tempfile::tempdir()?;
            let root = folder.path().canonicalize()?;
            check(&Fixture { _folder: folder, root })
        })
    };
    Ok(CHECKS.iter().map(test).collect())
}

/// A folder that contains folders of modules.
struct Fixture {
    _folder: TempDir,
    root: PathBuf,
}

impl Fixture {
    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Failed> {
        let path = self.path(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(std::fs::write(path, text)?)
    }

    /// Runs `exec --kmod-src FOLDER FLAGS -- cat …`, which prints the word of the module
    /// `say`.
    fn says(&self, folder: &str, flags: &[&str]) -> Result<Output, Failed> {
        let words = [flags, &["--", "cat", "/sys/module/say/parameters/word"]].concat();
        self.exec(folder, &words, &[])
    }

    fn exec(
        &self,
        folder: &str,
        words: &[&str],
        environment: &[(&str, &OsStr)],
    ) -> Result<Output, Failed> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["exec", "--kmod-src"]).arg(self.path(folder)).args(words);
        Ok(command.envs(environment.iter().copied()).stdin(Stdio::null()).output()?)
    }
}

/// A module that says the word `WORD`. `more` is put before its code.
fn say(more: &str) -> String {
    format!(
        "#include <linux/module.h>\n{more}\n\
         static char *word = WORD;\n\
         module_param(word, charp, 0444);\n\
         static int __init say_init(void) {{ return 0; }}\n\
         static void __exit say_exit(void) {{ }}\n\
         module_init(say_init);\n\
         module_exit(say_exit);\n\
         MODULE_LICENSE(\"GPL\");\n"
    )
}

const INCLUDES_WORD: &str = "#include \"word.h\"";

fn is(word: &str) -> String {
    format!("#define WORD \"{word}\"\n")
}

fn expect(output: &Output, word: &str) -> Result<(), Failed> {
    // Only what is built again is reported.
    let stderr = String::from_utf8_lossy(&output.stderr);
    let is_named = stderr.starts_with("module: ") && stderr.lines().count() == 1;
    let stderr = if is_named { &output.stderr[..] } else { b"" };
    same(output, 0, format!("{word}\n").as_bytes(), stderr)
}

/// Checks the status, and that the errors contain a text.
fn refused(output: &Output, status: i32, text: &str) -> Result<(), Failed> {
    let found = String::from_utf8_lossy(&output.stderr);
    match output.status.code() == Some(status) && found.contains(text) {
        true => Ok(()),
        false => Err(format!("{}, without `{text}`:\n{found}", output.status).into()),
    }
}

/// A header, a Makefile and a link's target outside the folder are changed, each without
/// looking newer.
fn beside(fixture: &Fixture) -> Result<(), Failed> {
    fixture.write("path/Makefile", "obj-m := say.o\nccflags-y := -I$(src)/../common\n")?;
    fixture.write("path/say.c", &say(INCLUDES_WORD))?;
    fixture.write("include/Kbuild", "obj-m := say.o\ninclude $(src)/../rules.mk\n")?;
    fixture.write("include/say.c", &say(""))?;
    fixture.write("link/Kbuild", "obj-m := say.o\n")?;
    fixture.write("link/say.c", &say(INCLUDES_WORD))?;
    std::os::unix::fs::symlink("../common/word.h", fixture.path("link/word.h"))?;
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for word in ["one", "two"] {
        fixture.write("common/word.h", &is(word))?;
        fixture.write("rules.mk", &format!("ccflags-y := -DWORD='\"{word}\"'\n"))?;
        for file in ["common/word.h", "rules.mk"] {
            std::fs::File::options().write(true).open(fixture.path(file))?.set_modified(old)?;
        }
        for folder in ["path", "include", "link"] {
            expect(&fixture.says(folder, &[])?, word)?;
        }
    }
    Ok(())
}

fn removed(fixture: &Fixture) -> Result<(), Failed> {
    fixture.write("drv/Kbuild", "obj-m := say.o\n")?;
    fixture.write("drv/say.c", &say(INCLUDES_WORD))?;
    fixture.write("drv/word.h", &is("one"))?;
    expect(&fixture.says("drv", &[])?, "one")?;
    std::fs::remove_file(fixture.path("drv/word.h"))?;
    refused(&fixture.says("drv", &[])?, 125, "word.h: No such file or directory")
}

fn environment(fixture: &Fixture) -> Result<(), Failed> {
    let makefile = "obj-m := say.o\n\
                    ccflags-y := -DWORD='\"none\"'\n\
                    ifeq ($(DEBUG),1)\n\
                    ccflags-y := -DWORD='\"debug\"'\n\
                    endif\n";
    fixture.write("drv/Makefile", makefile)?;
    fixture.write("drv/say.c", &say(""))?;
    let words = ["--", "cat", "/sys/module/say/parameters/word"];
    let flags = [("DEBUG", OsStr::new("1")), ("KCFLAGS", OsStr::new("-DWORD=3"))];
    for trust in [&[][..], &["--trust"]] {
        expect(&fixture.exec("drv", &[trust, &words].concat(), &flags)?, "none")?;
    }
    Ok(())
}

/// The report of `exec` on a folder from which nothing can be loaded.
fn no_module(fixture: &Fixture) -> Result<(), Failed> {
    let empty = "neither the kernel's build nor make alone builds one there\n";
    let hint = "hint: a Kbuild or Makefile names a module by `obj-m := NAME.o`; obj-y is for what \
                is built into a kernel\n";
    fixture.write("userland/Makefile", "all:\n\tgcc -o app app.c\n")?;
    fixture.write("userland/app.c", "int main(void) { return 0; }\n")?;
    fixture.write("into-a-kernel/Makefile", "obj-y := say.o\n")?;
    fixture.write("into-a-kernel/say.c", &say(&is("one")))?;
    for (folder, printed) in
        [("userland", ""), ("into-a-kernel", "  make: *** No targets.  Stop.\n")]
    {
        let place = fixture.path(folder);
        let place = place.display();
        let message = format!(
            "module: {place}\nerror: failed to find a module in `{place}`: {empty}{printed}{hint}"
        );
        same(&fixture.says(folder, &[])?, 125, b"", message.as_bytes())?;
    }
    fixture.write("typo/Makefile", "obj-m := wrong.o\n")?;
    fixture.write("typo/right.c", &say(&is("one")))?;
    let output = fixture.says("typo", &[])?;
    let place = fixture.path("typo").display().to_string();
    refused(&output, 125, &format!("error: failed to build the module `{place}`\n"))?;
    refused(&output, 125, &format!("No rule to make target '{place}/wrong.o'"))?;
    // A module that was built before does not count.
    fixture.write("typo/Makefile", "obj-m := right.o\n")?;
    let loaded = ["--", "cat", "/sys/module/right/parameters/word"];
    expect(&fixture.exec("typo", &loaded, &[])?, "one")?;
    fixture.write("typo/Makefile", "obj-m := wrong.o\n")?;
    refused(&fixture.exec("typo", &loaded, &[])?, 125, "wrong.o")
}

/// Folders below the folder, sources that only `make` itself creates, and folders that
/// only the author's own rule enters.
fn as_authors_do(fixture: &Fixture) -> Result<(), Failed> {
    fixture.write("nested/Makefile", "obj-m := drv/\n")?;
    fixture.write("nested/drv/Makefile", "obj-m := say.o\n")?;
    fixture.write("nested/drv/say.c", &say(&is("nested")))?;
    let made = "obj-m := say.o\n\
                KDIR ?= /lib/modules/$(shell uname -r)/build\n\
                all: word.h\n\
                \t$(MAKE) -C $(KDIR) M=$(CURDIR) modules\n\
                word.h:\n\
                \techo '#define WORD \"made\"' > $@\n";
    fixture.write("made/Makefile", made)?;
    fixture.write("made/say.c", &say(INCLUDES_WORD))?;
    fixture.write("alone/Makefile", "all:\n\t$(MAKE) -C below\n")?;
    fixture.write("alone/below/Makefile", made)?;
    fixture.write("alone/below/say.c", &say(INCLUDES_WORD))?;
    for (folder, word) in [("nested", "nested"), ("made", "made"), ("alone", "made")] {
        expect(&fixture.says(folder, &[])?, word)?;
    }
    Ok(())
}

fn several(fixture: &Fixture) -> Result<(), Failed> {
    let names = "user.o gone.o lacks.o relies.o refuses.o say.o z-base.o";
    fixture.write("drv/Kbuild", &format!("obj-m := {names}\n"))?;
    let module = |name: &str, more: &str, init: &str| {
        let text = say(&format!("{}{more}", is(name))).replace("{ return 0; }", init);
        fixture.write(&format!("drv/{name}.c"), &text)
    };
    let exports = |name: &str| {
        format!("int {name}(void);\nint {name}(void) {{ return 0; }}\nEXPORT_SYMBOL_GPL({name});")
    };
    // It must come after what it needs, although it is named first.
    module("user", "int base(void);", "{ return base(); }")?;
    module("z-base", &exports("base"), "{ return 0; }")?;
    module("gone", "#include <linux/not_there.h>", "{ return 0; }")?;
    module(
        "lacks",
        &format!("int nobodys(void);\n{}", exports("lacking")),
        "{ return nobodys(); }",
    )?;
    module("relies", "int lacking(void);", "{ return lacking(); }")?;
    module("refuses", "", "{ return -ENODEV; }")?;
    module("say", "", "{ return 0; }")?;
    let place = fixture.path("drv").display().to_string();
    let told = format!(
        "module: {place}\n\
         `gone` of `{place}` is not built: linux/not_there.h: No such file or directory\n\
         `lacks` of `{place}` is not built: nobody has `nobodys`\n\
         `relies` of `{place}` is not built: nobody has `lacking`\n\
         failed to load `refuses.ko`: ENODEV: No such device\n"
    );
    let words = ["user", "z_base", "say"].map(|name| format!("/sys/module/{name}/parameters/word"));
    let words: Vec<&str> =
        ["--", "cat"].into_iter().chain(words.iter().map(String::as_str)).collect();
    same(&fixture.exec("drv", &words, &[])?, 0, b"user\nz-base\nsay\n", told.as_bytes())?;
    // If no module can be loaded, nothing is run.
    fixture.write("drv/Kbuild", "obj-m := refuses.o lacks.o\n")?;
    let reason = "error: `cat` was not started: failed to load `refuses.ko`: ENODEV";
    refused(&fixture.says("drv", &[])?, 125, reason)
}

/// A module that prints and does something else when it is loaded.
fn printing(fixture: &Fixture, init: &str) -> Result<(), Failed> {
    fixture.write("drv/Kbuild", "obj-m := say.o\n")?;
    let text = say(&is("one")).replace("{ return 0; }", init);
    fixture.write("drv/say.c", &text)
}

/// Events are recorded before the first module is loaded.
fn loading(fixture: &Fixture) -> Result<(), Failed> {
    printing(fixture, "{ pr_info(\"in init\\n\"); return 0; }")?;
    let words = ["--events", "printk:console,module_load", "--", "/bin/true"];
    let output = fixture.exec("drv", &words, &[])?;
    refused(&output, 0, "module_load name=say ")?;
    refused(&output, 0, "in init")
}

/// The program starts when the reader has seen the module's line, and ends when the
/// reader has seen the program's own.
fn console(fixture: &Fixture) -> Result<(), Failed> {
    printing(fixture, "{ pr_info(\"say: \\x1b[2J\\n\"); return 0; }")?;
    let script = "read word; echo \"$word\" > /dev/kmsg; read word";
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["exec", "--console", "--kmod-src"]).arg(fixture.path("drv"));
    command.args(["--", "sh", "-c", script]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let mut input = child.stdin.take().ok_or("no standard input")?;
    let mut lines = BufReader::new(child.stderr.take().ok_or("no standard error")?).lines();
    for (awaited, answer) in [("say: \\u{1b}[2J", "first"), ("first", "second")] {
        let awaited = format!("| {awaited}");
        loop {
            match lines.next().transpose()? {
                Some(line) if line == awaited => break,
                Some(_) => {}
                None => return Err(format!("`{awaited}` was never shown").into()),
            }
        }
        writeln!(input, "{answer}")?;
    }
    let rest = lines.collect::<Result<Vec<_>, _>>()?;
    match child.wait()?.code() {
        Some(0) => Ok(()),
        status => Err(format!("{status:?}: {rest:?}").into()),
    }
}

/// What is shown is the log, line for line, and showing it does not change it.
fn console_at_a_panic(fixture: &Fixture) -> Result<(), Failed> {
    printing(fixture, "{ panic(\"say\"); }")?;
    let log = |name: &str, flags: &[&str]| -> Result<(String, Output), Failed> {
        let file = fixture.path(name);
        let file = file.to_string_lossy();
        let words = [flags, &["--log", &file, "--", "/bin/true"]].concat();
        let output = fixture.exec("drv", &words, &[])?;
        Ok((std::fs::read_to_string(&*file)?, output))
    };
    let (quiet, _) = log("quiet", &[])?;
    let (shown, output) = log("shown", &["--console"])?;
    refused(&output, 125, "error: the guest kernel panicked: Kernel panic - not syncing: say")?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let marked: Vec<&str> = stderr.lines().filter(|line| line.starts_with('|')).collect();
    let expected: Vec<String> =
        shown.lines().map(|line| format!("| {line}").trim_end().to_owned()).collect();
    match marked == expected && quiet == shown && shown.contains("Kernel panic - not syncing: say")
    {
        true => Ok(()),
        false => Err(format!("the log is\n{shown}\nor\n{quiet}\nbut shown was\n{stderr}").into()),
    }
}

/// The module that comes out can be loaded again.
fn built_out(fixture: &Fixture) -> Result<(), Failed> {
    printing(fixture, "{ return 0; }")?;
    let folder = fixture.path("built/deep");
    let flag = folder.to_string_lossy();
    for _ in 0..2 {
        expect(&fixture.says("drv", &["--kmod-out", &flag])?, "one")?;
    }
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["exec", "--kmod"]).arg(folder.join("say.ko"));
    command.args(["--", "cat", "/sys/module/say/parameters/word"]).stdin(Stdio::null());
    expect(&command.output()?, "one")
}

/// A Makefile that does something when it is read, and names a module.
fn makefile(fixture: &Fixture, attack: &str) -> Result<(), Failed> {
    fixture.write("drv/Makefile", &format!("SHELL := /bin/bash\n{attack}\nobj-m := say.o\n"))?;
    fixture.write("drv/say.c", &say(&is("built")))
}

fn writes(fixture: &Fixture) -> Result<(), Failed> {
    fixture.write("victim", "mine")?;
    let victim = fixture.path("victim");
    let place = victim.display();
    let drv = fixture.path("drv");
    let untouched = |path: &Path| match std::fs::read_to_string(path)?.as_str() {
        "mine" => Ok(()),
        other => Err(Failed::from(format!("`{}` holds {other:?}", path.display()))),
    };
    let attacks = [
        format!("X := $(shell echo theirs > {place})"),
        format!("X := $(shell rm -f {place})"),
        format!("X := $(shell echo theirs > {}/new)", drv.display()),
        // The next build must not write through a link that this one left.
        format!("X := $(shell rm -f $(src)/other.h $(PWD)/other.h; ln -s {place} $(PWD)/other.h)"),
    ];
    for attack in attacks {
        makefile(fixture, &attack)?;
        fixture.write("drv/other.h", "/* one */\n")?;
        expect(&fixture.says("drv", &[])?, "built")
            .map_err(|e| format!("{attack}: {}", e.message().unwrap_or_default()))?;
        fixture.write("drv/other.h", "/* another */\n")?;
        expect(&fixture.says("drv", &[])?, "built")?;
        untouched(&victim)?;
        if drv.join("new").exists() {
            return Err("it has written to its folder".into());
        }
    }
    // With --trust it would have written.
    makefile(fixture, &format!("X := $(shell echo -n theirs > {place})"))?;
    expect(&fixture.says("drv", &["--trust"])?, "built")?;
    match std::fs::read_to_string(&victim)?.as_str() {
        "theirs" => Ok(()),
        other => Err(format!("--trust is not trusted: {other:?}").into()),
    }
}

fn reads(fixture: &Fixture) -> Result<(), Failed> {
    const SECRET: &str = "0123456789abcdef";
    fixture.write("letter", SECRET)?;
    fixture.write(".keys/key.h", &is(SECRET))?;
    let (letter, key) = (fixture.path("letter"), fixture.path(".keys/key.h"));
    let (letter, key) = (letter.display(), key.display());
    let attacks = [
        format!("$(info $(shell cat {letter} $(src)/../letter ../letter))"),
        format!("$(info $(file < {letter}))"),
        format!("ccflags-y := -include {key}"),
        "ccflags-y := -include $(src)/../.keys/key.h".to_owned(),
        format!(
            "X := $(shell ln -s {letter} $(PWD)/stolen.ko; echo stolen.o > $(PWD)/modules.order)"
        ),
        // A link in the folder itself.
        "$(info $(shell cat $(src)/letter.h))".to_owned(),
        "ccflags-y := -include $(src)/key.h".to_owned(),
    ];
    std::fs::create_dir(fixture.path("drv"))?;
    std::os::unix::fs::symlink("../letter", fixture.path("drv/letter.h"))?;
    std::os::unix::fs::symlink("../.keys/key.h", fixture.path("drv/key.h"))?;
    for attack in attacks {
        makefile(fixture, &attack)?;
        // The broken file makes make print what it read.
        for broken in ["", "#error shown\n"] {
            fixture.write("drv/say.c", &format!("{broken}{}", say(&is("built"))))?;
            let output = fixture.says("drv", &[])?;
            for bytes in [&output.stdout, &output.stderr] {
                if String::from_utf8_lossy(bytes).contains(SECRET) {
                    return Err(format!("it got the secret through `{attack}`").into());
                }
            }
        }
    }
    let attack = format!("ccflags-y := -DWORD='\"$(shell cat {letter})\"'");
    makefile(fixture, &attack)?;
    fixture.write("drv/say.c", &say(""))?;
    expect(&fixture.says("drv", &["--trust"])?, SECRET)
}

fn connects(fixture: &Fixture) -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    makefile(fixture, &format!("X := $(shell echo hello > /dev/tcp/127.0.0.1/{port})"))?;
    expect(&fixture.says("drv", &[])?, "built")?;
    match listener.accept() {
        Err(e) if e.kind() == ErrorKind::WouldBlock => {}
        other => return Err(format!("it has connected: {other:?}").into()),
    }
    expect(&fixture.says("drv", &["--trust"])?, "built")?;
    listener.accept().map(drop).map_err(|e| format!("--trust is not trusted: {e}").into())
}
