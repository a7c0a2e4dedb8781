//! `suite`: many programs in one go. What it prints, writes and ends with, exactly.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use host::BUSYBOX;
use lab::error::Error;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use vm::command::Accel;

use crate::{Test, schemas};

type Check = fn(&Folder) -> Result<(), Failed>;

const CHECKS: &[(&str, Check)] = &[
    ("each-outcome-is-told-and-written", outcomes),
    ("a-runtest-file-of-ltp-is-read-as-it-is", ltp),
    ("kselftests-are-read-as-they-are", kselftests),
    ("a-folder-is-a-suite", folder),
    ("shards-are-the-whole-suite", shards),
    ("parts-of-one-suite-are-merged", merged),
    ("repeated-runs-are-compared", repeated),
    ("what-changed-is-told", compared),
    ("a-record-has-every-program", recorded),
    ("nothing-runs-on-the-host", confined),
    ("mistakes-are-the-labs", mistakes),
    ("an-interrupted-suite-writes-nothing", interrupted),
];

/// One test per property. Their programs are scripts.
pub fn all(lab: &Lab<'_>, machine: &Machine) -> Result<Vec<Test>, Error> {
    lab.saved(machine, Accel::TCG)?;
    let test = |&(name, check): &(&str, Check)| {
        let run = move || check(&Folder(tempfile::tempdir()?));
        Test::new(format!("suite::{name}"), run).needs(BUSYBOX)
    };
    Ok(CHECKS.iter().map(test).collect())
}

/// A folder with programs and lists.
struct Folder(TempDir);

impl Folder {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Failed> {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?;
        Ok(std::fs::write(path, text)?)
    }

    /// Adds a program: a shell's script.
    fn program(&self, name: &str, script: &str) -> Result<(), Failed> {
        self.write(name, &format!("#!/bin/sh\n{script}\n"))?;
        Ok(std::fs::set_permissions(self.path(name), PermissionsExt::from_mode(0o755))?)
    }

    /// Runs `suite` on a file or folder here.
    fn suite(&self, name: &str, options: &[&str]) -> Result<Output, Failed> {
        let path = self.path(name);
        Ok(call(&[&["suite", &path.to_string_lossy()], options].concat())?.output()?)
    }

    /// Checks the exit status and all of the standard output. This folder is `‹here›`.
    fn is(&self, output: &Output, status: i32, stdout: &str) -> Result<(), Failed> {
        let found = self.text(&output.stdout);
        if output.status.code() == Some(status) && found == stdout {
            return Ok(());
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        Err(format!("{}, and not {status}\n{found}--- and not\n{stdout}{stderr}", output.status)
            .into())
    }

    fn text(&self, bytes: &[u8]) -> String {
        let here = self.0.path().to_string_lossy().into_owned();
        String::from_utf8_lossy(bytes).replace(&here, "‹here›")
    }
}

/// A call of the command line, without input.
fn call(args: &[&str]) -> Result<Command, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(args).stdin(Stdio::null());
    Ok(command)
}

/// Compares a file with what it should be.
fn file_is(folder: &Folder, name: &str, expected: &str) -> Result<(), Failed> {
    let found = folder.text(&std::fs::read(folder.path(name))?);
    match found == expected {
        true => Ok(()),
        false => Err(format!("`{name}` is\n{found}--- and not\n{expected}").into()),
    }
}

