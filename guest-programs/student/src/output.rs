//! What a student's program prints, line by line, while a harness acts on it.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::process::{Child, ChildStdout};
use std::time::{Duration, Instant};

use marker::mark;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// How many lines are shown, and how many bytes of each: a program that prints
/// without end must not fill the record. All lines are heard, but there are no more
/// of them than a program can print while the harness listens.
const LINES: usize = 200;
const LINE: usize = 500;

/// The standard output of a program that was started with a pipe for it.
#[derive(Debug)]
pub struct Output {
    pipe: ChildStdout,
    /// What has come of the next line.
    rest: Vec<u8>,
    /// Lines so far.
    pub lines: usize,
    /// Nothing more will come: the program has ended, or has closed it.
    pub ended: bool,
}

impl Output {
    /// Takes the pipe from a program. An error if it has none.
    pub fn of(program: &mut Child) -> io::Result<Output> {
        let pipe = program.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Output { pipe, rest: Vec::new(), lines: 0, ended: false })
    }

    /// Listens for that long, or until nothing more will come, and returns the
    /// lines that have come. They also go to the harness's own output, which is the
    /// run's. A line whose end has not come yet is kept until it comes.
    pub fn hear(&mut self, time: Duration) -> io::Result<Vec<String>> {
        self.hear_some(usize::MAX, time)
    }

    /// The same, but stops when `enough` lines have come. There may be more of them
    /// if they came at once.
    pub fn hear_some(&mut self, enough: usize, time: Duration) -> io::Result<Vec<String>> {
        let mut heard = Vec::new();
        let deadline = Instant::now() + time;
        while !self.ended && heard.len() < enough {
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
            let mut fds = [PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)];
            if left.is_zero() || poll(&mut fds, timeout)? == 0 {
                break;
            }
            let mut bytes = [0; 4096];
            let size = self.pipe.read(&mut bytes)?;
            self.ended = size == 0;
            for &byte in &bytes[..size] {
                if byte != b'\n' {
                    if self.rest.len() < LINE {
                        self.rest.push(byte);
                    }
                    continue;
                }
                self.lines += 1;
                let line = String::from_utf8_lossy(&self.rest).into_owned();
                if self.lines <= LINES {
                    println!("{line}");
                }
                heard.push(line);
                self.rest.clear();
            }
        }
        Ok(heard)
    }
}

/// Whether the program told these lines and no others; marks what it told instead.
pub fn as_expected(told: &[String], want: &[String]) -> bool {
    if told == want {
        return true;
    }
    mark!("told: {}", if told.is_empty() { "nothing".to_owned() } else { told.join(", ") });
    false
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    /// What a program that prints this text is heard to say, and its output.
    fn hear(text: &str, enough: usize) -> (Vec<String>, Output) {
        let mut command = Command::new("printf");
        let mut program =
            command.args(["%s", text]).stdout(Stdio::piped()).spawn().expect("printf starts");
        let mut output = Output::of(&mut program).expect("it has a pipe");
        // When it has ended it has printed everything, so one read gets all of it.
        program.wait().expect("printf ends");
        let heard = output.hear_some(enough, Duration::from_secs(60)).expect("it can be read");
        (heard, output)
    }

    #[test]
    fn a_line_without_its_end_is_none() {
        let (heard, output) = hear("a\n\nb c\nd", usize::MAX);
        assert_eq!(heard, ["a", "", "b c"]);
        assert_eq!((output.lines, output.ended), (3, true));
    }

    #[test]
    fn enough_lines_end_the_listening() {
        let (heard, output) = hear("a\nb\n", 1);
        assert_eq!(heard, ["a", "b"]);
        assert!(!output.ended);
    }

    #[test]
    fn more_lines_are_heard_than_are_shown() {
        let (heard, output) = hear(&"x\n".repeat(LINES + 1), usize::MAX);
        assert_eq!((heard.len(), output.lines), (LINES + 1, LINES + 1));
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let (heard, _) = hear(&("x".repeat(LINE + 1) + "\n"), usize::MAX);
        assert_eq!(heard, ["x".repeat(LINE)]);
    }
}
