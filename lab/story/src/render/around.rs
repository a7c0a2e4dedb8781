//! Renders the events around the one that comes closest to a fact.

use super::ink::{Ink, Inked};
use super::wrap::wrap;
use crate::expect::Witness;
use crate::timeline::Timeline;

/// How many events are shown before and after it.
const AROUND: usize = 2;

/// Renders the event at this place, with a sign, among those before and after it.
pub fn render(timeline: &Timeline, place: usize, columns: usize) -> Inked {
    let mut text = Inked::default();
    text.push_str("  around it:\n");
    let events = timeline.entries.iter().enumerate();
    for (at, entry) in events.filter(|(at, _)| at.abs_diff(place) <= AROUND) {
        let (sign, ink) = if at == place { ("  ▸", Ink::Plain) } else { ("   ", Ink::Faint) };
        for line in wrap(sign, 6, &[Witness::OfTheRun.sentence(entry)], columns) {
            text.push(ink, &line);
            text.push_str("\n");
        }
    }
    text
}
