//! The lists that the program prints, a line each.

use std::collections::BTreeSet;
use std::process::Child;
use std::time::{Duration, Instant};
use std::{fs, io};

use student::output::Output;

use crate::WATCHED;

/// How long the program may take until its list is right.
const PATIENCE: Duration = Duration::from_millis(200);

pub struct Lists {
    output: Output,
    /// The last list.
    pub last: BTreeSet<String>,
}

impl Lists {
    /// Listens to a program.
    pub fn of(program: &mut Child) -> io::Result<Lists> {
        Ok(Lists { output: Output::of(program)?, last: BTreeSet::new() })
    }

    /// Whether the program's list becomes what is in the folder.
    pub fn verdict(&mut self) -> io::Result<String> {
        let mut there = BTreeSet::new();
        for entry in fs::read_dir(WATCHED)? {
            there.insert(entry?.file_name().to_string_lossy().into_owned());
        }
        let deadline = Instant::now() + PATIENCE;
        while self.last != there {
            if !self.read(deadline)? {
                if self.output.lines == 0 {
                    return Ok("there is no list".to_owned());
                }
                let lacks = there.difference(&self.last).count();
                let wrong = self.last.difference(&there).count();
                return Ok(format!("its list lacks {lacks}, and has {wrong} that are gone"));
            }
        }
        Ok("its list is right".to_owned())
    }

    /// Reads what lists come, at least one; false if there is none before the
    /// deadline.
    fn read(&mut self, deadline: Instant) -> io::Result<bool> {
        let left = deadline.saturating_duration_since(Instant::now());
        let lists = self.output.hear_some(1, left)?;
        if let Some(list) = lists.last() {
            self.last = list.split_whitespace().map(str::to_owned).collect();
        }
        Ok(!lists.is_empty())
    }
}
