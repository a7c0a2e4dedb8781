//! The person whom the student's program asks.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ChildStdin;
use std::time::Duration;

use marker::mark;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use student::output::Output;

use crate::{ACT, ACTED, CHANGED, ENDED, INTERRUPTED, KILLED, LAST, REFUSED, THERE, path};

/// How long the program may take for what comes next.
const PATIENCE: Duration = Duration::from_millis(300);

/// Where the student's program runs.
const HOME: &str = "/tmp";

/// Whom the student's program asks, and who tells the caller what to do.
pub struct Person {
    pub number: String,
    pub questions: Output,
    pub answers: ChildStdin,
    pub order: File,
    pub report: File,
}

impl Person {
    /// Does a step. False if the program or the caller has not done its part: then the caller
    /// still waits, and can do nothing else.
    pub fn step(&mut self, step: u8) -> Result<bool, Box<dyn Error>> {
        match step {
            REFUSED => mark!("{}. a directory is refused", step),
            THERE => mark!("{}. a directory that is there already", step),
            CHANGED => mark!("{}. a path that changes", step),
            INTERRUPTED => mark!("{}. a call that is interrupted", step),
            KILLED => mark!("{}. a caller that is killed", step),
            _ => mark!("{}. a directory is allowed", step),
        }
        self.order.write_all(&[step])?;
        let asked = self.hear_question(step)?;
        if let CHANGED | INTERRUPTED | KILLED = step {
            if !asked {
                return Ok(false);
            }
            self.order.write_all(&[ACT])?;
            if !self.is_reported(ACTED)? {
                return Ok(false);
            }
            mark!("{}. it has happened", step);
        }
        self.answer(step)?;
        if step == INTERRUPTED {
            self.hear_question(step)?;
            self.answer(step)?;
        }
        let ended = self.is_reported(ENDED)?;
        if step == CHANGED {
            match (self.is_there(&path(step, &self.number)), self.is_there("other")) {
                (true, false) => mark!("{}. the directory that was asked for is there", step),
                (false, true) => mark!("{}. another directory is there", step),
                _ => mark!("{}. no directory is there", step),
            }
        }
        Ok(ended)
    }

    fn is_there(&self, path: &str) -> bool {
        Path::new(HOME).join(path).is_dir()
    }

    /// Waits for the question, and marks whether it is the one that is due.
    fn hear_question(&mut self, step: u8) -> io::Result<bool> {
        let wanted = format!("mkdir {}?", path(step, &self.number));
        let heard = self.questions.hear_some(1, PATIENCE)?;
        match heard.first() {
            Some(line) if *line == wanted => {
                mark!("{}. it asks", step);
                if step == LAST {
                    match self.is_there(&path(KILLED, &self.number)) {
                        false => mark!("{}. nothing is there for who was killed", step),
                        true => mark!("{}. a directory is there for who was killed", step),
                    }
                }
                return Ok(true);
            }
            Some(line) => mark!("{}. it says something else: {}", step, line),
            None => mark!("{}. it does not ask", step),
        }
        Ok(false)
    }

    /// Answers. A program that has ended does not hear it.
    fn answer(&mut self, step: u8) -> io::Result<()> {
        let answer = if step == REFUSED { "no\n" } else { "yes\n" };
        match self.answers.write_all(answer.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Waits for the caller's report.
    fn is_reported(&mut self, wanted: u8) -> io::Result<bool> {
        let timeout = PollTimeout::try_from(PATIENCE).unwrap_or(PollTimeout::MAX);
        let mut fds = [PollFd::new(self.report.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, timeout)? == 0 {
            return Ok(false);
        }
        let mut report = [0];
        self.report.read_exact(&mut report)?;
        Ok(report[0] == wanted)
    }
}
