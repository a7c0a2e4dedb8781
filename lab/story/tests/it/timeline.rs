//! From records to what people and machines read.

use story::causes::{self, Cause};
use story::render;
use story::render::text::WIDTH;
use story::timeline::Timeline;
use trace::{EventName, TraceError};

use crate::fixture::{Fixture, kill_pid, sigchld};

fn text(timeline: &Timeline, columns: usize) -> String {
    render::text::render(&render::text::rows(timeline), columns).to_string()
}

#[test]
fn a_task_sends_a_signal() {
    insta::assert_snapshot!(text(&sigchld(), WIDTH));
}

#[test]
fn an_interrupt_sends_a_signal() {
    insta::assert_snapshot!(text(&kill_pid(), WIDTH));
}

#[test]
fn a_narrow_terminal_gets_the_same() {
    insta::assert_snapshot!(text(&kill_pid(), 60));
}

#[test]
fn no_line_is_wider_than_asked() {
    for columns in 60..=120 {
        for text in [text(&sigchld(), columns), text(&kill_pid(), columns)] {
            for line in text.lines() {
                assert!(line.chars().count() <= columns, "{line}");
                assert_eq!(line, line.trim_end());
            }
        }
    }
}

#[test]
fn lanes_do_not_move_when_a_run_takes_longer() {
    let heads = |last_ns| {
        let mut timeline = sigchld();
        timeline.entries.last_mut().unwrap().time_ns = last_ns;
        let text = text(&timeline, WIDTH);
        let last = text.lines().last().unwrap();
        (text.lines().next().unwrap().to_owned(), last.find('['))
    };
    assert_eq!(heads(18_400), heads(99_999_999_900));
}

#[test]
fn colours_are_no_part_of_the_text() {
    let inked = render::text::render(&render::text::rows(&kill_pid()), WIDTH);
    assert_eq!(inked.for_terminal(false), inked.to_string());
    let coloured = inked.for_terminal(true);
    insta::assert_snapshot!(coloured.replace('\x1b', "␛"));
    let mut plain = String::new();
    for (number, piece) in coloured.split('\x1b').enumerate() {
        plain += if number == 0 { piece } else { piece.split_once('m').unwrap().1 };
    }
    assert_eq!(plain, inked.to_string());
}

#[test]
fn without_marks_the_kernel_has_their_room() {
    let text = text(&sigchld().without(&EventName::Mark), WIDTH);
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
