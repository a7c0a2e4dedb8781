//! The figures of the README and the book are today's, and each lesson's trace is one that
//! viewers and trace-cmd read.

use std::process::Command;
use std::sync::Arc;

use book::figures::{self, OfARun};
use host::TRACE_CMD;
use lab::report;
use lab::returned;
use lab::run::Run;
use libtest_mimic::Failed;
use story::timeline::Roles;
use trace::{EventName, Inputs, Symbols};

use crate::runs::{Runs, made};
use crate::snapshots::{difference, is_accepting};
use crate::{Test, drawn};

pub fn all(runs: &Arc<Runs>) -> Vec<Test> {
    let test = |name: &str, check: fn(&Runs) -> Result<(), Failed>| {
        let runs = Arc::clone(runs);
        Test::new(format!("figures::{name}"), move || check(&runs))
    };
    vec![
        test("of-runs-are-todays", are_todays),
        test("by-hand-name-functions-that-are-there", drawn::check),
        test("for-perfetto", viewers_read_it),
        test("for-trace-cmd", trace_cmd_reads_it).needs(TRACE_CMD),
    ]
}

/// Each figure of a run is what that run draws today.
fn are_todays(runs: &Runs) -> Result<(), Failed> {
    let root = &runs.lab.course.root;
    let mut faults = Vec::new();
    for file in figures::all(root)? {
        let Some(OfARun { lesson, scene }) = figures::of_a_run(&file) else { continue };
        let (plan, ran) = runs.of_lesson(&lesson)?;
        let today = report::figure(&plan, made(&ran)?, Some(&scene))?;
        let kept = std::fs::read_to_string(root.join(&file))?;
        if kept == today {
            continue;
        }
        let difference = difference(("kept", &kept), ("today", &today));
        if is_accepting() {
            eprintln!("{file}\n{difference}");
            std::fs::write(root.join(&file), today)?;
        } else {
            faults
                .push(format!("`{file}` is not today's; `--accept` draws it again\n{difference}"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

fn viewers_read_it(runs: &Runs) -> Result<(), Failed> {
    for name in &runs.lab.course.names {
        let (_, ran) = runs.of_lesson(name)?;
        let run = made(&ran)?;
        let document = report::perfetto(run);
        if let Some(problem) = perfetto::check::problem(&document) {
            return Err(format!("{name}: {problem}").into());
        }
        // Nothing is lost: each event begins a slice or ends one.
        let events = document["traceEvents"].as_array().ok_or("it has no events")?;
        let slices = events.iter().filter(|event| event["ph"] == "X");
        let ends = slices.clone().filter(|slice| slice["dur"] != 0.0).count();
        if slices.count() + ends != run.timeline.entries.len() {
            return Err(format!("{name}: some events are missing").into());
        }
    }
    Ok(())
}

/// trace-cmd finds each event and each stack, under its name, at its time and in its task,
/// and it names the kernel's functions.
fn trace_cmd_reads_it(runs: &Runs) -> Result<(), Failed> {
    let kernel = &runs.machine.symbols;
    for name in &runs.lab.course.names {
        let (_, ran) = runs.of_lesson(name)?;
        let run = made(&ran)?;
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(&file, report::trace_dat(run, kernel)?)?;
        // -t: times to the nanosecond.
        let command =
            Command::new(TRACE_CMD).args(["report", "-t", "-i"]).arg(file.path()).output()?;
        let said = String::from_utf8_lossy(&command.stderr);
        if !command.status.success() || !said.is_empty() {
            return Err(format!("{name}: trace-cmd says: {said}").into());
        }
        let report = String::from_utf8_lossy(&command.stdout);
        let (found, wanted) = (told(&report)?, wanted(run, kernel)?);
        if found != wanted {
            let difference = difference(("trace-cmd", &found), ("wanted", &wanted));
            return Err(format!("{name}: {difference}").into());
        }
    }
    Ok(())
}

/// The events and the stacks in trace-cmd's report, as [`wanted`] writes them.
fn told(report: &str) -> Result<String, Failed> {
    let mut text = String::new();
    let mut start = None;
    for line in report.lines() {
        if let Some(frame) = line.strip_prefix("=> ") {
            // Where no function is, there is an end of code before, or nothing.
            let nameless = frame.strip_prefix("? (").and_then(|frame| frame.strip_suffix(')'));
            text += &format!("=> {}\n", nameless.unwrap_or(frame));
        } else if let Some((task, event)) = line.split_once(" [000] ") {
            // Newer versions write the event's flags before its time.
            let mut words = event.split_whitespace().skip_while(|word| !word.ends_with(':'));
            let (Some(time), Some(event)) = (words.next(), words.next()) else {
                return Err(format!("trace-cmd writes `{line}`").into());
            };
            let time_ns: u64 = time.replace(['.', ':'], "").parse()?;
            let start_ns = *start.get_or_insert(time_ns);
            let event = event.trim_end_matches(':');
            if event != "kernel_stack" {
                text += &format!("{} {} {event}\n", task.trim(), time_ns - start_ns);
            }
        }
    }
    Ok(text)
}

/// One line for each event: its task, its time and its name. One line for each frame of a
/// stack: its function and its address.
fn wanted(run: &Run, kernel: &Symbols) -> Result<String, Failed> {
    let symbols = returned::symbols(kernel, &run.returned.modules, &run.record)?;
    let events = trace::decode(&Inputs {
        pages: &run.record.trace,
        stats: Some(&run.record.trace_stats),
        formats: &run.record.formats,
        symbols: &symbols,
        modules: &run.returned.modules,
    })?;
    let start_ns = events.first().map_or(0, |event| event.time_ns);
    let roles = Roles::new(&run.timeline.births);
    let mut text = String::new();
    for event in &events {
        let (pid, time_ns) = (event.pid, event.time_ns - start_ns);
        // The file has one name for each number, that of its last task.
        let role = match roles.name(pid, u64::MAX) {
            // trace-cmd's own name.
            "idle" => "<idle>",
            role => role,
        };
        let name = match event.kind.name() {
            EventName::Mark | EventName::KernelMark => "print".to_owned(),
            name => name.to_string(),
        };
        text += &format!("{role}-{pid} {time_ns} {name}\n");
        for frame in &event.stack {
            // trace-cmd takes the address itself, which may be that of the next function.
            text += &match symbols.name(frame.address) {
                Some(symbol) => format!("=> {} ({:x})\n", symbol.name, frame.address),
                None => format!("=> {:x}\n", frame.address),
            };
        }
    }
    Ok(text)
}
