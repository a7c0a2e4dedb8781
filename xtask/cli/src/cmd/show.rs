use std::io::{IsTerminal, Write, stderr, stdout};
use std::path::PathBuf;

use clap::Args;
use explain::visible_lines;
use lab::error::Error;
use lab::exec::outcome::FAILED;
use lab::exec::remains::left;
use lab::exec::{Executed, Output, report};
use lab::pages;
use lab::record_file::{Content, Opened, RecordFileError};
use lab::whole;
use protocol::session::Frame;

use crate::cmd::exec::{self, Events};
use crate::cmd::suite;
use crate::context::Context;
use crate::looking::{AttemptAs, Looking, at_attempt, print_json};
use crate::outcome::{Outcome, Result};
use crate::ui;

/// Show a record again: what `run`, `check`, `exec` or `suite` kept with --record
///
/// Prints what the command printed, and exits as it did. Needs neither QEMU nor anything
/// that the lab builds.
///
/// Example: cargo xtask show target/records/lessons-sigchld.record --story
#[derive(Args)]
pub struct Show {
    /// The record's file
    file: PathBuf,

    #[command(flatten)]
    looking: Looking,

    /// Of a suite's record: show this program's run
    #[arg(long, value_name = "NAME")]
    program: Option<String>,
}

impl Show {
    pub fn run(self, _: &Context) -> Result {
        let mut opened = Opened::read(&self.file)?;
        if let Some(name) = &self.program {
            opened = opened.program(&self.file, name)?;
        }
        let Opened { title, maker, background, kernel, content } = opened;
        ui::say(&visible_lines(&format!("a record of {title}")));
        match content {
            Content::Run { plan, run } => {
                let run = run.map(|run| *run);
                self.looking.at_run(&plan, run, &maker, &background, &kernel)
            }
            Content::Check { exercise, attempt } => {
                self.has_no_story("check")?;
                self.has_no_timeline("check")?;
                if let Some(file) = &self.looking.html {
                    let page = pages::of_attempt(&exercise, &attempt, &maker, &background);
                    whole::write(file, page.as_bytes())?;
                }
                let shown = match self.looking.json {
                    true => AttemptAs::Json,
                    false => AttemptAs::Screen,
                };
                Ok(at_attempt(shown, &exercise, &attempt))
            }
            Content::Exec { executed } => {
                self.has_no_story("exec")?;
                if left(executed.as_deref()).1.is_none() {
                    self.has_no_timeline("exec")?;
                }
                if let Some(file) = &self.looking.html {
                    let page = pages::of_exec(executed.as_deref(), &maker, &background);
                    whole::write(file, page.as_bytes())?;
                }
                Ok(self.show_exec(executed))
            }
            Content::Suite { results, .. } => {
                self.has_no_story("suite")?;
                self.has_no_timeline("suite")?;
                let json = self.looking.json;
                print(&if json { results.json() } else { results.text() });
                Ok(suite::outcome(&results))
            }
        }
    }
}

impl Show {
    /// Refuses options that only a lesson's run has an answer to.
    fn has_no_story(&self, command: &'static str) -> std::result::Result<(), RecordFileError> {
        let Looking { story, scene, facts, .. } = &self.looking;
        match *story || *facts || scene.is_some() {
            true => Err(RecordFileError::NoStory { command }),
            false => Ok(()),
        }
    }

    /// Refuses options that only a timeline has an answer to.
    fn has_no_timeline(&self, command: &'static str) -> std::result::Result<(), RecordFileError> {
        match self.looking.narrowing.is_asked() {
            true => Err(RecordFileError::NoTimeline { command }),
            false => Ok(()),
        }
    }

    /// Shows a program that was run by hand. As in `exec`, the lab's own failures have a
    /// status of their own.
    fn show_exec(&self, executed: std::result::Result<Box<Executed>, Error>) -> Outcome {
        if self.looking.json {
            print_json(&report::json(executed.as_deref()));
        } else if let (Some(ran), _) = left(executed.as_deref()) {
            show_output(&ran.output);
        }
        let narrow = self.looking.narrowing.narrow();
        let events = match self.looking.json {
            true => Events::Passed,
            false => Events::Shown { narrow: &narrow, may_page: !self.looking.no_pager },
        };
        exec::conclude(executed.map(|executed| *executed), events).unwrap_or_else(|error| {
            ui::print_error(&error);
            Outcome::of_program(FAILED)
        })
    }
}

fn show_output(output: &Output) {
    for frame in output.frames() {
        match frame {
            Frame::Stdout(bytes) => ui::printed(stdout().write_all(&shown(bytes, stdout()))),
            Frame::Stderr(bytes) => ui::printed(stderr().write_all(&shown(bytes, stderr()))),
            _ => {}
        }
    }
    if output.is_cut {
        ui::say("the program wrote more than the record holds");
    }
}

fn print(text: &str) {
    ui::printed(stdout().write_all(&shown(text.as_bytes(), stdout())));
}

/// Bytes from the file for a stream. A file may come from a stranger, so a terminal gets
/// control characters written out.
fn shown(bytes: &[u8], stream: impl IsTerminal) -> Vec<u8> {
    match stream.is_terminal() {
        true => visible_lines(&String::from_utf8_lossy(bytes)).into_bytes(),
        false => bytes.to_vec(),
    }
}
