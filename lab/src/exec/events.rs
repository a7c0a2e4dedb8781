//! The trace events that a person asks for: the value of `exec --events`.
//!
//! ```text
//! signals,sched/sched_waking+stack:pid == 20
//! └ a set └ an event         └ its stack └ the kernel's filter
//! ```
//!
//! The kernel decides whether an event exists and a filter makes sense. [`EventError`]
//! says what it answered.

use std::str::FromStr;

use explain::{ExitStatus, Explain};
use nix::libc::SYS_finit_module;
use protocol::TraceEvent;
use story::render::text::WIDTH;
use story::render::wrap::wrap;

/// The word that asks for the list of all events.
pub const HELP: &str = "help";

/// Several events under one name.
pub struct Set {
    pub name: &'static str,
    pub about: &'static str,
    pub events: &'static [&'static str],
}

/// The sets, as the help shows them.
pub const SETS: &[Set] = &[
    Set {
        name: "signals",
        about: "who sends which signal to whom, and what it does there",
        events: &["signal/signal_generate", "signal/signal_deliver"],
    },
    Set {
        name: "wakeups",
        about: "who wakes whom, and who is awake then",
        events: &["sched/sched_waking", "sched/sched_wakeup", "sched/sched_wakeup_new"],
    },
    Set {
        name: "irqs",
        about: "devices' interrupts and the softirqs after them",
        events: &[
            "irq/irq_handler_entry",
            "irq/irq_handler_exit",
            "irq/softirq_entry",
            "irq/softirq_exit",
        ],
    },
    Set {
        name: "processes",
        about: "which processes and threads begin, execute a program and exit",
        events: &["task/task_newtask", "sched/sched_process_exec", "sched/sched_process_exit"],
    },
    Set {
        name: "syscalls",
        about: "system calls of the program and its children, with arguments and results; \
                those before execve prepare its process",
        events: &["raw_syscalls/sys_enter", "raw_syscalls/sys_exit"],
    },
];

/// Not PID 1, which carries the program's output.
const NOT_INIT: &str = "common_pid != 1";

/// One `--events`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked(Vec<Wanted>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Help,
    Event(TraceEvent),
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(list: &str) -> Result<Asked, String> {
        let items: Result<Vec<_>, _> = items(list).into_iter().map(wanted).collect();
        Ok(Asked(items?.into_iter().flatten().collect()))
    }
}

/// Whether the list of all events is wanted.
pub fn wants_help(asked: &[Asked]) -> bool {
    asked.iter().flat_map(|asked| &asked.0).any(|wanted| *wanted == Wanted::Help)
}

/// All events that were asked for, each once. If one was asked for several times, it is
/// recorded whenever one of them wants it.
pub fn selected(asked: &[Asked]) -> Vec<TraceEvent> {
    let mut selected: Vec<TraceEvent> = Vec::new();
    for wanted in asked.iter().flat_map(|asked| &asked.0) {
        let Wanted::Event(event) = wanted else { continue };
        match selected.iter_mut().find(|other| is_same(other, event)) {
            Some(other) => *other = either(other, event),
            None => selected.push(event.clone()),
        }
    }
    selected
}

/// Whether two names mean the same event. An event's name belongs to one system only.
fn is_same(a: &TraceEvent, b: &TraceEvent) -> bool {
    let short = |event: &TraceEvent| !event.event.contains('/');
    a.event == b.event || (short(a) || short(b)) && a.name() == b.name()
}

fn either(a: &TraceEvent, b: &TraceEvent) -> TraceEvent {
    let event = if a.event.contains('/') { &a.event } else { &b.event }.clone();
    let filter = match (a.filter.as_str(), b.filter.as_str()) {
        ("", _) | (_, "") => String::new(),
        (a, b) if a == b => a.to_owned(),
        (a, b) => format!("({a}) || ({b})"),
    };
    TraceEvent { event, filter, stack: a.stack || b.stack }
}

