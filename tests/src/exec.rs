//! `exec`: a program in the machine behaves exactly as on the host.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use builder::guest::kmods;
use host::BUSYBOX;
use lab::error::Error;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use tempfile::TempDir;
use vm::command::Accel;

use crate::{Test, schemas};

/// What each test has: an empty folder, and a program that does one thing at a time.
struct Fixture {
    folder: TempDir,
    probe: PathBuf,
    /// The modules of `tests/out-of-tree-module`, in order.
    modules: Vec<PathBuf>,
}

type Check = fn(&Fixture) -> Result<(), Failed>;

const CHECKS: &[(&str, Check)] = &[
    ("streams-are-apart-and-exact", streams),
    ("a-mebibyte-comes-out-whole", mebibyte),
    ("stdin-comes-back-from-cat", stdin),
    ("input-that-nobody-reads-holds-nothing-up", unread_input),
    ("a-terminal-or-null-is-no-input", no_input),
    ("exit-statuses-are-passed-on", statuses),
    ("signals-are-128-and-more", signals),
    ("arguments-are-exact", arguments),
    ("the-environment-is-exact", environment),
    ("files-go-in-and-out", files),
    ("modules-are-loaded-with-parameters", module),
    ("modules-are-built-and-loaded-in-order", module_source),
    ("a-module-that-does-not-build-is-shown", broken_module),
    ("edu-is-there-without-being-asked-for", edu),
    ("events-become-a-timeline", events),
    ("all-events-are-listed-with-the-sets-first", listed_events),
    ("an-unknown-event-is-answered-with-the-nearest", unknown_event),
    ("a-filter-is-the-kernels-own", filtered_events),
    ("a-filter-that-the-kernel-refuses-is-explained", bad_filter),
    ("events-may-be-written-as-json", json_events),
    ("system-calls-have-their-arguments", syscalls),
    ("sets-show-who-did-what-to-whom", sets),
    ("a-dynamic-program-has-its-libraries", dynamic),
    ("a-script-has-its-interpreter", script),
    ("what-cannot-be-run-is-refused", refused),
    ("a-panic-of-the-kernel-is-told", panic),
    ("without-input-runs-are-the-same", repeatable),
];

/// The tests that run a shell or one of its programs in the machine.
const SHELL_CHECKS: &[(&str, Check)] = &[
    ("a-reader-may-take-its-time", slow_reader),
    ("system-finds-a-shell", system),
    ("the-machine-is-as-programs-expect", expectations),
    ("another-user-is-another-user", user),
    ("a-program-past-its-time-is-killed", out_of_time),
    ("a-program-past-its-guest-time-is-killed", out_of_guest_time),
    ("a-reader-that-leaves-breaks-the-pipe", broken_pipe),
];

/// One test per property.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    lab.saved(machine, Accel::TCG)?;
    let modules = kmods::build_folder(&module_folder(), &machine.kernel, &lab.cache, lab.progress)?;
    let programs = Arc::new(Programs::default());
    let test = |&(name, check): &(&str, Check)| {
        let (modules, programs) = (modules.clone(), Arc::clone(&programs));
        Test::new(format!("exec::{name}"), move || {
            let (folder, probe) = (tempfile::tempdir()?, programs.probe()?);
            check(&Fixture { folder, probe, modules })
        })
    };
    let with_shell = SHELL_CHECKS.iter().map(|check| test(check).needs(BUSYBOX));
    Ok(CHECKS.iter().map(&test).chain(with_shell).collect())
}

/// A test that has a folder for itself.
pub type FolderCheck = fn(&Path) -> Result<(), Failed>;

/// Tests of a group that run `exec`, each in a folder of its own.
pub fn in_folders(
    lab: &Lab<'_>,
    machine: &Machine,
    group: &str,
    checks: &[(&str, FolderCheck)],
) -> Result<Vec<Test>, Error> {
    lab.saved(machine, Accel::TCG)?;
    let test = |&(name, check): &(&str, FolderCheck)| {
        Test::new(format!("{group}::{name}"), move || {
            let folder = tempfile::tempdir()?;
            check(&folder.path().canonicalize()?)
        })
    };
    Ok(checks.iter().map(test).collect())
}

