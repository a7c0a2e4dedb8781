//! What is left on a terminal when a command is done: the text without colours, without
//! what was written over, and without progress bars that were cleared.

use vte::{Params, Parser, Perform};

/// Reads the bytes that a terminal got.
///
/// # Errors
/// What the terminal was asked for and this does not understand: nothing is left out
/// silently.
pub fn read(bytes: &[u8]) -> Result<String, String> {
    let mut paper = Paper::default();
    Parser::new().advance(&mut paper, bytes);
    if !paper.unknown.is_empty() {
        return Err(format!("unknown to this terminal: {}", paper.unknown.join(", ")));
    }
    let lines = paper.lines.iter().map(|line| line.iter().collect::<String>());
    let lines: Vec<String> = lines.map(|line| line.trim_end().to_owned()).collect();
    Ok(lines.join("\n").trim_end().to_owned())
}

/// An endless screen.
#[derive(Default)]
struct Paper {
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
    unknown: Vec<String>,
}

impl Paper {
    fn line(&mut self) -> &mut Vec<char> {
        if self.lines.len() <= self.row {
            self.lines.resize_with(self.row + 1, Vec::new);
        }
        &mut self.lines[self.row]
    }
}

impl Perform for Paper {
    fn print(&mut self, c: char) {
        let column = self.column;
        let line = self.line();
        if line.len() <= column {
            line.resize(column + 1, ' ');
        }
        line[column] = c;
        self.column += 1;
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\n' => {
                self.row += 1;
                self.line();
            }
            b'\r' => self.column = 0,
            b'\t' => self.column = (self.column / 8 + 1) * 8,
            _ => self.unknown.push(format!("{byte:#04x}")),
        }
    }

    fn csi_dispatch(&mut self, params: &Params, marks: &[u8], _ignore: bool, action: char) {
        let first = params.iter().next().and_then(|param| param.first().copied()).unwrap_or(0);
        let count = usize::from(first.max(1));
        let column = self.column;
        match (action, first) {
            // Colours; and whether the cursor is seen.
            ('m', _) => {}
            ('h' | 'l', 25) if marks == b"?" => {}
            // A shell asks where the cursor is, and goes on without an answer.
            ('n', 6) => {}
            ('A', _) => self.row = self.row.saturating_sub(count),
            ('B', _) => self.row += count,
            ('G', _) => self.column = count - 1,
            ('K', 0) => self.line().truncate(column),
            ('K', 2) => self.line().clear(),
            ('J', 0) => {
                let row = self.row;
                self.line().truncate(column);
                self.lines.truncate(row + 1);
            }
            _ => self.unknown.push(format!("CSI {first} {action}")),
        }
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _bell: bool) {
        self.unknown.push(format!("OSC {:?}", params.first()));
    }

    fn esc_dispatch(&mut self, _marks: &[u8], _ignore: bool, byte: u8) {
        self.unknown.push(format!("ESC {byte:#04x}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_what_was_written_over_are_gone() {
        for (bytes, text) in [
            ("\x1b[1;32m✓\x1b[0m ok\r\n", "✓ ok"),
            ("grading: 1/3\r\x1b[2Kgrading: 2/3\r\x1b[2Kdone\r\n", "done"),
            ("one\r\ntwo\r\n\x1b[1A\x1b[2Kthree\r\n", "one\nthree"),
            ("one\r\n\x1b[1A\x1b[0Jtwo  \r\n", "two"),
            ("a\tb", "a       b"),
            ("\x1b[?25lx\x1b[?25h", "x"),
        ] {
            assert_eq!(read(bytes.as_bytes()).as_deref(), Ok(text), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_told() {
        let told = "unknown to this terminal: 0x07, CSI 5 S";
        assert_eq!(read(b"\x07\x1b[5S"), Err(told.to_owned()));
    }
}
