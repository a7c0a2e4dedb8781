//! The map as text for a terminal, [`WIDTH`] columns wide.

use super::{Cell, FILE, Line, Map, Unbuilt, Way};
use crate::lesson::Lesson;
use crate::render::text::WIDTH;
use crate::render::wrap::wrap;

/// The columns in front of what a cell says.
const INDENT: usize = 25;

/// Renders the ways with the places on each, then each lesson's line with its facts, then
/// the places without a lesson.
pub fn text(map: &Map) -> String {
    let mut lines = Vec::new();
    for way in Way::ALL {
        lines.push(way_in_words(way));
        let is_on = |line: &Option<Line>| line.iter().any(|line| line.ways.contains_key(&way));
        let built = map.lessons.iter().filter(|(_, line)| is_on(line));
        let unbuilt = map.unbuilt.iter().filter(|place| place.ways.contains(&way));
        lines.extend(list("   ", built.map(|(lesson, _)| lesson.name.as_str())));
        lines.extend(list("    not built yet:", unbuilt.map(|place| place.name.as_str())));
    }
    for (place, (lesson, line)) in map.lessons.iter().enumerate() {
        lines.push(String::new());
        lines.extend(of_lesson(place + 1, lesson, line.as_ref()));
    }
    if !map.unbuilt.is_empty() {
        lines.push("\nNot built yet: no run of the lab shows what is said here.".to_owned());
    }
    for place in &map.unbuilt {
        lines.push(String::new());
        lines.extend(of_unbuilt(place));
    }
    lines.join("\n") + "\n"
}

/// Names with commas between. No line if there are none.
fn list<'a>(first: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let names = names.collect::<Vec<_>>().join(", ");
    if names.is_empty() { Vec::new() } else { folded(first, 4, &names) }
}

fn of_lesson(place: usize, lesson: &Lesson, line: Option<&Line>) -> Vec<String> {
    let mut lines = folded(&format!("{place:>2} {}:", lesson.name), 3, &lesson.title);
    let Some(line) = line else {
        let missing = format!("not on the map: it has no {FILE}, as `cargo xtask new` writes it");
        lines.extend(folded("  ", 3, &missing));
        return lines;
    };
    for (way, facts) in &line.ways {
        lines.extend(labelled("way", &way_in_words(*way)));
        lines.extend(facts.iter().flat_map(|fact| shown_by(fact)));
    }
    for (column, cell) in line.columns() {
        match cell {
            Cell::Says { text, facts } => {
                lines.extend(labelled(column, text));
                lines.extend(facts.iter().flat_map(|fact| shown_by(fact)));
            }
            Cell::None { why } => lines.extend(labelled(column, &format!("— {why}"))),
        }
    }
    lines
}

fn of_unbuilt(place: &Unbuilt) -> Vec<String> {
    let mut lines = folded(&format!("   {}:", place.name), 3, &place.question);
    lines.extend(place.ways.iter().flat_map(|way| labelled("way", &way_in_words(*way))));
    lines.extend(labelled("would show", &place.would_show));
    lines
}

fn way_in_words(way: Way) -> String {
    format!("{} {}", way.number(), way.name())
}

fn labelled(label: &str, text: &str) -> Vec<String> {
    folded(&format!("   {label:<0$}", INDENT - 3), INDENT + 1, text)
}

fn shown_by(fact: &str) -> Vec<String> {
    folded(&format!("{:INDENT$} ✓", ""), INDENT + 3, fact)
}

fn folded(first: &str, indent: usize, text: &str) -> Vec<String> {
    wrap(first, indent, &[text.to_owned()], WIDTH)
}
