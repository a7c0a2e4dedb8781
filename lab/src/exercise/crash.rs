//! How a student's program crashed.

use nix::sys::signal::Signal;
use story::timeline::{Entry, Timeline};
use trace::record::Record;

use super::compile::{MAIN, NAMELESS};
use super::{Exercise, StudentFile};

/// A sentence without its final period: the program panicked, or a signal killed it. `None`
/// if it ended by itself.
///
/// It has only the lab's own words, and names that cannot be anything else.
pub(super) fn crash(exercise: &Exercise, record: &Record, timeline: &Timeline) -> Option<String> {
    let StudentFile::Program { name } = &exercise.file else { return None };
    let stderr = String::from_utf8_lossy(&record.stderr);
    let place = format!(" panicked at {NAMELESS}/{MAIN}:");
    let panicked = stderr.lines().filter(|line| line.starts_with("thread '")).find_map(|line| {
        let (_, rest) = line.split_once(&place)?;
        rest.split(':').next()?.parse::<u32>().ok()
    });
    if let Some(line) = panicked {
        return Some(format!("{name}:{line}: the program panics"));
    }
    timeline.entries.iter().rev().filter_map(Entry::mark).find_map(|mark| {
        let signal: i32 = mark.strip_prefix("the program was killed by signal ")?.parse().ok()?;
        let signal = Signal::try_from(signal).ok()?;
        let why = match signal {
            Signal::SIGSEGV => ": it uses an address where nothing is",
            Signal::SIGABRT => ": it gave up",
            _ => "",
        };
        Some(format!("the program is killed by {}{why}", signal.as_str()))
    })
}