fn outcomes(folder: &Folder) -> Result<(), Failed> {
    folder.program("good", "echo unseen")?;
    folder.program("bad", "echo out; printf '\\033[2J'; exit 3")?;
    folder.program("killed", "echo err >&2; kill -9 $$")?;
    folder.program("slow", "echo waits; sleep 100")?;
    folder.program("halts", "reboot -f")?;
    folder.program("skips", "exit 4")?;
    folder.write("list", "good\nbad\nkilled\nslow\nhalts\nskips\nmissing\n")?;
    let files =
        ["ktap", "xml", "json"].map(|name| folder.path(name).to_string_lossy().into_owned());
    let [ktap, xml, json] = files.each_ref().map(String::as_str);
    let options = ["--guest-timeout", "2.5", "--ktap", ktap, "--junit", xml, "--json", json];
    let output = folder.suite("list", &options)?;
    folder.is(
        &output,
        125,
        "passed    good\n\
         failed    bad: exit status 3\n  | out\n  | \\u{1b}[2J\n\
         failed    killed: exit status 137\n  | err\n\
         timed-out slow: 2.5 s of guest time\n  | waits\n\
         failed    halts: it halted the machine, rebooted it or switched it off\n\
         skipped   skips: exit status 4\n\
         error     missing: failed to read `‹here›/missing`: No such file or directory (os error 2)\n\
         1 passed, 3 failed, 1 timed out, 1 not run, 1 skipped\n",
    )?;
    file_is(
        folder,
        "ktap",
        "KTAP version 1\n1..7\nok 1 good\n# out\n# \\u{1b}[2J\n\
         not ok 2 bad # exit status 3\n# err\nnot ok 3 killed # exit status 137\n# waits\n\
         not ok 4 slow # TIMEOUT 2.5 s of guest time\n\
         not ok 5 halts # it halted the machine, rebooted it or switched it off\n\
         ok 6 skips # SKIP exit status 4\n\
         not ok 7 missing # ERROR failed to read `‹here›/missing`: No such file or directory (os error 2)\n",
    )?;
    let counts = r#"<testsuite name="list" tests="7" disabled="1" errors="1" failures="4">"#;
    let xml = folder.text(&std::fs::read(xml)?);
    if !xml.contains(counts) {
        return Err(format!("`{counts}` is missing in\n{xml}").into());
    }
    let document: serde_json::Value = serde_json::from_slice(&std::fs::read(json)?)?;
    schemas::check("suite", &document)?;
    let bad = serde_json::json!({
        "name": "bad", "outcome": "failed", "status": 3, "said": "exit status 3",
        "output": "out\n\u{1b}[2J", "unlike": null,
    });
    if document["version"] != 1 || document["tests"][1] != bad {
        return Err(format!("{document:#}").into());
    }
    // Without the program that did not run, some failed.
    folder.write("list", "good\nbad\n")?;
    let output = folder.suite("list", &[])?;
    let bad = "failed    bad: exit status 3\n  | out\n  | \\u{1b}[2J\n";
    folder.is(&output, 1, &format!("passed    good\n{bad}1 passed, 1 failed\n"))
}

fn ltp(folder: &Folder) -> Result<(), Failed> {
    folder.program("testcases/bin/prints", "echo $#: \"$2\"; exit $1")?;
    folder.write(
        "runtest/syscalls",
        "# DESCRIPTION: system calls\n\nconf prints 32\nwarn prints 4 \"a b\"\nzero prints 0\n",
    )?;
    folder.is(
        &folder.suite("runtest/syscalls", &[])?,
        1,
        "skipped   conf: exit status 32\nfailed    warn: exit status 4\n  | 2: a b\n\
         passed    zero\n1 passed, 1 failed, 1 skipped\n",
    )
}

fn kselftests(folder: &Folder) -> Result<(), Failed> {
    folder.program("signal/sas", "exit 0")?;
    folder.program("timers/skips", "exit 4")?;
    folder.program("timers/other", "exit 32")?;
    folder.write("kselftest-list.txt", "signal:sas\ntimers:skips\n")?;
    let two = "passed    signal:sas\nskipped   timers:skips: exit status 4\n";
    folder.is(&folder.suite("", &[])?, 0, &format!("{two}1 passed, 0 failed, 1 skipped\n"))?;
    folder.write(
        "summary",
        "TAP version 13\n1..3\n# selftests: signal: sas\nok 1 selftests: signal: sas\n\
         ok 2 selftests: timers: skips # SKIP\nnot ok 3 selftests: timers: other # exit=1\n",
    )?;
    let other = "failed    timers:other: exit status 32\n";
    let summary = folder.path("summary");
    let output = folder.suite("summary", &["--compare", &summary.to_string_lossy()])?;
    let same = "nothing has changed since ‹here›/summary\n";
    folder.is(&output, 1, &format!("{two}{other}1 passed, 1 failed, 1 skipped\n{same}"))
}

fn folder(folder: &Folder) -> Result<(), Failed> {
    folder.program("suite/b", "true")?;
    folder.program("suite/a", "echo $A $(id -u); cat /tmp/carried; exit 1")?;
    folder.write("suite/readme", "no program")?;
    folder.write("carried", "carried\n")?;
    let file = format!("{}:/tmp/carried", folder.path("carried").display());
    let options = ["--env", "A=x y", "--user", "student", "--file", &file];
    folder.is(
        &folder.suite("suite", &options)?,
        1,
        "failed    a: exit status 1\n  | x y 1000\n  | carried\npassed    b\n1 passed, 1 failed\n",
    )
}

fn shards(folder: &Folder) -> Result<(), Failed> {
    folder.write("list", "1 /bin/true\n2 /bin/true\n3 /bin/true\n")?;
    let part = |shard: &str| folder.suite("list", &["--shard", shard]);
    folder.is(&part("1/2")?, 0, "passed    1\npassed    3\n2 passed, 0 failed\n")?;
    folder.is(&part("2/2")?, 0, "passed    2\n1 passed, 0 failed\n")
}

