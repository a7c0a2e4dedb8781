//! Faults of the host while a correct submission is graded never affect marks.
//! Submissions that use too much, in a class with others, do.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use lab::error::Error;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample};
use lab::run::{Lab, Machine};
use libtest_mimic::{Completion, Failed};
use serde_json::Value;

use crate::Test;
use crate::scratch::{ALL, Scratch};

/// The lesson of the exercise.
const LESSON: &str = "sigchld";

/// The folder in the cache for what was compiled for students.
const SUBMISSIONS: &str = "submissions";

/// A fault, made by a shell before it runs the command line. `$CACHE` is the folder for
/// compiled submissions, `$DIR` an empty folder. No other process sees what the shell
/// mounts.
struct Fault {
    name: &'static str,
    shell: &'static str,
    /// Part of the report.
    says: &'static str,
}

/// A script in QEMU's place that sends itself a signal when it is to run a student's
/// program: QEMU exceeds a limit of the host, or hangs.
macro_rules! ended_qemu {
    ($signal:literal) => {
        concat!(
            r#"qemu=$(readlink -f "$(command -v qemu-system-x86_64)")
cp "$qemu" "$DIR/real"
cat > "$DIR/qemu" <<END
#!/bin/sh
case "\$*" in *-incoming*) kill -"#,
            $signal,
            r#" \$\$;; esac
exec "$DIR/real" "\$@"
END
chmod +x "$DIR/qemu"
mount --bind "$DIR/qemu" "$qemu"
"#
        )
    };
}

const FAULTS: &[Fault] = &[
    Fault {
        name: "a-full-disk",
        shell: "mount -t tmpfs -o size=300k tmpfs $CACHE",
        says: "MiB may be needed",
    },
    Fault {
        name: "no-memory-for-a-compiler",
        shell: "ulimit -v 300000",
        says: "this session's limit on memory in bytes is",
    },
    Fault {
        name: "no-memory-for-qemu",
        // Before the limit holds, everything is compiled.
        shell: r#""$0" "$@" >"$DIR/first" 2>&1; ulimit -v 300000"#,
        says: "QEMU ended by itself",
    },
    Fault {
        name: "a-killed-qemu",
        shell: ended_qemu!("XCPU"),
        says: "QEMU ended by itself (signal 24)",
    },
    Fault {
        name: "a-hung-qemu",
        shell: ended_qemu!("STOP"),
        says: "the machine did not end within 30 s",
    },
];

/// Unusual hosts without a fault: a correct submission gets all its points.
const NO_FAULTS: &[(&str, &str)] = &[
    (
        "a-full-folder-for-temporary-files",
        "mount -t tmpfs -o size=4k tmpfs $DIR; export TMPDIR=$DIR",
    ),
    ("a-blank-in-temporary-files", "mkdir \"$DIR/t m p\"; export TMPDIR=\"$DIR/t m p\""),
];

pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let exercise = Arc::new(Exercise::read(&lab.course.find(LESSON)?, Seed::default())?);
    let mut tests = Vec::new();
    let mut add = |name: &str, test: fn(&Bench, &str, &str) -> Result<(), Failed>, shell, says| {
        let (lab, machine, exercise) =
            (Arc::clone(lab), Arc::clone(machine), Arc::clone(&exercise));
        let name = format!("host-faults::{name}");
        tests.push(Test::that_may_be_skipped(name, move || {
            lab.prepare(&machine, &exercise)?;
            let bench = Bench::new(&lab, &exercise)?;
            if !bench.may_mount()? {
                return Ok(Completion::ignored_with("this user may not mount anything"));
            }
            test(&bench, shell, says).map(|()| Completion::Completed)
        }));
    };
    for Fault { name, shell, says } in FAULTS {
        add(name, no_mark, *shell, *says);
    }
    for (name, shell) in NO_FAULTS {
        add(name, all_points, *shell, "");
    }
    add("a-class-with-excess", excess, "", "");
    Ok(tests)
}

/// A class with one correct solution, and a cache in which it is not compiled yet.
struct Bench {
    scratch: Scratch,
    kernel_source: Option<PathBuf>,
}

