//! The lanes of the graph: devices, the kernel, and each task.

use maud::{Markup, html};
use story::timeline::{KERNEL, Lifelines, Roles, Timeline, device};

/// The lanes of a run, from left to right.
pub(crate) struct Lanes {
    lifelines: Lifelines,
    /// The lane of each entry.
    of_entry: Vec<usize>,
    /// The lane of the device that raised an interrupt, for its entry.
    devices: Vec<Option<usize>>,
    /// The distance between two lanes, px.
    apart: usize,
}

impl Lanes {
    pub(crate) fn of(timeline: &Timeline, roles: Option<&Roles>) -> Lanes {
        let entries = &timeline.entries;
        let devices: Vec<Option<&str>> = entries.iter().map(|entry| device(&entry.cells)).collect();
        let mut lifelines = Lifelines::default();
        for name in devices.iter().flatten() {
            lifelines.place(name);
        }
        lifelines.place(KERNEL);
        let of_entry =
            entries.iter().map(|entry| lifelines.place(&entry.lifeline(roles))).collect();
        let devices = devices.iter().map(|name| name.map(|name| lifelines.place(name))).collect();
        let apart = (112 / lifelines.names().len()).clamp(6, 18);
        Lanes { lifelines, of_entry, devices, apart }
    }

    /// The lane of an entry.
    pub(crate) fn at(&self, entry: usize) -> usize {
        self.of_entry[entry]
    }

    /// The lane of the device that interrupts at this entry.
    pub(crate) fn device(&self, entry: usize) -> Option<usize> {
        self.devices[entry]
    }

    pub(crate) fn name(&self, lane: usize) -> &str {
        &self.lifelines.names()[lane]
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lifelines.names().iter().map(String::as_str).enumerate()
    }

    /// The place of a lane's line, px from the left.
    pub(crate) fn x(&self, lane: usize) -> usize {
        self.apart / 2 + 4 + lane * self.apart
    }

    /// The width of the graph, px.
    pub(crate) fn width(&self) -> usize {
        self.lifelines.names().len() * self.apart + 8
    }

    /// All lines, as long as any event is high. Drawn once, and used by each event.
    pub(crate) fn lines(&self) -> Markup {
        let lines: String = (0..self.lifelines.names().len())
            .map(|lane| format!("M{} 0V2000", self.x(lane)))
            .collect();
        html! {
            svg.defs aria-hidden="true" width="0" height="0" {
                defs { path id="lanes" d=(lines) {} }
            }
        }
    }
}
