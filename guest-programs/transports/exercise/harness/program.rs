//! The student's program, and the ways to it.

use std::error::Error;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{Child, ChildStdin, Stdio};
use std::time::Duration;

use marker::mark;
use nix::errno::Errno;
use student::output::Output;
use transports::{Counters, counters, open_device, raise};

/// More than any transport keeps, but for the one that only counts.
const OVERRUN: u32 = 1000;

/// How long the program has to choose a transport, and for an answer. What comes
/// later does not count.
const START: Duration = Duration::from_millis(200);
const ANSWER: Duration = Duration::from_millis(100);

pub struct Program {
    pub child: Child,
    input: ChildStdin,
    pub output: Output,
    device: OwnedFd,
}

impl Program {
    pub fn start() -> Result<Program, Box<dyn Error>> {
        let device = open_device()?;
        let mut command = student::command([]);
        let mut child = student::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let input = child.stdin.take().ok_or("no stdin")?;
        let output = Output::of(&mut child)?;
        Ok(Program { child, input, output, device })
    }

    /// Waits until it is ready for its next job.
    pub fn wait_until_ready(&mut self) -> io::Result<()> {
        self.output.hear_some(1, START).map(drop)
    }

    /// Has edu interrupt; when this returns, all of it is sent.
    pub fn interrupt(&self, count: u32) -> nix::Result<()> {
        // SAFETY: the module reads one u32, which lives through the call.
        unsafe { raise(self.device.as_raw_fd(), &count) }.map(drop)
    }

    /// What the program waits for: `g` to go to work, `n` for the next job. It
    /// may have ended, which will be seen.
    pub fn say(&mut self, word: u8) {
        let _ = self.input.write_all(&[word]);
    }

    /// Whether the next line is the answer that is wanted.
    pub fn answers(&mut self, job: &str, wanted: &str) -> Result<bool, Box<dyn Error>> {
        match self.output.hear_some(1, ANSWER)?.first() {
            Some(line) if line == wanted => {
                mark!("{}: right", job);
                return Ok(true);
            }
            Some(line) => mark!("{}: told `{}`, not `{}`", job, line, wanted),
            None => mark!("{}: told nothing, not `{}`", job, wanted),
        }
        Ok(false)
    }

    /// Overruns the transport that the program has chosen for this job, while it
    /// does not read, and compares who is told of it with what it says.
    pub fn reason(&mut self, job: &str, right: bool) -> Result<(), Box<dyn Error>> {
        let said = self.output.hear(ANSWER)?.pop();
        self.interrupt(OVERRUN)?;
        let mut sent = Counters::default();
        // SAFETY: the module writes one Counters, any content of which is valid.
        unsafe { counters(self.device.as_raw_fd(), &mut sent) }?;
        // The sender's error also tells by what way it sends, and so what the
        // reader gets to know.
        let (sender, reader) = match Errno::from_raw(-sent.error) {
            _ if sent.refused == 0 => ("nothing", "nothing"),
            Errno::EAGAIN => ("that", "nothing"),
            Errno::ESRCH => ("that", "that"),
            _ => ("that", "how much"),
        };
        mark!("{}: overrun: {} of {} refused", job, sent.refused, OVERRUN);
        let wanted = format!("{job} overrun: sender {sender}, reader {reader}");
        match said {
            Some(line) if line == wanted && right => mark!("{}: the reason is right", job),
            // It does not say what does happen: the student is to find out.
            Some(line) if line != wanted => mark!("{}: said `{}`: not so", job, line),
            // Of a transport that does not do the job, it explains nothing.
            _ => mark!("{}: no reason for what does the job", job),
        }
        self.say(b'n');
        Ok(())
    }

    /// Waits for its end: there are no more jobs.
    pub fn end(mut self) -> Result<(), Box<dyn Error>> {
        drop(self.input);
        student::wait(&mut self.child)?;
        Ok(())
    }
}