/// Splits at commas, but not at those in a filter's string or braces: `"a,b"`,
/// `CPUS{0,2}`.
fn items(list: &str) -> Vec<&str> {
    let (mut quote, mut depth) = (None, 0);
    list.split(|c| {
        match (quote, c) {
            (Some(open), _) => quote = quote.filter(|_| c != open),
            (None, '"' | '\'') => quote = Some(c),
            (None, '{' | '(') => depth += 1,
            (None, '}' | ')') => depth -= 1,
            _ => {}
        }
        c == ',' && quote.is_none() && depth == 0
    })
    .collect()
}

/// Parses one item: an event or a set, `+stack` if kernel stacks are wanted, and
/// `:FILTER`.
fn wanted(item: &str) -> Result<Vec<Wanted>, String> {
    let item = item.trim();
    if item == HELP {
        return Ok(vec![Wanted::Help]);
    }
    let form = || format!("`{item}` is not EVENT or SET, then +stack and :FILTER if wanted");
    let (name, rest) = name(item);
    let (stack, rest) = match rest.strip_prefix("+stack") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let filter = match rest.strip_prefix(':').map(str::trim) {
        Some(filter) if !filter.is_empty() => filter,
        None if rest.is_empty() => "",
        _ => return Err(form()),
    };
    let set = SETS.iter().find(|set| set.name == name);
    let events: Vec<&str> = set.map_or(vec![&name], |set| set.events.to_vec());
    let well_formed = |name: &str| name.matches('/').count() < 2 && name.split('/').all(is_word);
    if !events.iter().all(|event| well_formed(event)) {
        return Err(form());
    }
    let event = |event: &str| {
        let own = if is_call(event) { own_calls(set.is_some()) } else { String::new() };
        let filter = match (filter, own.as_str()) {
            (filter, "") => filter.to_owned(),
            ("", own) => own.to_owned(),
            (filter, own) => format!("({filter}) && ({own})"),
        };
        Wanted::Event(TraceEvent { event: event.to_owned(), filter, stack })
    };
    Ok(events.into_iter().map(event).collect())
}

/// The name at the beginning of an item, and what follows it. `SYSTEM:EVENT`, as the
/// kernel lists events, is a name: one word is not a filter.
fn name(item: &str) -> (String, &str) {
    let end = |text: &str| text.find([':', '+']).unwrap_or(text.len());
    let (name, rest) = item.split_at(end(item));
    if let Some(rest) = rest.strip_prefix(':') {
        let (event, rest) = rest.split_at(end(rest));
        if !name.contains('/') && is_word(event) {
            return (format!("{name}/{event}"), rest);
        }
    }
    (name.to_owned(), rest)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// Whether it is one of the two events of system calls.
fn is_call(event: &str) -> bool {
    event.rsplit('/').next().is_some_and(|name| name.starts_with("sys_e"))
}

/// The filter that leaves out the lab's own system calls: those of PID 1, except, in an
/// event by itself, the one that loads a person's module.
fn own_calls(in_set: bool) -> String {
    match in_set {
        true => NOT_INIT.to_owned(),
        false => format!("{NOT_INIT} || id == {SYS_finit_module}"),
    }
}

/// The kernel refused an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    #[error("the kernel has no trace event `{event}`")]
    Unknown {
        event: String,
        /// Events and sets with a similar name, the most similar first.
        near: Vec<String>,
    },
    #[error("the kernel refuses the filter of `{event}`")]
    Filter {
        event: String,
        /// The kernel's own words.
        explanation: String,
    },
}

impl EventError {
    /// Finds in PID 1's reason for not starting the program whether one of these events
    /// is to blame. `known` are the events that the kernel has.
    pub fn of(reason: &str, events: &[TraceEvent], known: &str) -> Option<EventError> {
        events.iter().find_map(|wanted| {
            let event = wanted.event.clone();
            if reason == wanted.is_unknown() {
                return Some(EventError::Unknown { near: near(&event, &list(known)), event });
            }
            let explanation = reason.strip_prefix(&wanted.has_bad_filter())?.to_owned();
            Some(EventError::Filter { event, explanation })
        })
    }
}

