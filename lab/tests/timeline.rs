//! From the bytes of real records to what people read, without a machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lab::expect::{Checked, Expectation};
use lab::render;
use lab::timeline::Timeline;
use lab::trace::{Inputs, Symbols, TraceError, decode};
use lab::verdict::Verdict;
use object::write::{Object, StandardSection, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
};
use protocol::Ended;

/// What a record holds of a trace.
struct Fixture {
    pages: Vec<u8>,
    stats: String,
    formats: BTreeMap<String, String>,
    symbols: Symbols,
}

impl Fixture {
    fn read(name: &str) -> Fixture {
        let folder = folder().join(name);
        let mut formats = BTreeMap::new();
        for system in fs::read_dir(folder.join("formats")).unwrap() {
            for event in fs::read_dir(system.unwrap().path()).unwrap() {
                let path = event.unwrap().path();
                let event = path.strip_prefix(folder.join("formats")).unwrap();
                formats.insert(event.to_str().unwrap().to_owned(), text(&path));
            }
        }
        Fixture {
            pages: fs::read(folder.join("cpu0")).unwrap(),
            stats: text(&folder.join("cpu0.stats")),
            formats,
            symbols: Symbols::parse(&text(&self::folder().join("System.map"))).unwrap(),
        }
    }

    fn decode(&self) -> Result<Timeline, TraceError> {
        let Fixture { pages, stats, formats, symbols } = self;
        Ok(Timeline::new(&decode(&Inputs { pages, stats, formats, symbols })?))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn sigchld() -> Timeline {
    Fixture::read("sigchld").decode().unwrap()
}

fn kill_pid() -> Timeline {
    let mut fixture = Fixture::read("kill-pid");
    // Where the module was loaded, and the functions of its object file.
    let functions = [("lab_kill_pid_ioctl", 0x2c8), ("lab_kill_pid_isr", 0x650)];
    let elf = module(&functions, 0x713);
    fixture.symbols.add_module("lab_kill_pid", 0xffff_ffff_a000_6000, &elf).unwrap();
    fixture.decode().unwrap()
}

/// A relocatable object with these functions in its `.text`, and one in another
/// section.
fn module(functions: &[(&str, u64)], text_len: usize) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let text = object.section_id(StandardSection::Text);
    object.append_section_data(text, &vec![0; text_len], 16);
    let init = object.add_section(Vec::new(), b".init.text".to_vec(), SectionKind::Text);
    object.append_section_data(init, &vec![0; text_len], 16);
    let others = [("lab_kill_pid_init", 0x660, init)];
    let functions = functions.iter().map(|(name, value)| (*name, *value, text));
    for (name, value, section) in functions.chain(others) {
        object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value,
            size: 0,
            kind: SymbolKind::Text,
            scope: SymbolScope::Compilation,
            weak: false,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        });
    }
    object.write().unwrap()
}

#[test]
fn a_task_sends_a_signal() {
    insta::assert_snapshot!(render::text::render(&sigchld()));
}

#[test]
fn an_interrupt_sends_a_signal() {
    insta::assert_snapshot!(render::text::render(&kill_pid()));
}

#[test]
fn no_line_is_longer_than_80_columns() {
    for text in [render::text::render(&sigchld()), render::text::render(&kill_pid())] {
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
            assert_eq!(line, line.trim_end());
        }
    }
}

#[test]
fn json_holds_what_the_text_leaves_out() {
    let json = kill_pid().to_json();
    let entries = json["entries"].as_array().unwrap();
    let sent = entries.iter().find(|entry| entry["event"] == "signal_generate").unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(sent).unwrap());
}

#[test]
fn a_record_that_lost_events_is_refused() {
    let decode = |old: &str, new: &str| {
        let mut fixture = Fixture::read("sigchld");
        assert!(fixture.stats.contains(old));
        fixture.stats = fixture.stats.replace(old, new);
        fixture.decode().unwrap_err()
    };
    for (old, new) in [
        ("entries: 0", "entries: 7"),
        ("\noverrun: 0", "\noverrun: 7"),
        ("dropped events: 0", "dropped events: 7"),
    ] {
        assert_eq!(decode(old, new), TraceError::Lost { count: 7 });
    }
    let read = Fixture::read("sigchld").stats.lines().last().unwrap().to_owned();
    assert_eq!(
        decode(&read, "read events: 99").to_string(),
        "the trace is incomplete: it holds 18 of 99 events"
    );
}

#[test]
fn a_record_without_the_format_of_an_event_is_refused() {
    let mut fixture = Fixture::read("sigchld");
    fixture.formats.remove("signal/signal_deliver").unwrap();
    assert_eq!(fixture.decode().unwrap_err(), TraceError::UnknownEvent { id: 71 });
}

