//! Submissions that try to get marks without work or to do harm. Each is a file in
//! `tests/attacks/`: programs are submitted for the first lesson's exercise, modules for
//! the third's.

use std::path::Path;
use std::sync::Arc;

use lab::error::Error;
use lab::exercise::Exercise;
use lab::exercise::attempt::Attempt;
use lab::exercise::ending::Kind;
use lab::exercise::report;
use lab::exercise::values::Seed;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;

use crate::Test;

/// A file and its expected result.
struct Attack {
    name: &'static str,
    points: u32,
    ending: Option<Kind>,
    /// The program's whole output, if it shows what the attack could not do.
    stdout: Option<&'static str>,
}

const fn attack(name: &'static str, points: u32, ending: Option<Kind>) -> Attack {
    Attack { name, points, ending, stdout: None }
}

const ATTACKS: &[Attack] = &[
    attack("prints-success", 0, None),
    attack("forges-feedback", 0, None),
    attack("forges-by-the-compiler", 0, Some(Kind::NotCompiled)),
    Attack {
        name: "reaches-out",
        points: 0,
        ending: None,
        stdout: Some(
            "write /sys/bus/pci/devices/0000:00:06.0/resource2: EACCES\n\
             read /sys/bus/pci/devices/0000:00:05.0/resource2: EACCES\n\
             write /sys/bus/pci/devices/0000:00:07.0/resource0: EACCES\n\
             read /lab/job.json: ENOENT\n\
             read /proc/1/mem: ENOENT\n\
             read the harness's arguments: ENOENT\n\
             read /dev/mem: ENOENT\n\
             write /dev/kmsg: EACCES\n\
             write /sys/kernel/tracing/trace_marker: EACCES\n\
             write /sys/kernel/tracing/tracing_on: EACCES\n\
             read /run/output: EACCES\n\
             kill 1: Err(EPERM)\n\
             kill the harness: Err(EPERM)\n\
             setuid 0: Err(EPERM)\n",
        ),
    },
    Attack { stdout: Some("still here\n"), ..attack("kills-everybody", 0, None) },
    attack("forks-without-end", 0, Some(Kind::TimedOut)),
    attack("fills-memory", 0, Some(Kind::OutOfMemory)),
    attack("fills-output", 0, Some(Kind::TooMuchOutput)),
    attack("fills-disk", 0, Some(Kind::Crashed)),
    attack("hangs", 0, Some(Kind::TimedOut)),
    attack("includes-secret", 0, Some(Kind::NotCompiled)),
    attack("includes-by-path", 0, Some(Kind::NotCompiled)),
    attack("includes-by-assembler", 0, Some(Kind::NotCompiled)),
    attack("compiles-without-end", 0, Some(Kind::NotCompiled)),
    attack("huge-program", 0, Some(Kind::NotCompiled)),
    attack("huge-object", 0, Some(Kind::NotCompiled)),
    attack("grows-without-end", 0, Some(Kind::NotCompiled)),
    attack("long-program", 0, None),
    attack("links-secret", 0, Some(Kind::NotCompiled)),
    Attack { stdout: Some("[None, None, None, None]\n"), ..attack("reads-environment", 0, None) },
    attack("includes-environment", 0, Some(Kind::NotCompiled)),
    attack("includes-a-device", 0, Some(Kind::NotCompiled)),
    attack("nests-deeply", 0, Some(Kind::NotCompiled)),
    attack("seeks-far", 0, Some(Kind::TooMuchOutput)),
    attack("fills-pipes", 0, Some(Kind::OutOfMemory)),
    attack("fills-shared-memory", 0, Some(Kind::Panicked)),
    attack("stops-itself", 0, Some(Kind::TimedOut)),
    Attack {
        stdout: Some(
            "user namespace: Ok(())\n\
             mount namespace: Ok(())\n\
             mount: Err(EPERM)\n\
             mark: Err(PermissionDenied)\n\
             program: Err(PermissionDenied)\n",
        ),
        ..attack("becomes-root", 0, None)
    },
    Attack {
        stdout: Some("Err(PermissionDenied)\nErr(PermissionDenied)\n"),
        ..attack("rewrites-its-output", 0, None)
    },
];

