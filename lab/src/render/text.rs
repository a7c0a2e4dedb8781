//! A timeline as plain text, 80 columns wide.
//!
//! ```text
//!       µs   device   kernel                              user
//!     18.4            [33] do_exit → do_notify_parent:
//!                          SIGCHLD to 31, CLD_EXITED
//! ```
//!
//! No colour: the text is compared byte for byte, pasted and printed.

use super::wrap::{width, wrap};
use crate::timeline::{Entry, Lane, Timeline};

/// Columns of a line, at most.
pub const WIDTH: usize = 80;

/// Columns between two lanes.
const GAP: usize = 3;
/// Columns of the device lane, at most; a longer text is wrapped.
const DEVICE_MAX: usize = 16;
/// Columns that the continuation of a text is indented by.
const INDENT: usize = 5;

/// Renders a timeline: a header and at least one line an event, each ended by
/// a newline and without spaces before it. Times are in microseconds since the
/// first event.
pub fn render(timeline: &Timeline) -> String {
    let columns = Columns::of(timeline);
    let mut text = String::new();
    let head = ["µs", "device", "kernel", "user"].map(|name| vec![name.to_owned()]);
    columns.push_lines(&mut text, &head);
    for entry in &timeline.entries {
        columns.push_lines(&mut text, &columns.cells(entry));
    }
    text
}

/// Microseconds with one decimal, rounded.
pub fn microseconds(time_ns: u64) -> String {
    let tenths = time_ns / 100 + u64::from(time_ns % 100 >= 50);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Width of each column.
struct Columns {
    time: usize,
    device: usize,
    kernel: usize,
    user: usize,
}

impl Columns {
    fn of(timeline: &Timeline) -> Columns {
        let entries = || timeline.entries.iter();
        let time = entries().map(|e| microseconds(e.time_ns).len()).max().unwrap_or(0).max(8);
        let device = entries().flat_map(|e| e.lines(Lane::Device)).map(|line| width(line)).max();
        let device = device.unwrap_or(0).clamp("device".len(), DEVICE_MAX);
        // The kernel has more to say than a program.
        let rest = WIDTH - time - device - 3 * GAP;
        let user = rest * 3 / 7;
        Columns { time, device, kernel: rest - user, user }
    }

    fn cells(&self, entry: &Entry) -> [Vec<String>; 4] {
        let subject = entry.subject();
        let lane = |lane, first: &str, columns| match entry.lines(lane) {
            [] => Vec::new(),
            lines => wrap(first, if first.is_empty() { 0 } else { INDENT }, lines, columns),
        };
        [
            vec![microseconds(entry.time_ns)],
            lane(Lane::Device, "", self.device),
            lane(Lane::Kernel, &subject, self.kernel),
            lane(Lane::User, &subject, self.user),
        ]
    }

    fn push_lines(&self, text: &mut String, cells: &[Vec<String>; 4]) {
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for i in 0..height {
            let [time, device, kernel, user] =
                cells.each_ref().map(|lines| lines.get(i).map_or("", String::as_str));
            let mut line = " ".repeat(self.time - width(time)) + time;
            for (cell, columns) in [(device, self.device), (kernel, self.kernel), (user, self.user)]
            {
                line += &" ".repeat(GAP);
                line += cell;
                line += &" ".repeat(columns.saturating_sub(width(cell)));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
}
