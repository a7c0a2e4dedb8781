//! The trace events that a person asks for: the value of `exec --events`.
//!
//! ```text
//! signals,sched/sched_waking+stack:pid == 20
//! └ a set └ an event         └ its stack └ the kernel's filter
//! ```
//!
//! The kernel decides whether an event exists and a filter makes sense. [`EventError`]
//! says what it answered.

mod help;
mod refused;
mod sets;

use std::str::FromStr;

use nix::libc::SYS_finit_module;
use protocol::TraceEvent;

pub use help::{HELP, help, list};
pub use refused::{EventError, NoProgram};
use sets::SETS;

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
}