impl Bench {
    fn new(lab: &Lab<'static>, exercise: &Exercise) -> Result<Bench, Failed> {
        let scratch = Scratch::new(lab, &[ALL, &["crates"]].concat())?;
        std::fs::create_dir(scratch.folder().join("empty"))?;
        std::fs::create_dir_all(scratch.cache.root().join(SUBMISSIONS))?;
        let bench = Bench { scratch, kernel_source: lab.kernel.source.clone() };
        let right = exercise.sample(&Sample::Solution);
        bench.hand_in("class/ann", &right)?;
        bench.hand_in("work", &right)?;
        Ok(bench)
    }

    fn hand_in(&self, folder: &str, text: &str) -> Result<(), Failed> {
        let folder = self.scratch.folder().join(folder).join(LESSON);
        std::fs::create_dir_all(&folder)?;
        Ok(std::fs::write(folder.join("main.rs"), text)?)
    }

    /// Whether a shell in its own namespace may mount file systems.
    fn may_mount(&self) -> Result<bool, Failed> {
        Ok(self.call("mount -t tmpfs tmpfs $DIR", Path::new("true"), &[])?.status.success())
    }

    /// Runs a program after some shell commands.
    fn call(&self, shell: &str, program: &Path, args: &[&str]) -> Result<Output, Failed> {
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--map-root-user", "sh", "-ec"])
            .arg(format!("{shell}\nexec \"$0\" \"$@\""))
            .arg(program)
            .args(args)
            .env("XDG_CACHE_HOME", self.scratch.folder())
            .env("CACHE", self.scratch.cache.root().join(SUBMISSIONS))
            .env("DIR", self.scratch.folder().join("empty"))
            .current_dir(self.scratch.folder())
            .stdin(Stdio::null());
        if let Some(source) = &self.kernel_source {
            command.env("UPCALL_KERNEL_SOURCE", source);
        }
        Ok(command.output()?)
    }

    /// Runs `grade`, checks its exit status and returns the results.
    fn grade(&self, shell: &str, status: i32) -> Result<Vec<Value>, Failed> {
        let args = ["grade", "class", "--lesson", LESSON, "--json", "marks.json"];
        let output = self.call(shell, &std::env::current_exe()?, &args)?;
        expect(&output, status)?;
        let marks = std::fs::read(self.scratch.folder().join("marks.json"))?;
        let marks: Value = serde_json::from_slice(&marks)?;
        Ok(marks["results"].as_array().cloned().unwrap_or_default())
    }
}

fn expect(output: &Output, status: i32) -> Result<(), Failed> {
    if output.status.code() == Some(status) {
        return Ok(());
    }
    let told = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (told(&output.stdout), told(&output.stderr));
    Err(format!("{}, but {status} was expected:\n{out}{err}", output.status).into())
}

fn no_mark(bench: &Bench, shell: &str, says: &str) -> Result<(), Failed> {
    let results = bench.grade(shell, 4)?;
    let error = results[0]["error"].as_str().unwrap_or_default();
    if !error.contains(says) || results[0].get("points").is_some() {
        return Err(format!("expected `{says}`:\n{results:#?}").into());
    }
    let args = ["--work", "work", "check", LESSON];
    let output = bench.call(shell, &std::env::current_exe()?, &args)?;
    expect(&output, 4)?;
    let told = String::from_utf8_lossy(&output.stderr);
    if !told.contains(says) || !output.stdout.is_empty() {
        let stdout = String::from_utf8_lossy(&output.stdout);
        return Err(format!("expected `{says}` alone:\n{told}{stdout}").into());
    }
    Ok(())
}

fn all_points(bench: &Bench, shell: &str, _: &str) -> Result<(), Failed> {
    let results = bench.grade(shell, 0)?;
    match results[0]["points"] == results[0]["of"] {
        true => Ok(()),
        false => Err(format!("{results:#?}").into()),
    }
}

/// Other students do not suffer from one who uses too much.
fn excess(bench: &Bench, _: &str, _: &str) -> Result<(), Failed> {
    for attack in ["huge-program", "huge-object", "grows-without-end"] {
        let path = builder::root().join(format!("tests/attacks/{attack}.rs"));
        bench.hand_in(&format!("class/{attack}"), &std::fs::read_to_string(path)?)?;
    }
    let results = bench.grade("", 0)?;
    let marks: Vec<_> =
        results.iter().map(|one| (one["points"].as_u64(), one["ending"].as_str())).collect();
    let none = (Some(0), Some("not-compiled"));
    if marks != [(Some(6), None), none, none, none] {
        return Err(format!("{results:#?}").into());
    }
    Ok(())
}
