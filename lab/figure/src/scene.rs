//! What a figure shows: who takes part, and the steps.

use std::collections::BTreeMap;

use story::causes;
use story::lesson::Lesson;
use story::timeline::{KERNEL, Lane, Timeline, device};
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
        let mut lanes: Vec<String> = Vec::new();
        // Devices stand on the left, then the kernel, then tasks as they come.
        for name in told.iter().filter_map(|event| device(&event.cells)) {
            add(&mut lanes, name);
        }
        let mut of_entry: BTreeMap<usize, usize> = BTreeMap::new();
        add(&mut lanes, KERNEL);
        for event in &told {
            let lane = add(&mut lanes, &event.lifeline);
            of_entry.insert(event.entry, lane);
        }
        let causes = causes::of(timeline);
        let step = |event: &Told| {
            let lane = of_entry[&event.entry];
            let because = causes.iter().filter(|cause| cause.to == event.entry);
            let mut from: Vec<usize> =
                because.filter_map(|cause| of_entry.get(&cause.from).copied()).collect();
            from.extend(device(&event.cells).and_then(|name| lanes.iter().position(|n| n == name)));
            from.retain(|&other| other != lane);
            from.sort_unstable();
            from.dedup();
            let cells = event.cells.iter().filter(|cell| cell.lane != Lane::Device);
            let lines: Vec<&str> = cells.flat_map(|cell| &cell.lines).map(String::as_str).collect();
            Step { lane, from, is_mark: event.is_mark, text: lines.join(" ") }
        };
        let mut steps: Vec<Step> = told.iter().map(step).collect();
        // The kernel's lifeline is drawn only if something happens there.
        let unused = |lane: usize| steps.iter().all(|s| s.lane != lane && !s.from.contains(&lane));
        let used: Vec<usize> = (0..lanes.len()).filter(|&lane| !unused(lane)).collect();
        let place = |lane: usize| used.iter().position(|&u| u == lane).unwrap_or_default();
        for step in &mut steps {
            step.lane = place(step.lane);
            step.from = step.from.iter().map(|&lane| place(lane)).collect();
        }
        let lanes = used.iter().map(|&lane| lanes[lane].clone()).collect();
        Figure { title: lesson.title.clone(), lanes, steps }
    }
}

/// The place of a lifeline, which is added if it is new.
fn add(lanes: &mut Vec<String>, name: &str) -> usize {
    match lanes.iter().position(|lane| lane == name) {
        Some(at) => at,
        None => {
            lanes.push(name.to_owned());
            lanes.len() - 1
        }
    }
}