impl Explain for EventError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }

    fn hint(&self) -> Option<String> {
        let EventError::Unknown { near, .. } = self else { return None };
        let near: Vec<String> = near.iter().map(|event| format!("`{event}`")).collect();
        Some(match near.is_empty() {
            true => format!("`exec --events {HELP}` lists all events"),
            false => format!("did you mean {}?", near.join(" or ")),
        })
    }

    fn details(&self) -> Option<&str> {
        match self {
            EventError::Unknown { .. } => None,
            EventError::Filter { explanation, .. } => Some(explanation.trim_start_matches('\n')),
        }
    }
}

/// `--events` without `help` and without a program.
#[derive(Debug, thiserror::Error)]
#[error("there is no program whose events could be recorded")]
pub struct NoProgram;

impl Explain for NoProgram {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }

    fn hint(&self) -> Option<String> {
        Some("its name follows `--`: exec --events signals -- PROGRAM [ARGS]…".to_owned())
    }
}

/// The kernel's `available_events` as `system/event`, sorted.
pub fn list(available: &str) -> Vec<String> {
    let mut events: Vec<String> =
        available.lines().map(|line| line.replacen(':', "/", 1)).collect();
    events.sort();
    events
}

/// At most three events or sets whose names are similar to `asked`, the most similar
/// first.
fn near(asked: &str, known: &[String]) -> Vec<String> {
    let short = |event: &str| event.rsplit('/').next().unwrap_or(event).to_owned();
    let asked = short(asked);
    let sets = SETS.iter().map(|set| set.name);
    let mut near: Vec<(usize, &str)> = known
        .iter()
        .map(String::as_str)
        .chain(sets)
        .map(|name| (strsim::levenshtein(&asked, &short(name)), name))
        // A name that differs in more than a third of its letters is not similar.
        .filter(|(distance, _)| distance * 3 <= asked.len())
        .collect();
    near.sort();
    near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// The beginning of the help.
const HOW: &str = "\
--events takes events and sets of events, separated by commas:

  EVENT or SYSTEM/EVENT, or a set
  +stack     with the kernel stack of each event
  :FILTER    only if this is true, in the kernel's syntax

Example: --events 'signals+stack,sched/sched_waking:pid == 20 && prio < 120'

A filter compares an event's fields, which /sys/kernel/tracing/events/*/*/format
in the machine describes. Every event has common_pid, the task that was running.

";

/// Where the text about a set begins, columns.
const SETS_INDENT: usize = 13;

/// The text of `exec --events help`: how to ask, the sets, and all events by system.
pub fn help(events: &[String]) -> String {
    let mut text = format!("{HOW}sets\n");
    for Set { name, about, events } in SETS {
        let lines = [(*about).to_owned(), events.join(" ")];
        for line in wrap(&format!("  {name:<9} "), SETS_INDENT, &lines, WIDTH) {
            text += &format!("{line}\n");
        }
    }
    let mut system = "";
    for event in events {
        let (its, name) = event.split_once('/').unwrap_or(("", event));
        if its != system {
            text += &format!("\n{its}\n");
            system = its;
        }
        text += &format!("  {name}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of these values of `--events`: `EVENT`, `+stack` and `:FILTER`.
    fn asked(values: &[&str]) -> Result<Vec<String>, String> {
        let asked: Result<Vec<Asked>, String> = values.iter().map(|value| value.parse()).collect();
        let written = |event: TraceEvent| {
            let stack = if event.stack { "+stack" } else { "" };
            let colon = if event.filter.is_empty() { "" } else { ":" };
            format!("{}{stack}{colon}{}", event.event, event.filter)
        };
        Ok(selected(&asked?).into_iter().map(written).collect())
    }

    fn one(value: &str) -> String {
        asked(&[value]).unwrap().join(",")
    }

    #[test]
    fn events_are_named_in_three_ways() {
        for name in ["signal/signal_generate", "signal:signal_generate", " signal:signal_generate "]
        {
            assert_eq!(one(name), "signal/signal_generate");
        }
        assert_eq!(one("signal_generate"), "signal_generate");
        assert_eq!(one("a-b:c+stack"), "a-b/c+stack");
        for wrong in ["", "a,", "a/b/c", "a/", "../x", "a b", "a+stac", "a:", "a+stack:"] {
            let told = asked(&[wrong]).unwrap_err();
            assert!(
                told.ends_with("is not EVENT or SET, then +stack and :FILTER if wanted"),
                "{told}"
            );
        }
    }

    #[test]
    fn a_filter_is_the_kernels_own() {
        assert_eq!(one("sched/sched_waking:pid == 20"), "sched/sched_waking:pid == 20");
        assert_eq!(one("sched:sched_waking+stack: pid==20"), "sched/sched_waking+stack:pid==20");
        let commas = r#"a:comm ~ "x,(y" && cpus & CPUS{0,2}"#;
        assert_eq!(asked(&[&format!("{commas},b")]).unwrap(), [commas, "b"]);
    }

    #[test]
    fn the_labs_own_calls_are_left_out() {
        assert_eq!(
            one("raw_syscalls/sys_enter"),
            "raw_syscalls/sys_enter:common_pid != 1 || id == 313"
        );
        assert_eq!(
            one("sys_exit:ret < 0 || id == 1"),
            "sys_exit:(ret < 0 || id == 1) && (common_pid != 1 || id == 313)"
        );
        assert_eq!(
            one("syscalls"),
            "raw_syscalls/sys_enter:common_pid != 1,raw_syscalls/sys_exit:common_pid != 1"
        );
    }

    #[test]
    fn what_is_asked_twice_is_recorded_once() {
        assert_eq!(
            one("signals,signal_generate+stack,signal:signal_deliver"),
            "signal/signal_generate+stack,signal/signal_deliver"
        );
        assert_eq!(
            asked(&["a:x == 1", "s/a+stack:x == 2"]).unwrap(),
            ["s/a+stack:(x == 1) || (x == 2)"]
        );
        assert_eq!(asked(&["a:x == 1,s/a", "t/a"]).unwrap(), ["s/a", "t/a"]);
    }

    #[test]
    fn a_set_is_its_events() {
        assert_eq!(
            one("wakeups+stack:prio < 100"),
            "sched/sched_waking+stack:prio < 100,sched/sched_wakeup+stack:prio < 100,\
             sched/sched_wakeup_new+stack:prio < 100"
        );
        let help = |value: &str| wants_help(&[value.parse().unwrap()]);
        assert!(help("help") && help("signals,help") && !help("signals"));
    }

    #[test]
    fn a_mistyped_event_is_answered_with_the_nearest() {
        let known =
            list("sched:sched_waking\nsched:sched_wakeup\nsched:sched_wakeup_new\nirq:irq_x\n");
        assert_eq!(near("sched_wakin", &known), ["sched/sched_waking", "sched/sched_wakeup"]);
        assert_eq!(near("shed/sched_wakeup", &known)[0], "sched/sched_wakeup");
        assert_eq!(near("signal", &known), ["signals"]);
        assert!(near("nothing", &known).is_empty());
    }

    #[test]
    fn the_help_has_sets_and_then_systems() {
        let text = help(&list("sched:sched_waking\nirq:irq_x\nsched:a\n"));
        let (sets, all) = text.split_once("\nirq\n").unwrap();
        assert!(sets.contains("\n  signals    who sends which signal"), "{sets}");
        assert_eq!(all, "  irq_x\n\nsched\n  a\n  sched_waking\n");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    }
}
