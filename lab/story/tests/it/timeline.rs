//! From records to what people and machines read.

use explain::Explain;
use story::causes::{self, Cause};
use story::narrow::Narrow;
use story::render;
use story::render::ink::Inked;
use story::render::text::WIDTH;
use story::timeline::Timeline;
use trace::{EventName, TraceError};

use crate::fixture::{Fixture, kill_pid, sigchld, with_births};

fn text(timeline: &Timeline, columns: usize) -> String {
    narrowed(timeline, &Narrow::default(), columns).to_string()
}

fn narrowed(timeline: &Timeline, narrow: &Narrow, columns: usize) -> Inked {
    let narrowed = narrow.apply(timeline, render::text::rows(timeline)).unwrap();
    let mut text = render::text::render(&narrowed.rows, columns);
    text.append(narrowed.left_out());
    text
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
    let inked = narrowed(&kill_pid(), &Narrow::default(), WIDTH);
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
fn only_the_lines_that_are_asked_for_are_shown() {
    let shown = |timeline: &Timeline, task: Option<&str>, grep: Option<&str>| {
        let grep = grep.map(|pattern| pattern.parse().unwrap());
        let narrow = Narrow { task: task.map(str::to_owned), grep };
        let text = narrowed(timeline, &narrow, 120).to_string();
        let lines = text.lines().skip(1).map(|line| line.trim_start().to_owned());
        lines.collect::<Vec<String>>()
    };
    let of_20 = [
        "24862.9          [20] __x64_sys_exit_group → do_group_exit → do_exit → do_notify_parent →",
        "__send_signal_locked:",
        "SIGCHLD to 19, CLD_EXITED",
        "13 of 14 events are left out",
    ];
    let sigchld = with_births(sigchld());
    assert_eq!(shown(&sigchld, Some("20"), None), of_20);
    assert_eq!(shown(&sigchld, Some("child-1"), None), of_20);
    assert_eq!(shown(&sigchld, Some("child 1"), Some("SIGCHLD to")), of_20);
    let none = ["14 of 14 events are left out"];
    assert_eq!(shown(&sigchld, Some("child 1"), Some("SIGWINCH")), none);
    let texts = |lines: Vec<String>| {
        let text = |line: &String| line.split_once('[').map(|(_, text)| text.to_owned());
        lines.iter().filter_map(text).collect::<Vec<String>>()
    };
    assert_eq!(
        texts(shown(&sigchld, Some("program"), Some("^.19. (un)?blocks"))),
        ["19] blocks SIGCHLD, forks two", "19] unblocks SIGCHLD"]
    );
    assert_eq!(texts(shown(&kill_pid(), None, Some("▶"))).len(), 2);
    assert!(!shown(&kill_pid(), None, None).concat().contains("left out"));
}

#[test]
fn an_unknown_task_is_answered_with_those_that_act() {
    let narrow = Narrow { task: Some("child 4".to_owned()), grep: None };
    for (timeline, known) in [
        (sigchld(), "1, 19, 20, 21, 22"),
        (
            with_births(sigchld()),
            "init (1), program (19), child 1 (20), child 2 (21), child 3 (22)",
        ),
    ] {
        let unknown = narrow.apply(&timeline, render::text::rows(&timeline)).err().unwrap();
        assert_eq!(unknown.to_string(), "there is no task `child 4` in this run");
        assert_eq!(unknown.hint(), Some(format!("its tasks are {known}")));
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
