//! Renders a timeline as plain text, 80 columns wide.
//!
//! ```text
//!       µs   device   kernel                              user
//!     18.4            [33] do_exit → do_notify_parent:
//!                          SIGCHLD to 31, CLD_EXITED
//! ```
//!
//! The text has no colour, because it is compared byte for byte, pasted and printed.

use super::wrap::{width, wrap_beside};
use crate::timeline::{ByRole, Cell, Entry, Lane, Roles, Timeline};

/// The maximum width of a line, columns.
pub const WIDTH: usize = 80;

/// The gap between two lanes, columns.
const GAP: usize = 3;
/// The maximum width of the device lane, columns. Longer text is wrapped.
const DEVICE_MAX: usize = 16;
/// The indentation of a continued text, columns.
const INDENT: usize = 5;

/// The text of one event in a timeline, one or more lines.
pub struct Row {
    /// The time of the event. Empty in a timeline without times.
    pub time: String,
    /// Who acts, see [`Entry::subject`].
    pub subject: String,
    /// The text of each lane.
    pub cells: Vec<Cell>,
}

impl Row {
    /// Shows an event as it was in the run. Its time is in µs since the first event.
    fn new(entry: &Entry) -> Row {
        let time = microseconds(entry.time_ns);
        Row { time, subject: entry.subject(), cells: entry.cells.clone() }
    }

    fn lines(&self, lane: Lane) -> &[String] {
        self.cells.iter().find(|cell| cell.lane == lane).map_or(&[], |cell| &cell.lines)
    }
}

/// Renders a timeline: a header, then at least one line per event. Lines end with a
/// newline and have no trailing spaces. Times are in µs since the first event.
pub fn render(timeline: &Timeline) -> String {
    timed(&timeline.entries.iter().map(Row::new).collect::<Vec<Row>>())
}

fn timed(rows: &[Row]) -> String {
    let time = rows.iter().map(|row| row.time.len()).max().unwrap_or(0).max(8);
    table(&Columns::new(rows, Some(time)), rows)
}

/// Renders a timeline like [`render`], with the names that tasks have by their roles.
pub fn render_by_role(timeline: &Timeline, roles: &Roles) -> String {
    let row = |entry: &Entry| {
        let teller = ByRole { roles, time_ns: entry.time_ns };
        let (subject, cells) = (entry.subject_told(&teller), entry.told(&teller));
        Row { time: microseconds(entry.time_ns), subject, cells }
    };
    timed(&timeline.entries.iter().map(row).collect::<Vec<Row>>())
}

/// Renders rows without times.
pub fn render_untimed(rows: &[Row]) -> String {
    table(&Columns::new(rows, None), rows)
}

fn table(columns: &Columns, rows: &[Row]) -> String {
    let mut text = String::new();
    let head = ["µs", "device", "kernel", "user"].map(|name| vec![name.to_owned()]);
    columns.push_lines(&mut text, &head);
    for row in rows {
        columns.push_lines(&mut text, &columns.cells(row));
    }
    text
}

/// Formats a time in ns as microseconds, rounded to one decimal.
pub fn microseconds(time_ns: u64) -> String {
    let tenths = time_ns / 100 + u64::from(time_ns % 100 >= 50);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The width of each column.
struct Columns {
    time: Option<usize>,
    device: usize,
    kernel: usize,
    user: usize,
}

impl Columns {
    fn new(rows: &[Row], time: Option<usize>) -> Columns {
        let device = rows.iter().flat_map(|row| row.lines(Lane::Device)).map(|line| width(line));
        let device = device.max().unwrap_or(0).clamp("device".len(), DEVICE_MAX);
        let time_and_gap = time.map_or(0, |time| time + GAP);
        // The kernel has more to tell than a program, so its lane is wider.
        let rest = WIDTH - time_and_gap - device - 2 * GAP;
        // A person's own program leaves no marks, and its kernel lane gets the room.
        let user = match time.is_some() && rows.iter().all(|row| row.lines(Lane::User).is_empty()) {
            true => "user".len(),
            false => rest * 3 / 7,
        };
        Columns { time, device, kernel: rest - user, user }
    }

    fn cells(&self, row: &Row) -> [Vec<String>; 4] {
        let lane = |lane, first: &str, columns, most| match row.lines(lane) {
            [] => Vec::new(),
            lines => {
                wrap_beside(first, if first.is_empty() { 0 } else { INDENT }, lines, columns, most)
            }
        };
        // A name may extend below `user`, where there is nothing else.
        let beside = if row.lines(Lane::User).is_empty() { GAP + self.user } else { 0 };
        [
            vec![row.time.clone()],
            lane(Lane::Device, "", self.device, self.device),
            lane(Lane::Kernel, &row.subject, self.kernel, self.kernel + beside),
            lane(Lane::User, &row.subject, self.user, self.user),
        ]
    }

    fn push_lines(&self, text: &mut String, cells: &[Vec<String>; 4]) {
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for i in 0..height {
            let [time, device, kernel, user] =
                cells.each_ref().map(|lines| lines.get(i).map_or("", String::as_str));
            let mut line = String::new();
            if let Some(columns) = self.time {
                line += &" ".repeat(columns - width(time));
                line += time;
                line += &" ".repeat(GAP);
            }
            for (cell, columns) in [(device, self.device), (kernel, self.kernel), (user, self.user)]
            {
                line += cell;
                line += &" ".repeat(columns.saturating_sub(width(cell)) + GAP);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
}
