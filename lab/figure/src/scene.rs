//! What a figure shows: who takes part, and the steps.

use std::collections::BTreeMap;

use story::causes;
use story::lesson::Lesson;
use story::timeline::{KERNEL, Lane, Lifelines, Timeline, device};
use story::{Told, told};

/// A scene to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    pub title: String,
    /// The names of the lifelines, from left to right.
    pub lanes: Vec<String>,
    pub steps: Vec<Step>,
}

/// Something that happens on a lifeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The lifeline, by its place in [`Figure::lanes`].
    pub lane: usize,
    /// The lifelines of what caused it.
    pub from: Vec<usize>,
    /// The words of a program. Otherwise the kernel acts.
    pub is_mark: bool,
    pub text: String,
}

impl Figure {
    /// The figure of those events of a lesson's run whose place in the timeline is wanted.
    pub fn new(lesson: &Lesson, timeline: &Timeline, wanted: &[bool]) -> Figure {
        let told = told(lesson, timeline, |entry| wanted[entry]);
        let mut lanes = Lifelines::default();
        // Devices stand on the left, then the kernel, then tasks as they come.
        for name in told.iter().filter_map(|event| device(&event.cells)) {
            lanes.place(name);
        }
        if told.iter().any(|event| event.lifeline == KERNEL) {
            lanes.place(KERNEL);
        }
        let of_entry: BTreeMap<usize, usize> =
            told.iter().map(|event| (event.entry, lanes.place(&event.lifeline))).collect();
        let causes = causes::of(timeline);
        let step = |event: &Told| {
            let lane = of_entry[&event.entry];
            let because = causes.iter().filter(|cause| cause.to == event.entry);
            let mut from: Vec<usize> =
                because.filter_map(|cause| of_entry.get(&cause.from).copied()).collect();
            from.extend(device(&event.cells).map(|name| lanes.place(name)));
            from.retain(|&other| other != lane);
            from.sort_unstable();
            from.dedup();
            let cells = event.cells.iter().filter(|cell| cell.lane != Lane::Device);
            let lines: Vec<&str> = cells.flat_map(|cell| &cell.lines).map(String::as_str).collect();
            Step { lane, from, is_mark: event.is_mark, text: lines.join(" ") }
        };
        let steps = told.iter().map(step).collect();
        let lanes = lanes.names().to_vec();
        Figure { title: lesson.title.clone(), lanes, steps }
    }
}