const FACTS: &str = r#"
[[expect]]
fact = "each dying child sends its parent SIGCHLD, in do_notify_parent"
event = "signal_generate"
where = { sig = "SIGCHLD", code = "CLD_EXITED" }
context = "process"
task = "child-of-target"
target = "marker"
stack = ["__send_signal_locked", "do_notify_parent", "do_exit"]
after = "blocks SIGCHLD"
before = "unblocks SIGCHLD"
count = 2

[[expect]]
fact = "the second is dropped, because the first is still pending"
event = "signal_generate"
where = { result = "already-pending" }
count = 1

[[expect]]
fact = "nobody calls kill()"
event = "signal_generate"
stack = ["kill_pid_info"]
count = 0

[[expect]]
fact = "the marks themselves are not between the marks"
event = "mark"
after = "blocks SIGCHLD"
before = "unblocks SIGCHLD"
count = 0
"#;

const INTERRUPT_FACTS: &str = r#"
[[expect]]
fact = "the interrupt handler sends the signal, whoever is running"
event = "signal_generate"
where = { sig = "SIGRTMIN+10", code = "SI_KERNEL" }
context = "hardirq"
target = "marker"
stack = ["kill_pid", "lab_kill_pid_isr"]
after = "registers"
count = 2

[[expect]]
fact = "the first hits the process itself, in its own system call"
event = "signal_generate"
task = "target"
after = "raises now"
before = "raises later"
count = 1

[[expect]]
fact = "the second hits somebody else"
event = "signal_generate"
task = "not-target"
after = "raises later"
count = 1

[[expect]]
fact = "the interrupted system call has no part in it"
event = "signal_generate"
stack = ["lab_kill_pid_isr", "lab_kill_pid_ioctl"]
count = 0

[[expect]]
fact = "pause wants to be ended by a handler"
event = "sys_exit"
where = { id = "pause", ret = "-ERESTARTNOHAND" }
task = "marker"
after = "raises later"
"#;

const ERRORS: &str = r#"
[[expect]]
fact = "a killed child is told by another code"
event = "signal_generate"
where = { code = "CLD_KILLED" }
context = "hardirq"
after = "blocks"
before = "unblocks"

[[expect]]
fact = "the parent signals itself through kill()"
event = "signal_generate"
where = { result = "ignored" }
task = "target"
stack = ["__send_signal_locked", "kill_pid_info"]

[[expect]]
fact = "there are four forks"
event = "sched_process_fork"
where = { parent_pid = 19 }
count = 4

[[expect]]
fact = "a handler runs once"
event = "mark"
where = { text = "*" }
count = 1

[[expect]]
fact = "the program writes its end"
event = "mark"
after = "the end"

[[expect]]
fact = "an interrupt comes"
event = "irq_handler_entry"
where = { name = "lab_kill_pid" }
"#;

#[derive(serde::Deserialize)]
struct Facts {
    expect: Vec<Expectation>,
}

fn verdict(facts: &str, timeline: &Timeline) -> Verdict {
    let facts: Facts = toml::from_str(facts).unwrap();
    Verdict::new(&facts.expect, timeline, &Ended::Exited(0))
}

#[test]
fn facts_that_hold() {
    let verdict = verdict(FACTS, &sigchld());
    assert!(verdict.passed(), "{verdict}");
    insta::assert_snapshot!(verdict);
}

#[test]
fn facts_about_interrupts() {
    let verdict = verdict(INTERRUPT_FACTS, &kill_pid());
    assert!(verdict.passed(), "{verdict}");
}

#[test]
fn who_acts_and_who_is_meant_is_explained() {
    for (timeline, condition, explanation) in [
        (
            kill_pid(),
            "task = \"not-target\"\nbefore = \"raises later\"",
            "the current task is 19, not another than the target, 19",
        ),
        (
            kill_pid(),
            "task = \"not-marker\"\nafter = \"registers\"\nbefore = \"raises later\"",
            "the current task is 19, not another than the marker, 19",
        ),
        (
            kill_pid(),
            "task = \"child-of-marker\"\nafter = \"registers\"",
            "the current task is 19, not a child of the marker, 19",
        ),
        (
            kill_pid(),
            "target = \"child-of-marker\"\nafter = \"registers\"",
            "the target is 19, not a child of the marker, 19",
        ),
        (
            sigchld(),
            "where = { pid = 1 }\ntarget = \"marker\"\nafter = \"reaps\"",
            "the target is 1, not the marker, 19",
        ),
    ] {
        let facts = format!("[[expect]]\nfact = \"f\"\nevent = \"signal_generate\"\n{condition}");
        let verdict = verdict(&facts, &timeline);
        let Checked { passed, detail, .. } = &verdict.expectations[0];
        assert!(!passed && detail.contains(&format!("\n    - {explanation}")), "{detail}");
    }
}

#[test]
fn facts_that_do_not_hold_are_explained() {
    let verdict = verdict(ERRORS, &sigchld());
    assert!(!verdict.passed() && verdict.expectations.iter().all(|checked| !checked.passed));
    insta::assert_snapshot!(verdict);
}
