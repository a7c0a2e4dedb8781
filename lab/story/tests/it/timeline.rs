//! From records to what people and machines read.

use story::causes::{self, Cause};
use story::render;
use story::timeline::Timeline;
use trace::{EventName, TraceError};

use crate::fixture::{Fixture, kill_pid, sigchld};

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
fn without_marks_the_kernel_has_their_room() {
    let text = render::text::render(&sigchld().without(&EventName::Mark));
    let header = text.lines().next().unwrap();
    assert_eq!((header.chars().count(), header.ends_with("   user")), (80, true), "{text}");
    let longest = text.lines().skip(1).map(|line| line.chars().count()).max();
    assert!(longest.is_some_and(|longest| (60..=80).contains(&longest)), "{text}");
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

#[test]
fn causes_are_found_in_real_records() {
    let arrows = |timeline: &Timeline| {
        let sentence = |at: usize| {
            let entry = &timeline.entries[at];
            let lines = entry.cells.iter().flat_map(|cell| cell.lines.last());
            let text: Vec<&str> = lines.map(String::as_str).collect();
            format!("{} {}", entry.subject(), text.join(" · "))
        };
        let causes = causes::of(timeline);
        let line = |cause: &Cause| {
            format!("{:?}: {}\n    ▶ {}\n", cause.why, sentence(cause.from), sentence(cause.to))
        };
        causes.iter().map(line).collect::<String>()
    };
    insta::assert_snapshot!("causes_sigchld", arrows(&sigchld()));
    insta::assert_snapshot!("causes_kill_pid", arrows(&kill_pid()));
}