fn module_folder() -> PathBuf {
    builder::root().join("tests/out-of-tree-module")
}

/// Programs that tests share. The first test that needs one compiles it.
#[derive(Default)]
struct Programs(OnceLock<Result<(TempDir, PathBuf), String>>);

impl Programs {
    fn probe(&self) -> Result<PathBuf, Failed> {
        let compiled = self.0.get_or_init(|| {
            let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
            let probe = folder.path().join("probe");
            compile("probe.c", &probe, &["-static"])?;
            Ok((folder, probe))
        });
        Ok(compiled.as_ref().map(|(_, probe)| probe.clone())?)
    }
}

impl Fixture {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `exec FLAGS -- probe ARGS`, without input.
    fn probe(&self, flags: &[&str], args: &[&str]) -> Result<Output, Failed> {
        let probe = self.probe.to_string_lossy();
        exec(&[flags, &["--", &probe], args].concat(), None)
    }
}

/// Compiles a program in `tests/programs`.
fn compile(source: &str, program: &Path, flags: &[&str]) -> Result<(), String> {
    let source = builder::root().join("tests/programs").join(source);
    let mut gcc = Command::new("gcc");
    gcc.args(["-O1", "-Wall", "-Werror"]).args(flags).arg("-o").arg(program).arg(source);
    let output = gcc.output().map_err(|e| format!("failed to start gcc: {e}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// Runs `exec` with these words.
pub fn exec(words: &[&str], input: Option<&[u8]>) -> Result<Output, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("exec").args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Some(input) = input else { return Ok(command.stdin(Stdio::null()).output()?) };
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let mut pipe = child.stdin.take().expect("it was asked for");
    std::thread::scope(|scope| {
        // A program that ends before it reads everything breaks the pipe.
        scope.spawn(move || drop(pipe.write_all(input)));
        Ok(child.wait_with_output()?)
    })
}

/// Compares everything that a run showed.
pub fn same(output: &Output, status: i32, stdout: &[u8], stderr: &[u8]) -> Result<(), Failed> {
    let found = (output.status.code(), output.stdout.as_slice(), output.stderr.as_slice());
    if found == (Some(status), stdout, stderr) {
        return Ok(());
    }
    let text = |bytes: &[u8]| match bytes.len() {
        0..=4000 => bytes.escape_ascii().to_string(),
        len => format!("{len} bytes"),
    };
    Err(format!(
        "{}\n--- stdout\n{}\n--- stderr\n{}\nbut status {status} was expected\n--- stdout\n{}\n--- stderr\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr),
        text(stdout),
        text(stderr),
    )
    .into())
}

fn streams(fixture: &Fixture) -> Result<(), Failed> {
    let up: Vec<u8> = (0..=255).collect();
    let down: Vec<u8> = (0..=255).rev().collect();
    same(&fixture.probe(&[], &["bytes"])?, 0, &up, &down)
}

fn mebibyte(fixture: &Fixture) -> Result<(), Failed> {
    let number = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    let expected: Vec<u8> = (0..1 << 17).flat_map(number).collect();
    same(&fixture.probe(&[], &["many"])?, 0, &expected, b"")
}

/// Random-looking bytes: a fixed sequence that contains all values.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut step = || {
        // Knuth's MMIX generator. Its highest byte is good enough here.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(|_| step()).collect()
}

fn stdin(_: &Fixture) -> Result<(), Failed> {
    let input = noise(500_000);
    same(&exec(&["--", "cat"], Some(&input))?, 0, &input, b"")?;
    same(&exec(&["--", "cat"], Some(b""))?, 0, b"", b"")
}

fn unread_input(fixture: &Fixture) -> Result<(), Failed> {
    let probe = fixture.probe.to_string_lossy().into_owned();
    same(&exec(&["--", &probe, "exit", "5"], Some(&noise(1_000_000)))?, 5, b"", b"")
}

fn no_input(_: &Fixture) -> Result<(), Failed> {
    same(&exec(&["--", "readlink", "/proc/self/fd/0"], None)?, 0, b"/dev/null\n", b"")
}

fn statuses(fixture: &Fixture) -> Result<(), Failed> {
    for status in [0, 1, 77, 255] {
        same(&fixture.probe(&[], &["exit", &status.to_string()])?, status, b"", b"")?;
    }
    Ok(())
}

fn signals(fixture: &Fixture) -> Result<(), Failed> {
    for signal in [1, 9, 11, 15, 34, 64] {
        let output = fixture.probe(&[], &["raise", &signal.to_string()])?;
        same(&output, 128 + signal, b"", b"")?;
    }
    Ok(())
}

fn arguments(fixture: &Fixture) -> Result<(), Failed> {
    let args = ["args", "", "a b", "two\nlines", "--flag", "$HOME", "*", "ü→", ""];
    let mut expected = fixture.probe.to_string_lossy().into_owned() + "\0";
    expected.extend(args.map(|arg| format!("{arg}\0")));
    same(&fixture.probe(&[], &args)?, 0, expected.as_bytes(), b"")
}

fn environment(fixture: &Fixture) -> Result<(), Failed> {
    let flags = ["--env", "Z=a=b c\n", "--env", "EMPTY=", "--env", "HOME=/x"];
    let expected = "EMPTY=\0HOME=/x\0PATH=/lab:/bin:/sbin:/usr/bin:/usr/sbin\0Z=a=b c\n\0";
    same(&fixture.probe(&flags, &["env"])?, 0, expected.as_bytes(), b"")
}

fn files(fixture: &Fixture) -> Result<(), Failed> {
    let content = noise(100_000);
    std::fs::create_dir_all(fixture.path("tree/below"))?;
    std::fs::write(fixture.path("tree/below/file"), &content)?;
    let carried = format!("{}:/some/where", fixture.path("tree").display());
    let fetched = format!("/tmp/copy:{}", fixture.path("back").display());
    let flags = ["--file", &carried, "--out", &fetched];
    let output = fixture.probe(&flags, &["copy", "/some/where/below/file", "/tmp/copy"])?;
    same(&output, 0, b"", b"")?;
    match std::fs::read(fixture.path("back"))? == content {
        true => Ok(()),
        false => Err("what came back is something else".into()),
    }
}

/// A parameter of the second module. It shows what the first module told it.
const ASKED: &str = "/sys/module/greeter_module/parameters/asked";

fn module(fixture: &Fixture) -> Result<(), Failed> {
    let [base, greeter] = fixture.modules.as_slice() else {
        return Err(format!("{:?}", fixture.modules).into());
    };
    let (base, greeter) = (format!("{}:number=7", base.display()), greeter.to_string_lossy());
    let output = exec(&["--kmod", &base, "--kmod", &greeter, "--", "cat", ASKED], None)?;
    same(&output, 0, b"7\n", b"")?;
    // In the wrong order, the second module has nothing to ask.
    let output = exec(&["--kmod", &greeter, "--", "cat", ASKED], None)?;
    let text = String::from_utf8_lossy(&output.stderr);
    let told = "error: `cat` was not started: failed to load `greeter-module.ko`: ENOENT";
    match output.status.code() == Some(125)
        && text.starts_with(told)
        && text.contains("Unknown symbol base_number")
    {
        true => Ok(()),
        false => Err(format!("{}: {text}", output.status).into()),
    }
}

fn module_source(_: &Fixture) -> Result<(), Failed> {
    let folder = module_folder().display().to_string();
    let words = ["--kmod-src", &folder, "--", "cat", ASKED];
    exec(&words, None)?;
    // Nothing is built, and nothing is reported.
    same(&exec(&words, None)?, 0, b"1\n", b"")?;
    // Only one of the modules has this parameter.
    let with = format!("{folder}:number=7");
    same(&exec(&["--kmod-src", &with, "--", "cat", ASKED], None)?, 0, b"7\n", b"")?;
    let with = format!("{folder}:numbr=7");
    let said = format!("error: no module of `{folder}` has a parameter `numbr`\n");
    same(&exec(&["--kmod-src", &with, "--", "true"], None)?, 125, b"", said.as_bytes())
}

fn broken_module(fixture: &Fixture) -> Result<(), Failed> {
    std::fs::write(fixture.path("Kbuild"), "obj-m := broken.o\n")?;
    std::fs::write(fixture.path("broken.c"), "#error not today\n")?;
    let folder = fixture.folder.path().display().to_string();
    let output = exec(&["--kmod-src", &folder, "--", "true"], None)?;
    let text = String::from_utf8_lossy(&output.stderr);
    let message = format!("error: failed to build the module `{folder}`\n");
    if output.status.code() == Some(125) && text.contains(&message) && text.contains("not today") {
        return Ok(());
    }
    Err(format!("{}: {text}", output.status).into())
}

fn edu(_: &Fixture) -> Result<(), Failed> {
    let slot = "/sys/bus/pci/devices/0000:00:04.0";
    let (vendor, device) = (format!("{slot}/vendor"), format!("{slot}/device"));
    same(&exec(&["--", "cat", &vendor, &device], None)?, 0, b"0x1234\n0x11e8\n", b"")?;
    let help = Command::new(std::env::current_exe()?).args(["exec", "--help"]).output()?;
    let help =
        String::from_utf8_lossy(&help.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    match help.contains("PCI 1234:11e8 in the slot 0000:00:04.0") {
        true => Ok(()),
        false => Err(help.into()),
    }
}

fn events(fixture: &Fixture) -> Result<(), Failed> {
    let flags = ["--events", "signal_generate+stack,sched:sched_process_exec"];
    let output = fixture.probe(&flags, &["raise", "10"])?;
    let timeline = String::from_utf8_lossy(&output.stderr);
    let told = ["executes", "SIGUSR1 to", "SIGCHLD to 1, CLD_KILLED", "do_notify_parent"];
    let missing: Vec<_> = told.iter().filter(|text| !timeline.contains(**text)).collect();
    if output.status.code() == Some(138) && output.stdout.is_empty() && missing.is_empty() {
        return Ok(());
    }
    Err(format!("{}, without {missing:?}:\n{timeline}", output.status).into())
}

/// Every event that the help lists is one of the kernel's, and none is left out.
fn listed_events(_: &Fixture) -> Result<(), Failed> {
    let help = exec(&["--events", "help"], None)?;
    let text = String::from_utf8_lossy(&help.stdout);
    let (sets, all) = text.split_once("\n\nalarmtimer\n").ok_or_else(|| text.clone())?;
    let known = exec(&["--", "cat", "/sys/kernel/tracing/available_events"], None)?;
    let mut known: Vec<_> = str::from_utf8(&known.stdout)?.lines().map(str::to_owned).collect();
    known.sort();
    let (mut listed, mut system) = (Vec::new(), "alarmtimer");
    for line in all.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("  ") {
            Some(event) => listed.push(format!("{system}:{event}")),
            None => system = line,
        }
    }
    let first = sets.ends_with("  raw_syscalls/sys_enter raw_syscalls/sys_exit");
    match help.status.success() && first && help.stderr.is_empty() && listed == known {
        true => Ok(()),
        false => Err(format!("{text}\nof {known:?}").into()),
    }
}

fn unknown_event(fixture: &Fixture) -> Result<(), Failed> {
    for (asked, hint) in [
        ("no_such_event", "`exec --events help` lists all events"),
        ("sched/sched_wakin", "did you mean `sched/sched_waking` or `sched/sched_wakeup`?"),
        ("signals,signal:signal_generat", "did you mean `signal/signal_generate`?"),
    ] {
        let output = fixture.probe(&["--events", asked], &["exit", "0"])?;
        let name = asked.rsplit(',').next().unwrap_or_default().replace(':', "/");
        let told = format!("error: the kernel has no trace event `{name}`\nhint: {hint}\n");
        same(&output, 125, b"", told.as_bytes())?;
    }
    // A module that is loaded before may bring it.
    let base = fixture.modules[0].display().to_string();
    let output = fixture.probe(&["--kmod", &base, "--events", "modul_load"], &["exit", "0"])?;
    let told = "error: the kernel has no trace event `modul_load`\n\
                hint: did you mean `module/module_load`?\n";
    same(&output, 125, b"", told.as_bytes())
}

fn filtered_events(fixture: &Fixture) -> Result<(), Failed> {
    // Both signals are sent, and each filter keeps one.
    for (filter, kept, dropped) in
        [("sig == 10", "SIGUSR1 to", "SIGCHLD to"), ("sig != 10", "SIGCHLD to", "SIGUSR1 to")]
    {
        let events = format!("signal_generate+stack:{filter}");
        let output = fixture.probe(&["--events", &events], &["raise", "10"])?;
        let timeline = String::from_utf8_lossy(&output.stderr);
        if !timeline.contains(kept) || timeline.contains(dropped) {
            return Err(format!("{events}:\n{timeline}").into());
        }
    }
    Ok(())
}

fn bad_filter(fixture: &Fixture) -> Result<(), Failed> {
    for (event, explanation) in [
        ("sched/sched_waking:pix == 20", "  pix == 20\n      ^\n  parse_error: Field not found\n"),
        ("sched_waking:pid = 20", "  pid = 20\n       ^\n  parse_error: Invalid operator\n"),
    ] {
        let output = fixture.probe(&["--events", event], &["exit", "0"])?;
        let (name, _) = event.split_once(':').expect("each has a filter");
        let told = format!("error: the kernel refuses the filter of `{name}`\n{explanation}");
        same(&output, 125, b"", told.as_bytes())?;
    }
    Ok(())
}

/// Compares a timeline with what is expected of each event, without times and spaces.
/// `P` is the program's task and `0x_` any address.
fn tells(output: &Output, expected: &[&str]) -> Result<(), Failed> {
    let text = String::from_utf8_lossy(&output.stderr);
    // The program's own words come before the header.
    let lines = text.lines().skip_while(|line| !line.trim_start().starts_with("µs ")).skip(1);
    // The columns of the time and of the empty device lane.
    let indent = 20;
    let kernel: String = lines.flat_map(|line| line.chars().skip(indent)).collect();
    let program = kernel.rsplit_once('[').and_then(|(_, last)| Some(last.split_once(']')?.0));
    let mut found = String::new();
    for (number, part) in kernel.split("0x").enumerate() {
        found += if number == 0 { "" } else { "0x_" };
        let is_digit = |c: char| number > 0 && c.is_ascii_hexdigit();
        let part = part.trim_start_matches(is_digit);
        found += &part.replace(program.unwrap_or_default(), "P").replace(' ', "");
    }
    match found == expected.concat().replace(' ', "") {
        true => Ok(()),
        false => Err(format!("{found}\nof\n{text}").into()),
    }
}

fn syscalls(fixture: &Fixture) -> Result<(), Failed> {
    // openat, kill, tgkill and exit_group.
    let events = "syscalls:id == 257 || id == 62 || id == 234 || id == 231";
    let call = |args: &[&str]| fixture.probe(&["--events", events], args);
    let killed = call(&["raise", "10"])?;
    tells(&killed, &["[P] enters tgkill(P, P, SIGUSR1)", "[P] tgkill returns 0"])?;
    tells(
        &call(&["copy", "/nonexistent", "/x"])?,
        &[
            "[P] enters openat(AT_FDCWD, 0x_, O_RDONLY)",
            "[P] openat returns -ENOENT",
            "[P] enters openat(AT_FDCWD, 0x_, O_WRONLY|O_CREAT|O_TRUNC, 0644)",
            "[P] openat returns 3",
            "[P] enters exit_group(99)",
        ],
    )
}

fn sets(fixture: &Fixture) -> Result<(), Failed> {
    let set = |set: &str| fixture.probe(&["--events", set], &["raise", "10"]);
    let executes = format!("[P] executes {}", fixture.probe.display());
    tells(
        &set("signals,processes")?,
        &[
            "[1] makes the process P",
            &executes,
            "[P] SIGUSR1 to thread P, SI_TKILL",
            "[P] delivers SIGKILL: by default, terminates",
            "[P] exits",
            "[P] SIGCHLD to 1, CLD_KILLED",
        ],
    )?;
    for (name, parts) in [
        ("irqs", ["softirq: softirq_entry", " handled"]),
        ("wakeups", [" wakes 1\n", " 1 is awake\n"]),
    ] {
        let output = set(name)?;
        let text = String::from_utf8_lossy(&output.stderr);
        if !parts.iter().all(|part| text.contains(part)) {
            return Err(format!("{name}:\n{text}").into());
        }
    }
    Ok(())
}

fn json_events(fixture: &Fixture) -> Result<(), Failed> {
    let file = fixture.path("events.json");
    let flags = ["--events", "signals+stack", "--events-json", &file.to_string_lossy()];
    same(&fixture.probe(&flags, &["raise", "10"])?, 138, b"", b"")?;
    let document: serde_json::Value = serde_json::from_slice(&std::fs::read(file)?)?;
    schemas::check("events", &document)?;
    let entries = document["entries"].as_array().ok_or("no entries")?;
    let sent = entries.iter().find(|entry| entry["fields"]["sig"] == 10).ok_or("no SIGUSR1")?;
    let functions: Vec<_> =
        sent["stack"].as_array().into_iter().flatten().map(|frame| &frame["function"]).collect();
    match sent["event"] == "signal_generate" && functions.iter().any(|f| **f == "do_send_sig_info")
    {
        true => Ok(()),
        false => Err(format!("{document:#}").into()),
    }
}

fn dynamic(fixture: &Fixture) -> Result<(), Failed> {
    let program = fixture.path("dynamic");
    compile("probe.c", &program, &[])?;
    let program = program.to_string_lossy();
    same(&exec(&["--", &program, "exit", "6"], None)?, 6, b"", b"")
}

fn script(fixture: &Fixture) -> Result<(), Failed> {
    use std::os::unix::fs::PermissionsExt;
    let write = |name: &str, text: &str| -> Result<String, Failed> {
        let path = fixture.path(name);
        std::fs::write(&path, text)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
        Ok(path.display().to_string())
    };
    let shell = write("shell", "#!/bin/sh\necho \"$1\"; exit 9\n")?;
    same(&exec(&["--", &shell, "a  b"], None)?, 9, b"a  b\n", b"")?;
    let lost = write("lost", "#!/nowhere/python\n")?;
    let message = format!(
        "error: failed to run `{lost}`: the host lacks its interpreter `/nowhere/python`\n\
         hint: install `/nowhere/python`, or carry the script along and name its interpreter: \
         exec --file SCRIPT:/tmp/script -- INTERPRETER /tmp/script\n"
    );
    same(&exec(&["--", &lost], None)?, 126, b"", message.as_bytes())
}

fn refused(fixture: &Fixture) -> Result<(), Failed> {
    let text = fixture.path("text");
    std::fs::write(&text, "no program\n")?;
    let message = format!(
        "error: failed to run `{}`: it is not a Linux executable\n\
         hint: an ELF executable, or a script that begins with #!, can be run\n",
        text.display()
    );
    same(&exec(&["--", &text.to_string_lossy()], None)?, 126, b"", message.as_bytes())?;
    let message = "error: failed to find `no-such-program`\n\
                   hint: a program that is not on PATH needs a slash: `./no-such-program`\n";
    same(&exec(&["--", "no-such-program"], None)?, 127, b"", message.as_bytes())?;
    let message =
        "error: failed to read `/no/such/program`: No such file or directory (os error 2)\n";
    same(&exec(&["--", "/no/such/program"], None)?, 127, b"", message.as_bytes())
}

fn system(fixture: &Fixture) -> Result<(), Failed> {
    let output = fixture.probe(&[], &["system", "echo one | tr o 0; exit 3"])?;
    same(&output, 3, b"0ne\n", b"")
}

/// What other people's programs take for granted.
fn expectations(_: &Fixture) -> Result<(), Failed> {
    let script = "
        test -r /proc/self/status && test -d /sys/class && test -c /dev/ptmx && echo kernel
        test -d /dev/shm && test -d /dev/pts && test -d /dev/mqueue && echo devices
        test -d /sys/kernel/debug/tracing -o -d /sys/kernel/debug/bdi && test -r /sys/kernel/tracing/trace && echo debug
        echo x > /tmp/x && echo x > /dev/shm/x && echo writable
        hostname
        ping -c 1 -W 1 127.0.0.1 > /dev/null && echo loopback
        id -u root; id -u student; id -u nobody
        grep -c localhost /etc/hosts
        echo out > /dev/stdout; echo err > /dev/stderr; echo fd > /dev/fd/1
        test -t 0 || test -t 1 || echo no terminal
    ";
    let expected = "kernel\ndevices\ndebug\nwritable\nupcall\nloopback\n0\n1000\n65534\n1\nout\nfd\nno terminal\n";
    let output = exec(&["--", "busybox", "sh", "-c", script], None)?;
    same(&output, 0, expected.as_bytes(), b"err\n")
}

fn user(_: &Fixture) -> Result<(), Failed> {
    let script = "id; busybox touch /root/x; echo out > /dev/stdout";
    let output = exec(&["--user", "student", "--", "busybox", "sh", "-c", script], None)?;
    same(
        &output,
        0,
        b"uid=1000(student) gid=1000(student)\nout\n",
        b"touch: /root/x: Permission denied\n",
    )
}

/// The guest's time counts instructions, so that the end comes at the same one whatever
/// the host does.
fn out_of_guest_time(fixture: &Fixture) -> Result<(), Failed> {
    let output = fixture.probe(&["--guest-timeout", "0.5"], &["hang"])?;
    let probe = fixture.probe.to_string_lossy();
    killed(&output, &probe, b"", |_, guest| guest == 0.5)?;
    // Earlier output is still there, and so are the processes that it left.
    let script = "echo before; sleep 1000 & sleep 1000";
    let flags = ["--guest-timeout", "0.5", "--", "busybox", "sh", "-c", script];
    killed(&exec(&flags, None)?, "busybox", b"before\n", |_, guest| guest == 0.5)
}

/// The host's time is what a person waits for. A guest that sleeps is ahead of it.
fn out_of_time(fixture: &Fixture) -> Result<(), Failed> {
    let output = fixture.probe(&["--timeout", "2"], &["hang"])?;
    killed(&output, &fixture.probe.to_string_lossy(), b"", |host, _| host >= 2.0)?;
    let output = exec(&["--timeout", "60", "--", "busybox", "sleep", "70"], None)?;
    same(&output, 0, b"", b"")?;
    // Whichever is over first counts.
    let flags = ["--timeout", "60", "--guest-timeout", "0.5"];
    let output = fixture.probe(&flags, &["hang"])?;
    killed(&output, &fixture.probe.to_string_lossy(), b"", |_, guest| guest == 0.5)
}

/// Whether a program was killed after a right time: of the host and of the guest, s.
fn killed(
    output: &Output,
    program: &str,
    stdout: &[u8],
    is_right: fn(f64, f64) -> bool,
) -> Result<(), Failed> {
    let text = String::from_utf8_lossy(&output.stderr);
    let begin = format!("error: `{program}` did not end in time and was killed after ");
    let times = text.strip_prefix(&begin).and_then(|rest| {
        let (host, rest) = rest.split_once(" s, and ")?;
        let (guest, _) = rest.split_once(" s of guest time\n")?;
        Some((host.parse().ok()?, guest.parse().ok()?))
    });
    let status = output.status.code() == Some(124) && output.stdout == stdout;
    match times {
        Some((host, guest)) if status && is_right(host, guest) => Ok(()),
        _ => Err(format!("{}: {text}", output.status).into()),
    }
}

/// The beginning of the error, with the kernel's own reason.
const PANIC: &str = "error: the guest kernel panicked: Kernel panic - not syncing: \
                     Attempted to kill init! exitcode=0x0000000b\n";

fn panic(fixture: &Fixture) -> Result<(), Failed> {
    let output = fixture.probe(&[], &["panic"])?;
    let text = String::from_utf8_lossy(&output.stderr);
    // The kernel's last messages are shown with it: the stack of PID 1's end.
    let told = text.starts_with(PANIC) && text.contains("asm_exc_page_fault");
    match output.status.code() == Some(125) && told {
        true => Ok(()),
        false => Err(format!("{}: {text}", output.status).into()),
    }
}

/// More than all the pipes and sockets on the way hold. While the reader does not read,
/// the program's time does not count. The guest is idle, and its clock skips ahead to each
/// next timer.
fn slow_reader(_: &Fixture) -> Result<(), Failed> {
    let child = Command::new(std::env::current_exe()?)
        .args(["exec", "--timeout", "10", "--", "busybox", "seq", "300000"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // The reader does something else, for longer than the program may run.
    std::thread::sleep(Duration::from_secs(12));
    let output = child.wait_with_output()?;
    let expected: String = (1..=300_000).map(|number| format!("{number}\n")).collect();
    if output.status.success() && output.stdout == expected.as_bytes() {
        return Ok(());
    }
    let (bytes, text) = (output.stdout.len(), String::from_utf8_lossy(&output.stderr));
    Err(format!("{}, {bytes} bytes instead of {}: {text}", output.status, expected.len()).into())
}

/// `yes | head -1`: the program would write for ever if nothing told it to stop.
fn broken_pipe(_: &Fixture) -> Result<(), Failed> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["exec", "--", "busybox", "yes"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut pipe = child.stdout.take().expect("it was asked for");
    let mut start = [0; 4];
    std::io::Read::read_exact(&mut pipe, &mut start)?;
    drop(pipe);
    let status = child.wait()?;
    // SIGPIPE is 13.
    match start == *b"y\ny\n" && status.code() == Some(141) {
        true => Ok(()),
        false => Err(format!("{status}: {}", start.escape_ascii()).into()),
    }
}

/// Times and process ids must be the same too.
fn repeatable(fixture: &Fixture) -> Result<(), Failed> {
    // Several processes, a sleep, and less output than may wait for the host. More output
    // would sometimes make the program wait.
    let script = "ls -l /etc /dev; sleep 1; ls -l /proc/self/fd";
    let events = ["--events", "sys_enter,sys_exit,sched_process_fork"];
    let run = || fixture.probe(&events, &["system", script]);
    let (first, second) = (run()?, run()?);
    match first.stderr == second.stderr && first.stderr.len() > 1000 {
        true => Ok(()),
        false => Err(format!(
            "--- first\n{}--- second\n{}",
            String::from_utf8_lossy(&first.stderr),
            String::from_utf8_lossy(&second.stderr)
        )
        .into()),
    }
}
