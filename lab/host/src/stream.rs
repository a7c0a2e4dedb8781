//! Runs a host program and reads its output line by line.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitStatus};

/// How many lines an error shows.
const LINES: usize = 20;

/// The last lines of an output.
#[derive(Debug, Default)]
pub struct Tail(VecDeque<String>);

impl Tail {
    fn push(&mut self, line: &str) {
        if self.0.len() == LINES {
            self.0.pop_front();
        }
        self.0.push_back(line.to_owned());
    }

    /// The lines, joined by newlines.
    pub fn text(self) -> String {
        Vec::from(self.0).join("\n")
    }
}

/// Runs a program to its end and passes each line of its stdout and stderr to `on_line`,
/// in the order in which they come. The program does not end with the lab: it is apt, and
/// half an installation is worse than a late one.
pub fn stream(
    mut command: Command,
    on_line: impl FnMut(&str) -> std::io::Result<()>,
) -> std::io::Result<(ExitStatus, Tail)> {
    let (reader, writer) = std::io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // The pipe ends when the last writer closes it, and `command` holds two write ends.
    drop(command);
    // After an error the pipe has no reader, so the program ends by SIGPIPE at its next
    // line.
    let result = read_lines(reader, on_line);
    let status = child.wait()?;
    result.map(|tail| (status, tail))
}

/// Passes each line of a program's output to `on_line` and keeps the last ones.
pub fn read_lines(
    reader: impl Read,
    mut on_line: impl FnMut(&str) -> std::io::Result<()>,
) -> std::io::Result<Tail> {
    let (mut reader, mut line, mut tail) = (BufReader::new(reader), Vec::new(), Tail::default());
    while reader.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        on_line(text)?;
        tail.push(text);
        line.clear();
    }
    Ok(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn both_streams_come_in_order() {
        let mut lines = Vec::new();
        let (status, tail) =
            stream(shell("echo one; echo two >&2; printf three; exit 3"), |line| {
                lines.push(line.to_owned());
                Ok(())
            })
            .unwrap();
        assert_eq!(status.code(), Some(3));
        assert_eq!(lines, ["one", "two", "three"]);
        assert_eq!(tail.text(), "one\ntwo\nthree");
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let (_, tail) = stream(shell("seq 100"), |_| Ok(())).unwrap();
        let text = tail.text();
        assert!(text.starts_with("81\n") && text.ends_with("\n100"), "{text}");
    }

    #[test]
    fn a_reader_that_gives_up_ends_the_program() {
        let full = || std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = stream(shell("exec yes"), |_| Err(full())).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    }
}
