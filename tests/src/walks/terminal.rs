//! A person at a terminal: types commands, reads what is on the screen, changes files in
//! between.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Failed;
use rexpect::process::wait::WaitStatus;
use rexpect::session::{PtySession, spawn_command};
use tempfile::TempDir;

use super::paper;
use crate::pty;

/// How long anything may take. A machine under load is slow.
const LIMIT_MS: u64 = 600_000;

/// The terminal's size, as most have it at first.
const COLUMNS: usize = 80;
const ROWS: usize = 24;

/// A terminal and the folder where its person works.
pub struct Terminal {
    folder: TempDir,
    /// Options before each command of the lab.
    options: String,
    /// Everything that was to be seen.
    told: String,
}

/// Something that differs from host to host, and what a walk has in its place.
pub struct Differs {
    /// What it is, in words.
    pub what: &'static str,
    /// Puts a word in ‹› in its place.
    pub replace: Box<dyn Fn(&str) -> String>,
}

impl Terminal {
    /// A terminal in an empty folder. `options` are given to each command of the lab.
    pub fn new(options: &str) -> Result<Terminal, Failed> {
        let folder = tempfile::tempdir()?;
        Ok(Terminal { folder, options: options.to_owned(), told: String::new() })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Says what the person does besides typing commands.
    pub fn does(&mut self, what: &str) {
        let _ = write!(self.told, "[{what}]\n\n");
    }

    /// Types a command, which must end with this status.
    pub fn types(&mut self, command: &str, status: i32) -> Result<(), Failed> {
        self.types_differing(command, status, &[])
    }

    /// The same for a command whose text is not the same everywhere.
    pub fn types_differing(
        &mut self,
        command: &str,
        status: i32,
        differs: &[Differs],
    ) -> Result<(), Failed> {
        let mut session = self.start(command)?;
        self.ends(&mut session, command, status, differs)
    }

    /// Types a command that reads on: for each prompt, a line.
    pub fn types_into(
        &mut self,
        command: &str,
        (prompt, lines): (&str, &[&str]),
        differs: &[Differs],
    ) -> Result<(), Failed> {
        let mut session = self.start(command)?;
        let mut seen = String::new();
        for line in lines {
            seen += &session.exp_string(prompt)?;
            seen += prompt;
            session.send_line(line)?;
        }
        seen += &session.exp_eof()?;
        self.tells(command, &seen, 0, differs)?;
        self.ended(&session, command, 0)
    }

    /// Starts a command in a shell on a terminal of its own.
    fn start(&self, command: &str) -> Result<PtySession, Failed> {
        let mut shell = Command::new("sh");
        let own = format!("cargo() {{ shift; \"$UPCALL\" {} \"$@\"; }}", self.options);
        let script = format!("stty cols {COLUMNS} rows {ROWS}; {own}; {command}");
        shell.args(["-c", &script]).current_dir(self.folder());
        // A pager's screen is not what stays.
        pty::without_wishes(&mut shell)
            .env("TERM", "xterm")
            .env("PAGER", "")
            .env("UPCALL", std::env::current_exe()?);
        Ok(spawn_command(shell, Some(LIMIT_MS))?)
    }

    fn ends(
        &mut self,
        session: &mut PtySession,
        command: &str,
        status: i32,
        differs: &[Differs],
    ) -> Result<(), Failed> {
        let seen = session.exp_eof()?;
        self.tells(command, &seen, status, differs)?;
        self.ended(session, command, status)
    }

    fn tells(
        &mut self,
        command: &str,
        seen: &str,
        status: i32,
        differs: &[Differs],
    ) -> Result<(), Failed> {
        let mut text =
            paper::read(&pty::bytes(seen)).map_err(|error| format!("{command}: {error}"))?;
        for Differs { what, replace } in differs {
            let replaced = replace(&text);
            if replaced == text {
                return Err(format!("{command}: there are no {what} in\n{text}").into());
            }
            text = replaced;
        }
        let _ = writeln!(self.told, "$ {command}");
        if !text.is_empty() {
            let _ = writeln!(self.told, "{text}");
        }
        if status != 0 {
            let _ = writeln!(self.told, "[exit status {status}]");
        }
        for Differs { what, .. } in differs {
            let _ = writeln!(self.told, "[‹› is another on each host: {what}]");
        }
        self.told.push('\n');
        Ok(())
    }

    fn ended(&self, session: &PtySession, command: &str, status: i32) -> Result<(), Failed> {
        match session.process().wait()? {
            WaitStatus::Exited(_, ended) if ended == status => Ok(()),
            other => Err(format!("{command}: {other:?}, not {status}:\n{}", self.told).into()),
        }
    }

    /// Everything that was to be seen. The folder's own path must not be in it, because it
    /// is another one each time.
    pub fn told(self) -> Result<String, Failed> {
        let path = self.folder().display().to_string();
        match self.told.contains(&path) {
            true => Err(format!("it names {path}:\n{}", self.told).into()),
            false => Ok(self.told),
        }
    }
}

/// The numbers of a timeline.
pub fn numbers() -> Differs {
    Differs { what: "a time, a process id", replace: Box::new(without_numbers) }
}

/// The text without times, and without the numbers of the tasks that act in it.
fn without_numbers(text: &str) -> String {
    let text = without_times(text);
    let mut parts = text.split('[').map(str::to_owned).collect::<Vec<_>>();
    let mut numbers = BTreeSet::new();
    for part in parts.iter_mut().skip(1) {
        if let Some((number, rest)) = part.split_once(']')
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            numbers.insert(number.to_owned());
            *part = format!("‹pid›]{rest}");
        }
    }
    // Who gets a signal is named as well.
    let without = |text: String, number| text.replace(&format!(" to {number},"), " to ‹pid›,");
    numbers.iter().fold(parts.join("["), without)
}

/// The text without the first column of its timeline, and without other times.
fn without_times(text: &str) -> String {
    text.lines().map(without_time).collect::<Vec<_>>().join("\n")
}

fn without_time(line: &str) -> String {
    if let Some((before, after)) = line.split_once(" µs") {
        let number = before.rfind(|c: char| !c.is_ascii_digit() && c != '.').map_or(0, |at| at + 1);
        let before = if number < before.len() {
            format!("{}‹µs›", &before[..number])
        } else {
            before.to_owned()
        };
        return format!("{before} µs{}", without_time(after));
    }
    match line.split_at_checked(10) {
        Some((time, rest)) if time.trim().parse::<f64>().is_ok() && rest.starts_with(' ') => {
            format!("{:>10}{rest}", "‹µs›")
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_are_replaced() {
        for (line, expected) in [
            ("   46341.3          [20] exits", "      ‹µs›          [20] exits"),
            ("  at 46341.3 µs", "  at ‹µs› µs"),
            ("    46341.3 µs [20] exits", "    ‹µs› µs [20] exits"),
            ("        µs device   kernel", "        µs device   kernel"),
            ("1. with a handler: write fails", "1. with a handler: write fails"),
        ] {
            assert_eq!(without_times(line), expected);
        }
    }

    #[test]
    fn the_numbers_of_tasks_are_replaced_and_that_of_init_is_not() {
        let told = "[20] SIGUSR1 to 20, SI_USER\n[20] SIGCHLD to 1, CLD_KILLED";
        let expected = "[‹pid›] SIGUSR1 to ‹pid›, SI_USER\n[‹pid›] SIGCHLD to 1, CLD_KILLED";
        assert_eq!(without_numbers(told), expected);
    }
}