/// What is merged are all parts of one suite, with the same options.
fn merged(folder: &Folder) -> Result<(), Failed> {
    let of = |list: &str, shard: &str, json: &str, more: &[&str]| -> Result<(), Failed> {
        let json = folder.path(json).to_string_lossy().into_owned();
        let options = [&["--shard", shard, "--json", &json][..], more].concat();
        let output = folder.suite(list, &options)?;
        match output.status.success() {
            true => Ok(()),
            false => Err(folder.text(&output.stderr).into()),
        }
    };
    folder.write("list", "1 /bin/true\n2 /bin/true\n3 /bin/true\n")?;
    folder.write("other/list", "1 /bin/true\n2 /bin/echo\n3 /bin/true\n")?;
    of("list", "1/2", "1.json", &[])?;
    of("list", "2/2", "2.json", &[])?;
    of("other/list", "2/2", "other.json", &[])?;
    of("list", "2/2", "option.json", &["--env", "A=1"])?;
    let merge = |parts: &[&str], more: &[&str]| -> Result<Output, Failed> {
        let paths = parts
            .iter()
            .map(|part| folder.path(&format!("{part}.json")).to_string_lossy().into_owned());
        let paths: Vec<String> = paths.collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        Ok(call(&[&["suite", "--merge"], &paths[..], more].concat())?.output()?)
    };
    let all = "passed    1\npassed    2\npassed    3\n3 passed, 0 failed\n";
    folder.is(&merge(&["2", "1"], &[])?, 0, all)?;
    // All names of the suite are known, so what is gone since is, too.
    folder.write("before", "KTAP version 1\n1..2\nok 1 1\nok 2 gone\n")?;
    let before = folder.path("before").to_string_lossy().into_owned();
    let changed = "changed since ‹here›/before\n  2: not there → passed\n  \
                   3: not there → passed\n  gone: passed → not there\n";
    folder.is(&merge(&["1", "2"], &["--compare", &before])?, 0, &format!("{all}{changed}"))?;
    folder.write("earlier.json", "{\"version\": 1, \"tests\": []}")?;
    for (parts, told) in [
        (&["1"][..], "failed to merge: part 2/2 is missing"),
        (
            &["1", "2", "2"],
            "failed to merge `‹here›/2.json`: it is part 2/2, as `‹here›/2.json` is",
        ),
        (&["1", "other"], "failed to merge `‹here›/other.json`: its list of programs is "),
        (
            &["1", "option"],
            "failed to merge `‹here›/option.json`: its hash of machine and options is ",
        ),
        (
            &["1", "earlier"],
            "failed to merge `‹here›/earlier.json`: it does not say of which suite it is",
        ),
        (
            &["1", "none"],
            "failed to merge `‹here›/none.json`: No such file or directory (os error 2)",
        ),
    ] {
        let output = merge(parts, &[])?;
        folder.is(&output, 125, "")?;
        let stderr = folder.text(&output.stderr);
        if !stderr.starts_with(&format!("error: {told}")) {
            return Err(format!("`{told}` is not the beginning of\n{stderr}").into());
        }
    }
    Ok(())
}

/// All machines are alike, so even a program that prints what usually differs prints the
/// same. How a difference is told is shown by the unit tests.
fn repeated(folder: &Folder) -> Result<(), Failed> {
    folder.write("list", "pid /bin/sh -c \"echo $$ $RANDOM; date; exit 1\"\n")?;
    let output = folder.suite("list", &["--repeat", "3", "--jobs", "2"])?;
    let text = folder.text(&output.stdout);
    let lines: Vec<&str> = text.lines().collect();
    match lines[..] {
        ["failed    pid: exit status 1", _, _, "0 passed, 1 failed"] => Ok(()),
        _ => Err(format!("runs of the same machine are not the same:\n{text}").into()),
    }
}

fn compared(folder: &Folder) -> Result<(), Failed> {
    folder.program("a", "exit 0")?;
    folder.program("b", "exit 1")?;
    folder.write("list", "a\nb\ngone /bin/true\n")?;
    let json = folder.path("json").to_string_lossy().into_owned();
    let output = folder.suite("list", &["--json", &json])?;
    let gone = "passed    gone\n";
    folder.is(
        &output,
        1,
        &format!("passed    a\nfailed    b: exit status 1\n{gone}2 passed, 1 failed\n"),
    )?;
    folder.program("a", "exit 4")?;
    folder.program("b", "exit 0")?;
    folder.write("list", "a\nb\nnew /bin/true\n")?;
    let now = "skipped   a: exit status 4\npassed    b\n";
    folder.is(
        &folder.suite("list", &["--compare", &json])?,
        0,
        &format!(
            "{now}passed    new\n2 passed, 0 failed, 1 skipped\nchanged since ‹here›/json\n  \
             a: passed → skipped\n  b: failed → passed\n  new: not there → passed\n  \
             gone: passed → not there\n"
        ),
    )?;
    // A part of the suite says nothing about the other parts.
    folder.is(
        &folder.suite("list", &["--compare", &json, "--shard", "2/3"])?,
        0,
        "passed    b\n1 passed, 0 failed\nchanged since ‹here›/json\n  b: failed → passed\n  \
         gone: passed → not there\n",
    )
}

