//! What `--events` shows of a run.

use std::process::Output;

use libtest_mimic::Failed;
use serde_json::Value;

use super::{Check, Fixture, exec, same};
use crate::schemas;

pub const CHECKS: &[(&str, Check)] = &[
    ("events-become-a-timeline", events),
    ("all-events-are-listed-with-the-sets-first", listed_events),
    ("an-unknown-event-is-answered-with-the-nearest", unknown_event),
    ("a-filter-is-the-kernels-own", filtered_events),
    ("a-filter-that-the-kernel-refuses-is-explained", bad_filter),
    ("events-may-be-written-as-json", json_events),
    ("system-calls-have-their-arguments", syscalls),
    ("sets-show-who-did-what-to-whom", sets),
];

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

/// Runs the probe with `--events-json`. Returns its output, too.
pub fn as_json(
    fixture: &Fixture,
    flags: &[&str],
    args: &[&str],
) -> Result<(Output, Value), Failed> {
    let file = fixture.path("events.json");
    let output =
        fixture.probe(&[flags, &["--events-json", &file.to_string_lossy()]].concat(), args)?;
    Ok((output, serde_json::from_slice(&std::fs::read(file)?)?))
}

fn json_events(fixture: &Fixture) -> Result<(), Failed> {
    let (output, document) = as_json(fixture, &["--events", "signals+stack"], &["raise", "10"])?;
    same(&output, 138, b"", b"")?;
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
