//! Checks facts in the form of a `lesson.toml` against real records.

use std::collections::BTreeMap;
use std::path::Path;

use protocol::{Ended, Outcome};
use story::expect::{Checked, Expectation};
use story::lesson::Lesson;
use story::render::text::WIDTH;
use story::timeline::Timeline;
use story::verdict::Verdict;
use trace::record::Record;

use crate::fixture::{kill_pid, sigchld, with_births};

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
fact = "the handler is told of child 99"
event = "mark"
where = { text = "*from 99" }

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
    let timeline = sigchld();
    let verdict = verdict(FACTS, &timeline);
    assert!(verdict.passed(), "{}", verdict.render(&timeline, WIDTH));
    insta::assert_snapshot!(verdict.render(&timeline, WIDTH));
}

#[test]
fn facts_about_interrupts() {
    let timeline = kill_pid();
    let verdict = verdict(INTERRUPT_FACTS, &timeline);
    assert!(verdict.passed(), "{}", verdict.render(&timeline, WIDTH));
}

#[test]
fn who_acts_and_who_is_meant_is_explained() {
    for (timeline, condition, explanation) in [
        (
            kill_pid(),
            "task = \"not-target\"\nbefore = \"raises later\"",
            "the current task is 19, not a task other than the target, 19",
        ),
        (
            kill_pid(),
            "task = \"not-marker\"\nafter = \"registers\"\nbefore = \"raises later\"",
            "the current task is 19, not a task other than the marker, 19",
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
        let detail = detail.to_string();
        assert!(!passed && detail.contains(&format!("\n    - {explanation}")), "{detail}");
    }
}

#[test]
fn facts_that_do_not_hold_are_explained() {
    let timeline = sigchld();
    let verdict = verdict(ERRORS, &timeline);
    assert!(!verdict.passed() && verdict.expectations.iter().all(|checked| !checked.passed));
    insta::assert_snapshot!(verdict.render(&timeline, WIDTH));
}

/// The story explains them in its own words, which are the same on every host.
#[test]
fn the_story_explains_facts_that_do_not_hold() {
    let timeline = with_births(sigchld());
    let verdict = verdict(ERRORS, &timeline);
    let events = ["signal/signal_generate", "sched/sched_process_fork", "irq/irq_handler_entry"];
    let traced: String =
        events.map(|event| format!("[[trace]]\nevent = \"{event}\"\nstack = true\n")).concat();
    let lesson = format!("format = 1\ntitle = \"Q?\"\nsummary = \"s\"\n{traced}{ERRORS}");
    let lesson = Lesson::parse(Path::new("x"), &lesson).unwrap();
    let record = Record {
        outcome: Outcome {
            nonce: String::new(),
            ended: Ended::Exited(0),
            not_loaded: Vec::new(),
            no_room: Vec::new(),
        },
        stdout: Vec::new(),
        stderr: Vec::new(),
        trace: Vec::new(),
        trace_stats: String::new(),
        formats: BTreeMap::new(),
        events: String::new(),
        first_modules: Vec::new(),
        modules: Vec::new(),
        leaks: None,
        out: BTreeMap::new(),
    };
    let story = story::text(&lesson, &record, &timeline, &verdict);
    let (_, facts) = story.split_once("--- facts\n").unwrap();
    assert!(!facts.contains(" µs"), "{facts}");
    insta::assert_snapshot!(facts);
}
