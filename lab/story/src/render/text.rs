//! Renders a timeline as text of a given width.
//!
//! ```text
//!         µs device   kernel                              user
//!       18.4          [33] do_exit → do_notify_parent:
//!                          SIGCHLD to 31, CLD_EXITED
//! ```

use super::ink::{Ink, Inked};
use super::wrap::{width, wrap_beside};
use crate::timeline::{ByRole, Cell, Entry, Lane, Roles, Timeline};

/// The width of a text that is compared, pasted or printed, columns.
pub const WIDTH: usize = 80;

/// The width of the times: enough for 99 seconds, so that the lanes do not move if a run
/// takes longer.
const TIME: usize = 10;
/// The gap between the times and the device lane, columns. The lane is mostly empty.
const TIME_GAP: usize = 1;
/// The gap between two lanes, columns.
const GAP: usize = 3;
/// The maximum width of the device lane, columns. Longer text is wrapped.
const DEVICE_MAX: usize = 16;
/// The indentation of a continued text, columns.
const INDENT: usize = 5;
/// The same in a lane of less than [`NARROW`] columns, which only a narrow terminal has.
const NARROW_INDENT: usize = 2;
const NARROW: usize = 20;

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

    /// The task that acts, as the row names it.
    pub fn task(&self) -> Option<&str> {
        self.subject.strip_prefix('[')?.split_once(']').map(|(task, _)| task)
    }

    /// The whole text on one line, without the time.
    pub fn sentence(&self) -> String {
        let mut sentence = self.subject.clone();
        for line in self.cells.iter().flat_map(|cell| &cell.lines) {
            sentence.push(' ');
            sentence += line;
        }
        sentence
    }

    fn lines(&self, lane: Lane) -> &[String] {
        self.cells.iter().find(|cell| cell.lane == lane).map_or(&[], |cell| &cell.lines)
    }
}

/// The rows of a timeline, each with the place of its event. Times are in µs since the
/// first event.
pub fn rows(timeline: &Timeline) -> Vec<(usize, Row)> {
    timeline.entries.iter().map(Row::new).enumerate().collect()
}

/// Renders rows: a header, then at least one line per row, in lines of at most `columns`.
/// Lines end with a newline and have no trailing spaces.
pub fn render(rows: &[Row], columns: usize) -> Inked {
    let time = rows.iter().map(|row| row.time.len()).max().unwrap_or(0).max(TIME);
    table(&Columns::new(rows, Some(time), columns), rows)
}

/// Renders a timeline with the names that tasks have by their roles.
pub fn render_by_role(timeline: &Timeline, roles: &Roles, columns: usize) -> Inked {
    let row = |entry: &Entry| {
        let teller = ByRole { roles, time_ns: entry.time_ns };
        let (subject, cells) = (entry.subject_told(&teller), entry.told(&teller));
        Row { time: microseconds(entry.time_ns), subject, cells }
    };
    render(&timeline.entries.iter().map(row).collect::<Vec<Row>>(), columns)
}

/// Renders rows without times.
pub fn render_untimed(rows: &[Row], columns: usize) -> Inked {
    table(&Columns::new(rows, None, columns), rows)
}

fn table(columns: &Columns, rows: &[Row]) -> Inked {
    let mut text = Inked::default();
    let head = ["µs", "device", "kernel", "user"].map(|name| vec![name.to_owned()]);
    columns.push_lines(&mut text, &head, |_, _| (0, Ink::Heading));
    for row in rows {
        columns.push_lines(&mut text, &columns.cells(row), |lane, line| match lane {
            None => (0, Ink::Faint),
            Some(Lane::Device) => (0, Ink::Device),
            Some(Lane::Kernel) if line == 0 => (row.subject.len(), Ink::Plain),
            Some(Lane::Kernel) => (0, Ink::Plain),
            Some(Lane::User) if line == 0 => (row.subject.len(), Ink::Mark),
            Some(Lane::User) => (0, Ink::Mark),
        });
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
    fn new(rows: &[Row], time: Option<usize>, columns: usize) -> Columns {
        let device = rows.iter().flat_map(|row| row.lines(Lane::Device)).map(|line| width(line));
        let device = device.max().unwrap_or(0).clamp("device".len(), DEVICE_MAX);
        let time_and_gap = time.map_or(0, |time| time + TIME_GAP);
        // The kernel has more to tell than a program, so its lane is wider.
        let rest = columns - time_and_gap - device - 2 * GAP;
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
                let indent = match first {
                    "" => 0,
                    _ if columns < NARROW => NARROW_INDENT,
                    _ => INDENT,
                };
                wrap_beside(first, indent, lines, columns, most)
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

    /// Appends lines. `ink` says how many bytes of a cell's line name who acts, and what
    /// the rest of the line is. The column of times is no lane.
    fn push_lines(
        &self,
        text: &mut Inked,
        cells: &[Vec<String>; 4],
        ink: impl Fn(Option<Lane>, usize) -> (usize, Ink),
    ) {
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for i in 0..height {
            let [time, device, kernel, user] =
                cells.each_ref().map(|lines| lines.get(i).map_or("", String::as_str));
            // The gap in front of what comes next. Nothing may come.
            let mut gap = 0;
            let mut push = |lane, cell: &str, before: usize, columns: usize| {
                gap += before;
                if !cell.is_empty() {
                    let (subject, ink) = ink(lane, i);
                    let (subject, rest) = cell.split_at(subject);
                    text.push_str(&" ".repeat(gap));
                    text.push(Ink::Task, subject);
                    text.push(ink, rest);
                    gap = 0;
                }
                gap += columns.saturating_sub(width(cell));
            };
            let mut lane_gap = 0;
            if let Some(columns) = self.time {
                push(None, time, columns - width(time), width(time));
                lane_gap = TIME_GAP;
            }
            push(Some(Lane::Device), device, lane_gap, self.device);
            push(Some(Lane::Kernel), kernel, GAP, self.kernel);
            push(Some(Lane::User), user, GAP, self.user);
            text.push_str("\n");
        }
    }
}
