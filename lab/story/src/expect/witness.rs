//! How a fact's detail speaks of events: as they were in this run, or in a way that is
//! the same on every host.

use explain::visible;
use trace::Kind;

use crate::render::text::microseconds;
use crate::timeline::{AsIs, ByRole, Entry, Lane, Roles, Teller};

/// The way to speak of events.
#[derive(Debug, Clone, Copy)]
pub enum Witness<'a> {
    /// With times, and with tasks by their numbers.
    OfTheRun,
    /// Without times, and with tasks by their roles.
    ByRole(&'a Roles),
}

impl Witness<'_> {
    /// Describes an event in one line.
    pub(crate) fn sentence(self, entry: &Entry) -> String {
        let lane = if let Kind::Mark(_) = entry.kind { Lane::User } else { Lane::Kernel };
        self.with_teller(entry, |teller| {
            let cells = entry.told(teller);
            let told = cells.iter().find(|cell| cell.lane == lane).map(|cell| cell.lines.join(" "));
            let told = visible(&told.unwrap_or_default());
            let time = self.time(entry).map_or(String::new(), |time| format!("{time} µs "));
            format!("{time}{} {told}", entry.subject_told(teller))
        })
    }

    /// The words of a mark.
    pub(super) fn words(self, mark: &Entry) -> String {
        let sentence = self.sentence(mark);
        let words = sentence.split_once("] ").map_or(&*sentence, |(_, words)| words);
        format!("“{words}”")
    }

    /// The name of a task at the time of an event.
    pub(super) fn task(self, entry: &Entry, pid: i32) -> String {
        self.with_teller(entry, |teller| teller.task(pid))
    }

    /// The time of an event, or `None` if times differ from host to host.
    pub(super) fn time(self, entry: &Entry) -> Option<String> {
        matches!(self, Witness::OfTheRun).then(|| microseconds(entry.time_ns))
    }

    fn with_teller<T>(self, entry: &Entry, tell: impl FnOnce(&dyn Teller) -> T) -> T {
        match self {
            Witness::OfTheRun => tell(&AsIs),
            Witness::ByRole(roles) => tell(&ByRole { roles, time_ns: entry.time_ns }),
        }
    }
}