fn recorded(folder: &Folder) -> Result<(), Failed> {
    folder.write("list", "good /bin/echo fine\nbad /bin/sh -c \"echo wrong >&2; exit 7\"\n")?;
    let record = folder.path("record").to_string_lossy().into_owned();
    let output = folder.suite("list", &["--record", &record])?;
    let text = "passed    good\nfailed    bad: exit status 7\n  | wrong\n1 passed, 1 failed\n";
    folder.is(&output, 1, text)?;
    let show = |options: &[&str]| -> Result<Output, Failed> {
        Ok(call(&[&["show", &record], options].concat())?.output()?)
    };
    folder.is(&show(&[])?, 1, text)?;
    folder.is(&show(&["--program", "good"])?, 0, "fine\n")?;
    let bad = show(&["--program", "bad"])?;
    folder.is(&bad, 7, "")?;
    let (none, told) =
        (show(&["--program", "no"])?, "‹here›/record` has no record of a program `no`");
    folder.is(&none, 2, "")?;
    match folder.text(&bad.stderr).ends_with("\nwrong\n")
        && folder.text(&none.stderr).contains(told)
    {
        true => Ok(()),
        false => Err(folder.text(&[bad.stderr, none.stderr].concat()).into()),
    }
}

fn confined(folder: &Folder) -> Result<(), Failed> {
    folder
        .program("a", &format!("mkdir -p {0} && echo x >{0}/proof", folder.0.path().display()))?;
    folder.write("list", "a\n")?;
    folder.is(&folder.suite("list", &[])?, 0, "passed    a\n1 passed, 0 failed\n")?;
    if folder.path("proof").exists() { Err("it ran on the host".into()) } else { Ok(()) }
}

fn mistakes(folder: &Folder) -> Result<(), Failed> {
    folder.write("empty", "# nothing\n")?;
    folder.write("list", "/bin/true\n")?;
    let empty = folder.path("empty").to_string_lossy().into_owned();
    let nowhere = folder.path("none/results").to_string_lossy().into_owned();
    for (name, options, told) in [
        ("empty", &[][..], "there is nothing to run in `‹here›/empty`"),
        (
            "list",
            &["--compare", &empty],
            "failed to compare with `‹here›/empty`: it has no results",
        ),
        (
            "list",
            &["--json", &nowhere],
            "cannot write `‹here›/none/results`: No such file or directory (os error 2)",
        ),
        (
            "list",
            &["--repeat", "0"],
            "invalid value '0' for '--repeat <N>': `0` is not a number of runs",
        ),
    ] {
        let output = folder.suite(name, options)?;
        folder.is(&output, 125, "")?;
        let stderr = folder.text(&output.stderr);
        if stderr.lines().next() != Some(&format!("error: {told}")) {
            return Err(format!("`{told}` is not the first line of\n{stderr}").into());
        }
    }
    Ok(())
}

fn interrupted(folder: &Folder) -> Result<(), Failed> {
    let lines: String = (0..100).map(|number| format!("{number} /bin/true\n")).collect();
    folder.write("list", &lines)?;
    let (list, json) = (folder.path("list"), folder.path("json"));
    let words = ["suite", &list.to_string_lossy(), "--json", &json.to_string_lossy()];
    let mut command = call(&words)?;
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stderr = child.stderr.take().ok_or("there is no stderr")?;
    // Interrupt it as soon as it has done some of its work.
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stderr)).map_while(Result::ok);
    let begun = lines.by_ref().any(|line| line == "suite: 10 %");
    kill(Pid::from_raw(i32::try_from(child.id())?), Signal::SIGINT)?;
    let rest: Vec<String> = lines.collect();
    let output = child.wait_with_output()?;
    let said = "error: interrupted; all that was started is ended";
    let ended = std::os::unix::process::ExitStatusExt::signal(&output.status);
    let is_told = rest.iter().any(|line| line == said);
    if begun && is_told && ended == Some(2) && output.stdout.is_empty() && !json.exists() {
        return Ok(());
    }
    Err(format!("{}: {rest:?}", output.status).into())
}