const MODULES: &[Attack] = &[
    attack("switches-tracing-off", 0, None),
    attack("ends-the-machine", 0, Some(Kind::NoRecord)),
    attack("panics", 0, Some(Kind::Panicked)),
    attack("forges-by-the-log", 0, Some(Kind::Panicked)),
    attack("never-returns", 0, Some(Kind::Hung)),
    attack("stops-the-watchdog", 0, Some(Kind::Hung)),
    attack("stops-the-processor", 0, Some(Kind::Hung)),
    attack("speaks-for-the-harness", 0, None),
    attack("includes-secret", 0, Some(Kind::NotCompiled)),
    attack("assembles-secret", 0, Some(Kind::NotCompiled)),
    attack("huge-object", 0, Some(Kind::NotCompiled)),
    attack("grows-without-end", 0, Some(Kind::NotCompiled)),
    attack("huge-memory", 0, None),
    attack("writes-a-record", 0, Some(Kind::NoRecord)),
    attack("includes-a-device", 0, Some(Kind::NotCompiled)),
    attack("kills-the-harness", 0, Some(Kind::HarnessFailed)),
    attack("kills-init", 0, None),
    attack("floods-the-trace", 0, Some(Kind::Flooded)),
    attack("floods-the-log", 0, Some(Kind::Hung)),
    attack("pauses-the-machine", 0, Some(Kind::Panicked)),
];

/// One test per attack.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let mut tests = Vec::new();
    for (asked, kind, attacks) in [("sigchld", "rs", ATTACKS), ("kill-pid", "c", MODULES)] {
        let exercise = Arc::new(Exercise::read(&lab.course.find(asked)?, Seed::default())?);
        for attack in attacks {
            let (lab, machine, exercise) =
                (Arc::clone(lab), Arc::clone(machine), Arc::clone(&exercise));
            let file = format!("{}.{kind}", attack.name);
            tests.push(Test::new(format!("attacks::{file}"), move || {
                let secret = tempfile::NamedTempFile::new()?;
                std::fs::write(secret.path(), SECRET)?;
                let text =
                    std::fs::read_to_string(builder::root().join("tests/attacks").join(file))?;
                let text = text.replace("SECRET", &secret.path().display().to_string());
                let path = Path::new(exercise.file.name());
                let attempt = lab.attempt(&machine, &exercise, path, &text)?;
                judge(&exercise, attack, &attempt)
            }));
        }
    }
    Ok(tests)
}

/// The content of the file that some attacks want to read.
const SECRET: &str = "0123456789abcdef";

fn judge(exercise: &Exercise, attack: &Attack, attempt: &Attempt) -> Result<(), Failed> {
    let report = report::text(exercise, attempt).to_string();
    let marks = &attempt.marks;
    let kind = marks.ending.as_ref().map(|ending| ending.kind);
    if (marks.points(), kind) != (attack.points, attack.ending) {
        let expected = (attack.points, attack.ending);
        return Err(
            format!("expected {expected:?}, got {:?}:\n{report}", (marks.points(), kind)).into()
        );
    }
    if report.contains(SECRET) {
        return Err(format!("it got the secret:\n{report}").into());
    }
    // Nothing may act on a terminal, and only the lab may speak in the lab's words.
    if let Some(c) = report.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(format!("{c:?} gets through:\n{report:?}").into());
    }
    let sums = report.lines().filter(|line| line.starts_with(&exercise.lesson.name.to_string()));
    if sums.count() != 1 || report.lines().any(|line| line.trim_start().starts_with("::")) {
        return Err(format!("it speaks for the lab:\n{report}").into());
    }
    let stdout = attempt.observed.as_ref().map(|run| String::from_utf8_lossy(&run.record.stdout));
    match attack.stdout {
        Some(expected) if stdout.as_deref() != Some(expected) => Err(format!(
            "expected as its output:\n{expected}but got:\n{}",
            stdout.unwrap_or_default()
        )
        .into()),
        _ => Ok(()),
    }
}
