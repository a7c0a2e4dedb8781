//! The answer to `--events help`.

use story::render::text::WIDTH;
use story::render::wrap::wrap;

use super::sets::{SETS, Set};

/// The word that asks for the list of all events.
pub const HELP: &str = "help";

/// The kernel's `available_events` as `system/event`, sorted.
pub fn list(available: &str) -> Vec<String> {
    let mut events: Vec<String> =
        available.lines().map(|line| line.replacen(':', "/", 1)).collect();
    events.sort();
    events
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

    #[test]
    fn the_help_has_sets_and_then_systems() {
        let text = help(&list("sched:sched_waking\nirq:irq_x\nsched:a\n"));
        let (sets, all) = text.split_once("\nirq\n").unwrap();
        assert!(sets.contains("\n  signals    who sends which signal"), "{sets}");
        assert_eq!(all, "  irq_x\n\nsched\n  a\n  sched_waking\n");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    }
}
