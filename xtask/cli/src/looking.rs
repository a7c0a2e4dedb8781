//! The options for looking at a run, which is running now or is a record of earlier.

use std::io::stdout;
use std::path::PathBuf;

use clap::Args;
use lab::error::Error;
use lab::exercise::attempt::Attempt;
use lab::exercise::{Exercise, report as exercise_report};
use lab::maker::Maker;
use lab::pages::{self, Background};
use lab::plan::Plan;
use lab::report::{self, NoVerdict};
use lab::run::Run;
use lab::whole;
use serde_json::Value;
use story::render::ink::Inked;
use story::render::text::WIDTH;
use story::view::View;
use trace::Symbols;

use crate::narrowing::Narrowing;
use crate::outcome::{Outcome, Result};
use crate::screen::Screen;
use crate::{pager, ui};

#[derive(Args)]
pub struct Looking {
    /// Print one JSON document instead
    #[arg(long, conflicts_with = "Narrowing")]
    pub json: bool,

    /// Print the story instead: what happens, in which order, and which task does it; it
    /// has no times or process ids and is the same on every host
    #[arg(long, conflicts_with = "json")]
    pub story: bool,

    /// Show only this scene, or this part of the lesson. The whole lesson is
    /// judged all the same
    #[arg(long, value_name = "NAME", conflicts_with = "json")]
    pub scene: Option<String>,

    #[command(flatten)]
    pub narrowing: Narrowing,

    /// Show the facts first, then the output and the timeline
    #[arg(long, conflicts_with = "json")]
    pub facts: bool,

    /// Print everything at once, even if it is longer than the terminal. Otherwise PAGER
    /// shows it, by default less
    #[arg(long)]
    pub no_pager: bool,

    /// Also write the run as a page of HTML
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Also draw the run, or the scene of --scene, as a sequence diagram; it has no times
    /// and is the same on every host
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,

    /// Also write the run as a trace for Perfetto's viewer (https://ui.perfetto.dev)
    #[arg(long, value_name = "FILE")]
    pub perfetto: Option<PathBuf>,

    /// Also write the run as a trace.dat file, for trace-cmd(1) and KernelShark
    #[arg(long, value_name = "FILE")]
    pub trace_dat: Option<PathBuf>,
}

impl Looking {
    /// Shows a lesson's run, or fails as it did. `kernel` has the functions of the kernel.
    pub fn at_run(
        &self,
        plan: &Plan,
        run: std::result::Result<Run, Error>,
        maker: &Maker,
        background: &Background,
        kernel: &Symbols,
    ) -> Result {
        let run = &match run {
            Ok(run) => run,
            Err(error) => {
                if let Some(file) = &self.html
                    && let Some(page) = pages::of_failed_run(plan, &error, maker)
                {
                    whole::write(file, page.as_bytes())?;
                }
                return Err(error);
            }
        };
        if let Some(file) = &self.html {
            let page = pages::of_run(plan, run, maker, background);
            whole::write(file, page.as_bytes())?;
        }
        if let Some(file) = &self.svg {
            let figure = report::figure(plan, run, self.scene.as_deref())?;
            whole::write(file, figure.as_bytes())?;
        }
        if let Some(file) = &self.perfetto {
            whole::write(file, report::perfetto(run).to_string().as_bytes())?;
        }
        if let Some(file) = &self.trace_dat {
            whole::write(file, &report::trace_dat(run, kernel)?)?;
        }
        if self.json {
            print_json(&report::json(plan, run));
        } else {
            pager::show(&self.text(plan, run)?, !self.no_pager);
        }
        if let Some(reason) = report::no_verdict(plan, run) {
            return Err(NoVerdict { reason, log: run.returned.log.clone() }.into());
        }
        Ok(Outcome::success_if(run.verdict.passed()))
    }

    /// What a person wants to see of a lesson's run.
    fn text(&self, plan: &Plan, run: &Run) -> std::result::Result<Inked, Error> {
        let scenes = self.scene.as_deref().map(|scene| report::selected(plan, run, scene));
        let view = View {
            scenes: scenes.transpose()?,
            narrow: self.narrowing.narrow(),
            facts_first: self.facts,
            columns: Screen::of(&stdout()).columns(),
        };
        Ok(match self.story {
            true => report::story_shown(plan, run, &view)?,
            false => report::shown(plan, run, &view)?,
        })
    }
}

/// How much to show of an attempt at an exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptAs {
    /// What matters most, on one screen.
    Screen,
    /// Everything, as text.
    All,
    Json,
}

/// Shows an attempt at an exercise. The text is safe for a terminal.
pub fn at_attempt(shown: AttemptAs, exercise: &Exercise, attempt: &Attempt) -> Outcome {
    let next = |more, columns| exercise_report::next(exercise, attempt, more, columns);
    let screen = Screen::of(&stdout());
    let print = |mut text: Inked, next: &[String]| {
        text.push_str(&format!("{}\n", next.join("\n")));
        ui::print(&screen.text(&text));
    };
    match shown {
        AttemptAs::Json => print_json(&exercise_report::json(exercise, attempt)),
        AttemptAs::All => print(exercise_report::text(exercise, attempt), &next(false, WIDTH)),
        AttemptAs::Screen => {
            let (rows, columns) = screen.page();
            let fit = |next: &[String]| {
                let rows = rows.saturating_sub(next.len());
                exercise_report::screen(exercise, attempt, rows, columns)
            };
            let mut next_lines = next(false, columns);
            let (mut text, more) = fit(&next_lines);
            if more {
                next_lines = next(true, columns);
                (text, _) = fit(&next_lines);
            }
            print(text, &next_lines);
        }
    }
    Outcome::success_if(attempt.marks.passed())
}

/// Prints a document. What a stranger wrote may be in it, so a terminal gets control
/// characters written out, also those that JSON leaves as they are.
pub fn print_json(document: &Value) {
    let text = Inked::from(format!("{document}\n"));
    ui::print(&Screen::of(&stdout()).text(&text));
}
